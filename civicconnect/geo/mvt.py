"""The writing of a vector tile: shapes and what is told of them become the bytes of a Mapbox Vector Tile.

source    Mapbox Vector Tile Specification 2.1; Protocol Buffers, "Encoding"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

EXTENT = 4096  # units from one edge of a tile to the other, counted from its top left
MOVE, DRAW, CLOSE = 1, 2, 7  # the commands of a shape
POINTS, LINES, POLYGONS = 1, 2, 3  # the types of a shape
TYPES = {"Point": POINTS, "MultiPoint": POINTS, "LineString": LINES, "MultiLineString": LINES,
         "Polygon": POLYGONS, "MultiPolygon": POLYGONS}

Steps = NDArray[np.int64]  # shape (n, 2): x to the right, y down
Told = Mapping[str, str | int]


class Feature(NamedTuple):
    """A shape in a tile's own units, and what is told of it: whole numbers from 0, and words."""

    shape: BaseGeometry
    told: Told


def write(layers: Mapping[str, Sequence[Feature]]) -> bytes:
    """Return a tile of these layers; one of which nothing can be drawn is left out. b"" for none."""
    written = (_layer(name, features) for name, features in layers.items())
    return b"".join(_field(3, layer) for layer in written if layer)


def _layer(name: str, features: Iterable[Feature]) -> bytes:
    keys: dict[str, int] = {}
    values: dict[str | int, int] = {}
    written = []
    for shape, told in features:
        type_, commands = _commands(shape)
        if commands:
            tags = [number for key, value in told.items() for number in (
                keys.setdefault(key, len(keys)), values.setdefault(value, len(values)))]
            written.append(_field(2, _packed(2, tags) + _number(3, type_) + _packed(4, commands)))
    if not written:
        return b""
    names = [_field(3, key.encode()) for key in keys]
    return b"".join([_number(15, 2), _field(1, name.encode()), *written, *names,
                     *(_field(4, _value(value)) for value in values), _number(5, EXTENT)])


def _value(value: str | int) -> bytes:
    return _field(1, value.encode()) if isinstance(value, str) else _number(5, value)


def _commands(shape: BaseGeometry) -> tuple[int, list[int]]:
    """Return a shape's type and its commands; none where nothing of it is left on the grid."""
    pen = _Pen()
    parts = shapely.get_parts(shape)
    type_ = max((TYPES.get(part.geom_type, 0) for part in parts), default=0)
    # Where a shape only touched the edge it was cut at, lines and points are left over beside it.
    alike = [part for part in parts if TYPES.get(part.geom_type) == type_]
    if type_ == POINTS and alike:
        pen.move(_steps(shapely.get_coordinates(alike)))
    elif type_ == LINES:
        for line in alike:
            pen.line(_without_repeats(_steps(shapely.get_coordinates(line))))
    elif type_ == POLYGONS:
        for polygon in alike:
            if pen.ring(_steps(shapely.get_coordinates(polygon.exterior)), is_hole=False):
                for hole in polygon.interiors:
                    pen.ring(_steps(shapely.get_coordinates(hole)), is_hole=True)
    return type_, pen.commands


class _Pen:
    """Writes commands; each place is told as the way to it from the one before."""

    def __init__(self) -> None:
        self.commands: list[int] = []
        self.at = np.zeros(2, dtype=np.int64)

    def move(self, steps: Steps) -> None:
        self._go(MOVE, steps)

    def line(self, steps: Steps) -> None:
        if len(steps) > 1:
            self._go(MOVE, steps[:1])
            self._go(DRAW, steps[1:])

    def ring(self, steps: Steps, *, is_hole: bool) -> bool:
        """Write a closed ring, and say whether there was anything of it to write."""
        steps = _without_repeats(steps)[:-1]
        twice_its_area = _twice_the_area(steps)
        if twice_its_area == 0:
            return False
        # With y down, an outer ring has a positive area by the surveyor's formula, and a hole a negative one.
        self.line(steps[::-1] if (twice_its_area > 0) is is_hole else steps)
        self.commands.append(CLOSE | 1 << 3)
        return True

    def _go(self, command: int, steps: Steps) -> None:
        ways = np.diff(steps, axis=0, prepend=self.at[None])
        self.at = steps[-1]
        self.commands.append(command | len(steps) << 3)
        self.commands.extend(((ways << 1) ^ (ways >> 63)).ravel().tolist())  # "ZigZag": small is short


def _steps(coordinates: NDArray[np.float64]) -> Steps:
    return np.rint(coordinates).astype(np.int64)


def _without_repeats(steps: Steps) -> Steps:
    moves = np.ones(len(steps), dtype=bool)
    moves[1:] = (np.diff(steps, axis=0) != 0).any(axis=1)
    return steps[moves]


def _twice_the_area(steps: Steps) -> int:
    after = np.roll(steps, -1, axis=0)
    return int((steps[:, 0] * after[:, 1] - after[:, 0] * steps[:, 1]).sum())


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _packed(field: int, numbers: Iterable[int]) -> bytes:
    content = b"".join(map(_varint, numbers))
    return _field(field, content) if content else b""
