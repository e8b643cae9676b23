"""The demo city's ground: what the folder holds is what the generator draws, and it looks like a town."""

from __future__ import annotations

import csv
import json
import re
import runpy
import sys
import tomllib
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, STRtree
from shapely.geometry import shape

from civicconnect import simulate
from tests.factories import HERE

FOLDER = Path(__file__).parents[2] / "cities" / "larkmouth"
DRAWN = ("areas", "map", "addresses.csv")
METRES = np.array([83_880.0, 111_058.0])  # in a degree of longitude and latitude, on the island
MIDDLE = np.array([HERE.long, HERE.lat])


class House(NamedTuple):
    street: str
    number: int
    letter: str
    x: float
    y: float


@cache
def features(file: str) -> list[tuple[dict[str, str], Any]]:
    """Return what a GeoJSON file of the city says and draws, in metres from the middle."""
    told = json.loads((FOLDER / file).read_text(encoding="utf-8"))["features"]
    return [(f["properties"], shapely.transform(shape(f["geometry"]), lambda p: (p - MIDDLE) * METRES))
            for f in told]


@cache
def houses() -> list[House]:
    with (FOLDER / "addresses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    places = (np.array([(float(r["long"]), float(r["lat"])) for r in rows]) - MIDDLE) * METRES
    return [House(r["street"], int(r["number"].rstrip("ABC")), r["number"].lstrip("0123456789"), x, y)
            for r, (x, y) in zip(rows, places.tolist(), strict=True)]


def doors(chosen: list[House]) -> Any:
    return shapely.points([(house.x, house.y) for house in chosen])


def carrying() -> dict[str, Any]:
    """Return the streets that carry houses, by name."""
    return {told["name"]: line for told, line in features("map/streets.geojson") if told["class"] != "path"}


def areas(layer: str) -> dict[str, Any]:
    return {told["code"]: shape for told, shape in features(f"areas/{layer}.geojson")}


def files(folder: Path) -> dict[str, bytes]:
    """Return what is drawn of a city's folder."""
    found = [file for name in DRAWN for file in (folder / name, *folder.glob(f"{name}/*")) if file.is_file()]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


@pytest.fixture
def draw(monkeypatch):
    """Run `python -m civicconnect.simulate` with one argument."""
    def run(folder):
        monkeypatch.setattr(sys, "argv", ["simulate", str(folder)])
        runpy.run_module("civicconnect.simulate", run_name="__main__")
    return run


def test_the_folder_holds_what_the_generator_draws(draw, tmp_path):
    """Where it does not, run `python -m civicconnect.simulate cities/larkmouth`: it takes ten seconds."""
    draw(tmp_path)
    kept, drawn = files(FOLDER), files(tmp_path)
    assert sorted(kept) == sorted(drawn)
    assert [name for name in kept if kept[name] != drawn[name]] == []


def test_the_generator_asks_for_a_folder_that_is_there(draw, tmp_path):
    with pytest.raises(SystemExit, match="Name the city's folder"):
        draw(tmp_path / "none")


def test_the_town_has_about_twenty_thousand_addresses_in_files_of_a_modest_size():
    sizes = {name: len(content) for name, content in files(FOLDER).items()}
    assert 19_500 <= len(houses()) <= 20_500
    assert sizes.pop("addresses.csv") <= 900_000
    assert sum(sizes.values()) <= 1_500_000


def test_no_address_stands_twice_and_no_house_on_another():
    assert Counter(house[:3] for house in houses()).most_common(1)[0][1] == 1
    places = doors(houses())
    near = STRtree(places).query(places, "dwithin", 4.0)
    assert near.shape[1] == len(places)


def test_some_houses_have_letters_and_some_numbers_are_missing():
    lettered = sum(1 for house in houses() if house.letter)
    assert 0.02 < lettered / len(houses()) < 0.15
    given = defaultdict(set)
    for house in houses():
        given[house.street].add(house.number)
    missing = sum(max(numbers) - len(numbers) for numbers in given.values())
    assert 0.1 < missing / len(houses()) < 0.6


def test_the_city_hall_has_the_address_that_the_city_gives():
    told = tomllib.loads((FOLDER / "city.toml").read_text(encoding="utf-8"))["contact"]["address"]
    number, _, street = told.split(", ")[1].partition(" ")
    assert any((h.street, f"{h.number}{h.letter}") == (street, number) for h in houses())


def along() -> list[tuple[House, float, float]]:
    """Return houses, how far along their street they stand, and how far to its left, in metres."""
    found = []
    streets = carrying()
    for house in houses():
        line = streets[house.street]
        if isinstance(line, LineString) and not line.is_ring:
            here = Point(house.x, house.y)
            at = line.project(here)
            a, b = line.interpolate(max(at - 1, 0)), line.interpolate(at + 1)
            left = (b.x - a.x) * (house.y - a.y) - (b.y - a.y) * (house.x - a.x)
            found.append((house, at, left))
    return found


def test_every_street_counts_its_houses_on_two_sides_from_the_end_nearest_the_heart():
    """The old heart lies where Old Bridge Street begins, with the number 1 or the lowest after it."""
    heart = next(h for h in sorted(houses(), key=lambda h: h.number) if h.street == "Old Bridge Street")
    sides, risen = [], []
    by_street = defaultdict(list)
    for house, at, left in along():
        by_street[house.street].append((at, house.number, left))
    for street, row in by_street.items():
        line = carrying()[street]
        first, last = (Point(line.coords[i]).distance(Point(heart.x, heart.y)) for i in (0, -1))
        if abs(first - last) < 60 or len(row) < 10:
            continue
        sense = 1 if first < last else -1
        sides += [(sense * left > 0) == (number % 2 == 1) for _, number, left in row]
        row.sort()
        for parity in (0, 1):
            numbers = [number for _, number, _ in row if number % 2 == parity]
            risen += [sense * (b - a) >= 0 for a, b in zip(numbers, numbers[1:], strict=False)]
    assert len(sides) > 12_000
    assert np.mean(sides) > 0.99
    assert np.mean(risen) > 0.98


def test_the_old_town_is_the_densest_and_the_edge_the_sparsest():
    tree = STRtree(doors(houses()))
    density = {code: len(tree.query(area, "contains")) / area.area
               for code, area in areas("district").items()}
    assert max(density, key=density.get) == "old-town"
    assert min(density, key=density.get) == "far-point"
    assert density["old-town"] > 5 * density["far-point"]


def test_nobody_lives_in_the_water_in_a_park_or_in_the_middle_of_the_road():
    tree = STRtree(doors(houses()))
    for file in ("map/water.geojson", "map/parks.geojson"):
        for told, ground in features(file):
            assert len(tree.query(ground.buffer(-0.5), "contains")) == 0, told
    for name, line in carrying().items():
        assert len(tree.query(line, "dwithin", 5.0)) == 0, name


def test_every_house_stands_at_the_street_it_is_called_after():
    streets = carrying()
    assert [h for h in houses() if streets[h.street].distance(Point(h.x, h.y)) > 20] == []


def test_every_street_that_carries_houses_has_some():
    assert set(carrying()) == {house.street for house in houses()}


def test_every_block_has_a_house_or_is_a_park():
    lines = [part for line in carrying().values() for part in shapely.get_parts(line)]
    cut = shapely.node(shapely.MultiLineString(lines))
    tree = STRtree(doors(houses()))
    kept_free = shapely.union_all(
        [ground for file in ("parks", "water") for _, ground in features(f"map/{file}.geojson")])
    for block in shapely.get_parts(shapely.polygonize(shapely.get_parts(cut))):
        if not len(tree.query(block, "contains")):
            assert block.intersection(kept_free).area > 0.3 * block.area, block.centroid


def pieces() -> list[tuple[str, LineString]]:
    return [(told["name"], part) for told, line in features("map/streets.geojson")
            for part in shapely.get_parts(line)]


def spots(line: LineString) -> list[tuple[float, float]]:
    """Return the places where a street bends or ends, to the centimetre."""
    return [(round(x, 2), round(y, 2)) for x, y in line.coords]


def corners() -> dict[tuple[float, float], set[str]]:
    """Return every place where a street bends or ends, and the names of the streets there."""
    found = defaultdict(set)
    for name, line in pieces():
        for spot in spots(line):
            found[spot].add(name)
    return found


def test_streets_that_cross_share_the_place_where_they_do():
    known, lines = corners(), [line for _, line in pieces()]
    crossed = 0
    for i, j in STRtree(lines).query(lines, "intersects").T.tolist():
        if i < j:
            for place in shapely.get_parts(lines[i].intersection(lines[j])):
                assert place.geom_type == "Point", f"{pieces()[i][0]} runs along {pieces()[j][0]}"
                assert (round(place.x, 2), round(place.y, 2)) in known
                crossed += 1
    assert crossed > 1400


def test_one_can_walk_from_every_street_to_every_other():
    beside = defaultdict(set)
    for names in corners().values():
        for one in names:
            beside[one] |= names
    reached, todo = set(), ["Old Bridge Street"]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo.extend(beside[name])
    assert reached == {name for name, _ in pieces()}


def test_a_street_ends_at_another_one_or_is_called_a_close():
    meeting = Counter(spot for _, line in pieces() for spot in set(spots(line)))
    ends = []
    for name, line in pieces():
        if name in carrying() and not line.is_ring:
            ends += [name for spot in (spots(line)[0], spots(line)[-1]) if meeting[spot] == 1]
    assert [name for name in ends if name.split()[-1] not in ("Close", "Court", "Mews")] == []
    assert len(ends) < 40


def test_only_bridges_and_walks_on_piers_go_over_water():
    sea = shapely.union_all([ground for _, ground in features("map/water.geojson")]).buffer(-1)
    wet = {name for name, line in pieces() if line.intersection(sea).length > 1}
    piers = {told["name"] for told, _ in features("map/piers.geojson")}
    bridges = {"Old Bridge Street", "Middle Bridge Road", "The Circuit", "Northern Down Road",
               "Holm Causeway"}
    assert piers <= wet <= piers | bridges
    for told, pier in features("map/piers.geojson"):
        assert pier.intersection(sea).area > 0.6 * pier.area, told


def test_every_street_has_a_name_of_its_own():
    names = [told["name"] for told, _ in features("map/streets.geojson")]
    assert len(names) > 400
    assert len({name.casefold() for name in names}) == len(names)
    assert all(name == name.strip() and len(name) > 5 for name in names)


@pytest.mark.parametrize(("layer", "fewest", "most"), [("city", 1, 1), ("district", 8, 12), ("ward", 5, 5)])
def test_a_layer_covers_the_city_without_a_gap_and_without_an_overlap(layer, fewest, most):
    (city,) = areas("city").values()
    shapes = list(areas(layer).values())
    assert fewest <= len(shapes) <= most
    assert shapely.union_all(shapes).symmetric_difference(city).area < 1
    assert all(a.intersection(b).area < 1 for a, b in combinations(shapes, 2))
    assert len(STRtree(doors(houses())).query(city, "contains")) == len(houses())


def test_the_codes_that_stood_in_rules_and_promises_before_the_town_grew_still_stand():
    districts = {"harbour", "old-town", "saltmarket", "sunset-strand", "lantern-hill", "far-point"}
    assert districts <= set(areas("district"))
    assert {"north", "east", "west"} <= set(areas("ward"))


def test_every_area_has_a_name_in_every_language_of_the_city():
    city = tomllib.loads((FOLDER / "city.toml").read_text(encoding="utf-8"))
    languages = city["languages"] + city["languages_in_part"]
    for layer in ("city", "district", "ward"):
        for told, _ in features(f"areas/{layer}.geojson"):
            assert sorted(["en", *told["names"]]) == sorted(languages)
            assert all(told["names"].values())


def test_the_streets_that_the_invented_record_speaks_of_are_there():
    texts = tomllib.loads(Path(simulate.__file__).with_name("texts.toml").read_text(encoding="utf-8"))
    named = {street for service in texts["service"].values() for street in service.get("streets", ())}
    assert len(named) > 10
    assert named <= set(carrying())


def test_wards_count_heads_and_cut_across_districts():
    tree, wards = STRtree(doors(houses())), areas("ward")
    heads = {code: len(tree.query(ward, "contains")) for code, ward in wards.items()}
    assert max(heads.values()) < 3 * min(heads.values())
    cut = [code for code, district in areas("district").items()
           if sum(district.intersection(ward).area > 50_000 for ward in wards.values()) > 1]
    assert len(cut) >= 5


def test_the_middle_of_the_city_lies_among_the_houses_of_the_old_town():
    middle = Point(0, 0)
    told = tomllib.loads((FOLDER / "city.toml").read_text(encoding="utf-8"))["centre"]
    assert (told["lat"], told["long"]) == (HERE.lat, HERE.long)
    assert areas("district")["old-town"].contains(middle)
    assert all(ground.distance(middle) > 100 for _, ground in features("map/water.geojson"))
    assert len(STRtree(doors(houses())).query(middle, "dwithin", 100)) > 50


@pytest.mark.parametrize(("pier", "district"), [
    ("Long Mole", "old-town"), ("Herring Pier", "old-town"), ("Ferry Pier", "old-town"),
    ("Grain Wharf", "harbour"), ("Timber Wharf", "harbour"), ("Pleasure Pier", "sunset-strand"),
])
def test_the_piers_lie_where_the_rules_say(pier, district):
    (found,) = [drawn for told, drawn in features("map/piers.geojson") if told["name"] == pier]
    assert areas("district")[district].intersection(found).area > 0.95 * found.area


def test_coordinates_have_six_decimals_at_most():
    for name, content in files(FOLDER).items():
        digits = {len(decimals) for decimals in re.findall(rb"-?\d+\.(\d+)", content)}
        assert max(digits) == 6, name
