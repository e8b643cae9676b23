"""Places as a record writes them: degrees, a grid's metres or feet, two columns or one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from civicconnect.geo import Point
from civicconnect.history.grid import to_degrees

FIGURE = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
WELL_KNOWN = re.compile(rf"POINT\s*Z?\s*\(\s*({FIGURE})\s+({FIGURE})(?:\s+{FIGURE})?\s*\)", re.IGNORECASE)
PAIR = re.compile(rf"\(?\s*({FIGURE})\s*[,;\s]\s*({FIGURE})\s*\)?\s*$")
THOUSANDS = re.compile(r"[-+]?\d{1,3},\d{3}")
PARTED = re.compile(r"[-+]?\d{1,3}(?:['\u2019\s]\d{3})+(?:\.\d+)?")
MARKS = re.compile(r"['\u2019\s]")
LEAST_DECIMALS = 4  # 11 m: a point written as 42.3590 is read as 42.359
NO_PLACE, NULL_ISLAND, STAND_IN = "no place", "place at 0, 0", "stand-in place"


class Written(NamedTuple):
    """The cells that say where: lat and long, or one that holds both; "" where there is none."""

    lat: str
    long: str
    both: str = ""


class Placed(NamedTuple):
    """A place as read.

    point    in WGS84 degrees; None where the cells are empty, say 0, 0 or cannot be read
    kind     "" as a rule; "no place", "place at 0, 0", "stand-in place"
    fault    why it cannot be read; "" where it can
    """

    point: Point | None
    kind: str = ""
    fault: str = ""


NOWHERE = Placed(None, NO_PLACE)


class Places:
    """Reads the places of many rows.

    grid         "" where they are in degrees
    stand_ins    the points their system puts where it found no address; their decimals count, at least 4
    """

    def __init__(self, grid: str, stand_ins: Sequence[Point] = ()) -> None:
        self.grid = grid
        self.stand_ins: dict[int, set[tuple[float, float]]] = {}
        for point in stand_ins:
            decimals = max(LEAST_DECIMALS, *map(_decimals, (point.lat, point.long)))
            self.stand_ins.setdefault(decimals, set()).add((point.lat, point.long))

    def read(self, written: Sequence[Written]) -> list[Placed]:
        """Return a place for each, in their order; those in a grid are computed all at once."""
        found = [self._figures(cells) for cells in written]
        if not self.grid:
            return [self._told(cells, place) for cells, place in zip(written, found, strict=True)]
        metric = [place.point for place in found if place.point]
        long, lat = to_degrees(self.grid, [p.long for p in metric], [p.lat for p in metric])
        degrees = map(Point, lat.round(6).tolist(), long.round(6).tolist())
        return [self._told(cells, place._replace(point=next(degrees)) if place.point else place)
                for cells, place in zip(written, found, strict=True)]

    def _figures(self, written: Written) -> Placed:
        """Return the two figures as they stand, in degrees or not."""
        lat, long, both = written
        if not lat or not long:
            if not both:
                return NOWHERE
            lat, long = both_in_one(both)
            if not lat:
                return NOWHERE
        try:
            point = Point(number(lat, thousands=bool(self.grid)), number(long, thousands=bool(self.grid)))
        except ValueError:
            return Placed(None, fault=f"'{lat}, {long}' is no place in degrees")
        return Placed(point) if point.lat or point.long else Placed(None, NULL_ISLAND)

    def _told(self, written: Written, place: Placed) -> Placed:
        point = place.point
        if point is None:
            return place
        if not (-90 <= point.lat <= 90 and -180 <= point.long <= 180):  # never true of NaN
            lat, long, both = written
            if not (lat and long):
                lat, long = both_in_one(both)
            where = f"in the grid {self.grid.upper()}" if self.grid else "in degrees"
            return Placed(None, fault=f"'{lat}, {long}' is no place {where}")
        return Placed(point, STAND_IN) if self.stand_ins and self.stands_in(point) else place

    def stands_in(self, point: Point) -> bool:
        """Say whether a place is a stand-in, in as many decimals as the profile writes."""
        return any((round(point.lat, decimals), round(point.long, decimals)) in points
                   for decimals, points in self.stand_ins.items())


def both_in_one(text: str) -> tuple[str, str]:
    """Return (lat, long) as written in one cell; ("", "") where it holds no two figures.

    Read are "POINT (long lat)" and "(lat, long)", the latter also behind an address.
    """
    if found := WELL_KNOWN.search(text):
        return found[2], found[1]
    if (found := PAIR.search(text)) and ("(" in found[0] or found.start() == 0):
        return found[1], found[2]
    return "", ""


def number(text: str, *, thousands: bool = False) -> float:
    """Read a figure; a comma is a decimal one, or several set thousands apart. Raises ValueError.

    thousands    how the one comma of "198,161" is meant: so in a grid, never in degrees; there blanks
                 and apostrophes set them apart as well
    """
    if "," in text:
        decimal = text.count(",") == 1 and "." not in text and not (thousands and THOUSANDS.fullmatch(text))
        text = text.replace(",", "." if decimal else "")
    try:
        return float(text)
    except ValueError:
        if not (thousands and PARTED.fullmatch(text)):
            raise
        return float(MARKS.sub("", text))


def _decimals(figure: float) -> int:
    written = repr(figure)
    return len(written.partition(".")[2]) if "e" not in written and math.isfinite(figure) else 0
