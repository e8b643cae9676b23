"""What a calendar and a promise come to: when a report would be due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import request

from civicconnect import clock, sla
from civicconnect.city import Book, Row
from civicconnect.db import Db
from civicconnect.errors import Invalid


@dataclass(frozen=True)
class Tried:
    """A report to try a calendar with: when it is made, by the city's clock; how many hours are promised."""

    at: str
    hours: str
    zone: str


def tried(book: Book) -> Tried:
    """Return the report to try: the one typed, or one made next Friday, ten minutes before five."""
    zone = book.table("city.toml")["time_zone"]
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    friday = today + timedelta(days=(4 - today.weekday()) % 7)
    typed = request.form
    return Tried(typed.get("tried_at", f"{friday} 16:50")[:40], typed.get("tried_hours", "8")[:20], zone)


def due(hours: sla.Hours, report: Tried) -> datetime | None:
    """Return when such a report is due; None where its time or its hours cannot be meant."""
    try:
        at = sla.local(datetime.fromisoformat(report.at.strip()), report.zone)[0]
        return sla.due_at(at, float(report.hours.replace(",", ".")), hours)
    except (ValueError, OverflowError, Invalid):
        return None


def promised(db: Db, book: Book, row: Row) -> Iterator[tuple[Row, datetime]]:
    """Yield each promise of a service that can be meant, with when a report made now would be due."""
    services = {one["code"]: one["department"] for one in book.rows("service")}
    calendars = {one["code"]: one["calendar"] for one in book.rows("department")}
    known, now = sla.promise_book(db).calendars, clock.now()
    for one in row.get("promise", []):
        hours, service = one.get("hours"), one.get("service", "")
        if service in services and isinstance(hours, int | float) and 0 < hours <= sla.LONGEST_HOURS:
            yield one, sla.due_at(now, hours, known[calendars[services[service]]])
