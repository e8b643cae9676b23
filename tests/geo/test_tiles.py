"""Vector tiles: what the specification asks for, and of the ground just what lies in the square."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.geometry import Point as ShapePoint

from civicconnect import db, geo
from civicconnect.geo import Address, MapShape, Point, Tile, mvt, spots_tile
from civicconnect.geo.mvt import Feature
from tests.counting import counted
from tests.factories import HERE
from tests.tiles import LINE, POINT, POLYGON, area, read

FAR = Tile(16, 20_000, 30_000)  # nothing lies there


def tile_at(zoom: int, point: Point = HERE) -> Tile:
    """Return the tile of a place, by the formula of every web map."""
    lat = math.radians(point.lat)
    x = (point.long + 180) / 360 * 2**zoom
    y = (1 - math.log(math.tan(lat) + 1 / math.cos(lat)) / math.pi) / 2 * 2**zoom
    return Tile(zoom, int(x), int(y))


@pytest.fixture
def lay(db_):
    """Lay a shape into FAR: in parts of it, 0 to 1 from its south-west."""
    def one(shape, kind="street", name=""):
        ground = FAR.box()
        size = np.array([ground.east - ground.west, ground.north - ground.south])
        there = shapely.transform(shape, lambda parts: parts * size + [ground.west, ground.south])
        db_.add(MapShape(kind=kind, name=name, shape=from_shape(there, 4326)))
        db_.flush()
    return one


def drawn(shape, **told):
    """Return one shape as it is read again."""
    ((feature,),) = read(mvt.write({"one": [Feature(shape, told)]})).values()
    return feature


def test_the_example_of_the_specification():
    assert drawn(ShapePoint(25, 17)).parts == [[(25, 17)]]
    content = mvt.write({"one": [Feature(ShapePoint(25, 17), {})]})
    assert bytes([9, 50, 34]) in content
    line = mvt.write({"one": [Feature(LineString([(2, 2), (2, 10), (10, 10)]), {})]})
    assert bytes([9, 4, 4, 18, 0, 16, 16, 0]) in line


def test_words_and_numbers_come_back():
    told = {"name": "Rue de l’Église شارع", "count": 2**40, "open": 0, "empty": ""}
    assert drawn(ShapePoint(-5, 4100), **told).told == told


def test_what_is_shared_is_written_once():
    features = [Feature(ShapePoint(x, 0), {"name": "Oak Street"}) for x in range(20)]
    content = mvt.write({"one": features})
    assert content.count(b"Oak Street") == content.count(b"name") == 1
    assert [f.told["name"] for f in read(content)["one"]] == ["Oak Street"] * 20


def test_outer_rings_and_holes_turn_as_they_must():
    lake, island = box(0, 0, 100, 100).difference(box(10, 10, 50, 50)), box(20, 20, 30, 30)
    feature = drawn(MultiPolygon([lake, island]))
    assert feature.kind == POLYGON
    assert [area(ring) > 0 for ring in feature.parts] == [True, False, True]
    for ccw in (True, False):
        assert area(drawn(box(0, 0, 9, 9, ccw=ccw)).spots) == 81


def test_what_is_too_small_for_the_grid_is_left_out():
    tiny = Polygon([(0, 0), (0.2, 0), (0.2, 0.2)])
    assert mvt.write({"one": [Feature(tiny, {}), Feature(LineString([(0, 0), (0.1, 0.1)]), {})]}) == b""
    lake = box(0, 0, 9, 9).difference(box(4, 4, 4.1, 4.1))
    assert len(drawn(lake).parts) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-100, 5000), st.integers(-100, 5000)), min_size=2, max_size=30))
def test_every_line_comes_back(steps):
    kept = [step for at, step in enumerate(steps) if at == 0 or step != steps[at - 1]]
    content = mvt.write({"one": [Feature(LineString(steps), {})]})
    if len(kept) < 2:
        assert content == b""
    else:
        assert read(content)["one"][0].parts == [kept]


@pytest.mark.parametrize("zoom", range(10, 19))
def test_a_tile_holds_its_place_and_fits_its_neighbours(zoom):
    tile = tile_at(zoom)
    assert tile.exists
    assert tile.box().holds(HERE)
    beside, below = Tile(zoom, tile.x + 1, tile.y), Tile(zoom, tile.x, tile.y + 1)
    assert tile.box().east == pytest.approx(beside.box().west, abs=1e-12)
    assert tile.box().south == pytest.approx(below.box().north, abs=1e-12)
    ((feature,),) = read(spots_tile(tile, "reports", [(HERE, {}), (Point(0, 0), {})])).values()
    ((x, y),) = feature.spots
    assert 0 <= x <= 4096
    assert 0 <= y <= 4096


@pytest.mark.parametrize("tile", [(9, 1, 1), (19, 1, 1), (10, 1024, 0), (10, 0, 1024), (10, -1, 0)])
def test_there_are_no_other_tiles(tile):
    assert not Tile(*tile).exists


def test_the_city_has_its_streets_waters_and_parks(db_):
    layers = read(geo.ground_tile(db_, tile_at(14)))
    assert {"street", "water", "park"} <= set(layers)
    assert {f.kind for f in layers["street"]} == {LINE}
    assert {f.kind for f in layers["water"] + layers["park"]} == {POLYGON}
    assert any(f.told.get("name") for f in layers["street"])
    assert not set(layers) - {"water", "park", "pier", "main", "street", "path"}


@pytest.mark.parametrize("zoom", range(10, 19))
def test_nothing_reaches_far_beyond_a_tile(db_, zoom):
    for features in read(geo.ground_tile(db_, tile_at(zoom))).values():
        for feature in features:
            assert all(-64 <= at <= 4160 for spot in feature.spots for at in spot)


def test_a_long_street_is_cut_where_the_tile_ends(db_, lay):
    lay(LineString([(-3, 0.5), (3, 0.5)]), name="Long Street")
    (street,) = read(geo.ground_tile(db_, FAR))["street"]
    assert street.told == {"name": "Long Street"}
    assert sorted(street.spots) == [(-64, 2048), (4160, 2048)]


def test_a_shore_all_round_fills_the_tile(db_, lay):
    lay(box(-2, -2, 3, 3), "water", "Lake")
    (water,) = read(geo.ground_tile(db_, FAR))["water"]
    assert area(water.spots) == (4096 + 128) ** 2


def test_from_afar_only_what_can_be_seen_is_sent(db_, lay):
    lay(LineString([(0.2, 0.2), (0.8, 0.8)]), "main")
    lay(LineString([(0.2, 0.8), (0.8, 0.2)]), "street")
    lay(LineString([(0.5, 0.2), (0.5, 0.8)]), "path")
    kinds = {zoom: set(read(geo.ground_tile(db_, Tile(zoom, FAR.x >> 16 - zoom, FAR.y >> 16 - zoom))))
             for zoom in range(10, 17)}
    assert kinds[10] == {"main"}
    assert kinds[11] == kinds[12] == {"main", "street"}
    assert kinds[13] == kinds[16] == {"main", "street", "path"}


def test_houses_have_their_numbers_close_by(db_):
    ground = FAR.box()
    place = ShapePoint(ground.middle.long, ground.middle.lat)
    db_.add(Address(street="Door Lane", number="12b", words="", place=from_shape(place, 4326)))
    db_.flush()
    (house,) = read(geo.ground_tile(db_, FAR))["number"]
    assert (house.kind, house.told) == (POINT, {"name": "12b"})
    assert read(geo.ground_tile(db_, Tile(15, FAR.x >> 1, FAR.y >> 1))) == {}


def test_where_nothing_lies_the_tile_is_empty(db_):
    assert geo.ground_tile(db_, FAR) == b""


def test_a_tile_costs_at_most_two_statements(database, db_):
    with counted(database) as seen:
        geo.ground_tile(db_, tile_at(16))
    assert len(seen) <= 2


def test_both_engines_give_the_same_bytes(templates, tmp_path):
    tiles = [tile_at(zoom) for zoom in range(10, 19)]
    found = []
    for engine in ("spatialite", "postgis"):
        with templates(engine).copy(tmp_path) as url:
            opened = db.open_database(url)
            with db.bound(opened), db.reading() as db_:
                found.append([geo.ground_tile(db_, tile) for tile in tiles])
            opened.engine.dispose()
    assert found[0] == found[1]
    assert all(found[0])
