"""How long people wait: open reports count, small numbers stay unsaid, and a laptop gets the same figure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import duckdb
import pytest

from civicconnect import clock, measures, opendata, reports
from civicconnect.reports import Closing, PastReport
from tests.factories import RESIDENT, new_report

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def figures(db_):
    """Publish and count: each wait is (service, hours, outcome); the outcome "open" waits still.

    A fourth value says how many hours ago it was received, where it has been closed.
    """
    made, seconds = [], count(0)

    def publish(*waits):
        with clock.stopped_at(NOW + timedelta(seconds=next(seconds))):
            past = []
            for service, hours, outcome, *ago in waits:
                made.append(service)
                received = NOW - (ago or [1000])[0] * HOUR if outcome != "open" else NOW - hours * HOUR
                closing = Closing(received + hours * HOUR, outcome) if outcome != "open" else None
                past.append(PastReport(new_report(service=service), f"x-{len(made)}", received, closing))
            reports.submit_past(db_, RESIDENT, past)
            return measures.performance(opendata.publish(db_))
    return publish


def one(figures, code):
    return next(row for row in figures.services if row.code == code)


def fixed(service, hours):
    return [(service, h, "fixed") for h in hours]


def still(service, hours):
    return [(service, h, "open") for h in hours]


# Open ones count

def test_open_reports_count_in_the_time_that_half_wait(figures):
    # 20 done after 1 to 20 hours, 20 waiting for 100: half of all 40 are done by the 20th hour.
    found = one(figures(*fixed("tree", range(1, 21)), *still("tree", [100] * 20)), "tree")
    assert (found.reports, found.open, found.median_hours) == (40, 20, 20.0)
    assert found.eight_of_ten_hours is None  # eight in ten are not done yet


def test_with_the_open_ones_left_out_the_figure_would_be_twice_as_good(figures):
    found = one(figures(*fixed("tree", range(1, 21))), "tree")
    assert found.median_hours == 10.0
    assert found.eight_of_ten_hours == 16.0


def test_reports_that_came_in_lately_say_only_that_they_wait_since_then(figures):
    # By hand: of 4 waiting at 10 h one ends, 3/4 are left; of 2 waiting at 20 h one ends, 3/8 are left.
    found = one(figures(*fixed("tree", [10, 20]), *still("tree", [15, 30])), "tree")
    assert found.median_hours == 20.0
    assert found.eight_of_ten_hours is None


def test_nothing_is_known_of_half_where_most_are_open(figures):
    found = one(figures(*fixed("tree", [1, 2]), *still("tree", [3] * 38)), "tree")
    assert (found.median_hours, found.eight_of_ten_hours, found.open) == (None, None, 38)


def test_hours_are_counted_by_the_calendar_nights_and_weekends_too(figures):
    assert one(figures(*fixed("tree", [72.5] * 3)), "tree").median_hours == 72.5


def test_each_service_has_its_own_figure_and_all_of_them_one_together(figures):
    found = figures(*fixed("tree", [10] * 30), *fixed("graffiti", [30] * 31))
    assert {row.code: (row.reports, row.median_hours) for row in found.services} == {
        "tree": (30, 10.0), "graffiti": (31, 30.0)}
    assert (found.overall.reports, found.overall.median_hours) == (61, 30.0)
    assert [row.name for row in found.services] == sorted(row.name for row in found.services)


# What does not count

@pytest.mark.parametrize("outcome", ["invalid", "handed_over", "withdrawn"])
def test_on_what_was_never_ours_to_do_nobody_waited(figures, outcome):
    alone = figures(*fixed("tree", range(1, 31)))
    found = figures(*[("tree", 500, outcome)] * 40, *[("graffiti", 500, outcome)] * 40)
    assert found.services == alone.services
    assert found.overall == alone.overall
    assert (alone.left_out, found.left_out) == (0, 80)


@pytest.mark.parametrize("outcome", ["fixed", "partly_fixed", "no_action", "not_found", "duplicate", None])
def test_whatever_else_came_of_a_report_somebody_waited_for_it(figures, outcome):
    found = one(figures(*[("tree", 5, outcome)] * 3), "tree")
    assert (found.reports, found.open, found.median_hours) == (3, 0, 5.0)


def test_reports_that_are_left_out_of_the_figure_are_published_all_the_same(figures):
    figures(*[("tree", 5, "invalid")] * 3)
    assert opendata.newest().manifest["rows"] == 3


def test_the_page_says_how_many_were_left_out(figures, visitor):
    figures(("tree", 5, "invalid"), *fixed("tree", [5] * 30))
    assert "1 report was left out: withdrawn, invalid or handed over." in visitor.get("/performance").words
    figures(("tree", 5, "withdrawn"), ("tree", 5, "handed_over"), ("tree", 5, "duplicate"), ("tree", 5, None))
    assert "3 reports were left out: withdrawn, invalid or handed over." in visitor.get("/performance").words


# Small numbers

@pytest.mark.parametrize(("many", "enough"), [(1, False), (29, False), (30, True), (31, True)])
def test_fewer_than_thirty_reports_show_no_figure(figures, many, enough):
    found = figures(*fixed("tree", [5] * (many - many // 2)), *still("tree", [5] * (many // 2)))
    assert one(found, "tree").enough == found.overall.enough == enough


def test_the_page_says_so_instead_of_a_figure(figures, visitor):
    figures(*fixed("tree", [5] * 29), *fixed("graffiti", [7] * 30))
    page = visitor.get("/performance")
    rows = {tr.findtext("th"): " ".join("".join(td.itertext()).strip() for td in tr.iter("td"))
            for tr in page.tree.iter("tr")}
    assert rows["Tree or branch"] == "fewer than 30 reports: no figure yet"
    assert rows["Graffiti"].startswith("30 0 7.0 hours 7.0 hours")


def test_the_page_says_so_of_all_reports_together_too(figures, visitor):
    figures(*fixed("tree", [5] * 29))
    assert "5.0 hours" not in visitor.get("/performance").words
    figures(*fixed("tree", [5]))
    assert "5.0 hours" in visitor.get("/performance").words


def test_before_the_first_version_the_page_has_no_figure(visitor):
    page = visitor.get("/performance")
    assert page.status == 200
    assert "hours" not in page.words


def test_a_record_without_reports_has_no_figure(figures):
    found = figures()
    assert found.services == ()
    assert (found.overall.reports, found.overall.median_hours, found.overall.on_time_share) == (0, None, None)


# Promises

# A traffic light is promised in 8 hours of a crew that works from 7 to 19, Monday to Saturday.
KEPT, LATE = ("traffic-light", 1, "fixed"), ("traffic-light", 200, "fixed")
KEPT_EARLY = ("traffic-light", 0.5, "fixed", 1)  # received an hour ago, not due yet


def test_on_time_is_the_share_of_kept_promises_among_those_that_are_due(figures):
    waits = [KEPT] * 18 + [LATE] * 6 + still("traffic-light", [900] * 6)
    found = one(figures(*waits), "traffic-light")
    assert (found.reports, found.on_time_share) == (30, pytest.approx(18 / 30))


def test_before_it_is_due_a_report_says_nothing_about_promises_closed_or_not(figures):
    due = [KEPT] * 15 + [LATE] * 15
    alone = one(figures(*due), "traffic-light")
    found = one(figures(*[KEPT_EARLY] * 40, *still("traffic-light", [0.5] * 5)), "traffic-light")
    assert found.reports == alone.reports + 45
    assert found.on_time_share == alone.on_time_share == 0.5


@pytest.mark.parametrize(("due", "told"), [(29, "fewer than 30 due: no figure yet"), (30, "100%")])
def test_fewer_than_thirty_that_are_due_show_no_share(figures, visitor, due, told):
    found = figures(*[KEPT] * due, *[KEPT_EARLY] * 40)
    assert one(found, "traffic-light").on_time_share == found.overall.on_time_share == (
        None if due < 30 else 1.0)
    [row] = visitor.get("/performance").tree.findall(".//tbody/tr")
    assert "".join(row.findall("td")[-1].itertext()) == told


def test_where_nothing_was_promised_nothing_is_on_time_or_late(figures):
    found = figures(*fixed("something-else", [1, 900] * 20))
    assert one(found, "something-else").on_time_share is None


# The same figure for everybody

def test_a_laptop_gets_the_same_figure_from_the_same_file_with_the_query_shown(figures):
    waits = [*fixed("tree", [1, 2, 2, 3, 5, 8, 13, 21]), *still("tree", [2, 4, 30]), ("tree", 1, "withdrawn")]
    found = figures(*waits)
    with duckdb.connect() as laptop:
        laptop.execute("SET TimeZone = 'Asia/Kolkata'")
        file = opendata.newest(found.version).file("reports", "parquet")
        laptop.execute(f"CREATE VIEW reports AS SELECT * FROM read_parquet('{file}')")  # noqa: S608
        rows = laptop.execute(found.sql).fetchall()
        assert laptop.execute(found.left_out_sql).fetchall() == [(found.left_out,)] == [(1,)]
    assert len(rows) == found.overall.reports == 11
    left, median = 1.0, None
    for hours in sorted({row[3] for row in rows if row[2]}):
        waiting = sum(row[3] >= hours for row in rows)
        left *= 1 - sum(row[2] and row[3] == hours for row in rows) / waiting
        median = hours if median is None and left <= 0.5 else median
    assert found.overall.median_hours == pytest.approx(median)
    assert found.as_of == NOW


def test_a_version_keeps_its_figures_and_the_next_one_has_its_own(figures):
    first, second = figures(*fixed("tree", [5] * 3)), figures(*fixed("tree", [50] * 6))
    assert (first.overall.median_hours, second.overall.median_hours) == (5.0, 50.0)
    assert measures.performance(opendata.newest(first.version)) == first
    assert first.version < second.version


# As of an earlier day

def test_as_of_an_earlier_instant_only_what_had_happened_counts(figures):
    # Received 1000 hours ago: 20 done after 1 to 20 hours, 20 after 500. As of hour 100 the latter wait.
    figures(*fixed("tree", range(1, 21)), *fixed("tree", [500] * 20), *still("tree", [50] * 5))
    then = NOW - 900 * HOUR
    found = one(measures.performance(opendata.newest(), then), "tree")
    assert (found.reports, found.open, found.median_hours) == (40, 20, 20.0)
    now = one(measures.performance(opendata.newest()), "tree")
    assert (now.reports, now.open) == (45, 5)


def test_what_was_left_out_later_still_counted_then(figures):
    figures(*fixed("tree", range(1, 31)), *[("tree", 500, "withdrawn")] * 10)
    then = measures.performance(opendata.newest(), NOW - 900 * HOUR)
    assert (then.overall.reports, then.left_out) == (40, 0)
    assert measures.performance(opendata.newest()).left_out == 10


def test_the_page_tells_an_earlier_day_and_refuses_what_is_none(figures, visitor):
    figures(*fixed("tree", range(1, 41)))
    day = (NOW - 900 * HOUR).date().isoformat()
    page = visitor.get(f"/performance?as_of={day}")
    assert "Counted by when each thing happened" in page.words
    assert "Counted by when" not in visitor.get("/performance").words
    refused = visitor.get("/performance?as_of=2026-13-01")
    assert refused.status == 422
    assert "Write the day as year-month-day" in refused.words
    for odd in ("0001-01-01", "9999-12-31", "²026-01-01", "x" * 500):
        assert visitor.get("/performance", query_string={"as_of": odd}).status in (200, 422)
