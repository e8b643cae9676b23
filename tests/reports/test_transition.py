"""A step, a note, a look: each is one event, with its job, and moves the report's own row along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from civicconnect import clock, reports
from civicconnect.accounts import SYSTEM, Actor, ContactDetails
from civicconnect.catalog import catalog
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.jobs import Job
from civicconnect.queue import Desk, worklist
from civicconnect.reports import Event, EventText, Report, lifecycle
from civicconnect.sla import promise_book, timetable
from tests.factories import RESIDENT, staff_actor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GIVEN = {"reason": "The part is ordered.", "planned_for": "2100-01-31", "outcome": "fixed"}
ANA = ContactDetails("Ana", "ana@home.example", "+351 555 0199")


@pytest.fixture
def report(make_report):
    with clock.stopped_at(MONDAY):
        return make_report(description="A hole.", contact=ANA)


@pytest.fixture
def step(db_, staff, report):
    """Take steps an hour apart: `step("accept")`."""
    hours = iter(range(1, 100))

    def take(verb, actor=staff, seen=None, **given):
        with clock.stopped_at(MONDAY + next(hours) * HOUR):
            return reports.transition(db_, actor, report.reference, verb, given, seen=seen)
    return take


def events(db_, report):
    return list(db_.scalars(select(Event).where(Event.report_number == report.number).order_by(Event.seq)))


def waiting_jobs(db_):
    found = db_.scalars(select(Job).where(Job.state == "waiting").order_by(Job.id))
    return [(job.kind, job.payload) for job in found]


def standing(db_, report):
    """Return everything that a refused step must leave as it was."""
    db_.expire_all()
    row = reports.find(db_, report.reference, SYSTEM)
    columns = {c.key: getattr(row, c.key) for c in Report.__table__.columns if c.key != "place"}
    return columns, len(events(db_, report)), len(waiting_jobs(db_)), \
        db_.scalar(select(func.count()).select_from(EventText))


# A step

def test_a_step_writes_one_event_and_asks_for_one_job(db_, staff, report, step):
    before, jobs_before = len(events(db_, report)), len(waiting_jobs(db_))
    step("wait", reason="  The part is ordered. ")
    event = events(db_, report)[-1]
    assert (event.seq, event.verb, event.status, event.public) == (before + 1, "wait", "waiting", True)
    assert (event.actor, event.source, event.facts) == (staff.name, "staff", {})
    assert event.occurred_at == event.recorded_at == MONDAY + HOUR
    assert waiting_jobs(db_)[jobs_before:] == [
        ("event", {"report": report.number, "seq": event.seq, "verb": "wait"})]
    assert reports.timeline(db_, report, internal=False)[-1].text == {"reason": "The part is ordered."}


def test_a_step_moves_the_report_s_own_row_with_its_timeline(db_, report, step):
    step("plan", planned_for="2100-01-31")
    row, last = reports.find(db_, report.reference, SYSTEM), events(db_, report)[-1]
    assert (row.status, row.events, row.head) == ("planned", last.seq, last.hash)
    assert row.updated_at == MONDAY + HOUR
    assert last.facts == {"planned_for": "2100-01-31"}


def test_the_first_public_step_of_staff_is_the_first_response_and_stays_it(db_, staff, report, step):
    with clock.stopped_at(MONDAY + timedelta(minutes=30)):
        reports.note(db_, staff, report.reference, "Who looks at this?")
    assert report.first_response_at is None
    step("accept")
    step("start")
    assert report.first_response_at == MONDAY + HOUR


def test_what_another_system_says_is_no_response_of_ours(db_, report, step):
    step("close", Actor("history", "import:other"), outcome="fixed")
    assert (report.status, report.first_response_at) == ("closed", None)


def test_closing_keeps_when_and_with_what_outcome_and_reopening_takes_both_back(db_, report, step):
    step("close", outcome="partly_fixed", reason="The rest in spring.")
    assert (report.closed_at, report.outcome) == (MONDAY + HOUR, "partly_fixed")
    step("reopen", reason="It is back.")
    assert (report.status, report.closed_at, report.outcome) == ("accepted", None, None)
    step("close", outcome="fixed")
    assert (report.closed_at, report.outcome) == (MONDAY + 3 * HOUR, "fixed")
    said = [(e.verb, e.facts.get("outcome")) for e in events(db_, report)[2:]]
    assert said == [("close", "partly_fixed"), ("reopen", None), ("close", "fixed")]


def test_the_promise_does_not_move_with_any_step_but_waiting(db_, report, step):
    due = report.due_at
    assert due is not None
    for verb in ("accept", "plan", "start", "close", "reopen"):
        step(verb, **GIVEN)
        assert report.due_at == due


@pytest.mark.parametrize("verb", ["resume", "close"])
def test_while_a_report_waits_its_clock_stands_still(db_, report, step, verb):
    due = report.due_at
    step("wait", **GIVEN)
    assert report.due_at == due
    step(verb, **GIVEN)  # an hour of business later
    crew = timetable(promise_book(db_).calendars[report.why["calendar"]])
    assert report.due_at == crew.add(due, HOUR) > due
    assert datetime.fromisoformat(events(db_, report)[-1].facts["due_at"]) == report.due_at
    assert list(reports.check_chains(db_)) == []


def test_what_was_late_stays_late_and_no_wait_lasts_for_ever(db_, report, staff):
    late = report.due_at + HOUR
    with clock.stopped_at(late):
        reports.transition(db_, staff, report.reference, "wait", GIVEN)
    with clock.stopped_at(late + 5 * HOUR):
        reports.transition(db_, staff, report.reference, "resume", GIVEN)
    assert report.due_at == late - HOUR


def test_after_sixty_days_the_clock_runs_on(db_, make_report, staff):
    due = []
    for days in (60, 400):
        with clock.stopped_at(MONDAY):
            report = make_report()
            reports.transition(db_, staff, report.reference, "wait", GIVEN)
        with clock.stopped_at(MONDAY + days * 24 * HOUR):
            reports.transition(db_, staff, report.reference, "resume", GIVEN)
        due.append(report.due_at)
    assert due[0] == due[1]


def test_the_queue_calls_late_only_what_the_clock_calls_late(db_, report, staff):
    with clock.stopped_at(report.due_at - HOUR):
        reports.transition(db_, staff, report.reference, "wait", GIVEN)
    with clock.stopped_at(report.due_at + 9 * HOUR):
        work = worklist(db_, staff, Desk(), catalog(db_))
    assert (work.total, work.late, work.lines[0].urgency) == (1, 0, "soon")
    with clock.stopped_at(report.due_at + 9 * HOUR):
        reports.transition(db_, staff, report.reference, "resume", GIVEN)
    with clock.stopped_at(report.due_at + HOUR):
        assert worklist(db_, staff, Desk(), catalog(db_)).late == 1


def test_a_repeat_is_closed_onto_the_report_it_repeats(db_, make_report, report, step):
    lead = make_report()
    step("close", outcome="duplicate", lead=f" {lead.reference.lower()} ")
    assert events(db_, report)[-1].facts == {"outcome": "duplicate", "lead": lead.reference}


def test_a_repeat_is_not_closed_onto_a_repeat(db_, make_report, report, step, staff):
    first = make_report()
    reports.transition(db_, staff, first.reference, "close",
                       {"outcome": "duplicate", "lead": make_report().reference})
    with pytest.raises(Invalid, match="repeats another one itself"):
        step("close", outcome="duplicate", lead=first.reference)


def test_a_reference_with_a_hyphen_is_taken_too(make_report, report, step):
    lead = make_report().reference
    step("close", outcome="duplicate", lead=f"{lead[:4]}-{lead[4:]}")
    assert report.outcome == "duplicate"


def test_the_next_owner_is_a_name_and_not_a_book(report, step):
    with pytest.raises(Invalid) as fault:
        step("close", outcome="handed_over", next_owner="x" * 121)
    assert fault.value.fields == {"next_owner": ["Use at most 120 characters."]}


@pytest.mark.parametrize("lead", ["ZZZZZZZZ", "self", "", "'; --"])
def test_a_report_repeats_another_one_that_exists(db_, report, step, lead):
    before = standing(db_, report)
    with pytest.raises(Invalid) as fault:
        step("close", outcome="duplicate", lead=report.reference if lead == "self" else lead)
    assert set(fault.value.fields) == {"lead"}
    assert standing(db_, report) == before


@pytest.mark.parametrize(("verb", "who", "told", "refusal"), [
    ("resume", "streets", {}, Conflict), ("close", "streets", {}, Invalid), ("plan", "streets", {}, Invalid),
    ("fly", "streets", {}, Invalid), ("accept", "lighting", {}, NotFound),
    ("close", "streets", {"outcome": "no_action"}, Invalid),
])
def test_a_refused_step_leaves_everything_as_it_was(db_, report, step, verb, who, told, refusal):
    before = standing(db_, report)
    with pytest.raises(refusal):
        step(verb, staff_actor(db_, who), **told)
    assert standing(db_, report) == before


@pytest.mark.parametrize("actor", [
    RESIDENT, SYSTEM, Actor("staff", "staff:9"), Actor("staff", "staff:9", frozenset({"queue", "see_all"})),
], ids=["resident", "system", "nobody", "reader"])
def test_no_one_but_staff_who_may_take_steps_takes_one(db_, report, step, actor):
    before = standing(db_, report)
    with pytest.raises((NotAllowed, NotFound)):
        step("accept", actor)
    assert standing(db_, report) == before


def test_who_has_not_seen_the_last_event_looks_again_first(db_, report, step):
    seen = report.events
    step("accept", seen=seen)
    before = standing(db_, report)
    with pytest.raises(Conflict, match="Someone else changed this report while you were reading"):
        step("close", seen=seen, outcome="fixed")
    assert standing(db_, report) == before
    step("close", seen=seen + 1, outcome="fixed")
    assert report.status == "closed"


def test_a_note_of_a_colleague_is_something_to_look_at_too(db_, staff, report, step):
    seen = report.events
    reports.note(db_, staff, report.reference, "The owner rang: private ground.")
    with pytest.raises(Conflict):
        step("start", seen=seen)


# Notes

def test_a_note_stays_among_colleagues(db_, staff, report):
    reports.note(db_, staff, report.reference, "  The owner rang: private ground.  ")
    inside = reports.timeline(db_, report, internal=True)
    outside = reports.timeline(db_, report, internal=False)
    assert inside[-1].text == {"note": "The owner rang: private ground."}
    assert (inside[-1].verb, inside[-1].public, inside[-1].status) == ("note", False, "received")
    assert [entry.verb for entry in outside] == ["receive", "route"]
    assert "private ground" not in repr(outside)


def test_a_note_changes_nothing_that_strangers_see(db_, staff, report):
    offer = catalog(db_)

    def seen():
        db_.flush()
        return list(reports.public_rows(db_, offer, as_of=MONDAY))

    before = seen()
    reports.note(db_, staff, report.reference, "Only for us.")
    assert seen() == before


@pytest.mark.parametrize("words", ["", "  \n ", "x" * 4001])
def test_a_note_says_something_and_not_too_much(db_, staff, report, words):
    before = standing(db_, report)
    with pytest.raises(Invalid) as fault:
        reports.note(db_, staff, report.reference, words)
    assert set(fault.value.fields) == {"note"}
    assert standing(db_, report) == before


@pytest.mark.parametrize("actor", [RESIDENT, Actor("staff", "staff:9", frozenset({"queue", "see_all"}))],
                         ids=lambda actor: actor.name)
def test_only_staff_who_may_write_notes_write_them(db_, report, actor):
    before = standing(db_, report)
    with pytest.raises(NotAllowed):
        reports.note(db_, actor, report.reference, "A note.")
    assert standing(db_, report) == before


# Contact details

def test_who_looks_at_contact_details_is_written_down_for_colleagues(db_, staff, report):
    assert reports.contact(db_, staff, report.reference) == ANA
    last = reports.timeline(db_, report, internal=True)[-1]
    assert (last.verb, last.actor, last.public, last.text) == ("look", staff.name, False, {})
    assert "look" not in [entry.verb for entry in reports.timeline(db_, report, internal=False)]


def test_where_nobody_left_contact_details_there_are_none(db_, staff, make_report):
    with pytest.raises(NotFound, match="nobody left contact details"):
        reports.contact(db_, staff, make_report().reference)


def test_contact_details_are_for_those_who_work_on_the_report(db_, report):
    with pytest.raises(NotFound):
        reports.contact(db_, staff_actor(db_, "lighting"), report.reference)
    for actor in (RESIDENT, Actor("staff", "staff:9", frozenset({"queue", "see_all"}))):
        with pytest.raises(NotAllowed):
            reports.contact(db_, actor, report.reference)


# Who sees which

@pytest.mark.parametrize(("who", "sees"), [
    ("streets", {"pothole"}), ("lighting", {"street-light"}), ("supervisor", {"pothole", "street-light"}),
    ("admin", {"pothole", "street-light"}),
])
def test_staff_see_the_reports_of_their_departments(db_, make_report, who, sees):
    made = {service: make_report(service=service).reference for service in ("pothole", "street-light")}
    actor = staff_actor(db_, who)
    seen = set(db_.scalars(select(Report.reference).where(reports.visible_to(actor))))
    assert seen == {made[service] for service in sees}
    for service, reference in made.items():
        if service in sees:
            assert reports.find(db_, reference, actor).reference == reference
        else:
            with pytest.raises(NotFound, match="there is no report"):
                reports.find(db_, reference, actor)


@pytest.mark.parametrize("visibility", ["private", "hidden"])
def test_what_is_not_public_is_not_there_for_strangers(db_, report, visibility):
    db_.execute(update(Report).values(visibility=visibility))
    with pytest.raises(NotFound):
        reports.find(db_, report.reference, RESIDENT)
    assert reports.find(db_, report.reference, SYSTEM) is report
    assert list(reports.public_rows(db_, catalog(db_))) == []
    assert list(db_.scalars(reports.public_reports([]))) == []


@pytest.mark.parametrize("permissions", [(), ("queue",), ("queue", "step", "note")], ids=str)
def test_staff_without_a_queue_or_a_department_see_nothing(db_, report, permissions):
    with pytest.raises(NotFound):
        reports.find(db_, report.reference, Actor("staff", "staff:9", frozenset(permissions)))


def test_a_reference_is_found_however_it_is_typed(db_, report):
    told = report.reference
    for typed in (told.lower(), f" {told} ", f"{told[:4]}-{told[4:]}", f"{told[:4]} {told[4:]}"):
        assert reports.find(db_, typed, RESIDENT) is report
    with pytest.raises(NotFound):
        reports.find(db_, "", RESIDENT)


# Any life at all

def test_after_any_life_the_row_is_what_its_timeline_says(db_, make_report):
    clerk = staff_actor(db_, "supervisor")

    @settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(["note", *lifecycle.BY_VERB]), max_size=12))
    def live(verbs):
        report = make_report()
        for verb in verbs:
            if verb == "note":
                reports.note(db_, clerk, report.reference, "A note.")
            elif verb in {s.verb for s in lifecycle.buttons(report.status, clerk)}:
                reports.transition(db_, clerk, report.reference, verb, GIVEN)
        written = events(db_, report)
        assert [event.seq for event in written] == list(range(1, report.events + 1))
        assert (report.status, report.head) == (written[-1].status, written[-1].hash)
        assert (report.closed_at is not None) == (report.status == "closed") == (report.outcome is not None)
        steps = [event for event in written if event.verb in lifecycle.BY_VERB]
        assert (report.first_response_at is not None) == bool(steps)

    live()
    assert list(reports.check_chains(db_)) == []
