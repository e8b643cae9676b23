"""While a report waits for somebody outside, its promise waits too."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from civicconnect.db import Db
from civicconnect.reports.models import Event, Report
from civicconnect.sla import due_after_pause, promise_book

LONGEST = timedelta(days=60)  # then the clock runs on: waiting is no way out of a promise


def due_after_waiting(db: Db, report: Report, now: datetime) -> datetime | None:
    """Return when a report that stops waiting now is due; None where nothing was promised."""
    opening = promise_book(db).calendars.get(report.why.get("calendar", ""))
    began = db.scalar(select(Event.occurred_at).where(
        Event.report_number == report.number, Event.verb == "wait").order_by(Event.seq.desc()).limit(1))
    if report.due_at is None or opening is None or began is None:
        return report.due_at
    return due_after_pause(report.due_at, began, min(now, began + LONGEST), opening)
