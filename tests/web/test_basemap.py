"""The city's street map, as the full map asks for it: tile by tile, packed as it lies in its archive."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace

import pytest

from civicconnect.geo import Box, Tile
from tests.basemaps import HERE, make_basemap, streets
from tests.geo.test_tiles import tile_at
from tests.pages import Visitor
from tests.web.test_tiles import address

FORM = "/report?lat=41.2&long=-33.4&look=1"


@pytest.fixture
def with_map(app, given, tmp_path):
    """Make a visitor of a city that has a street map: `with_map(box=…)`."""
    def make(**options) -> Visitor:
        path = make_basemap(tmp_path / "streets.pmtiles", **options)
        app.extensions["civic"] = replace(given, basemap=str(path)), app.extensions["civic"][1]
        return Visitor(app)
    return make


def test_a_tile_travels_as_it_lies_in_the_archive_and_is_kept_for_good(with_map):
    visitor, tile = with_map(), tile_at(14, HERE)
    stage = json.loads(visitor.get(FORM).tree.find(".//*[@data-basemap]").get("data-basemap"))
    where = stage["tiles"].replace("{z}/{x}/{y}", f"{tile.zoom}/{tile.x}/{tile.y}")
    answer = visitor.client.get(where, headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == streets(tile)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    again = visitor.client.get(where, headers={"Accept-Encoding": "gzip",
                                               "If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = visitor.client.head(where)
    assert (head.status_code, head.data) == (200, b"")
    assert stage["minzoom"] == 10
    assert stage["maxzoom"] == 16
    assert "roads" in stage["layers"]


def test_who_reads_nothing_packed_gets_it_unpacked_and_another_stamp_is_kept_an_hour(with_map):
    answer = with_map().client.get(address("basemap", tile_at(12, HERE)) + "?v=older",
                                   headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert answer.data == streets(tile_at(12, HERE))
    assert answer.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize(("where", "status"), [
    ("14/1/1", 200), ("18/1/1", 200), ("9/1/1", 404), ("14/16384/1", 404), ("14/-1/1", 404), ("a/1/1", 404)])
def test_where_the_archive_holds_nothing_the_answer_is_empty(with_map, where, status):
    answer = with_map().client.get(f"/tiles/basemap/{where}.mvt")
    assert answer.status_code == status
    assert answer.data == b"" or status == 404


def test_whose_map_it_is_stands_below_it_in_plain_words(with_map):
    html = with_map().get(FORM).text
    assert "© The map makers &amp; friends</p>" in html
    assert "maps.example" not in html


def test_layers_may_be_called_anything(with_map):
    odd = '"><script>alert(1)</script>'
    page = with_map(metadata={"vector_layers": [{"id": odd}, {"no": 1}, "x"], "attribution": 7}).get(FORM)
    assert "<script>alert" not in page.text
    assert json.loads(page.tree.find(".//*[@data-basemap]").get("data-basemap"))["layers"] == [odd]
    assert "full-map__credit" not in page.text


def test_a_map_of_another_city_is_not_shown(with_map):
    visitor = with_map(box=Box(10, 50, 11, 51))
    assert "data-basemap" not in visitor.get(FORM).text
    assert visitor.client.get(address("basemap", tile_at(14, HERE))).status_code == 410


def test_without_a_map_or_with_a_broken_one_our_own_streets_are_shown(visitor, with_map, given):
    assert "data-basemap" not in visitor.get(FORM).text
    assert visitor.client.get(address("basemap", tile_at(14, HERE))).status_code == 410
    other, path = with_map(), given.data_folder / "streets.pmtiles"
    path.write_bytes(b"not a map")
    assert "data-basemap" not in other.get(FORM).text
    assert other.client.get(address("basemap", tile_at(14, HERE))).status_code == 410


def test_a_tile_that_is_damaged_is_no_empty_one(with_map, given):
    visitor, path = with_map(), given.data_folder / "streets.pmtiles"
    content = path.read_bytes()
    at = content.index(gzip.compress(streets(Tile(14, 0, 0)), mtime=0))
    path.write_bytes(content[:at] + bytes(40) + content[at + 40:])
    os.utime(path, (1, 1))
    answer = visitor.client.get(address("basemap", tile_at(14, HERE)),
                                headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.data) == (503, b"")
