"""How far a point lies from a line along a street, or from some points: flat enough over a city."""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely

from civicconnect.geo.point import METRES_PER_DEGREE, Box, Point


def metres_to_line(point: Point, line: Sequence[Point]) -> float:
    """Return the metres from a point to the nearest place on a line; of one point, to that."""
    ends = line if len(line) > 1 else (*line, *line)
    return min(_to_stretch(point, start, end) for start, end in zip(ends, ends[1:], strict=False))


def _to_stretch(point: Point, start: Point, end: Point) -> float:
    shrink = math.cos(math.radians(point.lat))
    x, y = (end.long - start.long) * shrink, end.lat - start.lat
    to_x, to_y = (point.long - start.long) * shrink, point.lat - start.lat
    whole = x * x + y * y
    along = min(1.0, max(0.0, (to_x * x + to_y * y) / whole)) if whole else 0.0
    return math.hypot(to_x - along * x, to_y - along * y) * METRES_PER_DEGREE


def shape_along(points: Sequence[Point], *, is_line: bool) -> shapely.Geometry:
    """Return some points as one shape; with `is_line` also everything between one and the next."""
    where = [(point.long, point.lat) for point in points]
    return shapely.LineString(where) if is_line and len(set(where)) > 1 else shapely.MultiPoint(where)


def box_round(points: Sequence[Point], metres: float) -> Box:
    """Return a box that holds everything within reach of some points, and of the lines between them."""
    boxes = [Box.around(point, metres) for point in points]
    return Box(min(b.west for b in boxes), min(b.south for b in boxes),
               max(b.east for b in boxes), max(b.north for b in boxes))
