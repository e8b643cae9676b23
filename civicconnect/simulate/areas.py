"""The city's limit, and its districts and wards: they share every boundary to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import shapely
from shapely import MultiPolygon, Polygon

from civicconnect.simulate import plan
from civicconnect.simulate.chart import GRID_DEGREES, to_degrees
from civicconnect.simulate.curves import Place, smooth
from civicconnect.simulate.roads import Street
from civicconnect.simulate.shore import Shore

AROUND_METRES = 15.0
CITY = "Larkmouth"
DISTRICTS = {
    "harbour": "Harbour and Holm",
    "old-town": "Old Town",
    "saltmarket": "Saltmarket",
    "sunset-strand": "Sunset Strand",
    "lantern-hill": "Lantern Hill",
    "far-point": "Far Point",
}
WARDS = {"north": "North Ward", "east": "East Ward", "west": "West Ward"}


class Area(NamedTuple):
    """One area of a layer, in degrees."""

    code: str
    name: str
    shape: MultiPolygon


def limit(shore: Shore, streets: Sequence[Street]) -> MultiPolygon:
    """Return the ground the city answers for, in metres: land, rivers, bridges and piers."""
    ground = shapely.union_all([shore.land, shore.river, shore.lake, *shore.piers])
    bridges = [s.line.difference(ground).buffer(12) for s in streets]
    around = shapely.union_all([ground, *bridges]).buffer(AROUND_METRES, quad_segs=3).simplify(2)
    return MultiPolygon([Polygon(part.exterior) for part in shapely.get_parts(around)])


def divide(city: MultiPolygon) -> dict[str, list[Area]]:
    """Return the layers city, district and ward of a limit given in metres."""
    sides = _sides()
    cuts = [city.boundary, *(side.exterior for side in sides.values())]
    # Everything is cut on the grid of the file at once; neighbours then agree on every vertex.
    lines = shapely.union_all([to_degrees(cut) for cut in cuts], grid_size=GRID_DEGREES)
    whole = to_degrees(city)
    pieces = [
        piece
        for piece in shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
        if whole.contains(piece.representative_point())
    ]
    within = {name: to_degrees(side) for name, side in sides.items()}
    places = [
        {name for name, side in within.items() if side.contains(piece.representative_point())}
        for piece in pieces
    ]
    return {
        "city": [Area("city", CITY, _together(pieces))],
        "district": _gathered(pieces, [_district(place) for place in places], DISTRICTS),
        "ward": _gathered(pieces, [_ward(place) for place in places], WARDS),
    }


def _district(place: set[str]) -> str:
    if "harbour" in place:
        return "harbour"
    if "ring" in place:
        return "old-town" if "west bank" in place else "saltmarket"
    if "west bank" not in place:
        return "far-point"
    return "lantern-hill" if "above avenue" in place else "sunset-strand"


def _ward(place: set[str]) -> str:
    if "north" in place:
        return "north"
    return "west" if "west bank" in place else "east"


def _gathered(
    pieces: Sequence[Polygon], codes: Sequence[str], names: dict[str, str]
) -> list[Area]:
    return [
        Area(code, name, _together([p for p, its in zip(pieces, codes, strict=True) if its == code]))
        for code, name in names.items()
    ]


def _together(pieces: Sequence[Polygon]) -> MultiPolygon:
    return MultiPolygon(list(shapely.get_parts(shapely.coverage_union_all(list(pieces)))))


def _sides() -> dict[str, Polygon]:
    """Return the large shapes, reaching out to sea, whose overlaps tell the areas apart."""
    river = [(760, 3200), *((x, y) for x, y, _ in plan.RIVER), (-60, -1100), (-250, -1700)]
    stream = _line([*river, (-250, -3200)])
    harbour_side = [place for place in stream if place[1] < -340]
    avenue, circuit = _road("Westerly Avenue"), _road("The Circuit")
    quays = [*_road("Old Bridge Street"), *_road("Shipwrights Road")]
    quays = [place for place in quays if place[0] > 70]
    middle = [place for place in _road("Middle Bridge Road") if place[0] > -260]
    hill = _road("Lantern Road")
    turn = min(range(len(hill)), key=lambda i: abs(hill[i][1] - 75))
    return {
        "west bank": Polygon([*stream, (-4000, -3200), (-4000, 3200)]),
        "ring": Polygon(circuit),
        "harbour": Polygon([*harbour_side, (2900, -3200), (2900, -1650), *quays[::-1]]),
        "above avenue": Polygon([*avenue, (-4000, 120), (-4000, 3200), (700, 3200), (700, 0)]),
        "north": Polygon(
            [*hill[turn:], (-2700, 2300), (-2700, 3200), (4000, 3200), (4000, 800), (2500, 560),
             *middle[::-1], (-270, 120), (-420, 130)]
        ),
    }  # fmt: skip


def _road(name: str) -> list[Place]:
    return _line(next(road.line for road in plan.ROADS if road.name == name))


def _line(places: Sequence[Place]) -> list[Place]:
    return [(float(x), float(y)) for x, y in smooth(places, 12.0)]
