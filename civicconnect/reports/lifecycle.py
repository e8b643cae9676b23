"""What may happen to a report, when, by whom, and what is owed for it.

The refusals, the buttons, the help and the tests all read these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from civicconnect.accounts import Actor
from civicconnect.errors import Conflict, Invalid, NotAllowed, Sentence

RECEIVED, ACCEPTED, PLANNED = "received", "accepted", "planned"
DOING, WAITING, CLOSED = "in_progress", "waiting", "closed"
STATUSES = (RECEIVED, ACCEPTED, PLANNED, DOING, WAITING, CLOSED)
OPEN = (RECEIVED, ACCEPTED, PLANNED, DOING, WAITING)
LONGEST = {"reason": 2000, "next_owner": 120, "owner": 80}  # characters


@dataclass(frozen=True)
class Step:
    """One row: what is done, from where, to where, by whom, and what must be given."""

    verb: str
    starts: frozenset[str]
    end: str
    who: frozenset[str]  # kinds of actor
    owes: frozenset[str] = field(default=frozenset())
    public: bool = True
    outcome: str = ""  # what it always comes to; "" where that is chosen, or nothing ends


@dataclass(frozen=True)
class Outcome:
    """What came of a report, and what closing with it owes."""

    code: str
    owes: frozenset[str] = field(default=frozenset())


def _step(verb: str, starts: tuple[str, ...], end: str, who: str, *owes: str, outcome: str = "") -> Step:
    return Step(verb, frozenset(starts), end, frozenset(who.split()), frozenset(owes), outcome=outcome)


STEPS = (
    _step("accept", (RECEIVED,), ACCEPTED, "staff"),
    _step("plan", (RECEIVED, ACCEPTED, PLANNED, DOING), PLANNED, "staff", "planned_for"),
    _step("unplan", (PLANNED,), ACCEPTED, "staff", "reason"),
    _step("start", (RECEIVED, ACCEPTED, PLANNED), DOING, "staff"),
    _step("wait", (RECEIVED, ACCEPTED, PLANNED, DOING), WAITING, "staff", "reason"),
    _step("resume", (WAITING,), DOING, "staff"),
    _step("close", OPEN, CLOSED, "staff history system", "outcome"),
    _step("reopen", (CLOSED,), ACCEPTED, "staff", "reason"),
    # Whoever sent it needs it no longer; and whoever looked finds it still there.
    _step("withdraw", OPEN, CLOSED, "resident", outcome="withdrawn"),
    _step("dispute", (CLOSED,), ACCEPTED, "system"),
)

OUTCOMES = (
    Outcome("fixed"),
    Outcome("partly_fixed", frozenset({"reason"})),
    Outcome("no_action", frozenset({"reason"})),
    Outcome("not_found"),
    Outcome("duplicate", frozenset({"lead"})),
    Outcome("handed_over", frozenset({"next_owner"})),
    Outcome("withdrawn"),
    Outcome("invalid", frozenset({"reason"})),
)
BY_VERB: Mapping[str, Step] = {step.verb: step for step in STEPS}
BY_OUTCOME: Mapping[str, Outcome] = {outcome.code: outcome for outcome in OUTCOMES}

# How a refusal names a status and a step.
STATUS_SAID = {
    RECEIVED: Sentence("received"), ACCEPTED: Sentence("accepted"), PLANNED: Sentence("planned"),
    DOING: Sentence("in progress"), WAITING: Sentence("waiting"), CLOSED: Sentence("closed"),
}
VERB_SAID = {
    "accept": Sentence("accept"), "plan": Sentence("plan"), "start": Sentence("start"),
    "unplan": Sentence("call off the plan"),
    "wait": Sentence("wait"), "resume": Sentence("resume"), "close": Sentence("close"),
    "reopen": Sentence("reopen"), "withdraw": Sentence("withdraw"), "dispute": Sentence("dispute"),
}
# What came of it, as people read it.
OUTCOME_SAID = {
    "fixed": Sentence("Fixed"), "partly_fixed": Sentence("Partly fixed"), "no_action": Sentence("No action"),
    "not_found": Sentence("Not found there"), "duplicate": Sentence("Reported before"),
    "handed_over": Sentence("Handed over"), "withdrawn": Sentence("Withdrawn"),
    "invalid": Sentence("Not a report"),
}
SENTENCES = {
    "reason": Sentence("Tell the resident why, in a sentence."),
    "outcome": Sentence("Choose what came of it."),
    "planned_for": Sentence("Give the day it is planned for, today or later."),
    "lead": Sentence("Give the reference of the report this one repeats."),
    "next_owner": Sentence("Name who looks after it next."),
}


def choose(verb: str, status: str, actor: Actor) -> Step:
    """Return the step, or raise NotAllowed (wrong person), Invalid (no step) or Conflict (wrong moment)."""
    if actor.kind == "staff" and not actor.may("step"):
        raise NotAllowed(Sentence("Your role may look, but not change reports."))
    step = BY_VERB.get(verb)
    if step is None and actor.kind == "staff":  # they may take steps: a form came without its button
        raise Invalid({"verb": [Sentence("Choose the step.")]})
    if step is None or actor.kind not in step.who:
        raise NotAllowed(f"{verb} is not for you to do")
    if status not in step.starts:
        raise Conflict(Sentence("'%(step)s' is not possible while the report is %(status)s.",
                                step=VERB_SAID[verb], status=STATUS_SAID[status]))
    return step


def buttons(status: str, actor: Actor) -> list[Step]:
    """Return the steps this actor may take now, in the table's order."""
    if actor.kind == "staff" and not actor.may("step"):
        return []
    return [s for s in STEPS if status in s.starts and actor.kind in s.who]


def settle(step: Step, given: Mapping[str, str], today: date) -> dict[str, str]:
    """Return what the step keeps of the fields given, or raise Invalid for what is still owed."""
    if not (step.owes or step.outcome or given):  # most steps of a record
        return {}
    outcome = BY_OUTCOME.get(given.get("outcome", "")) if "outcome" in step.owes else None
    owed, taken = _fields_of(step.owes, outcome.owes if outcome else NOTHING)
    kept = {name: given.get(name, "").strip() for name in taken}
    faults = {name: [SENTENCES[name]] for name in owed if not kept[name]}
    if "outcome" in owed and outcome is None:
        faults["outcome"] = [SENTENCES["outcome"]]
    if "planned_for" in owed and not _is_day_from(kept["planned_for"], today):
        faults["planned_for"] = [SENTENCES["planned_for"]]
    for name, text in kept.items():
        if text and len(text) > LONGEST.get(name, len(text)):
            faults[name] = [Sentence("Use at most %(most)s characters.", most=LONGEST[name])]
    if faults:
        raise Invalid(faults)
    if step.outcome:
        kept["outcome"] = step.outcome
    return {name: value for name, value in kept.items() if value}


NOTHING: frozenset[str] = frozenset()


@cache
def _fields_of(step: frozenset[str], outcome: frozenset[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the fields that a step and its outcome owe together, and all that may be given, in one order."""
    owed = step | outcome
    return owed, tuple(sorted(owed | {"reason"} | ({"owner"} if "next_owner" in owed else NOTHING)))


def _is_day_from(text: str, today: date) -> bool:
    try:
        return date.fromisoformat(text) >= today
    except ValueError:
        return False
