"""The rules, in and out of a city's folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from marshmallow import Schema, fields, validate

from civicconnect import clock
from civicconnect.db import Db
from civicconnect.routing.models import RuleRow
from civicconnect.routing.rules import Rule, rule_book
from civicconnect.tables import parse, rows, told, toml, unknown_keys

# The one row of a version without rules: it names no department, and so it never fits.
NO_RULES = Rule("", "")


class _Condition(Schema):
    question = fields.Str(required=True)
    option = fields.Str(required=True)


class _Rule(Schema):
    code = fields.Str(required=True, validate=validate.Length(1, 80))
    department = fields.Str(required=True)
    services = fields.List(fields.Str(), load_default=list)
    area = fields.Str(load_default=None, allow_none=True)
    answers = fields.Nested(_Condition, load_default=None, allow_none=True)
    note = fields.Str(load_default="", validate=validate.Length(max=500))


def check(
    files: Mapping[str, bytes],
    departments: Collection[str],
    services: Collection[str],
    areas: Collection[str],
) -> tuple[tuple[Rule, ...], list[str]]:
    """Read `rules.toml` and list every fault, given the codes that exist."""
    faults: list[str] = []
    tables = parse("rules.toml", files.get("rules.toml"), faults)
    unknown_keys("rules.toml", tables, {"rule"}, faults)
    found: list[Rule] = []
    for row in rows("rules.toml", tables, "rule", _Rule(), faults):
        where = f"rules.toml, [[rule]] {row['code']}"
        if row["code"] in {rule.code for rule in found}:
            faults.append(f"{where}: the code stands twice.")
        if row["department"] not in departments:
            faults.append(f"{where}: no department is called '{row['department']}'.")
        for service in sorted(set(row["services"]) - set(services)):
            faults.append(f"{where}: no service is called '{service}'.")
        if row["area"] and row["area"] not in areas:
            faults.append(f"{where}: no area is called '{row['area']}'; write layer:code.")
        asked = row["answers"]
        conditions = {asked["question"]: asked["option"]} if asked else {}
        found.append(Rule(row["code"], row["department"], frozenset(row["services"]),
                          row["area"], conditions, row["note"]))
    return tuple(found), faults


def load(db: Db, rules: tuple[Rule, ...]) -> int:
    """Put the rules in force as a new version, unless they already are. Returns the version."""
    standing = rule_book(db)
    if standing.rules == rules:
        return standing.version
    version, made_at = standing.version + 1, clock.now()
    db.add_all(
        RuleRow(version=version, position=n, made_at=made_at, code=r.code,
                department=r.department, services=sorted(r.services), area=r.area,
                answers=dict(r.answers or {}), note=r.note)
        for n, r in enumerate(rules or (NO_RULES,))
    )
    db.flush()
    return version


def dump(db: Db) -> dict[str, bytes]:
    """Return the rules in force as `rules.toml`, as `check` reads it."""
    return spell(rule_book(db).rules)


def spell(rules: tuple[Rule, ...]) -> dict[str, bytes]:
    """Return checked rules as the folder's file, in the one way we write it."""
    written = [
        told(_Rule(), {
            "code": r.code, "department": r.department, "services": sorted(r.services), "area": r.area,
            "note": r.note,
            "answers": next(({"question": q, "option": o} for q, o in (r.answers or {}).items()), None),
        })
        for r in rules
    ]
    head = "Who answers where the service alone does not say. The first rule that fits decides."
    return {"rules.toml": toml({"rule": written} if written else {}, head).encode()}
