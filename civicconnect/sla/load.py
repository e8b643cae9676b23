"""Calendars and promises, in and out of a city's folder."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import delete, select

from civicconnect.db import Db, upsert
from civicconnect.errors import Invalid
from civicconnect.sla.models import Calendar, Promise
from civicconnect.sla.timetable import Hours
from civicconnect.tables import parse, rows, unknown_keys

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)")
LONGEST_HOURS = 50_000  # more than five years without a night: a slip of the pen


class _Spans(fields.Field[list[tuple[int, int]]]):
    """["08:00-12:00", "13:00-17:00"] as minutes since midnight."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[tuple[int, int]]:
        spans = []
        for text in value if isinstance(value, list) else [value]:
            found = SPAN.fullmatch(str(text))
            if not found:
                raise ValidationError(f"'{text}' is no opening time; write \"08:00-17:00\".")
            a, b, c, d = map(int, found.groups())
            spans.append((a * 60 + b, c * 60 + d))
        return spans


class _Day(fields.Field[date]):
    """2026-12-25, as TOML writes a day."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if type(value) is not date:
            raise ValidationError(f"'{value}' is no day; write 2026-12-25, without quotation marks or time.")
        return value


class _Calendar(Schema):
    code = fields.Str(required=True, validate=validate.Length(1, 40))
    zone = fields.Str(load_default=None)
    closed = fields.List(_Day(), load_default=list)
    hours = fields.Nested(
        Schema.from_dict({day: _Spans(load_default=list) for day in DAYS}), required=True
    )


class _Promise(Schema):
    service = fields.Str(required=True)
    area = fields.Str(load_default=None, validate=validate.Regexp(
        r"[^:]+:.+", error="Write the area as layer:code, for example district:harbour."))
    hours = fields.Float(required=True, validate=validate.Range(
        min=0, min_inclusive=False, max=LONGEST_HOURS,
        error=f"A promise is more than 0 and at most {LONGEST_HOURS} hours."))


@dataclass(frozen=True)
class Promises:
    """What a folder promises, checked."""

    calendars: Mapping[str, Hours]
    promises: tuple[tuple[str, str | None, float], ...]


def check(
    files: Mapping[str, bytes], zone: str, services: Collection[str], areas: Collection[str]
) -> tuple[Promises, list[str]]:
    """Read `calendars.toml` and `promises.toml`, and list every fault.

    zone        the city's, for calendars that name none
    services    codes that exist; areas: "layer:code" that exist
    """
    faults: list[str] = []
    calendars = _calendars(files, zone, faults)
    tables = parse("promises.toml", files.get("promises.toml"), faults)
    unknown_keys("promises.toml", tables, {"promise"}, faults)
    found: dict[tuple[str, str | None], float] = {}
    for row in rows("promises.toml", tables, "promise", _Promise(), faults):
        where = f"promises.toml, [[promise]] {row['service']}"
        if row["service"] not in services:
            faults.append(f"{where}: no service has this code in services.toml.")
        if row["area"] and row["area"] not in areas:
            faults.append(f"{where}: no area is called '{row['area']}'.")
        if (row["service"], row["area"]) in found:
            faults.append(f"{where}: promised twice for the same area; keep one.")
        found[row["service"], row["area"]] = row["hours"]
    return Promises(calendars, tuple((s, a, h) for (s, a), h in found.items())), faults


def _calendars(files: Mapping[str, bytes], zone: str, faults: list[str]) -> dict[str, Hours]:
    tables = parse("calendars.toml", files.get("calendars.toml"), faults)
    unknown_keys("calendars.toml", tables, {"calendar"}, faults)
    calendars: dict[str, Hours] = {}
    for row in rows("calendars.toml", tables, "calendar", _Calendar(), faults):
        where = f"calendars.toml, [[calendar]] {row['code']}"
        if row["code"] in calendars:
            faults.append(f"{where}: the code stands twice.")
        if len(set(row["closed"])) != len(row["closed"]):
            faults.append(f"{where}, key 'closed': a day stands twice.")
        week = tuple(tuple(row["hours"][day]) for day in DAYS)
        try:
            calendars[row["code"]] = Hours(row["zone"] or zone, week, frozenset(row["closed"]))
        except Invalid as fault:
            faults.append(f"{where}: {fault}")
    return calendars


def load(db: Db, promises: Promises) -> None:
    """Make the database's calendars and promises equal to the folder's.

    Promises already made stand on the reports' timelines and do not move.
    """
    upsert(db, Calendar, ["code"], [
        {"code": code, "zone": hours.zone, "week": [list(map(list, day)) for day in hours.week],
         "closed": sorted(day.isoformat() for day in hours.closed)}
        for code, hours in promises.calendars.items()
    ])
    standing = {(p.service, p.area, p.hours) for p in db.scalars(select(Promise))}
    if standing != set(promises.promises):
        db.execute(delete(Promise))
        db.add_all(Promise(service=s, area=a, hours=h) for s, a, h in promises.promises)
    db.flush()
