"""What usually happens next, kept as values: the nearest decides, what did not hold is not told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from civicconnect import sla
from civicconnect.sla import Expectation

SEEN = Expectation("pothole", "", "service", 200, 96.0, 264.0, datetime(2025, 1, 1, tzinfo=UTC),
                   datetime(2026, 11, 1, tzinfo=UTC), 150, 120, True)
HARBOUR = replace(SEEN, area="district:harbour", of="area", reports=40, half_hours=24.0)
WARD = replace(SEEN, area="ward:7", of="area", reports=35, half_hours=12.0)


def test_what_was_learned_comes_back_as_it_was(db_):
    sla.keep_expectations(db_, [SEEN, HARBOUR])
    assert sla.expectations(db_) == [SEEN, HARBOUR]
    assert sla.expectation(db_, "pothole", []) == SEEN


def test_of_what_nothing_was_learned_nothing_is_told(db_):
    assert sla.expectation(db_, "pothole", ["district:harbour"]) is None
    sla.keep_expectations(db_, [HARBOUR])
    assert sla.expectation(db_, "pothole", ["district:hill"]) is None
    assert sla.expectation(db_, "graffiti", ["district:harbour"]) is None


def test_the_area_with_the_fewest_reports_decides(db_):
    sla.keep_expectations(db_, [SEEN, HARBOUR, WARD])
    assert sla.expectation(db_, "pothole", ["district:harbour", "ward:7"]) == WARD
    assert sla.expectation(db_, "pothole", ["district:harbour"]) == HARBOUR
    assert sla.expectation(db_, "pothole", ["district:hill"]) == SEEN


@pytest.mark.parametrize("fault", [{"holds": False}, {"half_hours": None}, {"eight_hours": None}], ids=str)
def test_what_did_not_hold_or_was_not_reached_is_withheld(db_, fault):
    sla.keep_expectations(db_, [replace(SEEN, **fault)])
    assert sla.expectation(db_, "pothole", []) is None
    assert not sla.expectations(db_)[0].is_told


def test_where_the_nearest_is_withheld_no_wider_one_takes_its_place(db_):
    sla.keep_expectations(db_, [SEEN, replace(HARBOUR, holds=False)])
    assert sla.expectation(db_, "pothole", ["district:harbour"]) is None


def test_learning_anew_forgets_what_was_learned_before(db_):
    sla.keep_expectations(db_, [SEEN, HARBOUR])
    sla.keep_expectations(db_, [replace(SEEN, service="graffiti")])
    assert [one.service for one in sla.expectations(db_)] == ["graffiti"]
    sla.keep_expectations(db_, [])
    assert sla.expectations(db_) == []
