"""While a report waits for somebody outside, its promise waits too."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case

from civicconnect.reports import lifecycle
from civicconnect.reports.models import Report
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


def shown_clock(now: datetime) -> ColumnElement[datetime]:
    """Return the same as `clock_shows`, for a statement over many reports."""
    began = case((Report.updated_at < now - LONGEST, now - LONGEST), else_=Report.updated_at)
    return case((Report.status == lifecycle.WAITING, began), else_=now)


def is_late(report: Report, now: datetime) -> bool:
    """Say whether an open report has outrun its promise."""
    return (report.due_at is not None and report.status in lifecycle.OPEN
            and report.due_at < clock_shows(report.status, report.updated_at, now))
