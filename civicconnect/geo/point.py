"""A point on the ground, and how each engine stores one."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from geoalchemy2 import WKBElement
from numpy.typing import NDArray

from civicconnect.db import Spelling
from civicconnect.errors import Invalid, Sentence

Floats = NDArray[np.float64]
METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371,009 m


@dataclass(frozen=True)
class Point:
    """A place in WGS84 degrees."""

    lat: float
    long: float


@dataclass(frozen=True)
class Box:
    """A rectangle in WGS84 degrees."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, centre: Point, metres: float) -> Box:
        """Return the smallest box that holds every point within `metres` of the centre."""
        high = metres * 1.01 / METRES_PER_DEGREE
        wide = high / max(math.cos(math.radians(centre.lat)), 0.01)
        return cls(centre.long - wide, centre.lat - high, centre.long + wide, centre.lat + high)

    def holds(self, point: Point) -> bool:
        """Say whether a point lies in the box or on its edge."""
        return self.south <= point.lat <= self.north and self.west <= point.long <= self.east

    @property
    def middle(self) -> Point:
        return Point((self.south + self.north) / 2, (self.west + self.east) / 2)

    def grown(self, degrees: float) -> Box:
        """Return the box with its sides moved out."""
        return Box(self.west - degrees, self.south - degrees, self.east + degrees, self.north + degrees)


def point_from(lat: str | float, long: str | float, field: str = "place") -> Point:
    """Read a latitude and longitude as people and programs write them, or raise Invalid."""
    try:
        point = Point(round(float(lat), 6), round(float(long), 6))
    except ValueError:
        point = Point(math.nan, math.nan)
    if not (abs(point.lat) <= 90 and abs(point.long) <= 180):
        raise Invalid({field: [Sentence(
            "Latitude goes from -90 to 90 and longitude from -180 to 180.")]})
    return point


SQUARES = 2**18  # more than there are round the world
GRID_DEGREES = 0.0025  # some 280 m from north to south, and less from west to east


def coarsen(point: Point) -> Point:
    """Return the middle of the square of 0.0025 degrees that a point lies in: the same for all within."""
    lat, long = ((math.floor(d / GRID_DEGREES) + 0.5) * GRID_DEGREES for d in (point.lat, point.long))
    return Point(round(lat, 5), round(long, 5))


def square_of(point: Point, degrees: float = GRID_DEGREES) -> tuple[int, int]:
    """Return which square a point lies in: (east, north), counted from longitude and latitude 0."""
    return math.floor(point.long / degrees), math.floor(point.lat / degrees)


def cell_of(point: Point) -> int:
    """Return the number of the square of `GRID_DEGREES` that a point lies in: one for each in the world."""
    return _cell(*square_of(point))


def cells_around(point: Point, metres: float) -> list[int]:
    """Return the numbers of all squares that reach within some metres of a point, and perhaps of more."""
    high = metres / METRES_PER_DEGREE * 1.01  # degrees of latitude are not of one length
    wide = high / max(math.cos(math.radians(min(abs(point.lat) + high, 89.0))), 0.01)
    west, south = square_of(Point(max(point.lat - high, -90.0), max(point.long - wide, -180.0)))
    east, north = square_of(Point(min(point.lat + high, 90.0), min(point.long + wide, 180.0)))
    return [_cell(x, y) for x in range(west, east + 1) for y in range(south, north + 1)]


def _cell(east: int, north: int) -> int:
    return (east + SQUARES // 2) * SQUARES + north + SQUARES // 2


@dataclass(frozen=True)
class Squares:
    """Whole squares side by side, both ends included.

    degrees    the side of each
    """

    west: int
    south: int
    east: int
    north: int
    degrees: float = GRID_DEGREES

    @classmethod
    def over(cls, box: Box, degrees: float = GRID_DEGREES) -> Squares:
        """Return the squares that a box touches."""
        return cls(*square_of(Point(box.south, box.west), degrees),
                   *square_of(Point(box.north, box.east), degrees), degrees)

    def holds(self, point: Point) -> bool:
        """Say whether a point lies in one of them."""
        east, north = square_of(point, self.degrees)
        return self.west <= east <= self.east and self.south <= north <= self.north

    def box_of(self, east: int, north: int) -> Box:
        """Return the box of one of them."""
        return Squares(east, north, east, north, self.degrees).box

    @property
    def box(self) -> Box:
        """Return the box they fill."""
        return Box(self.west * self.degrees, self.south * self.degrees, (self.east + 1) * self.degrees,
                   (self.north + 1) * self.degrees)


def encoder(spelling: Spelling) -> Callable[[Point | None], Any]:
    """Return the function that writes a point the way an engine stores it, for `copy_in`."""
    return _for_postgis if spelling.server else _for_spatialite


def read_point(stored: WKBElement) -> Point:
    """Return a point as it comes back from the database."""
    data = stored.data
    content = bytes.fromhex(data) if isinstance(data, str) else bytes(data)
    long, lat = struct.unpack("<dd" if content[0] else ">dd", content[-16:])
    return Point(lat, long)


def _for_postgis(point: Point | None) -> str | None:
    # EWKB: little-endian, point with SRID, 4326.
    if point is None:
        return None
    return struct.pack("<BIIdd", 1, 0x20000001, 4326, point.long, point.lat).hex()


def _for_spatialite(point: Point | None) -> bytearray | None:
    # SpatiaLite's own layout: start, byte order, SRID, bounding box, 0x7C, type, point, end.
    if point is None:
        return None
    x, y = point.long, point.lat
    return bytearray(struct.pack("<BBIddddBIddB", 0, 1, 4326, x, y, x, y, 0x7C, 1, x, y, 0xFE))


def metres_a_degree(lat: Floats) -> tuple[Floats, Floats]:
    """Return the metres of one degree of longitude and of latitude, on the ellipsoid of WGS84."""
    phi = np.radians(lat)
    wide = 111412.84 * np.cos(phi) - 93.5 * np.cos(3 * phi) + 0.118 * np.cos(5 * phi)
    high = 111132.954 - 559.822 * np.cos(2 * phi) + 1.175 * np.cos(4 * phi)
    return np.maximum(wide, 1.0), high
