"""While a report waits for somebody outside, its promise waits too."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, not_

from civicconnect.reports import lifecycle
from civicconnect.reports.models import IS_OPEN, Report
from civicconnect.sla import Hours, due_after_pause

LONGEST = timedelta(days=60)  # then the clock runs on: waiting is no way out of a promise


def due_after_waiting(
    due_at: datetime | None, began: datetime, now: datetime, opening: Hours | None
) -> datetime | None:
    """Return when a report that stops waiting now is due; None where nothing was promised.

    began      when it came to wait
    opening    the calendar of the promise
    """
    if due_at is None or opening is None:
        return due_at
    return due_after_pause(due_at, began, min(now, began + LONGEST), opening)


def clock_shows(status: str, since: datetime, now: datetime) -> datetime:
    """Return the instant that a report's promise is held against: while it waits, when it began to.

    since    when it came to this status, which is when its row last changed
    """
    return max(since, now - LONGEST) if status == lifecycle.WAITING else now


def is_overdue(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for open reports that have outrun their promise: `is_late`, for many at once."""
    waits_in_time = and_(Report.status == lifecycle.WAITING,
                         Report.due_at >= Report.updated_at, Report.due_at >= now - LONGEST)
    return IS_OPEN, Report.due_at < now, not_(waits_in_time)


def is_late(report: Report, now: datetime) -> bool:
    """Say whether an open report has outrun its promise."""
    return (report.due_at is not None and report.status in lifecycle.OPEN
            and report.due_at < clock_shows(report.status, report.updated_at, now))
