"""The ground of a city, back into its folder: the same rows always give the same bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import shapely
from shapely.geometry import mapping
from sqlalchemy import func, select

from civicconnect.db import Db
from civicconnect.geo.areas import GONE
from civicconnect.geo.load import CLASSES, KINDS, AreaRow, AssetRow, Ground
from civicconnect.geo.models import Address, Area, Asset, MapShape
from civicconnect.geo.point import Point
from civicconnect.geo.spatial import latitude, longitude


def dump(db: Db) -> dict[str, bytes]:
    """Return areas, addresses and map as `check` reads them: {path inside the folder: content}."""
    return spell(Ground(tuple(_areas(db)), tuple(_addresses(db)), tuple(_shapes(db)),
                        tuple(_assets(db))))


def drawn(db: Db) -> Ground:
    """Return the areas and the things alone: what the rest of a folder refers to."""
    return Ground(tuple(_areas(db)), assets=tuple(_assets(db)))


def _areas(db: Db) -> Iterator[AreaRow]:
    binary = func.ST_AsBinary(Area.shape, type_=None)
    asked = select(Area, binary).where(Area.valid_to.is_distinct_from(GONE))
    for a, wkb in db.execute(asked):
        shape = shapely.from_wkb(bytes(wkb))
        yield AreaRow(a.layer, a.code, a.name, a.valid_from, a.valid_to, shape, a.names)


def _addresses(db: Db) -> Iterator[tuple[str, str, Point]]:
    asked = select(Address.street, Address.number, latitude(Address.place), longitude(Address.place))
    for street, number, lat, long in db.execute(asked.order_by(Address.id)):
        yield street, number, Point(lat, long)


def _shapes(db: Db) -> Iterator[tuple[str, str, Any]]:
    binary = func.ST_AsBinary(MapShape.shape, type_=None)
    for kind, name, wkb in db.execute(select(MapShape.kind, MapShape.name, binary).order_by(MapShape.id)):
        yield kind, name, shapely.from_wkb(bytes(wkb))


def _assets(db: Db) -> Iterator[AssetRow]:
    binary = func.ST_AsBinary(Asset.shape, type_=None)
    asked = select(Asset.layer, Asset.code, Asset.owner, Asset.name, binary).order_by(Asset.id)
    for layer, code, owner, name, wkb in db.execute(asked):
        yield AssetRow(layer, code, owner, name, shapely.from_wkb(bytes(wkb)))


def spell(ground: Ground) -> dict[str, bytes]:
    """Return a checked ground as the folder's files, each in the one way we write it."""
    features: dict[str, list[dict[str, Any]]] = {}
    for area in sorted(ground.areas, key=lambda a: (a.layer, a.code, a.valid_from or date.min)):
        features.setdefault(f"areas/{area.layer}.geojson", []).append(_feature(_told(area), area.shape))
    files = {kind: name for name, kind in KINDS.items()} | dict.fromkeys(CLASSES, "streets")
    for kind, name, shape in ground.shapes:
        properties = ({"name": name} if name else {}) | ({"class": kind} if kind in CLASSES else {})
        features.setdefault(f"map/{files[kind]}.geojson", []).append(_feature(properties, shape))
    for asset in ground.assets:
        told = {"code": asset.code, "owner": asset.owner, "name": asset.name}
        features.setdefault(f"assets/{asset.layer}.geojson", []).append(
            _feature({key: value for key, value in told.items() if value}, asset.shape))
    found = {path: _collection(rows).encode() for path, rows in features.items()}
    return found | ({"addresses.csv": _csv(ground.addresses)} if ground.addresses else {})


def _told(area: AreaRow) -> dict[str, Any]:
    told: dict[str, Any] = {"code": area.code, "name": area.name}
    told |= {"names": dict(area.names)} if area.names else {}
    days = {"valid_from": area.valid_from, "valid_to": area.valid_to}
    return told | {key: day.isoformat() for key, day in days.items() if day}


def _feature(properties: Mapping[str, Any], shape: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": mapping(shape)}


def _collection(features: Iterable[Mapping[str, Any]]) -> str:
    # One feature a line: two versions can be compared line by line.
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def _csv(addresses: Iterable[tuple[str, str, Point]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("street", "number", "long", "lat"))
    writer.writerows((street, number, p.long, p.lat) for street, number, p in addresses)
    return out.getvalue().encode()
