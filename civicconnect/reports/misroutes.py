"""How often the first department was not the one that answered in the end: counted from the timelines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from civicconnect.accounts import Actor
from civicconnect.catalog import catalog
from civicconnect.db import Db
from civicconnect.reports.models import Event, Report
from civicconnect.reports.queries import visible_to

FIRST, DECIDED = 1, 2  # places on the timeline: it came in, and who answers


@dataclass(frozen=True)
class Misrouted:
    """How many reports, and how many of them went on to another department, or out of the city."""

    reports: int = 0
    elsewhere: int = 0

    @property
    def share(self) -> float | None:
        return self.elsewhere / self.reports if self.reports else None

    def __add__(self, other: Misrouted) -> Misrouted:
        return Misrouted(self.reports + other.reports, self.elsewhere + other.elsewhere)


@dataclass(frozen=True)
class Misroutes:
    """The same for all, for each rule ("service" and "catch-all" too) and for each service."""

    total: Misrouted
    by_rule: Mapping[str, Misrouted]
    by_service: Mapping[str, Misrouted]


def count_since(db: Db, actor: Actor, since: datetime) -> int:
    """Return how many reports came in since an instant that an actor may see."""
    asked = select(func.count()).select_from(Report).where(Report.received_at >= since, visible_to(actor))
    return db.scalar(asked) or 0


def misroutes(db: Db, actor: Actor, since: datetime) -> Misroutes:
    """Count over the reports that came in since an instant and an actor may see: one statement.

    A report counts under the rule and the service it had when it came in. It went elsewhere where another
    department has it now, or had it when it was closed, or it was closed as handed over.
    """
    offer = catalog(db)
    came, decided = aliased(Event), aliased(Event)
    service, rule = came.facts["service"].as_string(), decided.facts["rule"].as_string()
    first = decided.facts["department"].as_string()
    is_handed_over = func.coalesce(Report.outcome, "") == "handed_over"
    asked = (
        select(service, rule, first, Report.department_id, func.count(),
               func.sum(case((is_handed_over, 1), else_=0)))
        .join(came, (came.report_number == Report.number) & (came.seq == FIRST))
        .join(decided, (decided.report_number == Report.number) & (decided.seq == DECIDED))
        .where(Report.received_at >= since, visible_to(actor))
        .group_by(service, rule, first, Report.department_id)
    )
    total, by_rule, by_service = Misrouted(), dict[str, Misrouted](), dict[str, Misrouted]()
    for about, by, began, now, count, handed in db.execute(asked):
        is_elsewhere = offer.department_codes[now] != began
        found = Misrouted(count, count if is_elsewhere else int(handed))
        total += found
        by_rule[by] = by_rule.get(by, Misrouted()) + found
        by_service[about] = by_service.get(about, Misrouted()) + found
    return Misroutes(total, by_rule, by_service)
