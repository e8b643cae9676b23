"""The addresses of the tiles: what they may be kept for, what they refuse, and what they never tell."""

from __future__ import annotations

import re

import pytest

from civicconnect import reports, settings
from civicconnect.geo import Point, Tile, coarsen
from civicconnect.geo.drawing import COLOURS
from tests.counting import counted
from tests.factories import HERE, staff_actor
from tests.geo.test_tiles import tile_at
from tests.tiles import read


def address(layer: str, tile: Tile) -> str:
    return f"/tiles/{layer}/{tile.zoom}/{tile.x}/{tile.y}.mvt"


def seen(visitor, zoom=16, point=HERE):
    """Return the reports of one tile."""
    answer = visitor.client.get(address("reports", tile_at(zoom, point)))
    assert answer.status_code == 200
    return read(answer.data).get("reports", [])


def test_a_tile_may_be_kept_and_is_asked_for_again_by_its_tag(visitor):
    where = address("ground", tile_at(14))
    answer = visitor.client.get(where)
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "street" in read(answer.data)
    again = visitor.client.get(where, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("packing", ["br", "gzip"])
def test_a_tile_travels_packed(visitor, packing):
    where = address("ground", tile_at(13))
    answer = visitor.client.get(where, headers={"Accept-Encoding": packing})
    assert answer.headers["Content-Encoding"] == packing
    kept = {"Accept-Encoding": packing, "If-None-Match": answer.headers["ETag"]}
    again = visitor.client.get(where, headers=kept)
    assert again.status_code == 304


def test_where_nothing_lies_the_answer_is_empty(visitor):
    for layer in ("ground", "reports"):
        answer = visitor.client.get(f"/tiles/{layer}/14/1/1.mvt")
        assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize("what", [
    "ground/9/1/1", "ground/19/1/1", "ground/14/-1/1", "ground/14/16384/1", "ground/14/1/16384",
    "ground/a/1/1",
    "ground/14/1.5/1", "ground/²/1/1", f"ground/14/{'9' * 5000}/1", "secrets/14/1/1", "ground/14/1/nan",
])
def test_there_are_no_other_tiles(visitor, what):
    assert visitor.client.get(f"/tiles/{what}.mvt").status_code == 404


def test_a_report_is_where_everybody_sees_it(visitor, make_report):
    report = make_report()
    (found,) = seen(visitor)
    assert found.told == {"count": 1, "open": 1, "reference": report.reference}
    tile = tile_at(16)
    assert found.spots == [tuple(round(at) for at in tile.spot(HERE).coords[0])]


@pytest.mark.parametrize("zoom", [10, 13, 16, 18])
def test_many_at_one_place_are_one_mark(visitor, make_report, zoom):
    for _ in range(3):
        make_report()
    (found,) = seen(visitor, zoom)
    assert found.told == {"count": 3, "open": 3}


@pytest.mark.parametrize("zoom", [12, 15, 18])
def test_every_report_is_in_one_tile(visitor, make_report, zoom):
    places = [Point(41.2 + north / 4000, -33.4 + east / 4000) for north in range(3) for east in range(4)]
    for point in places:
        make_report(point=point)
    tiles = {tile_at(zoom, point) for point in places}
    found = [read(visitor.client.get(address("reports", tile)).data)["reports"] for tile in tiles]
    assert sum(feature.told["count"] for features in found for feature in features) == len(places)


def test_a_private_report_is_in_no_tile(visitor, make_report, db_):
    report = make_report()
    report.visibility = "private"
    db_.flush()
    assert [seen(visitor, zoom) for zoom in (10, 14, 18)] == [[], [], []]


def test_a_hidden_report_leaves_its_tile(visitor, make_report, db_):
    report = make_report()
    assert len(seen(visitor)) == 1
    reports.hide(db_, staff_actor(db_, "supervisor"), report.reference, "personal", "A number.")
    db_.flush()
    assert [seen(visitor, zoom) for zoom in (10, 14, 18)] == [[], [], []]


@pytest.mark.parametrize("told", ["area", "stand_in"])
def test_a_report_told_to_lie_nowhere_is_in_no_tile(visitor, make_report, db_, told):
    report = make_report()
    report.place_told = told
    db_.flush()
    assert [seen(visitor, zoom) for zoom in (10, 14, 18)] == [[], [], []]


def test_a_rounded_place_is_in_its_square_alone(visitor, make_report, db_):
    report = make_report(point=Point(41.2001, -33.4001))
    report.place_told = "rounded"
    db_.flush()
    middle = coarsen(Point(41.2001, -33.4001))
    (found,) = seen(visitor, 18, middle)
    tile = tile_at(18, middle)
    assert found.spots == [tuple(round(at) for at in tile.spot(middle).coords[0])]
    assert tile_at(18) != tile
    assert seen(visitor, 18, Point(41.2001, -33.4001)) == []


def test_a_closed_report_is_not_open(visitor, make_report, db_):
    report = make_report()
    report.status, report.closed_at = "closed", report.received_at
    db_.flush()
    (found,) = seen(visitor)
    assert (found.told["count"], found.told["open"]) == (1, 0)


def test_a_tile_of_reports_costs_few_statements(visitor, make_report, database):
    for _ in range(3):
        make_report()
    seen(visitor)
    with counted(database) as statements:
        seen(visitor)
    assert len(statements) <= 8, statements


def test_the_form_names_them_alike_in_every_language(visitor):
    for path in ("/report", "/es/report"):
        html = visitor.get(f"{path}?lat=41.2&long=-33.4&look=1").answer.text
        assert 'data-ground="/tiles/ground/{z}/{x}/{y}.mvt"' in html
        assert 'data-reports="/tiles/reports/{z}/{x}/{y}.mvt"' in html


@pytest.mark.parametrize(("token", "kind"), [
    ("main", "main"), ("path", "path"), ("green-words", "park-words"), ("water-words", "water-words")])
def test_both_maps_have_the_same_colours(token, kind):
    sheet = (settings.home() / "static" / "css" / "components" / "full_map.css").read_text(encoding="utf-8")
    assert tuple(re.findall(rf"--map-{token}: (#\w+);", sheet)) == COLOURS[kind]
