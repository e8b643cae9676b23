"""How a rule is written: in the city's folder, in a draft, and in its row. One schema reads all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from civicconnect.routing.conditions import DAYS, Near
from civicconnect.routing.models import RuleRow
from civicconnect.routing.rules import Rule
from civicconnect.tables import told


class _Answer(Schema):
    question = fields.Str(required=True)
    option = fields.Str(load_default="")
    options = fields.List(fields.Str(), load_default=list)

    @validates_schema
    def has_options(self, row: Mapping[str, Any], **_: Any) -> None:
        """An answer without any option would never be given."""
        if not row.get("option") and not row.get("options"):
            raise ValidationError("Name the option, or several as 'options'.")


class _Near(Schema):
    layer = fields.Str(required=True)
    metres = fields.Float(required=True)
    owner = fields.Str(load_default="")


class RuleSchema(Schema):
    """One `[[rule]]`. `area` and a single `answers` are how a rule with one of each is written."""

    code = fields.Str(required=True, validate=[
        validate.Length(1, 80), validate.NoneOf(("service", "catch-all"), error="No rule may be called so.")])
    department = fields.Str(required=True)
    services = fields.List(fields.Str(), load_default=list)
    area = fields.Str(load_default=None, allow_none=True)
    areas = fields.List(fields.Str(), load_default=list)
    answers = fields.List(fields.Nested(_Answer), load_default=list, allow_none=True)
    near = fields.Nested(_Near, load_default=None, allow_none=True)
    hours = fields.List(fields.Str(), load_default=list)
    days = fields.List(fields.Str(), load_default=list)
    sources = fields.List(fields.Str(), load_default=list)
    priorities = fields.List(fields.Str(), load_default=list)
    note = fields.Str(load_default="", validate=validate.Length(max=500))

    @pre_load
    def one_answer(self, row: Any, **_: Any) -> Any:
        """Read the one answer of a rule as the first of several."""
        if isinstance(row, Mapping) and isinstance(row.get("answers"), Mapping):
            return {**row, "answers": [row["answers"]]}
        return row


RULE = RuleSchema()  # made once: to make it takes longer than to read a rule with it


def rule_from(row: Mapping[str, Any]) -> Rule:
    """Return a rule from a row that fits the schema."""
    near, answers = row["near"], dict[str, frozenset[str]]()
    for answer in row["answers"] or ():
        options = {*answer["options"], *filter(None, [answer["option"]])}
        answers[answer["question"]] = answers.get(answer["question"], frozenset()) | options
    return Rule(
        row["code"], row["department"], frozenset(row["services"]),
        frozenset([*row["areas"], *filter(None, [row["area"]])]), answers,
        Near(near["layer"], near["metres"], near["owner"]) if near else None, tuple(row["hours"]),
        frozenset(row["days"]), frozenset(row["sources"]), frozenset(row["priorities"]), row["note"])


def spelled(rule: Rule) -> dict[str, Any]:
    """Return a rule as its row is written, in one way: nothing that is the usual."""
    areas, near = sorted(rule.areas), rule.near
    answers = [
        {"question": question, "option": next(iter(options))} if len(options) == 1
        else {"question": question, "options": sorted(options)}
        for question, options in rule.answers.items()]
    row = told(RULE, {
        "code": rule.code, "department": rule.department, "services": sorted(rule.services),
        "area": areas[0] if len(areas) == 1 else None, "areas": areas if len(areas) > 1 else [],
        "answers": answers,
        "near": {"layer": near.layer, "metres": near.metres, "owner": near.owner} if near else None,
        "hours": list(rule.hours), "days": sorted(rule.days, key=_place), "sources": sorted(rule.sources),
        "priorities": sorted(rule.priorities), "note": rule.note})
    if len(answers) == 1:  # a rule with one is written as it always was
        row["answers"] = row["answers"][0]
    return row


def _place(day: str) -> int:
    return DAYS.index(day) if day in DAYS else len(DAYS)


def read(row: Any) -> Rule:
    """Return a rule from what is kept of it, whatever that is: what makes no sense can only fail."""
    try:
        return rule_from(RULE.load(row))
    except (ValidationError, TypeError, AttributeError, ValueError):
        known = row if isinstance(row, Mapping) else {}
        services = known.get("services")
        return Rule(str(known.get("code") or "?"), str(known.get("department") or ""),
                    frozenset(map(str, services)) if isinstance(services, list) else frozenset(),
                    unreadable=True)


APART = ("areas", "near", "hours", "days", "sources", "priorities")


def row_of(rule: Rule, position: int) -> dict[str, Any]:
    """Return the columns of a rule's row, all but its version and when it was made."""
    told_ = spelled(rule)
    plain = all(len(options) == 1 for options in rule.answers.values())
    apart = {key: told_[key] for key in APART if key in told_}
    if not plain:
        apart["answers"] = told_["answers"]
    return {
        "position": position, "code": rule.code, "department": rule.department, "note": rule.note,
        "services": sorted(rule.services), "area": told_.get("area"), "conditions": apart,
        "answers": {q: next(iter(o)) for q, o in rule.answers.items()} if plain else {}}


def rule_of(row: RuleRow) -> Rule:
    """Return a rule from its row. By hand: every report that comes in waits for all of them.

    A condition that this release does not know is not passed over: the rule can only fail.
    """
    try:
        apart = row.conditions
        if not apart.keys() <= KNOWN:
            raise ValueError(row.conditions)
        near, areas = apart.get("near"), _words(apart.get("areas", []))
        days, sources, priorities = (_words(apart.get(key, [])) for key in ("days", "sources", "priorities"))
        answers = {q: frozenset([_word(o)]) for q, o in row.answers.items()}
        return Rule(
            row.code, row.department, _words(row.services), areas | {row.area} if row.area else areas,
            _several(apart["answers"]) if "answers" in apart else answers,
            Near(_word(near["layer"]), float(near["metres"]), _word(near.get("owner", ""))) if near else None,
            tuple(map(_word, apart.get("hours", ()))), days, sources, priorities, row.note)
    except (AttributeError, KeyError, TypeError, ValueError):
        services = row.services if isinstance(row.services, list) else []
        return Rule(row.code, row.department, frozenset(map(str, services)), note=row.note, unreadable=True)


KNOWN = {"answers", *APART}


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _words(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        raise TypeError(value)
    return frozenset(map(_word, value))


def _several(rows: Any) -> dict[str, frozenset[str]]:
    """Return answers as `spelled` writes them: one, or a list."""
    found: dict[str, frozenset[str]] = {}
    for row in [rows] if isinstance(rows, Mapping) else rows:
        found[_word(row["question"])] = _words([row["option"]] if "option" in row else row["options"])
    return found
