"""Reading reports: who may see which is a `where`, never a loop afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import NotFound
from civicconnect.geo import Area, Point, latitude, longitude
from civicconnect.reports.models import Event, EventText, Report, ReportArea, ReportPhoto

PUBLIC = Report.visibility == "public"


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition for the reports an actor may open as staff."""
    if actor.kind != "staff":
        return true() if actor.kind in ("system", "history") else PUBLIC
    if actor.may("see_all"):
        return true()
    if not actor.may("queue") or not actor.departments:
        return false()
    return Report.department_id.in_(actor.departments)


def find(db: Db, reference: str, actor: Actor, *, lock: bool = False) -> Report:
    """Return a report by its reference, or raise NotFound: also where it is not for this actor."""
    asked = select(Report).where(Report.reference == tidy(reference), visible_to(actor))
    report = db.scalar(asked.with_for_update() if lock else asked)
    if report is None:
        raise NotFound(f"there is no report {reference} here")
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


def timeline(db: Db, report: Report, *, internal: bool) -> list[Entry]:
    """Return a report's events, oldest first; with the internal ones only for staff."""
    beside = (EventText.report_number == Event.report_number) & (EventText.seq == Event.seq)
    asked = (
        select(Event, EventText.body).outerjoin(EventText, beside)
        .where(Event.report_number == report.number).order_by(Event.seq)
    )
    if not internal:
        asked = asked.where(Event.public)
    return [
        Entry(e.seq, e.verb, e.occurred_at, e.recorded_at, e.source, e.actor, e.public, e.status,
              e.facts, _readable(e, body, internal=internal))
        for e, body in db.execute(asked)
    ]


def _readable(event: Event, body: str | None, *, internal: bool) -> dict[str, Any]:
    text: dict[str, Any] = json.loads(body) if body else {}
    if not internal:
        # A note is written for colleagues even where the step itself is public.
        text.pop("note", None)
    return text


@dataclass(frozen=True)
class Around:
    """What stands beside a report: where it is, its areas and its photos."""

    point: Point | None
    areas: tuple[tuple[str, str, str], ...]  # layer, code, name
    photos: tuple[str, ...]


def around(db: Db, report: Report) -> Around:
    """Return what stands beside a report: three small statements."""
    spot = db.execute(
        select(latitude(Report.place), longitude(Report.place))
        .where(Report.number == report.number)
    ).one()
    areas = db.execute(
        select(Area.layer, Area.code, Area.name).join(ReportArea, ReportArea.area_id == Area.id)
        .where(ReportArea.report_number == report.number).order_by(Area.layer)
    )
    photos = db.scalars(
        select(ReportPhoto.digest).where(ReportPhoto.report_number == report.number)
        .order_by(ReportPhoto.position)
    )
    point = Point(*spot) if spot[0] is not None else None
    return Around(point, tuple((a, b, c) for a, b, c in areas), tuple(photos))


def photo_is_public(db: Db, digest: str) -> bool:
    """Say whether a photo belongs to a report that everybody may see."""
    asked = select(func.count()).select_from(ReportPhoto).join(
        Report, Report.number == ReportPhoto.report_number
    )
    return bool(db.scalar(asked.where(ReportPhoto.digest == digest, PUBLIC)))


def photo_is_kept(db: Db, digest: str) -> bool:
    """Say whether any report holds a photo, for the janitor."""
    asked = select(ReportPhoto.digest).where(ReportPhoto.digest == digest).limit(1)
    return db.scalar(asked) is not None


def count_reports(db: Db) -> int:
    """Return how many reports there are, of any visibility."""
    return db.scalar(select(func.count()).select_from(Report)) or 0


@dataclass(frozen=True)
class Filter:
    """One view of the public reports: it gives both the WHERE and the address of the page."""

    service: str = ""
    department: str = ""
    status: str = ""  # open, closed, or one of the six
    words: str = ""

    def where(self, services: Mapping[str, int], departments: Mapping[str, int]
              ) -> list[ColumnElement[bool]]:
        """Return the conditions, given the ids by code. An unknown code matches nothing."""
        found: list[ColumnElement[bool]] = []
        if self.service:
            found.append(Report.service_id == services.get(self.service, -1))
        if self.department:
            found.append(Report.department_id == departments.get(self.department, -1))
        if self.status == "open":
            found.append(Report.status != "closed")
        elif self.status:
            found.append(Report.status == self.status)
        for word in self.words.split()[:6]:
            pattern = f"%{_literal(word)}%"
            found.append(or_(
                Report.description.ilike(pattern, escape="\\"),
                Report.address.ilike(pattern, escape="\\"),
                Report.reference == tidy(word),
            ))
        return found

    @property
    def query(self) -> dict[str, str]:
        """Return the filter as it stands in an address."""
        given = {"service": self.service, "department": self.department, "status": self.status,
                 "q": self.words}
        return {key: value for key, value in given.items() if value}


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def public_reports(conditions: Sequence[ColumnElement[bool]]) -> Select[Report]:
    """Select public reports, newest first."""
    return (
        select(Report).where(PUBLIC, *conditions)
        .order_by(Report.received_at.desc(), Report.number.desc())
    )
