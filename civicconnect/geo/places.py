"""A place that has a name, and how sure we are that it is the one meant."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from civicconnect.geo.point import METRES_PER_DEGREE, Point

ONE_PLACE_METRES = 150.0  # the same words nearer than that are one answer


@dataclass(frozen=True)
class Place:
    """An address and where it is."""

    label: str
    point: Point


class Found(NamedTuple):
    """A place that may be meant, and what speaks against it: 0 is a perfect match."""

    cost: float
    place: Place


def metres(one: Point, other: Point) -> float:
    """Return how far two points of one city are apart, to a fraction of a percent."""
    shrink = math.cos(math.radians((one.lat + other.lat) / 2))
    return math.hypot(one.lat - other.lat, (one.long - other.long) * shrink) * METRES_PER_DEGREE


def best(found: Iterable[Found], limit: int) -> list[Place]:
    """Return the likeliest places, each once; among equals in the order they came."""
    kept: dict[str, list[Place]] = {}
    chosen: list[Place] = []
    for _, place in sorted(found, key=lambda one: one.cost):
        same = kept.setdefault(place.label, [])
        if len(chosen) < limit and all(metres(place.point, other.point) > ONE_PLACE_METRES for other in same):
            same.append(place)
            chosen.append(place)
    return chosen
