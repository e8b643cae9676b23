"""The rule of the queue: the database, the table and the page say the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from civicconnect import clock, queue, reports
from civicconnect.accounts import ContactDetails
from civicconnect.catalog import catalog
from civicconnect.queue import Desk
from civicconnect.reports import Report
from tests.counting import counted
from tests.factories import staff_actor

MOVED = (
    {}, {"due_at": None}, {"priority": "urgent"}, {"priority": "high"}, {"priority": "low"},
    {"reopened": True}, {"answered": True}, {"people": 3}, {"people": 12}, {"status": "waiting"},
    {"priority": "urgent", "reopened": True, "answered": True, "people": 10, "due_at": None},
)


def order(db_, who="streets", **view):
    work = queue.worklist(db_, staff_actor(db_, who), Desk.read(view), catalog(db_))
    return [line.report.reference for line in work.lines]


@pytest.mark.parametrize("change", MOVED, ids=lambda change: ",".join(change) or "as it came in")
def test_the_database_counts_the_rank_as_the_rule_says(db_, make_report, change):
    number = make_report().number
    if change:
        db_.execute(update(Report).where(Report.number == number).values(**change))
    db_.expire_all()
    report = db_.get_one(Report, number)
    assert report.rank == queue.rank(report)


def test_every_row_of_the_rule_moves_some_report_and_has_its_words(db_, make_report):
    report = make_report()
    for row in queue.RULE:
        plain = {"due_at": report.due_at, "priority": "normal", "people": 1, "status": "received",
                 "reopened": False, "answered": False}
        assert any(row.holds(Report(**(plain | change))) for change in MOVED), row.code
        assert str(abs(row.days)) in row.words


def test_the_queue_shows_what_is_due_first_and_moves_it_by_the_rule(db_, make_report):
    now = clock.now()
    with clock.stopped_at(now - timedelta(days=4)):
        older = make_report().reference
    fresh, urgent, reopened = (make_report().reference for _ in range(3))
    staff = staff_actor(db_, "streets")
    reports.rank(db_, staff, urgent, "urgent")
    reports.transition(db_, staff, reopened, "close", {"outcome": "fixed"})
    reports.transition(db_, staff, reopened, "reopen", {"reason": "It is back."})
    db_.expire_all()
    assert order(db_) == [urgent, reopened, older, fresh]
    assert order(db_, why="reopened") == [reopened]
    assert order(db_, priority="urgent") == [urgent]


def test_what_people_write_brings_their_report_forward_until_somebody_answers(db_, make_report):
    other, report = make_report(), make_report(contact=ContactDetails(email="ana@home.example"))
    reports.add(db_, reports.sender(db_, report), "It is deeper now.", ())
    db_.expire_all()
    assert order(db_) == [report.reference, other.reference]
    assert order(db_, why="answered") == [report.reference]
    line = queue.worklist(db_, staff_actor(db_, "streets"), Desk(), catalog(db_)).lines[0]
    assert line.reasons == ("answered",)
    assert line.said[1] == "It is deeper now."
    reports.transition(db_, staff_actor(db_, "streets"), report.reference, "accept")
    assert order(db_, why="answered") == []


def test_views_choose_by_who_works_on_it_and_by_team(db_, make_report):
    mine, theirs, free = (make_report().reference for _ in range(3))
    me = staff_actor(db_, "streets")
    reports.assign(db_, me, mine, queue.staff_id(me))
    reports.assign(db_, me, theirs, team="Night crew")
    db_.expire_all()
    assert order(db_, holder="me") == [mine]
    assert order(db_, holder="nobody") == [free]
    assert order(db_, team="Night crew") == [theirs]
    for odd in ("9" * 30, "²", "x", "-1"):
        assert order(db_, holder=odd) == []
    assert order(db_, why="nothing") == order(db_, priority="nothing") == []


def test_next_goes_on_after_a_report_and_begins_again_at_the_end(db_, make_report):
    first, second, third = (make_report() for _ in range(3))
    me, offer = staff_actor(db_, "streets"), catalog(db_)
    after = [queue.next_after(db_, me, Desk(), offer, one.reference) for one in (first, second, third)]
    assert after == [second.reference, third.reference, first.reference]
    assert queue.next_after(db_, me, Desk(why="reopened"), offer, first.reference) is None
    assert queue.next_after(db_, staff_actor(db_, "lighting"), Desk(), offer, first.reference) is None


def test_where_closed_reports_are_shown_what_changed_last_stands_first_and_is_gone_on_from(
        db_, make_report):
    first, second, third = (make_report().reference for _ in range(3))
    me, offer = staff_actor(db_, "streets"), catalog(db_)
    for minutes, reference in enumerate((second, first)):
        with clock.stopped_at(clock.now() + timedelta(minutes=minutes + 1)):
            reports.transition(db_, me, reference, "close", {"outcome": "fixed"})
    assert order(db_) == [third]
    assert order(db_, status="closed") == [first, second]
    assert order(db_, status="all") == [first, second, third]
    everything = Desk.read({"status": "all"})
    after = [queue.next_after(db_, me, everything, offer, one) for one in (first, second, third)]
    assert after == [second, third, first]


def test_everything_is_counted_in_one_statement(database, db_, make_report):
    make_report()
    me, offer = staff_actor(db_, "streets"), catalog(db_)
    views = [Desk.read({"why": why}) for why in queue.WHY] + [Desk(holder="me"), Desk.read({"q": "hole"})]
    with counted(database) as asked:
        counts = queue.count(db_, me, Desk(), offer, views)
    assert (counts.total, counts.late, len(counts.views), len(asked)) == (1, 0, len(views), 1)


def test_time_left_is_counted_in_the_hours_of_the_promise(db_, make_report):
    report = make_report()
    line = queue.worklist(db_, staff_actor(db_, "streets"), Desk(), catalog(db_)).lines[0]
    promised = timedelta(hours=report.why["hours"]) if "hours" in report.why else None
    assert line.left is not None
    assert timedelta() < line.left < report.due_at - clock.now()
    assert promised is None or abs(line.left - promised) < timedelta(minutes=1)
