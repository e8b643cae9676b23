"""Where strangers see reports: at the place they are told, never at the one that is stored.

`public.place_told` as SQL. A report of which only the areas are told is seen nowhere: were it counted
among what lies in a box, one could move the box until one knew its house.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Float, and_, case, func, or_, select

from civicconnect.db import Db
from civicconnect.geo import GRID_DEGREES, Box, Point, coarse, in_box, latitude, longitude
from civicconnect.reports.models import Report
from civicconnect.reports.queries import PUBLIC, public_reports

# In a wide view the newest reports of all are soon in view: these are looked at before the box is.
NEWEST = 1000
WIDE = 5000


@dataclass(frozen=True)
class Heap:
    """Reports that are told near each other."""

    count: int
    open: int
    place: Point  # the middle of all
    box: Box  # round all
    number: int  # of the one report, where it is one

    def joined(self, other: Heap) -> Heap:
        """Return both as one, which stays where this one lies."""
        a, b = self.box, other.box
        box = Box(min(a.west, b.west), min(a.south, b.south), max(a.east, b.east), max(a.north, b.north))
        return Heap(self.count + other.count, self.open + other.open, self.place, box, self.number)


@dataclass(frozen=True)
class Seen:
    """What strangers see in a box, and how many reports they see in none."""

    heaps: list[Heap]
    untold: int  # of them only areas are told, or no place is known: counted wherever the box stands

    @property
    def total(self) -> int:
        return sum(heap.count for heap in self.heaps)

    @property
    def open(self) -> int:
        return sum(heap.open for heap in self.heaps)


def gather(
    db: Db, conditions: Sequence[ColumnElement[bool]], box: Box, wide: float, high: float, *,
    everywhere: bool = False,
) -> Seen:
    """Return what public reports that fit strangers see in a box, heaped on a grid.

    wide, high    a square of the grid, in degrees. The grid does not move with the box, so a heap
                  stays the same while one looks around
    everywhere    whether the box holds many of all reports: then all are read once, without the index
    """
    told = _told(conditions, box, case((Report.status == "closed", 0), else_=1).label("open"),
                 everywhere=everywhere)
    shown = _inside(told, box)
    square = func.floor(told.c.long / wide, type_=Float) * 1e7 + func.floor(told.c.lat / high, type_=Float)
    rows = db.execute(select(
        func.count(), func.sum(told.c.open), func.avg(told.c.lat), func.avg(told.c.long),
        func.min(told.c.long), func.min(told.c.lat), func.max(told.c.long), func.max(told.c.lat),
        func.min(told.c.number),
    ).where(or_(shown, told.c.lat.is_(None)) if everywhere else shown).group_by(square)).all()
    heaps = [Heap(count, int(open_), Point(lat, long), Box(*sides), number)
             for count, open_, lat, long, *sides, number in rows if lat is not None]
    if everywhere:
        return Seen(heaps, sum(row[0] for row in rows if row[2] is None))
    return Seen(heaps, _count_untold(db, conditions))


def newest_seen(
    db: Db, conditions: Sequence[ColumnElement[bool]], box: Box, total: int, limit: int, offset: int = 0
) -> list[int]:
    """Return the numbers of the reports strangers see in a box, newest first.

    total    how many there are, as `gather` counted them
    """
    newest = public_reports(conditions)
    if total >= WIDE and offset + limit <= NEWEST:
        rows = db.execute(newest.with_only_columns(Report.number, *_place()).limit(NEWEST))
        seen = [number for number, lat, long in rows if lat is not None and long is not None
                and box.holds(Point(lat, long))]
        if len(seen) >= min(offset + limit, total):
            return seen[offset:offset + limit]
    told = _told(conditions, box, Report.received_at.expression)
    asked = select(told.c.number).where(_inside(told, box))
    newest_first = asked.order_by(told.c.received_at.desc(), told.c.number.desc())
    return list(db.scalars(newest_first.limit(limit).offset(offset)))


def _count_untold(db: Db, conditions: Sequence[ColumnElement[bool]]) -> int:
    nowhere = or_(Report.place_told == "area", Report.place.is_(None))
    return db.scalar(select(func.count()).select_from(Report).where(PUBLIC, *conditions, nowhere)) or 0


def _place() -> tuple[ColumnElement[float | None], ColumnElement[float | None]]:
    """Return the latitude and longitude that strangers are told; null where they are told neither."""
    exact, rounded = Report.place_told == "exact", Report.place_told == "rounded"
    lat, long = latitude(Report.place), longitude(Report.place)
    return case((exact, lat), (rounded, coarse(lat))), case((exact, long), (rounded, coarse(long)))


def _told(
    conditions: Sequence[ColumnElement[bool]], box: Box, more: ColumnElement[Any], *,
    everywhere: bool = False,
) -> CTE:
    lat, long = _place()
    asked = select(Report.number, lat.label("lat"), long.label("long"), more).where(PUBLIC, *conditions)
    if not everywhere:
        # A place is told at most half a square away from where it is.
        asked = asked.where(in_box(Report.place, box.grown(GRID_DEGREES / 2)))
    # Once a row, not once wherever it is named: half the time of a wide view.
    return asked.cte("told").prefix_with("MATERIALIZED")


def _inside(told: CTE, box: Box) -> ColumnElement[bool]:
    # Not BETWEEN: of that PostgreSQL expects next to nothing, and then sorts what it could count at once.
    north, east = (box.north - box.south) / 2, (box.east - box.west) / 2
    return and_(func.abs(told.c.lat - (box.south + north)) <= north,
                func.abs(told.c.long - (box.west + east)) <= east)
