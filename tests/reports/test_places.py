"""Where strangers see reports: SQL tells the same places as Python, on both engines, by the spatial index."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from civicconnect import geo, reports
from civicconnect.geo import Area, Box, Point
from civicconnect.reports import Report, Seen, places
from tests.factories import HERE

EVERYWHERE = Box(-34, 41, -33, 42)
# Corners of squares, their neighbours, and what lies between.
PLACES = [Point(41.2, -33.4), Point(41.2025, -33.4025), Point(41.199999, -33.400001),
          *(Point(41.19 + 792e-6 * step, -33.41 + 831e-6 * step) for step in range(24))]


def place_in(db_, report, point, how):
    report.place_told, report.place = how, f"SRID=4326;POINT({point.long} {point.lat})"
    db_.flush()


def heaps(db_, box, size=0.0001):
    return reports.gather(db_, [], box, size, size).heaps


@pytest.mark.parametrize("how", ["exact", "rounded"])
def test_every_place_is_told_by_sql_as_python_tells_it(db_, make_report, how):
    report = make_report()
    for point in PLACES:
        place_in(db_, report, point, how)
        told = reports.place_told(report, point)
        [heap] = heaps(db_, EVERYWHERE)
        assert (heap.place.lat, heap.place.long) == pytest.approx((told.lat, told.long), abs=1e-9)
        around = Box(told.long, told.lat, told.long, told.lat).grown(1e-6)
        assert [h.number for h in heaps(db_, around)] == [report.number]
        assert reports.newest_seen(db_, [], around, 1, 20) == [report.number]
        elsewhere = Box(told.long + 2e-6, told.lat - 1, told.long + 1, told.lat + 1)
        assert heaps(db_, elsewhere) == []


def test_a_place_told_by_area_is_in_no_box_and_counted(db_, make_report):
    report = make_report()
    place_in(db_, report, HERE, "area")
    assert heaps(db_, EVERYWHERE) == []
    assert reports.newest_seen(db_, [], EVERYWHERE, 1, 20) == []
    for everywhere in (True, False):
        assert reports.gather(db_, [], Box(0, 0, 1, 1), 1, 1, everywhere=everywhere) == Seen([], 1)
    place_in(db_, report, HERE, "exact")
    for everywhere in (True, False):
        assert reports.gather(db_, [], Box(0, 0, 1, 1), 1, 1, everywhere=everywhere) == Seen([], 0)


def test_a_heap_knows_its_number_its_middle_and_how_far_it_reaches(db_, staff, make_report):
    made = [make_report(point=Point(41.2001, -33.4 + step * 0.0002)) for step in range(3)]
    reports.transition(db_, staff, made[1].reference, "close", {"outcome": "fixed"})
    db_.flush()
    [heap] = reports.gather(db_, [], EVERYWHERE, 1, 1).heaps
    assert (heap.count, heap.open) == (3, 2)
    assert (heap.place.lat, heap.place.long) == pytest.approx((41.2001, -33.3998))
    assert (heap.box.west, heap.box.east) == pytest.approx((-33.4, -33.3996))
    assert heap.box.south == heap.box.north == pytest.approx(41.2001)


def test_without_the_index_the_same_is_found(db_, make_report):
    for at, point in enumerate(PLACES):
        place_in(db_, make_report(), point, ("exact", "rounded")[at % 2])
    box = Box(-33.401, 41.1995, -33.395, 41.2051)
    found = reports.gather(db_, [], box, 0.001, 0.001).heaps
    again = reports.gather(db_, [], box, 0.001, 0.001, everywhere=True).heaps
    assert sorted(h.number for h in found) == sorted(h.number for h in again)
    assert 0 < sum(h.count for h in found) < len(PLACES)


def test_the_newest_come_first_and_in_pages(db_, make_report, monkeypatch):
    made = [make_report().number for _ in range(7)]
    for wide in (1, 1000):  # by looking at the newest, and by looking in the box
        monkeypatch.setattr(places, "WIDE", wide)
        pages = [reports.newest_seen(db_, [], EVERYWHERE, 7, 3, offset) for offset in (0, 3, 6, 9)]
        assert [number for page in pages for number in page] == made[::-1]


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda d: d.name)
def test_a_box_is_asked_for_so_that_its_index_can_answer(dialect):
    for column in (Report.place, Area.shape):
        asked = select(Report.number).where(Report.visibility == "public", geo.in_box(column, EVERYWHERE))
        # "IN (…) = 1" is no condition that SQLite looks up in an index.
        assert "= 1" not in str(asked.compile(dialect=dialect))


def test_a_box_is_looked_up_in_the_index(db_, engine):
    connection = db_.connection()
    asked = select(Report.number).where(Report.visibility == "public", geo.in_box(Report.place, EVERYWHERE))
    statement = str(asked.compile(connection, compile_kwargs={"literal_binds": True}))
    if engine == "postgis":  # in a table of nothing reading all of it is the best plan
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    how = "EXPLAIN QUERY PLAN" if engine == "spatialite" else "EXPLAIN"
    plan = " ".join(str(row) for row in connection.exec_driver_sql(f"{how} {statement}"))
    wanted = {"spatialite": "SEARCH report USING INTEGER PRIMARY KEY", "postgis": "idx_report_place"}
    assert wanted[engine] in plan
