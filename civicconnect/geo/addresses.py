"""Finding a place by its address, and saying a place back in words."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from civicconnect.db import Db
from civicconnect.geo.models import Address
from civicconnect.geo.point import Box, Point
from civicconnect.geo.spatial import distance, in_box, latitude, longitude

REACHES_METRES = (40.0, 150.0, 600.0)


@dataclass(frozen=True)
class Place:
    """An address and where it is."""

    label: str
    point: Point


def fold(words: str) -> str:
    """Return words as they are searched: lower case, no accents, no punctuation, single blanks."""
    plain = unicodedata.normalize("NFKD", words.casefold())
    letters = (c for c in plain if not unicodedata.combining(c) and c not in "'’.")
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


def find_addresses(db: Db, words: str, limit: int = 8) -> list[Place]:
    """Return the addresses that hold every word typed, best first: "12 oak", "oak street".

    A word may be the beginning of one; a number must match a whole house number. Where no house
    has that number, the street's nearest numbers are returned.
    """
    tokens = fold(words)[:200].split()[:8]
    found = _holding(db, tokens, limit)
    wanted = next((int(token) for token in tokens if token.isdecimal() and len(token) < 7), None)
    street = [token for token in tokens if not token.isdecimal()]
    if found or wanted is None or not street:
        return found
    return _nearest_numbers(db, street, wanted, limit)


def _nearest_numbers(db: Db, street: list[str], wanted: int, limit: int) -> list[Place]:
    def off(row: Any) -> int:
        digits = "".join(c for c in row.number if c.isdecimal())
        return abs(int(digits) - wanted) if digits else 10**9

    rows = sorted(db.execute(_asked(street).limit(400)).all(), key=off)
    return [Place(f"{r.number} {r.street}".strip(), Point(r[2], r[3])) for r in rows[:limit]]


def _asked(tokens: list[str]) -> Select[str, str, float, float]:
    asked = select(Address.street, Address.number, latitude(Address.place), longitude(Address.place))
    for token in tokens:
        tail = " %" if token.isdecimal() else "%"
        asked = asked.where((" " + Address.words + " ").like(f"% {token}{tail}"))
    return asked.order_by(Address.street, Address.id)


def _holding(db: Db, tokens: list[str], limit: int) -> list[Place]:
    if not tokens:
        return []
    rows = db.execute(_asked(tokens).limit(400)).all()
    numbered = any(token.isdecimal() for token in tokens)
    seen: dict[str, Place] = {}
    for street, number, lat, long in rows:
        # Without a number typed, one answer a street is enough to choose from.
        label = f"{number} {street}".strip()
        seen.setdefault(label if numbered else street, Place(label, Point(lat, long)))
    return list(seen.values())[:limit]


def somewhere(db: Db, near: Point, reach_metres: float = 3000.0) -> Place:
    """Return the address nearest to a point, or the point itself where there is none."""
    asked = (
        select(Address.street, Address.number, latitude(Address.place), longitude(Address.place))
        .where(in_box(Address.place, Box.around(near, reach_metres)))
        .order_by(distance(Address.place, near)).limit(1)
    )
    found = db.execute(asked).first()
    return Place(f"{found[1]} {found[0]}".strip(), Point(found[2], found[3])) if found else Place("", near)


def describe(db: Db, point: Point) -> str:
    """Return the nearest address in words, or "" where none is near."""
    for reach in REACHES_METRES:
        metres = distance(Address.place, point)
        near = (
            select(Address.number, Address.street)
            .where(in_box(Address.place, Box.around(point, reach)))
            .order_by(metres).limit(1)
        )
        found = db.execute(near).first()
        if found:
            return f"{found.number} {found.street}".strip()
    return ""
