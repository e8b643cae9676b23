"""Checking the chains: nothing on any timeline was changed, removed or moved behind our back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, func, select, type_coerce
from sqlalchemy.exc import DataError

from civicconnect import clock
from civicconnect.db import Db
from civicconnect.reports.models import Event, EventText, Report
from civicconnect.reports.timeline import EventRow, commit, seal

BATCH = 2000
# What a value raises that was never written by us: one engine keeps anything in any column, the
# other an instant without end.
UNREADABLE = (ValueError, TypeError, AttributeError, DataError)
# An event may be committed a little after it was stamped; the root leaves out the very newest.
SETTLING = timedelta(minutes=10)


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was written."""

    reference: str
    seq: int  # 0: the report as a whole
    words: str


@dataclass(frozen=True)
class Root:
    """All chains as they stood at an instant, in one hash: kept outside the database."""

    at: datetime
    reports: int
    events: int
    root: str


def check_chains(db: Db) -> Iterator[Fault]:
    """Yield everything that is not as it was written, report by report."""
    for (_, report_id, reference, head, count, status), rows in _chains(db):
        seqs = [event.seq for event, _, _ in rows]
        if not rows:
            yield Fault(reference, 0, "its timeline is gone, or holds what nobody can read")
        if seqs != list(range(1, count + 1)):
            yield Fault(reference, 0, f"{count} events were written, {len(seqs)} stand")
        yield from _check_one(report_id, reference, rows)
        if rows and rows[-1][0].hash != head:
            yield Fault(reference, 0, "the report does not end with its timeline's last event")
        if rows and rows[-1][0].status != status:
            yield Fault(reference, 0, f"the report says {status}, its timeline "
                                      f"{rows[-1][0].status}")
    for number, seq in _strays(db):
        yield Fault(f"number {number}", seq, "an event or text that belongs to no report's event")


def _check_one(report_id: UUID, reference: str, rows: list[Any]) -> Iterator[Fault]:
    head, erased = "", _erased(rows)
    for event, salt, body in rows:
        if not _is_sealed(report_id, head, event):
            yield Fault(reference, event.seq, "the event is not the one that was written here")
        head = event.hash
        if body is None:
            if event.commitment and event.seq not in erased:
                yield Fault(reference, event.seq, "its text is gone, and no erasure says so")
        elif _opened(salt, body) != event.commitment:
            yield Fault(reference, event.seq, "its text is not the one that was committed to")


def _is_sealed(report_id: UUID, head: str, event: Any) -> bool:
    row = EventRow(event.seq, event.verb, event.occurred_at, event.recorded_at, event.source,
                   event.actor, bool(event.public), event.status, event.facts, event.commitment,
                   event.hash)
    try:
        return event.public in (0, 1) and seal(report_id, head, row) == event.hash
    except UNREADABLE:
        return False


def _erased(rows: list[Any]) -> set[int]:
    """Return which texts the timeline itself says were erased."""
    said = [event.facts.get("seqs") for event, _, _ in rows
            if event.verb == "erase" and isinstance(event.facts, dict)]
    return {seq for seqs in said if isinstance(seqs, list) for seq in seqs if isinstance(seq, int)}


def _opened(salt: bytes, body: str) -> str:
    try:
        return commit(salt, body)
    except UNREADABLE:
        return "not a commitment"


def _chains(db: Db) -> Iterator[tuple[Any, list[Any]]]:
    """Yield (report, its events with their texts), a batch of reports at a time."""
    columns = (Report.number, Report.id, Report.reference, Report.head, Report.events,
               Report.status)
    last: int | None = None
    while True:
        page = select(*columns).order_by(Report.number).limit(BATCH)
        if last is not None:
            page = page.where(Report.number > last)
        found = db.execute(page).all()
        if not found:
            return
        last = found[-1].number
        rows = _events(db, found[0].number, last)
        events = {n: [(r, r.salt, r.body) for r in group]
                  for n, group in groupby(rows, key=lambda r: r.report_number)}
        for report in found:
            yield report, events.get(report.number, [])


def _events(db: Db, first: int, last: int) -> list[Any]:
    """Read the events of the reports from one number to another, each with its text.

    A report of which anything cannot be read at all comes back without events.
    """
    beside = (EventText.report_number == Event.report_number) & (EventText.seq == Event.seq)
    # As it is stored: the embedded engine would keep a 2, and call it true.
    columns = [type_coerce(c, Integer).label(c.name) if c.name == "public" else c
               for c in Event.__table__.c]
    asked = (
        select(*columns, EventText.salt, EventText.body).outerjoin(EventText, beside)
        .where(Event.report_number.between(first, last)).order_by(Event.report_number, Event.seq)
    )
    try:
        return list(db.execute(asked).all())
    except UNREADABLE:
        middle = (first + last) // 2
        return [] if first == last else _events(db, first, middle) + _events(db, middle + 1, last)


def _strays(db: Db) -> Iterator[tuple[int, int]]:
    orphan = select(Event.report_number, Event.seq).where(
        ~select(Report.number).where(Report.number == Event.report_number).exists()
    )
    alone = select(EventText.report_number, EventText.seq).where(
        ~select(Event.seq).where(
            Event.report_number == EventText.report_number, Event.seq == EventText.seq
        ).exists()
    )
    yield from db.execute(orphan).tuples()
    yield from db.execute(alone).tuples()


def root(db: Db, at: datetime | None = None) -> Root:
    """Return the hash over every report's last event known by `at` (ten minutes ago by default)."""
    at = at or clock.now() - SETTLING
    newest = (
        select(Event.report_number, func.max(Event.seq).label("seq"))
        .where(Event.recorded_at <= at).group_by(Event.report_number).subquery()
    )
    asked = (
        select(Report.id, Event.seq, Event.hash)
        .join(newest, newest.c.report_number == Report.number)
        .join(Event, (Event.report_number == Report.number) & (Event.seq == newest.c.seq))
        .order_by(Report.id)
    )
    digest, reports, events = hashlib.sha256(), 0, 0
    for report_id, seq, hash_ in db.execute(asked, execution_options={"yield_per": BATCH}):
        digest.update(f"{report_id.hex} {seq} {hash_}\n".encode())
        reports, events = reports + 1, events + seq
    return Root(at, reports, events, digest.hexdigest())


def root_from(text: str) -> Root:
    """Read a root as `root_text` wrote it."""
    told = json.loads(text)
    return Root(datetime.fromisoformat(told["at"]), told["reports"], told["events"], told["root"])


def root_text(root_: Root) -> str:
    """Return a root as the one line kept outside the database."""
    return json.dumps({"at": root_.at.isoformat(), "reports": root_.reports,
                       "events": root_.events, "root": root_.root})
