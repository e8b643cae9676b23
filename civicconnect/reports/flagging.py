"""What people say strangers should not see, and the moderators' queue that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.db import Db, insert_ignoring
from civicconnect.errors import Conflict, Invalid, Sentence
from civicconnect.reports.blocking import must_moderate
from civicconnect.reports.following import Person
from civicconnect.reports.models import Flag, Report, ReportPhoto
from civicconnect.reports.queries import find, visible_to
from civicconnect.reports.recording import record

# Why something should not be seen: what people choose from who flag it, and moderators who act on it.
REASONS = ("personal", "insulting", "not_report", "other")
LONGEST_WORDS = 500
OPEN = Flag.decided_at.is_(None)
WAITING = ReportPhoto.state == "waiting"


def flag(db: Db, actor: Actor, reference: str, person: Person, reason: str, words: str = "") -> bool:
    """Keep somebody's word that strangers should not see something of a report. Returns whether it is new.

    Raises NotFound (also where strangers do not see it) and Invalid.
    """
    report = find(db, reference, actor)
    told = words.strip()
    faults: dict[str, list[str]] = {}
    if reason not in REASONS:
        faults["reason"] = [Sentence("Choose what is wrong with it.")]
    if reason == "other" and not told:
        faults["words"] = [Sentence("Say in a sentence what is wrong.")]
    if len(told) > LONGEST_WORDS:
        faults["words"] = [Sentence("Use at most %(most)s characters.", most=LONGEST_WORDS)]
    if faults:
        raise Invalid(faults)
    known = select(Flag.id).where(Flag.report_number == report.number, Flag.person == person.hash)
    if db.scalar(known) is not None:
        return False
    insert_ignoring(db, Flag, {"report_number": report.number, "person": person.hash, "reason": reason,
                               "words": told, "at": clock.now(), "decided_at": None, "decided_by": ""})
    return True


@dataclass(frozen=True)
class Flagged:
    """A report in the moderators' queue, with what people say of it, the newest first."""

    report: Report
    flags: Sequence[Flag]
    newest: datetime


def flagged(db: Db, actor: Actor, limit: int) -> list[Flagged]:
    """Return the flagged reports that nobody has decided on, the newest flag first: two statements."""
    must_moderate(actor)
    newest = func.max(Flag.at)
    asked = (
        select(Report, newest).join(Flag, Flag.report_number == Report.number)
        .where(OPEN, visible_to(actor)).group_by(Report.number)
        .order_by(newest.desc(), Report.number.desc()).limit(limit)
    )
    found = list(db.execute(asked).tuples())
    flags = flags_of(db, [report.number for report, _ in found])
    return [Flagged(report, flags.get(report.number, []), at) for report, at in found]


def flags_of(db: Db, numbers: Sequence[int]) -> dict[int, list[Flag]]:
    """Return what people say of some reports and nobody has decided on, by number, the newest first."""
    found: dict[int, list[Flag]] = {}
    for one in db.scalars(select(Flag).where(OPEN, Flag.report_number.in_(numbers)).order_by(Flag.id.desc())):
        found.setdefault(one.report_number, []).append(one)
    return found


def photos_waiting(db: Db, actor: Actor, limit: int) -> list[tuple[Report, str]]:
    """Return the photos that nobody of the city has looked at, as (report, digest), the oldest first."""
    must_moderate(actor)
    asked = (
        select(Report, ReportPhoto.digest).join(ReportPhoto, ReportPhoto.report_number == Report.number)
        .where(WAITING, visible_to(actor)).order_by(Report.number, ReportPhoto.position).limit(limit)
    )
    return list(db.execute(asked).tuples())


def count_to_moderate(db: Db, actor: Actor) -> int:
    """Return how many flagged reports and how many photos wait for a moderator, together: one statement."""
    return db.scalar(select(to_moderate(actor))) or 0


def to_moderate(actor: Actor) -> ColumnElement[int]:
    """Return the same, to stand in another statement."""
    def waiting(what: Any, table: Any, chosen: ColumnElement[bool]) -> Any:
        asked = select(func.count(what)).join(Report, Report.number == table.report_number)
        return asked.where(chosen, visible_to(actor)).scalar_subquery()

    reports = waiting(Flag.report_number.distinct(), Flag, OPEN)
    return reports + waiting(ReportPhoto.digest, ReportPhoto, WAITING)  # type: ignore[no-any-return]


def keep(db: Db, actor: Actor, reference: str) -> Report:
    """Say that somebody looked at a flagged report and nothing is to do.

    Raises NotFound, NotAllowed and Conflict (nothing is flagged any more).
    """
    report = find(db, reference, actor, lock=True)
    must_moderate(actor)
    if not decide(db, actor, report):
        raise Conflict(Sentence("A colleague has decided on this meanwhile."))
    record(db, report, "unflag", actor, {}, public=False)
    return report


def decide(db: Db, actor: Actor, report: Report) -> int:
    """Close the flags of a report, whatever was done about it. Returns how many were open."""
    asked = update(Flag).where(OPEN, Flag.report_number == report.number)
    done = db.execute(asked.values(decided_at=clock.now(), decided_by=actor.name),
                      execution_options={"synchronize_session": False})
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count
