"""What the words of a row become: status, duplicate, promise, stand-in place, refusal, service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid5

import pytest

from civicconnect.geo import Point
from civicconnect.history.conditions import Condition, Meaning, Refusal
from civicconnect.history.reader import NAMESPACE, Offer, Reader
from tests.history.test_import import PROFILE

OFFER = Offer({"Pothole": "pothole", "pothole": "pothole", "elevator": "elevator"}, "en")


def one(profile, **cells):
    """Read a single row of the test's profile; returns the verdict."""
    given_ = {"id": "1", "opened": "2026-03-02 09:00:00", "type": "Pothole", "lat": "41.2", "long": "-33.4",
              "closed": "2026-03-02 15:30:00"} | cells
    return Reader(profile, list(given_), OFFER).read([(2, list(given_.values()))]).verdicts[0]


WORDS = replace(PROFILE, columns={**PROFILE.columns, "status": "status", "parent": "parent", "due": "due"},
                statuses={"Open": "open", "Closed": "closed", "Completed - Dup": "closed duplicate",
                          "Referred Out": "closed handed_over"})


@pytest.mark.parametrize(("status", "closed", "outcome", "kinds"), [
    ("Closed", "2026-03-02 15:30", None, ()), ("Open", "", "open", ()), ("", "", "open", ()),
    ("completed - DUP", "2026-03-02 15:30", "duplicate", ()),
    ("Referred Out", "2026-03-02 15:30", "handed_over", ()),
    ("Referred Out", "", "open", ("closed without a time",)),
    ("Open", "2026-03-02 15:30", None, ("open with a closing time",)),
    ("Gone", "2026-03-02 15:30", None, ("unknown status",)), ("Gone", "", "open", ("unknown status",)),
    ("Closed", "1900-01-01", "open", ("sentinel date", "closed without a time")),
    ("Open", "2100-01-01 00:00:00", "open", ("sentinel date",)),
])
def test_a_word_for_the_status_and_a_closing_time(status, closed, outcome, kinds):
    verdict = one(WORDS, status=status, closed=closed)
    assert verdict.kinds == kinds
    closing = verdict.past.closing
    assert (closing.outcome if closing else "open") == outcome
    assert verdict.past.record == {"profile": "test"} | ({"status": status} if status else {})


def test_a_duplicate_names_the_report_it_repeats():
    closing = one(WORDS, status="Closed", parent="A 17").past.closing
    assert (closing.outcome, closing.lead) == ("duplicate", uuid5(NAMESPACE, "test:A 17"))
    assert one(WORDS, parent="1").past.closing.lead is None  # nothing repeats itself
    assert one(WORDS, parent="A 17", closed="").past.closing is None


@pytest.mark.parametrize(("promises", "due", "at", "kinds"), [
    ("", "2026-03-05 09:00:00", datetime(2026, 3, 5, 14, tzinfo=UTC), ()), ("", "", None, ()),
    ("record", "soon", None, ("unreadable due date",)), ("", "2100-01-01", None, ("sentinel date",)),
    ("", "2026-03-01 09:00:00", datetime(2026, 3, 1, 14, tzinfo=UTC), ("due before opened",)),
])
def test_the_records_own_due_dates_hold(promises, due, at, kinds):
    verdict = one(replace(WORDS, promises=promises), due=due)
    assert (verdict.past.due.at, verdict.kinds) == (at, kinds)


def test_the_citys_promises_hold_where_the_record_has_none_or_the_profile_says_so():
    assert one(replace(WORDS, promises="city"), due="2026-03-05").past.due is None
    assert one(PROFILE, due="2026-03-05").past.due is None


@pytest.mark.parametrize(("lat", "stands_in"), [("41.2", True), ("41.20004", True), ("41.2001", False)])
def test_a_place_that_stands_in_for_one_nobody_found(lat, stands_in):
    verdict = one(replace(PROFILE, stand_ins=(Point(41.2, -33.4),)), lat=lat)
    assert verdict.past.stand_in is stands_in
    assert verdict.past.new.point.lat == float(lat)
    assert verdict.kinds == (("stand-in place",) if stands_in else ())


def test_rows_that_are_none_of_ours_are_refused_in_the_profiles_words():
    when = Condition(("status",), ("Closed - Testing",))
    profile = replace(WORDS, refusals=(Refusal(when, "it was a test", "test row"),))
    refused = one(profile, status="closed - testing")
    assert (refused.past, refused.kinds, refused.reason) == (None, ("test row",), "it was a test")
    assert one(profile, status="Closed").past


def test_the_first_rule_that_fits_names_the_service():
    rules = (Meaning(Condition(("type", "kind"), ("Lift",)), "elevator"),
             Meaning(Condition(("service",), (), ("hole", "crater")), "Pothole"),
             Meaning(Condition(("type",), ("",)), "elevator"))
    profile = replace(PROFILE, service_rules=rules)
    for words, service in (("lift", "elevator"), ("Big  HOLES", "pothole"), ("", "elevator"),
                           ("Pothole", "pothole"), ("Tree", None)):
        past = one(profile, type=words).past
        assert (past.new.service if past else None) == service
        assert profile.service({"type": words}) == {"lift": "elevator", "Tree": "Tree",
                                                    "": "elevator"}.get(words, "Pothole")


def test_a_rule_may_name_who_answers():
    profile = replace(PROFILE, columns={**PROFILE.columns, "department": "dept"},
                      departments={"DPW": "Public Works"},
                      department_rules=(Meaning(Condition(("type",), ("Pothole",)), "Roads"),))
    assert one(profile, dept="DPW").past.record == {"profile": "test", "department": "Roads"}
    assert one(replace(profile, department_rules=()), dept="DPW").past.record["department"] == "Public Works"
