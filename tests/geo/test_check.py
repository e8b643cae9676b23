"""The ground of a folder is checked before it is loaded: each fault says the file, where, and what to do."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import func, select

from civicconnect import geo, reports
from civicconnect.geo import Address, Area, MapShape, Point
from tests.factories import HERE

TODAY = date(2026, 11, 23)
SQUARE = [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]
BOW_TIE = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]
METRES = [[[600_000, 200_000], [601_000, 200_000], [601_000, 201_000], [600_000, 200_000]]]


def feature(code="a", shape="Polygon", coordinates=SQUARE, **properties):
    return {"type": "Feature", "properties": {"code": code} | properties,
            "geometry": {"type": shape, "coordinates": coordinates}}


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def faults(**files):
    """Check files named as `areas__plot` (for areas/plot.geojson) or `addresses`."""
    named = {"addresses.csv" if name == "addresses" else f"{name.replace('__', '/')}.geojson": content
             for name, content in files.items()}
    return geo.check(named)[1]


@pytest.mark.parametrize(("content", "said"), [
    (collection(feature(code="")), "feature 1: 'code' is missing"),
    (collection(feature(), feature(code=None)), "feature 2: 'code' is missing"),
    (collection(feature(), feature()), "feature 2: code 'a' stands twice for the same days"),
    (collection(feature(coordinates=BOW_TIE)), "feature 1 (a): Self-intersection"),
    (collection(feature(shape="Point", coordinates=[0, 0])), "feature 1 (a): a Point; an area is a Polygon"),
    (collection(feature(shape="Blob")), "not a GeoJSON FeatureCollection"),
    (collection(feature(coordinates=METRES)), "feature 1 (a): outside the degrees of WGS84"),
    (collection(feature(coordinates=[[[0, 0], [1, 0], [0, 91], [0, 0]]])), "feature 1 (a): outside the"),
    (collection(feature(coordinates=[])), "feature 1 (a): it has no points"),
    (collection(feature(coordinates=[[[0, 0], [1, 1]]])), "not a GeoJSON FeatureCollection"),
    (collection(feature(coordinates=[[["x", 0], [1, 0], [1, 1]]])), "not a GeoJSON FeatureCollection"),
    (collection(feature(valid_from="tomorrow")), "feature 1: 'valid_from' is 'tomorrow'; write a day as"),
    (collection(feature(valid_to=20261130)), "feature 1: 'valid_to' is 20261130; write a day as"),
    (collection(feature(valid_from="2027-01-01", valid_to="2026-12-31")), "feature 1: it ends before"),
    (collection(feature(), {"type": "Feature", "geometry": None}), "not a GeoJSON FeatureCollection"),
    (collection(feature("c" * 81)), "feature 1: too long"),
    (collection(feature(name="n" * 201)), "feature 1: too long"),
    (collection("a"), "not a GeoJSON FeatureCollection"),
    (b'{"type": "FeatureCollection"}', "not a GeoJSON FeatureCollection"),
    (b'{"features": 7}', "not a GeoJSON FeatureCollection"),
    (b"[]", "not a GeoJSON FeatureCollection"),
    (b"", "not a GeoJSON FeatureCollection"),
    (b"code,name\r\n", "not a GeoJSON FeatureCollection"),
    (b"[" * 100_000, "not a GeoJSON FeatureCollection"),
    (collection(feature(name="Zürich-Höhe"))[:-9], "not a GeoJSON FeatureCollection"),
    (json.dumps({"features": [feature(name="Höhe")]}, ensure_ascii=False).encode("latin-1"),
     "not a GeoJSON FeatureCollection in UTF-8"),
])
def test_a_faulty_layer_is_named_with_its_feature_and_its_cure(content, said):
    found = faults(areas__plot=content)
    assert len(found) == 1
    assert found[0].startswith("areas/plot.geojson")
    assert said in found[0]


@pytest.mark.parametrize("content", [
    b"street,number,long,lat\r\nRoad,1,here,there\r\n", b"street,number,long,lat\r\nRoad,1,7.1\r\n",
    b"street,number,long,lat\r\nRoad,1,nan,47\r\n", b"street,number,long,lat\r\nRoad,1,2600000,1200000\r\n",
    b"street,number,long,lat\r\n" + b"R" * 181 + b",1,7,47\r\n",
    b"name;number;x;y\r\nRoad;1;7;47\r\n", b"street,number,long,lat\r\nRoad,1,,\r\n",
])
def test_a_faulty_address_is_named_with_its_line(content):
    [found] = faults(addresses=content)
    assert found.startswith("addresses.csv, line 2: needs street (180 letters), number (20), long and lat")


@pytest.mark.parametrize(("layer", "better"), [
    ("Ward 2024", "ward-2024"), ("o'x", "ox"), ("Council_District", "council-district"), ("Höhe", "hohe"),
    ("2024", "layer-2024"), ("区", "layer"), ("", "layer"), ("-a", "a"), ("sub/ward", "sub-ward"),
    ("w" * 41, "w" * 40), ("ward\n", "ward"),
])
def test_a_layer_that_makes_no_name_of_a_column_is_told_a_better_one(layer, better):
    assert faults(**{f"areas__{layer}": collection(feature())}) == [
        f"areas/{layer}.geojson: a layer is named with at most 40 of a-z, 0-9, - and _, a letter first; "
        f"rename the file to areas/{better}.geojson."]


@pytest.mark.parametrize("layer", ["ward", "council-district", "ward_2024", "w" * 40, "a"])
def test_a_plain_name_of_a_layer_is_taken(layer):
    ground, found = geo.check({f"areas/{layer}.geojson": collection(feature())})
    assert found == []
    assert [area.layer for area in ground.areas] == [layer]


def test_a_street_that_nobody_would_draw_is_named():
    line = feature(shape="LineString", coordinates=[[0, 0], [1, 1]], **{"class": "motorway"})
    assert faults(map__streets=collection(line)) == [
        "map/streets.geojson, feature 1: 'class' is 'motorway'; expected main, street, path."]
    assert faults(map__rivers=collection(line)) == [
        "map/rivers.geojson: nobody draws this file; expected water, parks, piers, streets."]


def test_addresses_in_another_encoding_are_refused():
    assert faults(addresses="street,number,long,lat\nÉlan,1,7,47\n".encode("cp1252")) == [
        "addresses.csv: not UTF-8; save it as CSV UTF-8."]


def test_every_fault_of_every_file_is_named_at_once():
    found = faults(areas__a=collection(feature(code=""), feature(coordinates=BOW_TIE)), areas__b=b"{",
                   map__streets=b"[]", addresses=b"street\nRoad\n")
    assert [f.split(",")[0].split(":")[0] for f in found] == [
        "areas/a.geojson", "areas/a.geojson", "areas/b.geojson", "map/streets.geojson", "addresses.csv"]


def test_what_a_spreadsheet_and_a_map_program_write_is_read():
    many = feature("m", "MultiPolygon", [SQUARE], name="Mitte", valid_to="2026-11-30")
    high = feature("h", coordinates=[[[*corner, 400.0] for corner in SQUARE[0]]])
    ground, found = geo.check({
        "areas/plot.geojson": b"\xef\xbb\xbf" + collection(many, high),
        "addresses.csv": "\ufeffstreet,number,long,lat\r\n\"Road, Upper\",1 a,7.5,47.25\r\n".encode()})
    assert found == []
    assert [(a.layer, a.code, a.name) for a in ground.areas] == [("plot", "m", "Mitte"), ("plot", "h", "h")]
    assert {a.shape.geom_type for a in ground.areas} == {"MultiPolygon"}
    assert not any(a.shape.has_z for a in ground.areas)
    assert ground.addresses == (("Road, Upper", "1 a", Point(47.25, 7.5)),)


# Into the database and out of it

def ground(*features, addresses=b"", streets=()):
    files = {"areas/plot.geojson": collection(*features), "addresses.csv": addresses,
             "map/streets.geojson": collection(*streets)}
    found, faulty = geo.check(files)
    assert faulty == []
    return found


def test_loading_a_ground_a_second_time_changes_nothing(db_):
    road = feature(shape="LineString", coordinates=[[0, 0], [0.1, 0.1]], name="Road", **{"class": "main"})
    house = b"street,number,long,lat\nRoad,1,7.123456,47.654321\n"
    told = ground(feature("a"), addresses=house, streets=[road])
    assert geo.load(db_, told)["addresses"] == 1
    stamps = db_.execute(select(Area.id, Area.changed_at).order_by(Area.id)).all()
    assert geo.load(db_, told) == {"areas": 0, "addresses": 0, "map shapes": 0, "assets": 0}
    assert db_.execute(select(Area.id, Area.changed_at).order_by(Area.id)).all() == stamps
    assert db_.execute(select(MapShape.kind, MapShape.name)).all() == [("main", "Road")]
    assert db_.scalar(select(func.count()).select_from(Address)) == 1


def test_an_area_that_is_gone_from_the_folder_stays_for_its_reports_and_holds_nothing_new(db_, make_report):
    report = make_report()
    asked = select(Area.code, Area.id).where(Area.layer == "district").order_by(Area.id)
    before = db_.execute(asked).all()
    geo.load(db_, ground(feature("a")))
    assert db_.execute(asked).all() == before
    assert [hit.layer for hit in geo.areas_at(db_, Point(0.5, 0.5), TODAY)] == ["plot"]
    assert geo.areas_at(db_, HERE, TODAY) == ()
    assert [area.layer for area in reports.around(db_, report).areas] == ["city", "district", "ward"]
    assert list(geo.dump(db_)) == ["areas/plot.geojson"]


def test_an_area_redrawn_or_renamed_keeps_its_row(db_):
    geo.load(db_, ground(feature("a", name="Old")))
    key = db_.scalar(select(Area.id).where(Area.layer == "plot"))
    wider = [[[0, 0], [3, 0], [3, 1], [0, 1], [0, 0]]]
    assert geo.load(db_, ground(feature("a", name="New", coordinates=wider)))["areas"] == 1
    [hit] = geo.areas_at(db_, Point(0.5, 2.5), TODAY)
    assert (hit.id, hit.name) == (key, "New")


def test_areas_go_out_of_the_database_as_they_came_in(db_):
    until, since = feature("b", name="Bü", valid_to="2026-11-30"), feature("a", valid_from="2026-12-01")
    geo.load(db_, ground(until, since))
    dumped = geo.dump(db_)
    again, faulty = geo.check({"areas/plot.geojson": dumped["areas/plot.geojson"]})
    assert faulty == []
    assert geo.load(db_, geo.Ground(again.areas))["areas"] == 0
    assert [(a.code, a.name) for a in again.areas] == [("a", "a"), ("b", "Bü")]
