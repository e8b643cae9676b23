"""From one department to another, or outside: explained, with the promise kept, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from civicconnect import catalog, clock, jobs, notify, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.app import handlers
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.reports import lifecycle
from civicconnect.sla import promise_book, timetable
from tests.factories import RESIDENT, staff_actor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WHY = "The cables under it are theirs."


@pytest.fixture(autouse=True)
def monday():
    with clock.stopped_at(MONDAY):
        yield


@pytest.fixture
def report(make_report):
    return make_report(description="A hole.")


@pytest.fixture
def hop(db_, moderator, report):
    """Hand the report on, by somebody who sees all departments."""
    def to(department, why=WHY, **how):
        return reports.hand_over(db_, moderator, report.reference, department, why, **how)
    return to


def code(db_, report):
    return catalog.catalog(db_).department_codes[report.department_id]


def open_tasks(db_, actor):
    return [(task.kind, task.role, report.reference) for task, report in db_.execute(reports.tasks(actor))]


def test_the_report_lives_on_with_the_next_department_and_everybody_reads_why(db_, staff, report):
    reports.assign(db_, staff, report.reference, team="Van 3")
    reports.transition(db_, staff, report.reference, "accept")
    with clock.stopped_at(MONDAY + timedelta(hours=5)):
        reports.hand_over(db_, staff, report.reference, "lighting", WHY, seen=report.events)
    assert (code(db_, report), report.status, report.team, report.hops) == ("lighting", "received", "", 1)
    told = reports.timeline(db_, report, internal=False)[-1]
    assert (told.verb, told.facts["was"], told.facts["department"], told.facts["hours"]) == (
        "hand_over", "streets", "lighting", 5.0)
    assert told.text["reason"] == WHY
    with pytest.raises(NotFound):
        reports.find(db_, report.reference, staff)
    assert reports.find(db_, report.reference, staff_actor(db_, "lighting")) is report


def test_the_time_that_was_left_is_left_in_the_hours_of_the_next_department(db_, report, hop):
    offer, book = catalog.catalog(db_), promise_book(db_)
    own = offer.departments["streets"].calendar
    other = next(d for d in offer.departments.values() if d.calendar != own)
    left = timetable(book.calendars[own]).between(MONDAY, report.due_at)
    was = report.due_at
    hop(other.code)
    assert timetable(book.calendars[other.calendar]).between(MONDAY, report.due_at) == left
    facts = reports.timeline(db_, report, internal=False)[-1].facts
    assert (facts["due_was"], facts["due_at"]) == (was.isoformat(), report.due_at.isoformat())
    assert report.why["calendar"] == other.calendar


def test_what_is_late_stays_late(db_, report, hop):
    offer = catalog.catalog(db_)
    other = next(d for d in offer.departments.values() if d.calendar != offer.departments["streets"].calendar)
    due = report.due_at
    with clock.stopped_at(due + timedelta(days=3)):
        hop(other.code)
    assert report.due_at == due


@pytest.mark.parametrize(("department", "why", "field"), [
    ("", WHY, "department"), ("nobody", WHY, "department"), ("lighting", " ", "why"),
    ("streets", WHY, "department"), ("lighting", "x" * 2001, "why")])
def test_not_ours_needs_a_next_owner_and_a_word(db_, staff, report, department, why, field):
    with pytest.raises(Invalid) as refused:
        reports.hand_over(db_, staff, report.reference, department, why)
    assert field in refused.value.fields
    assert report.events == 2


def test_a_closed_report_and_one_that_repeats_another_stay(db_, staff, make_report, hop, report):
    lead = make_report()
    repeats = {"outcome": "duplicate", "lead": lead.reference}
    reports.transition(db_, staff, report.reference, "close", repeats)
    with pytest.raises(Conflict) as refused:
        hop("lighting")
    assert "repeats another" in refused.value.sentence
    reports.transition(db_, staff, lead.reference, "close", {"outcome": "fixed"})
    with pytest.raises(Conflict):
        reports.hand_over(db_, staff, lead.reference, "lighting", WHY)


def test_others_hand_nothing_over(db_, report):
    for actor in (staff_actor(db_, "lighting"), RESIDENT):
        with pytest.raises((NotFound, NotAllowed)):
            reports.hand_over(db_, actor, report.reference, "lighting", WHY)


def test_of_two_at_once_the_second_sees_what_happened(db_, hop, report):
    seen = report.events
    hop("lighting", seen=seen)
    with pytest.raises(Conflict):
        hop("mobility", seen=seen)


def test_the_third_hop_and_a_way_back_are_brought_before_a_supervisor_once(
    db_, staff, moderator, hop, report, make_report
):
    hop("lighting")
    hop("mobility")
    assert open_tasks(db_, moderator) == []
    hop("water")
    hop("parks")
    assert open_tasks(db_, moderator) == [("third_hop", "supervisor", report.reference)]
    assert open_tasks(db_, staff_actor(db_, "lighting")) == []
    other = make_report()
    reports.hand_over(db_, staff, other.reference, "lighting", WHY)
    reports.hand_over(db_, staff_actor(db_, "lighting"), other.reference, "streets", "It is a hole.")
    assert open_tasks(db_, moderator)[1:] == [("third_hop", "supervisor", other.reference)]
    assert reports.count_tasks(db_, moderator) == 2


def test_of_the_third_hop_supervisors_get_one_letter_and_the_sender_of_each(db_, moderator, make_report):
    report = make_report(contact=ContactDetails("Ana", "ana@home.example"))
    for department in ("lighting", "mobility", "water"):
        reports.hand_over(db_, moderator, report.reference, department, WHY)
    jobs.drain(handlers())
    with clock.stopped_at(MONDAY + timedelta(minutes=3)):
        jobs.drain(handlers())
    letters = [file.read_text("utf-8", "replace") for file in notify.letterbox().letters()]
    [told] = [text for text in letters if "To: supervisor@larkmouth.example" in text]
    assert report.reference in told
    assert "decide who looks after it" in told.replace("=\n", "")
    assert len([text for text in letters if "To: ana@home.example" in text]) == 4  # with the receipt


def test_the_supervisor_decides_for_good(db_, staff, moderator, hop, report):
    for department in ("lighting", "mobility", "streets"):
        hop(department)
    with pytest.raises(NotAllowed):
        reports.settle_owner(db_, staff, report.reference, "lighting", WHY)
    reports.settle_owner(db_, moderator, report.reference, "streets", "The road is theirs.")
    assert (report.owner_settled, code(db_, report), open_tasks(db_, moderator)) == (True, "streets", [])
    with pytest.raises(Conflict) as refused:
        reports.hand_over(db_, staff, report.reference, "lighting", WHY)
    assert "A supervisor has decided" in refused.value.sentence
    reports.settle_owner(db_, moderator, report.reference, "lighting", "It was the cable after all.")
    assert code(db_, report) == "lighting"


def test_the_time_at_each_hop_is_told_and_what_was_taken_back_is_none(db_, moderator, report, hop):
    with clock.stopped_at(MONDAY + timedelta(hours=2)):
        hop("lighting")
    with clock.stopped_at(MONDAY + timedelta(hours=5)):
        before = reports.kept(report)
        hop("water")
        reports.put_back(db_, moderator, report, before, report.events, public=True)
    entries = reports.timeline(db_, report, internal=True)
    told = reports.hops_of(entries, MONDAY + timedelta(hours=12))
    assert [(one.department, one.hours) for one in told] == [("streets", 2.0), ("lighting", 10.0)]
    assert (report.hops, code(db_, report)) == (1, "lighting")


def test_a_waiting_report_goes_on_waiting(db_, staff, report):
    reports.transition(db_, staff, report.reference, "wait", {"reason": "The part is ordered."})
    since = report.updated_at
    reports.hand_over(db_, staff, report.reference, "lighting", WHY)
    assert (report.status, report.updated_at) == ("waiting", since)


def test_outside_the_city_is_somebody_with_a_name_and_a_word(db_, staff, report):
    for owner, name, why, field in (("", "", WHY, "owner"), ("nobody", "", WHY, "owner"),
                                    ("", "The railway", "", "why"), ("", "x" * 121, WHY, "name")):
        with pytest.raises(Invalid) as refused:
            reports.hand_outside(db_, staff, report.reference, owner, name, why)
        assert field in refused.value.fields
    known = catalog.owners(db_)[0]
    reports.hand_outside(db_, staff, report.reference, known.code, "", WHY)
    facts = reports.timeline(db_, report, internal=False)[-1].facts
    assert (report.status, facts["outcome"], facts["owner"]) == ("closed", "handed_over", known.code)
    assert facts["next_owner"] == catalog.words(known.name, "en")


def test_what_nobody_looks_after_is_closed_with_a_reason_that_everybody_reads(db_, staff, report):
    with pytest.raises(Invalid):
        reports.refuse_as_not_ours(db_, staff, report.reference, "  ")
    reports.refuse_as_not_ours(db_, staff, report.reference, "It is a private yard.")
    assert (report.status, report.outcome) == ("closed", "no_action")


def test_the_chain_and_the_counts_of_the_map_hold(db_, moderator, report, hop):
    hop("lighting")
    reports.settle_owner(db_, moderator, report.reference, "water", WHY)
    assert list(reports.check_chains(db_)) == []
    assert reports.squares_agree(db_)
    assert db_.scalar(select(reports.Report.hops).where(reports.Report.number == report.number)) == 2
    assert report.status in lifecycle.OPEN
    assert reports.find(db_, report.reference, SYSTEM).events == 4
