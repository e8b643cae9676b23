"""What else was reported at a place: the same kind of trouble before and since, and what is open around."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, func, literal, null, or_, select, union_all

from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.geo import Point, cells_around, distance
from civicconnect.reports.models import IS_OPEN, Report
from civicconnect.reports.queries import NEAR_METRES, known_to, visible_to

SPOT_METRES = 20.0  # two phones at one hole are off by less, and the next hole is mostly farther
LOOKED_BACK = timedelta(days=365)
NOT_AGAIN = ("duplicate", "invalid", "withdrawn")  # told of nothing new
MEASURED, MEASURED_OPEN = 1000, 200  # reports whose distance is looked at: of the same kind, and open ones
MOST = 8  # of each kind that are listed; all are counted
BEFORE, SINCE, AROUND = "before", "since", "around"


@dataclass(frozen=True)
class Neighbour:
    """Another report, as far as a colleague is told.

    metres      from the place of the first; None where both only share an address
    may_open    whether the actor may open it as staff; if not, everybody may read it
    """

    reference: str
    service_id: int
    status: str
    outcome: str | None
    received_at: datetime
    closed_at: datetime | None
    metres: float | None
    may_open: bool


@dataclass(frozen=True)
class Spot:
    """What else was reported at a report's place and around it.

    before, since    of the same kind, within a year, the newest first
    around           open ones within `NEAR_METRES`, whatever they ask for, the nearest first
    times            how many of the same kind there are up to this one, itself too
    first            when the first of them came in; None where there is no other
    counts           how many there are of each, listed or not
    """

    before: tuple[Neighbour, ...]
    since: tuple[Neighbour, ...]
    around: tuple[Neighbour, ...]
    times: int
    first: datetime | None
    counts: dict[str, int]

    @property
    def last_closed(self) -> Neighbour | None:
        """Return the one before this that was closed last."""
        closed = [one for one in self.before if one.closed_at is not None]
        return max(closed, key=lambda one: (one.closed_at, one.reference), default=None)


def _around(here: Point, of_family: tuple[ColumnElement[bool], ...]) -> ColumnElement[bool]:
    """Return the condition for what lies around a place: of the same kind at it, and what is open near it.

    The newest of each alone, by their squares: where an archive puts all that it does not find, hundreds of
    thousands lie on one spot, and each would be measured.
    """
    at_it = select(Report.number).where(
        Report.cell.in_(cells_around(here, SPOT_METRES)), *of_family
    ).order_by(Report.received_at.desc()).limit(MEASURED).subquery()
    near_it = select(Report.number).where(
        Report.cell.in_(cells_around(here, NEAR_METRES)), IS_OPEN
    ).order_by(Report.received_at.desc()).limit(MEASURED_OPEN).subquery()
    return and_(
        Report.number.in_(union_all(select(at_it.c.number), select(near_it.c.number))),
        distance(Report.place, here) <= NEAR_METRES)


def spot(db: Db, actor: Actor, report: Report, here: Point | None, family: Collection[int]) -> Spot:
    """Return what else was reported at a report's place: one statement.

    here      where it is; None where only its address is known, which then must be the same
    family    ids of the services that ask for the same kind of thing

    Only what the actor may open, and what everybody knows the exact place of.
    """
    away: ColumnElement[Any] = distance(Report.place, here) if here else null().cast(Float)
    of_family = Report.service_id.in_(family), Report.received_at >= report.received_at - LOOKED_BACK
    place = _around(here, of_family) if here else and_(
        Report.place.is_(None), Report.address == report.address, Report.address != "")
    same = and_(
        *of_family, or_(Report.outcome.is_(None), Report.outcome.not_in(NOT_AGAIN)))
    is_earlier = or_(Report.received_at < report.received_at, and_(
        Report.received_at == report.received_at, Report.number < report.number))
    # Kept while the statement runs: an engine that put it into what follows would measure each way again.
    there = (
        select(Report.reference, Report.service_id, Report.status, Report.outcome, Report.received_at,
               Report.closed_at, Report.number, away.label("metres"), _flag(visible_to(actor), "may_open"),
               _flag(same, "is_same"), _flag(is_earlier, "is_earlier"), _flag(IS_OPEN, "is_open"))
        .where(Report.number != report.number, place, or_(same, IS_OPEN), known_to(actor))
        .cte("there").prefix_with("MATERIALIZED"))
    t = there.c
    again = and_(t.is_same == 1, or_(t.metres.is_(None), t.metres <= SPOT_METRES))
    kind = case((and_(again, t.is_earlier == 1), BEFORE), (again, SINCE), else_=AROUND)
    found = select(there, kind.label("kind")).where(or_(again, t.is_open == 1)).subquery()
    c = found.c
    each = (c.kind,)
    by_use = (case((c.kind == AROUND, c.metres), else_=literal(0.0)), c.received_at.desc(), c.number.desc())
    ranked = select(
        found, func.row_number().over(partition_by=each, order_by=by_use).label("place_in_list"),
        func.count().over(partition_by=each).label("how_many"),
        func.min(c.received_at).over(partition_by=each).label("earliest")).subquery()
    rows = db.execute(select(ranked).where(ranked.c.place_in_list <= MOST)
                      .order_by(ranked.c.kind, ranked.c.place_in_list)).all()
    lists = {name: tuple(_told(row) for row in rows if row.kind == name)
             for name in (BEFORE, SINCE, AROUND)}
    counts = {row.kind: int(row.how_many) for row in rows}
    earliest = {row.kind: row.earliest for row in rows}
    return Spot(lists[BEFORE], lists[SINCE], lists[AROUND], counts.get(BEFORE, 0) + 1,
                earliest.get(BEFORE), counts)


def _flag(holds: ColumnElement[bool], name: str) -> Any:
    """Return a condition as 1 or 0: one of the engines has no truth values to hand on."""
    return case((holds, literal(1)), else_=literal(0)).label(name)


def _told(row: Any) -> Neighbour:
    return Neighbour(row.reference, row.service_id, row.status, row.outcome, row.received_at, row.closed_at,
                     row.metres, bool(row.may_open))
