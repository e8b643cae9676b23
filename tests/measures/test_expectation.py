"""How long such reports usually take: learned from the publication, and right on a real record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pytest

from civicconnect import app, clock, jobs, measures, opendata, reports, sla
from civicconnect.measures import expectation
from civicconnect.reports import Closing, PastReport
from tests.conftest import SHARED
from tests.factories import RESIDENT, new_report
from tests.measures.backtest import hours, read, score, some, told, weekly

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GROUPS = {"tree": "Trees", "pothole": "Streets"}


@pytest.fixture
def learn(db_):
    """Publish and learn: `reports` gives (service, received, hours or None while open), and more of it."""
    numbers = count()

    def run(*waits, groups=None, now=NOW, **wanted):
        past = []
        for service, received, waited, *outcome in waits:
            closing = None if waited is None else Closing(received + waited * HOUR, *(outcome or ["fixed"]))
            new = new_report(service=service, **wanted)
            past.append(PastReport(new, f"e-{next(numbers)}", received, closing))
        with clock.stopped_at(now):
            reports.submit_past(db_, RESIDENT, past)
            found = measures.expect(opendata.publish(db_), groups or {})
        return {(one.service, one.area): one for one in found}
    return run


def regular(service, many, waits=(10, 20, 30, 40, 50), last=NOW - DAY):
    """So many reports, one every six hours, whose waits follow one another."""
    return [(service, last - n * 6 * HOUR, waits[n % len(waits)]) for n in range(many)]


def test_half_and_eight_of_ten_are_learned_for_a_service_and_for_its_areas(learn):
    found = learn(*regular("tree", 200))
    one = found["tree", ""]
    assert (one.of, one.reports, one.half_hours, one.holds) == ("service", 200, 30.0, True)
    assert one.eight_hours in (40.0, 50.0)
    assert one.judged > 100
    assert 0.7 < one.held / one.judged < 0.95
    assert one.since == NOW - DAY - 199 * 6 * HOUR
    assert one.until == NOW
    areas = {area for service, area in found if service == "tree" and area}
    assert areas
    assert all(found["tree", area].of == "area" for area in areas)


@pytest.mark.parametrize(("many", "is_known"), [(29, False), (30, True)])
def test_from_fewer_than_thirty_nothing_is_learned(learn, many, is_known):
    assert (("tree", "") in learn(*regular("tree", many), groups=GROUPS)) is is_known


def test_a_service_with_too_few_is_given_what_its_group_knows(learn):
    learn(*regular("pothole", 100), *regular("pavement", 10))
    heading = str(expectation.read_record(opendata.newest()).group[0])
    found = learn(groups={"pothole": heading, "pavement": heading, "tree": "Another"}, now=NOW + HOUR)
    assert (found["pavement", ""].of, found["pavement", ""].reports) == ("group", 110)
    assert (found["pothole", ""].of, found["pothole", ""].reports) == ("service", 100)
    assert ("tree", "") not in found


def test_open_reports_count(learn):
    open_ones = [("tree", NOW - 20 * DAY - n * HOUR, None) for n in range(100)]
    one = learn(*regular("tree", 60), *open_ones)["tree", ""]
    assert one.reports == 160
    assert not one.is_told  # most are not done yet


def test_what_crews_write_down_themselves_is_no_waiting(learn):
    found = learn(*regular("tree", 100), groups=GROUPS)
    again = learn(*regular("tree", 300, waits=(0,)), source="crew", now=NOW + timedelta(minutes=1))
    assert again["tree", ""].half_hours == found["tree", ""].half_hours
    assert again["tree", ""].reports == 100


@pytest.mark.parametrize("outcome", ["invalid", "withdrawn", "handed_over"])
def test_what_ended_without_an_answer_says_nothing_of_how_long_one_takes(learn, outcome):
    taken_back = [("tree", NOW - DAY - n * 7 * HOUR, 1, outcome) for n in range(80)]
    one = learn(*regular("tree", 100), *taken_back)["tree", ""]
    assert one.half_hours == 30.0


def test_a_record_that_ended_long_ago_speaks_of_its_own_last_day(learn):
    last = datetime(2011, 12, 31, 12, 0, tzinfo=UTC)
    one = learn(*regular("tree", 100, last=last))["tree", ""]
    assert one.until == last
    assert one.half_hours == 30.0


def test_an_empty_record_teaches_nothing(learn):
    assert learn(groups=GROUPS) == {}


def test_an_import_is_learned_from_once_it_is_published(learn, db_, database):
    learn(*regular("tree", 100))
    assert sla.expectations(db_) == []
    with clock.stopped_at(NOW + HOUR):
        reports.changed_in_bulk(db_)
        db_.flush()
        jobs.drain(app.handlers())
        assert sla.expectations(db_) == []
    with clock.stopped_at(NOW + HOUR + timedelta(seconds=5)):
        jobs.drain(app.handlers())  # publishes
    with clock.stopped_at(NOW + HOUR + timedelta(minutes=1)):
        jobs.drain(app.handlers())
    assert "tree" in {one.service for one in sla.expectations(db_)}


def test_what_would_be_learned_before_the_publication_waits_for_it(learn, db_):
    learn(*regular("tree", 100))
    with clock.stopped_at(NOW + HOUR):
        app.handlers()["learn"].run(db_, {"after": (NOW + HOUR).isoformat()})
        assert sla.expectations(db_) == []
    with clock.stopped_at(NOW + 2 * HOUR):
        app.handlers()["learn"].run(db_, {})
    assert sla.expectations(db_) != []


# On a real record

@pytest.mark.skipif(not SHARED.exists(), reason="the folder with real records is not here")
def test_on_a_real_half_year_eight_of_ten_hold_for_75_to_85_in_100_of_most_later_reports():
    record, crew = read("boston")
    record = some(record, ~crew)
    found = told(record, weekly(record, hours("2012-01-01")))
    later = score(found, record.spans.began >= hours("2011-09-01"))
    assert 0.75 <= later.held <= 0.85
    assert later.share >= 0.60
    assert later.services >= 0.75  # of those told, in services that by themselves lie between
    assert np.isnan(found.bound[record.spans.began < hours("2011-07-14")]).all()
