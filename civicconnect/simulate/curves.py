"""Lines as a surveyor draws them: smooth through given places, or a stretch along a shore."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from shapely import LineString, Point
from shapely.geometry import LinearRing
from shapely.ops import substring

from civicconnect.simulate.noise import Floats

Place = tuple[float, float]


def smooth(
    places: Sequence[tuple[float, ...]], step_metres: float, closed: bool = False
) -> Floats:
    """Return places along a Catmull-Rom curve through the given ones.

    places     east and north in metres; further columns (a width, a roughness) travel along
    returns    shape (n, columns), about step_metres apart; a closed curve does not repeat its start
    """
    given = np.asarray(places, dtype=np.float64)
    count = len(given)
    if closed:
        padded = np.vstack([given[-1:], given, given[:2]])
    else:
        padded = np.vstack([2 * given[0] - given[1], given, 2 * given[-1] - given[-2]])
    pieces = []
    for i in range(count if closed else count - 1):
        before, start, end, after = padded[i : i + 4]
        steps = max(2, int(np.hypot(*(end - start)[:2]) / step_metres))
        t = np.linspace(0, 1, steps, endpoint=False)[:, None]
        pieces.append(
            start
            + t * (end - before) / 2
            + t**2 * (2 * before - 5 * start + 4 * end - after) / 2
            + t**3 * (3 * start - before - 3 * end + after) / 2
        )
    if not closed:
        pieces.append(given[-1:])
    return np.vstack(pieces)


def stretch(ring: LinearRing, start: Place, end: Place) -> LineString:
    """Return the shorter way round a ring between the places nearest to start and end."""
    a, b = ring.project(Point(start)), ring.project(Point(end))
    low, high = min(a, b), max(a, b)
    inner = substring(ring, low, high)
    if 2 * (high - low) > ring.length:
        outer = [*substring(ring, high, ring.length).coords, *substring(ring, 0, low).coords]
        return LineString(outer)
    return inner
