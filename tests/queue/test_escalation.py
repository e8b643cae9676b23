"""When nobody acts: the role, its head, then everybody; once each, in business hours, not while it waits."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from civicconnect import clock, jobs, notify, queue, reports
from civicconnect.app import handlers, schedule
from civicconnect.queue import Escalation, EscalationRule, Stage, falls_at, starting
from civicconnect.sla import Hours
from tests.counting import counted

OFFICE = ((8 * 60, 16 * 60),)
WEEK = Hours("Europe/Zurich", (OFFICE,) * 5 + ((), ()))
ZURICH = ZoneInfo("Europe/Zurich")
RULE = EscalationRule("slow", "receive", (Stage("tell", 8, "staff"), Stage("tell", 4, "supervisor"),
                                          Stage("publish", 4)))
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def local(*when):
    return datetime(*when, tzinfo=ZURICH)


@pytest.mark.parametrize(("since", "due"), [
    (local(2026, 11, 23, 8), local(2026, 11, 23, 16)),
    (local(2026, 11, 27, 15), local(2026, 11, 30, 15)),  # over a weekend
    (local(2026, 10, 23, 12), local(2026, 10, 26, 12)),  # and over the end of summer time
    (local(2027, 3, 26, 12), local(2027, 3, 29, 12)),  # and its beginning
])
def test_the_hours_are_those_of_the_office(since, due):
    assert falls_at(RULE, 0, since, WEEK) == due


def test_a_day_on_which_it_is_closed_does_not_count_and_after_the_last_stage_nothing_comes():
    closed = Hours(WEEK.zone, WEEK.week, frozenset({date(2026, 11, 24)}))
    assert falls_at(RULE, 0, local(2026, 11, 23, 12), closed) == local(2026, 11, 25, 12)
    assert falls_at(RULE, 3, MONDAY, WEEK) is None


@pytest.mark.parametrize(("narrow", "fits"), [
    ({}, True), ({"services": frozenset({"tree"})}, False), ({"departments": frozenset({"streets"})}, True),
    ({"priorities": frozenset({"urgent"})}, False), ({"after": "reply"}, False)])
def test_a_rule_is_for_the_reports_it_names(narrow, fits):
    rule = EscalationRule(**({"code": "x", "after": "receive", "stages": RULE.stages} | narrow))
    assert bool(starting([rule], "receive", "pothole", "streets", "normal")) is fits


# In the database

@contextmanager
def later(since, hours):
    with clock.stopped_at(since + timedelta(hours=hours)):
        yield


@pytest.fixture
def rules(db_):
    """Two hours, two more, two more: by a calendar that never closes."""
    def put(**changed):
        found, faults = queue.check({"escalation.toml": "\n".join([
            "[[escalation]]", 'code = "slow"', 'tell = "staff"', 'then = "supervisor"', "then_hours = 2",
            "publish_hours = 2",
            *(f"{k} = {v}" for k, v in ({"after": '"receive"', "hours": 2} | changed).items())
        ]).encode()}, ["streets"], ["pothole"])
        assert faults == []
        queue.load(db_, found)
    put()
    return put


@pytest.fixture(autouse=True)
def always_open(monkeypatch):
    whole = Hours("UTC", (((0, 1440),),) * 7)
    monkeypatch.setattr("civicconnect.queue.watching.falls_at",
                        lambda rule, stage, since, _hours: falls_at(rule, stage, since, whole))
    monkeypatch.setattr("civicconnect.queue.watching._hours", lambda *_: whole)


@pytest.fixture
def report(rules, make_report):
    with clock.stopped_at(MONDAY):
        made = make_report()
        jobs.drain(handlers())
    return made


def verbs(db_, report, *, internal=True):
    return [e.verb for e in reports.timeline(db_, report, internal=internal)[2:]]


def at(db_, hours):
    """Let the worker do all that there is, so many hours after Monday nine o'clock."""
    with later(MONDAY, hours):
        schedule()
        jobs.drain(handlers())
        db_.expire_all()


def test_the_role_its_head_and_then_everybody_are_told_once_each(db_, report, moderator, staff, visitor):
    at(db_, 1.9)
    assert verbs(db_, report) == []
    for _ in range(3):
        at(db_, 2)
    assert verbs(db_, report) == ["escalate"]
    assert [t.role for t, _ in db_.execute(reports.tasks(staff))] == ["staff"]
    at(db_, 4.1)
    assert [t.role for t, _ in db_.execute(reports.tasks(moderator))] == ["staff", "supervisor"]
    for hours in (6.2, 20, 200):
        at(db_, hours)
    assert verbs(db_, report) == ["escalate", "escalate", "overdue"]
    assert verbs(db_, report, internal=False) == ["overdue"]
    assert "Overdue" in visitor.get(f"/reports/{report.reference}").words


