"""Distances are metres on the ground, the same ones on both engines, and true to half a percent."""

from __future__ import annotations

import math
import runpy
from itertools import product

import pytest
from sqlalchemy import select, text

from civicconnect import db, geo, settings
from civicconnect.errors import Invalid
from civicconnect.geo import Address, Box, Point, point_from

A, F = 6378137.0, 1 / 298.257223563  # WGS84
B = A * (1 - F)
CENTRES = [Point(41.2, -33.4), Point(0.0, 0.0), Point(-33.86, 151.2), Point(64.15, -21.9), Point(78.2, 15.6)]
BEARINGS = (0, 37, 90, 145, 180, 271, 315)
METRES = (4.0, 35.0, 150.0, 600.0, 2_900.0, 20_000.0)


def truth(p: Point, q: Point) -> float:
    """Return the geodesic metres between two points: Vincenty 1975, the inverse formula."""
    long = math.radians(q.long - p.long)
    u, v = (math.atan((1 - F) * math.tan(math.radians(x.lat))) for x in (p, q))
    lam = long
    for _ in range(200):
        sin_s = math.hypot(math.cos(v) * math.sin(lam),
                           math.cos(u) * math.sin(v) - math.sin(u) * math.cos(v) * math.cos(lam))
        if sin_s == 0:
            return 0.0
        cos_s = math.sin(u) * math.sin(v) + math.cos(u) * math.cos(v) * math.cos(lam)
        sigma = math.atan2(sin_s, cos_s)
        sin_a = math.cos(u) * math.cos(v) * math.sin(lam) / sin_s
        cos2_a = 1 - sin_a**2
        cos_2m = cos_s - 2 * math.sin(u) * math.sin(v) / cos2_a if cos2_a else 0.0
        c = F / 16 * cos2_a * (4 + F * (4 - 3 * cos2_a))
        before, lam = lam, long + (1 - c) * F * sin_a * (
            sigma + c * sin_s * (cos_2m + c * cos_s * (2 * cos_2m**2 - 1)))
        if abs(lam - before) < 1e-13:
            break
    k = cos2_a * (A**2 - B**2) / B**2
    big_a = 1 + k / 16384 * (4096 + k * (-768 + k * (320 - 175 * k)))
    big_b = k / 1024 * (256 + k * (-128 + k * (74 - 47 * k)))
    shift = big_b * sin_s * (cos_2m + big_b / 4 * (
        cos_s * (2 * cos_2m**2 - 1) - big_b / 6 * cos_2m * (4 * sin_s**2 - 3) * (4 * cos_2m**2 - 3)))
    return B * big_a * (sigma - shift)


def away(centre: Point, bearing: float, metres: float) -> Point:
    """Return a point about so far away; how far exactly, `truth` says."""
    north = metres * math.cos(math.radians(bearing)) / 111_195
    east = metres * math.sin(math.radians(bearing)) / 111_195 / math.cos(math.radians(centre.lat))
    return Point(round(centre.lat + north, 6), round(centre.long + east, 6))


@pytest.fixture
def scattered(db_):
    """Addresses around each centre: {label: point}."""
    points = {
        f"{n} {bearing} {metres}": away(centre, bearing, metres)
        for (n, centre), bearing, metres in product(enumerate(CENTRES), BEARINGS, METRES)
    }
    encode = geo.encoder(db.spelling(db_))
    db.copy_in(db_, "address", ("street", "number", "words", "place"),
               [(name, "test", "test", encode(point)) for name, point in points.items()])
    return points


def found(db_, condition):
    return set(db_.scalars(select(Address.street).where(Address.number == "test", condition)))


def test_the_truth_these_tests_measure_by_is_the_published_one():
    # A quarter of the meridian, and a degree at the equator; both stand in the tables of WGS84.
    assert truth(Point(0, 0), Point(90, 0)) == pytest.approx(10_001_965.729, abs=0.01)
    assert truth(Point(0, 0), Point(0, 1)) == pytest.approx(111_319.491, abs=0.01)


@pytest.mark.parametrize("centre", CENTRES, ids=str)
def test_a_distance_is_the_geodesic_one(db_, scattered, centre):
    asked = select(Address.street, geo.distance(Address.place, centre)).where(Address.number == "test")
    told = dict(db_.execute(asked).tuples().all())
    n = CENTRES.index(centre)
    near = {name: point for name, point in scattered.items() if name.startswith(f"{n} ")}
    assert len(near) == len(BEARINGS) * len(METRES)
    for name, point in near.items():
        assert told[name] == pytest.approx(truth(centre, point), rel=0.005, abs=0.01), name


