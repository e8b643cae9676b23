"""Planned works ("resurfacing in May"): one date and one answer for the many reports it settles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    and_,
    delete,
    false,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.catalog import catalog
from civicconnect.db import Base, Db, Instant, Json, Key, Reference
from civicconnect.errors import NotFound
from civicconnect.geo import (
    Area,
    Point,
    area_index,
    box_round,
    in_box,
    latitude,
    longitude,
    metres_to_line,
    shape_along,
)
from civicconnect.reports.lifecycle import BY_VERB
from civicconnect.reports.models import IS_OPEN, Event, Report, ReportArea
from civicconnect.reports.queries import OF_EACH, visible_to
from civicconnect.reports.recording import record

ON, DONE, OFF = "planned", "done", "called_off"
MOST_SUGGESTED = 100
HIGHEST = 2 ** 63 - 1  # number that either engine compares
LOOKED_AT = 2000


class Work(Base):
    """Work that a department plans at a place and for a while.

    area      "layer:code", where it is a whole area; or else
    points    [latitude, longitude] each; with `is_line` also everything between one and the next
    version   how often it was changed: whoever changes it has seen the last
    """

    __tablename__ = "planned_work"
    __table_args__ = (Index("ix_planned_work_department_id_state", "department_id", "state"),)
    id: Mapped[Key]
    department_id: Mapped[Reference] = mapped_column(ForeignKey("department.id"))
    title: Mapped[str] = mapped_column(String(120))
    words: Mapped[str] = mapped_column(Text)  # everybody reads them
    begins: Mapped[date] = mapped_column(Date)
    ends: Mapped[date] = mapped_column(Date)
    area: Mapped[str] = mapped_column(String(160))
    address: Mapped[str] = mapped_column(Text)  # the place in words, a line for each point
    points: Mapped[Json]
    is_line: Mapped[bool]
    reach: Mapped[int]  # metres
    services: Mapped[Json]  # ids, those whose reports it settles
    state: Mapped[str] = mapped_column(String(12))  # planned, done, called_off
    version: Mapped[int]
    made_at: Mapped[Instant]
    made_by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[Instant | None]

    @property
    def place(self) -> list[Point]:
        return [Point(lat, long) for lat, long in self.points]


class Covered(Base):
    """A report that a planned work settles, until it is taken out."""

    __tablename__ = "planned_work_report"
    __table_args__ = (
        Index("uq_planned_work_report", "report_number", unique=True,
              postgresql_where=text("left_at IS NULL"), sqlite_where=text("left_at IS NULL")),
    )
    id: Mapped[Key]
    work_id: Mapped[Reference] = mapped_column(ForeignKey("planned_work.id"), index=True)
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    since: Mapped[Instant]
    left_at: Mapped[Instant | None]


class WorkArea(Base):
    """An area that a planned work lies in, wholly or in part, as both were when it was last written down."""

    __tablename__ = "planned_work_area"
    work_id: Mapped[Reference] = mapped_column(ForeignKey("planned_work.id"), primary_key=True)
    area_id: Mapped[Reference] = mapped_column(ForeignKey("area.id"), primary_key=True, index=True)


def _to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition for the works an actor may open: those of their departments, and in their areas.

    Whoever is limited to areas opens what lies in one of them, in part too, and what covers a report there.
    """
    if not actor.may("see_all") and not actor.departments:
        return false()
    own: ColumnElement[bool] = true() if actor.may("see_all") else Work.department_id.in_(actor.departments)
    if not actor.areas:
        return own
    there = select(WorkArea.work_id).where(WorkArea.area_id.in_(actor.areas))
    theirs = select(Covered.work_id).join(Report, Report.number == Covered.report_number).where(
        Covered.left_at.is_(None), visible_to(actor))
    return and_(own, or_(Work.id.in_(there), Work.id.in_(theirs)))


def lies_within(db: Db, actor: Actor, work: Work) -> bool:
    """Say whether a work lies wholly in the areas of somebody who is limited to some."""
    return not actor.areas or holds(db, actor, shape_of(db, work.area, work.place, is_line=work.is_line))


def holds(db: Db, actor: Actor, shape: Any) -> bool:
    """Say whether a place lies wholly in the areas of somebody who is limited to some."""
    return not actor.areas or (not shape.is_empty and area_index(db).hold(actor.areas, shape))


def holds_area(db: Db, actor: Actor, key: str) -> bool:
    """Say the same of an area, as "layer:code"."""
    return not actor.areas or holds(db, actor, shape_of(db, key, (), is_line=False))


def shape_of(db: Db, area: str, points: Sequence[Point], *, is_line: bool) -> Any:
    """Return where a work is as one shape: an area as it is drawn today, or places and what lies between."""
    if not area:
        return shape_along(points, is_line=is_line)
    layer, _, code = area.partition(":")
    return area_index(db).shape_of(layer, code, catalog(db).city.day(clock.now()))


def lay_down(db: Db, work: Work) -> None:
    """Note which areas a work lies in now."""
    shape = shape_of(db, work.area, work.place, is_line=work.is_line)
    found = {area.id for area in area_index(db).touched(shape, catalog(db).city.day(clock.now()))}
    found |= set(db.scalars(areas_called(work.area))) if work.area else set()
    db.execute(delete(WorkArea).where(WorkArea.work_id == work.id))
    db.add_all(WorkArea(work_id=work.id, area_id=one) for one in sorted(found))
    db.flush()


