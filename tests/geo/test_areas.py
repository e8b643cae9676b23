"""Which areas hold a point: on the border, between two dates, and outside of everything."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest
from geoalchemy2.shape import from_shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from civicconnect import clock, geo
from civicconnect.geo import Area, Point
from tests.factories import HERE

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
# Far from the demo city, where nothing else lies.
WEST, SOUTH = 10.0, 50.0
_moments = count(1)


@pytest.fixture
def draw(db_):
    """Draw areas: `draw("plot", "b", box(…))`."""
    def one(layer, code, shape, since=None, until=None):
        many = shape if shape.geom_type == "MultiPolygon" else MultiPolygon([shape])
        db_.add(Area(layer=layer, code=code, name=code.upper(), valid_from=since, valid_to=until,
                     changed_at=clock.now() + timedelta(seconds=next(_moments)),
                     shape=from_shape(many, 4326)))
        db_.flush()
    return one


def square(east, north, size=1.0):
    """Return a square whose corner lies so many degrees from the corner of ours."""
    return box(WEST + east, SOUTH + north, WEST + east + size, SOUTH + north + size)


def at(db_, east, north, on=TODAY, layer="plot"):
    return [a.code for a in geo.areas_at(db_, Point(SOUTH + north, WEST + east), on) if a.layer == layer]


def test_a_point_lies_in_one_area_of_each_layer_in_the_order_of_layers(db_):
    hits = geo.areas_at(db_, HERE, TODAY)
    assert [hit.layer for hit in hits] == ["city", "district", "ward"]
    assert hits[0].code == "city"
    assert hits[0].name == "Larkmouth"


def test_outside_of_everything_no_area_holds_a_point(db_):
    assert geo.areas_at(db_, Point(0.0, 0.0), TODAY) == ()
    assert geo.areas_of_many(db_, [None, HERE], [TODAY, TODAY])[0] == ()


def test_a_border_belongs_to_the_area_whose_code_comes_first(db_, draw):
    draw("plot", "b", square(0, 0))
    draw("plot", "a", square(1, 0))  # drawn later, and east of it
    assert at(db_, 0.999999, 0.5) == ["b"]
    assert at(db_, 1.0, 0.5) == ["a"]
    assert at(db_, 1.000001, 0.5) == ["a"]


def test_a_corner_of_four_areas_belongs_to_one(db_, draw):
    for code, (east, north) in zip("dcba", [(0, 0), (1, 0), (0, 1), (1, 1)], strict=True):
        draw("plot", code, square(east, north))
    assert at(db_, 1.0, 1.0) == ["a"]


def test_the_outer_border_belongs_to_the_area(db_, draw):
    draw("plot", "a", square(0, 0))
    for east, north in [(0, 0), (1, 1), (0.5, 0), (1, 0.25)]:
        assert at(db_, east, north) == ["a"]
    assert at(db_, 1.000001, 0.5) == []


def test_a_hole_in_an_area_does_not_belong_to_it_and_an_island_does(db_, draw):
    ring = Polygon(square(0, 0, 3).exterior.coords, [square(1, 1).exterior.coords])
    draw("plot", "a", MultiPolygon([ring, square(5, 5)]))
    assert at(db_, 0.5, 0.5) == ["a"]
    assert at(db_, 1.5, 1.5) == []
    assert at(db_, 5.5, 5.5) == ["a"]
    assert at(db_, 4.0, 4.0) == []


def test_an_area_holds_from_its_first_day_to_its_last_both_included(db_, draw):
    draw("plot", "old", square(0, 0), until=TODAY)
    draw("plot", "new", square(0, 0), since=TODAY + DAY, until=TODAY + 10 * DAY)
    found = {n: at(db_, 0.5, 0.5, TODAY + n * DAY) for n in (-36500, -1, 0, 1, 10, 11)}
    assert found == {-36500: ["old"], -1: ["old"], 0: ["old"], 1: ["new"], 10: ["new"], 11: []}


def test_an_area_redrawn_is_seen_at_the_next_question(db_, draw):
    draw("plot", "a", square(0, 0))
    assert at(db_, 0.5, 0.5) == ["a"]
    assert at(db_, 2.5, 2.5) == []
    draw("plot", "b", square(2, 2))
    assert at(db_, 2.5, 2.5) == ["b"]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05), st.integers(-3, 3)), max_size=20))
def test_many_points_at_once_give_what_each_gives_alone(db_, moves):
    points = [Point(HERE.lat + north, HERE.long + east) for north, east, _ in moves]
    days = [TODAY + n * DAY for _, _, n in moves]
    alone = [geo.areas_at(db_, point, day) for point, day in zip(points, days, strict=True)]
    assert geo.areas_of_many(db_, points, days) == alone
