"""What becomes of the ground between the streets: parks and squares, alleys, walks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon

from civicconnect.simulate import plan
from civicconnect.simulate.curves import smooth
from civicconnect.simulate.noise import Noise
from civicconnect.simulate.roads import Street
from civicconnect.simulate.shore import Shore

KERB_METRES = 7.0
ALLEYS, SQUARES = 22, 16
SQUARE_WORDS = ("Square", "Gardens", "Green", "Playground")


class Park(NamedTuple):
    """Ground kept open, in metres; one without a name is still to be christened."""

    shape: Polygon | MultiPolygon
    name: str = ""


def planned_open(rng: np.random.Generator) -> dict[str, Polygon]:
    """Return the parks and heaths of the plan, roughly: streets keep out of them."""
    east, north = Noise(rng), Noise(rng)
    return {patch.name: _blob(patch, east, north) for patch in (*plan.PARKS, *plan.HEATHS)}


def _blob(patch: plan.Patch, east: Noise, north: Noise) -> Polygon:
    turn = math.radians(patch.turn)
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    xs, ys = patch.length * np.cos(angles), patch.width * np.sin(angles)
    places = np.stack(
        [
            patch.middle[0] + xs * math.cos(turn) - ys * math.sin(turn),
            patch.middle[1] + xs * math.sin(turn) + ys * math.cos(turn),
        ],
        axis=1,
    )
    x, y, reach = places[:, 0], places[:, 1], patch.width * 0.3
    moved = np.stack([east.at(x, y, 300, 3), north.at(x, y, 300, 3)], axis=1)
    return shapely.buffer(Polygon(places + moved * reach), 0)


def alleys(rng: np.random.Generator, ground: Sequence[Polygon]) -> list[Street]:
    """Return footpaths across the middle of long blocks in the old town and on the hills."""
    tops = [plan.HEART, plan.HEART, *(middle for middle, _, _ in plan.HILLS)]
    long_blocks = [block for block in ground if 4500 < block.area < 26000 and _shape(block)[0] > 1.5]

    def lure(block: Polygon) -> float:
        far = min(float(block.centroid.distance(Point(top))) for top in tops)
        return far * (0.6 + 0.8 * float(rng.random()))

    chosen = [block for _, block in sorted(((lure(b), b) for b in long_blocks), key=lambda t: t[0])]
    return [Street(_across(block), "path") for block in chosen[:ALLEYS]]


def _shape(block: Polygon) -> tuple[float, float, float]:
    """Return how many times longer than wide a block is, and its long direction."""
    corners = np.asarray(block.minimum_rotated_rectangle.exterior.coords)
    sides = np.diff(corners, axis=0)[:2]
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    dx, dy = sides[int(lengths.argmax())] / lengths.max()
    return float(lengths.max() / max(lengths.min(), 1.0)), float(dx), float(dy)


def _across(block: Polygon) -> LineString:
    _, dx, dy = _shape(block)
    x, y = block.centroid.x, block.centroid.y
    cut = LineString([(x - dy * 500, y + dx * 500), (x + dy * 500, y - dx * 500)])
    inside = max(
        shapely.get_parts(shapely.intersection(block, cut)), key=lambda line: float(line.length)
    )
    (x0, y0), (x1, y1) = inside.coords
    over = 0.6 / inside.length
    return LineString(
        [(x0 - (x1 - x0) * over, y0 - (y1 - y0) * over), (x1 + (x1 - x0) * over, y1 + (y1 - y0) * over)]
    )


def parks(
    rng: np.random.Generator,
    wanted: dict[str, Polygon],
    ground: Sequence[Polygon],
    streets: Sequence[Street],
    shore: Shore,
) -> list[Park]:
    """Return each planned park, filling its block where it nearly does, and some small squares."""
    roadway = shapely.union_all(
        [s.line.buffer(3 if s.kind == "path" else KERB_METRES, quad_segs=2) for s in streets]
    )
    meadow = shore.land.buffer(-5, quad_segs=3).simplify(1)
    encircled = {patch.name for patch in plan.PARKS if patch.road}
    found: list[Park] = []
    for name, blob in wanted.items():
        shape = _filled(blob, ground, 0.8 if name in encircled else 0.42) or blob
        free = shape.intersection(meadow).difference(roadway)
        for other in found:
            free = free.difference(other.shape)
        pieces = [piece.simplify(1.5) for piece in shapely.get_parts(free) if piece.area > 2500]
        found.append(Park(MultiPolygon(pieces), name))
    return [*found, *_squares(rng, found, ground)]


def _filled(blob: Polygon, ground: Sequence[Polygon], share: float) -> Polygon | None:
    """Return all blocks of which more than a share is park, as one."""
    covered = [b for b in ground if b.intersection(blob).area > share * b.area]
    whole = shapely.union_all(covered)
    return whole if covered and whole.intersection(blob).area > 0.85 * blob.area else None


def _squares(
    rng: np.random.Generator, found: Sequence[Park], ground: Sequence[Polygon]
) -> list[Park]:
    """Return small open blocks, none of them close to another park."""
    spots = [park.shape for park in found]
    squares: list[Park] = []
    small = [b for b in ground if 1500 < b.area < 8500 and _shape(b)[0] < 1.9]
    for i in rng.permutation(len(small)).tolist():
        if len(squares) == SQUARES:
            break
        shape = small[i].buffer(-KERB_METRES, join_style="mitre")
        if shape.area > 700 and all(shape.distance(other) > 330 for other in spots):
            spots.append(shape)
            squares.append(Park(shape.simplify(1)))
    return squares


def walks(ground: Sequence[Polygon], found: Sequence[Park]) -> list[Street]:
    """Return footpaths through planned parks, from gate to gate by way of the middle."""
    inland = {patch.name: patch for patch in plan.PARKS}
    lines = []
    for park in found:
        patch = inland.get(park.name)
        block = next((b for b in ground if patch and b.contains(Point(patch.middle))), None)
        if patch and block and block.area < 4 * math.pi * patch.length * patch.width:
            lines.extend(_gate_to_gate(block, patch))
    return [Street(line, "path") for line in lines]


def _gate_to_gate(block: Polygon, patch: plan.Patch) -> list[LineString]:
    ring = block.exterior
    start = ring.project(Point(patch.middle))
    gates = [ring.interpolate((start + ring.length * k / 4) % ring.length) for k in range(4)]
    x, y = patch.middle
    lines = []
    for gate, other, bend in ((gates[0], gates[2], 12.0), (gates[1], gates[3], -12.0)):
        curve = LineString(smooth([(gate.x, gate.y), (x + bend, y + bend), (other.x, other.y)], 15))
        if block.buffer(1).covers(curve):
            lines.append(_stretched(curve))
    return lines


def _stretched(line: LineString) -> LineString:
    """Return the line a step longer at both ends, so that it surely crosses what it leads to."""
    places = [tuple(place) for place in line.coords]
    for _ in range(2):
        places.reverse()
        (x0, y0), (x, y) = places[-2], places[-1]
        far = math.sqrt((x - x0) ** 2 + (y - y0) ** 2)
        places.append((x + (x - x0) / far * 0.6, y + (y - y0) / far * 0.6))
    return LineString(places)
