"""A street map in one file: tiles are read out of a PMTiles archive, a few kilobytes of it at a time.

source    PMTiles Version 3 Specification; the pmtiles package reads its header and its directories
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import brotli
import shapely
from pmtiles import tile as pmtiles

from civicconnect.geo.point import Box
from civicconnect.geo.tiles import NEAREST, WIDEST, Tile

if TYPE_CHECKING:
    from civicconnect.geo.load import AreaRow

BASEMAP = "basemap.pmtiles"  # what the file is called in a city's folder
HEADER = 127  # bytes
PARTS = ("root", "metadata", "leaf_directory", "tile_data")
DEPTH = 4  # directories from the first to a tile, at most
LARGEST_TILE, LARGEST_PART = 4 * 2**20, 32 * 2**20  # bytes: as it lies in the archive, and unpacked
COVERED = 0.95  # of the city's areas; an edge in the sea may be missing
PACKINGS = {pmtiles.Compression.NONE: "", pmtiles.Compression.GZIP: "gzip",
            pmtiles.Compression.BROTLI: "br"}
KINDS = {pmtiles.TileType.PNG: "PNG pictures", pmtiles.TileType.JPEG: "JPEG pictures",
         pmtiles.TileType.WEBP: "WebP pictures", pmtiles.TileType.AVIF: "AVIF pictures",
         pmtiles.TileType.MLT: "MapLibre tiles"}


class Unusable(Exception):
    """The file is no street map that can be shown; says why in a sentence."""


class Packed(NamedTuple):
    """A tile as it lies in the archive: `packing` is "gzip", "br" or ""."""

    content: bytes
    packing: str


@dataclass(frozen=True, eq=False)
class Basemap:
    """An archive that is open: what it tells of itself, and its tiles."""

    file: int  # descriptor; positions are given with each reading, so threads share it
    size: int
    stamp: str  # another with any other content
    header: pmtiles.HeaderDict
    attribution: str  # as its makers wrote it, perhaps with tags
    layers: tuple[str, ...]  # what its tiles hold

    def __del__(self) -> None:
        os.close(self.file)

    @property
    def zooms(self) -> tuple[int, int]:
        """Return from which zoom to which there are tiles that can be asked for."""
        return max(self.header["min_zoom"], WIDEST), min(self.header["max_zoom"], NEAREST)

    @property
    def box(self) -> Box:
        """Return what part of the ground it covers."""
        west, south, east, north = (self.header[f"{name}_e7"] / 1e7  # type: ignore[literal-required]  # built from our own names
                                    for name in ("min_lon", "min_lat", "max_lon", "max_lat"))
        return Box(west, south, east, north)

    def tile(self, wanted: Tile) -> Packed | None:
        """Return a tile; None where there is none. Raises Unusable where the archive is damaged."""
        number = pmtiles.zxy_to_tileid(wanted.zoom, wanted.x, wanted.y)
        offset, length = self.header["root_offset"], self.header["root_length"]
        for _ in range(DEPTH):
            found = pmtiles.find_tile(_directory(self, offset, length), number)
            if found is None:
                return None
            if found.run_length:
                content = self.part(self.header["tile_data_offset"] + found.offset, found.length,
                                    LARGEST_TILE)
                return Packed(content, PACKINGS[self.header["tile_compression"]])
            offset, length = self.header["leaf_directory_offset"] + found.offset, found.length
        raise Unusable("its directories lead to no tile.")

    def part(self, offset: int, length: int, most: int = LARGEST_PART) -> bytes:
        """Return some bytes of the archive, or raise Unusable where they are not there."""
        if length > most or offset + length > self.size:
            raise Unusable("it is damaged: it names parts that are not there. Copy it again.")
        return os.pread(self.file, length, offset)


@lru_cache(maxsize=32)
def _directory(archive: Basemap, offset: int, length: int) -> list[pmtiles.Entry]:
    content = _unpacked(archive.part(offset, length), archive.header["internal_compression"])
    try:
        # The package reads packed directories only.
        return pmtiles.deserialize_directory(gzip.compress(content, 0))
    except (EOFError, MemoryError):
        raise Unusable("it is damaged: a directory ends too early. Copy it again.") from None


def _unpacked(content: bytes, packing: pmtiles.Compression) -> bytes:
    if packing is pmtiles.Compression.GZIP:
        reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            found = reader.decompress(content, LARGEST_PART)
        except zlib.error:
            found = b""
        if not reader.eof:
            raise Unusable("it is damaged: a part of it cannot be unpacked. Copy it again.")
        return found
    if packing is pmtiles.Compression.NONE:
        return content
    raise Unusable("its directories are not packed with gzip; make it again with the usual settings.")


def unpacked(tile: Packed) -> bytes:
    """Return a tile without its packing. Raises Unusable where it is damaged."""
    try:
        if tile.packing == "br":
            reader = brotli.Decompressor()
            found = bytes(reader.process(tile.content, output_buffer_limit=LARGEST_PART))
            if len(found) > LARGEST_PART or not reader.is_finished():
                raise Unusable("it is damaged: a tile has no end. Copy it again.")
            return found
    except brotli.error:
        raise Unusable("it is damaged: a tile cannot be unpacked. Copy it again.") from None
    return _unpacked(tile.content, pmtiles.Compression.GZIP if tile.packing else pmtiles.Compression.NONE)


def open_basemap(path: Path) -> Basemap:
    """Open an archive. Raises Unusable, with the reason, and OSError where there is no such file."""
    facts = path.stat()
    return _opened(path, (facts.st_ino, facts.st_size, facts.st_mtime_ns))


@lru_cache(maxsize=64)
def _opened(path: Path, seen: tuple[int, ...]) -> Basemap:
    """Open an archive; `seen` is how the file looked, so that another one under its name is read anew."""
    file = os.open(path, os.O_RDONLY)
    try:
        head = os.pread(file, HEADER, 0)
        header = _header(head)
        size = os.fstat(file).st_size
        if any(header[f"{part}_offset"] + header[f"{part}_length"] > size for part in PARTS):  # type: ignore[literal-required]  # built from our own names
            raise Unusable("it ends too early; copy it again.")
        bare = Basemap(os.dup(file), size, "", header, "", ())
        told = _metadata(bare)
        mark = hashlib.sha256(head + repr(seen).encode()).hexdigest()[:12]
        attribution, layers = told.get("attribution"), told.get("vector_layers")
        whole = Basemap(os.dup(file), size, mark, header,
                        attribution if isinstance(attribution, str) else "",
                        tuple(_layers(layers if isinstance(layers, list) else [])))
        _directory(whole, header["root_offset"], header["root_length"])
        return whole
    finally:
        os.close(file)


def _header(head: bytes) -> pmtiles.HeaderDict:
    if head[:2] == b"PM" and head[:7] != b"PMTiles" or head[:7] == b"PMTiles" and head[7:8] != b"\x03":
        raise Unusable("it is PMTiles of another version; convert it to version 3 with 'pmtiles convert'.")
    if len(head) < HEADER or head[:7] != b"PMTiles":
        raise Unusable("it is not a PMTiles archive of version 3.")
    try:
        header = pmtiles.deserialize_header(head)
    except ValueError:
        raise Unusable("its header names kinds that the specification does not know.") from None
    kind = header["tile_type"]
    if kind is not pmtiles.TileType.MVT:
        held = KINDS.get(kind, "tiles of a kind it does not name")
        raise Unusable(f"it holds {held}; the map needs vector tiles (MVT).")
    if header["tile_compression"] not in PACKINGS:
        raise Unusable("its tiles are packed in a way browsers cannot read; make it again with gzip.")
    if header["max_zoom"] < WIDEST or header["min_zoom"] > NEAREST:
        raise Unusable(f"its tiles are for zoom {header['min_zoom']} to {header['max_zoom']}; the map is of "
                       f"{WIDEST} to {NEAREST}.")
    return header


def _metadata(archive: Basemap) -> dict[str, Any]:
    header = archive.header
    content = _unpacked(archive.part(header["metadata_offset"], header["metadata_length"]),
                        header["internal_compression"])
    try:
        told = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        raise Unusable("what it tells of itself is not JSON.") from None
    return told if isinstance(told, dict) else {}


def _layers(told: Sequence[Any]) -> list[str]:
    return [str(layer["id"]) for layer in told if isinstance(layer, dict) and layer.get("id")]


def basemap_faults(path: Path, areas: Sequence[AreaRow]) -> list[str]:
    """Say what keeps a file from being the street map of a city with these areas."""
    try:
        covered = open_basemap(path).box
    except Unusable as fault:
        return [f"{path.name}: {fault}"]
    except OSError as fault:
        return [f"{path.name}: cannot be read ({fault.strerror})."]
    if not areas:
        return []
    city = shapely.union_all([area.shape for area in areas])
    west, south, east, north = city.bounds
    inside = shapely.clip_by_rect(city, covered.west, covered.south, covered.east, covered.north)
    share = inside.area / city.area if city.area else 0
    return [] if share >= COVERED else [
        f"{path.name}: covers {share:.0%} of the city's areas. Make it again for the ground from "
        f"{west:.4f},{south:.4f} to {east:.4f},{north:.4f} (longitude, latitude)."]
