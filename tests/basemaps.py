"""Small street maps as cities have them: PMTiles archives, made by those who wrote the format."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from civicconnect.geo import Box, Point, Tile
from civicconnect.geo.mvt import Feature, write
from tests.geo.test_tiles import tile_at

HERE = Point(41.2, -33.4)
CITY = Box(-33.6, 41.0, -33.2, 41.4)
CREDIT = '<a href="https://maps.example/thanks">© The map makers</a> & <b>friends</b>'


def streets(tile: Tile) -> bytes:
    """Return a tile with a street across its middle, a park, a house and the sea, in two makers' words."""
    del tile
    square = shapely.box(200, 200, 1200, 1200)
    return write({
        "roads": [Feature(shapely.LineString([(0, 2048), (4096, 2048)]), {"kind": "major_road",
                                                                         "name": "Archive Street"})],
        "transportation": [Feature(shapely.LineString([(2048, 0), (2048, 4096)]), {"class": "minor"})],
        "landuse": [Feature(square, {"kind": "park"})],
        "building": [Feature(shapely.affinity.translate(square, 2000, 0), {})],
        "water": [Feature(shapely.affinity.translate(square, 2000, 2400), {"name": "Archive Bay"})],
    })


def make_basemap(path: Path, *, box: Box = CITY, zooms: tuple[int, int] = (10, 16),
                 kind: TileType = TileType.MVT, packing: Compression = Compression.GZIP,
                 metadata: dict[str, Any] | None = None) -> Path:
    """Write an archive: the tiles in which HERE lies, and those next to them."""
    tiles = {}
    for zoom in range(zooms[0], zooms[1] + 1):
        middle = tile_at(zoom, HERE)
        for x in range(middle.x - 2, middle.x + 3):
            for y in range(middle.y - 2, middle.y + 3):
                content = streets(Tile(zoom, x, y))
                is_packed = packing is Compression.GZIP
                tiles[zxy_to_tileid(zoom, x, y)] = gzip.compress(content, mtime=0) if is_packed else content
    with path.open("wb") as file:
        writer = Writer(file)
        for number, content in sorted(tiles.items()):
            writer.write_tile(number, content)
        degrees = {"min_lon_e7": box.west, "min_lat_e7": box.south, "max_lon_e7": box.east,
                   "max_lat_e7": box.north}
        writer.finalize(
            {"tile_type": kind, "tile_compression": packing}
            | {name: round(value * 1e7) for name, value in degrees.items()},
            {"attribution": CREDIT, "vector_layers": [
                {"id": name, "fields": {}} for name in
                ("roads", "transportation", "landuse", "building", "water")]} | (metadata or {}))
    return path
