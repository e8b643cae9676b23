"""Plus Codes, which maps on phones show where there is no address: "9G8F+6X", "8FVC9G8F+6XQ".

source    the Open Location Code specification: 20 letters for each of latitude and longitude in turn
          down to 1/8000 degree, then one letter for a field of 5 by 4
"""

from __future__ import annotations

import math
import re

from civicconnect.geo.point import Point

LETTERS = "23456789CFGHJMPQRVWX"
CODE = re.compile(rf"(?:^|\s)((?:[{LETTERS}]{{2}}){{2,4}})\+([{LETTERS}]{{2,3}})(?=$|[\s,])", re.IGNORECASE)
STEPS = (20.0, 1.0, 0.05, 0.0025, 0.000125)  # degrees a letter of each pair counts


def place(typed: str, near: Point | None) -> Point | None:
    """Return the middle of the square that a code names; None where none was typed.

    near    a place in the city: a short code leaves out the letters that the whole city shares
    """
    match = CODE.search(typed)
    if not match:
        return None
    code = (match[1] + match[2]).upper()
    missing = 8 - len(match[1])
    if missing and near is None:
        return None
    lat, long = _decoded(_code_of(near)[:missing] + code) if near else _decoded(code)
    if near and missing:
        width = STEPS[missing // 2 - 1]
        lat, long = (degrees - round((degrees - here) / width) * width
                     for degrees, here in ((lat, near.lat), (long, near.long)))
    return Point(round(lat, 6), round(long, 6)) if abs(lat) <= 90 and abs(long) <= 180 else None


def _decoded(code: str) -> tuple[float, float]:
    lat, long = -90.0, -180.0
    for n, width in enumerate(STEPS):
        lat += LETTERS.index(code[2 * n]) * width
        long += LETTERS.index(code[2 * n + 1]) * width
    high, wide = STEPS[-1], STEPS[-1]
    if len(code) > 10:
        high, wide = high / 5, wide / 4
        row, column = divmod(LETTERS.index(code[10]), 4)
        lat, long = lat + row * high, long + column * wide
    return lat + high / 2, long + wide / 2


def _code_of(point: Point) -> str:
    rests, letters = [point.lat + 90, point.long + 180], ""
    for width in STEPS[:4]:
        for n in (0, 1):
            digit = min(math.floor(rests[n] / width), len(LETTERS) - 1)
            rests[n] -= digit * width
            letters += LETTERS[digit]
    return letters
