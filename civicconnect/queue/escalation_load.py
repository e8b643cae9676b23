"""The escalation rules, in and out of a city's folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.accounts import ROLES
from civicconnect.catalog import PRIORITIES
from civicconnect.db import Base, Db, Json, Key
from civicconnect.queue.escalation import AFTER, PUBLISH, TELL, EscalationRule, Stage
from civicconnect.tables import parse, rows, told, toml, unknown_keys

FILE = "escalation.toml"
SOME_HOURS = validate.Range(0, 5000, min_inclusive=False, error="Give business hours, more than 0 to 5000.")


class EscalationRow(Base):
    """One rule, as the folder gives it."""

    __tablename__ = "escalation_rule"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(80), unique=True)
    position: Mapped[int]
    facts: Mapped[Json]


def _one_of(*words: str) -> validate.OneOf:
    return validate.OneOf(words, error=f"'{{input}}' is none of {', '.join(words)}.")


class _Rule(Schema):
    code = fields.Str(required=True, validate=validate.Length(1, 80))
    after = fields.Str(required=True, validate=_one_of(*AFTER))
    hours = fields.Float(required=True, validate=SOME_HOURS)
    tell = fields.Str(required=True, validate=_one_of(*ROLES))
    then = fields.Str(load_default=None, allow_none=True, validate=_one_of(*ROLES))
    then_hours = fields.Float(load_default=None, allow_none=True, validate=SOME_HOURS)
    publish_hours = fields.Float(load_default=None, allow_none=True, validate=SOME_HOURS)
    services = fields.List(fields.Str(), load_default=list)
    departments = fields.List(fields.Str(), load_default=list)
    priorities = fields.List(fields.Str(validate=_one_of(*PRIORITIES)), load_default=list)
    note = fields.Str(load_default="", validate=validate.Length(max=500))


def check(
    files: Mapping[str, bytes], departments: Collection[str], services: Collection[str]
) -> tuple[tuple[Mapping[str, Any], ...], list[str]]:
    """Read `escalation.toml` and list every fault, given the codes that exist."""
    faults: list[str] = []
    tables = parse(FILE, files.get(FILE, b""), faults)
    unknown_keys(FILE, tables, {"escalation"}, faults)
    found = tuple(rows(FILE, tables, "escalation", _Rule(), faults))
    for code, count in Counter(row["code"] for row in found).items():
        if count > 1:
            faults.append(f"{FILE}, [[escalation]] {code}: the code stands twice.")
    for row in found:
        where = f"{FILE}, [[escalation]] {row['code']}"
        faults += [f"{where}: no service is called '{code}'."
                   for code in sorted(set(row["services"]) - set(services))]
        faults += [f"{where}: no department is called '{code}'."
                   for code in sorted(set(row["departments"]) - set(departments))]
        if (row["then"] is None) != (row["then_hours"] is None):
            faults.append(f"{where}: 'then' and 'then_hours' go together.")
    return found, faults


def load(db: Db, found: tuple[Mapping[str, Any], ...]) -> None:
    """Put rules in force. What one that is gone had counted is forgotten."""
    db.execute(delete(EscalationRow))
    db.add_all(EscalationRow(code=row["code"], position=n, facts=dict(row)) for n, row in enumerate(found))
    db.flush()


def escalation_rules(db: Db) -> dict[str, EscalationRule]:
    """Read the rules in force, by code, in their order."""
    return {row["code"]: _rule(row)
            for row in db.scalars(select(EscalationRow.facts).order_by(EscalationRow.position))}


def _rule(row: Mapping[str, Any]) -> EscalationRule:
    stages = [Stage(TELL, row["hours"], row["tell"])]
    stages += [Stage(TELL, row["then_hours"], row["then"])] if row["then"] else []
    stages += [Stage(PUBLISH, row["publish_hours"])] if row["publish_hours"] else []
    return EscalationRule(row["code"], row["after"], tuple(stages), frozenset(row["services"]),
                          frozenset(row["departments"]), frozenset(row["priorities"]))


def dump(db: Db) -> dict[str, bytes]:
    """Return the rules in force as the folder's file."""
    return spell(tuple(db.scalars(select(EscalationRow.facts).order_by(EscalationRow.position))))


def spell(found: tuple[Mapping[str, Any], ...]) -> dict[str, bytes]:
    """Return checked rules as the folder's file, in the one way we write it; {} without any."""
    if not found:
        return {}
    head = "Who is told when nobody acts on a report, and when everybody reads that it is overdue."
    schema = _Rule()
    return {FILE: toml({"escalation": [told(schema, row) for row in found]}, head).encode()}