def test_a_step_of_staff_ends_it_and_ticks_the_task_off(db_, report, staff):
    at(db_, 2)
    with later(MONDAY, 3):
        reports.transition(db_, staff, report.reference, "accept")
        jobs.drain(handlers())
    assert reports.count_tasks(db_, staff) == 0
    at(db_, 300)
    assert verbs(db_, report) == ["escalate", "accept"]
    assert db_.scalar(select(func.count()).select_from(Escalation)) == 0


def test_a_note_is_no_step_and_other_words_of_a_moderator_are_none(db_, rules, make_report, staff, moderator):
    with clock.stopped_at(MONDAY):
        report = make_report(description="My neighbour did it.")
        jobs.drain(handlers())
    with later(MONDAY, 1):
        reports.note(db_, staff, report.reference, "I look at it later.")
        reports.rewrite(db_, moderator, report.reference, 1, "It is there.", "personal")
        jobs.drain(handlers())
    at(db_, 2)
    assert verbs(db_, report) == ["note", "redact", "escalate"]


def test_a_step_whose_event_no_worker_has_seen_yet_counts_all_the_same(db_, report, staff):
    with later(MONDAY, 1):
        reports.transition(db_, staff, report.reference, "accept")
    with later(MONDAY, 2):
        queue.escalate(db_)
    assert verbs(db_, report) == ["accept"]


def test_the_same_event_twice_starts_one_clock(db_, report):
    with later(MONDAY, 1):
        queue.watch(db_, report.number, 1, "receive")
    [row] = db_.scalars(select(Escalation)).all()
    assert row.at == MONDAY + timedelta(hours=2)


def test_the_clock_stands_still_while_the_report_waits(db_, rules, staff, make_report):
    rules(after='"add"')
    with clock.stopped_at(MONDAY):
        report = make_report()
        reports.ask(db_, staff, report.reference, "Where?", to_all=True)
    with later(MONDAY, 1):
        sender = reports.sender(db_, report)
        reports.add(db_, sender, "And a second one.", ())
        jobs.drain(handlers())
    at(db_, 50)
    assert "escalate" not in verbs(db_, report)
    with later(MONDAY, 51):
        reports.reply(db_, sender, 3, "There.")
        jobs.drain(handlers())
    at(db_, 52.9)
    assert "escalate" not in verbs(db_, report)
    at(db_, 53)
    assert verbs(db_, report)[-1] == "escalate"


def test_what_comes_to_somebody_at_once_is_one_letter_with_a_row_for_each(db_, rules, make_report):
    with clock.stopped_at(MONDAY):
        made = [make_report() for _ in range(4)]
        jobs.drain(handlers())
    at(db_, 2)
    at(db_, 2.1)
    letters = [file.read_text("utf-8", "replace") for file in notify.letterbox().letters()]
    [digest] = [text for text in letters if "To: streets@larkmouth.example" in text]
    assert all(report.reference in digest for report in made)
    rows = db_.scalars(select(notify.Delivery.state).where(notify.Delivery.staff_id.is_not(None))).all()
    assert rows == ["sent"] * 4


def test_more_than_fit_into_one_transaction_are_all_told(db_, rules, make_report, monkeypatch):
    monkeypatch.setattr("civicconnect.queue.watching.AT_ONCE", 2)
    with clock.stopped_at(MONDAY):
        made = [make_report() for _ in range(5)]
        jobs.drain(handlers())
    at(db_, 2)
    assert [verbs(db_, report) for report in made] == [["escalate"]] * 5


def test_a_rule_that_is_gone_tells_nobody(db_, report):
    queue.load(db_, ())
    at(db_, 20)
    assert verbs(db_, report) == []


def test_however_many_are_open_few_statements_ask_whether_any_is_due(db_, database, rules, make_report):
    with clock.stopped_at(MONDAY):
        for _ in range(3):
            make_report()
        jobs.drain(handlers())
        with counted(database) as seen:
            assert not queue.is_due(db_)
            assert queue.escalate(db_) == 0
    assert len(seen) == 2


@pytest.mark.parametrize(("line", "fault"), [
    ('tell = "king"', "none of"), ("hours = 0", "more than 0"), ('after = "sneeze"', "none of"),
    ('services = ["moon"]', "no service"), ('departments = ["moon"]', "no department"),
    ('then = "admin"', "go together"), ("minutes = 3", "minutes")])
def test_a_rule_that_cannot_be_meant_is_named(line, fault):
    given = {"code": '"x"', "after": '"receive"', "hours": "2", "tell": '"staff"'}
    given |= dict([line.split(" = ")])
    text = "[[escalation]]\n" + "\n".join(f"{key} = {value}" for key, value in given.items())
    _, faults = queue.check({"escalation.toml": text.encode()}, ["streets"], ["pothole"])
    assert any(fault in words for words in faults), faults
