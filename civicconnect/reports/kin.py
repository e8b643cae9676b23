"""How reports belong together: merged into a lead, part of a parent, and told of in one letter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Select,
    String,
    false,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.accounts import Actor
from civicconnect.db import Base, Db, Instant, Json, Key, Reference
from civicconnect.reports.models import IS_OPEN, Report, ReportPhoto
from civicconnect.reports.queries import HIDDEN, PUBLIC, SHOWN, opened_to, tidy


class Merge(Base):
    """A report that goes on in another one, its lead, from its closing as a repeat until it is taken out.

    before    where the report stood, as JSON keeps it, so that taking it out puts it back there
    """

    __tablename__ = "report_merge"
    __table_args__ = (
        # A report goes on in one lead at most.
        Index("uq_report_merge_child", "child_number", unique=True, postgresql_where=text("ended_at IS NULL"),
              sqlite_where=text("ended_at IS NULL")),
        Index("ix_report_merge_lead", "lead_number", postgresql_where=text("ended_at IS NULL"),
              sqlite_where=text("ended_at IS NULL")),
    )
    id: Mapped[Key]
    child_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    lead_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    seq: Mapped[int]  # of the closing, on the child's timeline
    before: Mapped[Json]
    at: Mapped[Instant]
    ended_at: Mapped[Instant | None]


class Part(Base):
    """One of several troubles that a report, the parent, told of; answered on its own."""

    __tablename__ = "report_part"
    child_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)
    parent_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), index=True)


class Together(Base):
    """An event that is told of in one letter with others: whoever hears of several gets one of them.

    place    which of them they get, where nothing else decides: the first
    """

    __tablename__ = "report_event_together"
    __table_args__ = (
        ForeignKeyConstraint(
            ["report_number", "seq"], ["report_event.report_number", "report_event.seq"]
        ),
    )
    report_number: Mapped[Reference] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    bundle: Mapped[str] = mapped_column(String(32), index=True)
    place: Mapped[int]


MERGED = Merge.ended_at.is_(None)


def related(db: Db, numbers: Collection[int] | Select[int]) -> frozenset[int]:
    """Return which of some reports belong together with others: one statement.

    numbers    of the reports, or a statement that selects them
    """
    sides = ((Merge.child_number, MERGED), (Merge.lead_number, MERGED),
             (Part.child_number, true()), (Part.parent_number, true()))
    asked = (select(side).where(is_so, side.in_(numbers)) for side, is_so in sides)
    return frozenset(db.scalars(union_all(*asked)))


def merge_of(db: Db, number: int) -> Merge | None:
    """Return how a report goes on in a lead; None where it stands on its own."""
    return db.scalar(select(Merge).where(MERGED, Merge.child_number == number))


def lead_of(db: Db, report: Report, *, lock: bool = False) -> Report | None:
    """Return the report that one goes on in; None where it stands on its own."""
    asked = select(Report).join(Merge, Merge.lead_number == Report.number).where(
        MERGED, Merge.child_number == report.number)
    return db.scalar(asked.with_for_update(of=Report) if lock else asked)


def merged_into(db: Db, number: int, *, lock: bool = False) -> list[Report]:
    """Return the reports that go on in one, in order of their number."""
    asked = select(Report).join(Merge, Merge.child_number == Report.number).where(
        MERGED, Merge.lead_number == number).order_by(Report.number)
    return list(db.scalars(asked.with_for_update(of=Report) if lock else asked))


def parent_of(db: Db, report: Report, *, lock: bool = False) -> Report | None:
    """Return the report that one is a part of."""
    asked = select(Report).join(Part, Part.parent_number == Report.number).where(
        Part.child_number == report.number)
    return db.scalar(asked.with_for_update(of=Report) if lock else asked)


def parts_of(db: Db, number: int, *, is_open: bool = False, lock: bool = False) -> list[Report]:
    """Return the parts of a report in the order they were made."""
    asked = select(Report).join(Part, Part.child_number == Report.number).where(
        Part.parent_number == number).order_by(Report.number)
    asked = asked.where(IS_OPEN) if is_open else asked
    return list(db.scalars(asked.with_for_update(of=Report) if lock else asked))


def shared_photo(db: Db, number: int, digest: str) -> list[tuple[Report, ReportPhoto]]:
    """Return the rows of a photo at a report, its parent and all parts: one picture, wherever it is."""
    parent = db.scalar(select(Part.parent_number).where(Part.child_number == number)) or number
    parts = select(Part.child_number).where(Part.parent_number == parent)
    asked = select(Report, ReportPhoto).join(ReportPhoto, ReportPhoto.report_number == Report.number).where(
        or_(Report.number == parent, Report.number.in_(parts)), ReportPhoto.digest == digest)
    return list(db.execute(asked.order_by(Report.number)).tuples())


def photos_at_parts(db: Db, number: int) -> list[tuple[Report, ReportPhoto]]:
    """Return the photos of a report that can be seen at parts of it, each with its part."""
    own = select(ReportPhoto.digest).where(ReportPhoto.report_number == number)
    asked = (select(Report, ReportPhoto).join(ReportPhoto, ReportPhoto.report_number == Report.number)
             .join(Part, Part.child_number == Report.number)
             .where(Part.parent_number == number, ReportPhoto.digest.in_(own), ReportPhoto.state != HIDDEN))
    return list(db.execute(asked.order_by(Report.number, ReportPhoto.position)).tuples())


def is_part(db: Db, number: int) -> bool:
    """Say whether a report is a part of another: its sender was told of it there."""
    return db.get(Part, number) is not None


@dataclass(frozen=True)
class Kin:
    """The reports that one belongs together with. Of strangers: those that they may read.

    lead, merged      what it goes on in, and what goes on in it
    parent, parts     what it is a part of, and its own parts
    opened            numbers of those that its reader among staff may open
    """

    lead: Report | None
    merged: Sequence[Report]
    parent: Report | None
    parts: Sequence[Report]
    opened: Collection[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.lead or self.merged or self.parent or self.parts)


def kinship(
    db: Db, report: Report, *, internal: bool, sender: bool = False, reader: Actor | None = None
) -> Kin:
    """Return what a report belongs together with, each in order of number: one statement.

    internal    for staff: also what strangers may not read
    sender      for whoever sent it: also its parts, or what it is a part of, which they sent too
    reader      of staff: whose own field the others may be outside of
    """
    number = report.number
    beside = union_all(
        select(literal("lead").label("what"), Merge.lead_number.label("number")).where(
            MERGED, Merge.child_number == number),
        select(literal("merged"), Merge.child_number).where(MERGED, Merge.lead_number == number),
        select(literal("parent"), Part.parent_number).where(Part.child_number == number),
        select(literal("part"), Part.child_number).where(Part.parent_number == number)).subquery()
    found: dict[str, list[Report]] = {"lead": [], "merged": [], "parent": [], "part": []}
    opens = opened_to(reader) if reader else false()
    asked = select(beside.c.what, Report, opens).join(beside, beside.c.number == Report.number)
    opened = set()
    for what, one, is_open in db.execute(asked.order_by(Report.number)).tuples():
        if internal or one.visibility == "public" or (sender and what in ("parent", "part")):
            found[what].append(one)
            opened |= {one.number} if is_open else set()
    return Kin(next(iter(found["lead"]), None), found["merged"], next(iter(found["parent"]), None),
               found["part"], opened)


def photos_beside(db: Db, number: int, *, internal: bool) -> list[tuple[str, str]]:
    """Return the photos of the reports that go on in one, and that it has not itself, each once.

    returns    (reference of the report it came with, digest)
    """
    own = select(ReportPhoto.digest).where(ReportPhoto.report_number == number)
    asked = (
        select(Report.reference, ReportPhoto.digest)
        .join(ReportPhoto, ReportPhoto.report_number == Report.number)
        .join(Merge, Merge.child_number == Report.number)
        .where(MERGED, Merge.lead_number == number, ReportPhoto.stage != "done",
               ReportPhoto.digest.not_in(own))
        .order_by(Report.number, ReportPhoto.position)
    )
    if not internal:
        asked = asked.where(PUBLIC, Report.text_told, ReportPhoto.state == SHOWN)
    found: dict[str, str] = {}
    for reference, digest in db.execute(asked):
        found.setdefault(digest, reference)
    return [(reference, digest) for digest, reference in found.items()]


def tell_together(db: Db, events: Sequence[tuple[int, int]]) -> None:
    """Let everybody hear of some events in one letter, by the first of them that concerns them.

    events    as (report's number, place on its timeline); those that are told together already are left
    """
    known = {(row.report_number, row.seq): row.bundle for row in db.scalars(
        select(Together).where(Together.report_number.in_([number for number, _ in events])))}
    bundle = next((known[event] for event in events if event in known), uuid4().hex)
    db.add_all(Together(report_number=number, seq=seq, bundle=bundle, place=place)
               for place, (number, seq) in enumerate(events) if (number, seq) not in known)
    db.flush()


def told_together(db: Db, number: int, seq: int) -> list[int]:
    """Return the numbers of the reports whose people hear of an event together, the first one first."""
    bundle = select(Together.bundle).where(Together.report_number == number, Together.seq == seq)
    asked = select(Together.report_number).where(Together.bundle == bundle.scalar_subquery())
    return list(dict.fromkeys(db.scalars(asked.order_by(Together.place, Together.report_number)))) or [number]


def hold_all(db: Db, *references: str) -> None:
    """Lock some reports with their leads, parents, parts and fellow parts, the lowest number first.

    So two people who merge at once, or who close the last two parts, never wait for each other in a ring.
    """
    asked = select(Report.number).where(Report.reference.in_([tidy(one) for one in references if one]))
    numbers = list(db.scalars(asked))
    beside = union_all(
        select(Merge.lead_number).where(MERGED, Merge.child_number.in_(numbers)),
        select(Merge.child_number).where(MERGED, Merge.lead_number.in_(numbers)),
        select(Part.parent_number).where(Part.child_number.in_(numbers)),
        select(Part.child_number).where(or_(Part.parent_number.in_(numbers), Part.parent_number.in_(
            select(Part.parent_number).where(Part.child_number.in_(numbers))))))
    everybody = sorted({*numbers, *db.scalars(beside)})
    db.execute(select(Report.number).where(Report.number.in_(everybody)).order_by(Report.number)
               .with_for_update())
