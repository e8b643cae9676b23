"""The map as one small SVG, drawn on the server: it needs no script, no tiles and no other host."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import shapely
from sqlalchemy import func, select

from civicconnect.db import Db
from civicconnect.geo.models import MapShape
from civicconnect.geo.point import METRES_PER_DEGREE, Box, Point
from civicconnect.geo.spatial import in_box

TILE = 256  # pixels of the whole world at zoom 0, the usual web-map scale
# Drawn in this order. Kind, fill, line, width in pixels at zoom 16.
STYLES = (
    ("land", "#f4f1ea", None, 0.0),
    ("park", "#d5e6c8", None, 0.0),
    ("water", "#b7d7e8", None, 0.0),
    ("pier", "#e4dfd3", None, 0.0),
    ("path", None, "#d9cdb8", 1.5),
    ("street", None, "#ffffff", 6.0),
    ("main", None, "#ffe9b0", 10.0),
)
LABELLED = ("main", "street")
MOST_LABELS = 16
LETTER, LINE = 5.6, 13.0  # pixels: a letter's usual width, and what two labels keep between them

UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Pin:
    """A marker: `kind` is `here` (the place being chosen) or a status."""

    point: Point
    kind: str
    label: str = ""


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


def draw_map(db: Db, view: View, pins: Sequence[Pin] = (), title: str = "") -> str:
    """Return the map as an SVG document of about 10 KB once compressed."""
    layers = {kind: [] for kind, *_ in STYLES}  # type: dict[str, list[tuple[str, Any]]]
    for kind, name, shape in _shapes(db, view):
        layers.setdefault(kind, []).append((name, shape))
    parts = [_head(view, title)]
    for kind, fill, line, width in STYLES:
        parts.append(_layer((s for _, s in layers[kind]), fill, line, width * 2 ** (view.zoom - 16)))
    named = [pair for kind in LABELLED for pair in layers[kind]]
    parts.append(_labels(named, view, [_spot(pin, view) for pin in pins]))
    parts.extend(_pin(pin, view) for pin in pins)
    parts.append("</svg>")
    return "".join(parts)


def _words(text: str) -> str:
    # XML has no way to write these characters, not even escaped.
    return escape(UNWRITABLE.sub("", text))


def _shapes(db: Db, view: View) -> list[tuple[str, str, Any]]:
    binary = func.ST_AsBinary(MapShape.shape, type_=None)
    asked = select(MapShape.kind, MapShape.name, binary).where(in_box(MapShape.shape, view.box))
    rows = db.execute(asked.order_by(MapShape.id)).all()
    if not rows:
        return []
    shapes = shapely.transform(shapely.from_wkb([bytes(r[2]) for r in rows]), view.pixels)
    shapes = shapely.clip_by_rect(shapes, -20, -20, view.width + 20, view.height + 20)
    shapes = shapely.simplify(shapes, 0.7)
    return [(r[0], r[1], s) for r, s in zip(rows, shapes, strict=True) if not s.is_empty]


def _head(view: View, title: str) -> str:
    w, h = view.width, view.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        f'role="img" font-family="sans-serif"><title>{_words(title)}</title>'
        f'<rect width="{w}" height="{h}" fill="{STYLES[0][1]}"/>'
    )


def _layer(shapes: Iterable[Any], fill: str | None, line: str | None, width: float) -> str:
    path = "".join(_path(shape) for shape in shapes)
    if not path:
        return ""
    if line is None:
        # The thin line closes the seam where two shapes of one layer touch.
        seam = f'stroke="{fill}" stroke-width=".8"'
        return f'<path d="{path}" fill="{fill}" fill-rule="evenodd" {seam}/>'
    ends = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'
    edge = f'<path d="{path}" {ends} stroke="#c9c0b1" stroke-width="{width + 1.4:.1f}"/>'
    return f'{edge}<path d="{path}" {ends} stroke="{line}" stroke-width="{max(width, 0.8):.1f}"/>'


def _path(shape: Any) -> str:
    parts = []
    for part in shapely.get_parts(shape):
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for ring in rings:
            if ring.geom_type in ("LineString", "LinearRing"):
                points = shapely.get_coordinates(ring)
                steps = "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
                parts.append(f"M{steps}" + ("Z" if part.geom_type == "Polygon" else ""))
    return "".join(parts)


def _labels(
    named: list[tuple[str, Any]], view: View, pins: list[tuple[float, float]]
) -> str:
    """Write each street's name once, on its longest straight piece, where it fits."""
    written: dict[str, str] = {}
    taken = [(x, y - rise) for x, y in pins for rise in (7, 19)]
    for name, shape in sorted(named, key=lambda pair: -shapely.length(pair[1])):
        if name in written or not name or len(written) >= MOST_LABELS:
            continue
        piece = _longest_piece(shape)
        if piece is None or piece[2] < len(name) * LETTER:
            continue
        x, y, _, turn = piece
        covered = _covered(x, y, turn, len(name) * LETTER / 2)
        if not (_is_inside(covered[0], view) and _is_inside(covered[-1], view)):
            continue
        if any(math.hypot(ax - bx, ay - by) < LINE for ax, ay in covered for bx, by in taken):
            continue
        taken.extend(covered)
        written[name] = (
            f'<text transform="translate({x:.0f} {y:.0f})rotate({turn:.0f})" dy="3.5" '
            f'text-anchor="middle">{_words(name)}</text>'
        )
    halo = 'font-size="10" fill="#3b3a36" stroke="#fff" stroke-width="2.5" paint-order="stroke"'
    return f"<g {halo}>{''.join(written.values())}</g>" if written else ""


def _covered(x: float, y: float, turn: float, half: float) -> list[tuple[float, float]]:
    """Return places along a label, close enough that no other label slips between them."""
    dx, dy = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    count = max(2, math.ceil(2 * half / 9) + 1)
    return [(x + dx * half * k, y + dy * half * k) for k in np.linspace(-1, 1, count).tolist()]


def _is_inside(place: tuple[float, float], view: View) -> bool:
    x, y = place
    return 4 < x < view.width - 4 and 8 < y < view.height - 8


def _longest_piece(shape: Any) -> tuple[float, float, float, float] | None:
    best: tuple[float, float, float, float] | None = None
    for part in shapely.get_parts(shapely.simplify(shape, 3.0)):
        points = shapely.get_coordinates(part)
        for (ax, ay), (bx, by) in zip(points, points[1:], strict=False):
            length = math.hypot(bx - ax, by - ay)
            if best is None or length > best[2]:
                turn = math.degrees(math.atan2(by - ay, bx - ax))
                turn = turn - 180 if turn > 90 else turn + 180 if turn < -90 else turn
                best = ((ax + bx) / 2, (ay + by) / 2, length, turn)
    return best


def _spot(pin: Pin, view: View) -> tuple[float, float]:
    ((x, y),) = view.pixels(np.array([[pin.point.long, pin.point.lat]])).tolist()
    return x, y


def _pin(pin: Pin, view: View) -> str:
    x, y = _spot(pin, view)
    colour = {"here": "#b3261e", "closed": "#3d6b35"}.get(pin.kind, "#0b5a6f")
    words = f"<title>{_words(pin.label)}</title>" if pin.label else ""
    drop = "M0 0C-4-7-10-12-10-19a10 10 0 1 1 20 0C10-12 4-7 0 0Z"
    return (
        f'<g transform="translate({x:.0f} {y:.0f})">{words}'
        f'<path d="{drop}" fill="{colour}" stroke="#fff" stroke-width="2"/>'
        f'<circle cy="-19" r="3.5" fill="#fff"/></g>'
    )
