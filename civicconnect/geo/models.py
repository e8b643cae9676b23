"""What we store of the ground: areas, addresses, and the lines of the map."""

from __future__ import annotations

from datetime import date
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Instant, Key


class Area(Base):
    """A district, ward or the city's limit, as it was drawn between two dates."""

    __tablename__ = "area"
    __table_args__ = (Index("ix_area_layer_code", "layer", "code"),)
    id: Mapped[Key]
    layer: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    valid_from: Mapped[date | None]  # None: since always; the first day it holds
    valid_to: Mapped[date | None]  # None: until further notice; the last day it holds
    changed_at: Mapped[Instant]
    shape: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))


class Address(Base):
    """One house number, or a street corner without one."""

    __tablename__ = "address"
    id: Mapped[Key]
    street: Mapped[str] = mapped_column(String(200))
    number: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(220), index=True)  # folded, for searching
    place: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False))


class MapShape(Base):
    """A street, shore, park or pier, for the drawn map."""

    __tablename__ = "map_shape"
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20))  # water, park, pier, main, street, path
    name: Mapped[str] = mapped_column(String(200))
    shape: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))
