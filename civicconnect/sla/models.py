"""What a city promises, in whose hours, and what usually happens."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Instant, Json, Key


class Calendar(Base):
    """When the departments that use it are open."""

    __tablename__ = "calendar"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    zone: Mapped[str] = mapped_column(String(60))
    week: Mapped[Json]  # seven days, Monday first, of [opens, closes] in minutes
    closed: Mapped[Json]  # days as "2026-12-25"
    names: Mapped[Json] = mapped_column(server_default="{}")  # {day: what it is called}, where it has a name
    holidays: Mapped[str] = mapped_column(String(12), default="", server_default="")  # "CH-ZH"
    open: Mapped[Json] = mapped_column(server_default="[]")  # days as "2026-12-24"
    own_zone: Mapped[bool] = mapped_column(default=False, server_default=false())  # else the city's
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class Promise(Base):
    """Within how many business hours a service is done, perhaps in one area only."""

    __tablename__ = "promise"
    __table_args__ = (CheckConstraint("hours > 0", name="hours_positive"),)
    id: Mapped[Key]
    service: Mapped[str] = mapped_column(String(80), index=True)
    priority: Mapped[str | None] = mapped_column(String(8))  # "urgent"; None: any
    area: Mapped[str | None] = mapped_column(String(130))  # "district:harbour"; None: everywhere
    hours: Mapped[float]
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")  # why


class ExpectationRow(Base):
    """Within what time reports of a service are usually done: see `Expectation`."""

    __tablename__ = "expectation"
    __table_args__ = (UniqueConstraint("service", "area"),
                      CheckConstraint("held <= judged", name="held_were_judged"))
    id: Mapped[Key]
    service: Mapped[str] = mapped_column(String(80))
    area: Mapped[str] = mapped_column(String(130))  # "district:harbour"; "": everywhere
    of: Mapped[str] = mapped_column(String(8))  # area, service, group
    reports: Mapped[int]
    half_hours: Mapped[float | None]
    eight_hours: Mapped[float | None]
    since: Mapped[Instant]
    until: Mapped[Instant]
    judged: Mapped[int]
    held: Mapped[int]
    holds: Mapped[bool]
