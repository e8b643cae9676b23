"""The time zone of a place, as near as it can be told without a map of them all."""

from __future__ import annotations

import math
import re
from functools import cache
from importlib.resources import files

from civicconnect.geo import Point

# A large zone is told by more than its one town: about (latitude, longitude) in its other parts.
ALSO = {
    "America/Chicago": ((30, -95), (29, -98), (33, -97), (35, -97), (30, -90), (35, -90), (39, -95),
                        (45, -93)),
    "America/Denver": ((41, -112), (35, -107), (46, -109)),
    "America/Los_Angeles": ((32.8, -117.1), (38, -122), (36, -115), (45, -122), (47, -122)),
    "America/New_York": ((26, -80), (28, -82), (34, -84), (36, -79), (40, -83), (39, -84), (41, -82)),
    "America/Toronto": ((45, -74), (47, -71)),
    "America/Sao_Paulo": ((-16, -48), (-20, -44), (-26, -49), (-30, -51)),
    "America/Mexico_City": ((21, -103), (19, -98)),
    "Asia/Kolkata": ((19, 73), (13, 80), (13, 78), (29, 77), (17, 78)),
    "Europe/Berlin": ((48, 12), (49, 9), (51, 7), (50, 9), (54, 10)),
    "Europe/London": ((53, -2), (56, -4)),
    "Europe/Madrid": ((41, 2), (37, -6), (39, 0)),
    "Europe/Paris": ((46, 5), (43, 5), (44, 1), (45, -1), (49, 7)),
    "Europe/Rome": ((45, 9), (41, 14), (38, 13), (45, 12)),
    "Europe/Zurich": ((46.2, 6.1),),
}
ISO_6709 = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


def zone_near(place: Point) -> str:
    """Return the IANA zone whose town is nearest. A guess: whoever reads the draft must look at it.

    source    zone.tab of the tz database, one town a zone
    """
    return min((_apart(place, town), zone) for zone, town in _towns())[1]


@cache
def _towns() -> tuple[tuple[str, Point], ...]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    more = ((zone, Point(*place)) for zone, places in ALSO.items() for place in places)
    return (*((row[2], _place(row[1])) for row in rows), *more)


def _place(written: str) -> Point:
    """Read +484531-0913718: degrees, minutes, perhaps seconds."""
    found = ISO_6709.fullmatch(written)
    assert found, written  # noqa: S101  a table that comes with the library
    lat, long = (
        (-1 if sign == "-" else 1) * (int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600)
        for sign, degrees, minutes, seconds in (found.groups()[:4], found.groups()[4:])
    )
    return Point(lat, long)


def _apart(a: Point, b: Point) -> float:
    """Return the angle between two places, in radians."""
    up, across = math.radians(b.lat - a.lat) / 2, math.radians(b.long - a.long) / 2
    chord = math.sin(up) ** 2 + math.cos(math.radians(a.lat)) * math.cos(math.radians(b.lat)) * math.sin(
        across) ** 2
    return 2 * math.asin(math.sqrt(min(chord, 1.0)))
