"""Taking in the record of another system: many reports at once, as they would have come one by one.

Composing needs no database and may happen in another process; storing is a few copies in bulk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
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
from civicconnect.db import (
    Db,
    Spelling,
    copy_in,
    copy_rows,
    present,
    references_known,
    reserve,
    spelling,
    taken,
)
from civicconnect.errors import Conflict
from civicconnect.geo import Area, AreaIndex, cell_of
from civicconnect.reports.actions import desk
from civicconnect.reports.arrivals import PastReport
from civicconnect.reports.intake import UNVERIFIED, Desk, Pen, reference_from, write_past
from civicconnect.reports.lifecycle import CLOSED
from civicconnect.reports.recording import REOPENING
from civicconnect.reports.squares import count, spot
from civicconnect.reports.timeline import EventRow, TextRow
from civicconnect.reports.words import keep_many, spelled

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


class Sheet(NamedTuple):
    """One report, spelled as it is stored, but without its number and its reference.

    Plain values in plain tuples, which travel to another process in two thirds of the time.
    """

    id: str
    reference: str  # the first choice
    report: Any  # the later values of its rows, as `Spelling.row` writes them
    events: tuple[Any, ...]
    texts: tuple[Any, ...]
    areas: tuple[int, ...]
    words: tuple[str, str]  # as they are searched: for everybody, and for staff alone
    place: tuple[float, float] | None
    spot: Row  # the values of a `Spot`: where it is counted


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
    ink = _Ink(press_)
    at = None if press_.as_it_happened else recorded_at
    return [
        _sheet(write_past(press_.desk, actor, p, areas, at, beside), p.external_id, ink)
        for p, areas, beside in zip(past, places, near, strict=True)
    ]


def submit_past(db: Db, actor: Actor, past: Sequence[PastReport], press_: Press | None = None) -> int:
    """Take in reports of another system, without letters or jobs. Returns how many were new.

    A report whose id already stands is left as it is.
    """
    return store(db, compose(press_ or press(db), actor, past, clock.now()))


def store(db: Db, sheets: Sequence[Sheet]) -> int:
    """Store composed reports, each once. Returns how many were new."""
    _must_still_be_there(db, sheets)
    # Mostly none of them is there, and nobody has their references: a server would say so by itself. To the
    # embedded engine, looking is cheaper than a way back.
    if sheets and spelling(db).server and not known(db, (sheets[0], sheets[-1])):
        with suppress(taken(db)), db.begin_nested():
            return _copy(db, sheets, [s.reference for s in sheets])
    there = known(db, sheets)
    fresh = [s for s in sheets if s.id not in there]
    return _copy(db, fresh, _references(db, fresh))


def _copy(db: Db, sheets: Sequence[Sheet], references: Sequence[str]) -> int:
    if not sheets:
        return 0
    numbered = list(zip(reserve(db, "report", "number", len(sheets)), sheets, strict=True))
    with references_known(db):
        with geo.placed_in_bulk(db, "report", "place", [(n, s.place) for n, s in numbered]):
            copy_rows(db, "report", ("number", "reference", *COLUMNS),
                      (((n, name), (s.report,)) for (n, s), name in zip(numbered, references, strict=True)))
        copy_rows(db, "report_event", ("report_number", *EventRow._fields),
                  (((n,), s.events) for n, s in numbered))
        copy_rows(db, "report_event_text", ("report_number", *TextRow._fields),
                  (((n,), s.texts) for n, s in numbered))
        copy_in(db, "report_area", ("report_number", "area_id"),
                ((n, area) for n, s in numbered for area in s.areas))
        keep_many(db, [(n, *s.words) for n, s in numbered])
    count(db, (s.spot for s in sheets))
    return len(sheets)


def _must_still_be_there(db: Db, sheets: Sequence[Sheet]) -> None:
    """Raise Conflict where the city that the reports were composed for has lost what they refer to."""
    offer, areas = catalog(db), {area for s in sheets for area in s.areas}
    gone = {s.spot[0][2] for s in sheets} - set(offer.service_codes)
    gone |= {s.spot[0][3] for s in sheets} - set(offer.department_codes)
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
    "id", "fingerprint", "service_id", "department_id", "place", "cell", "address",
    "description", "answers", "language", "source", "external_id", "status", "outcome", "visibility",
    "verification", "priority", "place_told", "text_told", "why", "received_at", "due_at",
    "first_response_at", "closed_at", "updated_at", "events", "head", "reopened",
)


class _Once(dict[Any, Any]):
    """Spells each value once: a report has the same few many times, and many reports have the same."""

    def __init__(self, spell: Callable[[Any], Any], nothing: str | None) -> None:
        super().__init__({None: nothing})
        self.spell = spell

    def __missing__(self, value: Any) -> Any:
        self[value] = written = self.spell(value)
        return written


class _Ink:
    """What some reports are written with."""

    def __init__(self, press_: Press) -> None:
        self.spelling = spell = press_.spelling
        self.place = geo.encoder(spell)
        self.instants, self.figures, self.words, self.flags = (
            _Once(one, spell.nothing) for one in (spell.instant, spell.figure, spell.text, spell.flag))


def _sheet(pen: Pen, external_id: str, ink: _Ink) -> Sheet:
    """Spell what a pen has written. One long list: this runs for every row of a million."""
    new, stands, service, spell = pen.new, pen.stands, pen.service, ink.spelling
    instants, figures, words, flags = ink.instants, ink.figures, ink.words, ink.flags
    json, text, row = spell.json, spell.text, spell.row
    id_, place_told, why = spell.uuid(new.id), pen.place_told, json(pen.why)
    report = row((
        id_, "", figures[service.id], figures[pen.department.id], ink.place(new.point) or spell.nothing,
        spell.figure(cell_of(new.point)) if new.point else spell.nothing, text(new.address),
        text(new.description), json([a.kept for a in new.answers]) if new.answers else "[]",
        words[new.language], words[new.source], text(external_id) or spell.nothing, stands.status,
        words[stands.outcome], service.visibility, UNVERIFIED, pen.priority, place_told,
        flags[service.text == "public"], why, instants[pen.received_at], instants[stands.due_at],
        instants[stands.first_response_at], instants[stands.closed_at], instants[stands.updated_at],
        figures[len(pen.events)], pen.head,
        flags[stands.status != CLOSED and any(e[1] in REOPENING for e in pen.events)],
    ))
    events = tuple([
        row((figures[e[0]], e[1], instants[e[2]], instants[e[3]], words[e[4]], words[e[5]], flags[e[6]], e[7],
             why if e[8] is pen.why else json(e[8]), e[9], e[10]))  # in the order of EventRow
        for e in pen.events
    ])
    texts = tuple([row((figures[seq], spell.blob(salt), text(body))) for seq, salt, body in pen.texts])
    sought = spelled(new.description, new.address, service.text == "public", place_told, service.id)
    where = spot(service.visibility, service.id, pen.department.id, stands.status, place_told, new.point)
    return Sheet(id_, reference_from(new.id), report, events, texts, pen.areas,
                 sought, (new.point.lat, new.point.long) if new.point else None, tuple(where))


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
