"""How many reports lie in each square of the ground: what counts and crowded maps are read from.

A map of a whole city would else read a million places for some forty heaps. Squares of some 250 m know
services and departments, for wide views; blocks of some 30 m know only what is open, for near ones.
Both are kept in the transaction that changes a report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, func, select

from civicconnect.catalog import Catalog
from civicconnect.db import Db, add_up
from civicconnect.geo import GRID_DEGREES, Point, Squares, coarsen, latitude, longitude, square_of
from civicconnect.reports.filter import Filter
from civicconnect.reports.lifecycle import CLOSED
from civicconnect.reports.models import Report, ReportBlock, ReportSquare

# An odd share: the middle of a square, where a rounded place is told, is the middle of a block.
BLOCK_DEGREES = GRID_DEGREES / 9
NOWHERE = -1_000_000  # east and north of what is told to lie in no square
MICRO = 1_000_000
BATCH = 5000
SUMS = ("reports", "lats", "longs")
SQUARE = ("east", "north", "service_id", "department_id", "is_open", "is_public")
BLOCK = ("east", "north", "is_open")


class Spot(NamedTuple):
    """Where strangers are told that a report lies, and in what state: what it adds to."""

    square: tuple[int, ...]  # in the order of SQUARE
    block: tuple[int, ...] | None  # in the order of BLOCK; None where it is not public
    lat: int  # millionths of a degree
    long: int


class Tally(NamedTuple):
    """Reports in some squares: how many, and the sums of their places in millionths of a degree."""

    reports: int
    open: int
    lats: int
    longs: int


def spot(
    visibility: str, service_id: int, department_id: int, status: str, told: str, place: Point | None
) -> Spot:
    """Return where a report is counted.

    told    how much of its place is told: `Report.place_told`
    """
    is_open, is_public = status != CLOSED, visibility == "public"
    state = (service_id, department_id, is_open, is_public)
    if place is None or not is_public or told not in ("exact", "rounded"):
        nowhere = (NOWHERE, NOWHERE, is_open) if is_public else None
        return Spot((NOWHERE, NOWHERE, *state), nowhere, 0, 0)
    shown = place if told == "exact" else coarsen(place)
    return Spot((*square_of(place), *state), (*square_of(shown, BLOCK_DEGREES), is_open),
                round(shown.lat * MICRO), round(shown.long * MICRO))


Where = Spot | tuple[Any, ...]  # a `Spot`, or its values: those of very many come from another process


def count(db: Db, come: Iterable[Where], gone: Iterable[Where] = ()) -> None:
    """Count reports where they are now, and no more where they were."""
    _write(db, *_sums(((1, come), (-1, gone))))


Sums = dict[Any, list[int]]  # by the key of a square: reports, and the sums of their places


def _sums(signed: Iterable[tuple[int, Iterable[Where]]]) -> tuple[Sums, Sums]:
    """Add up reports by square and by block; those with -1 go."""
    squares: Sums = defaultdict(lambda: [0, 0, 0])
    blocks: Sums = defaultdict(lambda: [0, 0, 0])
    for sign, spots in signed:
        for square, block, lat, long in spots:
            for row in (squares[square], blocks[block]) if block else (squares[square],):
                row[0], row[1], row[2] = row[0] + sign, row[1] + sign * lat, row[2] + sign * long
    return squares, blocks


def _write(db: Db, squares: Sums, blocks: Sums) -> None:
    # In one order, whoever counts: two at once then wait for each other, and never in a circle.
    add_up(db, ReportSquare, SQUARE, SUMS, [(*key, *squares[key]) for key in sorted(squares)])
    add_up(db, ReportBlock, BLOCK, SUMS, [(*key, *blocks[key]) for key in sorted(blocks)])


def agree(db: Db) -> bool:
    """Say whether what is kept of the squares is what all reports come to. Reads, and writes nothing."""
    squares, blocks = _sums([(1, _all_spots(db))])
    return all(
        {(*key, *sums) for key, sums in counted.items()} == _standing(db, table)
        for counted, table in ((squares, ReportSquare), (blocks, ReportBlock))
    )


def recount(db: Db) -> None:
    """Count every report anew.

    Nothing should ever call for it: this is for whoever has put back a part of a database, or changed
    it by hand.
    """
    squares, blocks = _sums([(1, _all_spots(db))])
    for table in (ReportSquare, ReportBlock):
        db.execute(delete(table))
    _write(db, squares, blocks)


def _all_spots(db: Db) -> Iterator[Spot]:
    last = 0
    columns = (Report.visibility, Report.service_id, Report.department_id, Report.status, Report.place_told,
               latitude(Report.place), longitude(Report.place))
    asked = select(Report.number, *columns).order_by(Report.number).limit(BATCH)
    while rows := db.execute(asked.where(Report.number > last)).all():
        last = rows[-1][0]
        for _, visibility, service, department, status, told, lat, long in rows:
            place = None if lat is None else Point(lat, long)
            yield spot(visibility, service, department, status, told, place)


def _standing(db: Db, table: Any) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in db.execute(select(*table.__table__.c)) if row.reports}


def conditions(view: Filter, offer: Catalog) -> list[ColumnElement[bool]] | None:
    """Return what chooses the same reports among the squares; None where they do not know."""
    if not view.is_counted:
        return None
    found = view.asked_of(offer, ReportSquare)
    if view.status:
        found.append(ReportSquare.is_open.is_(view.status == "open"))
    return found


def total(db: Db, chosen: Sequence[ColumnElement[bool]]) -> int:
    """Return how many reports there are in the squares chosen."""
    return int(db.scalar(sum_of(chosen)) or 0)


def sum_of(chosen: Sequence[ColumnElement[bool]]) -> Select[int]:
    """Select how many reports there are in the squares chosen."""
    return select(func.coalesce(func.sum(ReportSquare.reports), 0)).where(*chosen)


def total_nowhere(db: Db, chosen: Sequence[ColumnElement[bool]]) -> int:
    """Return how many public reports are told to lie in no square."""
    return total(db, [ReportSquare.is_public.is_(True), ReportSquare.east == NOWHERE, *chosen])


def tallies(
    db: Db, chosen: Sequence[ColumnElement[bool]], within: Squares
) -> tuple[dict[tuple[int, int], Tally], int]:
    """Return the public reports of each square that has any, by (east, north), and how many lie in none."""
    return _tallies(db, ReportSquare, within, [ReportSquare.is_public.is_(True), *chosen])


def tallies_near(
    db: Db, view: Filter, within: Squares
) -> tuple[dict[tuple[int, int], Tally], int] | None:
    """Return the public reports of each block that has any, and how many lie in none.

    None where the blocks do not know.
    """
    if not view.is_counted or view.service or view.department:
        return None
    state = [ReportBlock.is_open.is_(view.status == "open")] if view.status else []
    return _tallies(db, ReportBlock, within, state)


def _tallies(
    db: Db, table: Any, within: Squares, chosen: Sequence[ColumnElement[bool]]
) -> tuple[dict[tuple[int, int], Tally], int]:
    inside = table.east.between(within.west, within.east) & table.north.between(within.south, within.north)
    open_ = func.coalesce(func.sum(table.reports).filter(table.is_open), 0)
    asked = (
        select(table.east, table.north, func.sum(table.reports), open_, func.sum(table.lats),
               func.sum(table.longs))
        .where(inside | (table.east == NOWHERE), *chosen).group_by(table.east, table.north)
    )
    found = {(east, north): Tally(*map(int, sums)) for east, north, *sums in db.execute(asked) if sums[0]}
    untold = found.pop((NOWHERE, NOWHERE), None)
    return found, untold.reports if untold else 0
