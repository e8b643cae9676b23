"""Where streets meet: on the lines of the map, or by the houses nearest to each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from civicconnect.geo.point import METRES_PER_DEGREE, Point

GAP_METRES = 4.0  # lines drawn by hand end a little before the street they run into
APART_METRES = 60.0  # two carriageways of one street make one corner with another
HOUSES_METRES = 60.0  # between the nearest houses of two streets that meet

Spots = NDArray[np.float64]


class Meeting(NamedTuple):
    """A place where two streets meet; `one` is the lower id."""

    one: int
    other: int
    point: Point


def meetings(streets: Sequence[int], lines: Sequence[Any]) -> Iterator[Meeting]:
    """Yield where lines of different streets meet, in order of the streets.

    streets    the street of each line
    lines      shapely lines in degrees
    """
    if not lines:
        return
    drawn, of = np.array(lines, dtype=object), np.array(streets)
    stretch = _stretch(float(shapely.total_bounds(drawn)[[1, 3]].mean()))
    flat = shapely.transform(drawn, lambda degrees: degrees * stretch)
    left, right = shapely.STRtree(flat).query(flat, predicate="dwithin", distance=GAP_METRES)
    other = of[left] < of[right]  # each pair once, and no line with its own street
    left, right = left[other], right[other]
    order = np.lexsort((of[right], of[left]))
    left, right = left[order], right[order]
    spots = _spots(flat[left], flat[right])
    known: dict[tuple[int, int], list[Spots]] = {}
    for one, two, found in zip(of[left].tolist(), of[right].tolist(), spots, strict=True):
        placed = known.setdefault((one, two), [])
        for spot in found:
            if all(np.hypot(*(spot - there)) > APART_METRES for there in placed):
                placed.append(spot)
                long, lat = (spot / stretch).tolist()
                yield Meeting(one, two, Point(round(lat, 6), round(long, 6)))


def _spots(lines: Spots, others: Spots) -> Iterator[Spots]:
    """Yield for each pair shape (places, 2): the points they share, or the middle of the gap between them."""
    shared = shapely.intersection(lines, others)
    gaps = shapely.line_interpolate_point(shapely.shortest_line(lines, others), 0.5, normalized=True)
    for place, gap in zip(shared, gaps, strict=True):
        # Two lines may also run together for a while; the middle of that is as good as a point.
        yield shapely.get_coordinates(gap if place.is_empty else shapely.centroid(shapely.get_parts(place)))


def between(houses: Sequence[Point], others: Sequence[Point]) -> Point | None:
    """Return the middle between the nearest houses of two streets; None where they are too far apart."""
    if not houses or not others:
        return None
    stretch = _stretch(houses[0].lat)
    here, there = (
        shapely.points(np.array([(p.long, p.lat) for p in side]) * stretch) for side in (houses, others))
    (near, far), gaps = shapely.STRtree(there).query_nearest(
        here, max_distance=HOUSES_METRES, return_distance=True, all_matches=False)
    if not len(gaps):
        return None
    nearest = int(np.argmin(gaps))
    one, two = houses[near[nearest]], others[far[nearest]]
    return Point(round((one.lat + two.lat) / 2, 6), round((one.long + two.long) / 2, 6))


def _stretch(lat: float) -> Spots:
    """Return what makes metres of degrees of (longitude, latitude) within a city."""
    return np.array([math.cos(math.radians(lat)), 1.0]) * METRES_PER_DEGREE
