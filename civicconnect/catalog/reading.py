"""Reading the catalogue: from what is stored to plain values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from orjson import loads
from sqlalchemy import Label, Text, cast, select
from sqlalchemy.orm import InstrumentedAttribute

from civicconnect.catalog.book import (
    Asking,
    Banner,
    Catalog,
    City,
    Condition,
    Department,
    Group,
    Owner,
    Question,
    Service,
    Span,
    Stopper,
    Storm,
    Template,
)
from civicconnect.catalog.models import CityRow, DepartmentRow, GroupRow, OwnerRow, ServiceRow, TemplateRow
from civicconnect.db import Db
from civicconnect.errors import NotFound

NO_CITY = "no city is loaded; run: civic city load FOLDER"


# A catalogue as it is stored: its JSON as text. What reads alike is built once, for whoever asks.
CityFacts = tuple[str, str, str]
DepartmentFacts = tuple[int, str, str, str, str, str]
GroupFacts = tuple[int, str, str, str]
ServiceFacts = tuple[int, str, int, int, str, str, str, str, str, bool]
REMEMBERED = 64  # more than the cities that one process serves


def _text(column: InstrumentedAttribute[Any]) -> Label[str]:
    return cast(column, Text).label(f"{column.class_.__tablename__}_{column.key}")


_CITY = select(_text(CityRow.facts), CityRow.logo_name, CityRow.logo_stamp)
_DEPARTMENTS = select(
    DepartmentRow.id, DepartmentRow.code, _text(DepartmentRow.name), DepartmentRow.calendar,
    DepartmentRow.email, DepartmentRow.phone,
).order_by(DepartmentRow.position, DepartmentRow.id)
_GROUPS_AND_SERVICES = select(
    GroupRow.id, GroupRow.code, _text(GroupRow.name), GroupRow.icon,
    ServiceRow.id, ServiceRow.code, ServiceRow.group_id, ServiceRow.department_id, _text(ServiceRow.name),
    _text(ServiceRow.hint), _text(ServiceRow.questions), _text(ServiceRow.choices),
    _text(ServiceRow.keywords), ServiceRow.active, ServiceRow.position,
).outerjoin(ServiceRow, ServiceRow.group_id == GroupRow.id).order_by(GroupRow.position)


def catalog(db: Db) -> Catalog:
    """Read the catalogue: three small statements. Raises NotFound before a city is loaded."""
    city = db.execute(_CITY).first()
    if city is None:
        raise NotFound(NO_CITY)
    departments = db.execute(_DEPARTMENTS)
    pairs = db.execute(_GROUPS_AND_SERVICES).all()
    # A group without services stands there all the same, beside nothing.
    services = sorted((pair[4:] for pair in pairs if pair[4] is not None), key=lambda service: service[-1])
    return _built(tuple(city), tuple(map(tuple, departments)), tuple(dict.fromkeys(p[:4] for p in pairs)),
                  tuple(service[:-1] for service in services))


@lru_cache(REMEMBERED)
def _built(city: CityFacts, departments: tuple[DepartmentFacts, ...], groups: tuple[GroupFacts, ...],
           services: tuple[ServiceFacts, ...]) -> Catalog:
    """Build the catalogue from its rows, or return the one that was built from the same rows.

    Building it took a fifth of what a page takes. The rows are compared, not a stamp: whoever changes one, by
    whatever way, is believed at the next page.
    """
    facts, logo_name, logo_stamp = city
    desks = {row[0]: row[1] for row in departments}
    headings = {row[0]: row[1] for row in groups}
    return Catalog(
        _city(loads(facts), logo_name, logo_stamp),
        {code: Department(key, code, loads(name), calendar, email, phone)
         for key, code, name, calendar, email, phone in departments},
        {code: Group(key, code, loads(name), icon) for key, code, name, icon in groups},
        {row[1]: _service(row, headings[row[2]], desks[row[3]]) for row in services},
    )


def time_zone(db: Db) -> str:
    """Read the IANA name of the city's time zone. Raises NotFound before a city is loaded."""
    facts = db.scalar(select(CityRow.facts))
    if facts is None:
        raise NotFound(NO_CITY)
    return str(facts["time_zone"])


