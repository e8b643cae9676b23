"""The catalogue, in and out of a city's folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import select, update

from civicconnect.catalog.models import CityRow, DepartmentRow, GroupRow, ServiceRow
from civicconnect.db import Db, upsert
from civicconnect.tables import parse, rows, spell, unknown_keys

CODE = validate.Regexp(
    r"[a-z0-9][a-z0-9_-]{0,79}$", error="A code is lower case letters, digits, - and _."
)
COLOUR = validate.Regexp(r"#[0-9a-fA-F]{6}$", error="Write a colour as #0b5a6f.")


class _Words(fields.Dict):
    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.Str(), values=fields.Str(), **options)


class _Centre(Schema):
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    long = fields.Float(required=True, validate=validate.Range(-180, 180))


class _City(Schema):
    slug = fields.Str(required=True, validate=[CODE, validate.Length(max=60)])
    time_zone = fields.Str(required=True, validate=validate.OneOf(
        available_timezones(), error="{input} is no time zone; write one as Europe/Zurich."))
    languages = fields.List(fields.Str(), required=True, validate=validate.Length(min=1))
    catch_all = fields.Str(required=True)
    limit_layer = fields.Str(load_default="")
    name = _Words(required=True)
    contact = fields.Dict(keys=fields.Str(), values=fields.Str(), load_default=dict)
    colours = fields.Dict(keys=fields.Str(), values=fields.Str(validate=COLOUR), load_default=dict)
    centre = fields.Nested(_Centre, required=True)


class _Department(Schema):
    code = fields.Str(required=True, validate=CODE)
    calendar = fields.Str(required=True)
    email = fields.Str(load_default="", validate=validate.Length(max=200))
    name = _Words(required=True)


class _Group(Schema):
    code = fields.Str(required=True, validate=CODE)
    name = _Words(required=True)


class _Option(Schema):
    code = fields.Str(required=True, validate=CODE)
    words = _Words(required=True)


class _Question(Schema):
    code = fields.Str(required=True, validate=CODE)
    kind = fields.Str(required=True, validate=validate.OneOf(["one_of", "text", "number"]))
    required = fields.Bool(load_default=False)
    words = _Words(required=True)
    option = fields.List(fields.Nested(_Option), load_default=list)


class _Service(Schema):
    code = fields.Str(required=True, validate=CODE)
    group = fields.Str(required=True)
    department = fields.Str(required=True)
    icon = fields.Str(load_default="")
    keywords = fields.Dict(keys=fields.Str(), values=fields.List(fields.Str()), load_default=dict)
    name = _Words(required=True)
    hint = _Words(load_default=dict)
    question = fields.List(fields.Nested(_Question), load_default=list)


@dataclass(frozen=True)
class CatalogRows:
    """What a folder offers, checked."""

    city: Mapping[str, Any]
    departments: tuple[Mapping[str, Any], ...]
    groups: tuple[Mapping[str, Any], ...]
    services: tuple[Mapping[str, Any], ...]


def check(files: Mapping[str, bytes]) -> tuple[CatalogRows, list[str]]:
    """Read `city.toml`, `departments.toml` and `services.toml`, and list every fault."""
    faults: list[str] = []
    city: dict[str, Any] = {}
    told = parse("city.toml", files.get("city.toml"), faults)
    try:
        # What cannot be read at all need not be told of every key that it lacks.
        city = {} if faults else dict(_City().load(told))
    except ValidationError as fault:
        faults.extend(f"city.toml, key '{k}': {said}" for k, said in spell(fault.messages))
    offices = parse("departments.toml", files.get("departments.toml"), faults)
    offer = parse("services.toml", files.get("services.toml"), faults)
    unknown_keys("departments.toml", offices, {"department"}, faults)
    unknown_keys("services.toml", offer, {"group", "service"}, faults)
    found = CatalogRows(
        city,
        tuple(rows("departments.toml", offices, "department", _Department(), faults)),
        tuple(rows("services.toml", offer, "group", _Group(), faults)),
        tuple(rows("services.toml", offer, "service", _Service(), faults)),
    )
    _check_names(found, faults)
    _check_languages(found, city.get("languages", []), faults)
    return found, faults


def _check_names(found: CatalogRows, faults: list[str]) -> None:
    departments = _codes("departments.toml", "department", found.departments, faults)
    groups = _codes("services.toml", "group", found.groups, faults)
    _codes("services.toml", "service", found.services, faults)
    if found.city and found.city["catch_all"] not in departments:
        faults.append(f"city.toml, key 'catch_all': no department is called "
                      f"'{found.city['catch_all']}'.")
    for service in found.services:
        where = f"services.toml, [[service]] {service['code']}"
        if service["department"] not in departments:
            faults.append(f"{where}: no department is called '{service['department']}'.")
        if service["group"] not in groups:
            faults.append(f"{where}: no group is called '{service['group']}'.")
        _check_questions(where, service["question"], faults)


def _check_questions(where: str, questions: list[Mapping[str, Any]], faults: list[str]) -> None:
    for code in _twice(questions):
        faults.append(f"{where}, question {code}: the code stands twice.")
    for question in questions:
        if question["kind"] == "one_of" and not question["option"]:
            faults.append(f"{where}, question {question['code']}: 'one_of' needs options.")
        for code in _twice(question["option"]):
            faults.append(f"{where}, question {question['code']}, option {code}: the code stands twice.")


def _twice(found: Collection[Mapping[str, Any]]) -> list[str]:
    counted = Counter(row["code"] for row in found)
    return sorted(code for code, count in counted.items() if count > 1)


def _codes(
    file: str, key: str, found: Collection[Mapping[str, Any]], faults: list[str]
) -> set[str]:
    faults.extend(f"{file}, [[{key}]] {code}: the code stands twice." for code in _twice(found))
    return {row["code"] for row in found}


def _check_languages(found: CatalogRows, languages: list[str], faults: list[str]) -> None:
    for where, said in _said(found):
        for language in languages:
            if not said.get(language):
                faults.append(f"{where}: no words in '{language}'.")


def _said(found: CatalogRows) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield everything a resident reads: where it stands, and its words by language."""
    if found.city:
        yield "city.toml, key 'name'", found.city["name"]
    for file, key, rows_ in (("departments.toml", "department", found.departments),
                             ("services.toml", "group", found.groups),
                             ("services.toml", "service", found.services)):
        yield from ((f"{file}, [[{key}]] {row['code']}, key 'name'", row["name"]) for row in rows_)
    for service in found.services:
        where = f"services.toml, [[service]] {service['code']}"
        if service["hint"]:
            yield f"{where}, key 'hint'", service["hint"]
        for question in service["question"]:
            yield f"{where}, question {question['code']}, key 'words'", question["words"]
            for option in question["option"]:
                yield f"{where}, question {question['code']}, option {option['code']}", option["words"]


