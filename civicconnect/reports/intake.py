"""From what somebody sent to the rows of a report: one way for a phone and for a city's archive."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from civicconnect import accounts
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.catalog import Answer, Catalog
from civicconnect.geo import AreaHit, Point
from civicconnect.media import Photo
from civicconnect.reports import lifecycle
from civicconnect.reports.timeline import SALT_BYTES, EventRow, TextRow, canonical, chain
from civicconnect.routing import Decision, RuleBook
from civicconnect.sla import Due, PromiseBook

# No vowels, no look-alikes: a reference is read aloud and must never spell a word.
ALPHABET = "23456789BCDFGHJKMNPQRTVWXZ"
REFERENCE_LENGTH = 8


@dataclass(frozen=True)
class NewReport:
    """What somebody asks for, checked as far as it can be without the city's data."""

    id: UUID
    service: str
    point: Point | None
    address: str = ""
    description: str = ""
    answers: tuple[Answer, ...] = ()
    language: str = "en"
    source: str = "web"
    photos: tuple[Photo, ...] = ()
    contact: ContactDetails = field(default_factory=ContactDetails)
    external_id: str = ""  # the sender's own, where a partner's system sent it

    @property
    def given(self) -> dict[str, str]:
        """Return the answers by question: the option's code, the number or the text."""
        return {answer.code: answer.value for answer in self.answers}


@dataclass(frozen=True)
class Closing:
    """How another system says a report ended."""

    at: datetime
    outcome: str | None  # None: the record does not say
    note: str = ""  # kept internal: it may name people


@dataclass(frozen=True)
class PastReport:
    """A report from another system's record."""

    new: NewReport
    external_id: str
    received_at: datetime
    closing: Closing | None = None


@dataclass(frozen=True)
class Draft:
    """All rows of a report but its number: what is stored, whoever stores it."""

    report: dict[str, Any]  # columns of Report; `place` as a Point
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

    def decide(
        self, new: NewReport, areas: Sequence[AreaHit], received_at: datetime
    ) -> tuple[Decision, Due | None]:
        """Return who answers and by when."""
        names = [f"{a.layer}:{a.code}" for a in areas]
        decision = self.rules.decide(
            new.service, names, new.given,
            self.catalog.departments, self.catalog.services[new.service].department,
            self.catalog.city.catch_all,
        )
        calendar = self.catalog.departments[decision.department].calendar
        priority = self.catalog.services[new.service].priority_of(new.given)
        return decision, self.promises.due(new.service, names, calendar, received_at, priority)


def fingerprint(new: NewReport) -> str:
    """Return a hash of everything sent, to tell a repeat from another report's reuse of an id.

    Keyed: with the rest known, a telephone number could be tried out against a bare hash.
    """
    # What is the same in every language: choosing another one sends no other report.
    answers = [(a.code, a.value) for a in new.answers]
    sent = asdict(new) | {"id": new.id.hex, "language": "", "answers": answers}
    if not new.external_id:
        del sent["external_id"]  # as before there were any: what was sent then may be sent again
    return accounts.keyed_hash("fingerprint", canonical(sent))


def draft(
    desk: Desk,
    actor: Actor,
    new: NewReport,
    areas: Sequence[AreaHit],
    received_at: datetime,
    recorded_at: datetime,
    *,
    external_id: str | None = None,
    closing: Closing | None = None,
) -> Draft:
    """Compose a report: received, routed and promised, and closed where the record says so."""
    decision, due = desk.decide(new, areas, received_at)
    facts = decision.facts | _promised(due)
    service = desk.catalog.services[new.service]
    priority = service.priority_of(new.given)
    pen = _Pen(desk, actor, new, received_at, recorded_at, repeats=external_id is not None)
    pen.write("receive", {"service": new.service, "areas": [f"{a.layer}:{a.code}" for a in areas]}
              | ({"priority": priority} if priority != "normal" else {}), text=_told(new))
    pen.write("route", facts, actor="system")
    if closing is not None:
        pen.close(closing)
    row = {
        "id": new.id, "reference": "", "fingerprint": fingerprint(new) if not external_id else "",
        "service_id": service.id,
        "department_id": desk.catalog.departments[decision.department].id,
        "contact_id": None, "place": new.point, "address": new.address,
        "description": new.description, "answers": [asdict(a) for a in new.answers],
        "language": new.language, "source": new.source, "external_id": external_id or new.external_id or None,
        "status": pen.status, "outcome": closing.outcome if closing else None,
        "visibility": service.visibility, "verification": "unverified", "priority": priority,
        "place_told": service.place, "text_told": service.text == "public", "why": facts,
        "received_at": received_at, "due_at": due.at if due else None,
        "first_response_at": closing.at if closing else None,
        "closed_at": closing.at if closing else None,
        "updated_at": closing.at if closing else received_at,
        "events": len(pen.events), "head": pen.events[-1].hash,
    }
    return Draft(row, tuple(pen.events), tuple(pen.texts), tuple(a.id for a in areas))


class _Pen:
    """Writes the first events of one report, each chained to the last."""

    def __init__(self, desk: Desk, actor: Actor, new: NewReport, received_at: datetime,
                 recorded_at: datetime, *, repeats: bool) -> None:
        self.desk, self.actor, self.new = desk, actor, new
        self.at, self.recorded_at, self.repeats = received_at, recorded_at, repeats
        self.status = lifecycle.RECEIVED
        self.events: list[EventRow] = []
        self.texts: list[TextRow] = []

    def write(self, verb: str, facts: dict[str, Any], *, actor: str = "", public: bool = True,
              text: Mapping[str, Any] | None = None) -> None:
        seq = len(self.events) + 1
        event, written = chain(
            self.new.id, self.events[-1].hash if self.events else "", seq, verb=verb,
            occurred_at=self.at, recorded_at=self.recorded_at, source=self.new.source,
            actor=actor or self.actor.name, public=public, status=self.status, facts=facts,
            text=text, salt=self._salt(seq) if text else b"",
        )
        self.events.append(event)
        if written:
            self.texts.append(written)

    def close(self, closing: Closing) -> None:
        self.at, self.status = closing.at, lifecycle.CLOSED
        # The other system's closing note may name people, so it stays internal.
        self.write("close", {"outcome": closing.outcome},
                   text={"note": closing.note} if closing.note else None)

    def _salt(self, seq: int) -> bytes:
        if not self.repeats:
            return secrets.token_bytes(SALT_BYTES)
        unit = f"{self.new.id.hex}:{seq}".encode()
        return hashlib.blake2b(unit, key=self.desk.secret[:64], digest_size=SALT_BYTES).digest()


def _promised(due: Due | None) -> dict[str, Any]:
    if due is None:
        return {}
    return {"due_at": due.at.isoformat(), "promised_hours": due.hours, "calendar": due.calendar}


def _told(new: NewReport) -> dict[str, Any]:
    told: dict[str, Any] = {"description": new.description, "address": new.address}
    if new.point:
        told |= {"lat": new.point.lat, "long": new.point.long}
    told |= {"answers": [asdict(a) for a in new.answers]} if new.answers else {}
    told |= {"photos": [p.digest for p in new.photos]} if new.photos else {}
    return {key: value for key, value in told.items() if value != ""}


def reference_at_random() -> str:
    """Return a fresh reference; the caller makes sure that it is free."""
    return "".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))


def reference_from(report_id: UUID, attempt: int = 0) -> str:
    """Return the reference an imported report always gets; another one at each attempt."""
    number = int.from_bytes(hashlib.sha256(report_id.bytes + bytes([attempt])).digest()[:8])
    letters = []
    for _ in range(REFERENCE_LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)
