"""Breaking the glass: one report beyond one's departments and areas, opened for an hour with a reason."""

from __future__ import annotations

from sqlalchemy import select

from civicconnect import accounts
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.reports.models import Report
from civicconnect.reports.queries import tidy, visible_among
from civicconnect.reports.recording import record

SHORTEST_REASON, LONGEST_REASON = 10, 500


def break_glass(db: Db, actor: Actor, reference: str, reason: str) -> Report:
    """Open a report to an actor for an hour; its timeline and the audit keep who, when and why.

    Raises NotAllowed, NotFound, Conflict (it is open to them anyhow) and Invalid (no reason).
    """
    if not actor.may("break_glass"):
        raise NotAllowed(Sentence("Your role may not open reports of others."))
    report = db.scalar(select(Report).where(Report.reference == tidy(reference)).with_for_update())
    if report is None:
        raise NotFound(f"there is no report {reference}")
    if visible_among(db, actor, [report.number]):
        raise Conflict(Sentence("This report is open to you already."))
    told = reason.strip()
    if not SHORTEST_REASON <= len(told) <= LONGEST_REASON:
        raise Invalid({"reason": [Sentence("Say why in %(least)s to %(most)s characters.",
                                           least=SHORTEST_REASON, most=LONGEST_REASON)]})
    until = accounts.open_for_an_hour(db, actor, report.number)
    record(db, report, "break_glass", actor, {"until": until.isoformat(timespec="seconds")},
           text={"note": told}, public=False)
    accounts.note_audit(db, actor, "break_glass", report.reference)
    return report
