"""Which areas a point lies in. One way for one report and for a million: prepared shapes in memory.

The shapes come from the database once and are read again when any of them changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Engine, func, select

from civicconnect.db import Db
from civicconnect.geo.models import Area
from civicconnect.geo.point import Point, metres_a_degree

SLIVER = 0.01  # how much of a shape two borders may be drawn apart
GONE = date(1, 1, 1)  # the last day of an area that the folder no longer draws


@dataclass(frozen=True)
class AreaHit:
    """One area that holds a point."""

    id: int
    layer: str
    code: str
    name: str
    names: Mapping[str, str] = field(default_factory=dict, compare=False)  # by language

    @cached_property
    def key(self) -> str:
        """Return what rules and promises call it."""
        return f"{self.layer}:{self.code}"


@dataclass(frozen=True)
class AreaIndex:
    """All areas of a city as they stood when they were read: plain values, good in any process.

    stamp    tells whether they are still those of the database
    """

    stamp: tuple[int, datetime | None]
    areas: tuple[AreaHit, ...]
    since: NDArray[np.datetime64]
    until: NDArray[np.datetime64]
    bounds: NDArray[np.float64]  # (areas, 4): west, south, east, north
    shapes: Any

    @cached_property
    def drawn(self) -> frozenset[str]:
        """Return the areas that the city's folder draws, on whatever days, as "layer:code"."""
        return frozenset(area.key for area, until in zip(self.areas, self.until, strict=True)
                         if until > np.datetime64(GONE))

    @cached_property
    def _joined(self) -> dict[frozenset[int], shapely.Geometry]:
        """Some areas taken together, by their ids, as they were asked for."""
        return {}

    def called(self, layer: str, code: str, on: date) -> AreaHit | None:
        """Return the area that is called so on a day; None where there is none."""
        day = np.datetime64(on)
        return next((area for area, since, until in zip(self.areas, self.since, self.until, strict=True)
                     if (area.layer, area.code) == (layer, code) and since <= day <= until), None)

    def of_many(self, points: Sequence[Point | None], days: Sequence[date]) -> list[tuple[AreaHit, ...]]:
        """Return the areas that hold each point on its day; no point, no areas.

        A point on the border of two areas of one layer belongs to the one whose code comes first.
        """
        shapely.prepare(self.shapes)  # once: what is prepared stays so, but does not travel
        nowhere = (np.nan, np.nan)
        where = np.array([(p.long, p.lat) if p else nowhere for p in points], dtype=float).reshape(-1, 2)
        when = np.array(days, dtype="datetime64[D]")
        found: list[dict[str, AreaHit]] = [{} for _ in points]
        x, y = where[:, 0], where[:, 1]
        for area, since, until, box, shape in zip(
            self.areas, self.since, self.until, self.bounds, self.shapes, strict=True
        ):
            near = (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
            near &= (when >= since) & (when <= until)
            chosen = np.flatnonzero(near)
            inside = chosen[shapely.intersects_xy(shape, x[chosen], y[chosen])]
            for i in inside:
                found[i].setdefault(area.layer, area)
        return [tuple(hits.values()) for hits in found]


    def touched(self, shape: shapely.Geometry, on: date) -> tuple[AreaHit, ...]:
        """Return the areas of a day that a shape lies in, wholly or in part; a shared border is no part."""
        day = np.datetime64(on)
        holds = (self.since <= day) & (day <= self.until)
        near = np.flatnonzero(holds & shapely.intersects(self.shapes, shape))
        return tuple(self.areas[i] for i in near
                     if not shape.area or shapely.intersection(self.shapes[i], shape).area > SLIVER * min(
                         shape.area, self.shapes[i].area))

    def hold(self, ids: Collection[int], shape: shapely.Geometry) -> bool:
        """Say whether a shape lies in some areas, taken together, but for what was drawn unsharply."""
        key = frozenset(ids)
        if key not in self._joined:
            self._joined[key] = shapely.union_all(
                [one for area, one in zip(self.areas, self.shapes, strict=True) if area.id in key])
        rest = shapely.difference(shape, self._joined[key])
        size = shape.area or shape.length
        return bool(rest.is_empty or (size and (rest.area or rest.length) < SLIVER * size))

    def shape_of(self, layer: str, code: str, on: date) -> shapely.Geometry:
        """Return the shape of an area on a day; an empty one where there is none."""
        found = self.called(layer, code, on)
        return shapely.GeometryCollection() if found is None else self.shapes[self.areas.index(found)]

    def near_border(
        self, points: Sequence[Point], keys: Collection[str], metres: float
    ) -> NDArray[np.bool_]:
        """Say of each point whether it lies so near the border of one of some areas that it may be in or out.

        keys    "layer:code"
        """
        where = np.array([(p.long, p.lat) for p in points], dtype=float).reshape(-1, 2)
        found = np.zeros(len(where), dtype=bool)
        if not len(where):
            return found
        # On one plane for all: at the width of a city it is off by less than the border is drawn thick.
        scale = np.concatenate(metres_a_degree(where[:, 1].mean(keepdims=True)))
        flat = shapely.points((where - where[0]) * scale)
        for area, until, shape in zip(self.areas, self.until, self.shapes, strict=True):
            if area.key in keys and until > np.datetime64(GONE):
                border = shapely.transform(shapely.boundary(shape), lambda xy: (xy - where[0]) * scale)
                shapely.prepare(border)
                found |= shapely.dwithin(border, flat, metres)
        return found


_indexes: WeakKeyDictionary[Engine, AreaIndex] = WeakKeyDictionary()


def areas_at(db: Db, point: Point, on: date) -> tuple[AreaHit, ...]:
    """Return the areas that hold a point on a day, at most one a layer, in order of layer."""
    return areas_of_many(db, [point], [on])[0]


def area_called(db: Db, layer: str, code: str, on: date) -> AreaHit | None:
    """Return the area that is called so on a day; None where there is none."""
    return area_index(db).called(layer, code, on)


def areas_of_many(
    db: Db, points: Sequence[Point | None], days: Sequence[date]
) -> list[tuple[AreaHit, ...]]:
    """Return the same for many points, each on its own day."""
    return area_index(db).of_many(points, days)


def forget_areas() -> None:
    """Read the shapes anew at the next question."""
    _indexes.clear()


def area_index(db: Db) -> AreaIndex:
    """Return the areas of the city as they stand now."""
    stamp = tuple(db.execute(select(func.count(Area.id), func.max(Area.changed_at))).one())
    engine = db.connection().engine
    known = _indexes.get(engine)
    if known is None or known.stamp != stamp:
        known = _indexes[engine] = _read(db, stamp)  # type: ignore[arg-type]  # the two aggregates
    return known


def _read(db: Db, stamp: tuple[int, datetime | None]) -> AreaIndex:
    columns = (Area.id, Area.layer, Area.code, Area.name, Area.names, Area.valid_from, Area.valid_to)
    binary = func.ST_AsBinary(Area.shape, type_=None)
    rows = db.execute(select(*columns, binary).order_by(Area.layer, Area.code, Area.id)).all()
    shapes = shapely.from_wkb([bytes(row[7]) for row in rows])
    shapely.prepare(shapes)
    return AreaIndex(
        stamp,
        tuple(AreaHit(*row[:5]) for row in rows),
        np.array([row[5] or date(1, 1, 1) for row in rows], dtype="datetime64[D]"),
        np.array([row[6] or date(9999, 12, 31) for row in rows], dtype="datetime64[D]"),
        shapely.bounds(shapes).reshape(-1, 4),
        shapes,
    )
