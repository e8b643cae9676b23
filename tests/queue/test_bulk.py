"""Steps on many reports: as one by one, refused one by one, resumed after a killed worker, and taken back."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from civicconnect import accounts, clock, db, jobs, notify, queue, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.app import handlers
from civicconnect.catalog import catalog
from civicconnect.errors import Conflict, Invalid, NotFound
from civicconnect.jobs import Job
from civicconnect.queue import Bulk, BulkItem, Desk, bulk
from civicconnect.reports import Event, EventText, Report
from tests.counting import counted
from tests.factories import HERE, make_colleague, put_elsewhere, staff_actor
from tests.offers import make_template

ANA, BEN = ContactDetails(email="ana@home.example"), ContactDetails(email="ben@home.example")
CLOSE = {"verb": "close", "outcome": "fixed", "reason": "Filled on Tuesday."}


def speak(language):
    return notify.Tongue(language, ZoneInfo("UTC"))


@pytest.fixture
def me(db_):
    return staff_actor(db_, "streets")


@pytest.fixture
def many(db_, make_report):
    """Five potholes, two of Ana's and one of Ben's."""
    return [make_report(description="A hole.", contact=who).reference
            for who in (ANA, ANA, BEN, ContactDetails(), ContactDetails())]


def begin(db_, me, references, code="step", given=None):
    seen = dict(db_.execute(select(Report.reference, Report.events)).tuples().all())
    number = queue.begin_selected(db_, me, [(reference, seen[reference]) for reference in references])
    queue.settle(db_, me, number, code, CLOSE if given is None else given)
    return number


def work(db_, number):
    while queue.work_on(db_, number, speak):
        pass
    db_.flush()
    db_.expire_all()


def do(db_, me, references, code="step", given=None):
    number = begin(db_, me, references, code, given)
    queue.start(db_, me, number)
    work(db_, number)
    return number


def states(db_, number):
    asked = select(Report.reference, BulkItem.state).join(BulkItem, BulkItem.report_number == Report.number)
    return dict(db_.execute(asked.where(BulkItem.bulk_id == number)).tuples().all())


def written(db_, reference):
    """Return what a report, its last event, its text and its job hold that chance does not decide."""
    report = reports.find(db_, reference, SYSTEM)
    event = db_.get_one(Event, (report.number, report.events))
    text = db_.get(EventText, (report.number, report.events))
    asked = [{key: value for key, value in payload.items() if key not in ("report", "letters_at")}
             for payload in db_.scalars(select(Job.payload).where(Job.kind == "event").order_by(Job.id))
             if payload.get("report") == report.number]
    facts = {name: value for name, value in reports.kept(report).items() if name not in ("due_at", "why")}
    return facts, event.verb, event.facts, event.public, event.status, text and text.body, asked, report.rank


@pytest.mark.parametrize(("code", "typed", "alone"), [
    ("step", CLOSE, lambda db_, me, one: reports.transition(db_, me, one, "close", CLOSE)),
    ("step", {"verb": "accept"}, lambda db_, me, one: reports.transition(db_, me, one, "accept")),
    ("step", {"verb": "wait", "reason": "A part."},
     lambda db_, me, one: reports.transition(db_, me, one, "wait", {"reason": "A part."})),
    ("assign", {"team": "Night crew"}, lambda db_, me, one: reports.assign(db_, me, one, team="Night crew")),
    ("priority", {"priority": "high"}, lambda db_, me, one: reports.rank(db_, me, one, "high")),
    ("note", {"note": "Same man."}, lambda db_, me, one: reports.note(db_, me, one, "Same man.")),
    ("service", {"service": "road-sign"},
     lambda db_, me, one: reports.change_service(db_, me, one, "road-sign")),
])
def test_what_is_done_in_bulk_is_written_as_one_by_one(db_, me, make_report, code, typed, alone):
    with clock.stopped_at(clock.now()):
        one, two, single = (make_report().reference for _ in range(3))
        number = do(db_, me, [one, two], code, typed)
        alone(db_, me, single)
        db_.expire_all()
        assert states(db_, number) == {one: "done", two: "done"}
        assert written(db_, one) == written(db_, two) == written(db_, single)
    assert list(reports.check_chains(db_)) == []
    assert reports.squares_agree(db_)


def test_reports_that_may_not_take_the_step_are_named_before_and_after(db_, me, many):
    reports.transition(db_, me, many[0], "close", {"outcome": "fixed"})
    number = begin(db_, me, many)
    reports.transition(db_, me, many[1], "accept")  # between looking and doing
    db_.expire_all()
    seen = queue.preview(db_, me, queue.find_bulk(db_, me, number), catalog(db_), speak)
    assert {(one.reference, str(one.why)[:20]) for one in seen.refused} == {
        (many[0], "'close' is not possi"), (many[1], "Someone else changed")}
    assert (seen.total, seen.possible, seen.people) == (5, 3, 1)  # of two of Ana's one is closed, one changed
    queue.start(db_, me, number)
    work(db_, number)
    found = states(db_, number)
    assert [found[one] for one in many] == ["refused", "refused", "done", "done", "done"]
    told = queue.progress(db_, queue.find_bulk(db_, me, number))
    assert {one.reference for one in told.refused} == set(many[:2])
    assert reports.find(db_, many[1], SYSTEM).status == "accepted"


def test_reports_that_somebody_does_not_see_are_not_given_to_them(database, db_, me, make_report):
    here, far, lamp = make_report(), make_report(), make_report(service="street-light")
    limited = make_colleague(db_, "staff", put_elsewhere(db_, far))
    boss = staff_actor(db_, "supervisor")
    given = {"person": str(limited)}
    number = begin(db_, boss, [one.reference for one in (here, far, lamp)], "assign", given)
    seen = queue.preview(db_, boss, queue.find_bulk(db_, boss, number), catalog(db_), speak)
    assert {one.reference: str(one.why) for one in seen.refused} == {
        here.reference: "This report lies outside the areas of whoever would get it.",
        lamp.reference: "Choose somebody who works in this department."}
    queue.start(db_, boss, number, seen.mark)
    work(db_, number)
    assert states(db_, number) == {
        here.reference: "refused", far.reference: "done", lamp.reference: "refused"}
    assert [one.assigned_to for one in (here, far, lamp)] == [None, limited, None]

    def asked(count):
        number = begin(db_, me, [make_report().reference for _ in range(count)], "assign", given)
        with counted(database) as asked:
            queue.preview(db_, me, queue.find_bulk(db_, me, number), catalog(db_), speak)
        return len(asked)

    assert asked(5) == asked(1)


def test_nothing_is_done_but_what_was_looked_at(db_, me, many):
    def look():
        return queue.preview(db_, me, queue.find_bulk(db_, me, number), catalog(db_), speak).mark

    number = begin(db_, me, many, "note", {"note": "Same man."})
    looked = look()
    queue.settle(db_, me, number, "priority", {"priority": "urgent"})
    for mark in (looked, ""):
        with pytest.raises(Conflict):
            queue.start(db_, me, number, mark)
    assert queue.find_bulk(db_, me, number).state == "draft"
    queue.settle(db_, me, number, "note", {"note": "Same man."})
    assert look() == looked
    queue.start(db_, me, number, looked)
    work(db_, number)
    assert set(states(db_, number).values()) == {"done"}
    queue.start(db_, me, number, looked)  # a second press, after the words are gone


def test_people_are_counted_once_however_many_of_their_reports_change(db_, me, many):
    number = begin(db_, me, many)
    seen = queue.preview(db_, me, queue.find_bulk(db_, me, number), catalog(db_), speak)
    assert (seen.possible, seen.people, seen.words) == (5, 2, (("en", "Filled on Tuesday."),))
    assert queue.preview(db_, me, queue.find_bulk(db_, me, begin(db_, me, many, "note", {"note": "x"})),
                         catalog(db_), speak).people == 0


def test_a_template_speaks_the_language_of_each_report(db_, me, make_report):
    make_template(db_, "our-filled", "close", outcome="fixed",
                  words={"en": "{reference}: done at {address}.", "es": "{reference}: hecho."})
    one, two = make_report().reference, make_report(language="es").reference
    number = begin(db_, me, [one, two], given={"verb": "close", "template": "our-filled"})
    words = dict(queue.preview(db_, me, queue.find_bulk(db_, me, number), catalog(db_), speak).words)
    assert words == {"en": f"{one}: done at 1 Test Street.", "es": f"{two}: hecho."}
    queue.start(db_, me, number)
    work(db_, number)
    for reference, said in ((one, words["en"]), (two, words["es"])):
        report = reports.find(db_, reference, SYSTEM)
        assert reports.timeline(db_, report, internal=True)[-1].text["reason"] == said


@pytest.mark.parametrize(("code", "typed"), [
    ("step", CLOSE), ("step", {"verb": "wait", "reason": "A part."}), ("assign", {"team": "Night crew"}),
    ("priority", {"priority": "urgent"}), ("note", {"note": "Same man."}),
    ("service", {"service": "road-sign", "why": "It is the sign."}),
])
def test_taking_back_puts_every_report_where_it_stood_and_the_timeline_keeps_both(db_, me, many, code, typed):
    reports.transition(db_, me, many[4], "wait", {"reason": "Rain."})
    reports.add(db_, reports.sender(db_, reports.find(db_, many[0], SYSTEM)), "Deeper.", ())
    db_.expire_all()
    numbers = list(db_.scalars(select(Report.number)))
    before = reports.state_hash(db_, numbers)
    events = dict(db_.execute(select(Report.number, Report.events)).tuples().all())
    number = do(db_, me, many, code, typed)
    done = [reference for reference, state in states(db_, number).items() if state == "done"]
    queue.undo(db_, me, number)
    work(db_, number)
    assert reports.state_hash(db_, numbers) == before
    assert set(states(db_, number).values()) <= {"undone", "refused"}
    for reference in done:
        report = reports.find(db_, reference, SYSTEM)
        assert report.events == events[report.number] + (3 if code == "service" else 2)
        assert reports.timeline(db_, report, internal=True)[-1].verb == "undo"
    assert list(reports.check_chains(db_)) == []
    assert reports.squares_agree(db_)


def test_what_something_else_happened_to_stays_and_is_named(db_, me, many):
    number = do(db_, me, many)
    reports.transition(db_, me, many[2], "reopen", {"reason": "It is back."})
    queue.undo(db_, me, number)
    work(db_, number)
    assert states(db_, number)[many[2]] == "stays"
    assert [one.reference for one in queue.progress(db_, queue.find_bulk(db_, me, number)).stays] == [many[2]]
    assert reports.find(db_, many[2], SYSTEM).status == "accepted"
    assert reports.find(db_, many[0], SYSTEM).status == "received"


def test_no_statement_is_asked_for_each_report(database, db_, me, many, make_report):
    def asked(references):
        number = begin(db_, me, references)
        queue.start(db_, me, number)
        with counted(database) as closing:
            work(db_, number)
        queue.undo(db_, me, number)
        with counted(database) as taking_back:
            work(db_, number)
        # Writing one row each goes in as few trips as an engine likes.
        return [sum(one.startswith("SELECT") for one in part) for part in (closing, taking_back)]

    few = asked(many[:2])
    assert asked(many + [make_report(description="A hole.").reference for _ in range(7)]) == few


def test_after_ten_minutes_nothing_is_taken_back(db_, me, many):
    number = do(db_, me, many)
    with clock.stopped_at(clock.now() + queue.UNDO_FOR), pytest.raises(Conflict):
        queue.undo(db_, me, number)


def _be_killed_in_the_next_batch(number):
    with db.transaction() as change:
        queue.work_on(change, number, speak)
        raise RuntimeError("killed")


def test_a_killed_worker_leaves_whole_batches_and_the_next_one_goes_on(db_, me, many, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 2)
    number = begin(db_, me, many)
    queue.start(db_, me, number)
    queue.start(db_, me, number)  # a second press
    assert queue.work_on(db_, number, speak)
    with pytest.raises(RuntimeError, match="killed"):
        _be_killed_in_the_next_batch(number)
    db_.expire_all()
    assert sorted(states(db_, number).values()) == ["done"] * 2 + ["waiting"] * 3
    work(db_, number)
    assert not queue.work_on(db_, number, speak)  # nor does it twice
    assert [reports.find(db_, one, SYSTEM).events for one in many] == [3] * 5
    assert len(list(db_.scalars(select(Job).where(Job.kind == "bulk")))) == 1
    row = db_.get_one(Bulk, number)
    assert (row.state, row.given) == ("done", {"verb": "close", "outcome": "fixed"})


def test_letters_wait_for_ten_minutes_and_none_goes_out_about_what_was_taken_back(database, db_, me, many):
    kept = begin(db_, me, many[:2])
    gone = begin(db_, me, many[2:])
    for number in (kept, gone):
        queue.start(db_, me, number)
    jobs.drain(handlers())
    db_.expire_all()
    assert set(db_.scalars(select(Report.status))) == {"closed"}
    # What they got when they reported it has gone out; of the closing nothing yet.
    sent = len(notify.letterbox().letters())
    queue.undo(db_, me, gone)
    jobs.drain(handlers())
    assert len(notify.letterbox().letters()) == sent
    with clock.stopped_at(clock.now() + bulk.LETTERS_WAIT + timedelta(seconds=5)):
        jobs.drain(handlers())
    assert len(notify.letterbox().letters()) == sent + 2  # both of Ana's, and not Ben's


def test_a_whole_view_is_chosen_as_it_stands_and_only_what_one_may_see(db_, me, many):
    number = queue.begin_view(db_, me, Desk.read({"q": "hole"}), catalog(db_))
    assert set(states(db_, number)) == set(many)
    with pytest.raises(Invalid):
        queue.begin_view(db_, staff_actor(db_, "lighting"), Desk(), catalog(db_))
    with pytest.raises(Invalid):
        queue.begin_selected(db_, staff_actor(db_, "lighting"), [(many[0], 2)])
    with pytest.raises(NotFound):
        queue.find_bulk(db_, staff_actor(db_, "lighting"), number)
    assert queue.find_bulk(db_, staff_actor(db_, "supervisor"), number).id == number


def test_more_than_may_be_done_at_once_is_refused(db_, me, many, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 4)
    for begin_ in (lambda: queue.begin_view(db_, me, Desk(), catalog(db_)),
                   lambda: queue.begin_selected(db_, me, [(one, 2) for one in many])):
        with pytest.raises(Invalid, match="at most 4"):
            begin_()


def test_whoever_lost_the_right_meanwhile_changes_nothing(db_, me, many):
    number = begin(db_, me, many)
    queue.start(db_, me, number)
    role = db_.scalars(select(accounts.Role).where(accounts.Role.name == "staff")).one()
    role.permissions = ["queue"]
    db_.flush()
    work(db_, number)
    assert set(states(db_, number).values()) == {"refused"}
    assert set(db_.scalars(select(Report.events))) == {2}


@pytest.mark.parametrize(("code", "typed", "field"), [
    ("", {}, "action"), ("explode", {}, "action"), ("step", {}, "verb"),
    ("step", {"verb": "withdraw"}, "verb"),
    ("step", {"verb": "close"}, "outcome"), ("step", {"verb": "close", "outcome": "duplicate"}, "lead"),
    ("step", {"verb": "plan", "planned_for": "2001-01-01"}, "planned_for"),
    ("step", {"verb": "close", "outcome": "no_action"}, "reason"),
    ("priority", {"priority": "melted"}, "priority"), ("note", {"note": " "}, "note"),
    ("assign", {"person": "99999999999999"}, "person"), ("assign", {"person": "²"}, "person"),
    ("assign", {"person": "٣"}, "person"), ("assign", {"person": "0"}, "person"),
    ("service", {}, "service"), ("service", {"service": "nope"}, "service"),
    ("note", {"note": "x" * 4001}, "note"), ("assign", {"team": "x" * 41}, "team"),
])
def test_what_every_report_owes_is_asked_for_before_anything_is_looked_at(db_, me, many, code, typed, field):
    number = begin(db_, me, many)
    with pytest.raises(Invalid) as fault:
        queue.settle(db_, me, number, code, typed)
    assert field in fault.value.fields


def test_a_draft_is_forgotten_after_a_day_and_what_was_done_after_some_months(db_, me, many):
    draft, done = begin(db_, me, many), do(db_, me, many)
    queue.forget_bulks(db_, clock.now() + timedelta(days=2))
    assert list(db_.scalars(select(Bulk.id))) == [done]
    queue.forget_bulks(db_, clock.now() + timedelta(days=100))
    assert list(db_.scalars(select(Bulk.id))) == list(db_.scalars(select(BulkItem.bulk_id))) == []
    assert draft != done


def test_taking_back_another_service_puts_reports_under_their_planned_work_again(db_, moderator, many):
    new = reports.NewWork("streets", "Resurfacing", "New asphalt.", date(2100, 5, 3), date(2100, 5, 21),
                          ("pothole",), points=(HERE,))
    work_of_may = reports.plan_work(db_, moderator, new)
    reports.cover(db_, moderator, work_of_may.id, many[:2])
    three = [reports.find(db_, reference, SYSTEM) for reference in many[:3]]
    numbers = [report.number for report in three]
    before = reports.state_hash(db_, numbers)
    number = do(db_, moderator, many[:3], "service", {"service": "street-light", "why": "A lamp."})
    assert [reports.work_of(db_, one) for one in numbers] == [None] * 3
    queue.undo(db_, moderator, number)
    work(db_, number)
    assert [reports.work_of(db_, one) for one in numbers] == [work_of_may] * 2 + [None]
    assert reports.state_hash(db_, numbers) == before
    number = do(db_, moderator, many[:2], "service", {"service": "street-light", "why": "A lamp."})
    reports.call_off(db_, moderator, work_of_may.id, "No money.")
    queue.undo(db_, moderator, number)
    work(db_, number)
    assert [reports.work_of(db_, one) for one in numbers[:2]] == [None, None]  # it does not come any more
