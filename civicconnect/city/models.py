"""Every version of a city that was loaded: what its folder said, and when."""

from __future__ import annotations

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Instant, Json, Key


class CityFile(Base):
    """One file of one or more versions, kept once. gzip."""

    __tablename__ = "city_file"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of what is inside
    content: Mapped[bytes] = mapped_column(LargeBinary)


class CityVersion(Base):
    """A city as it was from one loading to the next. Never changed."""

    __tablename__ = "city_version"
    id: Mapped[Key]  # 1, 2, 3 …
    made_at: Mapped[Instant]
    made_by: Mapped[str] = mapped_column(String(120))  # "staff:12", or what loaded it: "folder our-city"
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")  # why, as its author wrote it
    stamp: Mapped[str] = mapped_column(String(64))  # of the files
    files: Mapped[Json]  # {path: digest}
    changes: Mapped[Json]  # sentences: what it changed
