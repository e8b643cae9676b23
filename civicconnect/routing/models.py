"""The rules, in their order, one set a version; who made each version, and why; and drafts of the next."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Instant, Json, Key


class RuleRow(Base):
    """One rule of one version. Versions are never changed: reports name theirs."""

    __tablename__ = "routing_rule"
    __table_args__ = (UniqueConstraint("version", "position"),)
    id: Mapped[Key]
    version: Mapped[int]
    position: Mapped[int]
    made_at: Mapped[Instant]
    code: Mapped[str] = mapped_column(String(80))
    department: Mapped[str] = mapped_column(String(80))
    services: Mapped[Json]  # codes; []: any
    area: Mapped[str | None] = mapped_column(String(130))  # "layer:code", where only one is asked for
    answers: Mapped[Json]  # {question code: option code}, where each has only one
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # What these columns cannot say: areas, answers, near, hours, days, sources, priorities.
    conditions: Mapped[Json] = mapped_column(server_default="{}")


class VersionRow(Base):
    """Who put a version in force, and why. Those from before this was kept have none."""

    __tablename__ = "routing_version"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    made_at: Mapped[Instant]
    made_by: Mapped[str] = mapped_column(String(120))  # "staff:12"; "civic" for a folder
    reason: Mapped[str] = mapped_column(String(500))
    restores: Mapped[int | None]  # the earlier version that it brought back


class DraftRow(Base):
    """What somebody is writing: one draft for each of the staff."""

    __tablename__ = "routing_draft"
    made_by: Mapped[str] = mapped_column(String(120), primary_key=True)  # "staff:12"
    based_on: Mapped[int]  # the version it began as
    rules: Mapped[Json]  # as `rules.toml` has them
    changed_at: Mapped[Instant]
    changes: Mapped[int]  # counts each: what is sent for an older one is refused
