"""Whose work a report is within its department, and how pressing: said by staff, kept on the timeline."""

from __future__ import annotations

from collections.abc import Collection

from civicconnect import accounts
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotAllowed, Sentence
from civicconnect.reports.models import Report
from civicconnect.reports.queries import find
from civicconnect.reports.recording import record

PRIORITIES = ("low", "normal", "high", "urgent")
LONGEST_TEAM = 40  # characters


def assign(
    db: Db, actor: Actor, reference: str, person: int | None = None, team: str = "",
    *, seen: int | None = None,
) -> Report:
    """Give a report to a colleague of its department, to a team, to both, or with neither back to all.

    person    id of a member of staff
    seen      how many events the actor had seen; more by now is a Conflict
    Raises NotFound, NotAllowed, Conflict and Invalid (nobody of this department, too long a name).
    """
    report = found_for_work(db, actor, reference, seen)
    return give(db, actor, report, person, team, accounts.colleagues(db, report.department_id))


def give(
    db: Db, actor: Actor, report: Report, person: int | None, team: str, colleagues: Collection[int]
) -> Report:
    """Give away a report that was found for this actor, and locked, as `assign` does.

    colleagues    who works in the report's department
    """
    team = team.strip()
    if person is not None and person not in colleagues:
        raise Invalid({"person": [Sentence("Choose somebody who works in this department.")]})
    if len(team) > LONGEST_TEAM:
        raise Invalid({"team": [Sentence("Use at most %(most)s characters.", most=LONGEST_TEAM)]})
    if (report.assigned_to, report.team) != (person, team):
        report.assigned_to, report.team = person, team
        record(db, report, "assign", actor, {"person": person, "team": team}, public=False)
    return report


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
