"""Where strangers see reports: SQL tells the same places as Python, on both engines, by the spatial index."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from civicconnect import geo, reports, settings
from civicconnect.catalog import catalog
from civicconnect.geo import Area, Box, Point
from civicconnect.reports import Closing, Filter, PastReport, Report, Seen, places
from civicconnect.reports.models import ReportBlock, ReportSquare
from tests.factories import HERE, RESIDENT, new_report, staff_actor

ALL = Filter()
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVERYWHERE = Box(-34, 41, -33, 42)
# Corners of squares, their neighbours, and what lies between.
PLACES = [Point(41.2, -33.4), Point(41.2025, -33.4025), Point(41.199999, -33.400001),
          *(Point(41.19 + 792e-6 * step, -33.41 + 831e-6 * step) for step in range(24))]


@pytest.fixture
def supervisor(db_):
    return staff_actor(db_, "supervisor")


def counting():
    """Return the statements by which the migration counts what stands there."""
    file = settings.home() / "migrations" / "versions" / "0005_many_reports.py"
    spec = spec_from_file_location("migration", file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SQUARES, module.BLOCKS


def place_in(db_, report, point, how):
    report.place_told, report.place = how, f"SRID=4326;POINT({point.long} {point.lat})"
    db_.flush()


def gathered(db_, box, size=0.0001, view=ALL, **more):
    return reports.gather(db_, view, catalog(db_), box, size, size, **more)


def heaps(db_, box):
    return gathered(db_, box).heaps


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
    reports.recount(db_)
    assert heaps(db_, EVERYWHERE) == []
    assert reports.newest_seen(db_, [], EVERYWHERE, 1, 20) == []
    for is_wide in (True, False):
        assert gathered(db_, Box(0, 0, 1, 1), 1, is_wide=is_wide).untold == 1
    place_in(db_, report, HERE, "exact")
    reports.recount(db_)
    for is_wide in (True, False):
        assert gathered(db_, Box(0, 0, 1, 1), 1, is_wide=is_wide).untold == 0


def test_a_heap_knows_its_number_its_middle_and_how_far_it_reaches(db_, staff, make_report):
    made = [make_report(point=Point(41.2001, -33.4 + step * 0.0002)) for step in range(3)]
    reports.transition(db_, staff, made[1].reference, "close", {"outcome": "fixed"})
    db_.flush()
    [heap] = gathered(db_, EVERYWHERE, 1).heaps
    assert (heap.count, heap.open) == (3, 2)
    assert (heap.place.lat, heap.place.long) == pytest.approx((41.2001, -33.3998))
    assert (heap.box.west, heap.box.east) == pytest.approx((-33.4, -33.3996))
    assert heap.box.south == heap.box.north == pytest.approx(41.2001)


def test_a_wide_view_counts_whole_squares_by_each_report_and_from_the_squares_alike(
    db_, supervisor, monkeypatch,
):
    offered, past = list(catalog(db_).services)[:4], []
    for n in range(60):
        point = Point(round(41.19 + n * 7 % 60 / 3000, 4), round(-33.41 + n * 13 % 60 / 3000, 4))
        past.append(PastReport(new_report(point=point, service=offered[n % 4]), f"x-{n}", MONDAY))
    reports.submit_past(db_, RESIDENT, past)
    for n, reference in enumerate(db_.scalars(select(Report.reference).order_by(Report.number)).all()[::4]):
        reports.transition(db_, supervisor, reference, "close", {"outcome": "fixed"})
        if n % 2:
            reports.transition(db_, supervisor, reference, "reopen", {"reason": "Not yet."})
    box = Box(-33.404, 41.1945, -33.395, 41.2051)
    chosen = (ALL, Filter(service=offered[0]), Filter(status="open"), Filter(status="closed"))
    for view, is_wide in itertools.product(chosen, (True, False)):
        monkeypatch.setattr(places, "MANY", 1)
        monkeypatch.setattr(places, "CROWD", 1)
        summed = gathered(db_, box, 0.01, view, is_wide=is_wide)
        if not is_wide and view.service:
            assert isinstance(summed.within, Box)  # the blocks know no services: each report is read
            continue
        conditions = view.where(catalog(db_), strangers=True)
        heaps, _ = places._read(db_, conditions, summed.within, (0.01, 0.01))
        read = Seen(heaps, summed.untold, summed.within)
        assert (summed.total, summed.open) == (read.total, read.open)
        assert 0 < summed.total < 60
        listed = reports.newest_seen(db_, conditions, summed.within, summed.total, 100)
        assert len(listed) == summed.total
        assert {heap.number for heap in summed.heaps if heap.count == 1} <= set(listed)
        middle = sum(heap.place.lat * heap.count for heap in summed.heaps) / summed.total
        assert middle == pytest.approx(
            sum(heap.place.lat * heap.count for heap in read.heaps) / read.total, abs=1e-6)
        assert reports.count_public(db_, view, catalog(db_)) == db_.scalar(
            select(func.count()).select_from(Report).where(Report.visibility == "public", *conditions))


def test_the_squares_agree_with_the_reports_whichever_door_they_came_by(db_, supervisor, make_report):
    past = [PastReport(new_report(point=Point(41.2 + n / 1000, -33.4)), f"x-{n}", MONDAY,
                       Closing(MONDAY + timedelta(hours=5), "fixed") if n % 2 else None,
                       stand_in=n == 4) for n in range(6)]
    reports.submit_past(db_, RESIDENT, past)
    made = [make_report(point=Point(41.2 + n / 1000, -33.4)) for n in range(4)]
    reports.transition(db_, supervisor, made[0].reference, "close", {"outcome": "fixed"})
    tables = (ReportSquare.__table__, ReportBlock.__table__)
    kept = [sorted(tuple(row) for row in db_.execute(select(table)) if row.reports) for table in tables]
    assert [sum(row[-3] for row in rows) for rows in kept] == [10, 10]
    for table, statement in zip(tables, counting(), strict=True):
        db_.execute(delete(table))
        db_.connection().exec_driver_sql(statement)
    assert kept == [sorted(tuple(row) for row in db_.execute(select(table))) for table in tables]


def test_counting_anew_mends_what_does_not_agree_and_leaves_what_does(db_, make_report):
    make_report()
    make_report(point=Point(41.21, -33.4))
    assert reports.squares_agree(db_)
    db_.execute(delete(ReportSquare))
    assert not reports.squares_agree(db_)
    reports.recount(db_)
    assert reports.squares_agree(db_)
    assert reports.count_public(db_, ALL, catalog(db_)) == 2


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
