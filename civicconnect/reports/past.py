"""Taking in the record of another system: many reports at once, as they would have come one by one.

Composing needs no database and may happen in another process; storing is a few copies in bulk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from civicconnect import clock, geo, jobs
from civicconnect.accounts import Actor
from civicconnect.db import Db, Spelling, copy_in, present, reserve, spelling
from civicconnect.geo import AreaIndex, Point
from civicconnect.reports.actions import desk
from civicconnect.reports.arrivals import PastReport
from civicconnect.reports.intake import Desk, Draft, past_draft, reference_from
from civicconnect.reports.models import Report
from civicconnect.reports.timeline import EventRow, TextRow

Row = tuple[Any, ...]


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


@dataclass(frozen=True)
class Sheet:
    """One report, spelled as it is stored, but without its number and its reference."""

    id: str
    reference: str  # the first choice
    report: Row
    events: tuple[Row, ...]
    texts: tuple[Row, ...]
    areas: tuple[int, ...]
    place: Point | None


def press(db: Db, *, as_it_happened: bool = False) -> Press:
    """Read what composing needs."""
    return Press(desk(db), geo.area_index(db), spelling(db), as_it_happened)


def compose(
    press_: Press, actor: Actor, past: Sequence[PastReport], recorded_at: datetime
) -> list[Sheet]:
    """Compose reports as they are stored, in their order.

    recorded_at    when we learn of them
    """
    days = [p.received_at.astimezone(press_.zone).date() for p in past]
    places = press_.areas.of_many([None if p.stand_in else p.new.point for p in past], days)
    encode, instants = geo.encoder(press_.spelling), _Instants(press_.spelling)
    at = None if press_.as_it_happened else recorded_at
    return [
        _spelled(past_draft(press_.desk, actor, p, areas, at), press_.spelling, instants, encode)
        for p, areas in zip(past, places, strict=True)
    ]


def submit_past(db: Db, actor: Actor, past: Sequence[PastReport], press_: Press | None = None) -> int:
    """Take in reports of another system, without letters or jobs. Returns how many were new.

    A report whose id already stands is left as it is.
    """
    return store(db, compose(press_ or press(db), actor, past, clock.now()))


def store(db: Db, sheets: Sequence[Sheet]) -> int:
    """Store composed reports, each once. Returns how many were new."""
    known = present(db, "report", "id", [s.id for s in sheets], kind="uuid")
    fresh = [s for s in sheets if s.id not in known]
    if not fresh:
        return 0
    numbers = reserve(db, "report", "number", len(fresh))
    numbered = list(zip(numbers, fresh, strict=True))
    references = _references(db, fresh)
    with geo.placed_in_bulk(db, "report", "place", [(n, s.place) for n, s in numbered]):
        copy_in(db, "report", ("number", "reference", *COLUMNS),
                ((n, reference, *s.report) for (n, s), reference in zip(numbered, references, strict=True)))
    copy_in(db, "report_event", ("report_number", *EventRow._fields),
            ((n, *event) for n, s in numbered for event in s.events))
    copy_in(db, "report_event_text", ("report_number", *TextRow._fields),
            ((n, *text) for n, s in numbered for text in s.texts))
    copy_in(db, "report_area", ("report_number", "area_id"),
            ((n, area) for n, s in numbered for area in s.areas))
    return len(fresh)


def changed_in_bulk(db: Db) -> None:
    """Ask for what follows from many changes at once: no letters, but a new publication."""
    jobs.enqueue(db, "event", {"verb": "import"}, key="import")


COLUMNS = tuple(c.name for c in Report.__table__.c if c.name not in ("number", "reference"))


class _Instants(dict[datetime | None, str | None]):
    """Spells each instant once: a report has the same few many times."""

    def __init__(self, spelling_: Spelling) -> None:
        super().__init__({None: None})
        self.write = spelling_.instant

    def __missing__(self, instant: datetime | None) -> str | None:
        assert instant is not None  # noqa: S101  it is known from the start
        self[instant] = spelled = self.write(instant)
        return spelled


def _spelled(draft: Draft, spelling_: Spelling, instants: _Instants, encode: Any) -> Sheet:
    row, json = draft.report, spelling_.json
    place, reference = row["place"], reference_from(row["id"])
    row |= {"id": spelling_.uuid(row["id"]), "place": encode(place), "answers": json(row["answers"]),
            "why": json(row["why"])}
    row |= {name: instants[row[name]] for name in INSTANTS}
    events = tuple([
        (e.seq, e.verb, instants[e.occurred_at], instants[e.recorded_at], e.source, e.actor, e.public,
         e.status, json(e.facts), e.commitment, e.hash)  # in the order of EventRow
        for e in draft.events
    ])
    cells = tuple([row[name] for name in COLUMNS])
    return Sheet(row["id"], reference, cells, events, draft.texts, draft.areas, place)


INSTANTS = ("received_at", "due_at", "first_response_at", "closed_at", "updated_at")


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
