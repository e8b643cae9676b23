"""A profile's file: its keys, checked, and every fault of it as a sentence."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from civicconnect.errors import Invalid
from civicconnect.geo import Point
from civicconnect.history.conditions import Condition, Meaning, Refusal
from civicconnect.history.grid import is_grid
from civicconnect.history.instants import SENTINELS
from civicconnect.history.profile import NEEDED, OPTIONAL, Profile
from civicconnect.reports import lifecycle
from civicconnect.tables import parse, spell

STATUSES = ("open", "closed", *(f"closed {outcome.code}" for outcome in lifecycle.OUTCOMES))
NO_GRID = '{input} is no grid we read; write its code as "EPSG:2263", or leave it out for degrees.'


class _Names(fields.Field[str | tuple[str, ...]]):
    """A column's name, or several: the first one that a row fills is taken."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str | tuple[str, ...]:
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
            return tuple(value)
        raise ValidationError('Write a name in quotation marks, or several as ["one", "other"].')


class _Words(_Names):
    """One word or several, as several."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        found = super()._deserialize(value)
        return (found,) if isinstance(found, str) else found


class _Day(fields.Field[date]):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError("Write a day as 1900-01-01.") from None


def _grid(value: str) -> None:
    if value and not is_grid(value):
        raise ValidationError(NO_GRID.format(input=value))


class _Rule(Schema):
    column = _Words(required=True)
    equals = _Words(data_key="is", load_default=())
    contains = _Words(load_default=())

    @validates_schema(skip_on_field_errors=False)
    def says_something(self, data: Any, **_: Any) -> None:
        if not any(data.get(name) for name in ("equals", "contains")):
            raise ValidationError('Write what the cell must say: is = "…" or contains = "…".', "is")


def _condition(data: dict[str, Any]) -> Condition:
    return Condition(data["column"], data["equals"], data["contains"])


class _Refuse(_Rule):
    why = fields.Str(required=True, validate=validate.Length(1, 200))
    kind = fields.Str(load_default="refused", validate=validate.Length(1, 40))

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Refusal:
        return Refusal(_condition(data), data["why"], data["kind"])


class _Meaning(_Rule):
    to = fields.Str(required=True, validate=validate.Length(1, 200))

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Meaning:
        return Meaning(_condition(data), data["to"])


class _StandIn(Schema):
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    long = fields.Float(required=True, validate=validate.Range(-180, 180))

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Point:
        return Point(data["lat"], data["long"])


_COLUMNS: dict[str, fields.Field[Any]] = {name: _Names(required=True) for name in NEEDED}
_COLUMNS |= {name: _Names(load_default="") for name in OPTIONAL}
_Columns = Schema.from_dict(_COLUMNS)


def _several(schema: type[Schema], key: str) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), data_key=key, load_default=[])


class _Profile(Schema):
    name = fields.Str(required=True, validate=validate.Length(1, 60))
    zone = fields.Str(required=True, validate=validate.OneOf(
        available_timezones(), error="{input} is no time zone; write one as Europe/Zurich."))
    time_format = _Names(load_default="iso")
    sentinels = fields.List(_Day(), load_default=list(SENTINELS))
    grid = fields.Str(load_default="", validate=_grid)
    promises = fields.Str(load_default="", validate=validate.OneOf(
        ("", "record", "city"), error='Write "record" or "city", or leave it out.'))
    known_by = _Words(load_default=())
    columns = fields.Nested(_Columns, required=True)
    statuses = fields.Dict(keys=fields.Str(), load_default=dict, values=fields.Str(validate=validate.OneOf(
        STATUSES, error=f"{{input}} is none of {', '.join(STATUSES)}.")))
    channels = fields.Dict(keys=fields.Str(), values=fields.Str(), load_default=dict)
    departments = fields.Dict(keys=fields.Str(), values=fields.Str(), load_default=dict)
    areas = fields.Dict(keys=fields.Str(), values=_Names(), load_default=dict)
    stand_ins = _several(_StandIn, "stand_in")
    refusals = _several(_Refuse, "refuse")
    service_rules = _several(_Meaning, "service")
    department_rules = _several(_Meaning, "department")

    @validates_schema
    def promises_can_be_kept(self, data: Any, **_: Any) -> None:
        if data["promises"] == "record" and not data["columns"]["due"]:
            raise ValidationError("The record promises only where [columns] names `due`.", "promises")


def read_profile(file: Path) -> Profile:
    """Read a profile, or raise Invalid with every fault in it."""
    faults: list[str] = []
    content = parse(file.name, file.read_bytes() if file.is_file() else None, faults)
    if faults:
        raise Invalid({"profile": faults})
    try:
        found = _Profile().load(content)
    except ValidationError as fault:
        sentences = [f"{file.name}, key '{key}': {words}" for key, words in spell(fault.messages)]
        raise Invalid({"profile": sentences}) from None
    lists = {key: tuple(value) for key, value in found.items() if isinstance(value, list)}
    return Profile(**{**found, **lists})
