"""What we store of a city's offer. Words are kept per language: {"en": …, "es": …}."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Json, Key


class CityRow(Base):
    """The one row that says which city this database serves."""

    __tablename__ = "city"
    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    stamp: Mapped[str] = mapped_column(String(64))  # of the folder as loaded
    facts: Mapped[Json]  # city.toml, checked


class DepartmentRow(Base):
    """Who answers."""

    __tablename__ = "department"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[Json]
    calendar: Mapped[str] = mapped_column(String(40))
    email: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)


class GroupRow(Base):
    """A heading residents choose services under."""

    __tablename__ = "service_group"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[Json]
    position: Mapped[int]


class ServiceRow(Base):
    """What may be asked for. One that is no longer offered stays for its reports."""

    __tablename__ = "service"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(80), unique=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("service_group.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    name: Mapped[Json]
    hint: Mapped[Json]
    keywords: Mapped[Json]
    questions: Mapped[Json]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
