"""Reading reports: who may see which is a `where`, never a loop afterwards."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hmac import compare_digest
from typing import Any
from uuid import UUID

from geoalchemy2 import WKBElement
from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from civicconnect import accounts
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import NotFound
from civicconnect.geo import Area, AreaHit, Point, cells_around, distance, latitude, longitude, read_point
from civicconnect.reports.models import (
    IS_OPEN,
    Event,
    EventText,
    IncomingPhoto,
    Report,
    ReportArea,
    ReportPhoto,
)

PUBLIC = Report.visibility == "public"
HIDDEN = "hidden"
SHOWN = "shown"  # a photo that everybody sees who sees its report
NEAR_METRES = 250.0
# How a place may be told so that everybody reads its address: as it is, or by one that stands in for it.
TOLD_IN_WORDS = ("exact", "stand_in")
# Internal events that whoever sent the report is told all the same, and why.
TOLD_TO_SENDER = ("hide", "show", "photo_hide", "photo_show", "blur", "remind")
TO_SENDER = {"told_to": "sender"}  # fact of a public event whose words only whoever sent the report reads
# A department as it is asked of reports found otherwise: no index leads to all that a department has.
OF_EACH = Report.department_id + 0
PLACE = ("address", "lat", "long", "also", "along")  # how an event's text tells a place


def visible_to(
    actor: Actor, department: Any = Report.department_id, number: Any = Report.number
) -> ColumnElement[bool]:
    """Return the condition for the reports an actor may open as staff.

    department    the column that tells who answers, where reports are counted or go by another name
    number        the column that tells which report it is, where they go by another name
    The areas are asked of the report itself: counts that know none of it are not for who is limited to areas.
    """
    if actor.kind != "staff":
        return true() if actor.kind in ("system", "history") else PUBLIC
    if not actor.may("see_all") and not (actor.may("queue") and actor.departments):
        return false()
    found: ColumnElement[bool] = true() if actor.may("see_all") else department.in_(actor.departments)
    return and_(found, _lies_in(actor.areas, number)) if actor.areas else found


def _lies_in(areas: Collection[int], number: Any) -> ColumnElement[bool]:
    """Return the condition for reports in any of some areas: asked of each candidate, by its own number.

    Not a list of all that lie there: the queue is read off its own index and stops after a page.
    """
    inside = select(ReportArea.area_id).where(ReportArea.report_number == number,
                                              ReportArea.area_id.in_(areas))
    return inside.correlate_except(ReportArea).exists()


def opened_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition for one report that an actor may open: in their own field, or broken open."""
    return or_(visible_to(actor), Report.number.in_(actor.opened)) if actor.opened else visible_to(actor)


def visible_among(db: Db, actor: Actor, numbers: Collection[int]) -> set[int]:
    """Return which of some reports an actor may open as staff, by number: one statement."""
    return set(db.scalars(select(Report.number).where(Report.number.in_(numbers), opened_to(actor))))


def find(db: Db, reference: str, actor: Actor, *, lock: bool = False) -> Report:
    """Return a report by its reference, or raise NotFound: also where it is not for this actor."""
    asked = select(Report).where(Report.reference == tidy(reference), opened_to(actor))
    if lock:
        # What was read before the lock was had may be old by now.
        asked = asked.with_for_update().execution_options(populate_existing=True)
    report = db.scalar(asked)
    if report is None:
        raise NotFound(f"there is no report {reference} here")
    return report


def find_known(db: Db, reference: str, actor: Actor, *, lock: bool = False) -> Report:
    """Return a report that somebody at the counter may speak about, whoever works on it; or NotFound."""
    asked = select(Report).where(Report.reference == tidy(reference), known_to(actor))
    report = db.scalar(asked.with_for_update() if lock else asked)
    if report is None:
        raise NotFound(f"there is no report {reference} here")
    return report


def is_hidden(db: Db, reference: str) -> bool:
    """Say whether strangers could once read a report that the city shows no more."""
    asked = select(Report.number).where(Report.reference == tidy(reference), Report.visibility == HIDDEN)
    return db.scalar(asked) is not None


def own_key(report_id: UUID) -> str:
    """Return the secret part of the address at which whoever sent a report sees all of it."""
    return accounts.keyed_hash("own", report_id.hex)[:24]


def find_own(db: Db, reference: str, key: str) -> Report | None:
    """Return the report that was sent by whoever holds this key; None where it is another's."""
    report = db.scalar(select(Report).where(Report.reference == tidy(reference)))
    if report is None or not compare_digest(own_key(report.id).encode(), key.encode()):
        return None
    return report


def tidy(reference: str) -> str:
    """Return a reference as it is stored, however it was typed."""
    return reference.strip().replace("-", "").replace(" ", "").upper()


