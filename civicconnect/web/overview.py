"""The map of reports: which part of the city it shows, and the marks on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from flask import url_for
from flask_babel import format_decimal, ngettext
from werkzeug.datastructures import MultiDict

from civicconnect import geo, reports
from civicconnect.catalog import Catalog, City
from civicconnect.db import Db
from civicconnect.geo import Box, Point, View, point_from
from civicconnect.reports import Filter, Heap, Report
from civicconnect.web.given import whole
from civicconnect.web.language import comma
from civicconnect.web.words import STATUS, say

# The same ground twice, for a wide and for a narrow screen: half as many pixels, one zoom less.
SIZES = {"wide": (680, 560), "narrow": (340, 280)}
NEAREST, WIDEST, USUAL = 18, 11, 13
SQUARE = 48  # pixels: of the grid on which reports are heaped
APART = 40  # pixels between two marks at least: none covers another, and a thumb hits one of them
EDGE = 12  # pixels between a mark and the edge at least
WIDE = 1 / 8  # of the city: from here on reading every report is quicker than asking the index for many
# How far one press moves the map, in parts of what is seen.
MOVES = {"west": (-0.4, 0.0), "north": (0.0, -0.4), "south": (0.0, 0.4), "east": (0.4, 0.0)}


class Asked(Protocol):
    """What is looked for, as it stands in an address."""

    @property
    def query(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Look:
    """Which part of the city is looked at, and for which reports."""

    filter: Asked
    centre: Point
    zoom: int
    is_chosen: bool  # False: nobody asked for this part, it is where the map begins
    is_wide: bool = False  # it shows a good part of the city: most reports are looked at anyway

    @property
    def place(self) -> dict[str, Any]:
        """Return the part as it stands in an address; nothing where the map begins."""
        chosen = {"lat": self.centre.lat, "long": self.centre.long, "zoom": self.zoom}
        return chosen if self.is_chosen else {}

    @property
    def query(self) -> dict[str, Any]:
        return self.filter.query | self.place

    def at(self, centre: Point, zoom: int, **more: Any) -> str:
        """Return the address of the map of another part."""
        there = Point(min(max(centre.lat, -85), 85), min(max(centre.long, -180), 180))
        look = replace(self, centre=there, zoom=min(max(zoom, WIDEST), NEAREST), is_chosen=True)
        return url_for("listing.on_map", **look.query, **more)

    def view(self, size: str = "wide") -> View:
        return View(self.centre, self.zoom - (size == "narrow"), *SIZES[size])

    def moves(self) -> dict[str, str]:
        """Return the addresses a press leads to, by its name; "" where it leads no further."""
        view = self.view()
        found = {
            name: self.at(view.point_at(view.width * (0.5 + right), view.height * (0.5 + down)), self.zoom)
            for name, (right, down) in MOVES.items()
        }
        found["closer"] = self.at(self.centre, self.zoom + 1) if self.zoom < NEAREST else ""
        found["wider"] = self.at(self.centre, self.zoom - 1) if self.zoom > WIDEST else ""
        return found


def read_look(db: Db, args: MultiDict[str, str], view: Filter, city: City) -> Look:
    """Read from the map's address what it shows: without a place all of the area chosen, or of the city.

    Raises Invalid for a latitude or longitude that is none.
    """
    city_box = geo.extent(db, city.limit_layer) if city.limit_layer else None
    area = _area(db, view)
    begin = area or city_box
    centre, zoom = fit(begin) if begin else (Point(*city.centre), USUAL)
    look = Look(view, centre, zoom, is_chosen=False)
    if args.get("lat") and args.get("long"):
        asked = min(max(whole(args.get("zoom", ""), USUAL + 2), WIDEST), NEAREST)
        chosen = Look(view, point_from(args["lat"], args["long"]), asked, is_chosen=True)
        # Who has just chosen another area wants to see that one.
        look = chosen if area is None or _meet(chosen.view().box, area) else look
    return replace(look, is_wide=city_box is not None and _share(look.view().box, city_box) > WIDE)


def _area(db: Db, view: Filter) -> Box | None:
    layer, _, code = view.area.partition(":")
    return geo.extent(db, layer, code) if code else None


def _meet(one: Box, other: Box) -> bool:
    return (one.west <= other.east and other.west <= one.east
            and one.south <= other.north and other.south <= one.north)


def _share(seen: Box, whole: Box) -> float:
    """Return how much of a box is seen, 0 to 1."""
    wide = min(seen.east, whole.east) - max(seen.west, whole.west)
    high = min(seen.north, whole.north) - max(seen.south, whole.south)
    area = (whole.east - whole.west) * (whole.north - whole.south)
    return max(wide, 0) * max(high, 0) / area if area else 0


def fit(box: Box) -> tuple[Point, int]:
    """Return the middle of a box, and the closest zoom that shows all of it."""
    centre = Point(round((box.south + box.north) / 2, 6), round((box.west + box.east) / 2, 6))
    closest = (zoom for zoom in range(NEAREST, WIDEST, -1) if _holds(centre, zoom, box))
    return centre, next(closest, WIDEST)


def _holds(centre: Point, zoom: int, inner: Box) -> bool:
    outer = View(centre, zoom, *SIZES["wide"]).box
    return outer.holds(Point(inner.south, inner.west)) and outer.holds(Point(inner.north, inner.east))


@dataclass(frozen=True)
class Mark:
    """One report, or a heap of them, as it is drawn and read out."""

    x: int
    y: int
    radius: int
    is_open: bool  # or one of them is
    count: str  # "" for one report
    share: int  # of them that is open, in hundredths; at least what can be seen
    words: str
    address: str

    @property
    def kind(self) -> str:
        return "heap" if self.count else "open" if self.is_open else "closed"


def lonely(heaps: Sequence[Heap]) -> set[int]:
    """Return the numbers of the reports that are alone in their heaps: they are drawn with their names."""
    return {heap.number for heap in heaps if heap.count == 1}


def marks(
    look: Look, heaps: Sequence[Heap], alone: Iterable[Report], offer: Catalog
) -> dict[str, list[Mark]]:
    """Return what is drawn at each size of SIZES, from top to bottom.

    alone    the reports of `lonely`, perhaps among others
    """
    named = {}
    for report in alone:
        reference, words = _named(report, offer)
        named[report.number] = url_for("resident.show", reference=reference), words
    return marks_of(look, heaps, named)


def marks_of(
    look: Look, heaps: Sequence[Heap], named: Mapping[int, tuple[str, str]]
) -> dict[str, list[Mark]]:
    """Return what is drawn at each size of SIZES.

    named    the address and the words of reports that may be alone, by number
    """
    drawn = {size: apart(heaps, look.view(size)) for size in SIZES}
    return {
        size: sorted((_mark(look, heap, spot, SIZES[size], named) for heap, spot in found),
                     key=lambda mark: (mark.y, mark.x))
        for size, found in drawn.items()
    }


def apart(heaps: Sequence[Heap], view: View) -> list[tuple[Heap, tuple[float, float]]]:
    """Return heaps and their pixels; what would be drawn too near a larger one is joined to it."""
    if not heaps:
        return []
    spots = view.pixels(np.array([(heap.place.long, heap.place.lat) for heap in heaps])).tolist()
    found: list[tuple[Heap, tuple[float, float]]] = []
    largest_first = sorted(zip(heaps, spots, strict=True), key=lambda pair: (-pair[0].count, pair[0].number))
    for heap, spot in largest_first:
        at = next((at for at, (_, other) in enumerate(found) if math.dist(spot, other) < APART), None)
        if at is None:
            found.append((heap, spot))
        else:
            found[at] = found[at][0].joined(heap), found[at][1]
    return found


def _named(report: Report, offer: Catalog) -> tuple[str, str]:
    """Return the reference and the words of a report, as strangers are told them."""
    service = say(offer.services[offer.service_codes[report.service_id]].name)
    parts = [service, reports.address_told(report), str(STATUS[report.status])]
    return report.reference, comma().join(filter(None, parts))


def _mark(
    look: Look, heap: Heap, spot: tuple[float, float], size: tuple[int, int],
    named: Mapping[int, tuple[str, str]],
) -> Mark:
    x, y = (round(min(max(at, EDGE), length - EDGE)) for at, length in zip(spot, size, strict=True))
    if heap.count == 1 and heap.number in named:  # else the squares know more than the reports: a heap of one
        address, words = named[heap.number]
        return Mark(x, y, 9, heap.open > 0, "", 0, words, address)
    count = format_decimal(heap.count)
    words = ngettext("%(count)s report, %(open)s of them open", "%(count)s reports, %(open)s of them open",
                     heap.count, count=count, open=format_decimal(heap.open))
    radius = min(round(12 + 3 * math.log10(heap.count)), APART // 2 - 1)
    share = max(round(100 * heap.open / heap.count), 4)
    return Mark(x, y, radius, heap.open > 0, count, share, words, _into(look, heap))


def _into(look: Look, heap: Heap) -> str:
    """Return the address where a heap falls apart; of its list where it never does."""
    centre, zoom = fit(heap.box)
    if look.zoom == NEAREST:
        return look.at(centre, NEAREST, _anchor="in-view")
    return look.at(centre, max(zoom, look.zoom + 1))
