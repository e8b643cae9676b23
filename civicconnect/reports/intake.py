"""From what came in to the rows of a report: one way for a phone and for a city's archive."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from civicconnect import accounts
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog
from civicconnect.geo import AreaHit, AreaIndex, AssetIndex, Nearby, Point, cell_of
from civicconnect.reports import lifecycle, standing
from civicconnect.reports.arrivals import NewReport, PastReport, PastStep, RecordedDue
from civicconnect.reports.standing import Standing
from civicconnect.reports.timeline import SALT_BYTES, EventRow, TextRow, canonical, link, told
from civicconnect.routing import Case, Decision, RuleBook, World
from civicconnect.sla import Due, PromiseBook

# No vowels, no look-alikes: a reference is read aloud and must never spell a word.
ALPHABET = "23456789BCDFGHJKMNPQRTVWXZ"
REFERENCE_LENGTH = 8
PAIR = len(ALPHABET) ** 2
PAIRS = tuple(one + other for other in ALPHABET for one in ALPHABET)  # two letters at a time


@dataclass(frozen=True)
class Draft:
    """All rows of a report but its number: what is stored, whoever stores it."""

    report: dict[str, Any]  # columns of Report, id and reference first; `place` as a Point
    events: tuple[EventRow, ...]
    texts: tuple[TextRow, ...]
    areas: tuple[int, ...]


@dataclass(frozen=True)
class Desk:
    """What deciding needs, read once for one report or for a hundred thousand."""

    catalog: Catalog
    rules: RuleBook
    promises: PromiseBook
    secret: bytes  # salts of imported texts are derived from it, so that an import repeats itself
    areas: AreaIndex
    assets: AssetIndex | None  # None where no rule asks what lies near

    @cached_property
    def world(self) -> World:
        """Return what rules may name in this city."""
        return World.of(self.catalog, self.areas.drawn, self.assets.owners if self.assets else {})

    def near(self, points: Sequence[Point | None]) -> Sequence[Mapping[str, Nearby]]:
        """Return, for each point, the nearest thing of each layer that some rule asks for."""
        if self.assets is None:
            return [{}] * len(points)
        return self.assets.near_many(points, self.rules.reach)

    def decide(
        self, new: NewReport, areas: Sequence[str], received_at: datetime,
        near: Mapping[str, Nearby] | None = None, priority: str = "",
    ) -> tuple[Decision, Due | None]:
        """Return who answers and by when.

        areas       as "layer:code"
        near        what lies near its place, as `near` tells it; None: it is looked up
        priority    where it is not the one that service and answers make
        """
        priority = priority or self.catalog.services[new.service].priority_of(new.given)
        decision = self._decided(new, areas, received_at, near, priority)
        calendar = self.catalog.departments[decision.department].calendar
        return decision, self.promises.due(new.service, areas, calendar, received_at, priority)

    def _decided(self, new: NewReport, areas: Sequence[str], at: datetime,
                 near: Mapping[str, Nearby] | None, priority: str) -> Decision:
        # A record asks the same thing in the same place again and again.
        key = (new.service, new.source, priority, *areas,
               *[(answer.code, answer.value) for answer in new.answers])
        decision = self._known.get(key)
        if decision is None:
            if near is None:
                (near,) = self.near([new.point])
            decision = self.decided(Case(new.service, areas, new.given, priority, new.source,
                                         self.catalog.city.wall(at), near))
            if self.rules.asks_only_place(new.service):
                self._known[key] = decision
        return decision

    def decided(self, case: Case, rules: RuleBook | None = None) -> Decision:
        """Return who answers a case, by the rules in force or by others."""
        return (rules or self.rules).decide(
            case, self.world, self.catalog.services[case.service].department, self.catalog.city.catch_all)

    @cached_property
    def _known(self) -> dict[tuple[Any, ...], Decision]:
        return {}  # by all that a rule may ask, where none asks for the hour or for what lies near


def fingerprint(new: NewReport) -> str:
    """Return a hash of everything sent, to tell a repeat from another report's reuse of an id.

    Keyed: with the rest known, a telephone number could be tried out against a bare hash.
    """
    # What is the same in every language: choosing another one sends no other report.
    answers = [(a.code, a.value) for a in new.answers]
    sent = asdict(new) | {"id": new.id.hex, "language": "", "answers": answers}
    for photo in sent["photos"]:
        del photo["likeness"], photo["place"]  # the digest says all
    for name in ("external_id", "area", "also", "along"):
        if not sent[name]:
            del sent[name]  # as before there were any: what was sent then may be sent again
    return accounts.keyed_hash("fingerprint", canonical(sent))


def draft(
    desk: Desk, actor: Actor, new: NewReport, areas: Sequence[AreaHit], received_at: datetime,
    recorded_at: datetime,
) -> Draft:
    """Compose a report that comes in now: received, routed and promised."""
    pen = Pen(desk, new, recorded_at)
    return pen.receive(actor, areas, received_at).drawn(fingerprint(new), new.external_id)


def write_past(desk: Desk, actor: Actor, past: PastReport, areas: Sequence[AreaHit],
               recorded_at: datetime | None, near: Mapping[str, Nearby] | None = None) -> Pen:
    """Write down a report of the past with all its steps.

    recorded_at    None: every event was recorded when it happened, as in a simulated city

    Raises Conflict, NotAllowed or Invalid where a step was not possible.
    """
    pen = Pen(desk, past.new, recorded_at, repeats=True)
    pen.receive(actor, areas, past.received_at, past.due, past.record, past.stand_in, near)
    if past.closing is not None:
        closing = past.closing
        facts: dict[str, Any] = {"outcome": closing.outcome}
        if closing.lead is not None:
            facts["lead"] = reference_from(closing.lead)
        at = closing.at
        pen.stands = Standing(lifecycle.CLOSED, closing.outcome, pen.stands.due_at, at, at, at)
        # The other system's closing note may name people, so it stays internal.
        pen.write("close", at, actor.name, facts, {"note": closing.note} if closing.note else None)
    for step in past.steps:
        pen.take(step)
    return pen


class Pen:
    """Writes the first events of one report, each chained to the last."""

    def __init__(self, desk: Desk, new: NewReport, recorded_at: datetime | None, *,
                 repeats: bool = False) -> None:
        self.desk, self.new, self.recorded_at, self.repeats = desk, new, recorded_at, repeats
        self.service = desk.catalog.services[new.service]
        self.events: list[EventRow] = []
        self.texts: list[TextRow] = []
        self.head = ""

    def receive(
        self, actor: Actor, areas: Sequence[AreaHit], at: datetime, recorded: RecordedDue | None = None,
        record: Mapping[str, str] | None = None, stand_in: bool = False,
        near: Mapping[str, Nearby] | None = None,
    ) -> Pen:
        """Write what came in, who answers, and by when."""
        new = self.new
        self.received_at, self.stand_in = at, stand_in
        self.areas = tuple([a.id for a in areas])
        names = [a.key for a in areas]
        self.priority = self.service.priority_of(new.given)
        decision, due = self.desk.decide(new, names, at, near, self.priority)
        self.department = self.desk.catalog.departments[decision.department]
        self.why = decision.facts | (_recorded(recorded) if recorded else _promised(due))
        due_at = recorded.at if recorded else due.at if due else None
        self.stands = standing.received(at, due_at)
        facts: dict[str, Any] = {"service": new.service, "areas": names}
        if self.priority != "normal":
            facts["priority"] = self.priority
        if record:
            facts["record"] = dict(record)
        if stand_in:
            facts["stand_in"] = True
        self.write("receive", at, actor.name, facts, _told(new))
        self.write("route", at, "system", self.why)
        return self

    def take(self, past: PastStep) -> None:
        """Take a step of the past, if the lifecycle allows it."""
        step = lifecycle.choose(past.verb, self.stands.status, past.actor)
        # On which day it was is asked of a step that is planned for one.
        today = self.desk.catalog.city.day(past.at) if "planned_for" in step.owes else past.at.date()
        kept = lifecycle.settle(step, past.given, today)
        opening = self.desk.promises.calendars.get(str(self.why.get("calendar", "")))
        answers = past.actor.kind == "staff"
        self.stands, facts = standing.after(self.stands, step, kept, past.at, answers=answers,
                                            opening=opening)
        reason = facts.pop("reason", "")
        self.write(past.verb, past.at, past.actor.name, facts, {"reason": reason} if reason else None,
                   source="staff" if answers else "")

    def write(self, verb: str, at: datetime, actor: str, facts: dict[str, Any],
              text: Mapping[str, Any] | None = None, source: str = "") -> None:
        """Write one public event. The instants are in UTC."""
        seq = len(self.events) + 1
        event, written = link(self.new.id, self.head, (
            seq, verb, at, self.recorded_at or at, source or self.new.source, actor, True,
            self.stands.status, facts), text, self._salt(seq) if text else b"")
        self.head = event.hash
        self.events.append(event)
        if written:
            self.texts.append(written)

    @property
    def place_told(self) -> str:
        """Return how much of the place strangers are told."""
        return STAND_IN if self.stand_in and self.service.place == "exact" else self.service.place

    def drawn(self, print_: str, external_id: str) -> Draft:
        """Return everything as it is stored."""
        new, stands = self.new, self.stands
        row = {
            "id": new.id, "reference": "", "fingerprint": print_, "service_id": self.service.id,
            "department_id": self.department.id,
            "contact_id": None, "place": new.point,
            "cell": cell_of(new.point) if new.point else None, "address": new.address,
            "description": new.description, "answers": [a.kept for a in new.answers],
            "language": new.language, "source": new.source, "external_id": external_id or None,
            "status": stands.status, "outcome": stands.outcome,
            "visibility": self.service.visibility, "verification": UNVERIFIED, "priority": self.priority,
            "place_told": self.place_told, "text_told": self.service.text == "public", "why": self.why,
            "received_at": self.received_at, "due_at": stands.due_at,
            "first_response_at": stands.first_response_at, "closed_at": stands.closed_at,
            "updated_at": stands.updated_at, "events": len(self.events), "head": self.head,
        }
        return Draft(row, tuple(self.events), tuple(self.texts), self.areas)

    def _salt(self, seq: int) -> bytes:
        if not self.repeats:
            return secrets.token_bytes(SALT_BYTES)
        unit = f"{self.new.id.hex}:{seq}".encode()
        return hashlib.blake2b(unit, key=self.desk.secret[:64], digest_size=SALT_BYTES).digest()


UNVERIFIED = "unverified"
# What is told of a place that stands in for one nobody found: that it does.
STAND_IN = "stand_in"


def _promised(due: Due | None) -> dict[str, Any]:
    if due is None:
        return {}
    return {"due_at": told(due.at), "promised_hours": due.hours, "calendar": due.calendar}


def _recorded(due: RecordedDue) -> dict[str, Any]:
    return {"due_at": told(due.at), "promised_by": "record"} if due.at else {}


def _told(new: NewReport) -> dict[str, Any]:
    sent: dict[str, Any] = {"description": new.description, "address": new.address}
    if new.point:
        sent |= {"lat": new.point.lat, "long": new.point.long}
    if new.also:
        sent["also"] = [{"address": place.label, "lat": place.point.lat, "long": place.point.long}
                        for place in new.also]
    sent |= {"along": new.along} if new.along else {}
    sent |= {"answers": [a.kept for a in new.answers]} if new.answers else {}
    sent |= {"photos": [p.digest for p in new.photos]} if new.photos else {}
    return {key: value for key, value in sent.items() if value != ""}


def reference_at_random() -> str:
    """Return a fresh reference; the caller makes sure that it is free."""
    return "".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))


def reference_from(report_id: UUID, attempt: int = 0) -> str:
    """Return the reference an imported report always gets; another one at each attempt."""
    number = int.from_bytes(hashlib.sha256(report_id.bytes + bytes([attempt])).digest()[:8])
    number, first = divmod(number, PAIR)
    number, second = divmod(number, PAIR)
    number, third = divmod(number, PAIR)
    return PAIRS[first] + PAIRS[second] + PAIRS[third] + PAIRS[number % PAIR]
