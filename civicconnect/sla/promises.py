"""When a report is due: the promise of its service, counted in its department's hours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select

from civicconnect.db import Db
from civicconnect.sla.models import Calendar, Promise
from civicconnect.sla.timetable import Hours, timetable


@dataclass(frozen=True)
class Due:
    """A promise made: so many business hours of a calendar, which end at an instant."""

    hours: float
    calendar: str
    at: datetime


class Promised(NamedTuple):
    """To what a promise applies. None: whatever it is."""

    service: str
    priority: str | None = None
    area: str | None = None  # "layer:code"


@dataclass(frozen=True)
class PromiseBook:
    """All promises and calendars of a city, as plain values."""

    calendars: Mapping[str, Hours]
    hours: Mapping[Promised, float]

    @cached_property
    def _by_area(self) -> dict[tuple[str, str | None], dict[str, float]]:
        found: dict[tuple[str, str | None], dict[str, float]] = {}
        for promised, hours in self.hours.items():
            if promised.area is not None:
                found.setdefault((promised.service, promised.priority), {})[promised.area] = hours
        return found

    def due(
        self, service: str, areas: Collection[str], calendar: str, received_at: datetime,
        priority: str = "normal",
    ) -> Due | None:
        """Return the promise for a report; None where the city makes none.

        areas       as "layer:code"

        The nearest promise counts: for this priority in one of these areas; else for this priority
        anywhere; else in one of these areas; else for the service. The shortest of several areas wins.
        """
        for wanted in (priority, None):
            here = self._by_area.get((service, wanted))
            local = [here[area] for area in areas if area in here] if here else ()
            # A bare tuple finds the same as a `Promised`, and is quicker to make.
            hours = min(local) if local else self.hours.get((service, wanted, None))  # type: ignore[call-overload]  # equal to one
            if hours is not None:
                opening = self.calendars[calendar]
                return Due(hours, calendar, timetable(opening).add(received_at, timedelta(hours=hours)))
        return None


def hours_of(row: Calendar) -> Hours:
    """Return a calendar as it is counted with."""
    return Hours(
        row.zone,
        tuple(tuple((int(a), int(b)) for a, b in day) for day in row.week),
        frozenset(map(date.fromisoformat, row.closed)),
        row.holidays,
        frozenset(map(date.fromisoformat, row.open)),
    )


def calendars(db: Db) -> dict[str, Hours]:
    """Read every calendar by its code."""
    return {c.code: hours_of(c) for c in db.scalars(select(Calendar))}


def promise_book(db: Db) -> PromiseBook:
    """Read every promise and calendar, also those of departments that are gone: old clocks run on."""
    promises = db.scalars(select(Promise))
    return PromiseBook(calendars(db), {Promised(p.service, p.priority, p.area): p.hours for p in promises})
