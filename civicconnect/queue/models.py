"""Views that staff keep, and steps on many reports with what became of each."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Instant, Json, Key, Reference


class SavedView(Base):
    """A view of the queue under a name: one's own, or for all of a department."""

    __tablename__ = "saved_view"
    id: Mapped[Key]
    staff_id: Mapped[Reference] = mapped_column(ForeignKey("staff.id"), index=True)  # who made it
    department_id: Mapped[Reference | None] = mapped_column(ForeignKey("department.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[Json]  # as it stands in an address
    made_at: Mapped[Instant]


class Bulk(Base):
    """The same thing done to many reports, by one person, at once."""

    __tablename__ = "bulk"
    id: Mapped[Key]
    staff_id: Mapped[Reference] = mapped_column(ForeignKey("staff.id"), index=True)
    action: Mapped[str] = mapped_column(String(12))  # a code of ACTIONS; "" until one is chosen
    given: Mapped[Json]  # what was typed; its words go once it is done, for they stand on the timelines
    state: Mapped[str] = mapped_column(String(8))  # draft, asked, done, undoing, undone
    made_at: Mapped[Instant]
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    undo_until: Mapped[Instant | None]


class BulkItem(Base):
    """One report of many: how much of it was seen, and what became of it."""

    __tablename__ = "bulk_item"
    __table_args__ = (Index("ix_bulk_item_state", "bulk_id", "state", "report_number"),)
    bulk_id: Mapped[Reference] = mapped_column(ForeignKey("bulk.id"), primary_key=True)
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)
    seen: Mapped[int]  # how many events stood on its timeline
    state: Mapped[str] = mapped_column(String(8))  # waiting, done, same, refused, undone, stays
    seq: Mapped[int | None]  # of the event it made
    before: Mapped[Json | None]  # where the report stood, as `reports.kept` says
    said: Mapped[Json | None]  # why not
