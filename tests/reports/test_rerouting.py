"""A report that is about something else, or lies somewhere else: who answers is decided anew, and said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from civicconnect import accounts, clock, reports
from civicconnect.accounts import SYSTEM
from civicconnect.catalog import catalog
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.reports import squares_agree
from tests.factories import RESIDENT, new_report, staff_actor
from tests.offers import change_service, make_plain
from tests.places import within

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def report(make_report):
    return make_report()


def now(db_, report):
    db_.expire_all()
    return reports.find(db_, report.reference, SYSTEM)


def department(db_, report):
    return catalog(db_).department_codes[now(db_, report).department_id]


def events(db_, report, verb):
    return [e for e in reports.timeline(db_, now(db_, report), internal=True) if e.verb == verb]


def test_another_service_brings_another_department_and_another_promise(db_, report, staff):
    old = report.why
    reports.assign(db_, staff, report.reference, team="Paving")
    reports.change_service(db_, staff, report.reference, "tree", "It is a root, not a hole.")
    assert department(db_, report) == "parks"
    report = now(db_, report)
    assert (report.why["department"], report.why["rule"]) == ("parks", "service")
    assert report.due_at.isoformat() == report.why["due_at"] != old["due_at"]
    assert (report.team, report.assigned_to) == ("", None)
    [said] = events(db_, report, "reclassify")
    assert said.public
    assert said.facts == {"service": "tree", "was": "pothole"}
    assert said.text == {"reason": "It is a root, not a hole."}
    [sent] = events(db_, report, "reroute")
    assert sent.facts["was"] == {"department": "streets", "rule": "service", "due_at": old["due_at"],
                                 "person": None, "team": "Paving"}
    [first] = events(db_, report, "route")
    assert first.facts == old  # what was decided and promised first stays as it was
    assert squares_agree(db_)
    assert list(reports.check_chains(db_)) == []


def test_a_promise_that_was_broken_stays_broken(db_, make_report, moderator):
    start = clock.now()
    with clock.stopped_at(start - timedelta(days=90)):
        report = make_report()
    broken = report.due_at
    reports.change_service(db_, moderator, report.reference, "tree")
    report = now(db_, report)
    assert report.due_at == broken < start
    [sent] = events(db_, report, "reroute")
    assert sent.facts["late"] is True
    assert sent.facts["due_at"] > start.isoformat()  # the new promise is one that can be kept
    reports.transition(db_, moderator, report.reference, "close", {"outcome": "fixed"})
    assert not reports.on_time(report.due_at, report.closed_at, clock.now())


def test_the_new_promise_counts_from_the_day_the_report_came_in(db_, make_report, moderator):
    start = clock.now()
    with clock.stopped_at(start - HOUR):
        report = make_report()
        same = make_report(service="tree")
    reports.change_service(db_, moderator, report.reference, "tree")
    assert now(db_, report).due_at == same.due_at


def test_waiting_is_not_counted_against_the_new_promise(db_, make_report, moderator):
    start = clock.now()
    with clock.stopped_at(start - timedelta(days=9)):
        report, same = make_report(), make_report(service="tree")
        reports.transition(db_, moderator, report.reference, "wait", {"reason": "A part."})
    with clock.stopped_at(start - timedelta(days=2)):
        reports.transition(db_, moderator, report.reference, "resume")
    with clock.stopped_at(start - timedelta(days=2) + HOUR):
        reports.change_service(db_, moderator, report.reference, "tree")
    assert now(db_, report).due_at > same.due_at


@pytest.mark.parametrize(("before", "after", "told"), [
    ({"visibility": "private", "place": "area", "text": "internal"}, {}, ("private", "area", False)),
    ({}, {"visibility": "private", "place": "rounded", "text": "internal"}, ("private", "rounded", False)),
    ({"place": "rounded"}, {"place": "area"}, ("public", "area", True)),
    ({}, {}, ("public", "exact", True)),
])
def test_nothing_becomes_public_by_another_service(db_, make_report, moderator, before, after, told):
    change_service(db_, "pothole", **before)
    change_service(db_, "tree", **after)
    report = make_report()
    reports.change_service(db_, moderator, report.reference, "tree")
    report = now(db_, report)
    assert (report.visibility, report.place_told, report.text_told) == told
    assert squares_agree(db_)


def test_a_hidden_report_stays_hidden(db_, report, moderator):
    reports.hide(db_, moderator, report.reference, "personal")
    reports.change_service(db_, moderator, report.reference, "tree")
    assert now(db_, report).visibility == "hidden"


def test_how_pressing_it_is_follows_the_service_unless_staff_said_so(db_, make_report, moderator):
    change_service(db_, "tree", priority="high")
    plain, ranked = make_report(), make_report()
    reports.rank(db_, moderator, ranked.reference, "urgent")
    for one, priority in ((plain, "high"), (ranked, "urgent")):
        reports.change_service(db_, moderator, one.reference, "tree")
        assert now(db_, one).priority == priority


def test_a_change_is_refused_to_whoever_saw_an_older_report(db_, report, staff):
    seen = report.events
    reports.note(db_, staff, report.reference, "Looked at.")
    with pytest.raises(Conflict):
        reports.change_service(db_, staff, report.reference, "tree", seen=seen)
    assert department(db_, report) == "streets"


@pytest.mark.parametrize("service", ["pothole", "nothing", ""])
def test_another_service_must_be_one(db_, report, staff, service):
    with pytest.raises(Invalid):
        reports.change_service(db_, staff, report.reference, service)


def test_who_may_not_change_it_does_not(db_, report, staff):
    with pytest.raises(NotFound):
        reports.change_service(db_, staff_actor(db_, "lighting"), report.reference, "tree")
    looker = accounts.Actor("staff", "staff:9", frozenset({"queue", "see_all"}))
    with pytest.raises(NotAllowed):
        reports.change_service(db_, looker, report.reference, "tree")
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})
    with pytest.raises(Conflict):
        reports.change_service(db_, staff, report.reference, "tree")


def test_a_report_put_back_stands_where_it_stood(db_, report, moderator):
    change_service(db_, "tree", place="area", text="internal")
    before, was = reports.kept(report), reports.state_hash(db_, [report.number])
    reports.change_service(db_, moderator, report.reference, "tree")
    report = now(db_, report)
    assert reports.state_hash(db_, [report.number]) != was
    reports.put_back(db_, moderator, report, before, report.events, public=True)
    assert reports.state_hash(db_, [report.number]) == was
    assert squares_agree(db_)


# Another place

def test_a_moved_report_is_sent_on_where_the_new_place_has_another_desk(db_, make_report, moderator):
    report = make_report(service="street-light")
    reports.move(db_, moderator, report.reference, within(db_, "harbour"), "1 Quay")
    assert department(db_, report) == "water"
    [sent] = events(db_, report, "reroute")
    assert (sent.facts["rule"], sent.facts["after"]) == ("harbour-lamps", "place")
    assert now(db_, report).why["matched"]["area"] == "district:harbour"
    assert squares_agree(db_)
    assert list(reports.check_chains(db_)) == []


def test_a_moved_report_that_is_closed_stays_where_it_was_answered(db_, make_report, moderator):
    report = make_report(service="street-light")
    reports.transition(db_, moderator, report.reference, "close", {"outcome": "fixed"})
    reports.move(db_, moderator, report.reference, within(db_, "harbour"), "1 Quay")
    assert department(db_, report) == "lighting"
    assert not events(db_, report, "reroute")


# How often the first department was wrong

def test_reports_that_went_elsewhere_are_counted_under_their_first_rule_and_service(db_, moderator):
    made = [reports.submit(db_, RESIDENT, new_report()).reference for _ in range(4)]
    reports.change_service(db_, moderator, made[0], "tree")
    reports.change_service(db_, moderator, made[1], "pavement")  # the same department has it
    reports.transition(db_, moderator, made[2], "close", {"outcome": "handed_over", "next_owner": "County"})
    found = reports.misroutes(db_, moderator, clock.now() - HOUR)
    assert (found.total.reports, found.total.elsewhere, found.total.share) == (4, 2, 0.5)
    assert found.by_rule["service"] == found.by_service["pothole"] == found.total
    other = reports.misroutes(db_, staff_actor(db_, "lighting"), clock.now() - HOUR)
    assert other.total.reports == 0
    assert other.total.share is None
