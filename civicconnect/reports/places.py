"""Where strangers see reports: at the place they are told, never at the one that is stored.

`public.place_told` as SQL. A report of which only the areas are told is seen nowhere: were it counted
among what lies in a box, one could move the box until one knew its house.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Float, and_, case, func, or_, select

from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.geo import GRID_DEGREES, Box, Point, Squares, coarse, in_box, latitude, longitude, square_of
from civicconnect.reports import squares
from civicconnect.reports.filter import Filter
from civicconnect.reports.models import Report, ReportSquare
from civicconnect.reports.queries import PUBLIC, count_fitting, public_reports, visible_to

# In a wide view the newest reports of all are soon in view: these are looked at before the box is.
NEWEST = 1000
WIDE = 5000
# From so many in view on, the map is drawn from squares and blocks, and not from each report.
MANY, CROWD = 20_000, 2_000
COUNTED_TO = 1000  # what holds common words is counted no further
DENSE = 100  # so many that fit among the newest with the words: a page is soon full


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
    """What strangers see in a part of the ground, and how many reports they see in none."""

    heaps: list[Heap]
    untold: int  # of them only areas are told, or no place is known: counted wherever the box stands
    within: Box | Squares  # what counts as the part: the box, or all squares it touches

    @property
    def total(self) -> int:
        return sum(heap.count for heap in self.heaps)

    @property
    def open(self) -> int:
        return sum(heap.open for heap in self.heaps)


def gather(
    db: Db, view: Filter, offer: Catalog, box: Box, wide: float, high: float, *, is_wide: bool = False
) -> Seen:
    """Return what public reports that fit strangers see in a box, heaped on a grid.

    wide, high    a square of the grid, in degrees. The grid does not move with the box, so a heap
                  stays the same while one looks around
    is_wide       the box shows a good part of the city: then all in the squares it touches counts,
                  and reading every report is quicker than asking the index for many
    """
    chosen = squares.conditions(view, offer)
    if is_wide:
        within = Squares.over(box)
        if chosen is not None:
            found, untold = squares.tallies(db, chosen, within)
            if _count(found) >= MANY:
                return Seen(_summed(db, view, offer, found, within, (wide, high)), untold, within)
        heaps, untold = _read(db, view.where(offer, strangers=True), within, (wide, high))
        return Seen(heaps, untold, within)
    near = Squares.over(box, squares.BLOCK_DEGREES)
    crowd = squares.tallies_near(db, view, near)
    if crowd is not None and _count(crowd[0]) >= CROWD:
        return Seen(_summed(db, view, offer, crowd[0], near, (wide, high)), crowd[1], near)
    heaps, _ = _read(db, view.where(offer, strangers=True), box, (wide, high))
    if crowd is not None:
        return Seen(heaps, crowd[1], box)
    untold = _count_untold(db, view, offer) if chosen is None else squares.total_nowhere(db, chosen)
    return Seen(heaps, untold, box)


def _count(found: Mapping[tuple[int, int], squares.Tally]) -> int:
    return sum(tally.reports for tally in found.values())


def _read(
    db: Db, conditions: Sequence[ColumnElement[bool]], within: Box | Squares, grid: tuple[float, float]
) -> tuple[list[Heap], int]:
    """Return the heaps from each report in turn; within squares also how many lie in none."""
    told = _told(conditions, within, case((Report.status == "closed", 0), else_=1).label("open"))
    shown = _inside(told, within)
    if isinstance(within, Squares):
        shown = or_(shown, told.c.lat.is_(None))
    square = (func.floor(told.c.long / grid[0], type_=Float) * 1e7
              + func.floor(told.c.lat / grid[1], type_=Float))
    rows = db.execute(select(
        func.count(), func.sum(told.c.open), func.avg(told.c.lat), func.avg(told.c.long),
        func.min(told.c.long), func.min(told.c.lat), func.max(told.c.long), func.max(told.c.lat),
        func.min(told.c.number),
    ).where(shown).group_by(square)).all()
    heaps = [Heap(count, int(open_), Point(lat, long), Box(*sides), number)
             for count, open_, lat, long, *sides, number in rows if lat is not None]
    return heaps, sum(row[0] for row in rows if row[2] is None)


def _summed(
    db: Db, view: Filter, offer: Catalog, found: Mapping[tuple[int, int], squares.Tally], within: Squares,
    grid: tuple[float, float],
) -> list[Heap]:
    """Return the same heaps from what is known of each square."""
    piles: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for square in found:
        middle = within.box_of(*square).middle
        heap = math.floor(middle.long / grid[0]), math.floor(middle.lat / grid[1])
        piles.setdefault(heap, []).append(square)
    alone = {pile[0] for pile in piles.values() if sum(found[square].reports for square in pile) == 1}
    numbers = _numbers(db, view.where(offer, strangers=True), alone, within)
    return [_heap(pile, found, within, numbers) for pile in piles.values()]


def _heap(
    pile: list[tuple[int, int]], found: Mapping[tuple[int, int], squares.Tally], within: Squares,
    numbers: Mapping[tuple[int, int], int],
) -> Heap:
    reports, open_, lats, longs = (sum(column) for column in zip(*(found[s] for s in pile), strict=True))
    east, north = zip(*pile, strict=True)
    around = Squares(min(east), min(north), max(east), max(north), within.degrees).box
    place = Point(lats / reports / squares.MICRO, longs / reports / squares.MICRO)
    return Heap(reports, open_, place, around, numbers.get(pile[0], 0) if reports == 1 else 0)


def _numbers(
    db: Db, conditions: Sequence[ColumnElement[bool]], alone: Collection[tuple[int, int]], within: Squares
) -> dict[tuple[int, int], int]:
    """Return the numbers of reports that are alone in their squares."""
    if not alone:
        return {}
    # A place is told at most half a square away from where it is.
    boxes = [in_box(Report.place, within.box_of(*square).grown(GRID_DEGREES / 2)) for square in alone]
    asked = select(Report.number, *_place()).where(PUBLIC, *conditions, or_(*boxes))
    told = {number: square_of(Point(lat, long), within.degrees)
            for number, lat, long in db.execute(asked) if lat is not None and long is not None}
    return {square: number for number, square in told.items() if square in alone}


def count_public(db: Db, view: Filter, offer: Catalog) -> int:
    """Return how many public reports fit, wherever they lie."""
    chosen = squares.conditions(view, offer)
    if chosen is not None:
        return squares.total(db, [ReportSquare.is_public.is_(True), *chosen])
    return count_fitting(db, [PUBLIC, *view.where(offer, strangers=True)])


@dataclass(frozen=True)
class Total:
    """How many public reports fit a view.

    is_more    there are more than that: words that stand in very many reports are not counted to the end
    view       how it is best read
    """

    count: int
    is_more: bool
    view: Filter


def total_of(db: Db, view: Filter, offer: Catalog) -> Total:
    """Count the public reports of a view whose words were looked up, as far as is quick."""
    if not view.is_common:
        return Total(count_public(db, view, offer), is_more=False, view=view)
    some = count_fitting(db, [PUBLIC, *view.some.where(offer, strangers=True)], COUNTED_TO)
    if some >= DENSE:
        return Total(some, is_more=True, view=view.densely)
    # Whatever else is asked for is rare among the newest: then that leads, and the words are only compared.
    counted = count_fitting(db, [PUBLIC, *view.where(offer, strangers=True)], COUNTED_TO + 1)
    return Total(min(counted, COUNTED_TO), is_more=counted > COUNTED_TO, view=view)


def count_visible(db: Db, actor: Actor, view: Filter, offer: Catalog) -> int:
    """Return how many reports fit that an actor may open as staff."""
    chosen = None if actor.areas else squares.conditions(view, offer)  # squares know no areas
    if chosen is None:
        return count_fitting(db, [visible_to(actor), *view.where(offer, strangers=False)])
    return squares.total(db, [visible_to(actor, ReportSquare.department_id), *chosen])


def visible_total(actor: Actor, view: Filter, offer: Catalog) -> ColumnElement[int] | None:
    """Return what `count_visible` counts, to stand in another statement; None where only counting knows."""
    chosen = None if actor.areas else squares.conditions(view, offer)  # squares know no areas
    if chosen is None:
        return None
    return squares.sum_of([visible_to(actor, ReportSquare.department_id), *chosen]).scalar_subquery()


def newest_seen(
    db: Db, conditions: Sequence[ColumnElement[bool]], within: Box | Squares, total: int, limit: int,
    offset: int = 0,
) -> list[int]:
    """Return the numbers of the reports strangers see in a part of the ground, newest first.

    total    how many there are, as `gather` counted them
    """
    newest = public_reports(conditions)
    if total >= WIDE and offset + limit <= NEWEST:
        rows = db.execute(newest.with_only_columns(Report.number, *_place()).limit(NEWEST))
        seen = [number for number, lat, long in rows if lat is not None and long is not None
                and within.holds(Point(lat, long))]
        if len(seen) >= min(offset + limit, total):
            return seen[offset:offset + limit]
    told = _told(conditions, within, Report.received_at.expression)
    asked = select(told.c.number).where(_inside(told, within))
    newest_first = asked.order_by(told.c.received_at.desc(), told.c.number.desc())
    return list(db.scalars(newest_first.limit(limit).offset(offset)))


def _count_untold(db: Db, view: Filter, offer: Catalog) -> int:
    nowhere = or_(Report.place_told.not_in(("exact", "rounded")), Report.place.is_(None))
    return count_fitting(db, [PUBLIC, *view.where(offer, strangers=True), nowhere])


def _place() -> tuple[ColumnElement[float | None], ColumnElement[float | None]]:
    """Return the latitude and longitude that strangers are told; null where they are told neither."""
    exact, rounded = Report.place_told == "exact", Report.place_told == "rounded"
    lat, long = latitude(Report.place), longitude(Report.place)
    return case((exact, lat), (rounded, coarse(lat))), case((exact, long), (rounded, coarse(long)))


def _told(
    conditions: Sequence[ColumnElement[bool]], within: Box | Squares, more: ColumnElement[Any]
) -> CTE:
    lat, long = _place()
    asked = select(Report.number, lat.label("lat"), long.label("long"), more).where(PUBLIC, *conditions)
    if isinstance(within, Box) or within.degrees < GRID_DEGREES:
        box = within if isinstance(within, Box) else within.box
        # A place is told at most half a square away from where it is.
        asked = asked.where(in_box(Report.place, box.grown(GRID_DEGREES / 2)))
    # Once a row, not once wherever it is named: half the time of a wide view.
    return asked.cte("told").prefix_with("MATERIALIZED")


def _inside(told: CTE, within: Box | Squares) -> ColumnElement[bool]:
    lat: ColumnElement[float] = told.c.lat
    long: ColumnElement[float] = told.c.long
    if isinstance(within, Squares):
        lat, long = func.floor(lat / within.degrees), func.floor(long / within.degrees)
    # Not BETWEEN: of that PostgreSQL expects next to nothing, and then sorts what it could count at once.
    north, east = (within.north - within.south) / 2, (within.east - within.west) / 2
    return and_(func.abs(lat - (within.south + north)) <= north,
                func.abs(long - (within.west + east)) <= east)
