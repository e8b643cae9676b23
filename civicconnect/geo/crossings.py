"""Corners by the names of two streets: from the map, or else by the houses of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select

from civicconnect.db import Db
from civicconnect.geo import corners, typed
from civicconnect.geo.models import Address, Corner, House
from civicconnect.geo.places import Found, Place
from civicconnect.geo.point import Point
from civicconnect.geo.spatial import latitude, longitude
from civicconnect.geo.streets import Listed, Match, Question

MOST_ON_A_SIDE = 24  # streets that each of the two may be
MOST_PAIRS, MOST_HOUSES = 6, 8000  # looked at where the map draws no streets
FROM_HOUSES = 0.2  # what speaks against a corner that no map shows
ONE_OF_TWO = 1.0  # and against a street where a corner was asked for
NEXT_TO_NOTHING = 0.1

# Put together once: that takes longer than the database needs to answer it.
CORNERS = (
    select(Corner.one_id, Corner.other_id, Corner.lat, Corner.long)
    .where(Corner.one_id.in_(bindparam("streets", expanding=True)),
           Corner.other_id.in_(bindparam("streets", expanding=True)))
    .order_by(Corner.id)
)


class Pair(NamedTuple):
    """Two streets that may be meant, and what speaks against them."""

    cost: float
    one: Listed
    other: Listed

    @property
    def ids(self) -> tuple[int, int]:
        return min(self.one.id, self.other.id), max(self.one.id, self.other.id)

    def corner(self, point: Point, extra: float = 0.0) -> Found:
        """Return a place where the two meet, called in the order they were typed."""
        return Found(self.cost + extra, Place(f"{self.one.name} & {self.other.name}", point))


def crossed(db: Db, question: Question, way: str) -> list[Found]:
    """Return the corners that may be meant; where the two streets do not meet, the streets."""
    pairs = sorted(
        Pair(one.cost + other.cost, one.street, other.street)
        for sides in typed.crossings(way)
        for one in _side(question, sides.one) for other in _side(question, sides.other)
        if one.street.id != other.street.id
    )
    if not pairs:
        return []
    return _on_the_map(db, pairs) or _by_houses(db, pairs) or [
        Found(pair.cost + ONE_OF_TWO, Place(street.name, street.spot))
        for pair in pairs[:2] for street in (pair.one, pair.other)
    ]


def _side(question: Question, words: Sequence[str]) -> list[Match]:
    found = (question.matches(words) or question.regrouped(words))[:MOST_ON_A_SIDE]
    # Of a kind of street there are too many; but some street may be called no more than that.
    return found if question.tells(words) else [match for match in found if match.cost < NEXT_TO_NOTHING]


def _on_the_map(db: Db, pairs: Sequence[Pair]) -> list[Found]:
    standing: dict[tuple[int, int], list[Point]] = {}
    streets = {street for pair in pairs for street in pair.ids}
    for one, other, lat, long in db.execute(CORNERS, {"streets": list(streets)}):
        standing.setdefault((one, other), []).append(Point(lat, long))
    return [pair.corner(point) for pair in pairs for point in standing.get(pair.ids, ())]


def _by_houses(db: Db, pairs: Sequence[Pair]) -> list[Found]:
    """Return the middle between the nearest houses of streets of which one at least is not drawn."""
    pairs = [pair for pair in pairs if not (pair.one.is_drawn and pair.other.is_drawn)][:MOST_PAIRS]
    if not pairs:
        return []
    asked = (
        select(House.street_id, latitude(Address.place), longitude(Address.place))
        .join(Address, Address.id == House.address_id)
        .where(House.street_id.in_({street for pair in pairs for street in pair.ids})).limit(MOST_HOUSES)
    )
    houses: dict[int, list[Point]] = {}
    for street, lat, long in db.execute(asked):
        houses.setdefault(street, []).append(Point(lat, long))
    met = ((pair, corners.between(*(houses.get(street, ()) for street in pair.ids))) for pair in pairs)
    return [pair.corner(point, FROM_HOUSES) for pair, point in met if point]
