"""Taking in the record of another system: many reports at once, as they would have come one by one.

Composing needs no database and may happen in another process; storing is a few copies in bulk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from civicconnect import clock, geo, jobs
from civicconnect.accounts import Actor
from civicconnect.catalog import catalog
from civicconnect.db import Db, Spelling, copy_in, present, references_known, reserve, spelling, write_much
from civicconnect.errors import Conflict
from civicconnect.geo import Area, AreaIndex, Point, cell_of
from civicconnect.reports.actions import desk
from civicconnect.reports.arrivals import PastReport
from civicconnect.reports.intake import UNVERIFIED, Desk, Pen, reference_from, write_past
from civicconnect.reports.lifecycle import CLOSED
from civicconnect.reports.recording import REOPENING
from civicconnect.reports.squares import Spot, count, spot
from civicconnect.reports.timeline import EventRow, TextRow
from civicconnect.reports.words import leave_unread

Row = tuple[Any, ...]
MANY = 1000  # reports at once, with as many again to come: more than a demo brings, whose process then serves


@dataclass(frozen=True)
class Press:
    """What composing needs, as plain values that may travel to another process.

    as_it_happened    every event counts as recorded when it happened: the past of a simulated city
    """

    desk: Desk
    areas: AreaIndex
    spelling: Spelling
    as_it_happened: bool = False

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.desk.catalog.city.time_zone)


class Sheet(NamedTuple):
    """One report, spelled as it is stored, but without its number and its reference."""

    id: str
    reference: str  # the first choice
    report: Row
    events: tuple[Row, ...]
    texts: tuple[Row, ...]
    areas: tuple[int, ...]
    place: Point | None
    spot: Spot  # where it is counted


def press(db: Db, *, as_it_happened: bool = False) -> Press:
    """Read what composing needs."""
    here = desk(db)
    return Press(here, here.areas, spelling(db), as_it_happened)


def compose(
    press_: Press, actor: Actor, past: Sequence[PastReport], recorded_at: datetime
) -> list[Sheet]:
    """Compose reports as they are stored, in their order.

    recorded_at    when we learn of them
    """
    days = [p.received_at.astimezone(press_.zone).date() for p in past]
    points = [None if p.stand_in else p.new.point for p in past]
    places = press_.areas.of_many(points, days)
    asks_near = {p.new.service: press_.desk.rules.asks_near(p.new.service) for p in past}
    near = press_.desk.near([point if asks_near[p.new.service] else None
                             for point, p in zip(points, past, strict=True)])
    encode, instants = geo.encoder(press_.spelling), _Instants(press_.spelling)
    at = None if press_.as_it_happened else recorded_at
    return [
        _sheet(write_past(press_.desk, actor, p, areas, at, beside), p.external_id, instants, press_, encode)
        for p, areas, beside in zip(past, places, near, strict=True)
    ]


def submit_past(db: Db, actor: Actor, past: Sequence[PastReport], press_: Press | None = None) -> int:
    """Take in reports of another system, without letters or jobs. Returns how many were new.

    A report whose id already stands is left as it is.
    """
    return store(db, compose(press_ or press(db), actor, past, clock.now()))


def store(db: Db, sheets: Sequence[Sheet]) -> int:
    """Store composed reports, each once. Returns how many were new."""
    there = known(db, sheets)
    fresh = [s for s in sheets if s.id not in there]
    if not fresh:
        return 0
    if len(fresh) >= MANY:
        write_much(db)
    _must_still_be_there(db, fresh)
    numbers = reserve(db, "report", "number", len(fresh))
    numbered = list(zip(numbers, fresh, strict=True))
    references = _references(db, fresh)
    with references_known(db):
        with geo.placed_in_bulk(db, "report", "place", [(n, s.place) for n, s in numbered]):
            copy_in(db, "report", ("number", "reference", *COLUMNS),
                    ((n, name, *s.report) for (n, s), name in zip(numbered, references, strict=True)))
        copy_in(db, "report_event", ("report_number", *EventRow._fields),
                ((n, *event) for n, s in numbered for event in s.events))
        copy_in(db, "report_event_text", ("report_number", *TextRow._fields),
                ((n, *text) for n, s in numbered for text in s.texts))
        copy_in(db, "report_area", ("report_number", "area_id"),
                ((n, area) for n, s in numbered for area in s.areas))
        leave_unread(db, list(numbers))
    count(db, [s.spot for s in fresh])
    return len(fresh)


def _must_still_be_there(db: Db, sheets: Sequence[Sheet]) -> None:
    """Raise Conflict where the city that the reports were composed for has lost what they refer to."""
    offer, areas = catalog(db), {area for s in sheets for area in s.areas}
    gone = {s.spot.square[2] for s in sheets} - set(offer.service_codes)
    gone |= {s.spot.square[3] for s in sheets} - set(offer.department_codes)
    gone |= areas - set(db.scalars(select(Area.id).where(Area.id.in_(areas))))
    if gone:
        raise Conflict("The city was changed while its record came in. Start again: it goes on where it was.")


def known(db: Db, sheets: Sequence[Sheet]) -> set[str]:
    """Return the ids of those that stand there already."""
    return present(db, "report", "id", [s.id for s in sheets], kind="uuid")


def changed_in_bulk(db: Db) -> None:
    """Ask for what follows from many changes at once: no letters, but a new publication."""
    jobs.enqueue(db, "event", {"verb": "import"}, key="import")


# All columns of a report but its number and its reference, in the order of `_sheet`.
COLUMNS = (
    "id", "fingerprint", "service_id", "department_id", "contact_id", "place", "cell", "address",
    "description", "answers", "language", "source", "external_id", "status", "outcome", "visibility",
    "verification", "priority", "place_told", "text_told", "why", "received_at", "due_at",
    "first_response_at", "closed_at", "updated_at", "events", "head", "reopened",
)


class _Instants(dict[datetime | None, str | None]):
    """Spells each instant once: a report has the same few many times."""

    def __init__(self, spelling_: Spelling) -> None:
        super().__init__({None: None})
        self.write = spelling_.instant

    def __missing__(self, instant: datetime | None) -> str | None:
        assert instant is not None  # noqa: S101  it is known from the start
        self[instant] = spelled = self.write(instant)
        return spelled


def _sheet(pen: Pen, external_id: str, instants: _Instants, press_: Press, encode: Any) -> Sheet:
    """Spell what a pen has written. One long list: this runs for every row of a million."""
    new, stands, service, json = pen.new, pen.stands, pen.service, press_.spelling.json
    id_, place_told, why = press_.spelling.uuid(new.id), pen.place_told, json(pen.why)
    cells = (
        id_, "", service.id, pen.department.id, None, encode(new.point),
        cell_of(new.point) if new.point else None, new.address, new.description,
        json([a.kept for a in new.answers]) if new.answers else "[]", new.language, new.source,
        external_id or None, stands.status, stands.outcome, service.visibility, UNVERIFIED, pen.priority,
        place_told, service.text == "public", why, instants[pen.received_at], instants[stands.due_at],
        instants[stands.first_response_at], instants[stands.closed_at], instants[stands.updated_at],
        len(pen.events), pen.head,
        stands.status != CLOSED and any(e[1] in REOPENING for e in pen.events),
    )
    events = tuple([
        (e[0], e[1], instants[e[2]], instants[e[3]], e[4], e[5], e[6], e[7],
         why if e[8] is pen.why else json(e[8]), e[9], e[10])  # in the order of EventRow
        for e in pen.events
    ])
    counted = spot(service.visibility, service.id, pen.department.id, stands.status, place_told, new.point)
    return Sheet(id_, reference_from(new.id), cells, events, tuple(pen.texts), pen.areas, new.point, counted)


def _references(db: Db, sheets: Sequence[Sheet]) -> list[str]:
    """Return a free reference for each."""
    found, taken = [""] * len(sheets), set[str]()
    waiting, attempt = list(range(len(sheets))), 0
    while waiting:
        named = {i: reference_from(UUID(sheets[i].id), attempt) if attempt else sheets[i].reference
                 for i in waiting}
        taken |= present(db, "report", "reference", list(named.values()))
        again = []
        for i, reference in named.items():
            if reference in taken:
                again.append(i)
                continue
            taken.add(reference)
            found[i] = reference
        waiting, attempt = again, attempt + 1
    return found
