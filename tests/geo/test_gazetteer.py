"""Streets, houses and corners made from what a city's folder says."""

from __future__ import annotations

import pytest
from shapely.geometry import LineString, Polygon
from sqlalchemy import func, select

from civicconnect import db, geo, settings
from civicconnect.geo import Address, Ground, MapShape, Point, gazetteer
from civicconnect.geo.corners import between, meetings
from civicconnect.geo.models import Corner, Gazetteer, House, Street
from civicconnect.geo.places import metres
from civicconnect.geo.streets import Question, StreetList

MIGRATIONS = settings.home() / "migrations"
HOUSES = (
    ("Zebra Road", "3", Point(0.001, 60.001)), ("Alder Road", "2", Point(0.002, 60.001)),
    ("ALDER RD", "4b", Point(0.002, 60.002)), ("Zebra Road", "3", Point(0.001, 60.001)),
    ("The Pier", "", Point(0.5, 60.5)), ("Alder Road", "9999999999", Point(0.002, 60.003)),
    ("***", "7", Point(0.4, 60.4)),
)
LINES = (
    ("street", "Zebra Road", LineString([(60.0, 0.0), (60.01, 0.0)])),
    ("main", "Alder Road", LineString([(60.005, -0.005), (60.005, 0.005)])),
)
TOWN = Ground(addresses=HOUSES, shapes=LINES)


def labels(view, words):
    return [place.label for place in geo.find_addresses(view, words)]


def everything(view):
    """Return what a gazetteer holds, but for the ids of addresses and corners."""
    houses = (select(House.street_id, House.number, Address.number)
              .join(Address, Address.id == House.address_id))
    return (
        [tuple(row) for row in view.execute(select(Street.__table__).order_by(Street.id))],
        [tuple(row) for row in view.execute(houses.order_by(Address.id))],
        [tuple(row) for row in view.execute(select(Corner.one_id, Corner.other_id, Corner.lat, Corner.long))],
        tuple(view.execute(select(Gazetteer.addresses, Gazetteer.lines)).one()),
    )


def test_streets_houses_and_corners_are_made_of_addresses_and_map(db_):
    geo.load(db_, TOWN)
    streets, houses, corners, _ = everything(db_)
    assert streets == [
        (0, "Zebra Road", 2, True, 0.0, 60.005), (1, "Alder Road", 3, True, 0.0, 60.005),
        (2, "The Pier", 1, False, 0.5, 60.5), (3, "***", 1, False, 0.4, 60.4),
    ]
    assert houses == [(0, 3, "3"), (1, 2, "2"), (1, 4, "4b"), (0, 3, "3"), (3, 7, "7")]
    assert corners == [(0, 1, 0.0, 60.005)]


def test_addresses_are_kept_as_the_file_says_in_its_order(db_):
    geo.load(db_, TOWN)
    stored = db_.execute(select(Address.street, Address.number).order_by(Address.id)).tuples().all()
    assert stored == [(street, number) for street, number, _ in HOUSES]
    assert geo.dump(db_)["addresses.csv"] == geo.spell(TOWN)["addresses.csv"]


def test_what_has_not_changed_is_neither_written_nor_read_back(own_database):
    with db.transaction() as change:
        assert geo.load(change, TOWN)["addresses"] == len(HOUSES)
    with db.transaction() as change:
        first = change.scalar(select(func.min(Address.id)))
        assert geo.load(change, TOWN)["addresses"] == 0
        assert change.scalar(select(func.min(Address.id))) == first


@pytest.mark.parametrize("other", [
    HOUSES[:-1], (*HOUSES[:1], *HOUSES[2:], HOUSES[1]),
    (("Zebra Road", "3", Point(0.001, 60.001001)), *HOUSES[1:]),
    (("Zebra Road3", "", HOUSES[0][2]), *HOUSES[1:]), (("Zebra Roa", "d3", HOUSES[0][2]), *HOUSES[1:]),
], ids=["one less", "another order", "moved by 10 cm", "number in the street", "a letter in the number"])
def test_any_change_to_the_addresses_is_seen(db_, other):
    geo.load(db_, TOWN)
    assert geo.load(db_, Ground(addresses=other, shapes=LINES))["addresses"] == len(other)
    assert geo.dump(db_)["addresses.csv"] == geo.spell(Ground(addresses=other))["addresses.csv"]


def test_a_changed_map_gives_new_corners_and_leaves_the_addresses_alone(db_):
    geo.load(db_, TOWN)
    first = db_.scalar(select(func.min(Address.id)))
    moved = LineString([(60.003, -0.005), (60.003, 0.005)])
    again = Ground(addresses=HOUSES, shapes=(LINES[0], ("main", "Alder Road", moved)))
    assert geo.load(db_, again)["addresses"] == 0
    assert db_.scalar(select(func.min(Address.id))) == first
    [place, *_] = geo.find_addresses(db_, "zebra & alder")
    assert place.point == Point(0.0, 60.003)


def test_a_search_sees_a_new_city_at_once(own_database):
    with db.transaction() as change:
        geo.load(change, TOWN)
    with db.reading() as view:
        assert labels(view, "2 alder")[0] == "2 Alder Road"
    with db.transaction() as change:
        geo.load(change, Ground(addresses=(("Alder Way", "2", Point(0, 60)),)))
        assert labels(change, "2 alder") == ["2 Alder Way"]
    with db.reading() as view:
        assert labels(view, "2 alder") == ["2 Alder Way"]


