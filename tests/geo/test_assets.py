"""Things of a city and their owners: read from the folder, found nearby in metres, written out again."""

from __future__ import annotations

import json
import random

import pytest
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString, shape
from sqlalchemy import select

from civicconnect import clock, geo
from civicconnect.geo import Asset, Point, asset_index, distance
from tests.counting import counted

HERE = Point(41.2, -33.4)


def layer(*features, **more):
    return {"assets/roads.geojson": json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": corners}}
        for properties, kind, corners in features]}).encode()} | more


def thing(layer, code, drawn):
    return Asset(layer=layer, code=code, owner="", name="", changed_at=clock.now(),
                 shape=from_shape(drawn, 4326))


LINE = ({"code": "a1", "owner": "county", "name": "A 1"}, "LineString", [[7, 47], [8, 47]])
SPOT = ({"owner": "city"}, "Point", [7.5, 47.2])


def test_things_are_read_with_their_owners_and_written_out_again():
    ground, faults = geo.check(layer(LINE, SPOT))
    assert faults == []
    assert [(a.layer, a.code, a.owner, a.name) for a in ground.assets] == [
        ("roads", "a1", "county", "A 1"), ("roads", "2", "city", "")]
    assert ground.owners == {"roads": {"county", "city"}}
    written = {path: content for path, content in geo.spell(ground).items() if path.startswith("assets/")}
    again, faults = geo.check(written)
    assert (again.assets, faults) == (ground.assets, [])


@pytest.mark.parametrize(("files", "words"), [
    (layer(LINE, LINE), "code 'a1' stands twice"),
    (layer(({"owner": "x" * 81}, "Point", [7, 47])), "too long"),
    (layer(({}, "Point", [700, 47])), "outside the degrees"), (layer(({}, "LineString", [])), "no points"),
    ({"assets/My Roads.geojson": layer(LINE)["assets/roads.geojson"]},
     "rename the file to assets/my-roads.geojson"),
    ({"assets/roads.geojson": b"{"}, "not a GeoJSON FeatureCollection"),
])
def test_what_is_wrong_with_a_layer_is_told(files, words):
    _, faults = geo.check(files)
    assert len(faults) == 1
    assert words in faults[0]


def test_metres_are_those_of_the_engine(db_):
    rng = random.Random(1)  # noqa: S311  no secret
    for n in range(20):
        line = LineString([(HERE.long + rng.uniform(-.01, .01), HERE.lat + rng.uniform(-.01, .01))
                           for _ in range(4)])
        db_.add(thing(f"l{n}", "1", line))
    db_.flush()
    reach = {f"l{n}": 1000.0 for n in range(20)}
    (found,) = asset_index(db_).near_many([HERE], reach)
    away = select(Asset.layer, distance(Asset.shape, HERE)).where(Asset.layer.in_(reach))
    told = dict(db_.execute(away).tuples().all())
    assert len(found) > 10
    for code, metres in told.items():
        if metres <= 999:
            # One engine looks for the nearest point of a line in degrees, and so finds one a little farther.
            assert 0.9 * metres <= found[code].metres + 0.3, code
            assert found[code].metres <= metres + 0.3, code


def test_the_nearest_counts_and_of_two_as_near_the_first(db_):
    ground, _ = geo.check(layer(
        ({"code": "far"}, "Point", [HERE.long, HERE.lat + .0003]),
        ({"code": "first"}, "Point", [HERE.long, HERE.lat + .0001]),
        ({"code": "second"}, "Point", [HERE.long, HERE.lat - .0001])))
    for asset in ground.assets:
        db_.add(thing("lamps", asset.code, asset.shape))
    db_.flush()
    index = asset_index(db_)
    near = index.near_many([HERE, None, Point(41.3, -33.4)], {"lamps": 20.0})
    assert [found.get("lamps") and found["lamps"].code for found in near] == ["first", None, None]
    assert near[0]["lamps"].metres == pytest.approx(11.1, abs=0.1)
    assert index.near_many([HERE], {"lamps": 11.0}) == [{}]


def test_layers_are_read_once_and_again_when_they_change(db_, database):
    asset_index(db_)
    with counted(database) as asked:
        asset_index(db_)
    assert len(asked) == 1
    db_.add(thing("new", "1", shape({"type": "Point", "coordinates": [HERE.long, HERE.lat]})))
    db_.flush()
    assert "new" in asset_index(db_).layers
