"""Boundary files as cities publish them become layers of areas, and the limit of the city."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape

from civicconnect.errors import Invalid
from civicconnect.geo import Point
from civicconnect.history.extract import DAMAGED, open_text
from civicconnect.history.grid import LV95, is_grid, to_degrees
from civicconnect.history.names import free, layer_name, printable, readable, slug
from civicconnect.history.properties import Given, find_properties, text_of

GRID = 1e-7  # degrees: a centimetre, and shorter files
# Coordinates are published with four decimals or more, so a rounded one lies up to 8 m beside its
# place; piers and quays lie further out than the districts they belong to.
MARGIN = 0.0005  # degrees of latitude, 55 m
COARSE = 0.0001  # 11 m: the limit decides who may report, not where a district ends


@dataclass(frozen=True)
class Area:
    code: str
    name: str
    shape: Any


@dataclass(frozen=True)
class Layer:
    """The areas of one boundary file, in the order of their codes."""

    name: str
    areas: tuple[Area, ...]
    told: tuple[str, ...] = ()  # which properties were taken, and what was left out

    @cached_property
    def ground(self) -> Any:
        return shapely.union_all([area.shape for area in self.areas])

    def which(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the area of each point, as a place in `areas`; -1 where none holds it.

        x, y    shape (points,), longitude and latitude

        A point on a border belongs to the area whose code comes first, as it does in a report.
        """
        found = np.full(len(x), -1)
        for number, area in reversed(list(enumerate(self.areas))):
            west, south, east, north = area.shape.bounds
            near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
            shapely.prepare(area.shape)
            found[near[shapely.intersects_xy(area.shape, x[near], y[near])]] = number
        return found


def read_layers(
    files: Sequence[Path], given: Given, requests: Sequence[Path], city: str
) -> list[Layer]:
    """Read each boundary file as one layer, named after it.

    given    {"code": properties, "name": properties} to look for; guessed where a file has none
    Raises Invalid.
    """
    layers: list[Layer] = []
    for file in files:
        name = layer_name(file, requests, city, [layer.name for layer in layers])
        layers.append(_layer(file, name, given))
    return layers


def limit_of(layers: Sequence[Layer]) -> Any:
    """Return the ground of all layers with a margin, drawn with few points."""
    ground = shapely.union_all([layer.ground for layer in layers])
    west, south, east, north = ground.bounds
    narrow = math.cos(math.radians((south + north) / 2))  # a degree of longitude against one of latitude
    wide = shapely.transform(ground, lambda xy: xy * (narrow, 1)).buffer(MARGIN).simplify(COARSE)
    return _tidy(shapely.transform(wide, lambda xy: xy / (narrow, 1)))


def centre_of(layers: Sequence[Layer]) -> Point:
    """Return a place inside the city, in its middle where it has one."""
    found = shapely.union_all([layer.ground for layer in layers]).representative_point()
    return Point(round(found.y, 6), round(found.x, 6))


def collection(areas: Iterable[Area]) -> str:
    """Return areas as the GeoJSON of a city's folder."""
    features = [
        {"type": "Feature", "properties": {"code": area.code, "name": area.name},
         "geometry": _rounded(area.shape)}
        for area in areas
    ]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def _layer(file: Path, name: str, given: Given) -> Layer:
    features = _features(file)
    code, named = find_properties([properties for properties, _ in features], given)
    pieces: dict[str, list[Any]] = {}
    words: dict[str, str] = {}
    for number, (properties, drawing) in enumerate(features, 1):
        key = text_of(properties.get(code)) if code else str(number)
        if key and not drawing.is_empty:
            pieces.setdefault(key, []).append(drawing)
            words.setdefault(key, text_of(properties.get(named)) or key)
    areas: dict[str, Area] = {}
    for key, drawings in pieces.items():
        whole = _tidy(shapely.union_all(drawings))
        if not whole.is_empty:
            own = free(slug(key), areas)
            areas[own] = Area(own, readable(printable(words[key]), name), whole)
    if not areas:
        raise Invalid({"areas": [f"{file.name} draws no district; give the city's boundaries as polygons."]})
    told = [f"`areas/{name}.geojson` is drawn from {file.name}: {len(areas)} areas, their codes from "
            f"{_quoted(code)}, their names from {_quoted(named)}."]
    if left := len(features) - sum(map(len, pieces.values())) + len(pieces) - len(areas):
        told.append(f"{left} features of {file.name} have no code or no surface and were left out.")
    return Layer(name, tuple(areas[key] for key in sorted(areas)), tuple(told))


