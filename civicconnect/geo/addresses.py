"""Finding a place by what somebody typed, and saying a place back in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from civicconnect import clock
from civicconnect.db import Db
from civicconnect.geo import degrees, gazetteer, pluscode, typed
from civicconnect.geo.areas import areas_of_many
from civicconnect.geo.crossings import crossed
from civicconnect.geo.houses import numbered
from civicconnect.geo.models import Address
from civicconnect.geo.places import Found, Place, best
from civicconnect.geo.point import Point
from civicconnect.geo.spatial import distance, latitude, longitude, within
from civicconnect.geo.streets import POOR, Match, Question
from civicconnect.geo.words import fold

REACHES_METRES = (40.0, 150.0, 600.0)
MOST_CROSSINGS = 2  # ways to read what was typed as one
LEAST_CERTAIN = 2.0  # with words left out, no street worse than that is an answer
MOST_NUMBERS = 2  # that may be the house's: two questions to the database
ONLY_A_KIND = 0.8  # against "12 Street"
AS_GOOD = 0.7  # a second number is looked up where it fits that much worse than the first


def find_addresses(db: Db, words: str, limit: int = 8) -> list[Place]:
    """Return the places that may be meant by what somebody typed, likeliest first.

    "12 oak st", "Oak Street 12b", "Oak & Pine", "oak stret", "41.2, -33.4", a Plus Code; these
    two may lie anywhere. Where no house has the number, its place is taken from its neighbours; where nothing
    fits all of it, the city or the postcode at its end is left out. At most eight questions to the database,
    and two more once after a load.
    """
    every, asked = gazetteer.streets(db), words[:typed.LONGEST]
    centre = every.street(0).spot if len(every) else None
    plainly = degrees.plainly(asked)
    spot = degrees.coordinates(plainly) or pluscode.place(plainly, centre)
    if spot:
        return [Place(f"{_written(spot.lat)}, {_written(spot.long)}", spot)]
    question = Question(every)
    for n, way in enumerate(dict.fromkeys(typed.ways(asked))):
        meeting = crossed(db, question, way) if n < MOST_CROSSINGS else []
        if found := [*meeting, *_addresses(db, question, way, regroup=not meeting)]:
            return _told_apart(db, best(found, limit))
    for way in typed.shorter(asked):
        if found := list(_addresses(db, question, way, shortened=True)):
            return _told_apart(db, best(found, limit))
    return []


def street_called(db: Db, names: Sequence[str]) -> str:
    """Return the first street that bears just one of these names, as the city writes it; "" for none."""
    question = Question(gazetteer.streets(db))
    for words in names:
        best_first = question.matches(fold(words[:typed.LONGEST]).split())
        if best_first and best_first[0].cost == 0.0:
            return best_first[0].street.name
    return ""


def _written(of: float) -> str:
    return f"{of:.6f}".rstrip("0").rstrip(".")


def _addresses(
    db: Db, question: Question, way: str, *, regroup: bool = False, shortened: bool = False
) -> Iterator[Found]:
    """Yield the streets and the houses that may be meant; it asks the database only where it finds some."""
    read = [(reading, question.matches(reading.words)) for reading in typed.readings(way)]
    if shortened:
        read = [(reading, [match for match in matches if match.cost <= LEAST_CERTAIN])
                for reading, matches in read if question.tells(reading.words)]
    if regroup and all(match.cost >= POOR for _, matches in read for match in matches[:1]):
        read += [(reading, question.regrouped(reading.words)) for reading, _ in read]
    numbers: dict[str, list[Match]] = {}
    for reading, matches in read:
        extra = reading.cost + (0.0 if question.tells(reading.words) else ONLY_A_KIND)
        for cost, street in matches:
            if reading.number:
                numbers.setdefault(reading.number, []).append(Match(cost + extra, street))
            else:
                yield Found(cost, Place(street.name, street.spot))
    least = {number: min(match.cost for match in matches) for number, matches in numbers.items()}
    for number in sorted(least, key=lambda number: least[number])[:MOST_NUMBERS]:
        if least[number] <= min(least.values()) + AS_GOOD:
            yield from numbered(db, number, numbers[number])


def _told_apart(db: Db, places: list[Place]) -> list[Place]:
    """Return the places; after words that several have stands the district that tells them apart."""
    twice = [place for place in places if sum(place.label == other.label for other in places) > 1]
    if not twice:
        return places
    hits = areas_of_many(db, [place.point for place in twice], [clock.now().date()] * len(twice))
    names: dict[str, dict[Place, str]] = {}
    for place, areas in zip(twice, hits, strict=True):
        for area in areas:
            names.setdefault(area.layer, {})[place] = area.name
    told = max(names.values(), key=lambda layer: len(set(layer.values())), default={})
    if len(set(told.values())) < 2:
        return places
    return [Place(f"{place.label} ({told[place]})", place.point) if place in told else place
            for place in places]


def somewhere(db: Db, near: Point, reach_metres: float = 3000.0) -> Place:
    """Return the address nearest to a point, or the point itself where there is none."""
    reaches = (*(reach for reach in REACHES_METRES if reach < reach_metres), reach_metres)
    return _nearest(db, near, reaches) or Place("", near)


def describe(db: Db, point: Point) -> str:
    """Return the nearest address in words, or "" where none is near."""
    found = _nearest(db, point, REACHES_METRES)
    return found.label if found else ""


def _nearest(db: Db, point: Point, reaches: Sequence[float]) -> Place | None:
    # Near first: of a whole city's addresses, each distance would have to be measured.
    for reach in reaches:
        asked = (
            select(Address.number, Address.street, latitude(Address.place), longitude(Address.place))
            .where(within(Address.place, point, reach))
            .order_by(distance(Address.place, point)).limit(1)
        )
        found = db.execute(asked).first()
        if found:
            return Place(f"{found[0]} {found[1]}".strip(), Point(found[2], found[3]))
    return None
