"""Planned works, changed: written down, moved, the reports they settle, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.catalog import City, catalog
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotAllowed, Sentence
from civicconnect.geo import Point
from civicconnect.media import Photo
from civicconnect.reports import kin
from civicconnect.reports.actions import take_step
from civicconnect.reports.assigning import refuse_unseen
from civicconnect.reports.lifecycle import CLOSED, PLANNED
from civicconnect.reports.models import Report
from civicconnect.reports.queries import tidy, visible_to
from civicconnect.reports.recording import record
from civicconnect.reports.works import (
    DONE,
    OFF,
    ON,
    Covered,
    Work,
    areas_called,
    covered,
    covered_seen_by,
    find_work,
    holds,
    lay_down,
    let_go,
    lies_within,
    shape_of,
    work_of,
)

LONGEST_TITLE, LONGEST_WORDS = 120, 1800
LEAST_REACH, MOST_REACH = 5, 500  # metres
MOST_POINTS = 20
MOST_AT_ONCE = 300  # reports
BEYOND = Sentence("This work reaches beyond your areas. You may cover reports of yours, and take them out.")


@dataclass(frozen=True)
class NewWork:
    """What a planned work shall be."""

    department: str
    title: str
    words: str
    begins: date | None
    ends: date | None
    services: tuple[str, ...]
    area: str = ""
    address: str = ""
    points: tuple[Point, ...] = ()
    is_line: bool = False
    reach: int = 30


def _for_change(db: Db, actor: Actor, number: int, version: int | None, *, whole: bool = True) -> Work:
    """Return a work, locked. whole: it is changed for all whom it reaches, and not for one report alone."""
    work = find_work(db, actor, number, lock=True)
    if not actor.may("step"):
        raise NotAllowed(Sentence("Your role may look, but not change planned works."))
    if work.state != ON:
        raise Conflict(Sentence("This work is over. Plan a new one."))
    if whole and not lies_within(db, actor, work):
        raise NotAllowed(BEYOND)
    if version is not None and version != work.version:
        raise Conflict(Sentence("Someone else changed this work while you were reading. Look at it again."))
    return work


def plan_work(db: Db, actor: Actor, new: NewWork) -> Work:
    """Write down a planned work. Raises NotAllowed and Invalid."""
    if not actor.may("step"):
        raise NotAllowed(Sentence("Your role may look, but not change planned works."))
    row = _checked(db, actor, new)
    work = Work(**row, state=ON, version=1, made_at=clock.now(), made_by=actor.name)
    db.add(work)
    db.flush()
    lay_down(db, work)
    return work


def change_work(
    db: Db, actor: Actor, number: int, new: NewWork, *, version: int | None = None
) -> tuple[Work, int]:
    """Change a planned work. With its first day move all reports it covers that still wait for it.

    returns    (the work, how many reports were moved); everybody who hears of them is told once
    Raises NotFound, NotAllowed, Conflict (over, or changed meanwhile) and Invalid.
    """
    work = _for_change(db, actor, number, version)
    before = work.begins
    for name, value in _checked(db, actor, new).items():
        setattr(work, name, value)
    work.version += 1
    lay_down(db, work)
    moved = []
    if work.begins != before:
        for report in covered_seen_by(db, actor, work, lock=True):
            if report.status == PLANNED:
                take_step(db, actor, report, "plan", _plan_of(db, work))
                moved.append((report.number, report.events))
    kin.tell_together(db, moved)
    db.flush()
    return work, len(moved)


def _plan_of(db: Db, work: Work) -> Mapping[str, str]:
    """Return what the step "plan" tells of a work: its first day, or today where that is past."""
    today = catalog(db).city.day(clock.now())
    return {"planned_for": max(work.begins, today).isoformat(), "reason": f"{work.title}. {work.words}"}


def _checked(db: Db, actor: Actor, new: NewWork) -> dict[str, Any]:
    offer = catalog(db)
    faults: dict[str, list[str]] = {}
    department = offer.departments.get(new.department)
    if department is None or not (actor.may("see_all") or department.id in actor.departments):
        faults["department"] = [Sentence("Choose a department of yours.")]
    title, words = " ".join(new.title.split()), new.words.strip()
    if not title or len(title) > LONGEST_TITLE:
        faults["title"] = [Sentence("Name the work, in at most %(most)s characters.", most=LONGEST_TITLE)]
    if not words or len(words) > LONGEST_WORDS:
        faults["words"] = [Sentence("Tell residents what is done, in at most %(most)s characters.",
                                    most=LONGEST_WORDS)]
    faults |= _faults_of_days(offer.city, new)
    services = [offer.services[code].id for code in dict.fromkeys(new.services) if code in offer.services]
    if not services:
        faults["services"] = [Sentence("Choose which services the work is about.")]
    if bool(new.area) == bool(new.points) or len(new.points) > MOST_POINTS:
        faults["address"] = [Sentence("Choose an area, or name up to %(most)s places, and not both.",
                                    most=MOST_POINTS)]
    if new.area and db.scalar(areas_called(new.area).limit(1)) is None:
        faults["area"] = [Sentence("Choose the part of the city from the list.")]
    if not faults.keys() & {"area", "address"} and not holds(
            db, actor, shape_of(db, new.area, new.points, is_line=new.is_line)):
        faults["area" if new.area else "address"] = [Sentence("Choose places within your areas.")]
    if not LEAST_REACH <= new.reach <= MOST_REACH:
        faults["reach"] = [Sentence("Give a distance from %(least)s to %(most)s metres.", least=LEAST_REACH,
                                    most=MOST_REACH)]
    if faults or department is None:
        raise Invalid(faults)
    return {"department_id": department.id, "title": title, "words": words, "begins": new.begins,
            "ends": new.ends, "area": new.area, "address": new.address.strip(), "services": services,
            "points": [[point.lat, point.long] for point in new.points], "is_line": new.is_line,
            "reach": new.reach}


def _faults_of_days(city: City, new: NewWork) -> dict[str, list[str]]:
    if new.begins is None:
        return {"begins": [Sentence("Give the first day.")]}
    if new.ends is None or new.ends < max(new.begins, city.day(clock.now())):
        return {"ends": [Sentence("Give the last day: not before the first, and not in the past.")]}
    return {}


# Covering, and what comes of it

def cover(
    db: Db, actor: Actor, number: int, references: Sequence[str], *, version: int | None = None,
    read: Mapping[str, int] | None = None,
) -> list[Report]:
    """Let a work settle some reports: they are planned for its first day, and their people told once.

    read    how many events of each the actor had seen, by reference
    Raises NotFound, NotAllowed, Conflict (over, or changed) and Invalid ("reports": which one, and why not).
    """
    work = _for_change(db, actor, number, version, whole=False)

    def plan(report: Report) -> None:
        before = work_of(db, report.number)
        if before is not None and before.state == ON:
            raise Conflict(Sentence("A planned work covers it already."))
        let_go(db, report.number)  # of a work that is over: it was opened again since
        take_step(db, actor, report, "plan", _plan_of(db, work))
        db.add(Covered(work_id=work.id, report_number=report.number, since=clock.now()))
        db.flush()

    return _each(db, actor, references, read or {}, plan)


def uncover(
    db: Db, actor: Actor, number: int, reference: str, reason: str, *, seen: int | None = None
) -> None:
    """Take a report out of a work: where it waited for it, its people are told why the plan is off.

    Raises NotFound, NotAllowed, Conflict and Invalid (no reason).
    """
    work = _for_change(db, actor, number, None, whole=False)

    def take_out(report: Report) -> None:
        _leave(db, actor, work, report, reason)

    _each(db, actor, [reference], {tidy(reference): seen} if seen is not None else {}, take_out)


def _leave(db: Db, actor: Actor, work: Work, report: Report, reason: str) -> None:
    if (covering := work_of(db, report.number)) is None or covering.id != work.id:
        raise Conflict(Sentence("This work does not cover it."))
    if report.status == PLANNED:
        take_step(db, actor, report, "unplan", {"reason": reason})
    else:
        record(db, report, "uncover", actor, {"work": work.id}, public=False)
    let_go(db, report.number)


def finish(
    db: Db, actor: Actor, number: int, references: Sequence[str], given: Mapping[str, str],
    photos: Sequence[Photo] = (), *, version: int | None = None, read: Mapping[str, int] | None = None,
) -> list[Report]:
    """End a work that is done, and close the chosen reports with it; their people are told once.

    given    what the closing owes: outcome, reason
    photos   of the finished work, for each of them
    The others that it covered stay as they are, and are covered no more.
    Raises NotFound, NotAllowed, Conflict and Invalid (what is owed, or "reports": which one, and why not).
    """
    work = _for_change(db, actor, number, version)
    ours = {report.number for report in covered(db, work, lock=True)}

    def close(report: Report) -> None:
        if report.number not in ours:
            raise Conflict(Sentence("This work does not cover it."))
        take_step(db, actor, report, "close", given, photos)

    closed = _each(db, actor, references, read or {}, close) if references else []
    for report in covered(db, work):
        if report.status != CLOSED:
            record(db, report, "uncover", actor, {"work": work.id}, public=False)
            let_go(db, report.number)
    _end(db, work, DONE)
    return closed


def call_off(db: Db, actor: Actor, number: int, reason: str, *, version: int | None = None) -> list[Report]:
    """End a work that does not come: the people of all that waited for it are told why, once.

    Raises NotFound, NotAllowed, Conflict and Invalid (no reason).
    """
    work = _for_change(db, actor, number, version)
    if not reason.strip():
        raise Invalid({"reason": [Sentence("Tell the residents why, in a sentence.")]})
    waited = [one for one in covered_seen_by(db, actor, work, lock=True) if one.status == PLANNED]
    for report in waited:
        take_step(db, actor, report, "unplan", {"reason": reason})
    kin.tell_together(db, [(report.number, report.events) for report in waited])
    _end(db, work, OFF)
    return waited


def _end(db: Db, work: Work, state: str) -> None:
    work.state, work.ended_at = state, clock.now()
    work.version += 1
    if state == OFF:
        for report in covered(db, work):
            let_go(db, report.number)
    db.flush()


def _each(
    db: Db, actor: Actor, references: Sequence[str], read: Mapping[str, int], do: Callable[[Report], None]
) -> list[Report]:
    """Do something with each report, and tell their people once; Invalid names those refused."""
    wanted = list(dict.fromkeys(tidy(one) for one in references if tidy(one)))
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise Invalid({"reports": [Sentence("Choose at least one report, and at most %(most)s.",
                                            most=MOST_AT_ONCE)]})
    asked = select(Report).where(Report.reference.in_(wanted), visible_to(actor)).order_by(Report.number)
    found = {one.reference: one for one in db.scalars(asked.with_for_update())}
    faults = [_of(one, Sentence("There is no such report here.")) for one in wanted if one not in found]
    for reference, report in found.items():
        try:
            refuse_unseen(report, read.get(reference))
            do(report)
        except Conflict as fault:
            faults.append(_of(reference, fault.sentence))
        except Invalid as fault:
            if fault.fields.keys() & {"reason", "outcome"}:
                raise
            faults.append(_of(reference, next(iter(fault.fields.values()))[0]))
    if faults:
        raise Invalid({"reports": faults})
    kin.tell_together(db, [(one.number, one.events) for one in found.values()])
    return list(found.values())


def _of(reference: str, said: str) -> Sentence:
    return Sentence("%(reference)s: %(said)s", reference=reference, said=said)
