"""What happens next, told before sending and while it is open; nothing where it is not known well enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from civicconnect import clock, reports, sla
from civicconnect.sla import Expectation
from tests.counting import counted
from tests.factories import HERE
from tests.web.test_statements import MOST

FORM = f"/report?lat={HERE.lat}&long={HERE.long}&service=pothole"
SENTENCE = "Half of such reports are done in 4 days, 8 in 10 in 11 days."


@pytest.fixture
def seen() -> Expectation:
    now = clock.now()
    return Expectation("pothole", "", "service", 200, 96.0, 264.0, now - timedelta(days=300), now,
                       150, 120, True)


def test_before_sending_the_form_says_how_long_it_usually_takes(visitor, db_, seen):
    sla.keep_expectations(db_, [seen])
    assert SENTENCE in visitor.get(FORM).words


def test_the_area_it_lies_in_decides(visitor, db_, seen, make_report):
    report = make_report()
    area = next(a for a in reports.around(db_, report).areas if a.layer != "city")
    there = replace(seen, area=f"{area.layer}:{area.code}", half_hours=10.0, reports=50)
    sla.keep_expectations(db_, [seen, there])
    told = "Half of such reports are done in 10 hours, 8 in 10 in 11 days."
    assert told in visitor.get(FORM).words
    assert told in visitor.get(f"/reports/{report.reference}").words


@pytest.mark.parametrize("fault", [{"service": "graffiti"}, {"holds": False}, {"eight_hours": None}], ids=str)
def test_what_is_not_known_or_was_withheld_is_not_mentioned(visitor, db_, seen, make_report, fault):
    reference = make_report().reference
    sla.keep_expectations(db_, [replace(seen, **fault)])
    for page in (visitor.get(FORM), visitor.get(f"/reports/{reference}")):
        assert "such reports" not in page.words


def test_after_sending_it_stands_beside_who_has_it_and_by_when(visitor, db_, seen, make_report):
    sla.keep_expectations(db_, [seen])
    words = visitor.get(f"/reports/{make_report().reference}").words
    due, usual = words.index("It should be done by"), words.index(SENTENCE)
    assert words.index("looks after it.") < due < usual


def test_of_a_closed_report_it_is_not_said(visitor, db_, seen, make_report, staff):
    sla.keep_expectations(db_, [seen])
    report = make_report()
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})
    assert "such reports" not in visitor.get(f"/reports/{report.reference}").words


def test_where_half_and_eight_of_ten_read_the_same_it_is_said_once(visitor, db_, seen):
    sla.keep_expectations(db_, [replace(seen, half_hours=264.2)])
    words = visitor.get(FORM).words
    assert "8 in 10 such reports are done in 11 days." in words
    assert "Half of such" not in words


def test_what_was_counted_long_ago_says_until_when(visitor, db_, seen):
    sla.keep_expectations(db_, [replace(seen, until=clock.now() - timedelta(days=59))])
    assert "Counted until" not in visitor.get(FORM).words
    sla.keep_expectations(db_, [replace(seen, until=clock.now() - timedelta(days=61))])
    assert f"{SENTENCE} Counted until" in visitor.get(FORM).words


def test_the_form_and_the_report_ask_at_most_twelve_times(visitor, db_, database, seen, make_report):
    sla.keep_expectations(db_, [seen])
    for address in (FORM, f"/reports/{make_report().reference}"):
        with counted(database) as asked:
            assert SENTENCE in visitor.get(address).words
        assert len(asked) <= MOST, "\n".join(asked)


@pytest.mark.parametrize(("language", "words"), [
    ("es", "8 de cada 10, en"), ("pt", "8 em cada 10, em"), ("ar", "8 من كل 10")])
def test_it_is_said_in_the_language_of_the_page(visitor, db_, seen, language, words):
    sla.keep_expectations(db_, [seen])
    assert words in visitor.get(FORM, headers={"Accept-Language": language}).words