def first_look(db: Db) -> bool:
    """Say whether strangers see a photo only once somebody of the city has looked at it."""
    return _first_look(db.scalar(select(CityRow.facts)) or {})


def _first_look(facts: Mapping[str, Any]) -> bool:
    return bool(facts.get("photos", {}).get("first_look", False))


def templates(db: Db, service: str) -> tuple[Template, ...]:
    """Read the words staff may start from for the steps on a report of a service, in their order."""
    rows = db.scalars(select(TemplateRow.facts).order_by(TemplateRow.position))
    return tuple(template_of(t) for t in rows if not t["services"] or service in t["services"])


def template_of(facts: Mapping[str, Any]) -> Template:
    """Return a template as a plain value."""
    return Template(facts["code"], facts["verb"], facts["outcome"], tuple(facts["services"]), facts["name"],
                    facts["words"])


def owners(db: Db, service: str = "") -> tuple[Owner, ...]:
    """Read who outside the city looks after things: first those named for a service, then in their order."""
    rows = db.scalars(select(OwnerRow.facts).order_by(OwnerRow.position))
    found = (Owner(o["code"], o["name"], o["contact"], o["url"], tuple(o["services"])) for o in rows)
    return tuple(sorted(found, key=lambda owner: service not in owner.services))


def logo(db: Db) -> tuple[str, bytes] | None:
    """Return the city's logo: its file's name and content."""
    found = db.execute(select(CityRow.logo_name, CityRow.logo)).first()
    return (found.logo_name, found.logo) if found and found.logo is not None else None


def _city(facts: Mapping[str, Any], logo_name: str, logo_stamp: str) -> City:
    storm = facts.get("storm", {})
    return City(
        facts["slug"], facts["name"], facts["time_zone"], tuple(facts["languages"]),
        facts["catch_all"], facts["limit_layer"], facts["contact"], facts["colours"],
        (facts["centre"]["lat"], facts["centre"]["long"]), logo_name, logo_stamp,
        tuple(facts.get("hosts", ())),
        tuple(Banner(b["words"], b["link"], Span(b["begins"], b["ends"])) for b in facts.get("banner", ())),
        Storm(storm.get("on", False), Span(storm.get("begins", ""), storm.get("ends", "")),
              storm.get("words", {})),
        facts.get("notices", {}), {layer["code"]: layer["name"] for layer in facts.get("layer", ())},
        tuple(facts.get("languages_in_part", ())), _first_look(facts), facts.get("street_view_url", ""),
        _asking(facts.get("questions", {})),
    )


def _asking(row: Mapping[str, Any]) -> Asking:
    usual = Asking()
    return Asking(row.get("days", usual.days), row.get("remind", usual.remind), row.get("then") == "close",
                  row.get("reason", {}))


def _service(row: ServiceFacts, group: str, department: str) -> Service:
    key, code, _, _, name, hint, questions, choices, keywords, active = row
    c = loads(choices)
    return Service(
        key, code, group, department, loads(name), loads(hint), tuple(map(_question, loads(questions))),
        active, c["icon"], c["priority"], c["visibility"], c["place"], c["text"], c["contact"],
        c["storm"], c["photos"], c.get("answer_days"),
        tuple(Stopper(_condition(s["when"]), s["words"], s["phone"], s["link"]) for s in c["stopper"]),
        loads(keywords), Span(c.get("begins", ""), c.get("ends", "")),
    )


def _condition(row: Mapping[str, str] | None) -> Condition | None:
    return Condition(row["question"], row["option"]) if row else None


def _question(row: Mapping[str, Any]) -> Question:
    options = tuple((o["code"], o["words"]) for o in row["option"])
    priorities = {o["code"]: o["priority"] for o in row["option"] if o.get("priority")}
    return Question(row["code"], row["kind"], row["required"], row["words"], options,
                    _condition(row.get("when")), priorities)
