"""The catalogue as plain values: read once a request, handed to every rule that asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import select

from civicconnect.catalog.models import CityRow, DepartmentRow, GroupRow, ServiceRow
from civicconnect.db import Db
from civicconnect.errors import NotFound

Words = Mapping[str, str]


def words(given: Words, language: str) -> str:
    """Return the words in a language, else in the first one the city wrote."""
    return given.get(language) or next(iter(given.values()), "")


@dataclass(frozen=True)
class City:
    """What a city says about itself in city.toml."""

    slug: str
    name: Words
    time_zone: str
    languages: tuple[str, ...]
    catch_all: str  # department code
    limit_layer: str
    contact: Mapping[str, str]
    colours: Mapping[str, str]
    centre: tuple[float, float]  # latitude, longitude


@dataclass(frozen=True)
class Department:
    id: int
    code: str
    name: Words
    calendar: str
    email: str


@dataclass(frozen=True)
class Group:
    id: int
    code: str
    name: Words


@dataclass(frozen=True)
class Question:
    """One thing to know about a report. `options` only for kind "one_of"."""

    code: str
    kind: str  # one_of, text, number
    required: bool
    words: Words
    options: tuple[tuple[str, Words], ...]


@dataclass(frozen=True)
class Service:
    id: int
    code: str
    group: str
    department: str
    name: Words
    hint: Words
    questions: tuple[Question, ...]
    active: bool


@dataclass(frozen=True)
class Catalog:
    """Everything a city offers, by code, in the order the city gave."""

    city: City
    departments: Mapping[str, Department]
    groups: Mapping[str, Group]
    services: Mapping[str, Service]

    @cached_property
    def department_codes(self) -> Mapping[int, str]:
        return {d.id: d.code for d in self.departments.values()}

    @cached_property
    def service_codes(self) -> Mapping[int, str]:
        return {s.id: s.code for s in self.services.values()}

    def service(self, code: str) -> Service:
        """Return a service by its code, or raise NotFound."""
        if code not in self.services:
            raise NotFound(f"no service is called {code}")
        return self.services[code]

    def offered(self) -> list[tuple[Group, list[Service]]]:
        """Return what residents may choose today, by group."""
        grouped = (
            (group, [s for s in self.services.values() if s.group == code and s.active])
            for code, group in self.groups.items()
        )
        return [(group, services) for group, services in grouped if services]


def catalog(db: Db) -> Catalog:
    """Read the catalogue: four small statements. Raises NotFound before a city is loaded."""
    facts = db.scalar(select(CityRow.facts))
    if facts is None:
        raise NotFound("no city is loaded; run: civic city load FOLDER")
    departments = {d.id: d for d in db.scalars(select(DepartmentRow).order_by(DepartmentRow.id))}
    groups = {g.id: g for g in db.scalars(select(GroupRow).order_by(GroupRow.position))}
    services = db.scalars(select(ServiceRow).order_by(ServiceRow.position))
    return Catalog(
        _city(facts),
        {d.code: Department(d.id, d.code, d.name, d.calendar, d.email)
         for d in departments.values()},
        {g.code: Group(g.id, g.code, g.name) for g in groups.values()},
        {s.code: Service(s.id, s.code, groups[s.group_id].code,
                         departments[s.department_id].code, s.name, s.hint,
                         tuple(map(_question, s.questions)), s.active)
         for s in services},
    )


def _city(facts: Mapping[str, Any]) -> City:
    return City(
        facts["slug"], facts["name"], facts["time_zone"], tuple(facts["languages"]),
        facts["catch_all"], facts["limit_layer"], facts["contact"], facts["colours"],
        (facts["centre"]["lat"], facts["centre"]["long"]),
    )


def _question(row: Mapping[str, Any]) -> Question:
    options = tuple((o["code"], o["words"]) for o in row["option"])
    return Question(row["code"], row["kind"], row["required"], row["words"], options)
