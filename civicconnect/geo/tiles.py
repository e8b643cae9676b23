"""The city's own map as vector tiles: the same shapes and names as the drawn map, in web-map squares."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point as ShapePoint
from sqlalchemy import func, select

from civicconnect.db import Db
from civicconnect.geo import mvt
from civicconnect.geo.models import Address, MapShape
from civicconnect.geo.mvt import EXTENT, Feature, Told
from civicconnect.geo.point import Box, Point
from civicconnect.geo.spatial import in_box, latitude, longitude

WIDEST, NEAREST = 10, 18
# From which zoom on a tile has what; its kinds that are not named here are in all of them. A tile is 512
# pixels wide where it is drawn: it takes part in the drawn map's zoom that is one higher.
FROM = {"street": 11, "path": 13}
NUMBERED = 16
BUFFER = 64  # units beyond the edge, so that a wide line or a shore's edge does not end in view
FINE = 4  # units, half a pixel where it is drawn: what is finer is left out
HOUSES = 3000  # at most in one tile
Spots = Iterable[tuple[Point, Told]]


@dataclass(frozen=True)
class Tile:
    """One square of the web map: of 2 ** zoom by 2 ** zoom over the world, x to the east, y to the south."""

    zoom: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        """Say whether there is such a square, at a zoom that is drawn."""
        return (WIDEST <= self.zoom <= NEAREST
                and min(self.x, self.y) >= 0 and max(self.x, self.y) < 2**self.zoom)

    def box(self, buffer: float = 0) -> Box:
        """Return the part of the ground it shows, and `buffer` units round it."""
        beyond = buffer / EXTENT
        north, south = self._latitude(self.y - beyond), self._latitude(self.y + 1 + beyond)
        west, east = ((x / 2**self.zoom - 0.5) * 360 for x in (self.x - beyond, self.x + 1 + beyond))
        return Box(west, south, east, north)

    def _latitude(self, y: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / 2**self.zoom))))

    def units(self, coordinates: Any) -> Any:
        """Turn an array (n, 2) of longitude, latitude into units of the tile."""
        across = coordinates[:, 0] / 360 + 0.5
        down = 0.5 - np.arcsinh(np.tan(np.radians(coordinates[:, 1]))) / (2 * math.pi)
        return np.column_stack((across * 2**self.zoom - self.x, down * 2**self.zoom - self.y)) * EXTENT

    def spot(self, point: Point) -> ShapePoint:
        """Return a place in units of the tile, as a shape."""
        return ShapePoint(self.units(np.array([[point.long, point.lat]]))[0])


def ground_tile(db: Db, tile: Tile) -> bytes:
    """Return the map in one tile, a layer for each kind of shape; close by also `number`, of the houses.

    Each shape tells its name where it has one.
    """
    layers = _shapes(db, tile)
    if tile.zoom >= NUMBERED:
        layers["number"] = _houses(db, tile)
    return mvt.write(layers)


def _shapes(db: Db, tile: Tile) -> dict[str, list[Feature]]:
    left_out = [kind for kind, zoom in FROM.items() if tile.zoom < zoom]
    binary = func.ST_AsBinary(MapShape.shape, type_=None)
    asked = (
        select(MapShape.kind, MapShape.name, binary)
        .where(in_box(MapShape.shape, tile.box(BUFFER)), MapShape.kind.not_in(left_out))
        .order_by(MapShape.kind, MapShape.id)
    )
    rows = db.execute(asked).all()
    if not rows:
        return {}
    shapes = shapely.transform(shapely.from_wkb([bytes(row[2]) for row in rows]), tile.units)
    shapes = shapely.clip_by_rect(shapes, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    layers: dict[str, list[Feature]] = {}
    for (kind, name, _), shape in zip(rows, shapely.simplify(shapes, FINE), strict=True):
        layers.setdefault(kind, []).append(Feature(shape, {"name": name} if name else {}))
    return layers


def _houses(db: Db, tile: Tile) -> list[Feature]:
    asked = (
        select(Address.number, latitude(Address.place), longitude(Address.place))
        .where(in_box(Address.place, tile.box()), Address.number != "")
        .order_by(Address.id).limit(HOUSES)
    )
    return _spots(tile, [(Point(lat, long), {"name": number}) for number, lat, long in db.execute(asked)])


def spots_tile(tile: Tile, layer: str, spots: Spots) -> bytes:
    """Return a tile of places and what is told of each; those outside of it are left out."""
    return mvt.write({layer: _spots(tile, spots)})


def _spots(tile: Tile, spots: Spots) -> list[Feature]:
    # The box is asked for again: an index rounds it outwards, and each engine in its own way.
    box = tile.box()
    return [Feature(tile.spot(point), told) for point, told in spots if box.holds(point)]