def test_a_city_that_was_not_loaded_after_all_leaves_no_trace(own_database):
    with db.transaction() as change:
        geo.load(change, TOWN)

    def fail():
        with db.transaction() as change:
            geo.load(change, Ground(addresses=(("Alder Way", "2", Point(0, 60)),)))
            assert labels(change, "2 alder") == ["2 Alder Way"]
            raise RuntimeError("after the search")

    with pytest.raises(RuntimeError, match="after the search"):
        fail()
    with db.reading() as view:
        assert labels(view, "2 alder")[0] == "2 Alder Road"


def test_a_city_without_addresses_and_one_without_anything_can_be_asked(db_):
    geo.load(db_, Ground(shapes=LINES))
    assert labels(db_, "12 zebra") == ["Zebra Road"]
    geo.load(db_, Ground())
    assert labels(db_, "12 zebra") == labels(db_, "zebra & alder") == []
    assert Question(StreetList.of(())).matches(["zebra"]) == []


def test_many_addresses_are_read_page_by_page(db_, monkeypatch):
    geo.load(db_, TOWN)
    whole = everything(db_)
    for page in (1, 3, len(HOUSES)):
        monkeypatch.setattr(gazetteer, "PAGE", page)
        gazetteer.make(db_, gazetteer.streets_among(LINES))
        assert everything(db_) == whole


def test_a_database_of_the_release_before_can_be_searched_once_it_has_climbed(empty_url):
    opened = db.open_database(empty_url)
    db.migrate(opened, MIGRATIONS, "0002")
    with db.bound(opened), db.transaction() as change:
        encode = geo.encoder(db.spelling(change))
        db.copy_in(change, "address", ("street", "number", "words", "place"),
                   [(street, number, "folded", encode(point)) for street, number, point in HOUSES])
        for kind, name, shape in LINES:
            change.add(MapShape(kind=kind, name=name, shape=f"SRID=4326;{shape.wkt}"))
    db.migrate(opened, MIGRATIONS, "0003")
    with db.bound(opened), db.transaction() as change:
        made = everything(change)
        assert labels(change, "2 alder rd")[0] == "2 Alder Road"
        gazetteer.make(change, gazetteer.streets_among(LINES))
        assert everything(change) == made
    db.migrate(opened, MIGRATIONS, "0002")
    db.migrate(opened, MIGRATIONS, "0003")
    with db.bound(opened), db.reading() as view:
        assert everything(view) == made
    opened.engine.dispose()


# Where lines meet

EAST = LineString([(0, 0), (0.01, 0)])


def places(*lines):
    return [(m.one, m.other, (m.point.long, m.point.lat)) for m in meetings(range(len(lines)), lines)]


def test_lines_meet_where_they_cross_touch_or_nearly_touch():
    across = LineString([(0.002, -0.001), (0.002, 0.001)])
    branch = LineString([(0.005, 0.00002), (0.005, 0.001)])  # it begins 2 m beside the other
    beside = LineString([(0.007, 0.00005), (0.007, 0.001)])  # 5.5 m
    assert places(EAST, across, branch, beside) == [(0, 1, (0.002, 0.0)), (0, 2, (0.005, 0.00001))]


def test_a_street_does_not_meet_itself_and_lines_of_one_street_are_one():
    pieces = [LineString([(0, 0), (0.002, 0)]), LineString([(0.002, 0), (0.01, 0)])]
    across = LineString([(0.002, -0.001), (0.002, 0.001)])
    assert [(m.one, m.other) for m in meetings([7, 7, 3], [*pieces, across])] == [(3, 7)]


def test_two_carriageways_make_one_corner_and_far_ones_two():
    dual = [LineString([(x, -0.001), (x, 0.001)]) for x in (0.002, 0.0022)]
    far = LineString([(0.004, -0.001), (0.004, 0.001)])
    met = [m.point for m in meetings([1, 2, 2, 2], [EAST, *dual, far])]
    assert met == [Point(0.0, 0.002), Point(0.0, 0.004)]


def test_streets_that_share_a_stretch_meet_in_its_middle():
    assert places(EAST, LineString([(0.004, 0), (0.006, 0), (0.006, 0.001)])) == [(0, 1, (0.005, 0.0))]


def test_a_square_drawn_as_an_area_meets_its_streets():
    square = Polygon([(0.009, -0.001), (0.011, -0.001), (0.011, 0.001), (0.009, 0.001)])
    [(one, other, _)] = places(EAST, square)
    assert (one, other) == (0, 1)


def test_far_from_the_equator_metres_are_still_metres():
    # At 60 degrees north a degree of longitude is half as long: these ends are 3.3 and 5.6 m apart.
    up = LineString([(10, 60), (10, 60.01)])
    near, far = (LineString([(10 + gap, 60.005), (10.01, 60.005)]) for gap in (0.00006, 0.0001))
    assert len(places(up, near)) == 1
    assert places(up, far) == []


def test_no_lines_meet_nowhere():
    assert places() == places(EAST) == []


def test_between_the_nearest_houses_of_two_streets():
    one, other = [Point(0, 0), Point(0, 0.01)], [Point(0.0003, 0.01), Point(0.01, 0.01)]
    assert between(one, other) == Point(0.00015, 0.01)
    assert between(one[:1], other) is None
    assert between([], other) is between(one, []) is None
    assert metres(Point(60, 10), Point(60, 10.001)) == pytest.approx(55.6, abs=0.1)
