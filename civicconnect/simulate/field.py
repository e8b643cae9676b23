"""Which way streets run, and how far apart, at every place in town.

A street direction has no sign, so directions are added as doubled angles (a tensor field): each
influence contributes weight * (cos 2a, sin 2a), and the sum tells the direction that wins.
source    Chen, Esch, Wonka, Mueller, Zhang: Interactive Procedural Street Modeling, 2008
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon, STRtree

from civicconnect.simulate import plan
from civicconnect.simulate.curves import smooth
from civicconnect.simulate.noise import Floats, Noise
from civicconnect.simulate.shore import Shore

CELL_METRES = 25.0
WEST, SOUTH, COLUMNS, ROWS = -3400.0, -2700.0, 273, 217


class Sheet:
    """One quantity over the whole town, read between the cells."""

    def __init__(self, cells: Floats) -> None:
        # Rounding makes the drawing the same on processors whose sine differs in the last bit.
        self._rows: list[list[float]] = np.round(cells, 6).tolist()

    def at(self, x: float, y: float) -> float:
        across, up = (x - WEST) / CELL_METRES, (y - SOUTH) / CELL_METRES
        i = min(max(int(across), 0), COLUMNS - 2)
        j = min(max(int(up), 0), ROWS - 2)
        u, v = across - i, up - j
        low, high = self._rows[j], self._rows[j + 1]
        return (low[i] * (1 - u) + low[i + 1] * u) * (1 - v) + (
            high[i] * (1 - u) + high[i + 1] * u
        ) * v


@dataclass(frozen=True)
class Field:
    """What a street needs to know about the place it has reached.

    clearance    metres to the nearest water, park or open country; negative inside it
    gaps         metres between neighbouring streets: along the field, across it
    """

    doubled: tuple[Sheet, Sheet]
    clearance: Sheet
    gaps: tuple[Sheet, Sheet]

    def direction(self, x: float, y: float, family: int) -> tuple[float, float]:
        """Return the unit direction of streets at a place: family 0 runs along, 1 across."""
        c, s = self.doubled[0].at(x, y), self.doubled[1].at(x, y)
        size = math.sqrt(c * c + s * s) or 1.0
        ux = math.sqrt(max(0.0, (1 + c / size) / 2))
        uy = math.sqrt(max(0.0, (1 - c / size) / 2)) * (1 if s >= 0 else -1)
        return (ux, uy) if family == 0 else (-uy, ux)


def lay_field(
    rng: np.random.Generator, shore: Shore, roads: Sequence[LineString], kept_open: Polygon
) -> Field:
    """Add up what pulls streets: planned roads, shore, hills, the old centre, the grid."""
    xs, ys = np.meshgrid(
        WEST + CELL_METRES * np.arange(COLUMNS), SOUTH + CELL_METRES * np.arange(ROWS)
    )
    angle_noise = Noise(rng)
    pulls = [
        *_quarters(xs, ys, angle_noise),
        _towards(xs, ys, roads, 1.6, 110.0),
        _towards(xs, ys, _shore_lines(shore), 0.8, 130.0),
    ]
    turn = 2 * np.radians(7) * angle_noise.at(xs, ys, 700)
    c = sum(weight * np.cos(2 * angle + turn) for weight, angle in pulls)
    s = sum(weight * np.sin(2 * angle + turn) for weight, angle in pulls)
    along, across = _gaps(xs, ys)
    return Field(
        (Sheet(_blurred(c)), Sheet(_blurred(s))),
        Sheet(_clearance(xs, ys, shore, kept_open)),
        (Sheet(along), Sheet(across)),
    )


def _blurred(cells: Floats | int, passes: int = 4) -> Floats:
    """Return cells averaged with their neighbours, so that no street turns on the spot."""
    out = np.asarray(cells, dtype=np.float64)
    for axis in (0, 1) * passes:
        edged = np.pad(out, [(1, 1) if axis == side else (0, 0) for side in (0, 1)], mode="edge")
        ahead, back = np.roll(edged, -1, axis), np.roll(edged, 1, axis)
        mixed = edged / 2 + (ahead + back) / 4
        out = mixed[1:-1] if axis == 0 else mixed[:, 1:-1]
    return out


def _near(xs: Floats, ys: Floats, middle: tuple[float, float], reach: float) -> Floats:
    squares: Floats = (xs - middle[0]) ** 2 + (ys - middle[1]) ** 2
    return np.exp(-squares / (2 * reach**2))


def _quarters(xs: Floats, ys: Floats, noise: Noise) -> list[tuple[Floats, Floats]]:
    """Return (weight, angle) of each quarter's own habit."""
    old = _near(xs, ys, plan.HEART, 400)
    grid = np.exp(-(((xs - 1150) / 850) ** 4) - ((ys + 130) / 720) ** 4)
    west, north = np.gradient(_height(xs, ys))[::-1]
    slope = np.hypot(west, north)
    radial = np.arctan2(ys - plan.HEART[1], xs - plan.HEART[0]) + np.pi / 2
    crooked = np.radians(20) + np.radians(75) * noise.at(xs + 5000, ys, 300, 2)
    return [
        (0.35 * np.ones_like(xs), radial),
        (1.6 * old, crooked),
        (2.0 * grid, np.full_like(xs, np.radians(11.5))),
        (1.6 * slope / slope.max(), np.arctan2(north, west) + np.pi / 2),
        *(
            (q.weight * _near(xs, ys, q.middle, q.reach), np.full_like(xs, np.radians(q.degrees)))
            for q in (*plan.QUARTERS, *plan.ESTATES, plan.DOCKS)
        ),
    ]


