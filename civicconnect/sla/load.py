"""Calendars and promises, in and out of a city's folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import delete, select, update

from civicconnect.db import Db, upsert
from civicconnect.errors import Invalid
from civicconnect.sla.models import Calendar, Promise
from civicconnect.sla.promises import Promised, hours_of
from civicconnect.sla.timetable import Hours
from civicconnect.tables import parse, row_name, rows, told, toml, unknown_keys

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
            # A day with a name, where none is asked for, is said again as it was typed.
            typed = " ".join(map(str, value.values())) if isinstance(value, dict) else value
            raise ValidationError(f"'{typed}' is no day; write 2026-12-25, without quotation marks or time.")
        return value


class _Closed(fields.Field[dict[str, str]]):
    """A day, or a day with its name: { day = 2026-08-17, name = "Harbour Day" }."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, str]:
        told = value if isinstance(value, dict) else {"day": value}
        if set(told) - {"day", "name"} or not isinstance(told.get("name", ""), str):
            raise ValidationError("Write a day as { day = 2026-12-25, name = \"Christmas\" }.")
        day: date = _Day().deserialize(told.get("day"))  # type: ignore[assignment]  # None is refused there
        return {"day": day.isoformat(), "name": told.get("name", "")[:200]}


class _Calendar(Schema):
    code = fields.Str(required=True, validate=validate.Length(1, 40))
    zone = fields.Str(load_default=None)
    holidays = fields.Str(load_default="", validate=validate.Length(max=12))
    closed = fields.List(_Closed(), load_default=list)
    open = fields.List(_Day(), load_default=list)
    hours = fields.Nested(
        Schema.from_dict({day: _Spans(load_default=list) for day in DAYS}), required=True
    )


class _Promise(Schema):
    service = fields.Str(required=True)
    priority = fields.Str(load_default=None, allow_none=True)
    area = fields.Str(load_default=None, allow_none=True, validate=validate.Regexp(
        r"[^:]+:.+", error="Write the area as layer:code, for example district:harbour."))
    hours = fields.Float(required=True, validate=validate.Range(
        min=0, min_inclusive=False, max=LONGEST_HOURS,
        error=f"A promise is more than 0 and at most {LONGEST_HOURS} hours."))
    note = fields.Str(load_default="", validate=validate.Length(max=500))


@dataclass(frozen=True)
class CalendarRow:
    """A calendar as the folder writes it: its hours, and what its closed days are called."""

    hours: Hours
    names: Mapping[str, str]
    own_zone: bool


@dataclass(frozen=True)
class Promises:
    """What a folder promises, checked."""

    calendars: Mapping[str, CalendarRow]
    promises: tuple[tuple[Promised, float, str], ...]  # to what, hours, why


def check(
    files: Mapping[str, bytes], zone: str, services: Collection[str], areas: Collection[str],
    priorities: Collection[str],
) -> tuple[Promises, list[str]]:
    """Read `calendars.toml` and `promises.toml`, and list every fault.

    zone        the city's, for calendars that name none
    services    codes that exist; areas: "layer:code" that exist; priorities: those there are
    """
    faults: list[str] = []
    calendars = _calendars(files, zone, faults)
    tables = parse("promises.toml", files.get("promises.toml"), faults)
    unknown_keys("promises.toml", tables, {"promise"}, faults)
    found: dict[Promised, tuple[float, str]] = {}
    for row in rows("promises.toml", tables, "promise", _Promise(), faults):
        where = f"promises.toml, [[promise]] {row_name(row, 0)}"
        if row["service"] not in services:
            faults.append(f"{where}: no service has this code in services.toml.")
        if row["area"] and row["area"] not in areas:
            faults.append(f"{where}: no area is called '{row['area']}'.")
        if row["priority"] and row["priority"] not in priorities:
            faults.append(f"{where}, key 'priority': '{row['priority']}' is none of {', '.join(priorities)}.")
        to = Promised(row["service"], row["priority"], row["area"])
        if to in found:
            faults.append(f"{where}: promised twice for the same area and priority; keep one.")
        found[to] = (row["hours"], row["note"])
    return Promises(calendars, tuple((to, h, note) for to, (h, note) in found.items())), faults


