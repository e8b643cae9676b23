"""Whose work a report is, how pressing it is, and how either is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from civicconnect import accounts, reports
from civicconnect.errors import Conflict, Invalid, NotFound
from tests.factories import RESIDENT, make_colleague, put_elsewhere


@pytest.fixture
def report(make_report):
    return make_report()


def test_a_report_is_given_to_a_colleague_of_its_department_and_to_nobody_else(db_, staff, report):
    mine = accounts.colleagues(db_, report.department_id)
    me = next(iter(mine))
    given = reports.assign(db_, staff, report.reference, me, "Van 3", seen=report.events)
    assert (given.assigned_to, given.team) == (me, "Van 3")
    last = reports.timeline(db_, given, internal=True)[-1]
    assert (last.verb, last.public, dict(last.facts)) == ("assign", False, {"person": me, "team": "Van 3"})
    with pytest.raises(Invalid):
        reports.assign(db_, staff, report.reference, max(mine) + 1000)
    with pytest.raises(Invalid):
        reports.assign(db_, staff, report.reference, team="x" * 41)


def test_who_cannot_work_on_a_report_is_not_given_it(db_, staff, report, make_report):
    far = make_report()
    there = put_elsewhere(db_, far)
    reader, limited = make_colleague(db_, "readonly"), make_colleague(db_, "staff", there)
    lamps = make_colleague(db_, "staff", department="lighting")
    offered = accounts.colleagues(db_, report.department_id)
    assert limited in offered
    assert not offered.keys() & {reader, lamps}
    for person, words in ((reader, "works in this department"), (lamps, "works in this department"),
                          (limited, "outside the areas")):
        with pytest.raises(Invalid, match=words):
            reports.assign(db_, staff, report.reference, person)
    assert report.assigned_to is None
    assert reports.assign(db_, staff, far.reference, limited).assigned_to == limited
    broken = replace(accounts.actor_of(db_, limited), opened=frozenset({report.number}))
    with pytest.raises(Invalid, match="outside the areas"):  # an hour later it would be gone
        reports.assign(db_, broken, report.reference, limited)


def test_who_leaves_hands_on_what_their_heir_can_work_on_and_the_rest_goes_back(db_, staff, make_report):
    report, far = make_report(), make_report()
    there = put_elsewhere(db_, far)
    leaver, heir, reader = (make_colleague(db_, role, *areas) for role, areas in (
        ("staff", ()), ("inspector", (there,)), ("readonly", ())))
    for one in (report, far):
        reports.assign(db_, staff, one.reference, leaver)
    assert heir in accounts.successors(db_, leaver)
    assert not {reader, leaver} & accounts.successors(db_, leaver).keys()
    for person in (reader, leaver, 10**8):
        with pytest.raises(Invalid):
            reports.hand_back(db_, staff, leaver, person)
    assert reports.hand_back(db_, staff, leaver, heir) == {"given": 1, "back": 1}
    assert (report.assigned_to, far.assigned_to) == (None, heir)


def test_giving_what_is_given_already_writes_nothing(db_, staff, report):
    reports.assign(db_, staff, report.reference, team="Van 3")
    before = report.events
    reports.assign(db_, staff, report.reference, team="Van 3")
    assert report.events == before


def test_whoever_has_not_seen_the_last_event_is_told_so(db_, staff, report):
    with pytest.raises(Conflict):
        reports.assign(db_, staff, report.reference, team="Van 3", seen=report.events - 1)
    with pytest.raises(Conflict):
        reports.rank(db_, staff, report.reference, "high", seen=report.events - 1)


def test_a_closed_report_is_given_to_nobody(db_, staff, report):
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})
    before = report.events
    with pytest.raises(Conflict, match="This report is closed"):
        reports.assign(db_, staff, report.reference, reports.staff_id_of(staff))
    assert (report.assigned_to, report.events) == (None, before)


def test_residents_give_nothing_to_anybody(db_, report):
    with pytest.raises((NotFound, reports.lifecycle.NotAllowed)):
        reports.assign(db_, RESIDENT, report.reference, team="Van 3")


def test_a_priority_is_one_of_four_and_leaves_the_promise_alone(db_, staff, report):
    due = report.due_at
    reports.rank(db_, staff, report.reference, "urgent")
    assert (report.priority, report.due_at) == ("urgent", due)
    with pytest.raises(Invalid):
        reports.rank(db_, staff, report.reference, "at once")


def test_taking_back_restores_where_a_report_stood_and_the_timeline_keeps_both(db_, staff, report):
    hash_before, before = reports.state_hash(db_, [report.number]), reports.kept(report)
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})
    closing = report.events
    assert reports.state_hash(db_, [report.number]) != hash_before
    reports.put_back(db_, staff, report, before, closing, public=True)
    assert reports.state_hash(db_, [report.number]) == hash_before
    assert [entry.verb for entry in reports.timeline(db_, report, internal=True)][-2:] == ["close", "undo"]
    assert not list(reports.check_chains(db_))
    assert reports.squares_agree(db_)
