"""How long such reports usually take, as a page tells it; nothing where that is not known well enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from civicconnect import clock, sla
from civicconnect.db import Db
from civicconnect.geo import AreaHit

LONG_AGO = timedelta(days=60)


@dataclass(frozen=True)
class Usual:
    """Half are done within, eight of ten within: calendar hours.

    until    until when it was counted, where that is long ago; else None
    """

    half: float
    eight: float
    until: datetime | None


def usual(db_: Db, service: str, areas: Iterable[AreaHit]) -> Usual | None:
    """Return what is told of a service at a place, in one statement; None: nothing."""
    found = sla.expectation(db_, service, [f"{area.layer}:{area.code}" for area in areas])
    if found is None or found.half_hours is None or found.eight_hours is None:
        return None
    is_old = clock.now() - found.until > LONG_AGO
    return Usual(found.half_hours, found.eight_hours, found.until if is_old else None)
