"""Latitude and longitude as people have them: from a map, a camera, a message, in figures of any script."""

from __future__ import annotations

import re
import unicodedata

from civicconnect.geo.point import Point

# What phones, maps and keyboards put in place of the plain sign.
SIGNS = str.maketrans({sign: plain for plain, signs in {
    ".": "\u066b．", ",": "،，、", ";": "؛；", ":": "：",
    "-": "−‐‑‒–﹣－", "+": "＋", "°": "º˚", "'": "′’‘ʹʼ´`＇", '"': "″”“ʺ＂",
}.items() for sign in signs})
_FIGURES = r"[0-5]?\d(?:[.,]\d+)?"
_DEGREES = rf"([-+]?\d{{1,3}}(?:[.,]\d+)?)\s*(?:°\s*(?:({_FIGURES})\s*'\s*(?:({_FIGURES})\s*\"\s*)?)?)?"
# Not "O": west in Spanish, Portuguese and French, and east in German.
_LATITUDE = rf"(?:([NS]|lat(?:itude)?\.?\s*[:=]?)\s*)?{_DEGREES}([NS])?"
_LONGITUDE = rf"(?:([EW]|l(?:ng|on(?:g(?:itude)?)?)\.?\s*[:=]?)\s*)?{_DEGREES}([EW])?"
_BETWEEN = r"\s*(?:[,;/\s]|(?<=[NSEW]))\s*"
LATITUDE_FIRST = re.compile(rf"(?:geo:)?\s*{_LATITUDE}{_BETWEEN}{_LONGITUDE}", re.IGNORECASE)
LONGITUDE_FIRST = re.compile(rf"{_LONGITUDE}{_BETWEEN}{_LATITUDE}", re.IGNORECASE)


def plainly(typed: str) -> str:
    """Return what was typed with plain figures and signs, single blanks, and no marks that nobody sees."""
    seen = (c for c in typed.replace("''", '"').translate(SIGNS).replace("''", '"')
            if unicodedata.category(c) != "Cf")
    return " ".join("".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in seen).split())


def coordinates(typed: str) -> Point | None:
    """Return the place that a pair of degrees stands for, told plainly.

    "41.2, -33.4", "41.2° N 33.4° W", "41°12'0\\"N 33°24'0\\"W", "lat 41.2 long -33.4"
    """
    if match := LATITUDE_FIRST.fullmatch(typed):
        lat, long = match.groups()[:5], match.groups()[5:]
    elif match := LONGITUDE_FIRST.fullmatch(typed):
        long, lat = match.groups()[:5], match.groups()[5:]
        if not all(before or after for before, *_, after in (lat, long)):
            return None  # without a word for it the latitude comes first
    else:
        return None
    # "12 14" may be two house numbers; degrees have a fraction or minutes, or say which way.
    if not all(before or minutes or after or re.search("[.,]", degrees)
               for before, degrees, minutes, _, after in (lat, long)):
        return None
    point = Point(_degrees(lat, "S"), _degrees(long, "W"))
    return point if abs(point.lat) <= 90 and abs(point.long) <= 180 else None


def _degrees(told: tuple[str, ...], negative: str) -> float:
    before, degrees, minutes, seconds, after = told
    whole, sixtieth, of_that = (float((figures or "0").replace(",", ".")) for figures in
                                (degrees.lstrip("+-"), minutes, seconds))
    found = round(whole + sixtieth / 60 + of_that / 3600, 6)
    is_negative = degrees.startswith("-") or negative in f"{before} {after}".upper().split()
    return -found if is_negative else found
