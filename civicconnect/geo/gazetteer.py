"""Streets, houses and corners, made from a city's addresses and the streets of its map."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from struct import pack
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Engine, delete, func, select

from civicconnect.db import Db, analyse, copy_in
from civicconnect.geo import words
from civicconnect.geo.corners import meetings
from civicconnect.geo.models import Address, Corner, Gazetteer, House, MapShape, Street
from civicconnect.geo.point import Point
from civicconnect.geo.spatial import latitude, longitude
from civicconnect.geo.streets import Listed, StreetList
from civicconnect.geo.typed import whole

FORM = "1"  # change it when what is made here changes: every city is made anew when it is next loaded
STREETS = ("main", "street", "path")  # kinds of map shapes
PAGE = 20_000  # addresses held at a time
NONE = -1  # an address without a number

AddressRow = tuple[str, str, Point]  # street, number, place
Line = tuple[str, Any]  # a street's name, its shape in degrees


class Source(NamedTuple):
    """Hashes of what a gazetteer is made from."""

    addresses: str
    lines: str

    @classmethod
    def of(cls, addresses: Iterable[AddressRow], lines: Iterable[Line]) -> Source:
        """Return the hashes of addresses in their order and of named lines in theirs."""
        # No text holds the character 0, so no two cities run together to the same bytes.
        return cls(_hash(f"{street}\0{number}\0".encode() + pack("<dd", place.lat, place.long)
                         for street, number, place in addresses),
                   _hash(f"{name}\0".encode() + shapely.to_wkb(shape, byte_order=1) for name, shape in lines))


def _hash(rows: Iterable[bytes]) -> str:
    digest = hashlib.sha256(FORM.encode())
    for row in rows:
        digest.update(row)
    return digest.hexdigest()


def streets_among(shapes: Iterable[tuple[str, str, Any]]) -> list[Line]:
    """Return the named streets among the shapes of a map, given as (kind, name, shape)."""
    return [(name, shape) for kind, name, shape in shapes if kind in STREETS and name]


def made_from(db: Db) -> Source | None:
    """Return from what the gazetteer of a database was made; None where there is none."""
    row = db.execute(select(Gazetteer.addresses, Gazetteer.lines)).first()
    return Source(*row) if row else None


_lists: WeakKeyDictionary[Engine, tuple[Source, StreetList]] = WeakKeyDictionary()


def streets(db: Db) -> StreetList:
    """Return the streets of a database: read once, and again when the gazetteer was made anew."""
    source = made_from(db)
    if source is None:
        return StreetList.of(())
    engine = db.connection().engine
    known = _lists.get(engine)
    if known is None or known[0] != source:
        # Among equals the longer street is the likelier one.
        asked = select(Street.id, Street.name, Street.is_drawn, Street.lat, Street.long)
        rows = db.execute(asked.order_by(Street.houses.desc(), Street.id))
        found = StreetList.of(Listed(*row[:3], Point(*row[3:])) for row in rows)
        known = _lists[engine] = (source, found)
    return known[1]


@dataclass
class _Names:
    """Numbers the streets by what all spellings of a name have in common."""

    names: list[str] = field(default_factory=list)  # the first spelling of each
    _of_key: dict[str, int] = field(default_factory=dict)
    _of_spelling: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """Return a street's number, from 0."""
        known = self._of_spelling.get(name)
        if known is None:
            known = self._of_spelling[name] = self._of_key.setdefault(words.key(name), len(self.names))
            if known == len(self.names):
                self.names.append(name)
        return known


