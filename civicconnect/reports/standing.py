"""What its steps make of a report: one rule for a step taken now and for one of the past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from civicconnect.reports.lifecycle import CLOSED, RECEIVED, WAITING, Step
from civicconnect.reports.pauses import due_after_waiting
from civicconnect.sla import Hours


class Standing(NamedTuple):
    """Where a report stands. All instants in UTC."""

    status: str
    outcome: str | None
    due_at: datetime | None
    first_response_at: datetime | None
    closed_at: datetime | None
    updated_at: datetime


def received(at: datetime, due_at: datetime | None) -> Standing:
    """Return where a report stands that has just come in."""
    return Standing(RECEIVED, None, due_at, None, None, at)


def after(
    before: Standing, step: Step, kept: Mapping[str, str], at: datetime, *, answers: bool,
    opening: Hours | None,
) -> tuple[Standing, dict[str, str]]:
    """Take one step.

    kept       what the step was given, as `lifecycle.settle` returns it
    answers    it is a person of the city who takes it, which the resident may count as an answer
    opening    the calendar of the promise; None where nothing was promised
    returns    (where it stands now, what the timeline keeps of the step)
    """
    due, facts = before.due_at, dict(kept)
    if before.status == WAITING:
        due = due_after_waiting(due, before.updated_at, at, opening)
        if due is not None and due != before.due_at:
            facts["due_at"] = due.isoformat()
    closes = step.end == CLOSED
    first = at if answers and step.public and before.first_response_at is None else before.first_response_at
    outcome = kept.get("outcome") if closes else None
    return Standing(step.end, outcome, due, first, at if closes else None, at), facts
