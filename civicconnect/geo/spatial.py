"""Spatial SQL, said the way each engine says it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Float, and_, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Boolean

from civicconnect.geo.point import GRID_DEGREES, Box, Point

Place = InstrumentedAttribute[Any]


class _InBox(ColumnElement[bool]):
    """The shape's bounding box touches a box; answered by the spatial index."""

    type = Boolean()
    inherit_cache = False

    def __init__(self, column: Place, box: Box) -> None:
        self.table, self.column, self.box = column.class_.__tablename__, column.key, box

    def self_group(self, against: Any = None) -> _InBox:
        """Stand among other conditions as it is: with "= 1" after it SpatiaLite reads every row."""
        return self


class _Distance(ColumnElement[float]):
    """Geodesic metres between a stored place and a point."""

    type = Float()
    inherit_cache = False

    def __init__(self, column: Place, point: Point) -> None:
        self.table, self.column, self.point = column.class_.__tablename__, column.key, point


@compiles(_InBox, "postgresql")
def _in_box_postgis(element: _InBox, _compiler: SQLCompiler, **_: Any) -> str:
    b = element.box
    envelope = f"ST_MakeEnvelope({b.west!r}, {b.south!r}, {b.east!r}, {b.north!r}, 4326)"
    return f"{element.table}.{element.column} && {envelope}"


@compiles(_InBox, "sqlite")
def _in_box_spatialite(element: _InBox, _compiler: SQLCompiler, **_: Any) -> str:
    b = element.box
    return (
        f"{element.table}.rowid IN (SELECT pkid FROM idx_{element.table}_{element.column} "  # noqa: S608
        f"WHERE xmin <= {b.east!r} AND xmax >= {b.west!r} "
        f"AND ymin <= {b.north!r} AND ymax >= {b.south!r})"
    )


@compiles(_Distance, "postgresql")
def _distance_postgis(element: _Distance, _compiler: SQLCompiler, **_: Any) -> str:
    p = element.point
    here = f"ST_SetSRID(ST_MakePoint({p.long!r}, {p.lat!r}), 4326)"
    return f"ST_Distance({element.table}.{element.column}::geography, {here}::geography)"


@compiles(_Distance, "sqlite")
def _distance_spatialite(element: _Distance, _compiler: SQLCompiler, **_: Any) -> str:
    p = element.point
    here = f"MakePoint({p.long!r}, {p.lat!r}, 4326)"
    return f"ST_Distance({element.table}.{element.column}, {here}, 1)"


def in_box(column: Place, box: Box) -> ColumnElement[bool]:
    """Say whether the shape's bounding box touches the box."""
    return _InBox(column, box)


def coarse(degrees: ColumnElement[float]) -> ColumnElement[float]:
    """Return one coordinate as `coarsen` tells it, but not rounded to its five decimals."""
    return (func.floor(degrees / GRID_DEGREES, type_=Float) + 0.5) * GRID_DEGREES


def distance(column: Place, point: Point) -> ColumnElement[float]:
    """Return the geodesic metres from a stored place to a point."""
    return _Distance(column, point)


def within(column: Place, point: Point, reach_metres: float) -> ColumnElement[bool]:
    """Say whether a stored place lies within reach of a point."""
    near = in_box(column, Box.around(point, reach_metres))
    return and_(near, distance(column, point) <= reach_metres)


def latitude(column: Place) -> ColumnElement[float]:
    """Return the latitude of a stored place, in degrees."""
    return func.ST_Y(column, type_=Float)


def longitude(column: Place) -> ColumnElement[float]:
    """Return the longitude of a stored place, in degrees."""
    return func.ST_X(column, type_=Float)
