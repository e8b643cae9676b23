"""The queue and the report page: what is next, what may be done, what is owed for it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from civicconnect import clock, reports
from civicconnect.accounts import SYSTEM
from civicconnect.geo import Point


@contextmanager
def counted(database):
    """Count the statements sent to the database."""
    seen: list[str] = []

    def note(_conn, _cursor, statement, *_):
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def steps(signed_in, make_report):
    """A clerk before a report: take a step, get the page."""
    report = make_report()
    clerk = signed_in("streets")
    address = f"/staff/reports/{report.reference}"

    def take(verb, **given):
        fields = clerk.get(address).form("/steps", verb=verb)
        return clerk.post(f"{address}/steps", fields | {"verb": verb} | given)

    take.clerk, take.address, take.reference = clerk, address, report.reference
    return take


def test_every_step_of_the_lifecycle_has_its_button(steps):
    for verb, given in (("accept", {}), ("plan", {"planned_for": "2100-01-31"}), ("start", {}),
                        ("wait", {"reason": "The part is ordered."}), ("resume", {}),
                        ("close", {"outcome": "fixed"}), ("reopen", {"reason": "It is back."})):
        assert "alert" not in steps.clerk.follow(steps(verb, **given)).text, verb
    words = steps.clerk.get(steps.address).words
    for said in ("Accepted", "Work planned", "Planned for Jan 31, 2100", "Work started",
                 "The part is ordered.", "Work resumed", "Closed: Fixed", "Reopened", "It is back."):
        assert said in words


@pytest.mark.parametrize(("verb", "typed", "words"), [
    ("plan", {"planned_for": ""}, "Give the day it is planned for"),
    ("plan", {"planned_for": "2001-01-01"}, "today or later"),
    ("plan", {"planned_for": "tomorrow"}, "today or later"),
    ("wait", {"reason": "  "}, "Tell the resident why"),
    ("close", {"outcome": ""}, "Choose what came of it"),
    ("close", {"outcome": "melted"}, "Choose what came of it"),
    ("close", {"outcome": "no_action"}, "Tell the resident why"),
    ("close", {"outcome": "duplicate", "lead": "NOTHERE1"}, "No other report has this reference"),
    ("close", {"outcome": "handed_over"}, "Name who looks after it next"),
    ("close", {"outcome": "no_action", "reason": "x" * 2001}, "at most 2000"),
])
def test_what_a_step_owes_is_asked_for_beside_its_field(steps, verb, typed, words):
    page = steps(verb, **typed)
    assert page.status == 422
    assert words in page.words
    for name, value in typed.items():
        assert page.form("/steps", verb=verb)[name] == value or name == "outcome"


def test_a_step_on_an_old_page_is_refused_with_what_happened(steps, signed_in):
    old = steps.clerk.get(steps.address).form("/steps", verb="accept")
    steps("close", outcome="fixed")
    page = steps.clerk.post(f"{steps.address}/steps", old | {"verb": "accept"})
    assert page.status == 409
    assert "Someone else changed this report" in page.words
    assert "Closed: Fixed" in page.words


def test_a_double_click_takes_the_step_once(steps, db_):
    fields = steps.clerk.get(steps.address).form("/steps", verb="accept")
    first = steps.clerk.post(f"{steps.address}/steps", fields | {"verb": "accept"})
    second = steps.clerk.post(f"{steps.address}/steps", fields | {"verb": "accept"})
    assert (first.status, second.status) == (303, 409)
    db_.expire_all()
    assert reports.find(db_, steps.reference, SYSTEM).events == 3


def test_an_unknown_step_is_refused(steps):
    fields = steps.clerk.get(steps.address).form("/steps", verb="accept")
    assert steps.clerk.post(f"{steps.address}/steps", fields | {"verb": "explode"}).status in (403, 422)


def test_an_internal_note_stays_internal(steps, visitor):
    fields = steps.clerk.get(steps.address).form("/notes")
    steps.clerk.follow(steps.clerk.post(f"{steps.address}/notes", fields | {"note": "Same man as ever."}))
    assert "Same man as ever." in steps.clerk.get(steps.address).words
    for path in (f"/reports/{steps.reference}", "/reports.csv", "/reports.geojson"):
        page = visitor.get(path)
        assert b"Same man" not in page.bytes
        assert b"Internal" not in page.bytes


def test_an_empty_note_says_so(steps):
    fields = steps.clerk.get(steps.address).form("/notes")
    page = steps.clerk.post(f"{steps.address}/notes", fields | {"note": " "})
    assert page.status == 422
    assert "Write a note" in page.words


def test_the_late_ones_come_first_and_say_so(signed_in, make_report):
    now = clock.now()
    with clock.stopped_at(now - timedelta(days=60)):
        late = make_report().reference
    fresh = make_report().reference
    words = signed_in("streets").get("/staff/queue").words
    assert words.index(late) < words.index(fresh)
    assert "2 reports, 1 late" in words


@pytest.mark.parametrize(("path", "most"), [("/staff/queue", 14), ("/reports", 10), ("/", 10)])
def test_a_list_asks_the_database_equally_often_however_long_it_is(
    database, signed_in, make_report, path, most
):
    clerk = signed_in("streets")
    make_report()
    clerk.get(path)
    with counted(database) as few:
        clerk.get(path)
    for _ in range(20):
        make_report(point=Point(41.2, -33.4))
    with counted(database) as many:
        clerk.get(path)
    assert len(many) == len(few) <= most


def test_a_report_page_asks_the_database_equally_often_however_long_its_timeline(database, steps):
    steps.clerk.get(steps.address)
    with counted(database) as few:
        steps.clerk.get(steps.address)
    for _ in range(5):
        steps("wait", reason="One more part.")
        steps("resume")
    with counted(database) as many:
        steps.clerk.get(steps.address)
    assert len(many) == len(few) <= 16
