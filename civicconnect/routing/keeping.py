"""The versions of a city's rules: the one in force, who made each and why, and how one comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from civicconnect import clock
from civicconnect.db import Db, insert_new
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.routing.models import RuleRow, VersionRow
from civicconnect.routing.rules import Rule, RuleBook
from civicconnect.routing.spelling import row_of, rule_of

LONGEST_REASON = 500
# The one row of a version without rules: it names no department, and so it never fits.
NO_RULES = Rule("", "")


@dataclass(frozen=True)
class Version:
    """One version of the rules.

    made_by     "staff:12"; "" where that was not kept
    restores    the earlier version that it brought back
    """

    number: int
    made_at: datetime
    rules: int
    made_by: str = ""
    reason: str = ""
    restores: int | None = None


def rule_book(db: Db, version: int | None = None) -> RuleBook:
    """Read the rules of a version; None: those in force, which are the newest. Raises NotFound."""
    newest = select(func.max(RuleRow.version)).scalar_subquery()
    asked = select(RuleRow).where(RuleRow.version == (newest if version is None else version))
    found = db.scalars(asked.order_by(RuleRow.position)).all()
    if version is not None and not found:
        raise NotFound(f"there is no version {version} of the rules")
    rules = tuple(rule_of(row) for row in found if row.code)
    return RuleBook(found[0].version if found else 0, rules)


def keep(db: Db, rules: Sequence[Rule], made_by: str, reason: str, restores: int | None = None) -> int:
    """Put rules in force as a new version. Returns its number.

    Raises Conflict where somebody else did so in the same moment.
    """
    version, made_at = (db.scalar(select(func.max(RuleRow.version))) or 0) + 1, clock.now()
    # The version's own row first: of two at once, the second finds it taken.
    told = {"version": version, "made_at": made_at, "made_by": made_by[:120], "reason": reason,
            "restores": restores}
    if insert_new(db, VersionRow, ["version"], told, VersionRow.version) is None:
        raise Conflict(Sentence("Somebody else saved the rules in this moment. Look at theirs first."))
    db.add_all(RuleRow(version=version, made_at=made_at, **row_of(rule, n))
               for n, rule in enumerate(rules or (NO_RULES,)))
    db.flush()
    return version


def checked_reason(reason: str) -> str:
    """Return why rules are changed, or raise Invalid."""
    told = " ".join(reason.split())
    if not told or len(told) > LONGEST_REASON:
        raise Invalid({"reason": [Sentence("Say why, in at most %(most)s characters.", most=LONGEST_REASON)]})
    return told


def versions(db: Db) -> list[Version]:
    """Return every version, the newest first: one statement."""
    made = (
        select(RuleRow.version, func.min(RuleRow.made_at).label("made_at"),
               func.count(RuleRow.id).filter(RuleRow.code != "").label("rules"))
        .group_by(RuleRow.version).subquery()
    )
    asked = (
        select(made.c.version, made.c.made_at, made.c.rules, VersionRow.made_by, VersionRow.reason,
               VersionRow.restores)
        .outerjoin(VersionRow, VersionRow.version == made.c.version).order_by(made.c.version.desc())
    )
    return [Version(number, at, rules, by or "", reason or "", restores)
            for number, at, rules, by, reason, restores in db.execute(asked)]


def find_version(db: Db, number: int) -> Version:
    """Return what is known of a version, or raise NotFound."""
    found = next((version for version in versions(db) if version.number == number), None)
    if found is None:
        raise NotFound(f"there is no version {number} of the rules")
    return found


def restore(db: Db, made_by: str, number: int, reason: str, *, seen: int) -> int:
    """Put the rules of an earlier version in force again, as a new version. Returns its number.

    seen    the version that was in force when this was asked for
    Raises NotFound, Invalid (no reason, or it is in force already) and Conflict.
    """
    told = checked_reason(reason)
    rules, standing = rule_book(db, number).rules, rule_book(db)
    refuse_older(standing.version, seen)
    if rules == standing.rules:
        raise Invalid({"reason": [Sentence("These rules are in force already.")]})
    return keep(db, rules, made_by, told, restores=number)


def refuse_older(standing: int, seen: int) -> None:
    """Raise Conflict where other rules came in force since somebody began."""
    if standing != seen:
        raise Conflict(Sentence(
            "Version %(standing)s came in force while you were at version %(seen)s. Look at both.",
            standing=standing, seen=seen))
