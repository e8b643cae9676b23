"""What we store of the ground: areas, addresses, and the lines of the map."""

from __future__ import annotations

from datetime import date
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.db import Base, Instant, Json, Key


class Area(Base):
    """A district, ward or the city's limit, as it was drawn between two dates."""

    __tablename__ = "area"
    __table_args__ = (Index("ix_area_layer_code", "layer", "code"),)
    id: Mapped[Key]
    layer: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    # By language, where the city wrote them: {"es": "Puerto"}.
    names: Mapped[Json] = mapped_column(server_default="{}")
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
    words: Mapped[str] = mapped_column(String(220))  # empty; the release before this one searches in it
    place: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False))


class Street(Base):
    """A street that is looked for by name. This and the next three are made from addresses and map."""

    __tablename__ = "street"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    houses: Mapped[int]
    is_drawn: Mapped[bool]  # on the map
    lat: Mapped[float]  # of a place about its middle
    long: Mapped[float]


class House(Base):
    """The number of an address as a number, for finding its neighbours.

    No foreign keys: a whole city's rows are emptied and filled with those they point to, never one by one.
    """

    __tablename__ = "house"
    __table_args__ = (Index("ix_house_street_id_number", "street_id", "number"),)
    address_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    street_id: Mapped[int]
    number: Mapped[int]  # the first figures of it: 12 of "12b"


class Corner(Base):
    """Where two streets of the map meet; they may do so more than once."""

    __tablename__ = "corner"
    __table_args__ = (Index("ix_corner_one_id_other_id", "one_id", "other_id"),)
    id: Mapped[Key]
    one_id: Mapped[int] = mapped_column(ForeignKey("street.id"))  # the lower id of the two
    other_id: Mapped[int] = mapped_column(ForeignKey("street.id"))
    lat: Mapped[float]
    long: Mapped[float]


class Gazetteer(Base):
    """From what the streets, houses and corners were made: one row."""

    __tablename__ = "gazetteer"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    addresses: Mapped[str] = mapped_column(String(64))  # a hash
    lines: Mapped[str] = mapped_column(String(64))


class MapShape(Base):
    """A street, shore, park or pier, for the drawn map."""

    __tablename__ = "map_shape"
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20))  # water, park, pier, main, street, path
    name: Mapped[str] = mapped_column(String(200))
    shape: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))


class Asset(Base):
    """A thing of the city that somebody owns: a road, a pipe, a lamp, in a layer of its kind."""

    __tablename__ = "asset"
    __table_args__ = (Index("ix_asset_layer", "layer"),)
    id: Mapped[Key]
    layer: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(80))
    owner: Mapped[str] = mapped_column(String(80))  # "" where nobody is named
    name: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[Instant]
    shape: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))
