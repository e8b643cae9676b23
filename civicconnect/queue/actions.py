"""What can be done to many reports at once: one table. A new row is a new action, for page and worker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Select

from civicconnect import accounts, catalog, reports
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog, Template
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotAllowed, Sentence
from civicconnect.queue.wording import Speak, filled
from civicconnect.reports import Clocks, Desk, Report, Taker, closing, lifecycle

LONGEST_NOTE, LONGEST_TEAM = 4000, 40  # characters
TOO_LONG = Sentence("Write a note of at most %(most)s characters.", most=LONGEST_NOTE)
# What came of a report that repeats another is said by merging them: each needs its own lead.
NO_LEAD = Sentence("Merge reports that repeat another one: here they have no lead.")
# What such a step does to the others is asked of the database, which does not know yet what is done here.
TOGETHER = Sentence("It belongs together with other reports. Take this step on its own page.")
OUTCOMES = tuple(outcome for outcome in lifecycle.OUTCOMES if "lead" not in outcome.owes)


@dataclass
class Work:
    """What doing needs, read once for all reports.

    numbers    of these reports, or a statement that selects them
    """

    db: Db
    actor: Actor
    numbers: Collection[int] | Select[int]
    given: Mapping[str, str]
    offer: Catalog
    speak: Speak
    _templates: dict[int, Mapping[str, Template]] = field(default_factory=dict)

    @cached_property
    def clocks(self) -> Clocks:
        return reports.clocks(self.db)

    @cached_property
    def related(self) -> frozenset[int]:
        return reports.related(self.db, self.numbers)

    @cached_property
    def routing(self) -> Desk:
        return reports.desk(self.db)

    @cached_property
    def taker(self) -> Taker | None:
        """Return who is given the reports; None: nobody in particular."""
        person = self.given.get("person", "")  # as `choose` keeps it
        return reports.taker(self.db, int(person), self.numbers) if person else None

    def words_for(self, report: Report) -> dict[str, str]:
        """Return what a step is given for one report: where nothing was typed, the words of the template.

        Raises Invalid where the template is not for the report's service.
        """
        given = dict(self.given)
        code = given.pop("template", "")
        if not code:
            return given
        if report.service_id not in self._templates:
            service = self.offer.service_codes[report.service_id]
            self._templates[report.service_id] = {
                one.code: one for one in catalog.templates(self.db, service) if one.verb == given.get("verb")}
        template = self._templates[report.service_id].get(code)
        if template is None:
            raise Invalid({"template": [Sentence("These prepared words are for other services.")]})
        if not given.get("reason"):
            given["reason"] = filled(template, self.offer, report, self.speak(report.language), given)
        given["outcome"] = given.get("outcome", "") or template.outcome
        return given


Do = Callable[[Work, Report], object]


@dataclass(frozen=True)
class Action:
    """One row: what is asked for, what may refuse it beforehand, what does it; do residents read of it."""

    code: str
    fields: tuple[str, ...]
    check: Do
    do: Do
    public: bool = False


def _check_step(work: Work, report: Report) -> None:
    given = work.words_for(report)
    step = lifecycle.choose(given.get("verb", ""), report.status, work.actor)
    if given.get("outcome") == "duplicate":
        raise Invalid({"outcome": [NO_LEAD]})
    lifecycle.settle(step, given, work.clocks.day)
    if step.verb in closing.VERBS and report.number in work.related:
        raise Conflict(TOGETHER)


def _step(work: Work, report: Report) -> None:
    _check_step(work, report)
    given = work.words_for(report)
    reports.take_step(work.db, work.actor, report, given.get("verb", ""), given, clocks=work.clocks,
                      alone=report.number not in work.related)


def _may_work(work: Work, _report: Report) -> None:
    if not work.actor.may("step"):
        raise NotAllowed(Sentence("Your role may look, but not change reports."))


def _check_assign(work: Work, report: Report) -> None:
    _may_work(work, report)
    reports.refuse_closed(report)
    if work.taker and (why := work.taker.refusal(report)):
        raise Invalid({"person": [why]})


def _assign(work: Work, report: Report) -> None:
    _may_work(work, report)
    reports.give(work.db, work.actor, report, work.taker, work.given.get("team", ""))


def _prefer(work: Work, report: Report) -> None:
    _may_work(work, report)
    reports.prefer(work.db, work.actor, report, work.given.get("priority", ""))


def _check_service(work: Work, report: Report) -> None:
    _may_work(work, report)
    if report.status == lifecycle.CLOSED:
        raise Conflict(Sentence("This report is closed. Reopen it before you change what it is about."))
    if work.offer.service_codes[report.service_id] == work.given.get("service"):
        raise Invalid({"service": [Sentence("It is about that already. Choose something else.")]})


def _reclassify(work: Work, report: Report) -> None:
    _check_service(work, report)
    reports.reclassify(work.db, work.actor, report, work.given.get("service", ""), work.given.get("why", ""),
                       work.routing)


def _may_note(work: Work, _report: Report) -> None:
    if not work.actor.may("note"):
        raise NotAllowed(Sentence("Your role may not write notes. "
                                  "Ask a colleague who works on this report."))


def _note(work: Work, report: Report) -> None:
    reports.write_note(work.db, work.actor, report, work.given.get("note", ""))


ACTIONS = (
    Action("step", ("verb", "outcome", "template", "reason", "planned_for", "next_owner"), _check_step, _step,
           public=True),
    Action("assign", ("person", "team"), _check_assign, _assign),
    Action("priority", ("priority",), _may_work, _prefer),
    Action("note", ("note",), _may_note, _note),
    Action("service", ("service", "why"), _check_service, _reclassify, public=True),
)
BY_CODE: Mapping[str, Action] = {action.code: action for action in ACTIONS}
# Verbs that staff may choose for many.
VERBS = tuple(step.verb for step in lifecycle.STEPS if "staff" in step.who)


def people_for(db: Db, actor: Actor, offer: Catalog) -> dict[int, str]:
    """Return the names of those whose work reports may become, by id: of the departments an actor sees."""
    every = {one.id for one in offer.departments.values()}
    return accounts.colleagues(db, *(every if actor.may("see_all") else every & actor.departments))


def choose(
    code: str, given: Mapping[str, str], clocks: Clocks, offer: Catalog, people: Collection[int]
) -> tuple[Action, dict[str, str]]:
    """Return an action and what it keeps of a form, or raise Invalid for what every report of them owes.

    people    ids of those whose work reports may become
    """
    action = BY_CODE.get(code)
    if action is None:
        raise Invalid({"action": [Sentence("Choose what shall be done.")]})
    kept = {name: given.get(name, "").strip() for name in action.fields}
    kept = {name: text for name, text in kept.items() if text}
    if code == "step":
        _owed(kept, clocks)
    elif code == "priority" and kept.get("priority") not in reports.PRIORITIES:
        raise Invalid({"priority": [Sentence("Choose how pressing it is.")]})
    elif code == "assign" and kept.get("person", "") not in ("", *map(str, people)):
        raise Invalid({"person": [Sentence("Choose somebody who works in this department.")]})
    elif code == "service" and not _is_offered(offer, kept.get("service", "")):
        raise Invalid({"service": [Sentence("Choose what the report is about.")]})
    elif code == "note" and not kept.get("note"):
        raise Invalid({"note": [TOO_LONG]})
    if len(kept.get("note", "")) > LONGEST_NOTE:
        raise Invalid({"note": [TOO_LONG]})
    if len(kept.get("team", "")) > LONGEST_TEAM:
        raise Invalid({"team": [Sentence("Use at most %(most)s characters.", most=LONGEST_TEAM)]})
    return action, kept


def _is_offered(offer: Catalog, service: str) -> bool:
    return service in offer.services and offer.services[service].active


def _owed(kept: Mapping[str, str], clocks: Clocks) -> None:
    step = lifecycle.BY_VERB.get(kept.get("verb", ""))
    if step is None or step.verb not in VERBS:
        raise Invalid({"verb": [Sentence("Choose the step.")]})
    # A template brings words and an outcome of its own, for each report in turn.
    given = {"reason": "…", "outcome": "fixed"} if kept.get("template") else {}
    lifecycle.settle(step, given | dict(kept), clocks.day)
    if kept.get("outcome") == "duplicate":
        raise Invalid({"outcome": [NO_LEAD]})
