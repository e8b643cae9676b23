"""A simulated city comes in by two doors, in bulk and as the days go by, and is the same city."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from civicconnect import reports, settings, simulate
from civicconnect.reports import Event, EventText, Follower, Report, ReportArea
from civicconnect.reports.models import ReportBlock, ReportSquare
from civicconnect.simulate import Plants, door

AS_OF = datetime(2026, 11, 1, 5, tzinfo=UTC)
PRESET = settings.home() / "cities" / "presets" / "boston_2011h2.json"
WANTED = 2000 if os.environ.get("CIVIC_LONG_TESTS") else 400
# What does not follow from what happened: our own counting, chance, and how a report was sent.
BY_CHANCE = {"number", "reference", "fingerprint", "contact_id", "head", "place"}


@pytest.fixture
def plan(db_):
    wide = Plants(false_closings=0.2, vanished=0.1)
    return simulate.plan_of(db_, simulate.read_parameters(PRESET), WANTED, 60, AS_OF, wide)


def derived(db_):
    """Return all that follows from what happened, by report, with leads told by their ids."""
    ids = dict(db_.execute(select(Report.reference, Report.id)).tuples().all())
    found = {}
    for report in db_.scalars(select(Report)):
        row = {c.key: getattr(report, c.key) for c in Report.__table__.columns if c.key not in BY_CHANCE}
        events = [
            (e.seq, e.verb, e.occurred_at, e.recorded_at, e.source, e.actor, e.public, e.status,
             {key: ids.get(value, value) if key == "lead" else value for key, value in e.facts.items()})
            for e in db_.scalars(
                select(Event).where(Event.report_number == report.number).order_by(Event.seq))
        ]
        words = db_.scalars(select(EventText.body).where(EventText.report_number == report.number)
                            .order_by(EventText.seq)).all()
        areas = set(db_.scalars(select(ReportArea.area_id).where(ReportArea.report_number == report.number)))
        found[report.id] = row, events, words, areas, reports.around(db_, report).point
    squares = [sorted(tuple(row) for row in db_.execute(select(table.__table__)) if row.reports)
               for table in (ReportSquare, ReportBlock)]
    return found, squares


def test_live_and_in_bulk_the_same_city_comes_about(db_, plan):
    simulate.load_live(plan, 7)
    live, squares = derived(db_)
    assert list(reports.check_chains(db_)) == []
    emptied(db_)
    assert simulate.load_history(plan, 7, 0) == WANTED
    bulk, again = derived(db_)
    assert list(reports.check_chains(db_)) == []
    assert live.keys() == bulk.keys()
    for id_, told in live.items():
        assert told == bulk[id_]
    assert squares == again
    outcomes = {row["outcome"] for row, *_ in bulk.values()}
    assert {"fixed", "duplicate", "not_found", None} <= outcomes
    assert any(verb == "reopen" for _, events, *_ in bulk.values() for _, verb, *_ in events)


def test_what_the_city_never_takes_and_what_only_a_storm_brings_is_not_invented(db_, plan):
    assert {"gas-smell", "fallen-line"}.isdisjoint(service.code for service in plan.services)
    assert {"pothole", "noise"} <= {service.code for service in plan.services}


def test_a_second_time_adds_nothing_and_another_seed_is_another_city(db_, plan):
    assert simulate.load_history(plan, 7, 0) == WANTED
    assert simulate.load_history(plan, 7, 0) == 0
    assert simulate.load_history(plan, 8, 0) == WANTED


class Killed(Exception):
    pass


def die_after(some):
    """Return a progress that dies once so many reports were sent: some stand in the middle of their steps."""
    def progress(done):
        if done == some:
            raise Killed
    return progress


def emptied(db_):
    for table in (Follower, ReportArea, EventText, Event, ReportSquare, ReportBlock, Report):
        db_.execute(delete(table))
    db_.expunge_all()


def test_lived_in_parts_it_is_the_same_city_as_at_one_go(db_, plan):
    simulate.load_live(plan, 7)
    whole = derived(db_)
    emptied(db_)
    for some in (1, 90, 250):
        with pytest.raises(Killed):
            simulate.load_live(plan, 7, die_after(some))
        db_.expunge_all()
    halves = db_.scalars(select(Report.status).where(Report.status.notin_(("received", "closed")))).all()
    assert halves
    assert simulate.load_live(plan, 7) == WANTED - 250
    db_.expunge_all()
    assert derived(db_) == whole
    assert simulate.load_live(plan, 7) == simulate.load_history(plan, 7, 0) == 0
    db_.expunge_all()
    assert derived(db_) == whole
    assert list(reports.check_chains(db_)) == []


def test_what_came_in_bulk_is_not_lived_again_and_the_rest_is(db_, plan, monkeypatch):
    monkeypatch.setattr(door, "BATCH", 100)
    monkeypatch.setattr(door, "LEAF", 50)
    simulate.load_history(plan, 7, 0)
    whole = derived(db_)
    emptied(db_)
    with pytest.raises(Killed):
        simulate.load_history(plan, 7, 0, lambda done: die_after(done)(done))
    some = db_.scalar(select(func.count()).select_from(Report))
    assert 0 < some < WANTED
    assert simulate.load_live(plan, 7) == WANTED - some
    db_.expunge_all()
    assert derived(db_) == whole


def test_everything_happens_in_the_city_at_its_addresses_and_before_today(db_, plan):
    simulate.load_history(plan, 7, 0)
    rows = db_.execute(select(Report.received_at, Report.closed_at, Report.due_at, Report.address,
                              Report.language)).all()
    assert max(row.received_at for row in rows) < AS_OF
    assert min(row.received_at for row in rows) > AS_OF - timedelta(days=62)
    assert all(row.closed_at is None or row.received_at <= row.closed_at < AS_OF for row in rows)
    assert sum(row.address != "" for row in rows) > 0.8 * len(rows)
    assert {row.language for row in rows} == {"en", "es", "pt", "ar", "fr"}
