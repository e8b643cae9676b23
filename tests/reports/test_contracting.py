"""Work for a firm without an account: one link for one report, and every answer on the timeline."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from civicconnect import clock, jobs, notify, reports
from civicconnect.accounts import ContactDetails
from civicconnect.app import handlers
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.media import Photo
from civicconnect.reports import Ended
from tests.factories import staff_actor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FRIDAY = date(2026, 11, 27)


@pytest.fixture(autouse=True)
def monday():
    with clock.stopped_at(MONDAY):
        yield


@pytest.fixture
def report(make_report):
    return make_report(description="A hole.", contact=ContactDetails("Ana", "ana@home.example", "555 0101"))


@pytest.fixture
def firm(db_, moderator, report):
    return reports.keep_contractor(
        db_, moderator, report.department_id, "Hall & Sons", "work@hall.example", "es")


@pytest.fixture
def give(db_, staff, report, firm):
    """Give the report to the firm and return the link's secret."""
    def make(words="Fill it.", due=FRIDAY, contractor=None, **how):
        made = reports.commission(db_, staff, report.reference, contractor or firm.id, words, due, **how)
        return reports.token_of_work(made)
    return make


def verbs(db_, report, *, internal=True):
    return [entry.verb for entry in reports.timeline(db_, report, internal=internal)[2:]]


def letters():
    jobs.drain(handlers())
    return [message_from_bytes(file.read_bytes(), policy=default)
            for file in reversed(notify.letterbox().letters())]


def test_the_link_comes_by_letter_and_stands_nowhere_in_the_database(db_, give, report):
    token = give()
    letter = next(m for m in letters() if m["To"] == "work@hall.example")
    told = letter.get_body(("plain",)).get_content()
    assert f"/es/work/{token}" in told
    assert "> Fill it." in told
    assert "Bache" in letter["Subject"]
    assert "ana@home" not in told
    assert "555 0101" not in told
    [row] = db_.execute(select(reports.Commission.__table__)).all()
    assert token not in [str(value) for value in row]
    assert reports.work_at(db_, token).report is report


def test_whoever_gives_what_its_people_wrote_on_to_a_firm_has_read_it(db_, give, report):
    reports.add(db_, reports.sender(db_, report), "It is deeper now.", ())
    assert report.answered
    give()
    assert not report.answered


def test_accepting_and_finishing_twice_is_once_and_staff_look_at_it(db_, staff, give, report):
    token = give()
    for _ in range(2):
        reports.accept_work(db_, token)
    for _ in range(2):
        reports.finish_work(db_, token, "Two bags.", [Photo("b" * 64, 40, 30)])
    assert verbs(db_, report) == ["commission", "work_accept", "work_done"]
    assert reports.timeline(db_, report, internal=True)[-1].actor.startswith("contractor:")
    assert report.status == "received"
    assert [t.kind for t, _ in db_.execute(reports.tasks(staff))] == ["check_work"]
    assert reports.around(db_, report).states == {"b" * 64: "waiting"}


def test_what_a_trusted_firm_calls_done_is_closed(db_, give, firm, report):
    firm.trusted = True
    reports.finish_work(db_, give())
    assert (report.status, report.outcome) == ("closed", "fixed")
    assert verbs(db_, report) == ["commission", "work_done", "close"]


def test_who_refuses_says_why_and_another_may_get_it(db_, staff, give, report):
    token = give()
    with pytest.raises(Invalid):
        reports.refuse_work(db_, token, " ")
    reports.refuse_work(db_, token, "We have no roller.")
    with pytest.raises(Ended) as told:
        reports.accept_work(db_, token)
    assert "You have refused" in told.value.sentence
    assert [t.kind for t, _ in db_.execute(reports.tasks(staff))] == ["refused"]
    assert reports.work_at(db_, give()).commission.state == "sent"


