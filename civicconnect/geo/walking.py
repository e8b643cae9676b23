"""In which order to walk to some places: to the nearest each time, then untangled."""

from __future__ import annotations

import math
from collections.abc import Sequence

from civicconnect.geo.point import Point

# WGS84: half the axis through the equator, and the square of its eccentricity.
EQUATOR_METRES, ECCENTRICITY = 6_378_137.0, 0.00669437999014
PASSES = 60  # over the whole way; it is short long before, and a page must not wait for the last metre
GAIN = 1e-6  # metres: what is less than that is rounding, and would never end


def metres_between(one: Point, other: Point) -> float:
    """Return the geodesic metres between two places of one city.

    By the two radii of the ellipsoid at the latitude between them: to a metre in 100 km.
    """
    middle = math.radians((one.lat + other.lat) / 2)
    bend = 1 - ECCENTRICITY * math.sin(middle) ** 2
    north = EQUATOR_METRES * (1 - ECCENTRICITY) / bend**1.5
    east = EQUATOR_METRES / math.sqrt(bend) * math.cos(middle)
    # The short way round, for a city on the far meridian.
    long = (one.long - other.long + 180) % 360 - 180
    return math.hypot(math.radians(one.lat - other.lat) * north, math.radians(long) * east)


def walk(places: Sequence[Point], start: Point | None = None) -> list[int]:
    """Return the order in which to walk to some places, as their positions in the list.

    start    where somebody stands; None: at the first of the places, which then stays the first

    Never longer than going to the nearest each time. Nobody has to come back to where they began.
    """
    if len(places) < 2:
        return list(range(len(places)))
    spots = [start or places[0], *(places if start else places[1:])]
    apart = [[metres_between(one, other) for other in spots] for one in spots]
    order = _untangled(_to_the_nearest(apart), apart)
    return [at - 1 for at in order[1:]] if start else order


def way(places: Sequence[Point], start: Point | None = None) -> list[float]:
    """Return the metres to each of some places in their order: from the one before, or from the start."""
    before: Sequence[Point] = [start or places[0], *places] if places else []
    return [metres_between(one, other) for one, other in zip(before, places, strict=False)]


def _to_the_nearest(apart: Sequence[Sequence[float]]) -> list[int]:
    order, left = [0], set(range(1, len(apart)))
    while left:
        here = apart[order[-1]]
        order.append(min(left, key=lambda at: (here[at], at)))
        left.remove(order[-1])
    return order


def _untangled(order: list[int], apart: Sequence[Sequence[float]]) -> list[int]:
    """Make the way shorter as long as turning a part of it round (2-opt) or moving one place does so.

    The first place stays the first.
    """
    for _ in range(PASSES):
        turned = _turn(order, apart)
        if not _move(order, apart) and not turned:
            break
    return order


def _turn(order: list[int], apart: Sequence[Sequence[float]]) -> bool:
    """Turn round every part that is shorter the other way, and say whether there was one."""
    is_shorter = False
    for first in range(1, len(order) - 1):
        for last in range(first + 1, len(order)):
            before, one, other, after = order[first - 1], order[first], order[last], _next(order, last)
            saved = _step(apart, before, one) - _step(apart, before, other)
            if saved + _step(apart, other, after) - _step(apart, one, after) > GAIN:
                order[first:last + 1] = order[first:last + 1][::-1]
                is_shorter = True
    return is_shorter


def _move(order: list[int], apart: Sequence[Sequence[float]]) -> bool:
    """Put each place where it lengthens the way least, and say whether that was elsewhere for one."""
    is_shorter = False
    for at in range(1, len(order)):
        place = order.pop(at)

        def more(to: int, place: int = place) -> float:
            before, after = order[to - 1], order[to] if to < len(order) else None
            return _step(apart, before, place) + _step(apart, place, after) - _step(apart, before, after)

        best = min(range(1, len(order) + 1), key=more)
        is_better = more(best) < more(at) - GAIN
        order.insert(best if is_better else at, place)
        is_shorter = is_shorter or is_better
    return is_shorter


def _next(order: Sequence[int], at: int) -> int | None:
    return order[at + 1] if at + 1 < len(order) else None


def _step(apart: Sequence[Sequence[float]], one: int, other: int | None) -> float:
    """Return the metres between two places; none behind the last one."""
    return 0.0 if other is None else apart[one][other]
