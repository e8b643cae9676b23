"""The houses of a street by their numbers, and where a number would be that no house has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, String, and_, bindparam, case, func, select, union

from civicconnect.db import Db
from civicconnect.geo import typed
from civicconnect.geo.models import Address, House, Street
from civicconnect.geo.places import Found, Place, metres
from civicconnect.geo.point import Point
from civicconnect.geo.spatial import latitude, longitude
from civicconnect.geo.streets import Match

SIGNS = " -–/."  # between the parts of a number
MOST_ROWS = 400  # a tower may have hundreds of addresses with one number
STRAIGHT_METRES = 400.0  # between two houses farther apart nobody knows where the street runs
# What speaks against a house whose number is not the one typed.
IN_A_RANGE, OTHER_SUFFIX, WRONG_SUFFIX = 0.02, 0.05, 0.3
BETWEEN, A_NEIGHBOUR, NO_NUMBERS = 0.3, 0.5, 1.0


class _Row(NamedTuple):
    first: int
    street: str
    number: str
    point: Point

    @property
    def label(self) -> str:
        return f"{self.number} {self.street}"


def _neighbours() -> Select[int, int, str, str, float, float]:
    """Select of each of :streets the houses numbered :wanted, or next to it up and down, odd and even."""
    wanted = bindparam("wanted", type_=Integer)
    asked = select(Street.id).where(Street.id.in_(bindparam("streets", expanding=True))).cte("asked")

    def next_one(parity: int, up: bool) -> Select[int, int]:
        there = House.number >= wanted if up else House.number <= wanted
        nearest = (
            select(House.number)
            .where(House.street_id == asked.c.id, House.number % 2 == parity, there)
            .order_by(House.number if up else House.number.desc()).limit(1)
            .correlate(asked).scalar_subquery()
        )
        return select(asked.c.id, nearest.label("number"))

    near = union(*(next_one(parity, up) for parity in (0, 1) for up in (True, False))).cte("near")
    joined: ColumnElement[str] = func.lower(Address.number)
    for sign in SIGNS:
        joined = func.replace(joined, sign, "")
    like_typed = case((joined == bindparam("text", type_=String), 0), else_=1)
    return (
        select(House.street_id, House.number, Address.street, Address.number,
               latitude(Address.place), longitude(Address.place))
        .select_from(near)
        .join(House, and_(House.street_id == near.c.id, House.number == near.c.number))
        .join(Address, Address.id == House.address_id)
        .order_by(like_typed, func.length(Address.number), Address.id).limit(MOST_ROWS)
    )


NEIGHBOURS = _neighbours()  # once: putting it together takes longer than the database needs to answer it


def numbered(db: Db, number: str, matches: Sequence[Match]) -> Iterator[Found]:
    """Yield the houses of some streets that have a number, or the places where it would be.

    number    as typed and folded, its parts with blanks between: "12", "12 b", "12 14"
    """
    wanted = typed.whole(number)
    if wanted is None or not matches:
        return
    houses: dict[int, list[_Row]] = {}
    streets = [match.street.id for match in matches]
    given = {"streets": streets, "wanted": wanted, "text": number.replace(" ", "")}
    for street_id, first, name, text, lat, long in db.execute(NEIGHBOURS, given):
        houses.setdefault(street_id, []).append(_Row(first, name, text, Point(lat, long)))
    for cost, street in matches:
        nearest = houses.get(street.id, [])
        yield from _having(number, wanted, nearest, cost) or _near(number, wanted, nearest, cost)
        if not nearest:
            yield Found(cost + NO_NUMBERS, Place(street.name, street.spot))


def _having(number: str, wanted: int, rows: Sequence[_Row], cost: float) -> list[Found]:
    found = [(unlike, row) for row in rows if (unlike := _unlike(row, number, wanted)) is not None]
    least = min((unlike for unlike, _ in found), default=0.0)
    return [Found(cost + unlike, Place(row.label, row.point)) for unlike, row in found if unlike == least]


def _unlike(row: _Row, number: str, wanted: int) -> float | None:
    """Return what speaks against a house as the one with a number; None where it is another."""
    have, want = typed.parts(row.number), tuple(number.split())
    if have == want:
        return 0.0
    if row.first == wanted:
        return WRONG_SUFFIX if len(have) > 1 and len(want) > 1 else OTHER_SUFFIX
    to = int(have[1]) if len(have) > 1 and have[1].isdecimal() else row.first
    odd_and_even = (to - row.first) % 2 == 1
    inside = row.first < wanted <= to and (odd_and_even or (wanted - row.first) % 2 == 0)
    return IN_A_RANGE if inside else None


def _near(number: str, wanted: int, rows: Sequence[_Row], cost: float) -> Iterator[Found]:
    """Yield the place between the neighbours on the same side of the street, then the nearest houses."""
    side = [row for row in rows if (row.first - wanted) % 2 == 0]
    down = next((row for row in side if row.first < wanted), None)
    up = next((row for row in side if row.first > wanted), None)
    if down and up and metres(down.point, up.point) <= STRAIGHT_METRES:
        part = (wanted - down.first) / (up.first - down.first)
        point = Point(round(down.point.lat + part * (up.point.lat - down.point.lat), 6),
                      round(down.point.long + part * (up.point.long - down.point.long), 6))
        yield Found(cost + BETWEEN, Place(f"{_spelt(number)} {down.street}", point))
    for n, row in enumerate(sorted(rows, key=lambda row: abs(row.first - wanted))[:2]):
        yield Found(cost + A_NEIGHBOUR + n / 100, Place(row.label, row.point))


def _spelt(number: str) -> str:
    return re.sub(r"(\d) (?=\d)", r"\1-", number).replace(" ", "")
