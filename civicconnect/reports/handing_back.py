"""Somebody leaves: what was theirs goes to a colleague, or back to all of its department."""

from __future__ import annotations

from sqlalchemy import select

from civicconnect import accounts
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Invalid, Sentence
from civicconnect.reports.assigning import taker
from civicconnect.reports.models import IS_OPEN, Report
from civicconnect.reports.recording import record


def hand_back(db: Db, actor: Actor, leaver: int, to: int | None = None) -> dict[str, int]:
    """Give the open reports of somebody who leaves away; return how many went where.

    to    id of a colleague; reports that are not for them go back to all of their department
    Raises Invalid: nobody who could take them over.
    """
    if to is not None and to not in accounts.successors(db, leaver):
        raise Invalid({"to": [Sentence("Choose somebody who works in this department.")]})
    found = {"given": 0, "back": 0}
    theirs = IS_OPEN, Report.assigned_to == leaver
    given = db.scalars(select(Report).where(*theirs).order_by(Report.number).with_for_update()).all()
    heir = None if to is None else taker(db, to, select(Report.number).where(*theirs))
    for report in given:
        person = heir.id if heir and heir.refusal(report) is None else None
        report.assigned_to = person
        facts = {"person": person, "team": report.team, "was": leaver, "left": True}
        record(db, report, "assign", actor, facts, public=False)
        found["back" if person is None else "given"] += 1
    return found
