"""The one rule by which the queue is ordered: a table that the database, the page and the tests all read.

A report stands at the instant it is due. Each row that holds brings it forward or sets it back by days. The
database keeps the sum as `report.rank`, in seconds since 1970; the smallest stands first. So a report moves
only when something happens to it, and the first page is read off an index. A changed row needs a migration
that makes the column anew: a test compares both.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from civicconnect.errors import Sentence
from civicconnect.reports import Report, clock_shows, lifecycle

SOON = timedelta(hours=24)
MANY, CROWD = 3, 10  # people
DAY = 86_400  # seconds
COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "IS": operator.is_, "=": operator.eq, ">=": operator.ge,
}


@dataclass(frozen=True)
class Weight:
    """One row: what of a report moves it, and by how many days. Less than none brings it forward."""

    code: str
    column: str
    compared: str  # a key of COMPARED
    value: str | int | bool | None
    days: int
    words: Sentence

    def holds(self, report: Report) -> bool:
        """Say whether it moves this report."""
        return COMPARED[self.compared](getattr(report, self.column), self.value)

    @property
    def sql(self) -> str:
        """Return the same as both engines read it."""
        if self.value is True:
            return self.column
        return f"{self.column} {self.compared} {'NULL' if self.value is None else repr(self.value)}"


RULE = (
    Weight("unpromised", "due_at", "IS", None, 30,
           Sentence("Nothing was promised: it counts as due %(days)s days after it came in.", days=30)),
    Weight("urgent", "priority", "=", "urgent", -14,
           Sentence("Its priority is urgent: %(days)s days forward.", days=14)),
    Weight("high", "priority", "=", "high", -3,
           Sentence("Its priority is high: %(days)s days forward.", days=3)),
    Weight("low", "priority", "=", "low", 7, Sentence("Its priority is low: %(days)s days back.", days=7)),
    Weight("reopened", "reopened", "=", True, -7,
           Sentence("It was closed, and is open again: %(days)s days forward.", days=7)),
    Weight("answered", "answered", "=", True, -3,
           Sentence("Its people wrote, and nobody has answered: %(days)s days forward.", days=3)),
    Weight("many", "people", ">=", MANY, -2,
           Sentence("It affects %(people)s people or more: %(days)s days forward.", people=MANY, days=2)),
    Weight("crowd", "people", ">=", CROWD, -3,
           Sentence("It affects %(people)s people or more: %(days)s more days forward.", people=CROWD,
                    days=3)),
    Weight("waiting", "status", "=", lifecycle.WAITING, 30,
           Sentence("It waits for somebody else: %(days)s days back.", days=30)),
)
# What a line of the queue names, the most pressing first; of the rule's rows those that a clerk acts on.
NAMED = ("late", "soon", "urgent", "high", "reopened", "answered", "many")


def rank(report: Report) -> int:
    """Return where a report stands, as the database does."""
    base = report.due_at or report.received_at
    since = base - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(seconds=1) + sum(row.days * DAY for row in RULE if row.holds(report))


def reasons(report: Report, now: datetime) -> tuple[str, ...]:
    """Return why a report stands where it stands: codes of NAMED."""
    held = {row.code for row in RULE if row.holds(report)}
    held.add(urgency(report.due_at, report.status, clock_shows(report.status, report.updated_at, now)))
    return tuple(code for code in NAMED if code in held)


def urgency(due_at: datetime | None, status: str, now: datetime) -> str:
    """Say whether a report is late, soon to be late, or neither."""
    if due_at is None or status == lifecycle.CLOSED:
        return ""
    return "late" if due_at < now else "soon" if due_at - now < SOON else ""
