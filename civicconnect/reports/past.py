"""Taking in the record of another system: many reports at once, as they would have come one by one."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select

from civicconnect import clock, geo, jobs
from civicconnect.accounts import Actor
from civicconnect.db import Db, copy_in, reserve
from civicconnect.reports import intake
from civicconnect.reports.intake import Desk, Draft, PastReport
from civicconnect.reports.models import Report
from civicconnect.reports.timeline import EventRow, TextRow


def submit_past(db: Db, actor: Actor, here: Desk, past: Sequence[PastReport]) -> int:
    """Take in reports of another system, without letters or jobs. Returns how many were new.

    A report whose id already stands is left as it is.
    """
    ids = [p.new.id for p in past]
    known = set(db.scalars(select(Report.id).where(Report.id.in_(ids))))
    fresh = [p for p in past if p.new.id not in known]
    if not fresh:
        return 0
    recorded_at = clock.now()
    zone = ZoneInfo(here.catalog.city.time_zone)
    days = [p.received_at.astimezone(zone).date() for p in fresh]
    places = geo.areas_of_many(db, [p.new.point for p in fresh], days)
    drafts = [
        intake.draft(here, actor, p.new, areas, p.received_at, recorded_at,
                     external_id=p.external_id, closing=p.closing)
        for p, areas in zip(fresh, places, strict=True)
    ]
    _name(db, drafts)
    _copy(db, drafts)
    return len(drafts)


def changed_in_bulk(db: Db) -> None:
    """Ask for what follows from many changes at once: no letters, but a new publication."""
    jobs.enqueue(db, "event", {"verb": "import"}, key="import")


def _name(db: Db, drafts: Sequence[Draft]) -> None:
    """Give every draft a free reference."""
    waiting, attempt, taken = list(drafts), 0, set[str]()
    while waiting:
        named = {id(d): intake.reference_from(d.report["id"], attempt) for d in waiting}
        asked = select(Report.reference).where(Report.reference.in_(named.values()))
        taken |= set(db.scalars(asked))
        again = []
        for d in waiting:
            reference = named[id(d)]
            if reference in taken:
                again.append(d)
                continue
            taken.add(reference)
            d.report["reference"] = reference
        waiting, attempt = again, attempt + 1


def _copy(db: Db, drafts: Sequence[Draft]) -> None:
    numbers = reserve(db, "report", "number", len(drafts))
    numbered = list(zip(numbers, drafts, strict=True))
    encode = geo.encoder(db)
    columns = list(drafts[0].report)
    copy_in(db, "report", ["number", *columns], (
        [n, *(d.report | {"place": encode(d.report["place"])}).values()] for n, d in numbered
    ))
    copy_in(db, "report_event", ["report_number", *EventRow._fields],
            ((n, *event) for n, d in numbered for event in d.events))
    copy_in(db, "report_event_text", ["report_number", *TextRow._fields],
            ((n, *text) for n, d in numbered for text in d.texts))
    copy_in(db, "report_area", ["report_number", "area_id"],
            ((n, area) for n, d in numbered for area in d.areas))
