"""Streets meet: loose ends reach the next street or go, slivers close, everything connects."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely import LineString, Point, Polygon, STRtree

from civicconnect.simulate.curves import Place
from civicconnect.simulate.field import Field
from civicconnect.simulate.roads import Street

REACH_METRES = 140.0
OVER_METRES = 0.6
DEAD_END_METRES = (45.0, 150.0)
CUT_BACK_METRES = 150.0
SLIVER_SQUARE_METRES = 900.0
# Edges are thinned one by one, so that the places where streets meet stay where they are.
THIN_METRES = 0.6


class Edge(NamedTuple):
    """A stretch between two junctions, and the number of the street it belongs to."""

    line: LineString
    owner: int
    ends: tuple[Place, Place]


def join(
    rng: np.random.Generator, field: Field, streets: Sequence[Street], dead_ends: float
) -> list[Street]:
    """Return the streets as one connected network, cut and mended so that they meet.

    streets      planned ones and paths keep their course; the others reach out and may go
    dead_ends    the share of pleasant short closes that stays, 0..1
    """
    reaching = list(streets)
    for _ in range(2):
        reaching = _reach_out(field, reaching)
    fixed = {i for i, street in enumerate(streets) if _is_fixed(street)}
    edges = _edges([street.line for street in reaching])
    kept = {spot for spot in _closes(edges, fixed) if rng.random() < dead_ends}
    edges = _pruned(edges, fixed, kept)
    for _ in range(6):
        fewer = _without_slivers(edges, fixed)
        if len(fewer) == len(edges):
            break
        edges = _pruned(fewer, fixed, kept)
    return _mended(_connected(edges), reaching)


def blocks(streets: Sequence[Street]) -> list[Polygon]:
    """Return the ground between the streets, block by block, from west to east."""
    lines = [street.line for street in streets]
    cut = shapely.node(shapely.MultiLineString([p for x in lines for p in shapely.get_parts(x)]))
    return sorted(
        shapely.get_parts(shapely.polygonize(shapely.get_parts(cut))), key=lambda b: b.bounds
    )


def _is_fixed(street: Street) -> bool:
    return bool(street.name) or street.kind == "path"


def _reach_out(field: Field, streets: list[Street]) -> list[Street]:
    lines = [street.line for street in streets]
    tree = STRtree(lines)
    out = []
    for me, street in enumerate(streets):
        if not _is_fixed(street):
            places = list(street.line.coords)
            for _ in range(2):
                places.reverse()
                met = _next_street(field, tree, lines, me, places)
                if met:
                    places.append(met)
            street = street._replace(line=LineString(places))
        out.append(street)
    return out


def _next_street(
    field: Field, tree: STRtree, lines: list[LineString], me: int, places: list[Place]
) -> Place | None:
    """Return where the street would meet another one, going straight on, if that is sensible."""
    (x0, y0), (x, y) = places[-2][:2], places[-1][:2]
    size = math.sqrt((x - x0) ** 2 + (y - y0) ** 2)
    ux, uy = (x - x0) / size, (y - y0) / size
    ahead = LineString([(x, y), (x + ux * REACH_METRES, y + uy * REACH_METRES)])
    meetings = [
        (math.sqrt((point.x - x) ** 2 + (point.y - y) ** 2), j, point)
        for j in tree.query(ahead, "intersects").tolist()
        for point in shapely.get_parts(shapely.intersection(ahead, lines[j]))
        if j != me and point.geom_type == "Point"
    ]
    far, j, point = min(meetings, default=(0.0, 0, None), key=lambda meeting: meeting[:2])
    if far < 0.05 or not _meets_squarely(lines[j], point, ux, uy):
        return None
    if any(field.clearance.at(x + ux * s, y + uy * s) <= 6 for s in range(0, int(far), 10)):
        return None
    # A little over the edge, so that the two lines surely cross; the stub goes with the pruning.
    return (x + ux * (far + OVER_METRES), y + uy * (far + OVER_METRES))


def _meets_squarely(line: LineString, point: Point, ux: float, uy: float) -> bool:
    at = line.project(point)
    a, b = line.interpolate(max(0.0, at - 3)), line.interpolate(at + 3)
    size = a.distance(b) or 1.0
    return bool(abs(ux * (b.y - a.y) - uy * (b.x - a.x)) / size > 0.45)


def _edges(lines: Sequence[LineString]) -> list[Edge]:
    """Cut all lines at their crossings; where two run together the earlier one owns the stretch."""
    pieces = [piece for line in lines for piece in shapely.get_parts(line)]
    noded = shapely.get_parts(shapely.node(shapely.MultiLineString(pieces)))
    middles = shapely.line_interpolate_point(noded, 0.5, normalized=True)
    owners: dict[int, int] = {}
    for i, owner in STRtree(list(lines)).query(middles, "dwithin", 0.05).T.tolist():
        owners[i] = min(owner, owners.get(i, owner))
    edges = [
        Edge(line, owners[i], (_spot(line.coords[0]), _spot(line.coords[-1])))
        for i, line in enumerate(noded)
    ]
    return sorted(edges, key=lambda edge: (edge.ends, edge.owner))


def _spot(place: Sequence[float]) -> Place:
    return (round(place[0], 2), round(place[1], 2))


def _degrees(edges: Iterable[Edge]) -> Counter[Place]:
    return Counter(spot for edge in edges for spot in edge.ends)


def _closes(edges: Sequence[Edge], fixed: set[int]) -> list[Place]:
    """Return loose ends of a length that makes a pleasant close."""
    degree = _degrees(edges)
    low, high = DEAD_END_METRES
    return [
        spot
        for edge in edges
        for spot in edge.ends
        if degree[spot] == 1 and edge.owner not in fixed and low < edge.line.length < high
    ]


def _pruned(edges: list[Edge], fixed: set[int], kept: set[Place]) -> list[Edge]:
    """Drop loose ends again and again, but for the kept ones and the far ends of planned roads."""
    while True:
        degree = _degrees(edges)
        left = [
            edge
            for edge in edges
            if not (loose := [spot for spot in edge.ends if degree[spot] == 1])
            or (edge.owner in fixed and edge.line.length > CUT_BACK_METRES)
            or (len(loose) == 1 and loose[0] in kept)
        ]
        if len(left) == len(edges):
            return left
        edges = left


def _without_slivers(edges: list[Edge], fixed: set[int]) -> list[Edge]:
    """Open each block too small or too thin to build on, by taking out its longest small street."""
    lines = [edge.line for edge in edges]
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    tree = STRtree(middles)
    gone: set[int] = set()
    for block in sorted(shapely.get_parts(shapely.polygonize(lines)), key=lambda b: b.bounds):
        if not _is_sliver(block):
            continue
        around = tree.query(block.exterior, "dwithin", 0.05).tolist()
        if not gone.intersection(around):
            # Where overshoots of two streets cross each other, even a planned road gives way.
            free = [
                i for i in around if edges[i].owner not in fixed or lines[i].length < OVER_METRES
            ]
            gone.update(sorted(free, key=lambda i: (-lines[i].length, i))[:1])
    return [edge for i, edge in enumerate(edges) if i not in gone]


def _is_sliver(block: Polygon) -> bool:
    if block.area < SLIVER_SQUARE_METRES:
        return True
    roundness = 4 * math.pi * block.area / block.length**2
    return bool(
        block.area < 9000 and (roundness < 0.24 or block.buffer(-16, quad_segs=2).is_empty)
    )


def _connected(edges: list[Edge]) -> list[Edge]:
    """Return the largest part that one can walk without leaving the streets."""
    at: dict[Place, list[int]] = defaultdict(list)
    for i, edge in enumerate(edges):
        for spot in edge.ends:
            at[spot].append(i)
    unseen = set(range(len(edges)))
    parts: list[set[int]] = []
    while unseen:
        part: set[int] = set()
        todo = [min(unseen)]
        while todo:
            i = todo.pop()
            if i not in part:
                part.add(i)
                todo.extend(j for spot in edges[i].ends for j in at[spot])
        unseen -= part
        parts.append(part)
    largest: set[int] = max(parts, key=len)
    return [edges[i] for i in sorted(largest)]


def _mended(edges: list[Edge], streets: Sequence[Street]) -> list[Street]:
    """Put the edges of each street together again; one torn in two becomes two streets."""
    owned: dict[int, list[LineString]] = defaultdict(list)
    for edge in edges:
        owned[edge.owner].append(edge.line.simplify(THIN_METRES))
    return [
        streets[owner]._replace(line=piece)
        for owner in sorted(owned)
        for piece in sorted(
            shapely.get_parts(shapely.line_merge(shapely.MultiLineString(owned[owner]))),
            key=lambda line: line.bounds,
        )
    ]