def _calendars(files: Mapping[str, bytes], zone: str, faults: list[str]) -> dict[str, CalendarRow]:
    tables = parse("calendars.toml", files.get("calendars.toml"), faults)
    unknown_keys("calendars.toml", tables, {"calendar"}, faults)
    calendars: dict[str, CalendarRow] = {}
    for row in rows("calendars.toml", tables, "calendar", _Calendar(), faults):
        where = f"calendars.toml, [[calendar]] {row['code']}"
        if row["code"] in calendars:
            faults.append(f"{where}: the code stands twice.")
        closed = [date.fromisoformat(entry["day"]) for entry in row["closed"]]
        for key, days in (("closed", closed), ("open", row["open"])):
            faults.extend(f"{where}, key '{key}': a day stands twice, {day}; keep it once."
                          for day, times in sorted(Counter(days).items()) if times > 1)
        faults.extend(f"{where}, key 'open': {day} stands under 'closed' as well; keep one of them."
                      for day in sorted(set(closed) & set(row["open"])))
        names = {entry["day"]: entry["name"] for entry in row["closed"] if entry["name"]}
        week = tuple(tuple(row["hours"][day]) for day in DAYS)
        try:
            hours = Hours(row["zone"] or zone, week, frozenset(closed), row["holidays"],
                          frozenset(row["open"]))
        except Invalid as fault:
            faults.append(f"{where}: {fault}")
            continue
        calendars[row["code"]] = CalendarRow(hours, names, bool(row["zone"]))
    return calendars


def load(db: Db, promises: Promises) -> None:
    """Make the database's calendars and promises equal to the folder's.

    Promises already made stand on the reports' timelines and do not move. A calendar that is gone
    stays for them.
    """
    db.execute(update(Calendar).where(Calendar.code.not_in(promises.calendars)).values(active=False))
    upsert(db, Calendar, ["code"], [
        {"code": code, "zone": row.hours.zone, "week": [list(map(list, day)) for day in row.hours.week],
         "closed": _days(row.hours.closed), "names": dict(row.names), "holidays": row.hours.holidays,
         "open": _days(row.hours.open), "own_zone": row.own_zone, "position": n, "active": True}
        for n, (code, row) in enumerate(promises.calendars.items())
    ])
    if _standing(db) != promises.promises:
        db.execute(delete(Promise))
        db.add_all(Promise(**to._asdict(), hours=hours, note=note) for to, hours, note in promises.promises)
    db.flush()


def _days(days: Collection[date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]


def _standing(db: Db) -> tuple[tuple[Promised, float, str], ...]:
    rows_ = db.scalars(select(Promise).order_by(Promise.id))
    return tuple((Promised(p.service, p.priority, p.area), p.hours, p.note) for p in rows_)


def dump(db: Db) -> dict[str, bytes]:
    """Return `calendars.toml` and `promises.toml` as `check` reads them."""
    asked = select(Calendar).where(Calendar.active).order_by(Calendar.position, Calendar.id)
    calendars = {c.code: CalendarRow(hours_of(c), c.names, c.own_zone) for c in db.scalars(asked)}
    return spell(Promises(calendars, _standing(db)))


def spell(promises: Promises) -> dict[str, bytes]:
    """Return checked promises as the folder's files, each in the one way we write it."""
    calendars = [_spelled(code, row) for code, row in promises.calendars.items()]
    schema = _Promise()
    promised = [told(schema, to._asdict() | {"hours": hours, "note": note})
                for to, hours, note in promises.promises]
    return {
        "calendars.toml": toml({"calendar": calendars} if calendars else {},
                               "When the departments work. A promise counts these hours only.").encode(),
        "promises.toml": toml(
            {"promise": promised} if promised else {},
            "Within how many working hours of its department a report is dealt with.").encode(),
    }


def _spelled(code: str, row: CalendarRow) -> dict[str, Any]:
    hours = row.hours
    closed: list[Any] = sorted(hours.closed)
    if row.names:
        closed = [{"day": day} | ({"name": row.names[key]} if (key := day.isoformat()) in row.names else {})
                  for day in closed]
    written: dict[str, Any] = {"code": code}
    written |= {"zone": hours.zone} if row.own_zone else {}
    written |= {"holidays": hours.holidays} if hours.holidays else {}
    written |= {"closed": closed} if closed else {}
    written |= {"open": sorted(hours.open)} if hours.open else {}
    spans = {day: [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in week]
             for day, week in zip(DAYS, hours.week, strict=True) if week}
    return written | {"hours": spans}