def _quoted(name: str) -> str:
    return f"`{name}`" if name else "the order in the file"


def _features(file: Path) -> list[tuple[dict[str, Any], Any]]:
    """Return the properties and surfaces of a GeoJSON file, in degrees."""
    read = _json(file)
    try:
        found = [(dict(f.get("properties") or {}), shapely.force_2d(shape(f["geometry"])))
                 for f in read["features"] if f.get("geometry")]
        system = str(((read.get("crs") or {}).get("properties") or {}).get("name") or "")
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError) as fault:
        raise _no_geojson(file, fault) from None
    if not found:
        raise Invalid({"areas": [f"{file.name} draws no district; give the city's boundaries as polygons."]})
    drawn = _in_degrees(file, [drawing for _, drawing in found], system)
    return [(properties, _polygons(shapely.make_valid(drawing)))
            for (properties, _), drawing in zip(found, drawn, strict=True)]


def _json(file: Path) -> dict[str, Any]:
    try:
        with open_text(file) as text:
            return dict(json.load(text))
    except Invalid as fault:
        raise Invalid({"areas": [s for sentences in fault.fields.values() for s in sentences]}) from None
    except (*DAMAGED, OSError, ValueError, TypeError, RecursionError) as fault:
        raise _no_geojson(file, fault) from None


def _no_geojson(file: Path, fault: Exception) -> Invalid:
    return Invalid({"areas": [f"{file.name} is not a GeoJSON FeatureCollection in UTF-8 ({fault}); "
                              "export the boundaries as GeoJSON."]})


def _in_degrees(file: Path, drawn: list[Any], system: str) -> list[Any]:
    """Return the shapes in degrees; Invalid where they are in metres or feet that we do not read."""
    beyond = _beyond_degrees(drawn)
    if not beyond:
        return drawn
    grid = "lv95" if _within(drawn, LV95) else _grid_called(system)
    if not grid:
        raise Invalid({"areas": [f"{file.name} is not drawn in degrees ({beyond}{system and ', ' + system}); "
                                 "export it as longitude, latitude (EPSG:4326)."]})
    found = [shapely.transform(s, lambda xy: np.column_stack(to_degrees(grid, xy[:, 0], xy[:, 1])))
             for s in drawn]
    if any(np.isnan(s.bounds).any() for s in found if not s.is_empty):
        raise Invalid({"areas": [f"{file.name} says that it is drawn in {system}, but lies outside of it."]})
    return found


def _grid_called(system: str) -> str:
    """Return the code of a file's own "urn:ogc:def:crs:EPSG::2263"; "" where it names no grid."""
    code = f"EPSG:{system.rpartition(':')[2]}"
    return code if "EPSG" in system.upper() and is_grid(code) else ""


def _beyond_degrees(shapes: Sequence[Any]) -> str:
    """Return the first corner that is no place in degrees; "" where all are."""
    for west, south, east, north in (s.bounds for s in shapes if not s.is_empty):
        if west < -180 or south < -90 or east > 180 or north > 90:
            return f"a corner is at {west:.0f}, {south:.0f}"
    return ""


def _within(shapes: Sequence[Any], box: tuple[float, float, float, float]) -> bool:
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    return bool(box[0] <= west and box[1] <= south and east <= box[2] and north <= box[3])


def _tidy(drawing: Any) -> Any:
    """Return only the surfaces, with corners on a fine grid; empty where nothing is left."""
    return _polygons(shapely.set_precision(drawing, GRID))


def _polygons(drawing: Any) -> Any:
    """Keep only the surfaces: mending a boundary can leave lines and points behind."""
    if drawing.geom_type in ("Polygon", "MultiPolygon"):
        return drawing
    parts = [p for p in shapely.get_parts(drawing) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts)


def _rounded(drawing: Any) -> dict[str, Any]:
    written = json.dumps(mapping(drawing))
    return dict(json.loads(written, parse_float=lambda figure: round(float(figure), 7)))
