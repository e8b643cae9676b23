"""Boundary files as cities publish them: which property is the code, what the layer is called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from civicconnect.history.boundaries import read_layers
from civicconnect.history.names import city_name, layer_name, slug
from civicconnect.history.properties import find_properties
from tests.conftest import SHARED
from tests.factories import HERE
from tests.history.records import STEP, square, write_areas

BOUNDARIES = SHARED / "boundaries"
real = pytest.mark.skipif(not SHARED.exists(), reason="the folder with real records is not here")


@pytest.mark.parametrize(("areas", "requests", "city", "layer"), [
    ("losangeles_council_districts_2012.geojson.gz", "x.csv", "Los Angeles", "council-districts"),
    ("boston_neighborhoods.geojson", "boston_2011h2.csv.gz", "Somewhere", "neighborhoods"),
    ("nyc_community_districts.geojson", "nyc_one_day_2018.csv", "New York", "community-districts"),
    ("wards.geojson", "wards.csv", "Wards", "wards"),
    ("zurich_quarters_lv95.geojson", "x.csv", "Zürich", "quarters"),
    ("2024.geojson", "x.csv", "X", "district"),
    ("city.geojson", "x.csv", "X", "district"),
    ("x_region_of_the_very_long_name_that_nobody_can_read_out.geojson", "y.csv", "Y",
     "x-region-of-the-very-long-name-that-nobo"),
])
def test_a_layer_is_called_what_is_left_without_the_city_and_the_dates(areas, requests, city, layer):
    assert layer_name(Path(areas), [Path(requests)], city, []) == layer
    assert layer_name(Path(areas), [Path(requests)], city, [layer]) == f"{layer[:36]}-2"


@pytest.mark.parametrize(("file", "name"), [
    ("boston_2011h2.csv.gz", "Boston"), ("lark-bay_requests_2026.csv", "Lark Bay Requests"),
    ("2026.csv", "Our City"), ("losangeles_2017-12-27_2017-12-31.csv.gz", "Losangeles"),
])
def test_a_city_is_called_what_stands_before_the_dates(file, name):
    assert city_name(Path(file)) == name


@pytest.mark.parametrize(("name", "code"), [
    ("Trees & Parks", "trees-parks"), ("Grünflächen/Spielplätze", "grunflachen-spielplatze"),
    ("Straße", "strasse"), ("---", "unnamed"), ("", "unnamed"), ("x" * 100, "x" * 80)])
def test_a_code_is_made_of_a_name(name, code):
    assert slug(name) == code


def rows(**columns):
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize(("properties", "expected"), [
    (rows(OBJECTID=[1, 2], code=["b", "a"], name=["Bee", "Ant"]), ("code", "name")),
    (rows(objectid=[1, 2], ward=[12.0, 7.0], shape_area=[3.25, 4.5]), ("ward", "ward")),
    (rows(id=[1, 2, 3], region=["a", "a", "a"]), ("id", "id")),
    (rows(id=[1, 2, 3], region=["c", "b", "a"]), ("region", "region")),
    (rows(geoid=["9", "9", "8"], kind=["w", "w", "w"]), ("geoid", "geoid")),
    (rows(nr=["4", "9"], url=["http://a", "http://b"], ward_name=["x", "y"], motto=["a long one", "longer"]),
     ("nr", "ward_name")),
    (rows(kind=["w", "w"]), ("", "")),
])
def test_the_code_is_short_and_unique_and_the_name_has_words(properties, expected):
    assert find_properties(properties, {}) == expected


def test_properties_that_were_named_are_taken_where_the_file_has_them():
    properties = rows(a=["1", "2"], b=["x", "y"], long_name=["One", "Two"])
    assert find_properties(properties, {"code": ("z", "b"), "name": "b"}) == ("b", "b")
    assert find_properties(properties, {"code": "z", "name": "z"}) == ("b", "long_name")


@real
@pytest.mark.parametrize(("file", "areas", "code", "name"), [
    ("boston_neighborhoods", 26, "neighborhood_id", "name"),
    ("losangeles_council_districts_2012", 15, "external_id", "name"),
    ("losangeles_neighborhood_councils_2019", 99, "nc_id", "name"),
    ("nyc_community_districts", 71, "BoroCD", "BoroCD"), ("nyc_boroughs", 5, "boro_code", "boro_name"),
    ("chicago_wards_2015", 50, "ward", "ward"), ("chicago_community_areas", 77, "area_num_1", "community"),
    ("boston_block_groups_2020", 680, "geoid", "geoid"), ("zurich_quarters_lv95", 22, "kuerzel", "name"),
])
def test_real_boundaries_are_understood(file, areas, code, name):
    [layer] = read_layers([BOUNDARIES / f"{file}.geojson.gz"], {}, [], "X")
    assert len(layer.areas) == areas
    assert f"their codes from `{code}`, their names from `{name}`" in layer.told[0]


@real
def test_a_number_alone_becomes_a_name_one_can_read():
    file = BOUNDARIES / "losangeles_council_districts_2012.geojson.gz"
    [layer] = read_layers([file], {}, [], "Los Angeles")
    assert layer.areas[0].name == "Council District 1"


@real
def test_boundaries_in_the_swiss_grid_are_drawn_in_degrees():
    [layer] = read_layers([BOUNDARIES / "zurich_quarters_lv95.geojson.gz"], {}, [], "Zürich")
    assert layer.ground.contains(shapely.Point(8.5413, 47.3780))  # the main station


def test_pieces_of_one_area_are_put_together_and_what_has_no_code_is_told(tmp_path):
    file = write_areas(tmp_path / "wards.geojson", [
        ({"ward": "b", "name": "Bee"}, square(0)), ({"ward": "b", "name": "Bee"}, square(1)),
        ({"ward": "a", "name": "Ant"}, square(3)), ({"ward": "", "name": ""}, square(5)),
        ({"ward": "c", "name": "Line"}, {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}),
    ])
    [layer] = read_layers([file], {"code": "ward", "name": "name"}, [], "X")
    assert [(area.code, area.name, area.shape.geom_type) for area in layer.areas] == [
        ("a", "Ant", "Polygon"), ("b", "Bee", "Polygon")]
    assert "2 features of wards.geojson have no code or no surface and were left out." in layer.told


def test_a_point_on_a_border_belongs_to_the_first_code(tmp_path):
    file = write_areas(tmp_path / "wards.geojson", [({"ward": "b"}, square(0)), ({"ward": "a"}, square(1))])
    [layer] = read_layers([file], {}, [], "X")
    x = np.array([HERE.long, HERE.long + STEP / 2, HERE.long + STEP, 0.0])
    assert layer.which(x, np.full(4, HERE.lat)).tolist() == [1, 0, 0, -1]
