"""What we store of a report. The timeline is the truth; the report's own row is derived from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Instant, Json, Key, Reference


class Report(Base):
    """A request as it stands now."""

    __tablename__ = "report"
    __table_args__ = (
        # What a department has dealt with: all of its reports, the last changed first.
        Index("ix_report_queue", "department_id", "updated_at", "number", "status"),
        Index("ix_report_service", "service_id", "received_at"),
        # What is counted of the open ones: those of a department stand together, the late ones first.
        Index("ix_report_open", "department_id", "due_at", "number", "service_id", "status", "updated_at",
              "received_at", postgresql_where=text("status <> 'closed'"),
              sqlite_where=text("status <> 'closed'")),
        Index("ix_report_cell", "cell", "service_id", "received_at"),
        # What was reported already around a place: found in it, with no look at the reports themselves.
        Index("ix_report_open_cell", "cell", "service_id", "received_at", "place_told", "visibility",
              "status", "number", postgresql_where=text("status <> 'closed'"),
              sqlite_where=text("status <> 'closed'")),
        Index("ix_report_assigned", "assigned_to", "due_at", postgresql_where=text("assigned_to IS NOT NULL"),
              sqlite_where=text("assigned_to IS NOT NULL")),
        # The queue in its order, with all it chooses by; and the few that it names first.
        Index("ix_report_rank", "rank", "number", "department_id", "service_id", "status", "due_at",
              "updated_at", "assigned_to", "priority", postgresql_where=text("status <> 'closed'"),
              sqlite_where=text("status <> 'closed'")),
        Index("ix_report_reopened", "rank", postgresql_where=text("reopened"),
              sqlite_where=text("reopened = 1")),
        Index("ix_report_answered", "rank", postgresql_where=text("answered"),
              sqlite_where=text("answered = 1")),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
    )
    number: Mapped[Key]  # ours alone, never shown
    id: Mapped[UUID] = mapped_column(unique=True)  # made by the client: the idempotency key
    reference: Mapped[str] = mapped_column(String(12), unique=True)  # what people read aloud
    fingerprint: Mapped[str] = mapped_column(String(64))  # of what was sent under the id
    service_id: Mapped[Reference] = mapped_column(ForeignKey("service.id"))
    department_id: Mapped[Reference] = mapped_column(ForeignKey("department.id"))
    contact_id: Mapped[Reference | None] = mapped_column(ForeignKey("contact.id"))
    place: Mapped[Any | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    # The square it lies in, `geo.cell_of`: by it the open ones around a place are found among millions.
    cell: Mapped[int | None] = mapped_column(BigInteger)
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
    priority: Mapped[str] = mapped_column(String(8), default="normal", server_default="normal")
    # What strangers are told: of the place (exact, rounded, area), and whether of words and photos.
    place_told: Mapped[str] = mapped_column(String(8), default="exact", server_default="exact")
    text_told: Mapped[bool] = mapped_column(default=True, server_default=true())
    why: Mapped[Json]  # the routing decision in force
    received_at: Mapped[Instant] = mapped_column(index=True)
    due_at: Mapped[Instant | None]
    first_response_at: Mapped[Instant | None]
    closed_at: Mapped[Instant | None]
    updated_at: Mapped[Instant] = mapped_column(index=True)
    events: Mapped[int]  # how many stand on the timeline
    people: Mapped[int] = mapped_column(default=1, server_default="1")  # whom it affects, its sender too
    # Whose work it is within its department: a colleague, a team as the department calls it, or nobody's yet.
    # No foreign key: the embedded engine could not take such a column back, and staff are never removed.
    assigned_to: Mapped[Reference | None]
    team: Mapped[str] = mapped_column(String(40), default="", server_default="")
    answered_at: Mapped[Instant | None]  # by its sender, and no staff has looked at it yet
    hops: Mapped[int] = mapped_column(default=0, server_default="0")  # from one department to another
    owner_settled: Mapped[bool] = mapped_column(default=False, server_default=false())  # for good
    head: Mapped[str] = mapped_column(String(64))  # hash of the last of them
    # What the queue names, kept by `recording.py`: open again; its people wrote, and nobody has answered.
    reopened: Mapped[bool] = mapped_column(default=False, server_default=false())
    answered: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Where it stands in the queue: the database counts it from the columns above, by `queue/ranking.py`.
    rank: Mapped[int] = mapped_column(BigInteger, FetchedValue(), nullable=True)


# Said in the very words of the index of open reports, or no engine would look there.
IS_OPEN = Report.status != literal_column("'closed'")


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
    # All that lie in an area, read off the index alone.
    __table_args__ = (Index("ix_report_area_area_id", "area_id", "report_number"),)
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)
    area_id: Mapped[Reference] = mapped_column(ForeignKey("area.id"), primary_key=True)


class ReportSquare(Base):
    """How many reports are told to lie in a square of `geo.GRID_DEGREES`, for wide views and counts.

    Kept by `squares.py` in the transaction that changes a report. Those that strangers are told to lie
    in no square, and all that are not public, are counted in the one at NOWHERE.
    """

    __tablename__ = "report_square"
    east: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # floor(degrees / GRID_DEGREES)
    north: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    service_id: Mapped[Reference] = mapped_column(ForeignKey("service.id"), primary_key=True)
    department_id: Mapped[Reference] = mapped_column(ForeignKey("department.id"), primary_key=True)
    is_open: Mapped[bool] = mapped_column(primary_key=True)
    is_public: Mapped[bool] = mapped_column(primary_key=True)
    reports: Mapped[int]
    # Sums over all, in millionths of a degree: whole numbers stay exact however often one comes and goes.
    lats: Mapped[int] = mapped_column(BigInteger)
    longs: Mapped[int] = mapped_column(BigInteger)


class ReportBlock(Base):
    """The same for public reports in smaller squares of `squares.BLOCK_DEGREES`, whatever they ask for."""

    __tablename__ = "report_block"
    east: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    north: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_open: Mapped[bool] = mapped_column(primary_key=True)
    reports: Mapped[int]
    lats: Mapped[int] = mapped_column(BigInteger)
    longs: Mapped[int] = mapped_column(BigInteger)


class ReportPhoto(Base):
    """A photo of a report; the picture itself is kept by `media` under its digest."""

    __tablename__ = "report_photo"
    __table_args__ = (
        Index("ix_report_photo_waiting", "report_number", postgresql_where=text("state = 'waiting'"),
              sqlite_where=text("state = 'waiting'")),
        Index("ix_report_photo_original", "original", postgresql_where=text("original IS NOT NULL"),
              sqlite_where=text("original IS NOT NULL")),
    )
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    # What it shows: the trouble as it was reported, more of it sent later, or the finished work.
    stage: Mapped[str] = mapped_column(String(8), default="report", server_default="report")
    likeness: Mapped[int | None] = mapped_column(BigInteger)  # of pictures: `media.Photo.likeness`
    # Who sees it: everybody, its sender and staff until somebody has looked, or for good only they.
    state: Mapped[str] = mapped_column(String(8), default="shown", server_default="shown")  # waiting, hidden
    original: Mapped[str | None] = mapped_column(String(64))  # what was blurred, sealed under this digest


class Flag(Base):
    """Somebody's word that strangers should not see something of a report."""

    __tablename__ = "report_flag"
    __table_args__ = (
        UniqueConstraint("report_number", "person"),
        Index("ix_report_flag_open", "report_number", postgresql_where=text("decided_at IS NULL"),
              sqlite_where=text("decided_at IS NULL")),
    )
    id: Mapped[Key]
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    person: Mapped[str] = mapped_column(String(64))  # keyed hash: everybody flags a report once
    reason: Mapped[str] = mapped_column(String(12))  # personal, insulting, not_report, other
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[str] = mapped_column(String(80))


