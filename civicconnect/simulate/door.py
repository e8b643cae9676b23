"""What happened becomes reports: in bulk as a record of the past, or one by one as the days go by.

Both give the same timelines. In bulk every step counts as recorded when it was taken; live, the clock
is set to it, and it goes through the same doors as anybody's.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, islice
from typing import NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, and_, func, not_, or_, select

from civicconnect import catalog, clock, db, reports
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.geo import Point
from civicconnect.lanes import few_collections, in_lanes
from civicconnect.reports import Event, NewReport, PastReport, PastStep, Press, Report, Sheet
from civicconnect.simulate import notes, words
from civicconnect.simulate.day import OUTCOMES, Day
from civicconnect.simulate.happen import happen
from civicconnect.simulate.parameters import CHANNELS
from civicconnect.simulate.spots import FALLBACK
from civicconnect.simulate.wallclock import NEVER, moment
from civicconnect.simulate.world import Plan

RESIDENT = Actor("resident", "resident")
CREW = Actor("staff", "staff:simulated", frozenset({"queue", "step", "note", "see_all"}))
NOBODY = ContactDetails()
LEAF, BATCH = 400, 2000  # reports composed, and stored, at once
OWES_REASON = {"partly_fixed", "no_action", "invalid"}
STEPS = (("accept", "accepted_at"), ("start", "started_at"), ("close", "closed_at"),
         ("reopen", "reopened_at"), ("close", "closed_again_at"))


class Row(NamedTuple):
    """One report of a `Day`, with the words of its columns."""

    number: int
    service: int
    opened_at: int
    place: int
    lat: float
    long: float
    channel: int
    language: int
    text: int
    accepted_at: int
    started_at: int
    closed_at: int
    outcome: int
    reopened_at: int
    closed_again_at: int
    duplicate_of: int


COLUMNS = Row._fields


class Scribe:
    """Writes down what happened as reports, in the words that people in this city would use."""

    def __init__(self, plan: Plan, seed: int, offer: catalog.Catalog) -> None:
        self.plan, self.seed, self.offer = plan, seed, offer
        self._languages = list(plan.languages)
        self._answers: dict[tuple[str, int, str], tuple[catalog.Answer, ...]] = {}

    def past(self, day: Day, rows: range) -> list[PastReport]:
        """Return some of a day's reports with all their steps."""
        cut = [np.asarray(getattr(day, name))[rows.start:rows.stop].tolist() for name in COLUMNS]
        return [self._past(Row(*values)) for values in zip(*cut, strict=True)]

    def _past(self, row: Row) -> PastReport:
        plan = self.plan
        service, language = plan.services[row.service], self._languages[row.language]
        label = plan.places.label[row.place] if row.place >= 0 else ""
        point = Point(row.lat, row.long) if row.place >= FALLBACK else plan.fallback
        called = external_id(self.seed, row.number)
        new = NewReport(
            id=_id(self.seed, row.number), service=service.code, point=point, address=label,
            description=words.description(service, row.text, language, label),
            answers=self._answered(service.code, row.text, language), language=language,
            source=CHANNELS[row.channel], contact=NOBODY, external_id=called,
        )
        return PastReport(new, called, moment(row.opened_at), steps=tuple(_steps(self.seed, row)))

    def _answered(self, code: str, text: int, language: str) -> tuple[catalog.Answer, ...]:
        key = (code, text, language)
        if key not in self._answers:
            given = words.answers(code, text)
            self._answers[key] = catalog.answers(self.offer.services[code], given, language) if given else ()
        return self._answers[key]


def _steps(seed: int, row: Row) -> Iterator[PastStep]:
    for verb, column in STEPS:
        at = getattr(row, column)
        if at == NEVER:
            continue
        given = _closing(seed, row, again=column == "closed_again_at") if verb == "close" else {}
        if verb == "reopen":
            given = {"reason": "It is still there."}
        yield PastStep(verb, moment(at), CREW, given)


def _closing(seed: int, row: Row, *, again: bool) -> dict[str, str]:
    # Whoever comes a second time ends what the first closing only said was done.
    outcome = "fixed" if again or row.reopened_at != NEVER else OUTCOMES[row.outcome]
    given = {"outcome": outcome}
    if outcome in OWES_REASON:
        given["reason"] = notes.note(row.outcome, row.number % 100 / 100)
    if outcome == "duplicate":
        given["lead"] = reports.reference_from(_id(seed, row.duplicate_of))
    return given


def _id(seed: int, number: int) -> UUID:
    """Return the id that a number always has under a seed."""
    return UUID(bytes=hashlib.sha256(f"simulated:{seed}:{number}".encode()).digest()[:16], version=5)


# In bulk

@dataclass(frozen=True)
class _Tool:
    """What another process needs to compose days."""

    press: Press
    scribe: Scribe


