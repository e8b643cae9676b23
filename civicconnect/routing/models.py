"""The rules, in their order, one set a version."""

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
    area: Mapped[str | None] = mapped_column(String(130))  # "layer:code"
    answers: Mapped[Json]  # {question code: option code}
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")