class Block(Base):
    """From whom, or from where without a name, the city takes no reports for a while.

    Taken off, it stays with who did so: nothing of the list is ever forgotten but by `until`.
    """

    __tablename__ = "block"
    __table_args__ = (
        CheckConstraint("(person = '') <> (area = '')", name="person_or_area"),
        CheckConstraint("since < until", name="ends_after_it_begins"),
    )
    id: Mapped[Key]
    person: Mapped[str] = mapped_column(String(64), index=True)  # keyed hash of an e-mail address; or ""
    area: Mapped[str] = mapped_column(String(160))  # "layer:code": no anonymous reports from there; or ""
    since: Mapped[Instant]
    until: Mapped[Instant]
    reason: Mapped[str] = mapped_column(Text)  # told to whoever is refused
    made_at: Mapped[Instant]
    made_by: Mapped[str] = mapped_column(String(80))
    removed_at: Mapped[Instant | None]
    removed_by: Mapped[str] = mapped_column(String(80))


class Follower(Base):
    """Somebody who has to do with a report: who sent it, whom it affects too, who only follows it."""

    __tablename__ = "report_follower"
    __table_args__ = (UniqueConstraint("report_number", "person"),)
    id: Mapped[Key]
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    person: Mapped[str] = mapped_column(String(64), index=True)  # keyed hash: nobody counts twice
    role: Mapped[str] = mapped_column(String(8))  # sent, affected, follows; left: was here already
    contact_id: Mapped[Reference | None] = mapped_column(ForeignKey("contact.id"), index=True)
    language: Mapped[str] = mapped_column(String(12))
    since: Mapped[Instant]
    is_told: Mapped[bool]  # gets letters: there is an address, and nobody stopped them


