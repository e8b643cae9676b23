"""Draw the ground of the demo city: the same seed gives the same files, to the byte.

`python -m civicconnect.simulate cities/larkmouth` writes them; a test holds the folder equal to them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from civicconnect.simulate.areas import divide, limit
from civicconnect.simulate.blocks import Park, alleys, parks, planned_open, walks
from civicconnect.simulate.chart import on_grid, to_degrees
from civicconnect.simulate.field import lay_field
from civicconnect.simulate.houses import House, number_houses
from civicconnect.simulate.joins import blocks, join
from civicconnect.simulate.names import christen, christen_parks
from civicconnect.simulate.plan import PIERS
from civicconnect.simulate.roads import Street, planned
from civicconnect.simulate.shore import Shore, draw_shore
from civicconnect.simulate.streets import fill

SEED = 7
SEA_METRES = 15_000.0


class Town(NamedTuple):
    """Everything drawn, in metres east and north of the middle."""

    shore: Shore
    streets: list[Street]
    parks: list[Park]
    houses: list[House]


def draw_ground(folder: Path, seed: int) -> None:
    """Write areas/, map/ and addresses.csv of a city folder; what they held before is replaced."""
    town = draw_town(seed)
    for layer, areas in divide(limit(town.shore, town.streets)).items():
        # By their codes, as an export writes them.
        shapes = [(area.shape, area.properties)
                  for area in sorted(areas, key=lambda area: area.properties["code"])]
        _write(folder / "areas" / f"{layer}.geojson", shapes)
    for layer, features in _map(town).items():
        _write(folder / "map" / f"{layer}.geojson", _charted(features))
    _write_addresses(folder / "addresses.csv", town.houses)


def draw_town(seed: int) -> Town:
    """Return shore, streets, parks and houses: the plan first, then what chance makes of it."""
    rng = np.random.default_rng(seed)
    shore = draw_shore(rng)
    kept_open = planned_open(rng)
    streets = planned(shore, kept_open)
    leading = [street.line for street in streets if street.kind != "path"]
    field = lay_field(rng, shore, leading, shapely.union_all(list(kept_open.values())))
    # The second round fills the holes that joining the first one left.
    for dead_ends in (1.0, 0.5):
        paved = [street.line for street in streets if street.kind != "path"]
        fresh = [Street(line, "street") for line in fill(rng, field, paved)]
        streets = join(rng, field, [*streets, *fresh], dead_ends)
    ground = blocks([street for street in streets if street.kind != "path"])
    green = parks(rng, kept_open, ground, streets, shore)
    footways = [*alleys(rng, ground), *walks(ground, green)]
    streets = christen(rng, join(rng, field, [*streets, *footways], 1.0))
    green = christen_parks(rng, green)
    return Town(shore, streets, green, number_houses(rng, streets, green, shore))


Feature = tuple[BaseGeometry, Mapping[str, Any]]


def _map(town: Town) -> dict[str, list[Feature]]:
    sea = shapely.box(-SEA_METRES, -SEA_METRES, SEA_METRES, SEA_METRES)
    shore = town.shore
    water = [
        (sea.difference(shapely.union_all([shore.land, shore.river, shore.lake])), "Open Sea"),
        (shore.river.difference(shore.lake), "River Lark"),
        (shore.lake, "Lark Water"),
    ]
    return {
        "water": [(shape, {"name": name}) for shape, name in water],
        "parks": [(park.shape, {"name": park.name}) for park in town.parks],
        "piers": [
            (shape, {"name": pier.name}) for shape, pier in zip(shore.piers, PIERS, strict=True)
        ],
        "streets": [
            (street.line, {"name": street.name, "class": street.kind})
            for street in town.streets
        ],
    }


def _charted(features: Iterable[Feature]) -> list[Feature]:
    degrees = [(to_degrees(shape), properties) for shape, properties in features]
    # Lines are only rounded: snapping them as a whole would move the places where they meet.
    return [(s if s.geom_type.endswith("LineString") else on_grid(s), p) for s, p in degrees]


def _write(path: Path, features: Sequence[Feature]) -> None:
    """Write a feature collection, one feature a line: small, and a change shows where it is."""
    lines = [
        json.dumps(
            {"type": "Feature", "properties": properties, "geometry": _geometry(shape)},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for shape, properties in features
    ]
    body = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8", newline="\n")


def _geometry(shape: BaseGeometry) -> dict[str, Any]:
    # Normal form: the same shape always starts at the same vertex and runs the same way.
    drawn: dict[str, Any] = shapely.geometry.mapping(shapely.orient_polygons(shape.normalize()))
    return {"type": drawn["type"], "coordinates": _rounded(drawn["coordinates"])}


def _rounded(places: Any) -> Any:
    if isinstance(places, float):
        return round(places, 6)
    return [_rounded(place) for place in places]


def _write_addresses(path: Path, houses: Sequence[House]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("street", "number", "long", "lat"))
        doors = to_degrees(shapely.MultiPoint([(house.x, house.y) for house in houses]))
        places = shapely.get_coordinates(doors).tolist()
        for house, (long, lat) in zip(houses, places, strict=True):
            rows.writerow((house.street, house.label, round(long, 6), round(lat, 6)))
