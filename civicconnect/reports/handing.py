"""From one department to another: the report lives on, its promise too, and everybody reads why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog, Department, catalog, owners, words
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.reports import works
from civicconnect.reports.actions import count_anew, take_step
from civicconnect.reports.assigning import found_for_work
from civicconnect.reports.contracting import take_back
from civicconnect.reports.lifecycle import CLOSED, LONGEST, RECEIVED, WAITING
from civicconnect.reports.models import Event, Report
from civicconnect.reports.pauses import clock_shows
from civicconnect.reports.public import hours_between
from civicconnect.reports.queries import Entry, place_of, tidy
from civicconnect.reports.recording import record
from civicconnect.reports.tasks import THIRD_HOP, raise_task, tasks_of, tick_off
from civicconnect.sla import promise_book, timetable

HOPS = ("hand_over", "settle")
ENOUGH = 3  # hops, and a supervisor looks at it
SUPERVISOR = "supervisor"
BY_HAND = "hand_over"  # the rule in `Report.why` where no rule decided, but a person


@dataclass(frozen=True)
class Hop:
    """A while that a report was with a department. hours: of calendar time, up to now for the last."""

    department: str  # code
    since: datetime
    hours: float


def hand_over(
    db: Db, actor: Actor, reference: str, department: str, why: str, *, seen: int | None = None
) -> Report:
    """Give a report to another department, which has to look at it anew.

    department    code
    why           what everybody reads
    Raises NotFound, NotAllowed, Conflict (closed, its owner is settled, changed since it was seen), Invalid.
    """
    report, offer = found_for_work(db, actor, reference, seen), catalog(db)
    _refuse_closed(report)
    if report.owner_settled and not actor.may("supervise"):
        raise Conflict(Sentence("A supervisor has decided who looks after this report. "
                                "Ask them to change it."))
    to = _checked(offer, department, why)
    if to.id == report.department_id:
        raise Invalid({"department": [Sentence("This department has it already. Choose another one.")]})
    before = _had_it(db, report)
    _move(db, actor, report, offer, to, "hand_over", why)
    if report.hops >= ENOUGH or to.code in before:
        raise_task(db, report, THIRD_HOP, SUPERVISOR, {"hops": report.hops, "back": to.code in before})
    return report


def settle_owner(
    db: Db, actor: Actor, reference: str, department: str, why: str, *, seen: int | None = None
) -> Report:
    """Decide for good which department answers: only a supervisor hands it on after that.

    Raises as `hand_over` does; the department may be the one that has it.
    """
    report, offer = found_for_work(db, actor, reference, seen), catalog(db)
    if not actor.may("supervise"):
        raise NotAllowed(Sentence("Only a supervisor decides this for good."))
    _refuse_closed(report)
    to = _checked(offer, department, why)
    if to.id == report.department_id:
        report.owner_settled = True
        record(db, report, "settle", actor, {"department": to.code}, text={"reason": why.strip()})
    else:
        report.owner_settled = True
        _move(db, actor, report, offer, to, "settle", why)
    done = [task for task in tasks_of(db, report.number) if task.kind == THIRD_HOP]
    tick_off(db, actor, done, clock.now())
    return report


def hand_outside(
    db: Db, actor: Actor, reference: str, owner: str, name: str, why: str, *, seen: int | None = None
) -> Report:
    """Close a report because somebody outside the city looks after it.

    owner    code of one the city knows; "" for another, whom `name` names
    Raises NotFound, NotAllowed, Conflict and Invalid (nobody named, or no word to the resident).
    """
    report = found_for_work(db, actor, reference, seen)
    known = {one.code: one for one in owners(db)}
    faults: dict[str, list[str]] = {}
    if owner and owner not in known:
        faults["owner"] = [Sentence("Choose somebody from the list, or write who it is.")]
    elif not owner and not name.strip():
        faults["owner"] = [Sentence("Say who looks after it next.")]
    elif len(name.strip()) > LONGEST["next_owner"]:
        faults["name"] = [Sentence("Use at most %(most)s characters.", most=LONGEST["next_owner"])]
    if faults or not why.strip():
        raise Invalid(faults | ({} if why.strip() else {"why": [NO_REASON]}))
    called = words(known[owner].name, report.language) if owner else name.strip()
    given = {"outcome": "handed_over", "next_owner": called, "reason": _told(why)}
    return take_step(db, actor, report, "close", given | ({"owner": owner} if owner else {}))


def refuse_as_not_ours(db: Db, actor: Actor, reference: str, why: str, *, seen: int | None = None) -> Report:
    """Close a report that nobody in the city looks after, with a reason that everybody reads."""
    report = found_for_work(db, actor, reference, seen)
    if not why.strip():
        raise Invalid({"why": [NO_REASON]})
    return take_step(db, actor, report, "close", {"outcome": "no_action", "reason": _told(why)})


def handed_by(db: Db, actor: Actor, reference: str) -> str:
    """Return the code of the department to which this actor handed a report last, or raise NotFound.

    Whoever gives a report away may not open it any more, but is told where it went.
    """
    asked = (select(Event.facts).join(Report, Report.number == Event.report_number)
             .where(Report.reference == tidy(reference), Event.verb.in_(HOPS), Event.actor == actor.name)
             .order_by(Event.seq.desc()).limit(1))
    facts = db.scalar(asked)
    if facts is None:
        raise NotFound("this account handed no such report on")
    return str(facts["department"])


NO_REASON = Sentence("Tell the resident why, in a sentence.")


def _checked(offer: Catalog, department: str, why: str) -> Department:
    faults: dict[str, list[str]] = {}
    if department not in offer.departments:
        faults["department"] = [Sentence("Choose who looks after it next.")]
    if not why.strip():
        faults["why"] = [NO_REASON]
    if faults:
        raise Invalid(faults)
    _told(why)
    return offer.departments[department]


def _told(why: str) -> str:
    if len(why.strip()) > LONGEST["reason"]:
        raise Invalid({"why": [Sentence("Use at most %(most)s characters.", most=LONGEST["reason"])]})
    return why.strip()


def _refuse_closed(report: Report) -> None:
    if report.outcome == "duplicate":
        raise Conflict(Sentence("This report repeats another one. Hand over that one."))
    if report.status == CLOSED:
        raise Conflict(Sentence("This report is closed. Reopen it before you hand it over."))


def _had_it(db: Db, report: Report) -> set[str]:
    """Return the codes of all departments that a report was with."""
    found = db.scalars(select(Event.facts).where(Event.report_number == report.number,
                                                 Event.verb.in_(("route", *HOPS))))
    return {facts["department"] for facts in found if "department" in facts}


def _move(
    db: Db, actor: Actor, report: Report, offer: Catalog, to: Department, verb: str, why: str
) -> None:
    now, place, was = clock.now(), place_of(db, report), report.department_id
    since = db.scalars(select(Event.occurred_at).where(
        Event.report_number == report.number, Event.verb.in_(("route", *HOPS)))
        .order_by(Event.seq.desc()).limit(1)).first()
    take_back(db, actor, report)  # the firm worked for those who had it
    works.leave(db, actor, report)  # and so did whoever planned a work
    facts: dict[str, Any] = {"department": to.code, "was": offer.department_codes[was],
                             "hop": report.hops + 1, "hours": hours_between(since or report.received_at, now)}
    facts |= _promise(db, report, to, now)
    report.department_id, report.hops = to.id, report.hops + 1
    report.assigned_to, report.team = None, ""  # a colleague of those who had it
    report.first_response_at = report.first_response_at or now
    report.why = report.why | {"department": to.code, "rule": BY_HAND, "matched": {}}
    if report.status != WAITING:  # who has it now has not accepted anything yet
        report.status, report.updated_at = RECEIVED, now
    count_anew(db, report, place, department_id=was)
    record(db, report, verb, actor, facts, text={"reason": why.strip()})


def _promise(db: Db, report: Report, to: Department, now: datetime) -> dict[str, Any]:
    """Let the promise count in the hours of whoever has it now; returns what the timeline keeps of that.

    The business hours that were left are left still. What is late stays late, and so is what was promised
    by another system's record, of which we know the hours of nobody.
    """
    calendar = report.why.get("calendar", "")
    if report.due_at is None or not calendar or calendar == to.calendar:
        return {}
    book, at = promise_book(db), clock_shows(report.status, report.updated_at, now)
    if report.due_at <= at or calendar not in book.calendars:
        return {}
    left = timetable(book.calendars[calendar]).between(at, report.due_at)
    was, report.due_at = report.due_at, timetable(book.calendars[to.calendar]).add(at, left)
    report.why = report.why | {"calendar": to.calendar, "due_at": report.due_at.isoformat()}
    return {"due_at": report.due_at.isoformat(), "due_was": was.isoformat(), "calendar": to.calendar}


def hops_of(entries: Sequence[Entry], now: datetime) -> list[Hop]:
    """Return with whom a report was, one after the other, from its timeline. Pure."""
    undone = {entry.facts.get("undoes") for entry in entries if entry.verb == "undo"}
    arrivals = [(str(entry.facts["department"]), entry.occurred_at) for entry in entries
                if entry.verb in ("route", *HOPS) and entry.facts.get("department")
                and entry.seq not in undone]
    found: list[tuple[str, datetime]] = []
    for department, since in arrivals:
        if not found or found[-1][0] != department:
            found.append((department, since))
    ends = [since for _, since in found[1:]] + [
        entry.occurred_at for entry in entries[-1:] if entry.status == CLOSED] + [now]
    return [Hop(department, since, hours_between(since, until) or 0.0)
            for (department, since), until in zip(found, ends, strict=False)]