class Verdict(Base):
    """What somebody found after the city had closed a report; the last one somebody gave counts."""

    __tablename__ = "report_verdict"
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)
    closing: Mapped[int] = mapped_column(primary_key=True)  # the closing's place on the timeline
    follower_id: Mapped[Reference] = mapped_column(ForeignKey("report_follower.id"), primary_key=True)
    says: Mapped[str] = mapped_column(String(12))  # fixed, still_there, cannot_tell
    at: Mapped[Instant]


class Incoming(Base):
    """What came in by another door: a letter that waits for a person, or a partner's post, to count once.

    Its words go once it is decided and old (`forget_incoming`); the row stays, so that it comes only once.
    """

    __tablename__ = "incoming"
    __table_args__ = (
        Index("ix_incoming_state", "state", "received_at"),
        CheckConstraint("(state = 'taken') = (report_number IS NOT NULL)", name="taken_has_report"),
    )
    id: Mapped[Key]
    source: Mapped[str] = mapped_column(String(12))  # email, partner
    received_at: Mapped[Instant]
    message: Mapped[str] = mapped_column(String(64), unique=True)  # keyed hash of the id its sender gave it
    fingerprint: Mapped[str] = mapped_column(String(64))  # of all that was sent under that id; "" for letters
    contact_id: Mapped[Reference | None] = mapped_column(ForeignKey("contact.id"))
    subject: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    service: Mapped[str] = mapped_column(String(80))  # what it may be about: a guess, "" without one
    address: Mapped[str] = mapped_column(Text)  # where it may be: a guess too
    state: Mapped[str] = mapped_column(String(8))  # waiting, taken, dropped
    reason: Mapped[str] = mapped_column(Text)  # why it is no report
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[str] = mapped_column(String(80))
    report_number: Mapped[Reference | None] = mapped_column(ForeignKey("report.number"))


class IncomingPhoto(Base):
    """A photo of a letter, kept by `media` as those of reports are."""

    __tablename__ = "incoming_photo"
    incoming_id: Mapped[Reference] = mapped_column(ForeignKey("incoming.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    position: Mapped[int]