@dataclass
class _Columns:
    """What is kept of each address while the streets are made: 32 bytes."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    streets: array[int] = field(default_factory=lambda: array("i"))
    numbers: array[int] = field(default_factory=lambda: array("i"))
    lats: array[float] = field(default_factory=lambda: array("d"))
    longs: array[float] = field(default_factory=lambda: array("d"))


def make(db: Db, lines: Sequence[Line]) -> None:
    """Make streets, houses and corners from the addresses in the database and the map's streets."""
    for table in (Corner, House, Street, Gazetteer):
        db.execute(delete(table))
    names, columns = _Names(), _Columns()
    of = [names.number(name) for name, _ in lines]
    source = Source.of(_noted(_stored(db), names, columns), lines)
    spots = _middles(columns, len(names.names)) | _middles_of_lines(of, lines)
    counts = np.bincount(np.array(columns.streets, dtype=np.int64), minlength=len(names.names)).tolist()
    drawn = set(of)
    copy_in(db, "street", ("id", "name", "houses", "is_drawn", "lat", "long"), (
        (n, name, counts[n], n in drawn, spots[n].lat, spots[n].long) for n, name in enumerate(names.names)))
    copy_in(db, "house", ("address_id", "street_id", "number"), (
        row for row in zip(columns.ids, columns.streets, columns.numbers, strict=True) if row[2] != NONE))
    copy_in(db, "corner", ("one_id", "other_id", "lat", "long"), (
        (m.one, m.other, m.point.lat, m.point.long) for m in meetings(of, [shape for _, shape in lines])))
    copy_in(db, "gazetteer", ("id", "addresses", "lines"), [(1, *source)])
    analyse(db, "address", "street", "house", "corner")


def remake(db: Db) -> None:
    """Make the gazetteer from what stands in a database; nothing happens where nothing does."""
    binary = func.ST_AsBinary(MapShape.shape, type_=None)
    rows = db.execute(select(MapShape.kind, MapShape.name, binary).order_by(MapShape.id))
    lines = streets_among((kind, name, shapely.from_wkb(bytes(wkb))) for kind, name, wkb in rows)
    if lines or db.scalar(select(Address.id).limit(1)):
        make(db, lines)


def _stored(db: Db) -> Iterator[tuple[int, AddressRow]]:
    """Yield (id, address) in the file's order, a page in memory at a time."""
    place = latitude(Address.place), longitude(Address.place)
    asked = select(Address.id, Address.street, Address.number, *place).order_by(Address.id).limit(PAGE)
    page = db.execute(asked).all()
    while page:
        for id_, street, number, lat, long in page:
            yield id_, (street, number, Point(lat, long))
        page = db.execute(asked.where(Address.id > page[-1][0])).all()


def _noted(
    rows: Iterable[tuple[int, AddressRow]], names: _Names, columns: _Columns
) -> Iterator[AddressRow]:
    for id_, row in rows:
        street, number, point = row
        found = whole(number)
        columns.ids.append(id_)
        columns.streets.append(names.number(street))
        columns.numbers.append(NONE if found is None else found)
        columns.lats.append(point.lat)
        columns.longs.append(point.long)
        yield row


def _middles(columns: _Columns, count: int) -> dict[int, Point]:
    """Return for each street the house that is nearest to the mean of its houses."""
    of = np.array(columns.streets, dtype=np.int64)
    lats, longs = np.array(columns.lats), np.array(columns.longs)
    houses = np.maximum(np.bincount(of, minlength=count), 1)
    off = np.hypot(*(spot - (np.bincount(of, spot, count) / houses)[of] for spot in (lats, longs)))
    order = np.lexsort((off, of))
    first: NDArray[np.int64] = order[np.unique(of[order], return_index=True)[1]]
    return {int(of[n]): Point(float(lats[n]), float(longs[n])) for n in first}


def _middles_of_lines(of: Sequence[int], lines: Sequence[Line]) -> dict[int, Point]:
    """Return for each street of the map the place on it that is nearest to the middle of it all."""
    parts: dict[int, list[Any]] = {}
    for street, (_, shape) in zip(of, lines, strict=True):
        parts.setdefault(street, []).append(shape)
    wholes = [shapely.geometrycollections(shapes) for shapes in parts.values()]
    ways = shapely.shortest_line(wholes, shapely.centroid(wholes))
    spots = shapely.get_coordinates(shapely.get_point(ways, 0)).round(6).tolist()
    return {street: Point(lat, long) for street, (long, lat) in zip(parts, spots, strict=True)}
