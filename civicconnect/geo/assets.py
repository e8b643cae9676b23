"""Which thing of a city lies nearest to a place, and whose it is: roads, pipes, lamps, in layers.

One way for one report and for a million, and the same on both engines: the shapes come from the database
once, are read again when any of them changes, and are measured in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from sqlalchemy import Engine, func, select

from civicconnect.db import Db
from civicconnect.geo.models import Asset
from civicconnect.geo.point import Floats, Point, metres_a_degree


@dataclass(frozen=True, slots=True)
class Nearby:
    """The thing of a layer that lies nearest to a place.

    metres    how far away, on the ground; 0 within a surface
    """

    layer: str
    code: str
    owner: str
    name: str
    metres: float


@dataclass(frozen=True)
class Layer:
    """All things of one layer, in the order of the city's folder."""

    codes: tuple[str, ...]
    owners: tuple[str, ...]
    names: tuple[str, ...]
    shapes: Any

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)


@dataclass(frozen=True)
class AssetIndex:
    """All layers of a city as they stood when they were read: plain values, good in any process."""

    stamp: tuple[int, datetime | None]
    layers: Mapping[str, Layer]

    @property
    def owners(self) -> dict[str, frozenset[str]]:
        """Return who owns something, by layer."""
        return {code: frozenset(layer.owners) for code, layer in self.layers.items()}

    def near_many(
        self, points: Sequence[Point | None], reach: Mapping[str, float]
    ) -> list[dict[str, Nearby]]:
        """Return what of each layer is nearest to each point; nothing where it is out of reach.

        reach    metres, by layer
        Of two that are equally near, to the centimetre, the first one in the folder is meant.
        """
        found: list[dict[str, Nearby]] = [{} for _ in points]
        placed = [n for n, point in enumerate(points) if point is not None]
        where = np.array([(p.long, p.lat) for p in points if p is not None], dtype=float).reshape(-1, 2)
        for code, metres in reach.items():
            layer = self.layers.get(code)
            if layer is None or not len(layer.codes) or not placed:
                continue
            for at, thing, away in _nearest(layer, where, metres):
                found[placed[at]][code] = Nearby(
                    code, layer.codes[thing], layer.owners[thing], layer.names[thing], away)
        return found


def _nearest(layer: Layer, where: Floats, metres: float) -> list[tuple[int, int, float]]:
    """Return (point, thing, metres) of the nearest thing of each point that has one within reach."""
    wide, high = metres_a_degree(where[:, 1])
    boxes = shapely.box(where[:, 0] - metres / wide, where[:, 1] - metres / high,
                        where[:, 0] + metres / wide, where[:, 1] + metres / high)
    at, things = layer.tree.query(boxes)
    if not len(at):
        return []
    away = metres_between(layer.shapes[things], where[at], wide[at], high[at])
    order = np.lexsort((things, np.round(away, 2), at))
    found: dict[int, tuple[int, int, float]] = {}
    for n in order.tolist():
        if away[n] <= metres:
            found.setdefault(int(at[n]), (int(at[n]), int(things[n]), round(float(away[n]), 2)))
    return list(found.values())


def metres_between(shapes: Any, where: Floats, wide: Floats, high: Floats) -> Floats:
    """Return how far each shape lies from the point beside it, measured on the plane that touches there.

    where         shape (pairs, 2): longitude and latitude
    wide, high    metres of a degree there, shape (pairs,)
    """
    coordinates, of = shapely.get_coordinates(shapes, return_index=True)
    scale = np.column_stack((wide, high))
    flat = shapely.set_coordinates(np.array(shapes, copy=True), (coordinates - where[of]) * scale[of])
    found: Floats = shapely.distance(flat, shapely.points(0.0, 0.0))
    return found


_indexes: WeakKeyDictionary[Engine, AssetIndex] = WeakKeyDictionary()


def asset_index(db: Db) -> AssetIndex:
    """Return the layers of the city as they stand now: one statement, unless they have changed."""
    stamp = tuple(db.execute(select(func.count(Asset.id), func.max(Asset.changed_at))).one())
    engine = db.connection().engine
    known = _indexes.get(engine)
    if known is None or known.stamp != stamp:
        known = _indexes[engine] = _read(db, stamp)  # type: ignore[arg-type]  # the two aggregates
    return known


def _read(db: Db, stamp: tuple[int, datetime | None]) -> AssetIndex:
    binary = func.ST_AsBinary(Asset.shape, type_=None)
    asked = select(Asset.layer, Asset.code, Asset.owner, Asset.name, binary).order_by(Asset.id)
    rows: dict[str, list[Any]] = {}
    for layer, *row in db.execute(asked):
        rows.setdefault(layer, []).append(row)
    return AssetIndex(stamp, {
        layer: Layer(tuple(r[0] for r in found), tuple(r[1] for r in found), tuple(r[2] for r in found),
                     shapely.from_wkb([bytes(r[3]) for r in found]))
        for layer, found in rows.items()})