@dataclass(frozen=True)
class Entry:
    """One event as it is read: with its text, where that still stands."""

    seq: int
    verb: str
    occurred_at: datetime
    recorded_at: datetime
    source: str
    actor: str
    public: bool
    status: str
    facts: Mapping[str, Any]
    text: Mapping[str, Any]
    who: str = ""  # the colleague who did it, by name; for colleagues
    whom: str = ""  # and to whom it was given


def timeline(
    db: Db, report: Report, *, internal: bool, sender: bool = False, versions: bool = False
) -> list[Entry]:
    """Return a report's events, oldest first; with the internal ones only for staff.

    sender      for whoever sent it: also why the city hid or changed something
    versions    for those with the right: also what was written before the city changed it
    """
    beside = (EventText.report_number == Event.report_number) & (EventText.seq == Event.seq)
    who, whom = (_named(), _given_to()) if internal else (literal(""), literal(""))
    asked = (
        select(Event, EventText.body, who, whom).outerjoin(EventText, beside)
        .where(Event.report_number == report.number).order_by(Event.seq)
    )
    if not internal:
        asked = asked.where(or_(Event.public, Event.verb.in_(TOLD_TO_SENDER if sender else ())))
    found = [
        Entry(e.seq, e.verb, e.occurred_at, e.recorded_at, e.source, e.actor, e.public, e.status,
              e.facts, _readable(report, e.facts, body, internal=internal, sender=sender), who or "",
              whom or "")
        for e, body, who, whom in db.execute(asked)
    ]
    return found if versions else [as_it_stands(entry, found) for entry in found]


def _named() -> ColumnElement[str]:
    """Return the name of the colleague whom an event calls "staff:12", read in the same statement."""
    return select(accounts.Staff.name).where(
        literal("staff:") + cast(accounts.Staff.id, String) == Event.actor).scalar_subquery()


def _given_to() -> ColumnElement[str]:
    return select(accounts.Staff.name).where(
        accounts.Staff.id == Event.facts["person"].as_integer()).scalar_subquery()


def _readable(
    report: Report, facts: Mapping[str, Any], body: str | None, *, internal: bool, sender: bool
) -> dict[str, Any]:
    text: dict[str, Any] = json.loads(body) if body else {}
    if internal:
        return text
    if is_for_sender(facts) and not sender:
        return {}
    hushed = untold(report) | (set() if sender else {"why"})
    return {key: value for key, value in text.items() if key not in hushed}


def is_for_sender(facts: Mapping[str, Any]) -> bool:
    """Say whether only whoever sent a report, and the city, read the words of an event."""
    return facts.get("told_to") == TO_SENDER["told_to"]


def as_it_stands(entry: Entry, all_: Sequence[Entry]) -> Entry:
    """Return an event without the words that a later one replaced, and without a place that was corrected."""
    gone: set[str] = set()
    for later in all_:
        if later.seq <= entry.seq:
            continue
        if later.verb == "redact" and later.facts.get("of") in (entry.seq, entry.facts.get("of")):
            gone |= set(later.facts.get("fields", ()))
        elif later.verb == "move":
            gone |= set(PLACE)
    return replace(entry, text={k: v for k, v in entry.text.items() if k not in gone}) if gone else entry


def untold(report: Report) -> set[str]:
    """Return the parts of a report's text that strangers are not told."""
    found = {"note"}  # written for colleagues even where the step itself is public
    found |= set() if report.text_told else {"description", "words", "answers", "photos", "question"}
    return found | (set() if report.place_told in TOLD_IN_WORDS else set(PLACE))


@dataclass(frozen=True)
class Around:
    """What stands beside a report: where it is, its areas, its photos and those of the finished work.

    states    of photos that not everybody sees, by digest: waiting or hidden
    sealed    digests of photos that were blurred, and whose original is sealed away
    """

    point: Point | None
    areas: tuple[AreaHit, ...]
    photos: tuple[str, ...]
    finished: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    sealed: frozenset[str] = frozenset()

    def shown(self, digests: Sequence[str]) -> tuple[str, ...]:
        """Return those of some photos that everybody sees."""
        return tuple(digest for digest in digests if digest not in self.states)


def around(db: Db, report: Report, *, areas: bool = True) -> Around:
    """Return what stands beside a report: one statement.

    areas    whether its areas are asked for
    """
    # Each photo beside each area: both are few, and asking once is quicker than asking twice.
    named: Sequence[Any] = (Area.id, Area.layer, Area.code, Area.name, Area.names)
    asked = select(*(named if areas else (literal(None),)), ReportPhoto.digest, ReportPhoto.stage,
                   ReportPhoto.state, ReportPhoto.original)
    asked = asked.select_from(Report).outerjoin(ReportPhoto, ReportPhoto.report_number == Report.number)
    if areas:
        asked = asked.outerjoin(ReportArea, ReportArea.report_number == Report.number).outerjoin(
            Area, ReportArea.area_id == Area.id).order_by(Area.layer)
    rows = db.execute(asked.where(Report.number == report.number).order_by(ReportPhoto.position)).all()
    inside = {row[0]: AreaHit(*row[:5]) for row in rows if row[0] is not None}
    photos = {row.digest: row for row in rows if row.digest}.values()
    return Around(place_of(db, report), tuple(inside.values()),
                  tuple(photo.digest for photo in photos if photo.stage != "done"),
                  tuple(photo.digest for photo in photos if photo.stage == "done"),
                  {photo.digest: photo.state for photo in photos if photo.state != SHOWN},
                  frozenset(photo.digest for photo in photos if photo.original))


