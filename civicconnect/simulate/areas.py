"""The city's limit, and its districts and wards: they share every boundary to the last digit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import shapely
from shapely import MultiPolygon, Polygon

from civicconnect.simulate import plan
from civicconnect.simulate.chart import GRID_DEGREES, to_degrees
from civicconnect.simulate.curves import Place, smooth
from civicconnect.simulate.roads import Street
from civicconnect.simulate.shore import Shore

AROUND_METRES = 15.0
Names = Mapping[str, str]  # by language, the first is the name and the others are for who reads them
_AREAS: dict[str, dict[str, Names]] = tomllib.loads(
    Path(__file__).with_name("areas.toml").read_text(encoding="utf-8"))
CITY, DISTRICTS, WARDS = (_AREAS[layer] for layer in ("city", "district", "ward"))


class Area(NamedTuple):
    """One area of a layer, in degrees."""

    code: str
    names: Names
    shape: MultiPolygon

    @property
    def properties(self) -> dict[str, Any]:
        """Return what its file says of it."""
        (_, name), *others = self.names.items()
        return {"code": self.code, "name": name, "names": dict(others)}


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
        "city": _gathered(pieces, ["city"] * len(pieces), CITY),
        "district": _gathered(pieces, [_district(place) for place in places], DISTRICTS),
        "ward": _gathered(pieces, [_ward(place) for place in places], WARDS),
    }


def _district(place: set[str]) -> str:
    return _west_district(place) if "west bank" in place else _east_district(place)


def _west_district(place: set[str]) -> str:
    if "ramparts" in place:
        return "old-town"
    if "past the moor" in place:
        return "moorside"
    if "above avenue" in place:
        return "orchards" if "circuit" in place else "lantern-hill"
    return "sailmakers" if "circuit" in place else "sunset-strand"


def _east_district(place: set[str]) -> str:
    if "harbour" in place:
        return "harbour"
    if "circuit" in place:
        return "lakeside" if "above bridge" in place else "saltmarket"
    if "lake" in place:
        return "lakeside"
    return "far-point" if "past eastern way" in place else "eastfields"


def _ward(place: set[str]) -> str:
    """Return the ward of a place: it counts heads, so it cuts across the districts."""
    for ward in ("bridge", "north"):
        if ward in place:
            return ward
    if "west bank" not in place:
        return "east"
    return "south" if "south" in place else "west"


def _gathered(
    pieces: Sequence[Polygon], codes: Sequence[str], areas: Mapping[str, Names]
) -> list[Area]:
    return [
        Area(code, names, _together([p for p, its in zip(pieces, codes, strict=True) if its == code]))
        for code, names in areas.items()
    ]


def _together(pieces: Sequence[Polygon]) -> MultiPolygon:
    return MultiPolygon(list(shapely.get_parts(shapely.coverage_union_all(list(pieces)))))


def _sides() -> dict[str, Polygon]:
    """Return the large shapes, reaching out to sea, whose overlaps tell the areas apart."""
    return {**_banks(), **_quarters(), **_ward_sides()}


def _banks() -> dict[str, Polygon]:
    river = [(760, 3200), *((x, y) for x, y, _ in plan.RIVER), (-60, -1100), (-250, -1700)]
    stream = _line([*river, (-250, -3200)])
    harbour_side = [place for place in stream if place[1] < -340]
    quays = [*_road("Old Bridge Street"), *_road("Shipwrights Road")]
    quays = [place for place in quays if place[0] > 70]
    return {
        "west bank": Polygon([*stream, (-4000, -3200), (-4000, 3200)]),
        "harbour": Polygon([*harbour_side, (2900, -3200), (2900, -1650), *quays[::-1]]),
    }


def _quarters() -> dict[str, Polygon]:
    bridge = _road("Middle Bridge Road")
    to_bank = [place for place in bridge if place[0] < 280]
    return {
        "circuit": Polygon(_road("The Circuit")),
        "ramparts": Polygon(
            [*to_bank[::-1], *_road("Rampart Road"), (-1010, -1300), (-800, -1700), (280, -1700)]
        ),
        "past the moor": Polygon(
            [*_road("Moor Avenue"), (-440, 3200), (4000, 3200), (4000, plan.HEART[1])]
        ),
        "above avenue": Polygon(
            [*_road("Westerly Avenue"), (-4000, 120), (-4000, 3200), (700, 3200), (700, 0)]
        ),
        "above bridge": Polygon([*bridge, (4000, 900), (4000, 3200), (-400, 3200)]),
        "lake": Polygon(
            [*_road("Lakeside Avenue"), (1340, 3200), (-1000, 3200), (-1000, plan.SQUARE[1])]
        ),
        "past eastern way": Polygon(
            [(1000, 3200), *(place for place in _road("Eastern Way") if place[0] > 1980 or place[1] > 0),
             (1900, -1300), (1900, -1800), (4000, -1800), (4000, 3200)]
        ),
    }  # fmt: skip


def _ward_sides() -> dict[str, Polygon]:
    hill, southhead = _road("Lantern Road"), _road("Southhead Road")
    turn = min(range(len(hill)), key=lambda i: abs(hill[i][1]))
    middle = [place for place in _road("Middle Bridge Road") if place[0] > -260]
    moor = [place for place in _road("Moor Avenue") if 120 < place[1] < 400]
    lakeside = [place for place in _road("Lakeside Avenue") if place[1] < 420]
    causeway = [place for place in _road("Holm Causeway") if place[1] > -780]
    return {
        "bridge": Polygon(
            [*_road("Rampart Road")[::-1], *moor, *lakeside[::-1], *causeway,
             (560, -1100), (750, -1500), (750, -1950), (-500, -1950)]
        ),
        "north": Polygon(
            [*hill[turn:], (-2700, 2300), (-2700, 3200), (4000, 3200), (4000, 800), (2500, 560),
             *middle[::-1], (-270, -50)]
        ),
        "south": Polygon(
            [*(place for place in southhead if place[0] > -1500), (-1590, -450), (-2350, -300), (-3300, -330),
             (-3300, -3200), (400, -3200), (400, -400)]
        ),
    }  # fmt: skip


def _road(name: str) -> list[Place]:
    """Return the places along a planned road, from its first to its last."""
    return _line(next(road.line for road in plan.ROADS if road.name == name))


def _line(places: Sequence[Place]) -> list[Place]:
    return [(float(x), float(y)) for x, y in smooth(places, 12.0)]
