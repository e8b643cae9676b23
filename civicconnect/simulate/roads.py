"""The planned roads, laid on the ground: drawn ones, ones along the shore, walks on the piers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shapely import LineString, Point, Polygon
from shapely.geometry import LinearRing

from civicconnect.simulate import plan
from civicconnect.simulate.curves import smooth, stretch
from civicconnect.simulate.shore import Shore

STEP_METRES = 12.0
SETBACK_METRES = 32.0
GATE_METRES = 9.0


class Street(NamedTuple):
    """A street on the ground, in metres; one without a name is still to be christened."""

    line: LineString
    kind: str
    name: str = ""


def planned(shore: Shore, kept_open: Mapping[str, Polygon]) -> list[Street]:
    """Return what the plan asks for, in its order: earlier roads own the ground they share."""
    rings = _water_edges(shore)
    return [
        *(Street(LineString(smooth(r.line, STEP_METRES)), r.kind, r.name) for r in plan.ROADS),
        *(Street(_round(kept_open[p.name]), "street", p.road) for p in plan.PARKS if p.road),
        *(Street(_along(rings, r), r.kind, r.name) for r in plan.SHORE_ROADS),
        *(Street(_pier_walk(pier), "path", pier.name) for pier in plan.PIERS),
    ]


def _round(park: Polygon) -> LineString:
    """Return the road round a park; it cuts the corners of the lawn."""
    corners = park.buffer(GATE_METRES + 60).buffer(-60).exterior.simplify(12).coords[:-1]
    line = smooth(corners, STEP_METRES, closed=True)
    return LineString([*line, line[0]])


def _water_edges(shore: Shore) -> list[LinearRing]:
    # Inwards too far and out again: a road cuts the corners a rock would not.
    inner = shore.land.buffer(-SETBACK_METRES - 38).buffer(38).simplify(1.5)
    return [LinearRing(part.exterior) for part in getattr(inner, "geoms", [inner])]


def _along(rings: list[LinearRing], road: plan.ShoreRoad) -> LineString:
    return stretch(min(rings, key=lambda ring: ring.distance(Point(road.start))),
                   road.start, road.end)  # fmt: skip


def _pier_walk(pier: plan.Pier) -> LineString:
    """Return the walk from behind the quay to just before the end of the pier."""
    (x, y), (x1, y1) = pier.line[:2]
    size = Point(x, y).distance(Point(x1, y1))
    inland = (x - (x1 - x) / size * 120, y - (y1 - y) / size * 120)
    return LineString(smooth((inland, *pier.line), 20.0))
