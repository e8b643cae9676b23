"""A question to whoever sent a report: the clock stands still, the answer lets it run on, silence ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from civicconnect import clock, jobs, notify, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.app import handlers
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.reports import Person
from tests.factories import RESIDENT, staff_actor
from tests.offers import change_city, change_service

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANA = ContactDetails("Ana", "ana@home.example")


@pytest.fixture
def at():
    """Move the clock to so many days after Monday."""
    stopped = []

    def move(days=0.0):
        while stopped:
            stopped.pop().__exit__(None, None, None)
        stopped.append(clock.stopped_at(MONDAY + timedelta(days=days)))
        stopped[-1].__enter__()
    move()
    yield move
    while stopped:
        stopped.pop().__exit__(None, None, None)


@pytest.fixture
def report(db_, at, make_report):
    change_city(db_, questions={})  # as it is where a city decides nothing
    return make_report(description="A hole.", contact=ANA)


@pytest.fixture
def sender(db_, report):
    return reports.sender(db_, report)


def ask(db_, staff, report, words="Which side of the street?", **how):
    return reports.ask(db_, staff, report.reference, words, **({"to_all": True} | how))


def last(db_, report, *, internal=True, sender=False):
    return reports.timeline(db_, report, internal=internal, sender=sender)[-1]


def subjects():
    jobs.drain(handlers())
    return [file.read_text("utf-8", "replace") for file in reversed(notify.letterbox().letters())]


def test_a_question_stops_the_clock_and_the_answer_lets_it_run_on(db_, staff, report, sender, at):
    due = report.due_at
    ask(db_, staff, report)
    assert (report.status, report.first_response_at) == ("waiting", MONDAY)
    at(days=7)
    assert not reports.is_late(report, clock.now())
    reports.reply(db_, sender, report.events, "The north side.")
    assert report.status == "received"
    assert report.due_at == due + timedelta(days=7)
    assert report.answered_at == clock.now()
    assert dict(last(db_, report).text) == {"words": "The north side."}
    reports.transition(db_, staff, report.reference, "accept")
    assert report.answered_at is None


def test_the_letter_asks_and_leads_to_the_page_with_the_question(db_, staff, report):
    ask(db_, staff, report)
    letter = subjects()[-1]
    assert "> Which side of the street?" in letter
    assert f"key=3D{reports.own_key(report.id)}#question" in letter.replace("=\r\n", "").replace("=\n", "")


def test_what_only_the_sender_is_asked_strangers_do_not_read(db_, staff, report, sender):
    ask(db_, staff, report, "Is it your flat?", to_all=False)
    assert "question" not in last(db_, report, internal=False).text
    assert last(db_, report, internal=False, sender=True).text["question"] == "Is it your flat?"
    reports.reply(db_, sender, report.events, "Yes, the second floor.")
    assert not last(db_, report, internal=False).text
    seq = report.events
    reports.redact(db_, report, seq, "Yes.")
    assert not last(db_, report, internal=False).text
    assert last(db_, report, internal=False, sender=True).text == {"words": "Yes."}


def test_nobody_answers_twice_but_a_double_click_is_one_answer(db_, staff, report, sender):
    ask(db_, staff, report)
    seq = report.events
    reports.reply(db_, sender, seq, "North.")
    count = report.events
    reports.reply(db_, sender, seq, "North.")
    assert report.events == count
    with pytest.raises(Conflict):
        reports.reply(db_, sender, seq, "No, south.")


def test_only_whoever_sent_the_report_answers(db_, staff, report):
    ask(db_, staff, report)
    other = reports.joined(db_, RESIDENT, report.reference, Person("b"), affected=True)
    with pytest.raises(NotAllowed):
        reports.reply(db_, other, report.events - 1, "Me!")


@pytest.mark.parametrize("words", ["", "  ", "x" * 2001])
def test_a_question_has_words_and_not_too_many(db_, staff, report, words):
    with pytest.raises(Invalid):
        ask(db_, staff, report, words)


def test_a_closed_report_and_one_that_waits_already_ask_nothing(db_, staff, report):
    ask(db_, staff, report)
    with pytest.raises(Conflict):
        ask(db_, staff, report, "And which colour?")
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})
    with pytest.raises(Conflict):
        ask(db_, staff, report)
    with pytest.raises(NotFound):
        ask(db_, staff_actor(db_, "lighting"), report)


def test_an_answer_to_a_question_that_staff_went_past_is_refused(db_, staff, report, sender):
    ask(db_, staff, report)
    seq = report.events
    reports.transition(db_, staff, report.reference, "resume")
    with pytest.raises(Conflict):
        reports.reply(db_, sender, seq, "North.")
    assert reports.live_question(db_, report) is None


def test_one_is_reminded_once_and_then_the_work_goes_on(db_, staff, report, sender, at):
    ask(db_, staff, report)
    seq = report.events
    subjects()
    at(days=10.9)
    assert not reports.questions_are_due(db_)
    at(days=11)
    for _ in range(2):
        reports.look_at_questions(db_)
    assert (last(db_, report).verb, report.events) == ("remind", seq + 1)
    assert "Your answer is still missing." in subjects()[-1]
    at(days=14)
    for _ in range(2):
        reports.look_at_questions(db_)
    assert (last(db_, report).verb, report.status, report.events) == ("no_answer", "received", seq + 2)
    assert "goes on without it" in subjects()[-1].replace("=\n", "").replace("=\r\n", "")
    with pytest.raises(Conflict):
        reports.reply(db_, sender, seq, "North.")


def test_a_city_may_close_what_nobody_answers_and_a_service_may_give_less_time(db_, staff, report, at):
    change_city(db_, questions={"days": 14, "remind": 0, "then": "close",
                                "reason": {"en": "We asked and heard nothing."}})
    change_service(db_, "pothole", answer_days=2)
    ask(db_, staff, report)
    before = len(subjects())
    at(days=2)
    reports.look_at_questions(db_)
    assert (report.status, report.outcome) == ("closed", "no_action")
    assert last(db_, report).text["reason"] == "We asked and heard nothing."
    assert len(subjects()) == before + 1


def test_a_question_settled_by_a_step_is_neither_reminded_nor_ended(db_, staff, report, at):
    ask(db_, staff, report)
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})
    count = report.events
    at(days=20)
    assert reports.look_at_questions(db_) == 1
    assert (report.events, reports.look_at_questions(db_)) == (count, 0)


def test_taking_back_the_question_puts_the_report_where_it_was(db_, staff, report):
    stood, seq = reports.kept(report), report.events + 1
    ask(db_, staff, report)
    reports.put_back(db_, staff, report, stood, seq, public=True)
    assert report.status == "received"
    assert reports.live_question(db_, report) is None
    assert reports.find(db_, report.reference, SYSTEM).due_at == report.due_at