def load_history(
    plan: Plan, seed: int, lanes: int, progress: Callable[[int], None] = lambda _: None,
    watch: Callable[[Day], None] = lambda _: None,
) -> int:
    """Take a plan's reports in as a record of the past. Returns how many were new.

    lanes      processes that compose, beside this one that stores; 0: none
    progress   told how many reports have been looked at
    watch      shown each day as it passes

    A second time with the same seed and plan adds nothing.
    """
    with db.reading() as view:
        press = reports.press(view, as_it_happened=True)
    tool = _Tool(press, Scribe(plan, seed, press.desk.catalog))
    new, seen = 0, 0
    with few_collections():
        leaves = in_lanes(_compose, tool, _leaves(plan, seed, watch), lanes)
        while sheets := [sheet for leaf in islice(leaves, BATCH // LEAF) for sheet in leaf]:
            with db.transaction(many=True) as change:
                new += reports.store(change, sheets)
            seen += len(sheets)
            progress(seen)
    if new:
        with db.transaction() as change:
            reports.changed_in_bulk(change)
    return new


Leaf = list[tuple[Day, range]]  # some of the reports of each day


def _leaves(plan: Plan, seed: int, watch: Callable[[Day], None]) -> Iterator[Leaf]:
    """Yield about as many reports at a time as are composed at once: of many quiet days, or of a busy one."""
    leaf: Leaf = []
    for day in happen(plan, seed):
        watch(day)
        for first in range(0, len(day), LEAF):
            leaf.append((day, range(first, min(first + LEAF, len(day)))))
            if sum(len(rows) for _, rows in leaf) >= LEAF:
                yield leaf
                leaf = []
    if leaf:
        yield leaf


def _compose(tool: _Tool, leaf: Leaf) -> list[Sheet]:
    past = [one for day, rows in leaf for one in tool.scribe.past(day, rows)]
    return reports.compose(tool.press, RESIDENT, past, past[-1].received_at)


# One by one

def load_live(
    plan: Plan, seed: int, progress: Callable[[int], None] = lambda _: None,
    watch: Callable[[Day], None] = lambda _: None,
) -> int:
    """Let a plan happen through the doors everybody uses, with the clock set to each moment.

    watch      shown each day before it happens
    returns    how many reports were sent

    What stands already is not sent again, and a report that was left in the middle of its steps goes
    on with the next one: cut off and run again it is as if nothing had happened.
    """
    with db.reading() as view:
        offer, there = catalog.catalog(view), _there(view, seed)
    # By the reference it would have in bulk: the one it got.
    scribe, references = Scribe(plan, seed, offer), dict[str, str]()
    # When, which came first, the report, and which of its steps.
    waiting: list[tuple[datetime, int, PastReport, int]] = []
    order, new = count(), 0

    def take_until(now: datetime | None) -> None:
        while waiting and (now is None or waiting[0][0] <= now):
            at, _, past, at_step = heapq.heappop(waiting)
            if at_step >= there.get(past.external_id, NOT_THERE).taken:
                _step(past, at_step, references)
            if at_step + 1 < len(past.steps):
                heapq.heappush(waiting, (past.steps[at_step + 1].at, next(order), past, at_step + 1))

    for day in happen(plan, seed):
        watch(day)
        for past in scribe.past(day, range(len(day))):
            take_until(past.received_at)
            known = there.get(past.external_id)
            references[_called(past)] = known.reference if known else _send(offer, past)
            new += known is None
            if past.steps:
                heapq.heappush(waiting, (past.steps[0].at, next(order), past, 0))
            progress(len(references))
    take_until(None)
    return new


class _There(NamedTuple):
    """A report that stands already: what it is called, and how many of its steps were taken."""

    reference: str
    taken: int


NOT_THERE = _There("", 0)


def _there(view: db.Db, seed: int) -> dict[str, _There]:
    """Return what stands of a seed, by what the record calls it."""
    step = and_(Event.report_number == Report.number, Event.actor == CREW.name,
                Event.verb.in_({verb for verb, _ in STEPS}))
    asked = (select(Report.external_id, Report.reference, func.count(Event.seq)).outerjoin(Event, step)
             .where(_of_seed(seed)).group_by(Report.external_id, Report.reference))
    return {called: _There(reference, taken) for called, reference, taken in view.execute(asked) if called}


def _send(offer: catalog.Catalog, past: PastReport) -> str:
    with clock.stopped_at(past.received_at), db.transaction() as change:
        return reports.submit(change, RESIDENT, _with_contact(offer, past.new)).reference


def _step(past: PastReport, at_step: int, references: dict[str, str]) -> None:
    step, given = past.steps[at_step], dict(past.steps[at_step].given)
    with clock.stopped_at(step.at), db.transaction() as change:
        if "lead" in given:  # live, a reference is drawn by chance
            given["lead"] = references[given["lead"]]
        reports.transition(change, step.actor, references[_called(past)], step.verb, given, goes_on=False)


def _called(past: PastReport) -> str:
    return reports.reference_from(past.new.id)


def _with_contact(offer: catalog.Catalog, new: NewReport) -> NewReport:
    """Let whoever must be reachable leave an address that belongs to nobody."""
    if offer.services[new.service].contact != "needed":
        return new
    return replace(new, contact=ContactDetails(email=f"{new.external_id}@example.org"))


def external_id(seed: int, number: int) -> str:
    """Return what a simulated report is called by its record."""
    return f"simulated-{seed}-{number}"


def stands(view: db.Db, seed: int) -> bool:
    """Say whether any report of a seed stands here."""
    return view.scalar(select(Report.number).where(_of_seed(seed)).limit(1)) is not None


def _of_seed(seed: int) -> ColumnElement[bool]:
    return Report.external_id.startswith(external_id(seed, 0)[:-1])


def count_others(view: db.Db) -> int:
    """Return how many reports there are that nobody simulated."""
    invented = or_(Report.external_id.like("simulated-%"), Report.external_id.like("demo-%"))
    asked = select(func.count()).select_from(Report).where(or_(Report.external_id.is_(None), not_(invented)))
    return view.scalar(asked) or 0
