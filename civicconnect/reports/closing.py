"""What a step of one report means for those it belongs together with: leads, merged reports, parents, parts.

The refusals, what follows by itself, the help and the tests all read these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from civicconnect import clock
from civicconnect.accounts import SYSTEM, Actor
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, Sentence
from civicconnect.reports import following, kin
from civicconnect.reports.kin import MERGED, Merge, Part
from civicconnect.reports.lifecycle import CLOSED, WAITING
from civicconnect.reports.models import IS_OPEN, Report
from civicconnect.reports.queries import place_of, tidy, visible_to
from civicconnect.reports.recording import record


@dataclass(frozen=True)
class Doors:
    """What follows goes through the doors that every step goes through: `take_step` and `count_anew`."""

    take: Callable[[Db, Actor, Report, str, Mapping[str, str]], Report]
    count: Callable[..., None]


# What a report is to others.
LEAD, MERGED_CHILD, PARENT, PART = "lead", "merged", "parent", "part"
# What then happens.
REFUSE, ASK, CLOSE_PARTS, CLOSE_PARENT = "refuse", "ask", "close_parts", "close_parent"
REOPEN_PARENT, LET_GO, LEAVE = "reopen_parent", "let_go", "leave"


@dataclass(frozen=True)
class Rule:
    """One row: a step, what the report is to others, what then happens, and in words."""

    verb: str  # of the lifecycle; "merge" is a closing onto a lead
    whose: str
    then: str
    words: Sentence


RULES = (
    Rule("merge", LEAD, REFUSE, Sentence("Other reports go on in this one. Take them out first, or merge "
                                         "that report into this one.")),
    Rule("merge", PARENT, REFUSE, Sentence("This report has open parts. Close them first, or merge those.")),
    Rule("close", PARENT, ASK, Sentence("This report has open parts. Close them first, or choose to close "
                                        "them with it.")),
    Rule("close", PART, CLOSE_PARENT, Sentence("With its last part a report closes, where all parts came to "
                                               "the same.")),
    Rule("withdraw", PARENT, CLOSE_PARTS, Sentence("Whoever takes a report back takes back its parts.")),
    Rule("withdraw", PART, CLOSE_PARENT, Sentence("With its last part a report closes, where all parts came "
                                                  "to the same.")),
    Rule("withdraw", LEAD, LET_GO, Sentence("The reports that went on in it go on by themselves: nobody took "
                                            "those back.")),
    Rule("reopen", MERGED_CHILD, LEAVE, Sentence("A report that is opened again stands on its own.")),
    Rule("dispute", MERGED_CHILD, LEAVE, Sentence("A report that is opened again stands on its own.")),
    Rule("reopen", PART, REOPEN_PARENT, Sentence("With a part its report is open again.")),
    Rule("dispute", PART, REOPEN_PARENT, Sentence("With a part its report is open again.")),
    Rule("separate", PART, REOPEN_PARENT, Sentence("With a part its report is open again.")),
)
VERBS = frozenset(rule.verb for rule in RULES)
# A parent closes by itself where all its parts came to this; otherwise somebody says what came of it.
BY_ITSELF = ("fixed", "not_found", "withdrawn")
# What a merge makes of a report, and taking it out takes back.
CHANGED = ("status", "outcome", "due_at", "first_response_at", "closed_at", "verification")
WITH_PARTS = "close"  # the value of the field "parts" that closes them too


def standing_of(db: Db, report: Report) -> frozenset[str]:
    """Return what a report is to others: one statement."""
    number = report.number
    has_open_part = select(Part.child_number).join(Report, Report.number == Part.child_number).where(
        Part.parent_number == number, IS_OPEN)
    is_any = {
        LEAD: select(Merge.id).where(MERGED, Merge.lead_number == number),
        MERGED_CHILD: select(Merge.id).where(MERGED, Merge.child_number == number),
        PARENT: has_open_part, PART: select(Part.child_number).where(Part.child_number == number),
    }
    found = db.execute(select(*(asked.exists() for asked in is_any.values()))).one()
    return frozenset(name for name, is_so in zip(is_any, found, strict=True) if is_so)


def due(db: Db, actor: Actor, report: Report, verb: str, given: Mapping[str, str]) -> list[Rule]:
    """Return the rules that a step now sets off, or raise what refuses it: Invalid.

    verb    of the lifecycle, or "merge"
    """
    if verb not in VERBS:
        return []
    stands = standing_of(db, report)
    rules = [rule for rule in RULES if rule.verb == verb and rule.whose in stands]
    for rule in rules:
        if rule.then == REFUSE:
            raise Invalid({"lead": [rule.words]})
        if rule.then == ASK:
            _closed_with(db, actor, report, given, rule)
    return rules


def _closed_with(db: Db, actor: Actor, report: Report, given: Mapping[str, str], rule: Rule) -> None:
    if given.get("parts") != WITH_PARTS:
        raise Invalid({"parts": [rule.words]})
    is_open = select(Report.number).join(Part, Part.child_number == Report.number).where(
        Part.parent_number == report.number, IS_OPEN)
    if actor.kind == "staff" and db.scalar(is_open.where(~visible_to(actor)).limit(1)) is not None:
        raise Invalid({"parts": [Sentence("Some of its parts are with another department, which closes them "
                                          "itself.")]})


def follow(
    db: Db, actor: Actor, report: Report, rules: Sequence[Rule], given: Mapping[str, str], doors: Doors
) -> None:
    """Do what follows by itself from a step that was just taken."""
    for rule in rules:
        if rule.then in (ASK, CLOSE_PARTS):
            _close_parts(db, actor, report, rule.verb, given, doors)
        elif rule.then == CLOSE_PARENT:
            _close_parent(db, report, doors)
        elif rule.then == REOPEN_PARENT:
            _reopen_parent(db, actor, report, rule.verb, given, doors)
        elif rule.then == LET_GO:
            children = kin.merged_into(db, report.number, lock=True)
            for child in children:
                put_back(db, SYSTEM, child, doors)
            kin.tell_together(db, [(child.number, child.events) for child in children])
        elif rule.then == LEAVE:
            end(db, actor, report)


def _close_parts(
    db: Db, actor: Actor, parent: Report, verb: str, given: Mapping[str, str], doors: Doors
) -> None:
    told = [(parent.number, parent.events)]
    for part in kin.parts_of(db, parent.number, is_open=True, lock=True):
        doors.take(db, actor, part, verb, given)
        told.append((part.number, part.events))
    kin.tell_together(db, told)


def _close_parent(db: Db, part: Report, doors: Doors) -> None:
    parent = kin.parent_of(db, part, lock=True)
    outcome = proposed(kin.parts_of(db, parent.number)) if parent and parent.status != CLOSED else None
    if parent is not None and outcome in BY_ITSELF:
        seq = part.events
        doors.take(db, SYSTEM, parent, "close", {"outcome": outcome})
        kin.tell_together(db, [(part.number, seq), (parent.number, parent.events)])


def proposed(parts: Sequence[Report]) -> str | None:
    """Return what came of a report whose parts are all closed; None while one is open.

    All the same: that. Something fixed and something not: partly fixed. Else nothing that the city could do.
    """
    outcomes = {part.outcome for part in parts}
    if not parts or any(part.status != CLOSED for part in parts):
        return None
    if len(outcomes) == 1:
        return outcomes.pop()
    return "partly_fixed" if outcomes & {"fixed", "partly_fixed"} else "no_action"


def _reopen_parent(
    db: Db, actor: Actor, part: Report, verb: str, given: Mapping[str, str], doors: Doors
) -> None:
    parent = kin.parent_of(db, part, lock=True)
    if parent is None or parent.status != CLOSED:
        return
    seq = part.events
    if verb == "reopen":
        doors.take(db, actor, parent, "reopen", {"reason": given.get("reason", "")})
    else:
        doors.take(db, SYSTEM, parent, "dispute", {})
    kin.tell_together(db, [(part.number, seq), (parent.number, parent.events)])


# Merging

def lead_for(db: Db, actor: Actor, report: Report, reference: str) -> Report:
    """Return the report that another one may go on in, locked, or raise Invalid: why not in that one."""
    asked = select(Report).where(Report.reference == tidy(reference), visible_to(actor)).with_for_update()
    lead = db.scalar(asked)
    if lead is None or lead.number == report.number:
        raise _not_there(Sentence("No other report has this reference. Copy it from its page."))
    above = kin.lead_of(db, lead)
    if above is not None:
        raise _not_there(Sentence("That report repeats another one itself. Give the reference of that one: "
                                  "%(lead)s.", lead=above.reference))
    if lead.outcome == "duplicate":
        raise _not_there(Sentence("That report repeats another one itself. "
                                  "Give the reference of that one."))
    if lead.status == CLOSED:
        raise _not_there(Sentence("That report is closed. Open it again first, or close this one with "
                                  "what came of it."))
    if report.visibility == "public" and lead.visibility != "public":
        raise _not_there(Sentence("Strangers may not read that report: they would not see what becomes of "
                                  "this one."))
    if actor.kind == "staff" and lead.department_id != report.department_id and not actor.may("see_all"):
        raise _not_there(Sentence("That report is with another department. Ask somebody who sees both to "
                                  "merge them."))
    return lead


def _not_there(why: Sentence) -> Invalid:
    return Invalid({"lead": [why]})


def where_it_stands(report: Report) -> dict[str, Any]:
    """Return what a merge will change of a report, as JSON can keep it."""
    names = (*CHANGED, *(("updated_at",) if report.status == WAITING else ()))
    found = {name: getattr(report, name) for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in found.items()}


def begin(db: Db, actor: Actor, report: Report, lead: Report, before: Mapping[str, Any]) -> None:
    """Let a report that was just closed as a repeat go on in its lead."""
    db.add(Merge(child_number=report.number, lead_number=lead.number, seq=report.events, before=dict(before),
                 at=clock.now()))
    db.flush()
    following.recount(db, lead)
    record(db, lead, "merge", actor, {"child": report.reference, "people": lead.people},
           public=report.visibility == "public")


def end(db: Db, actor: Actor, report: Report) -> Merge | None:
    """Let a report go on in its lead no longer; None where it did not."""
    merge = kin.merge_of(db, report.number)
    lead = kin.lead_of(db, report, lock=True)
    if merge is None or lead is None:
        return None
    merge.ended_at = clock.now()
    db.flush()
    following.recount(db, lead)
    record(db, lead, "let_go", actor, {"child": report.reference, "people": lead.people},
           public=report.visibility == "public")
    return merge


def put_back(db: Db, actor: Actor, report: Report, doors: Doors) -> Report:
    """Take a report, locked, out of its lead: it stands where it stood before. Raises Conflict."""
    lead = kin.lead_of(db, report)
    rules = due(db, actor, report, "separate", {})
    merge = end(db, actor, report)
    if merge is None or lead is None:
        raise Conflict(Sentence("This report does not go on in another one any more."))
    was, report.updated_at = report.status, clock.now()
    for name, value in merge.before.items():
        instant = name.endswith("_at") and value
        setattr(report, name, datetime.fromisoformat(value) if instant else value)
    if report.status != was:
        doors.count(db, report, place_of(db, report), status=was)
    record(db, report, "separate", actor, {"from": lead.reference, "undoes": merge.seq})
    follow(db, actor, report, rules, {}, doors)
    return report
