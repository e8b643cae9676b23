"""The decision: the first rule that fits, then the service's own department, then the catch-all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from civicconnect.catalog import PRIORITIES, chosen
from civicconnect.routing.conditions import (
    DAYS,
    LONGEST_REACH,
    SOURCES,
    Case,
    Fault,
    Near,
    Options,
    World,
    answered,
    is_span,
    minutes,
)

SERVICE, CATCH_ALL = "service", "catch-all"  # who decides where no rule does


@dataclass(frozen=True)
class Rule:
    """Who answers, under which conditions; an empty condition holds for every report.

    areas        any of them, of any layer, as "layer:code"
    answers      every question, with any of its options
    hours        any of these spans of the city's day, as "22:00-06:00"
    unreadable   what is kept of its conditions makes no sense: it can only fail
    """

    code: str
    department: str
    services: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    answers: Options = field(default_factory=dict)
    near: Near | None = None
    hours: tuple[str, ...] = ()
    days: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    note: str = ""  # why, for whoever reads the rules
    unreadable: bool = False

    def fits(self, case: Case, world: World) -> bool | None:
        """Say whether a report fits every condition; None where nobody can tell, or nobody would answer.

        A condition that plainly does not hold settles it, whatever the others name.
        """
        if self.services and case.service not in self.services:
            return False
        is_open = self.unreadable
        for held in self._conditions(case, world):
            if held is False:
                return False
            is_open = is_open or held is None
        return None if is_open or self.department not in world.departments else True

    def fits_but_for_areas(self, case: Case, world: World) -> bool:
        """Say whether every condition holds but perhaps the one for areas."""
        if self.services and case.service not in self.services:
            return False
        return all(n == 0 or held for n, held in enumerate(self._conditions(case, world)))

    def _conditions(self, case: Case, world: World) -> Iterator[bool | None]:
        yield self._in_areas(case, world)
        yield self._has_answers(case, world)
        yield self._is_near(case, world)
        yield not self.hours or case.minute in self._minutes
        yield not self.days or case.day in self.days
        yield not self.sources or case.source in self.sources
        yield not self.priorities or case.priority in self.priorities

    def _in_areas(self, case: Case, world: World) -> bool | None:
        if not self.areas or not self.areas.isdisjoint(case.areas):
            return True
        return False if self.areas <= world.areas else None

    def _has_answers(self, case: Case, world: World) -> bool | None:
        if not self.answers or answered(self.answers, case.answers):
            return True
        is_asked = all(world.asks(self.services, question, option)
                       for question, options in self.answers.items() for option in options)
        return False if is_asked else None

    def _is_near(self, case: Case, world: World) -> bool | None:
        if self.near is None:
            return True
        if self.near.layer not in world.layers:
            return None
        found = case.near.get(self.near.layer)
        return (found is not None and found.metres <= self.near.metres
                and self.near.owner in ("", found.owner))

    @cached_property
    def _minutes(self) -> frozenset[int]:
        return minutes([hours for hours in self.hours if is_span(hours)])

    def matched(self, case: Case) -> dict[str, Any]:
        """Return what of a report fitted, as it is kept with it and said to people.

        No more of the place than the rule itself tells: strangers read it.
        """
        found: dict[str, Any] = {"service": case.service} if self.services else {}
        if self.areas:
            found["area"] = next(area for area in case.areas if area in self.areas)
        for question, options in self.answers.items():
            said = [option for option in chosen(case.answers.get(question, "")) if option in options]
            found[f"answer {question}"] = ",".join(said)
        if self.near:
            found |= {"near": self.near.layer, "owner": self.near.owner, "metres": self.near.metres}
        found |= {"time": case.wall[11:]} if self.hours else {}
        found |= {"day": case.day} if self.days else {}
        found |= {"source": case.source} if self.sources else {}
        return found | ({"priority": case.priority} if self.priorities else {})

    def faults(self, world: World) -> list[Fault]:
        """Return everything it names that is not there."""
        found = [Fault("unreadable")] if self.unreadable else []
        if self.department not in world.departments:
            found.append(Fault("department", self.department))
        found += [Fault("service", code) for code in sorted(self.services - set(world.questions))]
        found += [Fault("area", code) for code in sorted(self.areas - world.areas)]
        found += [Fault("answer", f"{question}={option}")
                  for question, options in self.answers.items() for option in sorted(options)
                  if not world.asks(self.services, question, option)]
        if self.near:
            found += _faults_of_near(self.near, world)
        found += [Fault("hours", hours) for hours in self.hours if not is_span(hours)]
        for what, named, known in (("day", self.days, DAYS), ("source", self.sources, SOURCES),
                                   ("priority", self.priorities, PRIORITIES)):
            found += [Fault(what, code) for code in sorted(named - set(known))]
        return found

    def covers(self, later: Rule) -> bool:
        """Say whether whatever fits a later rule fits this one, so that the later one never decides."""
        if self.services and not (later.services and later.services <= self.services):
            return False  # said first, because it settles most of them
        sets = ((self.areas, later.areas), (self.days, later.days),
                (self.sources, later.sources), (self.priorities, later.priorities),
                (self._minutes, later._minutes))  # noqa: SLF001  another rule's, of the same kind
        return (all(not mine or (theirs and theirs <= mine) for mine, theirs in sets)
                and all(q in later.answers and set(later.answers[q]) <= set(options)
                        for q, options in self.answers.items())
                and (self.near is None or _is_nearer(later.near, self.near)))


def _faults_of_near(near: Near, world: World) -> list[Fault]:
    found = [] if 1 <= near.metres <= LONGEST_REACH else [Fault("reach", f"{near.metres:g}")]
    if near.layer not in world.layers:
        return [*found, Fault("layer", near.layer)]
    return found if near.owner in ("", *world.layers[near.layer]) else [*found, Fault("owner", near.owner)]


def _is_nearer(later: Near | None, near: Near) -> bool:
    return (later is not None and later.layer == near.layer and later.metres <= near.metres
            and near.owner in ("", later.owner))


@dataclass(frozen=True)
class Failure:
    """A rule that might have decided, had it not named something that is not there."""

    rule: str
    fault: Fault


@dataclass(frozen=True)
class Decision:
    """Who answers a report and why: stored with it, told to whoever asks."""

    department: str
    rule: str  # the rule's code; "service" or "catch-all" where none fitted
    version: int
    matched: Mapping[str, Any]
    failed: Failure | None = None  # why the catch-all has it, though a rule might have fitted

    @cached_property
    def facts(self) -> dict[str, Any]:
        told = {"department": self.department, "rule": self.rule, "rules_version": self.version,
                "matched": dict(self.matched)}
        if self.failed is None:
            return told
        fault = self.failed.fault
        return told | {"failed": {"rule": self.failed.rule, "what": fault.what, "value": fault.value}}


@dataclass(frozen=True)
class RuleBook:
    """One version of a city's rules."""

    version: int
    rules: tuple[Rule, ...]

    def decide(self, case: Case, world: World, usual: str, catch_all: str) -> Decision:
        """Return who answers.

        usual        the service's own department
        catch_all    the department that gets what no one else claims

        A rule that fails ends the search: nobody knows whether the next ones were meant for this, so the
        catch-all has it, with the rule's fault, and somebody looks.
        """
        for rule in self.rules_for(case.service):
            held = rule.fits(case, world)
            if held:
                return Decision(rule.department, rule.code, self.version, rule.matched(case))
            if held is None:
                failed = Failure(rule.code, (rule.faults(world) or [Fault("unreadable")])[0])
                return Decision(catch_all, CATCH_ALL, self.version, {}, failed)
        if usual in world.departments and usual != catch_all:
            return Decision(usual, SERVICE, self.version, {"service": case.service})
        return Decision(catch_all, CATCH_ALL, self.version, {})

    def rules_for(self, service: str) -> Sequence[Rule]:
        """Return the rules that may decide over a service, in their order."""
        known = self._by_service.get(service)
        if known is None:
            known = tuple(r for r in self.rules if not r.services or service in r.services)
            self._by_service[service] = known
        return known

    def asks_only_place(self, service: str) -> bool:
        """Say whether service, areas, source and priority settle who answers, besides answers."""
        return not any(rule.near or rule.hours or rule.days for rule in self.rules_for(service))

    def asks_near(self, service: str) -> bool:
        """Say whether any rule asks what lies near."""
        return any(rule.near for rule in self.rules_for(service))

    @cached_property
    def reach(self) -> dict[str, float]:
        """Return how far, in metres, things are looked for, by their layer."""
        found: dict[str, float] = {}
        for near in (rule.near for rule in self.rules if rule.near):
            found[near.layer] = max(near.metres, found.get(near.layer, 0.0))
        return found

    @cached_property
    def _by_service(self) -> dict[str, tuple[Rule, ...]]:
        return {}

    def rule(self, code: str) -> Rule | None:
        """Return a rule by its code."""
        return next((rule for rule in self.rules if rule.code == code), None)


def shadows(rules: Sequence[Rule], world: World) -> dict[str, str]:
    """Return rules that can never decide, whatever comes in, each with the earlier one that takes it all."""
    found: dict[str, str] = {}
    earlier: list[Rule] = []
    for rule in rules:
        taker = next((one for one in earlier if one.covers(rule)), None)
        if taker is not None:
            found[rule.code] = taker.code
        if not rule.faults(world):
            earlier.append(rule)
    return found
