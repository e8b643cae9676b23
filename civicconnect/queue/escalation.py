"""When nobody acts: who is told first, who then, and when everybody reads it. Plain values in and out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from civicconnect.sla import Hours, due_at

# After which events time may be counted: what comes in or back, and what staff said they would go on with.
AFTER = ("receive", "reopen", "dispute", "reply", "add", "answer", "no_answer", "hand_over", "settle",
         "work_refuse", "work_done", "accept", "plan", "start", "resume")
TELL, PUBLISH = "tell", "publish"


@dataclass(frozen=True)
class Stage:
    """What happens when nobody has acted for so long again."""

    does: str  # tell, publish
    hours: float  # business hours since the stage before, or since the event
    role: str = ""  # who is told


@dataclass(frozen=True)
class EscalationRule:
    """After which event of which reports, and what follows. An empty condition holds for every report."""

    code: str
    after: str
    stages: tuple[Stage, ...]
    services: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()

    def fits(self, verb: str, service: str, department: str, priority: str) -> bool:
        """Say whether an event of such a report starts the clock."""
        return (self.after == verb and (not self.services or service in self.services)
                and (not self.departments or department in self.departments)
                and (not self.priorities or priority in self.priorities))


def starting(rules: Iterable[EscalationRule], verb: str, service: str, department: str,
             priority: str) -> list[EscalationRule]:
    """Return the rules whose clock an event starts."""
    return [rule for rule in rules if rule.fits(verb, service, department, priority)]


def falls_at(rule: EscalationRule, stage: int, since: datetime, hours: Hours) -> datetime | None:
    """Return when a stage of a rule falls due, in UTC; None where the rule has no such stage.

    since    of the event, or of the stage before
    hours    of the department that has the report
    """
    if stage >= len(rule.stages):
        return None
    return due_at(since, rule.stages[stage].hours, hours)
