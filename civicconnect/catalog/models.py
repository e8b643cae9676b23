"""What we store of a city's offer. Words are kept per language: {"en": …, "es": …}."""

from __future__ import annotations

import json

from sqlalchemy import ForeignKey, LargeBinary, String, true
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Json, Key

# What a service chose that was written by a release without choices.
USUAL = {"icon": "", "priority": "normal", "visibility": "public", "place": "exact", "text": "public",
         "contact": "optional", "storm": "stops", "photos": 3, "stopper": []}


class CityRow(Base):
    """The one row that says which city this database serves."""

    __tablename__ = "city"
    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    stamp: Mapped[str] = mapped_column(String(64))  # of the folder as loaded
    facts: Mapped[Json]  # city.toml, checked
    logo_name: Mapped[str] = mapped_column(String(20), default="", server_default="")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)
    logo_stamp: Mapped[str] = mapped_column(String(12), default="", server_default="")  # of its content


class DepartmentRow(Base):
    """Who answers."""

    __tablename__ = "department"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[Json]
    calendar: Mapped[str] = mapped_column(String(40))
    email: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(60), default="", server_default="")
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(default=True)


class GroupRow(Base):
    """A heading residents choose services under."""

    __tablename__ = "service_group"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[Json]
    icon: Mapped[str] = mapped_column(String(40), default="", server_default="")
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


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
    # Priority, privacy, stoppers and the rest of its row in services.toml.
    choices: Mapped[Json] = mapped_column(server_default=json.dumps(USUAL))
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)


class TemplateRow(Base):
    """Words that staff can start from."""

    __tablename__ = "template"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(80), unique=True)
    position: Mapped[int]
    facts: Mapped[Json]  # its row in templates.toml, checked
