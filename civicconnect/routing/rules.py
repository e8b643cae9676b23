"""The decision: the first rule that fits, then the service's own department, then the catch-all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import func, select

from civicconnect.db import Db
from civicconnect.routing.models import RuleRow


@dataclass(frozen=True)
class Rule:
    """Who answers, under which conditions; an empty condition holds for every report."""

    code: str
    department: str
    services: frozenset[str] = frozenset()
    area: str | None = None
    answers: Mapping[str, str] | None = None
    note: str = ""  # why, for whoever reads the rules

    def fits(self, service: str, areas: Collection[str], answers: Mapping[str, str]) -> bool:
        """Say whether a report fits every condition."""
        return (
            (not self.services or service in self.services)
            and (self.area is None or self.area in areas)
            and all(answers.get(q) == option for q, option in (self.answers or {}).items())
        )


@dataclass(frozen=True)
class Decision:
    """Who answers a report and why: stored with it, told to whoever asks."""

    department: str
    rule: str  # the rule's code; "service" or "catch-all" where none fitted
    version: int
    matched: Mapping[str, str]

    @property
    def facts(self) -> dict[str, object]:
        return {"department": self.department, "rule": self.rule, "rules_version": self.version,
                "matched": dict(self.matched)}


@dataclass(frozen=True)
class RuleBook:
    """One version of a city's rules."""

    version: int
    rules: tuple[Rule, ...]

    @cached_property
    def _by_service(self) -> dict[str, tuple[Rule, ...]]:
        return {}

    def decide(
        self,
        service: str,
        areas: Collection[str],
        answers: Mapping[str, str],
        departments: Collection[str],
        usual: str,
        catch_all: str,
    ) -> Decision:
        """Return who answers.

        areas        "layer:code" of the place
        departments  codes that exist; a rule that names another is passed over
        usual        the service's own department
        catch_all    the department that gets what no one else claims
        """
        for rule in self._for(service):
            if rule.department in departments and rule.fits(service, areas, answers):
                return Decision(rule.department, rule.code, self.version,
                                _matched(rule, service))
        if usual in departments and usual != catch_all:
            return Decision(usual, "service", self.version, {"service": service})
        return Decision(catch_all, "catch-all", self.version, {})

    def _for(self, service: str) -> tuple[Rule, ...]:
        known = self._by_service.get(service)
        if known is None:
            known = tuple(r for r in self.rules if not r.services or service in r.services)
            self._by_service[service] = known
        return known


def _matched(rule: Rule, service: str) -> dict[str, str]:
    matched = {"service": service} if rule.services else {}
    if rule.area:
        matched["area"] = rule.area
    return matched | {f"answer {q}": option for q, option in (rule.answers or {}).items()}


def rule_book(db: Db) -> RuleBook:
    """Read the rules in force: those of the highest version."""
    newest = select(func.max(RuleRow.version)).scalar_subquery()
    found = db.scalars(
        select(RuleRow).where(RuleRow.version == newest).order_by(RuleRow.position)
    ).all()
    rules = tuple(
        Rule(r.code, r.department, frozenset(r.services), r.area, r.answers, r.note)
        for r in found if r.department
    )
    return RuleBook(found[0].version if found else 0, rules)
