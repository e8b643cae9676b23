"""Streets that follow the field, evenly spaced, as a town fills the land between its main roads.

source    Jobard, Lefer: Creating Evenly-Spaced Streamlines of Arbitrary Density, 1997
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely import LineString

from civicconnect.simulate.curves import Place
from civicconnect.simulate.field import COLUMNS, ROWS, SOUTH, WEST, Field

STEP_METRES = 12.0
LONGEST_METRES = 1500.0
SHORTEST_METRES = 110.0
MARGIN_METRES = 22.0
BIN_METRES = 60.0


class Traces:
    """Places already taken by streets of one family, found quickly by neighbourhood."""

    def __init__(self, bin_metres: float = BIN_METRES) -> None:
        self._size = bin_metres
        self._bins: dict[tuple[int, int], list[Place]] = {}

    def add(self, places: Sequence[Place]) -> None:
        for x, y in places:
            self._bins.setdefault((int(x // self._size), int(y // self._size)), []).append((x, y))

    def is_taken(self, x: float, y: float, reach: float) -> bool:
        """Return whether a street lies within reach metres."""
        span = int(reach // self._size) + 1
        i0, j0, square = int(x // self._size), int(y // self._size), reach * reach
        for i in range(i0 - span, i0 + span + 1):
            for j in range(j0 - span, j0 + span + 1):
                for a, b in self._bins.get((i, j), ()):
                    if (a - x) ** 2 + (b - y) ** 2 < square:
                        return True
        return False


def fill(rng: np.random.Generator, field: Field, roads: Sequence[LineString]) -> list[LineString]:
    """Return the streets between the planned roads, each a line in metres."""
    taken = (Traces(), Traces())
    for road in roads:
        _claim(taken, field, _walked(road))
    waiting: tuple[deque[Place], deque[Place]] = (deque(), deque())
    for road in roads:
        for family, place in _beside(field, _walked(road)):
            waiting[family].append(place)
    rest = _scattered(rng)
    streets: list[LineString] = []
    while True:
        family = 0 if waiting[0] else 1
        seed = waiting[family].popleft() if waiting[family] else next(rest, None)
        if seed is None:
            return streets
        line = _trace(field, taken[family], seed, family)
        if line:
            taken[family].add(line)
            streets.append(LineString(line))
            for kind, place in _beside(field, line):
                waiting[kind].append(place)


def _walked(road: LineString) -> list[Place]:
    count = max(2, int(road.length / STEP_METRES))
    spots = shapely.line_interpolate_point(road, np.linspace(0, road.length, count + 1))
    return [(x, y) for x, y in shapely.get_coordinates(spots).tolist()]


def _claim(taken: tuple[Traces, Traces], field: Field, places: list[Place]) -> None:
    """Enter a planned road with the family whose direction it takes at each place."""
    for (x, y), (x1, y1) in zip(places, places[1:], strict=False):
        taken[_family(field, x, y, x1 - x, y1 - y)].add([(x, y)])


def _family(field: Field, x: float, y: float, dx: float, dy: float) -> int:
    ux, uy = field.direction(x, y, 0)
    return 0 if abs(ux * dx + uy * dy) >= abs(ux * dy - uy * dx) else 1


def _beside(field: Field, places: list[Place]) -> Iterator[tuple[int, Place]]:
    """Yield places one gap to each side of a street: there the next one of its family may start."""
    for (x, y), (x1, y1) in list(zip(places, places[1:], strict=False))[3::6]:
        dx, dy = x1 - x, y1 - y
        size = math.sqrt(dx * dx + dy * dy) or 1.0
        family = _family(field, x, y, dx, dy)
        gap = field.gaps[family].at(x, y) * 1.01
        for side in (gap, -gap):
            yield family, (x - dy / size * side, y + dx / size * side)


def _scattered(rng: np.random.Generator) -> Iterator[Place]:
    """Yield places all over the town, for pockets that no neighbour has reached."""
    spots = rng.random((5000, 2))
    for u, v in spots.tolist():
        yield WEST + u * 25.0 * COLUMNS, SOUTH + v * 25.0 * ROWS


def _trace(field: Field, taken: Traces, seed: Place, family: int) -> list[Place]:
    """Return a street through a place, both ways, or nothing where there is no room."""
    x, y = seed
    if not _is_free(field, taken, x, y, field.gaps[family].at(x, y) * 0.98):
        return []
    ahead = _follow(field, taken, seed, family, 1)
    back = _follow(field, taken, seed, family, -1)
    line = [*reversed(back), seed, *ahead]
    return line if len(line) * STEP_METRES >= SHORTEST_METRES else []


def _is_free(field: Field, taken: Traces, x: float, y: float, reach: float) -> bool:
    return field.clearance.at(x, y) > MARGIN_METRES and not taken.is_taken(x, y, reach)


def _follow(
    field: Field, taken: Traces, seed: Place, family: int, sense: int
) -> list[Place]:
    x, y = seed
    dx, dy = field.direction(x, y, family)
    dx, dy = dx * sense, dy * sense
    line: list[Place] = []
    while len(line) * STEP_METRES < LONGEST_METRES / 2:
        # The direction half a step on: the midpoint rule keeps curves from drifting outwards.
        ux, uy = field.direction(x + dx * STEP_METRES / 2, y + dy * STEP_METRES / 2, family)
        turn = ux * dx + uy * dy
        if abs(turn) < 0.8:
            break
        dx, dy = (ux, uy) if turn > 0 else (-ux, -uy)
        x, y = x + dx * STEP_METRES, y + dy * STEP_METRES
        if not _is_free(field, taken, x, y, field.gaps[family].at(x, y) * 0.6):
            break
        line.append((x, y))
    return line
