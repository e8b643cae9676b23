"""Whose work a report is within its department, and how pressing: said by staff, kept on the timeline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, select

from civicconnect import accounts
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.reports.lifecycle import CLOSED
from civicconnect.reports.models import Report
from civicconnect.reports.queries import find, visible_to
from civicconnect.reports.recording import record

PRIORITIES = ("low", "normal", "high", "urgent")
LONGEST_TEAM = 40  # characters


@dataclass(frozen=True)
class Taker:
    """Somebody who is to be given reports.

    departments    ids of those they take steps for
    sees           numbers of the reports they may open, of those in question
    """

    id: int
    departments: frozenset[int] = frozenset()
    sees: frozenset[int] = frozenset()

    def refusal(self, report: Report) -> Sentence | None:
        """Return why a report of those in question cannot be theirs; None where it can."""
        if report.department_id not in self.departments:
            return Sentence("Choose somebody who works in this department.")
        if report.number not in self.sees:
            return Sentence("This report lies outside the areas of whoever would get it.")
        return None


def taker(db: Db, person: int, numbers: Collection[int] | Select[int]) -> Taker:
    """Return somebody as one who is to be given some reports: two statements.

    numbers    of the reports, or a statement that selects them
    """
    try:
        them = accounts.actor_of(db, person)
    except NotFound:
        return Taker(person)
    if not them.may("step"):
        return Taker(person)
    asked = select(Report.number).where(Report.number.in_(numbers), visible_to(them))
    return Taker(person, them.departments, frozenset(db.scalars(asked)))


def assign(
    db: Db, actor: Actor, reference: str, person: int | None = None, team: str = "",
    *, seen: int | None = None,
) -> Report:
    """Give a report to a colleague of its department, to a team, to both, or with neither back to all.

    person    id of a member of staff, who must see the report and may take steps
    seen      how many events the actor had seen; more by now is a Conflict
    Raises NotFound, NotAllowed, Conflict (also: it is closed) and Invalid (nobody who can work on it, too
    long a name).
    """
    report = found_for_work(db, actor, reference, seen)
    return give(db, actor, report, None if person is None else taker(db, person, [report.number]), team)


def give(db: Db, actor: Actor, report: Report, to: Taker | None, team: str) -> Report:
    """Give away a report that was found for this actor, and locked, as `assign` does."""
    refuse_closed(report)
    team, person = team.strip(), to.id if to else None
    if to and (why := to.refusal(report)):
        raise Invalid({"person": [why]})
    if len(team) > LONGEST_TEAM:
        raise Invalid({"team": [Sentence("Use at most %(most)s characters.", most=LONGEST_TEAM)]})
    if (report.assigned_to, report.team) != (person, team):
        report.assigned_to, report.team = person, team
        record(db, report, "assign", actor, {"person": person, "team": team}, public=False)
    return report


def refuse_closed(report: Report) -> None:
    """Raise Conflict where nothing is to be done any more that somebody could be given."""
    if report.status == CLOSED:
        raise Conflict(Sentence("This report is closed. Reopen it before you give it to somebody."))


def rank(db: Db, actor: Actor, reference: str, priority: str, *, seen: int | None = None) -> Report:
    """Say how pressing a report is; the promise made stays. Raises as `assign` does."""
    return prefer(db, actor, found_for_work(db, actor, reference, seen), priority)


def prefer(db: Db, actor: Actor, report: Report, priority: str) -> Report:
    """Say how pressing a report is that was found for this actor, and locked, as `rank` does."""
    if priority not in PRIORITIES:
        raise Invalid({"priority": [Sentence("Choose how pressing it is.")]})
    if report.priority != priority:
        was, report.priority = report.priority, priority
        record(db, report, "rank", actor, {"priority": priority, "was": was}, public=False)
    return report


def found_for_work(db: Db, actor: Actor, reference: str, seen: int | None = None) -> Report:
    """Return a report, locked, that an actor may change; Conflict where it changed since it was seen."""
    report = find(db, reference, actor, lock=True)
    if not actor.may("step"):
        raise NotAllowed(Sentence("Your role may look, but not change reports."))
    refuse_unseen(report, seen)
    return report


def refuse_unseen(report: Report, seen: int | None) -> None:
    """Raise Conflict where a report's timeline holds more than its reader had seen."""
    if seen is not None and seen != report.events:
        raise Conflict(Sentence("Someone else changed this report while you were reading. "
                                "Look at the timeline, then take your step again."))
