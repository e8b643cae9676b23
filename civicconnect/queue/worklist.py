"""The queue: open reports of one's departments, the most pressing first, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.reports import Filter, Report, clock_shows, count_visible, is_overdue, lifecycle, visible_to

SOON = timedelta(hours=24)
PAGE = 25


@dataclass(frozen=True)
class Line:
    """One report in the queue, and why it stands where it stands."""

    report: Report
    urgency: str  # late, soon, "" (in time or without a promise)


@dataclass(frozen=True)
class Worklist:
    """One page of the queue."""

    lines: tuple[Line, ...]
    total: int
    late: int
    page: int
    pages: int


def worklist(db: Db, actor: Actor, view: Filter, offer: Catalog, page: int = 1) -> Worklist:
    """Return a page of the reports an actor should look at next: three statements.

    Order: late ones first, then by the instant they are due, then those without a promise by age.
    """
    now = clock.now()
    shown = replace(view, status="" if view.status == "all" else view.status or "open")
    conditions = [_desk(actor, shown), *shown.where(offer, strangers=False)]
    total = count_visible(db, actor, shown, offer)
    overdue = [visible_to(actor), *shown.where(offer, strangers=False), *is_overdue(now)]
    late = db.scalar(select(func.count()).select_from(Report).where(*overdue)) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    asked = (
        select(Report).where(*conditions)
        .order_by(Report.due_at.asc().nulls_last(), Report.received_at, Report.number)
        .limit(PAGE).offset((page - 1) * PAGE)
    )
    lines = tuple(Line(r, urgency(r.due_at, r.status, clock_shows(r.status, r.updated_at, now)))
                  for r in db.scalars(asked))
    return Worklist(lines, total, late, page, pages)


def _desk(actor: Actor, shown: Filter) -> ColumnElement[bool]:
    """Return the condition for what comes to an actor's desk.

    The open ones lie in their index in the order of the queue, and the first page is read off it. An
    engine that looked them up by department would sort them all first: so it is not offered one to look up.
    """
    if shown.status == lifecycle.CLOSED or not shown.status:
        return visible_to(actor)
    return visible_to(actor, Report.department_id + 0)


def urgency(due_at: datetime | None, status: str, now: datetime) -> str:
    """Say whether a report is late, soon to be late, or neither."""
    if due_at is None or status == lifecycle.CLOSED:
        return ""
    return "late" if due_at < now else "soon" if due_at - now < SOON else ""
