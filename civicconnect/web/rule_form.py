"""One rule as a form: what was typed becomes a rule, or says beside the field what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from civicconnect.catalog import PRIORITIES
from civicconnect.errors import Invalid
from civicconnect.routing import DAYS, LONGEST_REACH, SOURCES, Near, Rule, World, is_span
from civicconnect.web.photos import Faults
from civicconnect.web.words import translated

SPANS = 2  # times of the day that the form has room for
ANSWERS = 4  # and answers; a rule with more keeps room for its own and one besides
CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
LONGEST_NOTE = 500
FIELD = {"department": "department", "service": "services", "area": "areas", "answer": "answer-0",
         "layer": "near", "owner": "near", "reach": "metres", "hours": "from-0", "day": "days",
         "source": "sources", "priority": "priorities"}


@dataclass(frozen=True)
class Typed:
    """What stands in the fields of a rule's form."""

    code: str = ""
    department: str = ""
    services: Sequence[str] = ()
    areas: Sequence[str] = ()
    answers: Sequence[str] = ()  # "question=option" each
    near: str = ""  # "layer" or "layer|owner"
    metres: str = ""
    spans: Sequence[tuple[str, str]] = ()
    days: Sequence[str] = ()
    sources: Sequence[str] = ()
    priorities: Sequence[str] = ()
    note: str = ""

    @property
    def answer_rows(self) -> list[str]:
        """Return the answers with room for more."""
        given = list(self.answers)
        return given + [""] * max(1, ANSWERS - len(given))

    @property
    def span_rows(self) -> list[tuple[str, str]]:
        given = list(self.spans)
        return given + [("", "")] * max(0, SPANS - len(given))


def of_rule(rule: Rule) -> Typed:
    """Return a form filled in with a rule."""
    near = rule.near
    return Typed(
        rule.code, rule.department, sorted(rule.services), sorted(rule.areas),
        [f"{question}={option}" for question, options in rule.answers.items() for option in sorted(options)],
        f"{near.layer}|{near.owner}" if near and near.owner else near.layer if near else "",
        f"{near.metres:g}" if near else "", [(h[:5], h[6:]) for h in rule.hours],
        [d for d in DAYS if d in rule.days], sorted(rule.sources), sorted(rule.priorities), rule.note)


def read(form: MultiDict[str, str]) -> Typed:
    """Return what was typed, as it was typed."""
    rows = sorted({int(name[5:]) for name in form if re.fullmatch(r"from-\d{1,2}", name)})
    spans = [(form.get(f"from-{n}", "").strip(), form.get(f"to-{n}", "").strip()) for n in rows]
    return Typed(
        form.get("code", "").strip().lower(), form.get("department", ""), form.getlist("services"),
        form.getlist("areas"), [a for a in form.getlist("answer") if a], form.get("near", ""),
        form.get("metres", "").strip(), [s for s in spans if any(s)], form.getlist("days"),
        form.getlist("sources"), form.getlist("priorities"), " ".join(form.get("note", "").split()))


def rule_from(typed: Typed, world: World) -> Rule:
    """Return the rule that was typed, or raise Invalid."""
    faults: Faults = {}
    if not CODE.fullmatch(typed.code) or typed.code in ("service", "catch-all"):
        faults["code"] = [_("Name it with a-z, 0-9 and -, as harbour-lamps.")]
    if len(typed.note) > LONGEST_NOTE:
        faults["note"] = [_("Use at most %(most)s characters.", most=LONGEST_NOTE)]
    answers: dict[str, frozenset[str]] = {}
    for question, _sign, option in (answer.partition("=") for answer in typed.answers):
        answers[question] = answers.get(question, frozenset()) | {option}
    hours = tuple(f"{begins}-{'24:00' if ends == '00:00' else ends}" for begins, ends in typed.spans)
    if not all(map(is_span, hours)):
        faults["from-0"] = [_("Give two times, as 22:00 and 06:00.")]
    rule = Rule(
        typed.code, typed.department, frozenset(typed.services), frozenset(typed.areas), answers,
        _near(typed, faults), hours, frozenset(typed.days), frozenset(typed.sources),
        frozenset(typed.priorities), typed.note)
    for fault in rule.faults(world):
        field = FIELD.get(fault.what, "code")
        if field not in faults:
            faults[field] = [_("Choose who answers.") if fault.what == "department" and not fault.value
                             else translated(fault.sentence)]
    if faults:
        raise Invalid({name: faults[name] for name in ORDER if name in faults})
    return rule


ORDER = ("code", "department", "services", "areas", "answer-0", "near", "metres", "from-0", "days", "sources",
         "priorities", "note")


def _near(typed: Typed, faults: Faults) -> Near | None:
    if not typed.near:
        if typed.metres:
            faults["near"] = [_("Choose what must lie near, or leave the distance empty.")]
        return None
    layer, _sign, owner = typed.near.partition("|")
    try:
        metres = float(typed.metres.replace(",", "."))
    except ValueError:
        metres = -1.0
    if not 1 <= metres <= LONGEST_REACH:
        faults["metres"] = [_("Give a distance of 1 to %(most)s metres.", most=LONGEST_REACH)]
        return Near(layer, 1.0, owner)
    return Near(layer, metres, owner)


def choices(world: World, offer: Any, say: Any) -> Mapping[str, Any]:
    """Return what the form offers besides departments, services and areas."""
    answers = []
    for service in offer.services.values():
        options = [(f"{q.code}={code}", f"{say(q.words)} {say(words)}")
                   for q in service.questions for code, words in q.options]
        if options:
            answers.append((say(service.name), options))
    things = [(layer, sorted(filter(None, owners))) for layer, owners in sorted(world.layers.items())]
    return {"answers": answers, "things": things, "days": DAYS, "sources": SOURCES, "priorities": PRIORITIES}
