"""Two at once: an answer, a firm's word, a hop and the calendar's look each happen once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from civicconnect import accounts, clock, db, jobs, queue, reports, settings
from civicconnect.app import handlers
from civicconnect.reports import Report
from tests.factories import RESIDENT, new_report, staff_actor


@pytest.fixture
def together(own_database, given):
    """Do the same from three threads in one instant; returns what came of each."""
    def act(do):
        start, came_of = threading.Barrier(3), []

        def one():
            with db.bound(own_database), settings.bound(given):
                start.wait()
                try:
                    with db.transaction() as change:
                        do(change)
                    came_of.append("done")
                except Exception as fault:  # noqa: BLE001  the test looks at it
                    came_of.append(type(fault).__name__)

        threads = [threading.Thread(target=one) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Counter(came_of)
    return act


@pytest.fixture
def report(own_database) -> Report:
    with db.transaction() as change:
        return reports.find(change, reports.submit(change, RESIDENT, new_report()).reference, accounts.SYSTEM)


def verbs(report):
    with db.reading() as view:
        found = reports.find(view, report.reference, accounts.SYSTEM)
        return [entry.verb for entry in reports.timeline(view, found, internal=True)[2:]]


def test_each_happens_once(together, report):
    with db.transaction() as change:
        clerk, chief = staff_actor(change, "streets"), staff_actor(change, "supervisor")
        reports.ask(change, clerk, report.reference, "Which side?", to_all=True)

    def reply(change):
        found = reports.find(change, report.reference, accounts.SYSTEM)
        reports.reply(change, reports.sender(change, found), 3, "North.")
    assert together(reply) == {"done": 3}

    with db.transaction() as change:
        firm = reports.keep_contractor(change, chief, report.department_id, "Hall", "w@hall.example", "en")
        made = reports.commission(change, clerk, report.reference, firm.id, "Fill it.",
                                  (clock.now() + timedelta(days=7)).date())
        token = reports.token_of_work(made)
    assert together(lambda change: reports.accept_work(change, token)) == {"done": 3}
    assert together(lambda change: reports.finish_work(change, token)) == {"done": 3}
    assert together(lambda change: reports.hand_over(
        change, chief, report.reference, "lighting", "Theirs.")) == {"done": 1, "Invalid": 2}
    assert verbs(report) == ["ask", "reply", "commission", "work_accept", "work_done", "hand_over"]


def test_the_calendar_looks_once_however_many_workers_there_are(together, report):
    with db.transaction() as change:
        clerk = staff_actor(change, "streets")
        reports.ask(change, clerk, report.reference, "Which side?", to_all=True)
    jobs.drain(handlers())
    later = clock.now() + timedelta(days=30)

    def look(change):
        with clock.stopped_at(later):
            reports.look_at_questions(change)
    assert together(look) == {"done": 3}
    other = _another()
    jobs.drain(handlers())

    def escalate(change):
        with clock.stopped_at(later):
            queue.escalate(change)
    assert together(escalate) == {"done": 3}
    assert verbs(report) == ["ask", "no_answer", "close"]
    assert verbs(other) == ["escalate"]


def _another():
    with db.transaction() as change:
        return reports.find(change, reports.submit(change, RESIDENT, new_report()).reference, accounts.SYSTEM)
