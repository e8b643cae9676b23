"""Where the land ends: coast, river, lake, islet, piers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

from civicconnect.simulate import plan
from civicconnect.simulate.curves import smooth
from civicconnect.simulate.noise import Floats, Noise

STEP_METRES = 14.0


@dataclass(frozen=True)
class Shore:
    """Land and water, in metres."""

    land: MultiPolygon
    river: Polygon
    lake: Polygon
    piers: tuple[Polygon, ...]


def draw_shore(rng: np.random.Generator) -> Shore:
    """Draw the water's edge round the planned coast, rough where the sea is rough."""
    east, north = Noise(rng), Noise(rng)
    island = _gnawed(plan.COAST, east, north)
    islet = _gnawed(plan.ISLET, east, north)
    stacks = [_stack(place, east, north) for place in plan.STACKS]
    lake = Polygon(_shaken(smooth(plan.LAKE, STEP_METRES, closed=True), 25.0, east, north))
    river = _river(east, north)
    water = river.union(lake).buffer(1.0).buffer(-1.0)
    made = Polygon(plan.MADE_GROUND).difference(Polygon(plan.DOCK))
    land = shapely.union_all([island, islet, made, *stacks]).difference(water)
    ground = [part for part in shapely.get_parts(land) if part.area > 800]
    piers = tuple(_pier(pier) for pier in plan.PIERS)
    return Shore(MultiPolygon(ground), river.intersection(island), lake, piers)


def _shaken(
    line: Floats, reach: Floats | float, east: Noise, north: Noise, wavelength: float = 560
) -> Floats:
    xs, ys = line[:, 0], line[:, 1]
    moved = np.stack([east.at(xs, ys, wavelength, 6), north.at(xs, ys, wavelength, 6)], axis=1)
    return line[:, :2] + moved * (np.ones(len(line)) * reach)[:, None] * 2


def _gnawed(coast: Sequence[tuple[float, float, float]], east: Noise, north: Noise) -> Polygon:
    line = smooth(coast, STEP_METRES, closed=True)
    return _largest(Polygon(_shaken(line, line[:, 2].clip(0), east, north)).buffer(0))


def _stack(spot: tuple[float, float, float], east: Noise, north: Noise) -> Polygon:
    x, y, radius = spot
    ring = np.asarray(shapely.Point(x, y).buffer(radius, quad_segs=5).exterior.coords)[:-1]
    return _largest(Polygon(_shaken(ring, radius * 0.5, east, north, 70)).buffer(0))


def _river(east: Noise, north: Noise) -> Polygon:
    line = smooth(plan.RIVER, 10.0)
    half = line[:, 2]
    middle = _shaken(line, (half * 0.35).clip(0, 8), east, north)
    return shapely.union_all(
        [LineString(middle[i : i + 2]).buffer(half[i], quad_segs=4) for i in range(len(line) - 1)]
    ).simplify(1.0)


def _pier(pier: plan.Pier) -> Polygon:
    return LineString(smooth(pier.line, 20.0)).buffer(pier.width / 2, cap_style="square")


def _largest(shape: Polygon | MultiPolygon) -> Polygon:
    return max(shapely.get_parts(shape), key=lambda part: part.area)
