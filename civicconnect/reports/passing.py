"""Where a report stands between desks, read beside it: question, contractor, hops and tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from civicconnect.db import Db
from civicconnect.reports.contracting import Commission, given_before, proposals
from civicconnect.reports.contractors import Contractor
from civicconnect.reports.handing import Hop, hops_of
from civicconnect.reports.models import Report
from civicconnect.reports.queries import Entry
from civicconnect.reports.questions import Question, live_question
from civicconnect.reports.tasks import Task, tasks_of

RAISES_TASK = {"hand_over", "escalate", "work_refuse", "work_done"}


@dataclass(frozen=True)
class Passing:
    """Who else has to do with a report.

    question    that it waits with
    given       to which contractors it was ever given, the newest first
    proposed    what they propose to everybody, and nobody has published
    hops        with which departments it was
    tasks       that wait
    """

    question: Question | None
    given: Sequence[tuple[Commission, Contractor]]
    proposed: Sequence[Entry]
    hops: Sequence[Hop]
    tasks: Sequence[Task]

    @property
    def commission(self) -> tuple[Commission, Contractor] | None:
        """Return what a contractor has now."""
        return next((pair for pair in self.given if pair[0].ended_at is None), None)


def passing(db: Db, report: Report, entries: Sequence[Entry], now: datetime) -> Passing:
    """Read all that: one small statement for each thing that its timeline tells of; none in most reports.

    entries    of its timeline, with the internal ones
    """
    was_given = any(entry.verb == "commission" for entry in entries)
    was_asked = any(entry.verb == "ask" for entry in entries)
    has_tasks = any(entry.verb in RAISES_TASK for entry in entries)
    return Passing(live_question(db, report) if was_asked else None,
                   given_before(db, report.number) if was_given else (), proposals(entries),
                   hops_of(entries, now), tasks_of(db, report.number) if has_tasks else ())
