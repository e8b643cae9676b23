"""The queue: open reports of one's departments, the most pressing first, each with its reason.

A view that holds closed reports too is no queue any more: what changed last stands first in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, tuple_, union_all

from civicconnect import clock, reports, sla
from civicconnect.accounts import Actor, Staff
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.geo import Point, latitude, longitude
from civicconnect.queue import ranking
from civicconnect.queue.desk import Desk
from civicconnect.reports import Entry, Report, clock_shows, is_overdue, lifecycle, visible_total
from civicconnect.sla import Hours, timetable

PAGE, DENSE = 25, 50
COUNTED = 100  # a tab says no more than "100 or more"
CAPPED = 1000  # a view that only counting finds is counted as far as this
IN_COLUMN = 12  # of the board
ON_MAP = 500
RANKED = (Report.rank, Report.number)
LATEST = (Report.updated_at.desc(), Report.number.desc())  # where closed ones stand among them


@dataclass(frozen=True)
class Line:
    """One report in the queue, and why it stands where it stands.

    holder    the name of who works on it
    left      business time until it is due, less than none when late; None: no promise, or it waits
    said      the last public event with words, and the words
    """

    report: Report
    reasons: tuple[str, ...]
    holder: str = ""
    left: timedelta | None = None
    said: tuple[Entry, str] | None = None

    @property
    def urgency(self) -> str:
        return next((code for code in ("late", "soon") if code in self.reasons), "")


@dataclass(frozen=True)
class Worklist:
    """One page of the queue. `total` and `late` stop at CAPPED where nothing but counting knows them."""

    lines: tuple[Line, ...]
    total: int
    late: int
    page: int
    pages: int


def worklist(
    db: Db, actor: Actor, desk: Desk, offer: Catalog, page: int = 1, size: int = PAGE,
    counts: Counts | None = None,
) -> Worklist:
    """Return a page of what an actor should look at next, by the rule in `ranking`: four statements.

    counts    where they were counted already
    """
    now, counted, order = clock.now(), counts or count(db, actor, desk, offer), order_of(desk)
    pages = max(1, -(-counted.total // size))
    page = min(max(page, 1), pages)
    # Which ones is read off the index alone; only those of the page are looked up.
    chosen = (select(Report.number).where(*desk.where(actor, offer, now)).order_by(*order)
              .limit(size).offset((page - 1) * size).subquery())
    asked = with_holder().where(Report.number.in_(select(chosen.c.number))).order_by(*order)
    return Worklist(lines(db, asked, now), counted.total, counted.late, page, pages)


def order_of(desk: Desk) -> tuple[Any, ...]:
    """Return the order that a view stands in."""
    return RANKED if desk.is_next else LATEST


@dataclass(frozen=True)
class Counts:
    """How many reports a view holds, and how many of them are late; how many other views hold; and more."""

    total: int
    late: int
    views: tuple[int, ...] = ()
    more: tuple[int, ...] = ()


def count(
    db: Db, actor: Actor, desk: Desk, offer: Catalog, views: Sequence[Desk] = (),
    more: Sequence[ColumnElement[int]] = (),
) -> Counts:
    """Count a view, and others as far as COUNTED, all in one statement.

    more    whatever else a page counts
    """
    now = clock.now()
    conditions = desk.where(actor, offer, now, counting=True)
    known = visible_total(actor, desk.shown, offer) if desk.is_plain else None
    others = [capped(view.where(actor, offer, now, counting=True), COUNTED) for view in views]
    late: ColumnElement[int] = capped([*conditions, *is_overdue(now)])
    if known is None:
        # One look finds both: in small areas it is a long one. Where it stops early, another counts the late.
        found = (select(and_(*is_overdue(now)).label("late")).select_from(Report).where(*conditions)
                 .limit(CAPPED).subquery())
        seen = select(func.count().label("total"), func.count().filter(found.c.late).label("late")).subquery()
        known, late = seen.c.total, case((seen.c.total < CAPPED, seen.c.late), else_=late)
    row = db.execute(select(known.label("total"), late.label("late"),
                            *(one.label(f"n{n}") for n, one in enumerate((*others, *more))))).one()
    return Counts(int(row[0]), row[1], tuple(row[2:2 + len(views)]), tuple(row[2 + len(views):]))


def capped(conditions: Sequence[ColumnElement[bool]], most: int = CAPPED) -> ColumnElement[int]:
    """Return the statement that counts reports as far as `most`, to stand in another one."""
    some = select(literal(1)).select_from(Report).where(*conditions).limit(most).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def with_holder() -> Select[Report, str | None]:
    """Select reports, each with the name of who works on it."""
    return select(Report, Staff.name).outerjoin(Staff, Staff.id == Report.assigned_to)


def lines(db: Db, asked: Select[Report, str | None], now: datetime) -> tuple[Line, ...]:
    """Return reports as lines of the queue: three statements."""
    found = db.execute(asked).all()
    said = reports.last_words(db, [report.number for report, _ in found]) if found else {}
    opening = sla.calendars(db) if found else {}
    return tuple(
        Line(report, ranking.reasons(report, now), holder or "", _left(report, opening, now),
             said.get(report.number))
        for report, holder in found
    )


def _left(report: Report, opening: Mapping[str, Hours], now: datetime) -> timedelta | None:
    """Return the business time until a report is due, by the calendar of its promise."""
    hours = opening.get(report.why.get("calendar", ""))
    if report.due_at is None or hours is None or report.status not in lifecycle.OPEN:
        return None
    return timetable(hours).between(clock_shows(report.status, report.updated_at, now), report.due_at)


def next_after(db: Db, actor: Actor, desk: Desk, offer: Catalog, reference: str) -> str | None:
    """Return the reference of the report that follows one in a view; after the last one, the first again."""
    order = order_of(desk)
    known = db.execute(select(Report.rank, Report.number, Report.updated_at)
                       .where(Report.reference == reference)).first()
    asked = (select(Report.reference).where(*desk.where(actor, offer, clock.now()),
                                            Report.reference != reference).order_by(*order).limit(1))
    if known is not None:
        # The first comparison is for the index, the second decides.
        number = literal(known.number)
        if order is RANKED:
            rank = literal(known.rank)
            after = asked.where(Report.rank >= rank, tuple_(*RANKED) > tuple_(rank, number))
        else:
            changed = literal(known.updated_at, Report.updated_at.type)
            after = asked.where(Report.updated_at <= changed,
                                tuple_(Report.updated_at, Report.number) < tuple_(changed, number))
        found = db.scalar(after)
        if found is not None:
            return found
    return db.scalar(asked)


def board(
    db: Db, actor: Actor, desk: Desk, offer: Catalog
) -> dict[str, tuple[tuple[Line, ...], int]]:
    """Return the first reports of a view by status, and how many there are of each."""
    now, conditions = clock.now(), desk.where(actor, offer, clock.now())
    columns = [status for status in lifecycle.OPEN if desk.shown.status in ("", "open", status)]
    if not columns:
        return {}
    firsts: list[Any] = [
        select(select(Report.number).where(*conditions, Report.status == status, reports.IS_OPEN)
               .order_by(*RANKED).limit(IN_COLUMN).subquery()) for status in columns]
    shown = with_holder().where(Report.number.in_(union_all(*firsts))).order_by(*RANKED)
    found = lines(db, shown, now)
    counting = desk.where(actor, offer, now, counting=True)
    sums = db.execute(select(*(capped([*counting, Report.status == status, reports.IS_OPEN])
                               for status in columns))).one()
    return {status: (tuple(line for line in found if line.report.status == status), total)
            for status, total in zip(columns, sums, strict=True)}


def placed(db: Db, actor: Actor, desk: Desk, offer: Catalog) -> list[tuple[Report, Point]]:
    """Return the first reports of a view that have a place, with it: what its map is drawn from."""
    lat, long = latitude(Report.place), longitude(Report.place)
    conditions = desk.where(actor, offer, clock.now())
    asked = (select(Report, lat, long).where(*conditions, Report.place.is_not(None)).order_by(*order_of(desk))
             .limit(ON_MAP))
    return [(report, Point(lat, long)) for report, lat, long in db.execute(asked)]