def works_for(db: Db, actor: Actor) -> list[tuple[Work, int]]:
    """Return the works an actor may open, each with how many reports of theirs it covers: the next first."""
    count = (select(func.count()).select_from(Covered).join(Report, Report.number == Covered.report_number)
             .where(Covered.work_id == Work.id, Covered.left_at.is_(None), visible_to(actor))
             .correlate(Work).scalar_subquery())
    asked = select(Work, count).where(_to(actor)).order_by((Work.state != ON), Work.begins, Work.id)
    return list(db.execute(asked).tuples())


def find_work(db: Db, actor: Actor, number: int, *, lock: bool = False) -> Work:
    """Return a work, or raise NotFound: also where it is another department's, or elsewhere."""
    asked = select(Work).where(Work.id == min(number, HIGHEST), _to(actor))
    work = db.scalar(asked.with_for_update() if lock else asked)
    if work is None:
        raise NotFound("there is no such work here")
    return work


def covered(db: Db, work: Work, *, lock: bool = False) -> list[Report]:
    """Return the reports that a work settles, in the order they came in."""
    asked = (select(Report).join(Covered, Covered.report_number == Report.number)
             .where(Covered.work_id == work.id, Covered.left_at.is_(None)).order_by(Report.number))
    return list(db.scalars(asked.with_for_update(of=Report) if lock else asked))


def covered_seen_by(db: Db, actor: Actor, work: Work, *, lock: bool = False) -> list[Report]:
    """Return those that an actor may open."""
    asked = (select(Report).join(Covered, Covered.report_number == Report.number)
             .where(Covered.work_id == work.id, Covered.left_at.is_(None), visible_to(actor))
             .order_by(Report.number))
    return list(db.scalars(asked.with_for_update(of=Report) if lock else asked))


def suggested(db: Db, actor: Actor, work: Work) -> list[Report]:
    """Return open reports in reach and of the services of a work that none covers yet, the oldest first."""
    settled = select(Covered.report_number).join(Work, Work.id == Covered.work_id).where(
        Covered.left_at.is_(None), Work.state == ON)
    asked = select(Report, latitude(Report.place), longitude(Report.place)).where(
        IS_OPEN, visible_to(actor, OF_EACH), Report.service_id.in_(work.services),
        Report.number.not_in(settled), Report.status.in_(BY_VERB["plan"].starts))
    if work.area:
        inside = select(ReportArea.report_number).where(ReportArea.area_id.in_(areas_called(work.area)))
        asked = asked.where(Report.number.in_(inside))
    else:
        asked = asked.where(in_box(Report.place, box_round(work.place, work.reach)))
    rows = db.execute(asked.order_by(Report.received_at, Report.number).limit(LOOKED_AT))
    found = [report for report, lat, long in rows if work.area or reaches(work, Point(lat, long))]
    return found[:MOST_SUGGESTED]


def areas_called(key: str) -> Select[int]:
    """Select the ids of an area told as "layer:code", whatever its borders were over the years."""
    layer, _, code = key.partition(":")
    return select(Area.id).where(Area.layer == layer, Area.code == code)


def reaches(work: Work, point: Point) -> bool:
    """Say whether a place lies within reach of a work that is told by points."""
    lines = [work.place] if work.is_line else [[one] for one in work.place]
    return min(metres_to_line(point, line) for line in lines) <= work.reach


def work_of(db: Db, number: int) -> Work | None:
    """Return the planned work that settles a report; None where there is none."""
    asked = select(Work).join(Covered, Covered.work_id == Work.id)
    return db.scalar(asked.where(Covered.report_number == number, Covered.left_at.is_(None)))


def let_go(db: Db, number: int) -> int | None:
    """Let a report go from the work that covers it. Returns the work's id; None where there is none."""
    row = db.scalar(select(Covered).where(Covered.left_at.is_(None), Covered.report_number == number))
    if row is None:
        return None
    row.left_at = clock.now()
    db.flush()
    return row.work_id


def come_back(db: Db, report: Report, since: int, until: int) -> None:
    """Let the work that a report has left cover it again, where that is still planned.

    since, until    places on its timeline: it left after the first, and at the second or before
    """
    left = select(Event.facts["work"].as_integer()).where(
        Event.report_number == report.number, Event.verb == "uncover", Event.seq > since, Event.seq <= until)
    work_id = db.scalar(left.order_by(Event.seq.desc()).limit(1))
    if work_id is None or work_of(db, report.number) is not None:
        return
    asked = select(Covered).join(Work, Work.id == Covered.work_id).where(
        Covered.report_number == report.number, Work.id == work_id, Work.state == ON)
    row = db.scalar(asked.order_by(Covered.id.desc()).limit(1))
    if row is not None:
        row.left_at = None


def leave(db: Db, actor: Actor, report: Report) -> None:
    """Let a report go from the work that covers it, and note that for colleagues: others have it now."""
    work_id = let_go(db, report.number)
    if work_id is not None:
        record(db, report, "uncover", actor, {"work": work_id}, public=False)


def works_at(db: Db, point: Point, service_id: int, areas: Sequence[str], today: date) -> list[Work]:
    """Return what is planned at a place for a service, the next first: one statement.

    areas    that the place lies in, as "layer:code"
    """
    asked = select(Work).where(Work.state == ON, Work.ends >= today, or_(
        Work.area == "", Work.area.in_(areas))).order_by(Work.begins, Work.id)
    return [work for work in db.scalars(asked)
            if service_id in work.services and (work.area or reaches(work, point))]
