"""Deciding anew who answers a report, once it is about something else, or lies somewhere else.

What was decided and promised before stays on the timeline, and a promise that was broken stays broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from civicconnect import clock, sla
from civicconnect.accounts import SYSTEM, Actor
from civicconnect.catalog import Answer, Service
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, Sentence
from civicconnect.geo import Point
from civicconnect.reports import lifecycle, works
from civicconnect.reports.actions import count_anew, desk
from civicconnect.reports.arrivals import NewReport
from civicconnect.reports.assigning import found_for_work
from civicconnect.reports.contracting import take_back
from civicconnect.reports.intake import STAND_IN, Desk
from civicconnect.reports.models import Event, Report
from civicconnect.reports.pauses import LONGEST, is_late
from civicconnect.reports.queries import areas_of, place_of
from civicconnect.reports.recording import record
from civicconnect.reports.timeline import told

LONGEST_WHY = 2000
COUNTED = ("visibility", "service_id", "department_id", "status", "place_told")
# What strangers are told, from most to least: a change of service never goes back.
SEEN = ("public", "private", "hidden")
TOLD = ("exact", STAND_IN, "rounded", "area")


def change_service(
    db: Db, actor: Actor, reference: str, service: str, why: str = "", *, seen: int | None = None
) -> Report:
    """Say that a report is about something else: who answers is decided anew, and a new promise made.

    why     what whoever sent it reads besides
    seen    how many events the actor had seen; more by now is a Conflict
    Its answers stay. What was not public does not become so.

    Raises NotFound, NotAllowed, Conflict (also: it is closed) and Invalid.
    """
    return reclassify(db, actor, found_for_work(db, actor, reference, seen), service, why, desk(db))


def reclassify(db: Db, actor: Actor, report: Report, service: str, why: str, here: Desk) -> Report:
    """Say what a report is about that was found for this actor, and locked, as `change_service` does.

    here    what deciding needs
    """
    if report.owner_settled and not actor.may("supervise"):
        raise Conflict(Sentence("A supervisor has decided who looks after this report. "
                                "Ask them to change it."))
    new, reason = _checked(here, report, service, why)
    old = here.catalog.services[here.catalog.service_codes[report.service_id]]
    was = {name: getattr(report, name) for name in COUNTED}
    given = {a["code"]: a["value"] for a in report.answers}
    is_ranked = report.priority != old.priority_of(given)  # by staff: then that stays
    report.service_id = new.id
    report.visibility = max(report.visibility, new.visibility, key=SEEN.index)
    report.place_told = max(report.place_told, new.place, key=TOLD.index)
    report.text_told = report.text_told and new.text == "public"
    if not is_ranked:
        report.priority = new.priority_of({a.code: a.value for a in _answers(report, new)})
    record(db, report, "reclassify", actor, {"service": new.code, "was": old.code},
           text={"reason": reason} if reason else None)
    areas = [area.key for area in areas_of(db, [report.number]).get(report.number, ())]
    reroute(db, here, report, areas, place_of(db, report), "service")
    db.flush()
    count_anew(db, report, place_of(db, report), **was)
    return report


def _checked(here: Desk, report: Report, service: str, why: str) -> tuple[Service, str]:
    if report.status == lifecycle.CLOSED:
        raise Conflict(Sentence("This report is closed. Reopen it before you change what it is about."))
    new, faults = here.catalog.services.get(service), dict[str, list[str]]()
    if new is None or not new.active:
        faults["service"] = [Sentence("Choose what the report is about.")]
    elif new.id == report.service_id:
        faults["service"] = [Sentence("It is about that already. Choose something else.")]
    if len(why.strip()) > LONGEST_WHY:
        faults["why"] = [Sentence("Use at most %(most)s characters.", most=LONGEST_WHY)]
    if faults or new is None:
        raise Invalid(faults)
    return new, why.strip()


def reroute(
    db: Db, here: Desk, report: Report, areas: Sequence[str], point: Point | None, after: str
) -> None:
    """Decide anew who answers an open report, promise anew, and write both down where anything changed.

    areas    "layer:code" of its place
    after    what has changed: service, place
    The squares are counted by whoever calls.
    """
    service = here.catalog.services[here.catalog.service_codes[report.service_id]]
    asked = NewReport(report.id, service.code, None if report.place_told == STAND_IN else point,
                      answers=_answers(report, service), source=report.source)
    decision, due = here.decide(asked, areas, report.received_at, priority=report.priority)
    now, was_late = clock.now(), is_late(report, clock.now())
    facts: dict[str, Any] = decision.facts
    due_at: datetime | None = None
    if due is not None:
        # Whoever sent it has waited since then, whichever desk it lay on; but nobody can keep a promise
        # that is over when it is made: then it counts from now.
        due_at, hours = due.at, here.promises.calendars[due.calendar]
        for begins, ends in _pauses(db, report):
            due_at = sla.due_after_pause(due_at, begins, ends, hours)
        if due_at <= now:
            due_at = sla.due_at(now, due.hours, hours)
        facts |= {"due_at": told(due_at), "promised_hours": due.hours, "calendar": due.calendar}
    if after == "place" and (report.owner_settled or _same(facts, report.why)):
        return
    old = here.catalog.department_codes[report.department_id]
    changes: dict[str, Any] = {"after": after, "was": {
        "department": old, "rule": report.why.get("rule", ""), "due_at": _told(report.due_at)}}
    report.why = facts
    if was_late:
        changes["late"] = True  # the breach stands: no later promise makes it good
    else:
        report.due_at = due_at
    verb = "promise"
    if decision.department != old:
        verb = "reroute"
        take_back(db, SYSTEM, report)  # whoever had it gave it to a firm, or planned it with others
        works.leave(db, SYSTEM, report)
        report.department_id = here.catalog.departments[decision.department].id
        if report.assigned_to is not None or report.team:
            changes["was"] |= {"person": report.assigned_to, "team": report.team}
        report.assigned_to, report.team = None, ""
    if report.status != lifecycle.WAITING:  # while it waits, this tells since when
        report.updated_at = now
    record(db, report, verb, SYSTEM, facts | changes, source="staff")


def _same(facts: Mapping[str, Any], why: Mapping[str, Any]) -> bool:
    """Say whether a decision comes to what stands, whichever version of the rules made it."""
    decided = ("department", "rule", "matched", "failed")
    promised = () if "promised_by" in why else ("promised_hours", "calendar")  # a record promised: that stays
    return all(facts.get(name) == why.get(name) for name in (*decided, *promised))


def _answers(report: Report, service: Service) -> tuple[Answer, ...]:
    """Return those answers that a service asks for in the same words: another question only looks alike."""
    asked = {question.code: question for question in service.questions}
    return tuple(
        Answer(a["code"], a["value"], a["question"], a["answer"]) for a in report.answers
        if a["code"] in asked and asked[a["code"]].words.get(report.language) == a["question"])


def _pauses(db: Db, report: Report) -> list[tuple[datetime, datetime]]:
    """Return when a report has waited for somebody outside, and does no more."""
    asked = select(Event.occurred_at, Event.status).where(Event.report_number == report.number)
    found: list[tuple[datetime, datetime]] = []
    began: datetime | None = None
    for at, status in db.execute(asked.order_by(Event.seq)):
        if status == lifecycle.WAITING:
            began = began or at
        elif began is not None:
            found.append((began, min(at, began + LONGEST)))
            began = None
    return found


def _told(instant: datetime | None) -> str | None:
    return told(instant) if instant else None