def test_what_a_firm_tells_stays_inside_until_staff_publish_it_once(db_, staff, give, report):
    token = give()
    reports.comment_on_work(db_, token, "The dog bites.")
    for _ in range(2):
        reports.comment_on_work(db_, token, "Closed on Tuesday.", proposed=True)
    strangers = reports.timeline(db_, report, internal=False)
    read = str([e.text for e in strangers])
    assert not [word for word in ("dog", "Tuesday", "Fill") if word in read]
    [proposed] = reports.proposals(reports.timeline(db_, report, internal=True))
    for _ in range(2):
        reports.publish_comment(db_, staff, report.reference, proposed.seq)
    assert verbs(db_, report, internal=False) == ["commission", "work_publish"]
    assert reports.timeline(db_, report, internal=False)[-1].text["reason"] == "Closed on Tuesday."
    with pytest.raises(NotFound):
        reports.publish_comment(db_, staff, report.reference, proposed.seq - 1)


def test_long_after_the_end_nothing_is_kept_of_what_a_firm_was_told(db_, give, report):
    token = give("Ring at Ana's, second floor.")
    reports.finish_work(db_, token)
    assert reports.forget_work(db_, MONDAY) == 0
    assert reports.forget_work(db_, MONDAY + timedelta(days=1)) == 1
    assert db_.scalars(select(reports.Commission.words)).all() == [""]


@pytest.mark.parametrize("token", ["", "x", "0" * 48, "é" * 48, "a" * 5000])
def test_a_guessed_link_is_none(db_, give, token):
    give()
    with pytest.raises(NotFound) as refused:
        reports.work_at(db_, token)
    assert not isinstance(refused.value, Ended)


def test_a_link_ends_when_it_is_taken_back_too_old_closed_or_elsewhere(db_, staff, moderator, give, report):
    token = give()
    with clock.stopped_at(MONDAY + timedelta(days=35)), pytest.raises(Ended):
        reports.work_at(db_, token)
    reports.revoke(db_, staff, report.reference)
    with pytest.raises(Ended) as told:
        reports.finish_work(db_, token)
    assert "taken this work back" in told.value.sentence
    # Before anybody was told of it:
    assert [m["Subject"] for m in letters() if m["To"] == "work@hall.example"] == []
    second = give()
    assert len([m for m in letters() if m["To"] == "work@hall.example"]) == 1
    reports.hand_over(db_, staff, report.reference, "lighting", "Theirs.")
    with pytest.raises(Ended):
        reports.accept_work(db_, second)
    assert len([m for m in letters() if m["To"] == "work@hall.example"]) == 2


def test_after_the_closing_the_link_says_so(db_, staff, give, report):
    token = give()
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})
    for use in (reports.accept_work, reports.finish_work, reports.work_at):
        with pytest.raises(Ended) as told:
            use(db_, token)
    assert "closed" in told.value.sentence


@pytest.mark.parametrize(("typed", "field"), [
    ({"words": " "}, "task"), ({"due": date(2026, 11, 22)}, "due_on"), ({"due": date(2029, 1, 1)}, "due_on"),
    ({"contractor": 10**9}, "contractor")])
def test_work_needs_a_firm_of_the_department_words_and_a_day(give, typed, field):
    with pytest.raises(Invalid) as refused:
        give(**typed)
    assert list(refused.value.fields) == [field]


def test_one_firm_at_a_time_and_only_those_of_the_department_give_work(db_, give, report, firm):
    give()
    with pytest.raises(Conflict):
        give()
    with pytest.raises(NotFound):
        reports.commission(db_, staff_actor(db_, "lighting"), report.reference, firm.id, "Fill it.", FRIDAY)


def test_only_a_supervisor_keeps_the_list(db_, staff, moderator, report):
    with pytest.raises(NotAllowed):
        reports.keep_contractor(db_, staff, report.department_id, "Hall", "work@hall.example", "en")
    for name, email, field in (("", "a@b.example", "name"), ("Hall", "hall", "email"),
                               ("Hall", "a@b.example\nBcc: c@d.example", "email")):
        with pytest.raises(Invalid) as refused:
            reports.keep_contractor(db_, moderator, report.department_id, name, email, "en")
        assert list(refused.value.fields) == [field]
