"""What we store of a report. The timeline is the truth; the report's own row is derived from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Instant, Json, Key, Reference


class Report(Base):
    """A request as it stands now."""

    __tablename__ = "report"
    __table_args__ = (
        Index("ix_report_queue", "department_id", "status", "due_at"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
    )
    number: Mapped[Key]  # ours alone, never shown
    id: Mapped[UUID] = mapped_column(unique=True)  # made by the client: the idempotency key
    reference: Mapped[str] = mapped_column(String(12), unique=True)  # what people read aloud
    fingerprint: Mapped[str] = mapped_column(String(64))  # of what was sent under the id
    service_id: Mapped[Reference] = mapped_column(ForeignKey("service.id"), index=True)
    department_id: Mapped[Reference] = mapped_column(ForeignKey("department.id"))
    contact_id: Mapped[Reference | None] = mapped_column(ForeignKey("contact.id"))
    place: Mapped[Any | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    address: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    answers: Mapped[Json]
    language: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str | None] = mapped_column(String(120), index=True)
    status: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))
    visibility: Mapped[str] = mapped_column(String(8))
    verification: Mapped[str] = mapped_column(String(20))
    why: Mapped[Json]  # the routing decision in force
    received_at: Mapped[Instant] = mapped_column(index=True)
    due_at: Mapped[Instant | None]
    first_response_at: Mapped[Instant | None]
    closed_at: Mapped[Instant | None]
    updated_at: Mapped[Instant] = mapped_column(index=True)
    events: Mapped[int]  # how many stand on the timeline
    head: Mapped[str] = mapped_column(String(64))  # hash of the last of them


class Event(Base):
    """One step in a report's life. Written once, never changed.

    Every column is covered by `hash`, and `hash` also covers the one before it.
    """

    __tablename__ = "report_event"
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)  # 1, 2, 3 …
    verb: Mapped[str] = mapped_column(String(24))
    occurred_at: Mapped[Instant]
    recorded_at: Mapped[Instant] = mapped_column(index=True)
    source: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(80))
    public: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))  # after the step
    facts: Mapped[Json]
    commitment: Mapped[str] = mapped_column(String(64))  # to the text; "" without one
    hash: Mapped[str] = mapped_column(String(64))


class EventText(Base):
    """What people wrote, beside its event, so that the law can erase it and the chain still hold."""

    __tablename__ = "report_event_text"
    __table_args__ = (
        ForeignKeyConstraint(
            ["report_number", "seq"], ["report_event.report_number", "report_event.seq"]
        ),
    )
    report_number: Mapped[Reference] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[str] = mapped_column(Text)  # a JSON object, exactly as it was committed to


class ReportArea(Base):
    """The areas a report lay in on the day it was made. Later borders do not move it."""

    __tablename__ = "report_area"
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)
    area_id: Mapped[Reference] = mapped_column(
        ForeignKey("area.id"), primary_key=True, index=True
    )


class ReportPhoto(Base):
    """A photo of a report; the picture itself is kept by `media` under its digest."""

    __tablename__ = "report_photo"
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
