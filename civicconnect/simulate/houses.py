"""House numbers: odd on the left, even on the right, counted from the end nearest the old heart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely import LineString, Point, STRtree

from civicconnect.simulate import plan
from civicconnect.simulate.blocks import Park
from civicconnect.simulate.roads import Street
from civicconnect.simulate.shore import Shore
from civicconnect.simulate.streets import Traces

APART_METRES = 9.0
FROM_STREET_METRES = 8.0


class House(NamedTuple):
    """An address: its street and number, and its door in metres."""

    street: str
    number: int
    x: float
    y: float


def number_houses(
    rng: np.random.Generator, streets: Sequence[Street], parks: Sequence[Park], shore: Shore
) -> list[House]:
    """Return the addresses along all streets that carry houses, closest together in the centre."""
    paved = STRtree([street.line for street in streets])
    site = shore.land.buffer(-6, quad_segs=2).difference(
        shapely.union_all([park.shape for park in parks])
    )
    shapely.prepare(site)
    taken, houses = Traces(), []
    for street in streets:
        if street.kind != "path":
            doors = _doors(rng, street)
            for door in doors:
                here = Point(door.x, door.y)
                clear = not taken.is_taken(door.x, door.y, APART_METRES) and site.contains(here)
                if clear and not paved.query(here, "dwithin", FROM_STREET_METRES).size:
                    taken.add([(door.x, door.y)])
                    houses.append(door)
    return sorted(houses)


def _doors(rng: np.random.Generator, street: Street) -> list[House]:
    """Return candidate addresses of one street: every so many plots, on either side."""
    doors, start = [], 0
    for line in _from_heart(street.line):
        mean, plot = _spread(line)
        for side in (1, -1):
            at = mean * float(rng.random())
            while at < line.length:
                count = int(at / plot)
                number = 2 * (start + count) + (1 if side > 0 else 2)
                doors.append(_door(rng, street.name, number, line, (count + 0.5) * plot, side))
                at += max(plot, mean * (0.5 + float(rng.random())))
        start += int(line.length / plot) + 1
    return doors


def _from_heart(line: LineString) -> list[LineString]:
    heart = Point(plan.HEART)
    pieces = []
    for piece in shapely.get_parts(line):
        first, last = Point(piece.coords[0]), Point(piece.coords[-1])
        pieces.append(piece if first.distance(heart) <= last.distance(heart) else piece.reverse())
    return sorted(pieces, key=lambda piece: Point(piece.coords[0]).distance(heart))


def _spread(line: LineString) -> tuple[float, float]:
    """Return metres from one listed house to the next on a side, and the width of a plot."""
    away = line.interpolate(0.5, normalized=True).distance(Point(plan.HEART))
    edge = min(1.0, away / 2400)
    return 40 + 95 * edge, 8 + 7 * edge


def _door(
    rng: np.random.Generator, name: str, number: int, line: LineString, at: float, side: int
) -> House:
    here, ahead = line.interpolate(at), line.interpolate(min(at + 1, line.length))
    back = line.interpolate(max(0.0, at - 1))
    dx, dy = ahead.x - back.x, ahead.y - back.y
    size = math.sqrt(dx * dx + dy * dy) or 1.0
    aside = side * (11 + 4 * float(rng.random())) / size
    return House(name, number, here.x - dy * aside, here.y + dx * aside)