def load(db: Db, found: CatalogRows, stamp: str = "") -> None:
    """Make the database's catalogue equal to the folder's; what is gone is no longer offered.

    stamp    of the whole folder, for `loaded_stamp`
    """
    city = {"id": 1, "slug": found.city["slug"], "stamp": stamp, "facts": found.city}
    upsert(db, CityRow, ["id"], [city])
    _retire(db, found)
    upsert(db, DepartmentRow, ["code"], [{**row, "active": True} for row in found.departments])
    upsert(db, GroupRow, ["code"], [
        {"code": row["code"], "name": row["name"], "position": n}
        for n, row in enumerate(found.groups)
    ])
    departments = _ids(db, DepartmentRow)
    groups = _ids(db, GroupRow)
    upsert(db, ServiceRow, ["code"], [
        {"code": row["code"], "group_id": groups[row["group"]],
         "department_id": departments[row["department"]], "name": row["name"],
         "hint": row["hint"], "keywords": row["keywords"], "questions": row["question"],
         "position": n, "active": True}
        for n, row in enumerate(found.services)
    ])


def loaded_stamp(db: Db) -> str:
    """Return the stamp of the folder that was loaded last; "" before the first."""
    return db.scalar(select(CityRow.stamp)) or ""


def _retire(db: Db, found: CatalogRows) -> None:
    # Reports point to them, so they stay, out of sight.
    kept = [row["code"] for row in found.services]
    db.execute(update(ServiceRow).where(ServiceRow.code.not_in(kept)).values(active=False))
    staying = [row["code"] for row in found.departments]
    gone = update(DepartmentRow).where(DepartmentRow.code.not_in(staying))
    db.execute(gone.values(active=False))


def _ids(db: Db, model: type[DepartmentRow] | type[GroupRow]) -> dict[str, int]:
    return dict(db.execute(select(model.code, model.id)).tuples().all())