def _height(xs: Floats, ys: Floats) -> Floats:
    heights = [top * _near(xs, ys, middle, reach) for middle, top, reach in plan.HILLS]
    return np.asarray(sum(heights))


def _towards(
    xs: Floats, ys: Floats, lines: Sequence[LineString], weight: float, reach: float
) -> tuple[Floats, Floats]:
    """Return the pull of the nearest of some lines, fading with distance."""
    cuts = shapely.segmentize(np.asarray(lines, dtype=object), CELL_METRES)
    ends = [np.asarray(line.coords) for line in cuts]
    starts = np.vstack([line[:-1] for line in ends])
    steps = np.vstack([np.diff(line, axis=0) for line in ends])
    tree = STRtree(shapely.points(starts + steps / 2))
    (_, nearest), far = tree.query_nearest(
        shapely.points(xs.ravel(), ys.ravel()), return_distance=True, all_matches=False
    )
    angle = np.arctan2(steps[:, 1], steps[:, 0])[nearest].reshape(xs.shape)
    return weight * np.exp(-((far.reshape(xs.shape) / reach) ** 2)), angle


def _shore_lines(shore: Shore) -> list[LineString]:
    lines = [LineString(part.exterior.coords).simplify(10) for part in shore.land.geoms]
    return [line for line in lines if line.length > 500]


def built_ground(shore: Shore) -> Polygon | MultiPolygon:
    """Return the land the town stands on: the settled part of the island, and the islet."""
    settled = Polygon(smooth(plan.SETTLED, 30, closed=True))
    islet = max(
        (part for part in shore.land.geoms if not part.intersects(settled)), key=lambda p: p.area
    )
    return shapely.union_all([settled, islet]).intersection(shore.land)


def _clearance(xs: Floats, ys: Floats, shore: Shore, kept_open: Polygon) -> Floats:
    free = built_ground(shore).difference(kept_open).simplify(2)
    places = shapely.points(xs.ravel(), ys.ravel())
    shapely.prepare(free)
    edge = free.boundary
    shapely.prepare(edge)
    far = shapely.distance(edge, places)
    inside = shapely.contains(free, places)
    clear: Floats = np.where(inside, far, -far).reshape(xs.shape)
    return clear


def _gaps(xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
    """Return metres between streets along and across: close in the old town, wide on the edge."""
    away = np.hypot(xs - 0, ys + 250)
    edge = np.clip((away - 900) / 1500, 0, 1)
    old = _near(xs, ys, plan.HEART, 420)
    along = 80 + 45 * edge - 33 * old
    across = 138 + 60 * edge - 78 * old
    return along, across
