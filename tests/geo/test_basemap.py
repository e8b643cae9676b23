"""The city's street map: tiles are read out of its archive, and what cannot be one is said in a sentence."""

from __future__ import annotations

import gzip
import os

import brotli
import pytest
import shapely
from pmtiles import writer
from pmtiles.tile import Compression, TileType

from civicconnect import geo
from civicconnect.geo import Box, Tile, Unusable
from civicconnect.geo.basemap import Packed, unpacked
from tests.basemaps import CITY, HERE, make_basemap, streets
from tests.geo.test_tiles import tile_at


def faults(path) -> str:
    return " ".join(geo.basemap_faults(path, ()))


def test_a_tile_is_read_as_it_lies_in_the_archive(tmp_path):
    found = geo.open_basemap(make_basemap(tmp_path / "basemap.pmtiles"))
    tile = tile_at(14, HERE)
    packed = found.tile(tile)
    assert packed.packing == "gzip"
    assert geo.unpacked(packed) == streets(tile)
    assert found.tile(Tile(14, 1, 1)) is None
    assert found.zooms == (10, 16)
    assert found.box == CITY
    assert "roads" in found.layers


def test_tiles_that_are_not_packed_are_read_too(tmp_path):
    found = geo.open_basemap(make_basemap(tmp_path / "basemap.pmtiles", packing=Compression.NONE))
    packed = found.tile(tile_at(12, HERE))
    assert packed.packing == ""
    assert geo.unpacked(packed) == streets(tile_at(12, HERE))


def test_another_file_under_the_same_name_is_read_anew(tmp_path):
    path = make_basemap(tmp_path / "basemap.pmtiles")
    before = geo.open_basemap(path)
    make_basemap(tmp_path / "other", metadata={"attribution": "Others"}).replace(path)
    after = geo.open_basemap(path)
    assert (after.attribution, after.stamp != before.stamp) == ("Others", True)
    assert before.tile(tile_at(14, HERE)) is not None, "whoever reads it still can"


def test_an_archive_may_have_directories_of_directories(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "optimize_directories",
                        lambda entries, _: writer.build_roots_leaves(entries, 7))
    path = make_basemap(tmp_path / "basemap.pmtiles")
    found = geo.open_basemap(path)
    assert found.header["leaf_directory_length"] > 0
    assert all(found.tile(tile_at(zoom, HERE)) for zoom in range(10, 17))


@pytest.mark.parametrize(("content", "said"), [
    (b"", "not a PMTiles archive of version 3"),
    (b"Not a map at all. " * 20, "not a PMTiles archive of version 3"),
    (b"PM\x02\x00" + bytes(200), "another version"),
    (b"PMTiles\x02" + bytes(200), "another version"),
    (b"PMTiles\x03", "not a PMTiles archive of version 3"),
    (b"PMTiles\x03" + b"\xff" * 200, "kinds that the specification does not know"),
    (b"PMTiles\x03" + bytes(200), "tiles of a kind it does not name"),
])
def test_what_is_no_archive_is_said_so(tmp_path, content, said):
    path = tmp_path / "basemap.pmtiles"
    path.write_bytes(content)
    assert said in faults(path)
    with pytest.raises(Unusable):
        geo.open_basemap(path)


@pytest.mark.parametrize(("change", "said"), [
    ({"kind": TileType.PNG}, "it holds PNG pictures; the map needs vector tiles (MVT)."),
    ({"kind": TileType.MLT}, "it holds MapLibre tiles"),
    ({"packing": Compression.ZSTD}, "packed in a way browsers cannot read"),
    ({"zooms": (3, 5)}, "its tiles are for zoom 3 to 5"),
])
def test_an_archive_that_the_map_cannot_show_is_said_so(tmp_path, change, said):
    assert said in faults(make_basemap(tmp_path / "basemap.pmtiles", **change))


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.99])
def test_an_archive_that_was_copied_in_part_is_said_so(tmp_path, kept):
    path = make_basemap(tmp_path / "basemap.pmtiles")
    os.truncate(path, int(path.stat().st_size * kept))
    assert "ends too early" in faults(path)


def test_a_damaged_directory_is_said_so(tmp_path):
    path = make_basemap(tmp_path / "basemap.pmtiles")
    content = bytearray(path.read_bytes())
    content[127:160] = bytes(33)
    path.write_bytes(content)
    assert "it is damaged" in faults(path)


def test_a_map_of_another_part_of_the_world_is_said_so(tmp_path):
    square = shapely.to_geojson(shapely.box(-33.5, 41.1, -33.3, 41.3))
    area = f'{{"type":"Feature","properties":{{"code":"all"}},"geometry":{square}}}'
    ground, none = geo.check({
        "areas/city.geojson": f'{{"type":"FeatureCollection","features":[{area}]}}'.encode()})
    assert none == []
    whole = make_basemap(tmp_path / "whole.pmtiles")
    half = make_basemap(tmp_path / "half.pmtiles", box=Box(-33.4, 41.0, -33.2, 41.4))
    assert geo.basemap_faults(whole, ground.areas) == []
    assert geo.basemap_faults(half, ground.areas) == [
        "half.pmtiles: covers 50% of the city's areas. Make it again for the ground from -33.5000,41.1000 to "
        "-33.3000,41.3000 (longitude, latitude)."]


def test_a_tile_that_would_never_end_is_not_unpacked():
    endless = bytes(40 * 2**20)
    for content, packing in ((gzip.compress(endless), "gzip"), (brotli.compress(endless), "br"),
                             (brotli.compress(b"cut off")[:-2], "br"), (b"no brotli", "br")):
        with pytest.raises(Unusable):
            unpacked(Packed(content, packing))
    assert unpacked(Packed(brotli.compress(b"a tile"), "br")) == b"a tile"
