"""Who saw and changed what, as the timelines tell it: the events that staff wrote, for the audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select

from civicconnect.accounts import Actor
from civicconnect.reports.models import Event, Report
from civicconnect.reports.queries import tidy, visible_to

# What only looks: the report is the same after it.
LOOKS = ("look", "reveal", "break_glass", "export")


def staff_events(
    actor: Actor, since: datetime, until: datetime, *, by: str = "", verbs: Sequence[str] = (),
    reference: str = "",
) -> Select[Event, str]:
    """Select what staff did to the reports an actor may open, the newest first, with each one's reference.

    since, until    when it was recorded; the first is in it, the last not
    by              "staff:12"; "": anybody
    """
    asked = (
        select(Event, Report.reference).join(Report, Report.number == Event.report_number)
        .where(Event.recorded_at >= since, Event.recorded_at < until, visible_to(actor))
        .order_by(Event.recorded_at.desc(), Event.report_number.desc(), Event.seq.desc())
    )
    asked = asked.where(Event.actor == by) if by else asked.where(Event.actor.startswith("staff:"))
    if verbs:
        asked = asked.where(Event.verb.in_(verbs))
    return asked.where(Report.reference == tidy(reference)) if reference else asked
