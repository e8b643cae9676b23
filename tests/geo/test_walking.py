"""The walking order: short, whole, and never longer than going to the nearest each time."""

from __future__ import annotations

import itertools
import random

import pytest
from sqlalchemy import select

from civicconnect import geo
from civicconnect.geo import Point
from civicconnect.geo.walking import _to_the_nearest
from civicconnect.reports import Report


def scattered(many: int, seed: int) -> list[Point]:
    dice = random.Random(seed)  # noqa: S311  no secret
    return [Point(41.2 + dice.uniform(-.02, .02), -33.4 + dice.uniform(-.02, .02)) for _ in range(many)]


def length(places, start=None) -> float:
    return sum(geo.way(places, start))


def greedy(places, start) -> list[Point]:
    spots = [start, *places]
    apart = [[geo.metres_between(one, other) for other in spots] for one in spots]
    return [spots[at] for at in _to_the_nearest(apart)[1:]]


@pytest.mark.parametrize("many", [0, 1, 2, 3, 10, 60])
@pytest.mark.parametrize("seed", range(5))
def test_every_place_is_walked_to_once_and_no_further_than_by_the_nearest_each_time(many, seed):
    places, start = scattered(many, seed), Point(41.19, -33.41)
    order = geo.walk(places, start)
    assert sorted(order) == list(range(many))
    assert length([places[at] for at in order], start) <= length(greedy(places, start), start) + 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_a_short_round_is_close_to_the_shortest_there_is(seed):
    places, start = scattered(6, seed), Point(41.19, -33.41)
    best = min(length(list(way), start) for way in itertools.permutations(places))
    assert length([places[at] for at in geo.walk(places, start)], start) <= 1.25 * best


def test_without_a_start_the_first_place_stays_the_first():
    places = scattered(12, 7)
    assert geo.walk(places)[0] == 0


def test_places_along_a_street_are_walked_along_it():
    street = [Point(41.2, -33.4 + n / 1000) for n in (4, 0, 3, 1, 2)]
    assert geo.walk(street, Point(41.2, -33.401)) == [1, 3, 4, 2, 0]


def test_places_on_one_spot_end_too():
    assert sorted(geo.walk([Point(41.2, -33.4)] * 20, Point(41.2, -33.4))) == list(range(20))


def test_the_metres_are_those_of_the_database(db_, make_report):
    make_report(point=Point(41.2, -33.4))
    for other in (Point(41.21, -33.4), Point(41.2, -33.38), Point(41.19, -33.42)):
        told = db_.scalar(select(geo.distance(Report.place, other)).select_from(Report))
        assert geo.metres_between(Point(41.2, -33.4), other) == pytest.approx(told, rel=1e-5)


def test_across_the_far_meridian_it_is_not_far():
    assert geo.metres_between(Point(0, 179.9999), Point(0, -179.9999)) == pytest.approx(22.26, abs=.1)