def place_of(db: Db, report: Report) -> Point | None:
    """Return the place of a report: as it was read with it, or else asked for."""
    if isinstance(report.place, WKBElement):
        return read_point(report.place)
    asked = select(latitude(Report.place), longitude(Report.place)).where(Report.number == report.number)
    lat, long = db.execute(asked).one()
    return None if lat is None else Point(lat, long)


def photo_is_public(db: Db, digest: str) -> bool:
    """Say whether a photo belongs to a report that everybody may see, and is shown with it."""
    asked = select(func.count()).select_from(ReportPhoto).join(
        Report, Report.number == ReportPhoto.report_number
    )
    return bool(db.scalar(asked.where(ReportPhoto.digest == digest, PUBLIC, Report.text_told,
                                      ReportPhoto.state == SHOWN)))


def photo_is_seen_by(db: Db, actor: Actor, digest: str) -> bool:
    """Say whether a photo belongs to a report that an actor may open as staff."""
    if actor.kind != "staff":
        return False
    asked = select(ReportPhoto.digest).join(Report, Report.number == ReportPhoto.report_number)
    return db.scalar(asked.where(ReportPhoto.digest == digest, opened_to(actor)).limit(1)) is not None


def photo_is_kept(db: Db, digest: str) -> bool:
    """Say whether any report or letter holds a photo, for the janitor."""
    asked = union_all(*(select(kept.digest).where(kept.digest == digest)
                        for kept in (ReportPhoto, IncomingPhoto)))
    return db.scalar(asked.limit(1)) is not None


def original_is_kept(db: Db, digest: str) -> bool:
    """Say whether any report holds the blurred copy of a photo, for the janitor: the original stays."""
    return db.scalar(select(ReportPhoto.digest).where(ReportPhoto.original == digest).limit(1)) is not None


def near(actor: Actor, here: Point, service_id: int | None = None,
         reach_metres: float = NEAR_METRES) -> Select[Report, float]:
    """Select open reports around a place with their distance in metres: one service first, then the nearest.

    Only what the actor may open, and what everybody knows the exact place of.
    """
    away = distance(Report.place, here)
    return (
        select(Report, away)
        .where(IS_OPEN, Report.cell.in_(cells_around(here, reach_metres)), away <= reach_metres,
               known_to(actor))
        .order_by((Report.service_id == (service_id or 0)).desc(), away, Report.number)
    )


def known_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition for the reports that somebody at the counter may speak about, place and all."""
    return or_(opened_to(actor), PUBLIC & (Report.place_told == "exact"))


def count_reports(db: Db) -> int:
    """Return how many reports there are, of any visibility."""
    return db.scalar(select(func.count()).select_from(Report)) or 0


ORDERS = {
    "": (Report.received_at.desc(), Report.number.desc()),
    "oldest": (Report.received_at, Report.number),
    "changed": (Report.updated_at.desc(), Report.number.desc()),
}


def public_reports(conditions: Sequence[ColumnElement[bool]], order: str = "") -> Select[Report]:
    """Select public reports, newest first or in another order of ORDERS."""
    return select(Report).where(PUBLIC, *conditions).order_by(*ORDERS.get(order, ORDERS[""]))


def count_fitting(db: Db, conditions: Sequence[ColumnElement[bool]], most: int | None = None) -> int:
    """Return how many reports fit; counted no further than `most`."""
    asked = select(func.count()).select_from(Report).where(*conditions)
    if most is not None:
        some = select(literal(1)).select_from(Report).where(*conditions).limit(most).subquery()
        asked = select(func.count()).select_from(some)
    return db.scalar(asked) or 0


def areas_of(db: Db, numbers: Sequence[int]) -> dict[int, tuple[AreaHit, ...]]:
    """Return the areas of some reports by number, in order of layer: one statement."""
    asked = (
        select(ReportArea.report_number, Area.id, Area.layer, Area.code, Area.name, Area.names)
        .join(Area, Area.id == ReportArea.area_id)
        .where(ReportArea.report_number.in_(numbers)).order_by(Area.layer, Area.code)
    )
    found: dict[int, tuple[AreaHit, ...]] = {}
    for number, *area in db.execute(asked):
        found[number] = (*found.get(number, ()), AreaHit(*area))
    return found
