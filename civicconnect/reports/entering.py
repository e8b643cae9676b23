"""What staff write down for somebody else: a new report, or that one is there already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Conflict, NotAllowed, Sentence
from civicconnect.reports import following, lifecycle
from civicconnect.reports.actions import Receipt, checked_note, submit
from civicconnect.reports.arrivals import NewReport
from civicconnect.reports.models import Report
from civicconnect.reports.queries import find_known
from civicconnect.reports.recording import record


def may_enter(actor: Actor) -> None:
    """Raise NotAllowed for whoever may not write down reports for others."""
    if not actor.may("enter"):
        raise NotAllowed(Sentence("Your role may not enter reports."))


def enter(
    db: Db, actor: Actor, new: NewReport, received_at: datetime | None = None, told: str = ""
) -> Receipt:
    """Take in what somebody reported to a member of staff, as `submit` does, with a note for colleagues.

    Whoever left an e-mail address is told of it from then on, as if they had sent it themselves.
    Raises NotAllowed, Invalid and Conflict.
    """
    may_enter(actor)
    note = checked_note(told) if told.strip() else ""
    receipt = submit(db, actor, new, received_at)
    if not receipt.is_new:
        return receipt
    report = db.scalars(select(Report).where(Report.number == receipt.number)).one()
    if new.contact.email and report.contact_id is not None:
        following.sender(db, report, new.contact, new.language)
    if note:
        record(db, report, "note", actor, {}, text={"note": note}, public=False, source=new.source)
    return receipt


def ask_again(db: Db, actor: Actor, reference: str, told: str, source: str) -> Report:
    """Write on an open report, for colleagues, that somebody else asked for the same: no second one is made.

    told      what they said, in the words of whoever heard it
    source    how they asked: call, counter, email, letter, staff
    Whoever may enter reports may do this to every report whose place everybody knows.

    Raises NotFound, NotAllowed, Conflict (closed meanwhile) and Invalid (too many words).
    """
    may_enter(actor)
    report = find_known(db, reference, actor, lock=True)
    if report.status == lifecycle.CLOSED:
        raise Conflict(Sentence("That report was closed meanwhile. Enter a new one."))
    record(db, report, "note", actor, {}, text={"note": checked_note(told)}, public=False, source=source)
    return report
