"""The queue: open reports of one's departments, the most pressing first, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.reports import Filter, Report, clock_shows, lifecycle, shown_clock, visible_to

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
    status = "" if view.status == "all" else view.status or "open"
    conditions = [visible_to(actor), *replace(view, status=status).where(offer, strangers=False)]
    overdue = (Report.due_at < shown_clock(now)) & Report.status.in_(lifecycle.OPEN)
    total, late = db.execute(
        select(func.count(), func.count(case((overdue, 1)))).select_from(Report).where(*conditions)
    ).one()
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    asked = (
        select(Report).where(*conditions)
        .order_by(Report.due_at.is_(None), Report.due_at, Report.received_at, Report.number)
        .limit(PAGE).offset((page - 1) * PAGE)
    )
    lines = tuple(Line(r, urgency(r.due_at, r.status, clock_shows(r.status, r.updated_at, now)))
                  for r in db.scalars(asked))
    return Worklist(lines, total, late, page, pages)


def urgency(due_at: datetime | None, status: str, now: datetime) -> str:
    """Say whether a report is late, soon to be late, or neither."""
    if due_at is None or status == lifecycle.CLOSED:
        return ""
    return "late" if due_at < now else "soon" if due_at - now < SOON else ""
