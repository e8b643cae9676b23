"""Somebody leaves: what was theirs goes to a colleague, or back to all of its department."""

from __future__ import annotations

from sqlalchemy import select

from civicconnect import accounts
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.reports.models import IS_OPEN, Report
from civicconnect.reports.recording import record


def hand_back(db: Db, actor: Actor, leaver: int, to: int | None = None) -> dict[str, int]:
    """Give the open reports of somebody who leaves away; return how many went where.

    to    id of a colleague; reports of a department that is not theirs go back to all of it
    """
    found = {"given": 0, "back": 0}
    colleagues: dict[int, dict[int, str]] = {}
    asked = select(Report).where(IS_OPEN, Report.assigned_to == leaver).order_by(Report.number)
    for report in db.scalars(asked.with_for_update()).all():
        department = report.department_id
        if department not in colleagues:
            colleagues[department] = accounts.colleagues(db, department)
        person = to if to in colleagues[department] and to != leaver else None
        report.assigned_to = person
        facts = {"person": person, "team": report.team, "was": leaver, "left": True}
        record(db, report, "assign", actor, facts, public=False)
        found["back" if person is None else "given"] += 1
    return found
