"""The ground of a city, in and out of its folder."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, shape
from sqlalchemy import delete, func, select

from civicconnect import clock
from civicconnect.db import Db, copy_in, spelling
from civicconnect.geo import gazetteer
from civicconnect.geo.areas import GONE, forget_areas
from civicconnect.geo.models import Address, Area, Asset, MapShape
from civicconnect.geo.point import Point, encoder
from civicconnect.geo.words import fold

KINDS = {"water": "water", "parks": "park", "piers": "pier", "streets": ""}
CLASSES = ("main", "street", "path")
LAYER = re.compile(r"[a-z][a-z0-9_-]{0,39}")  # it becomes the name of a column: area_<layer>


@dataclass(frozen=True)
class AreaRow:
    """One checked area of a layer."""

    layer: str
    code: str
    name: str
    valid_from: date | None
    valid_to: date | None
    shape: Any
    names: Mapping[str, str] = field(default_factory=dict)  # by language


@dataclass(frozen=True)
class AssetRow:
    """One checked thing of a layer."""

    layer: str
    code: str
    owner: str
    name: str
    shape: Any


@dataclass(frozen=True)
class Ground:
    """What a folder says about the ground, checked."""

    areas: tuple[AreaRow, ...] = ()
    addresses: tuple[tuple[str, str, Point], ...] = ()
    shapes: tuple[tuple[str, str, Any], ...] = field(default=())
    assets: tuple[AssetRow, ...] = ()

    @property
    def owners(self) -> dict[str, frozenset[str]]:
        """Return who owns something, by layer of things."""
        layers = {row.layer for row in self.assets}
        return {layer: frozenset(r.owner for r in self.assets if r.layer == layer) for layer in layers}


def check(files: Mapping[str, bytes]) -> tuple[Ground, list[str]]:
    """Read `areas/`, `assets/` and `map/` with their `*.geojson` and `addresses.csv`, and list every fault.

    files    {path inside the folder: content}
    returns  what was understood, and one sentence a fault: file, where, what is expected
    """
    faults: list[str] = []
    areas: list[AreaRow] = []
    assets: list[AssetRow] = []
    shapes: list[tuple[str, str, Any]] = []
    for path in sorted(files):
        folder, _, name = path.partition("/")
        if folder == "areas" and name.endswith(".geojson"):
            areas.extend(_areas(path, name.removesuffix(".geojson"), files[path], faults))
        elif folder == "assets" and name.endswith(".geojson"):
            assets.extend(_assets(path, name.removesuffix(".geojson"), files[path], faults))
        elif folder == "map" and name.removesuffix(".geojson") in KINDS:
            kind = KINDS[name.removesuffix(".geojson")]
            for number, (properties, geometry) in enumerate(_features(path, files[path], faults), 1):
                found = kind or str(properties.get("class", "street"))
                if not kind and found not in CLASSES:
                    faults.append(f"{path}, feature {number}: 'class' is '{found}'; expected "
                                  f"{', '.join(CLASSES)}.")
                shapes.append((found, str(properties.get("name") or "")[:200], shapely.force_2d(geometry)))
        elif folder == "map":
            faults.append(f"{path}: nobody draws this file; expected {', '.join(KINDS)}.")
    addresses = _addresses("addresses.csv", files.get("addresses.csv", b""), faults)
    return Ground(tuple(areas), tuple(addresses), tuple(shapes), tuple(assets)), faults


def _features(path: str, content: bytes, faults: list[str]) -> Iterator[tuple[dict[str, Any], Any]]:
    try:
        features = json.loads(content)["features"]
        for feature in features:
            yield dict(feature.get("properties") or {}), shape(feature["geometry"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ShapelyError) as fault:
        faults.append(f"{path}: this is not a GeoJSON FeatureCollection in UTF-8 ({fault}).")


def _areas(path: str, layer: str, content: bytes, faults: list[str]) -> Iterator[AreaRow]:
    seen: set[tuple[str, date | None]] = set()
    _must_be_layer(path, layer, faults)
    for number, (properties, geometry) in enumerate(_features(path, content, faults), 1):
        where = f"{path}, feature {number}"
        code = str(properties.get("code") or "").strip()
        if not code:
            faults.append(f"{where}: 'code' is missing; every area needs one.")
            continue
        if len(code) > 80 or len(str(properties.get("name") or "")) > 200:
            faults.append(f"{where}: too long; a code has at most 80 letters, a name 200.")
            continue
        if geometry.geom_type not in ("Polygon", "MultiPolygon"):
            faults.append(f"{where} ({code}): a {geometry.geom_type}; an area is a Polygon.")
            continue
        misdrawn = _misdrawn(geometry)
        if misdrawn:
            faults.append(f"{where} ({code}): {misdrawn}")
            continue
        days = _days(properties, where, faults)
        names = properties.get("names") or {}
        told = names.values() if isinstance(names, dict) else [None]
        if not all(isinstance(name, str) and len(name) <= 200 for name in told):
            faults.append(f"{where} ({code}): write 'names' as {{\"es\": \"Puerto\"}}, one a language.")
            names = {}
        if (code, days[0]) in seen:
            faults.append(f"{where}: code '{code}' stands twice for the same days.")
        seen.add((code, days[0]))
        many = geometry if geometry.geom_type == "MultiPolygon" else MultiPolygon([geometry])
        yield AreaRow(layer, code, str(properties.get("name") or code), *days, shapely.force_2d(many), names)


def _assets(path: str, layer: str, content: bytes, faults: list[str]) -> Iterator[AssetRow]:
    """Read the things of one layer. What has no code is called by its place in the file."""
    seen: set[str] = set()
    _must_be_layer(path, layer, faults)
    for number, (properties, geometry) in enumerate(_features(path, content, faults), 1):
        where = f"{path}, feature {number}"
        code, owner, name = (str(properties.get(key) or "").strip() for key in ("code", "owner", "name"))
        code = code or str(number)
        if len(code) > 80 or len(owner) > 80 or len(name) > 200:
            faults.append(f"{where}: too long; code and owner have at most 80 letters, a name 200.")
            continue
        if code in seen:
            faults.append(f"{where}: code '{code}' stands twice.")
        seen.add(code)
        misdrawn = _misdrawn(geometry)
        if misdrawn:
            faults.append(f"{where} ({code}): {misdrawn}")
            continue
        yield AssetRow(layer, code, owner, name, shapely.force_2d(geometry))


def _must_be_layer(path: str, layer: str, faults: list[str]) -> None:
    if not LAYER.fullmatch(layer):
        faults.append(f"{path}: a layer is named with at most 40 of a-z, 0-9, - and _, a letter first; "
                      f"rename the file to {path.partition('/')[0]}/{_layer_for(layer)}.geojson.")


def _layer_for(name: str) -> str:
    """Return the name nearest to a given one that a layer may have."""
    plain = "-".join(re.findall("[a-z0-9]+", fold(name)))
    return (plain if plain[:1].isalpha() else f"layer-{plain}")[:40].strip("-")


def _misdrawn(geometry: Any) -> str:
    """Say what is wrong with a shape; "" where nothing is."""
    if geometry.is_empty:
        return "it has no points; draw it or leave it out."
    if not geometry.is_valid:
        return f"{shapely.is_valid_reason(geometry)}; redraw it."
    west, south, east, north = geometry.bounds
    if west < -180 or south < -90 or east > 180 or north > 90:
        return "outside the degrees of WGS84; export it as longitude, latitude (EPSG:4326)."
    return ""


def _days(
    properties: dict[str, Any], where: str, faults: list[str]
) -> tuple[date | None, date | None]:
    days: list[date | None] = []
    for key in ("valid_from", "valid_to"):
        given = properties.get(key)
        try:
            days.append(date.fromisoformat(given) if given else None)
        except (TypeError, ValueError):
            faults.append(f"{where}: '{key}' is {given!r}; write a day as 2026-11-30.")
            days.append(None)
    if days[0] and days[1] and days[1] < days[0]:
        faults.append(f"{where}: it ends before it begins; change 'valid_from' or 'valid_to'.")
    return days[0], days[1]


def _addresses(
    path: str, content: bytes, faults: list[str]
) -> Iterator[tuple[str, str, Point]]:
    if not content:
        return
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    except UnicodeDecodeError:
        faults.append(f"{path}: not UTF-8; save it as CSV UTF-8.")
        return
    for number, row in enumerate(rows, 2):
        try:
            point = Point(float(row["lat"]), float(row["long"]))
            street, house = row["street"].strip(), row["number"].strip()
            if not (abs(point.lat) <= 90 and abs(point.long) <= 180) or len(street) > 180 or len(house) > 20:
                raise ValueError("not in degrees, or too long")
            yield street, house, point
        except (KeyError, TypeError, ValueError, AttributeError):
            faults.append(f"{path}, line {number}: needs street (180 letters), number (20), long and lat, "
                          "in degrees.")
            return


def load(db: Db, ground: Ground) -> dict[str, int]:
    """Make the database's ground equal to the folder's. Returns how many of each changed.

    An area that reports already point to keeps its row; one that is gone from the folder stays
    for them, and holds on no day any more.
    """
    changed = {"areas": _load_areas(db, ground.areas)}
    changed["addresses"] = _load_addresses(db, ground)
    changed["map shapes"] = _load_shapes(db, ground)
    changed["assets"] = _load_assets(db, ground)
    forget_areas()
    return changed


def _load_areas(db: Db, rows: tuple[AreaRow, ...]) -> int:
    binary = func.ST_AsBinary(Area.shape, type_=None)
    known = {
        (a.layer, a.code, a.valid_from): (a, shapely.from_wkb(bytes(wkb)))
        for a, wkb in db.execute(select(Area, binary)).all()
    }
    changed = 0
    for row in rows:
        standing = known.pop((row.layer, row.code, row.valid_from), None)
        if standing and shapely.equals_exact(standing[1], row.shape, 1e-9):
            area = standing[0]
            if (area.name, area.names, area.valid_to) == (row.name, dict(row.names), row.valid_to):
                continue
            area.name, area.names, area.valid_to = row.name, dict(row.names), row.valid_to
            area.changed_at = clock.now()
        elif standing:
            standing[0].shape, standing[0].name = from_shape(row.shape, 4326), row.name
            standing[0].names, standing[0].valid_to = dict(row.names), row.valid_to
            standing[0].changed_at = clock.now()
        else:
            db.add(Area(layer=row.layer, code=row.code, name=row.name, names=dict(row.names),
                        valid_from=row.valid_from, valid_to=row.valid_to, changed_at=clock.now(),
                        shape=from_shape(row.shape, 4326)))
        changed += 1
    for area, _ in known.values():
        if area.valid_to != GONE:
            area.valid_to, area.changed_at = GONE, clock.now()
            changed += 1
    db.flush()
    return changed


def _load_addresses(db: Db, ground: Ground) -> int:
    lines = gazetteer.streets_among(ground.shapes)
    given, standing = gazetteer.Source.of(ground.addresses, lines), gazetteer.made_from(db)
    if standing == given:
        return 0
    changed = 0
    if standing is None or standing.addresses != given.addresses:
        db.execute(delete(Address))
        encode = encoder(spelling(db))
        rows = ((s, n, "", encode(p)) for s, n, p in ground.addresses)
        copy_in(db, "address", ("street", "number", "words", "place"), rows)
        changed = len(ground.addresses)
    gazetteer.make(db, lines)
    return changed


def _load_shapes(db: Db, ground: Ground) -> int:
    binary = func.ST_AsBinary(MapShape.shape, type_=None)
    asked = select(MapShape.kind, MapShape.name, binary).order_by(MapShape.id)
    standing = [(k, n, bytes(wkb)) for k, n, wkb in db.execute(asked)]
    if standing == [(k, n, shapely.to_wkb(s, byte_order=1)) for k, n, s in ground.shapes]:
        return 0
    db.execute(delete(MapShape))
    db.add_all(
        MapShape(kind=k, name=n, shape=from_shape(s, 4326)) for k, n, s in ground.shapes
    )
    db.flush()
    return len(ground.shapes)


def _load_assets(db: Db, ground: Ground) -> int:
    binary = func.ST_AsBinary(Asset.shape, type_=None)
    asked = select(Asset.layer, Asset.code, Asset.owner, Asset.name, binary).order_by(Asset.id)
    standing = [(*told, bytes(wkb)) for *told, wkb in db.execute(asked)]
    if standing == [(r.layer, r.code, r.owner, r.name, shapely.to_wkb(r.shape, byte_order=1))
                    for r in ground.assets]:
        return 0
    db.execute(delete(Asset))
    now = clock.now()
    db.add_all(Asset(layer=r.layer, code=r.code, owner=r.owner, name=r.name, changed_at=now,
                     shape=from_shape(r.shape, 4326)) for r in ground.assets)
    db.flush()
    return len(ground.assets)
