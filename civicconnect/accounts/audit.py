"""What no report's timeline tells: who signed in, and who changed people, rules or settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, func, literal, select

from civicconnect import clock
from civicconnect.accounts.actor import Actor
from civicconnect.accounts.models import AuditRow, Glass, Staff, staff_department
from civicconnect.db import Db
from civicconnect.errors import NotAllowed, Sentence

STRANGER = Actor("stranger", "stranger")
GLASS_LASTS = timedelta(hours=1)


def note_audit(
    db: Db, actor: Actor, what: str, about: str = "", facts: Mapping[str, Any] | None = None
) -> None:
    """Keep for good who did what. Nothing takes it away again.

    what     a word of `web.words.AUDIT`: "invite", "sign_in", "rules_save" …
    about    whom or what it was done to: "staff:12", a reference, the name of a rule; never contact details
    facts    what changed, from and to: plain values
    """
    db.add(AuditRow(at=clock.now(), actor=actor.name, what=what, about=about, facts=dict(facts or {})))
    db.flush()


def everybody(db: Db) -> dict[str, str]:
    """Return the names of all members of staff, also of those who left, in order: one statement."""
    rows = db.execute(select(Staff.id, Staff.name, Staff.email).order_by(func.lower(Staff.name), Staff.id))
    return {f"staff:{row.id}": row.name or row.email for row in rows}


def names_of(db: Db, actors: Collection[str]) -> dict[str, str]:
    """Return the names of members of staff, also of those who left, by what timelines call them."""
    ids = {int(name.removeprefix("staff:")) for name in actors
           if name.startswith("staff:") and name[6:].isdecimal()}
    if not ids:
        return {}
    rows = db.execute(select(Staff.id, Staff.name, Staff.email).where(Staff.id.in_(ids)))
    return {f"staff:{row.id}": row.name or row.email for row in rows}


def audited(
    actor: Actor, since: datetime, until: datetime, *, by: str = "", kinds: Collection[str] = (),
    about: str = "",
) -> Select[AuditRow]:
    """Select what the audit keeps and an actor may read, the newest first.

    Whoever works for some departments, or in some areas, reads what their colleagues did there, and who broke
    in is on the timeline of the report. Raises NotAllowed.
    """
    if not actor.may("audit"):
        raise NotAllowed(Sentence("Your role may not read the audit."))
    asked = select(AuditRow).where(AuditRow.at >= since, AuditRow.at < until)
    if actor.departments and not actor.may("people"):
        names = literal("staff:").concat(cast(staff_department.c.staff_id, String))
        asked = asked.where(AuditRow.actor.in_(select(names).where(
            staff_department.c.department_id.in_(actor.departments))))
    if by:
        asked = asked.where(AuditRow.actor == by)
    if kinds:
        asked = asked.where(AuditRow.what.in_(kinds))
    if about:
        asked = asked.where(AuditRow.about == about)
    return asked.order_by(AuditRow.at.desc(), AuditRow.id.desc())


def open_for_an_hour(db: Db, actor: Actor, report_number: int) -> datetime:
    """Open a report to somebody beyond their departments and areas; return until when."""
    now = clock.now()
    db.add(Glass(staff_id=int(actor.name.removeprefix("staff:")), report_number=report_number, at=now,
                 until=now + GLASS_LASTS))
    db.flush()
    return now + GLASS_LASTS