@pytest.mark.parametrize("centre", CENTRES, ids=str)
@pytest.mark.parametrize("reach", [5.0, 40.0, 150.0, 601.0, 3000.0])
def test_within_reach_are_exactly_those_that_are(db_, scattered, centre, reach):
    told = found(db_, geo.within(Address.place, centre, reach))
    metres = {name: truth(centre, point) for name, point in scattered.items()}
    assert {name for name, m in metres.items() if m <= reach * 0.995} <= told
    assert told <= {name for name, m in metres.items() if m <= reach * 1.005}
    assert told


@pytest.mark.parametrize("centre", CENTRES, ids=str)
@pytest.mark.parametrize("metres", [40.0, 610.0, 3100.0])
def test_the_box_around_a_point_holds_all_that_is_in_reach_and_little_else(db_, scattered, centre, metres):
    box = Box.around(centre, metres)
    told = found(db_, geo.in_box(Address.place, box))
    inside = {name for name, p in scattered.items()
              if box.west <= p.long <= box.east and box.south <= p.lat <= box.north}
    assert {name for name, p in scattered.items() if truth(centre, p) <= metres} <= inside <= told
    # The embedded engine's index keeps single floats: it may take in a point a metre or two beyond.
    for name in told - inside:
        p = scattered[name]
        assert truth(p, Point(min(max(p.lat, box.south), box.north),
                              min(max(p.long, box.west), box.east))) < 3
    assert max(truth(centre, scattered[name]) for name in told) < metres * 1.5


def test_the_nearest_come_first(db_, scattered):
    here = CENTRES[0]
    by_distance = (select(Address.street).where(Address.number == "test")
                   .order_by(geo.distance(Address.place, here)).limit(14))
    first = list(db_.scalars(by_distance))
    assert {name.split()[2] for name in first[:7]} == {"4.0"}
    assert {name.split()[2] for name in first[7:]} == {"35.0"}


def test_a_stored_place_is_read_back_as_it_was(db_, scattered):
    asked = select(Address.street, geo.latitude(Address.place), geo.longitude(Address.place))
    told = db_.execute(asked.where(Address.number == "test")).all()
    assert {name: Point(lat, long) for name, lat, long in told} == scattered


@pytest.mark.parametrize(("lat", "long", "point"), [
    ("41.2", "-33.4", Point(41.2, -33.4)), (" 41.20000049 ", "1e1", Point(41.2, 10.0)),
    (90, -180, Point(90, -180)), ("-0", "0", Point(0.0, 0.0)),
])
def test_a_point_is_read_as_people_and_programs_write_it(lat, long, point):
    assert point_from(lat, long) == point


@pytest.mark.parametrize(("lat", "long"), [
    ("", ""), ("41.2", ""), ("here", "there"), ("nan", "0"), ("0", "nan"), ("inf", "0"), ("0", "-inf"),
    ("90.0001", "0"), ("0", "180.0001"), ("1e400", "0"), ("41,2", "33,4"), ("0x10", "0"), ("41.2;", "0"),
])
def test_a_point_that_is_none_is_refused_beside_its_field(lat, long):
    with pytest.raises(Invalid) as fault:
        point_from(lat, long, "where")
    assert fault.value.fields == {"where": ["Latitude goes from -90 to 90 and longitude from -180 to 180."]}


@pytest.mark.parametrize("centre", CENTRES, ids=str)
def test_what_lies_within_reach_lies_in_one_of_the_squares_around(centre):
    for metres, bearing in product((4.0, 200.0, 1000.0), BEARINGS):
        around = geo.cells_around(centre, metres)
        assert geo.cell_of(centre) in around
        assert geo.cell_of(away(centre, bearing, metres)) in around, (metres, bearing)
        assert len(around) < 10 + (metres / 100) ** 2 * 4


def test_the_square_that_is_kept_is_the_one_the_migration_counts(db_, make_report):
    migration = settings.home() / "migrations" / "versions" / "0018_open_by_place.py"
    counts = runpy.run_path(str(migration))["CELL"]
    for point in (Point(41.2, -33.4), Point(41.20249, -33.40251)):
        make_report(point=point)
    asked = db_.execute(text(f"SELECT cell, {counts} FROM report WHERE place IS NOT NULL")).all()  # noqa: S608  words of ours
    assert len(asked) >= 2
    assert all(kept == counted for kept, counted in asked)
