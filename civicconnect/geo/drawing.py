"""The map as one small SVG, drawn on the server: it needs no script, no tiles and no other host."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from sqlalchemy import func, select

from civicconnect.db import Db
from civicconnect.geo.labels import Label, Sheet, written
from civicconnect.geo.models import Address, MapShape
from civicconnect.geo.point import METRES_PER_DEGREE, Box, Point
from civicconnect.geo.spatial import in_box, latitude, longitude

TILE = 256  # pixels of the whole world at zoom 0, the usual web-map scale
# By day and by night; static/css/tokens.css has the same for the page round the map.
COLOURS = {
    "land": ("#f3f0e8", "#1d2729"),
    "park": ("#d8e8cf", "#22382a"),
    "water": ("#bcdcea", "#17394a"),
    "pier": ("#e4dfd3", "#3a4244"),
    "path": ("#c3b393", "#4d5b53"),
    "street": ("#ffffff", "#3a484b"),
    "main": ("#ffe9b0", "#5d583f"),
    "edge": ("#cfcabd", "#11181a"),
    "words": ("#3d4749", "#c6d0ce"),
    "path-words": ("#7a6846", "#a99f88"),
    "park-words": ("#4a6b3c", "#9dbf8d"),
    "water-words": ("#35687f", "#8fbdd2"),
    "number": ("#6c675c", "#99a5a3"),
    "here": ("#b3261e", "#ff8f5a"),
    "closed": ("#3d6b35", "#9dc492"),
    "open": ("#0b5a6f", "#7cc3d6"),
    "way": ("#0b5a6f", "#7cc3d6"),
    "along": ("#b3261e", "#ff8f5a"),
    "pin-edge": ("#ffffff", "#11181a"),
}
GROUND = ("park", "water", "pier")  # filled, in this order
WIDTHS = {"path": 1.6, "street": 6.0, "main": 9.0}  # pixels at zoom 16
GROWTH = 1.6  # from one zoom to the next; in nature it is 2, but then a near street fills the picture
# From which zoom on streets are named, have edges; paths are drawn, are named; houses are numbered.
NAMED, EDGED, PATHS, PATH_NAMES, NUMBERED = 14, 15, 14, 16, 17
HOUSE_PIXELS = 200  # of the picture for each house looked at: more numbers would not fit
NEAREST, FARTHEST = 17, 10  # zoom of the views that hold some points
MARGIN = 36  # pixels round what must be in view: a pin stands 31 above its place
DROP = "M0 0C-4-7-10-12-10-19a10 10 0 1 1 20 0C10-12 4-7 0 0Z"


@dataclass(frozen=True)
class Pin:
    """A marker: `kind` is `here` (the place being chosen) or a status."""

    point: Point
    kind: str
    label: str = ""
    number: int | None = None  # written on it, where several are told apart


@dataclass(frozen=True)
class View:
    """What part of the ground is drawn, and how large, in CSS pixels."""

    centre: Point
    zoom: int = 16
    width: int = 360
    height: int = 300

    @property
    def scale(self) -> float:
        """Return pixels per degree of longitude."""
        return TILE * 2.0**self.zoom / 360

    @property
    def stretch(self) -> float:
        """Return pixels per degree of latitude, true at the centre."""
        return self.scale / math.cos(math.radians(self.centre.lat))

    @property
    def metres_across(self) -> float:
        return self.width / self.stretch * METRES_PER_DEGREE

    @property
    def box(self) -> Box:
        half_x, half_y = self.width / 2 / self.scale, self.height / 2 / self.stretch
        c = self.centre
        return Box(c.long - half_x, c.lat - half_y, c.long + half_x, c.lat + half_y)

    def point_at(self, x: float, y: float) -> Point:
        """Return the place under a pixel, counted from the top left."""
        long = self.centre.long + (x - self.width / 2) / self.scale
        lat = self.centre.lat - (y - self.height / 2) / self.stretch
        return Point(round(lat, 6), round(long, 6))

    def pixels(self, coordinates: Any) -> Any:
        """Turn an array (n, 2) of longitude, latitude into pixels."""
        x = (coordinates[:, 0] - self.centre.long) * self.scale + self.width / 2
        y = (self.centre.lat - coordinates[:, 1]) * self.stretch + self.height / 2
        return np.column_stack((x, y))

    def holding(self, points: Sequence[Point], line: Any = None) -> View:
        """Return the nearest view, no nearer than this one, with all points in it and a line in degrees."""
        shape = shapely.MultiPoint([(point.long, point.lat) for point in points])
        box = Box(*(shape if line is None else shapely.union(shape, line)).bounds)
        there = (View(box.middle, zoom, self.width, self.height) for zoom in range(self.zoom, FARTHEST, -1))
        furthest = View(box.middle, FARTHEST, self.width, self.height)
        return next((view for view in (self, *there) if view.has_room_for(box)), furthest)

    def has_room_for(self, box: Box) -> bool:
        """Say whether a box lies in this view, with room round it for pins."""
        (west, north), (east, south) = self.pixels(np.array([[box.west, box.north], [box.east, box.south]]))
        return bool(min(west, north) >= MARGIN and east <= self.width - MARGIN
                    and south <= self.height - MARGIN)


class Shape(NamedTuple):
    """A shape of the map, in pixels."""

    name: str
    drawn: Any


def draw_map(
    db: Db, view: View, pins: Sequence[Pin] = (), title: str = "", line: Any = None, *,
    way: Sequence[Point] = ()
) -> str:
    """Return the map as an SVG document of about 10 KB once compressed; dark where the device is.

    line    the street that is meant all along, in degrees; see `street_line`
    way     places that a line leads along, in their order
    """
    layers = _shapes(db, view)
    spots = [_spot(pin.point, view) for pin in pins]
    parts = [_head(view, title)]
    parts.extend(_ground(kind, layers.get(kind, ())) for kind in GROUND)
    parts.extend(_streets(layers, view.zoom))
    if line is not None:
        drawn = shapely.clip_by_rect(shapely.transform(line, view.pixels), -20, -20, view.width + 20,
                                     view.height + 20)
        parts.append(f'<g opacity=".6">{_line(_path([Shape("", drawn)]), "along", 6.0)}</g>')
    parts.append(_words(db, view, layers, spots))
    parts.append(_way([_spot(point, view) for point in way]))
    parts.extend(_pin(pin, spot) for pin, spot in zip(pins, spots, strict=True))
    parts.append("</svg>")
    return "".join(parts)


def street_line(db: Db, street: str, near: Point, metres: float = 3000) -> Any:
    """Return a street of the map as one shape in degrees; None where none near is called so."""
    binary = func.ST_AsBinary(MapShape.shape, type_=None)
    asked = select(binary).where(
        in_box(MapShape.shape, Box.around(near, metres)), MapShape.name == street,
        MapShape.kind.in_(tuple(WIDTHS)))
    found = [shapely.from_wkb(bytes(row[0])) for row in db.execute(asked.order_by(MapShape.id))]
    return shapely.union_all(found) if found else None


def dark_style() -> str:
    """Return the style inside every drawing. It repeats the colours, so a map is whole without it."""
    rules = [f".{kind}{{{_property(kind)}:{dark}}}" for kind, (_, dark) in COLOURS.items()]
    rules += [f".{kind}{{stroke:{COLOURS[kind][1]}}}" for kind in GROUND]
    rules += [f".halo{{stroke:{COLOURS['land'][1]}}}", f".drop{{stroke:{COLOURS['pin-edge'][1]}}}"]
    return f"@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}"


def _property(kind: str) -> str:
    return "stroke" if kind in WIDTHS or kind in ("edge", "way", "along") else "fill"


def _paint(kind: str) -> str:
    """Return the attributes that give something its colour, by day and by night."""
    return f'class="{kind}" {_property(kind)}="{COLOURS[kind][0]}"'


def _shapes(db: Db, view: View) -> dict[str, list[Shape]]:
    binary = func.ST_AsBinary(MapShape.shape, type_=None)
    asked = select(MapShape.kind, MapShape.name, binary).where(in_box(MapShape.shape, view.box))
    rows = db.execute(asked.order_by(MapShape.id)).all()
    if not rows:
        return {}
    shapes = shapely.transform(shapely.from_wkb([bytes(r[2]) for r in rows]), view.pixels)
    shapes = shapely.clip_by_rect(shapes, -20, -20, view.width + 20, view.height + 20)
    shapes = shapely.simplify(shapes, 0.7)
    layers: dict[str, list[Shape]] = {}
    for (kind, name, _), shape in zip(rows, shapes, strict=True):
        if not shape.is_empty:
            layers.setdefault(kind, []).append(Shape(name, shape))
    return layers


def _head(view: View, title: str) -> str:
    w, h = view.width, view.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        f'role="img" font-family="sans-serif"><title>{written(title)}</title>'
        f'<style>{dark_style()}</style><rect width="{w}" height="{h}" {_paint("land")}/>'
    )


def _ground(kind: str, shapes: Iterable[Shape]) -> str:
    path = _path(shapes)
    if not path:
        return ""
    # The line in its own colour closes the seam where two shapes of one layer touch.
    light, _ = COLOURS[kind]
    return f'<path d="{path}" {_paint(kind)} fill-rule="evenodd" stroke="{light}" stroke-width=".8"/>'


def _streets(layers: dict[str, list[Shape]], zoom: int) -> list[str]:
    """Return paths, then streets; close by, all edges come before, so that none cuts a crossing."""
    paths = {kind: _path(layers.get(kind, ())) for kind in WIDTHS}
    width = {kind: max(at16 * GROWTH ** (zoom - 16), 0.8) for kind, at16 in WIDTHS.items()}
    parts = []
    if paths["path"] and zoom >= PATHS:
        dashes = f'stroke-dasharray="{width["path"] * 2.5:.1f} {width["path"] * 1.5:.1f}"'
        parts.append(_line(paths["path"], "path", width["path"], dashes))
    near, far = ("street-edge", "main-edge", "street", "main"), ("street", "main-edge", "main")
    for step in near if zoom >= EDGED else far:
        kind, _, edge = step.partition("-")
        if paths[kind]:
            parts.append(_line(paths[kind], edge or kind, width[kind] + (1.4 if edge else 0)))
    return parts


def _line(path: str, kind: str, width: float, more: str = "") -> str:
    ends = 'fill="none" stroke-linejoin="round"' + (f" {more}" if more else ' stroke-linecap="round"')
    return f'<path d="{path}" {ends} {_paint(kind)} stroke-width="{width:.1f}"/>'


def _path(shapes: Iterable[Shape]) -> str:
    parts = []
    for shape in shapes:
        for part in shapely.get_parts(shape.drawn):
            rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
            for ring in rings:
                if ring.geom_type in ("LineString", "LinearRing"):
                    points = shapely.get_coordinates(ring)
                    steps = "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
                    parts.append(f"M{steps}" + ("Z" if part.geom_type == "Polygon" else ""))
    return "".join(parts)


def _words(
    db: Db, view: View, layers: dict[str, list[Shape]], pins: Sequence[tuple[float, float]]
) -> str:
    """Write what streets, parks and waters are called, and close by the numbers of the houses."""
    sheet = Sheet(view.width, view.height)
    for x, y in pins:
        sheet.keep_clear((x, y - 7), (x, y - 19))
    streets = layers.get("street", []) if view.zoom >= NAMED else []
    paths = layers.get("path", []) if view.zoom >= PATH_NAMES else []
    groups = [
        ("words", sheet.along(layers.get("main", []))),
        ("park-words", sheet.within(layers.get("park", []))),
        ("water-words", sheet.within(_open_water(layers))),
        ("words", sheet.along(streets)),
        ("path-words", sheet.along(paths)),
    ]
    if view.zoom >= NUMBERED:
        groups.append(("number", sheet.at(_houses(db, view))))
    return "".join(_group(kind, labels) for kind, labels in groups if labels)


def _open_water(layers: dict[str, list[Shape]]) -> list[Shape]:
    """Return the waters without what stands in them or leads across: there a name would lie on it."""
    across = [shape.drawn for kind in ("pier", "main") for shape in layers.get(kind, ())]
    waters = layers.get("water", [])
    if not waters or not across:
        return waters
    crossed = shapely.union_all(shapely.buffer(across, 4, quad_segs=1))
    return [Shape(name, shapely.difference(drawn, crossed)) for name, drawn in waters]


def _group(kind: str, labels: Sequence[Label]) -> str:
    size = 8 if kind == "number" else 10
    lean = ' font-style="italic"' if kind == "water-words" else ""
    light, _ = COLOURS[kind]
    halo = f'stroke="{COLOURS["land"][0]}" stroke-width="2.5" paint-order="stroke"'
    texts = "".join(label.text() for label in labels)
    return (f'<g class="{kind} halo" fill="{light}" {halo} font-size="{size}"{lean} '
            f'text-anchor="middle">{texts}</g>')  # fmt: skip


def _houses(db: Db, view: View) -> list[tuple[str, float, float]]:
    """Return the house numbers in view and where they stand, in pixels."""
    asked = (
        select(Address.number, latitude(Address.place), longitude(Address.place))
        .where(in_box(Address.place, view.box), Address.number != "")
        .order_by(Address.id).limit(view.width * view.height // HOUSE_PIXELS)
    )
    rows = db.execute(asked).all()
    return [(number, *_spot(Point(lat, long), view)) for number, lat, long in rows]


def _spot(point: Point, view: View) -> tuple[float, float]:
    ((x, y),) = view.pixels(np.array([[point.long, point.lat]])).tolist()
    return x, y


def _way(spots: Sequence[tuple[float, float]]) -> str:
    if len(spots) < 2:  # a line has two ends
        return ""
    points = " ".join(f"{x:.0f},{y:.0f}" for x, y in spots)
    edge, line = COLOURS["pin-edge"][0], COLOURS["way"][0]
    return (f'<g fill="none" stroke-linejoin="round" stroke-linecap="round">'
            f'<polyline points="{points}" class="drop" stroke="{edge}" stroke-width="7"/>'
            f'<polyline points="{points}" class="way" stroke="{line}" stroke-width="3.5" '
            f'stroke-dasharray="9 6"/></g>')


def _pin(pin: Pin, spot: tuple[float, float]) -> str:
    kind = pin.kind if pin.kind in ("here", "closed") else "open"
    words = f"<title>{written(pin.label)}</title>" if pin.label else ""
    edge = COLOURS["pin-edge"][0]
    return (
        f'<g transform="translate({spot[0]:.0f} {spot[1]:.0f})">{words}'
        f'<path d="{DROP}" class="{kind} drop" fill="{COLOURS[kind][0]}" stroke="{edge}" '
        f'stroke-width="2"/>{_head_of(pin)}</g>'
    )


def _head_of(pin: Pin) -> str:
    if pin.number is None:
        return f'<circle cy="-19" r="3.5" {_paint("pin-edge")}/>'
    return (f'<text y="-15" text-anchor="middle" font-size="11.5" font-weight="bold" '
            f'{_paint("pin-edge")}>{pin.number}</text>')
