"""When a report is due: the promise of its service, counted in its department's hours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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


@dataclass(frozen=True)
class PromiseBook:
    """All promises and calendars of a city, as plain values."""

    calendars: Mapping[str, Hours]
    hours: Mapping[tuple[str, str | None], float]

    def due(
        self, service: str, areas: Collection[str], calendar: str, received_at: datetime
    ) -> Due | None:
        """Return the promise for a report; None where the city makes none.

        areas       as "layer:code"; the promise of an area goes before the one for everywhere,
                    and the shortest of several areas wins
        """
        local = [h for area in areas if (h := self.hours.get((service, area))) is not None]
        hours = min(local) if local else self.hours.get((service, None))
        if hours is None:
            return None
        opening = self.calendars[calendar]
        return Due(hours, calendar, timetable(opening).add(received_at, timedelta(hours=hours)))


def promise_book(db: Db) -> PromiseBook:
    """Read every promise and calendar."""
    calendars = {
        c.code: Hours(
            c.zone,
            tuple(tuple((int(a), int(b)) for a, b in day) for day in c.week),
            frozenset(date.fromisoformat(day) for day in c.closed),
        )
        for c in db.scalars(select(Calendar))
    }
    promises = db.scalars(select(Promise))
    return PromiseBook(calendars, {(p.service, p.area): p.hours for p in promises})
