"""What areas owe each other: one drawing of each a day, and all of them inside the city."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import shapely

from civicconnect.geo.load import AreaRow

LEAST_INSIDE = 0.5  # a district may stick out into the sea or a lake; one that lies elsewhere is a slip


def misplaced(areas: Sequence[AreaRow], limit_layer: str) -> list[str]:
    """List the areas that hold twice on one day, and those that lie outside the city's limit."""
    return [*_held_twice(areas), *_outside(areas, limit_layer)]


def _held_twice(areas: Sequence[AreaRow]) -> list[str]:
    ordered = sorted(areas, key=lambda a: (a.layer, a.code, a.valid_from or date.min))
    return [
        f"areas/{a.layer}.geojson, {a.code}: drawn twice for {b.valid_from or 'the same days'}; let the "
        "older drawing end with 'valid_to' the day before."
        for a, b in pairwise(ordered)
        if (a.layer, a.code) == (b.layer, b.code) and a.valid_from != b.valid_from
        and (a.valid_to or date.max) >= (b.valid_from or date.min)
    ]


def _outside(areas: Sequence[AreaRow], limit_layer: str) -> list[str]:
    drawn = [area.shape for area in areas if area.layer == limit_layer]
    if not drawn:
        return []
    limit = shapely.union_all(drawn)
    shapely.prepare(limit)
    others = [area for area in areas if area.layer != limit_layer]
    return [
        f"areas/{area.layer}.geojson, {area.code}: lies outside the city's limit "
        f"(areas/{limit_layer}.geojson); draw it inside, or widen the limit."
        for area in others if _inside(area, limit) < LEAST_INSIDE
    ]


def _inside(area: AreaRow, limit: shapely.Geometry) -> float:
    """Return which part of an area lies inside the limit, 0..1."""
    if shapely.covers(limit, area.shape):
        return 1.0
    return float(shapely.area(shapely.intersection(limit, area.shape)) / max(shapely.area(area.shape), 1e-12))
