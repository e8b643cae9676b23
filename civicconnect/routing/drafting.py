"""Drafts of new rules: one for each of the staff, kept between pages, a version in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update

from civicconnect import clock
from civicconnect.db import Db, insert_new
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.routing.conditions import World
from civicconnect.routing.keeping import checked_reason, keep, refuse_older, rule_book
from civicconnect.routing.models import DraftRow
from civicconnect.routing.rules import Rule, RuleBook
from civicconnect.routing.spelling import read, spelled

MOST_RULES = 1000


@dataclass(frozen=True)
class Draft:
    """Rules that somebody is writing.

    based_on    the version it began as
    changes     how often it was changed: what was sent for an older state is refused
    """

    based_on: int
    rules: tuple[Rule, ...]
    changes: int
    changed_at: datetime

    @property
    def book(self) -> RuleBook:
        """Return its rules as they would decide, were they saved."""
        return RuleBook(self.based_on + 1, self.rules)

    def rule(self, code: str) -> Rule | None:
        """Return one of its rules by its code."""
        return self.book.rule(code)


def draft_of(db: Db, made_by: str) -> Draft | None:
    """Return somebody's draft; None where there is none."""
    row = db.get(DraftRow, made_by, populate_existing=True)
    if row is None:
        return None
    return Draft(row.based_on, tuple(map(read, row.rules)), row.changes, row.changed_at)


def open_draft(db: Db, made_by: str) -> Draft:
    """Return somebody's draft, or begin one as the rules in force."""
    known = draft_of(db, made_by)
    if known is None:
        standing = rule_book(db)
        insert_new(db, DraftRow, ["made_by"], {
            "made_by": made_by, "based_on": standing.version, "rules": [spelled(r) for r in standing.rules],
            "changed_at": clock.now(), "changes": 0}, DraftRow.based_on)
        known = draft_of(db, made_by)
    assert known is not None  # noqa: S101  it was just made, by us or in the same instant
    return known


def write_draft(
    db: Db, made_by: str, rules: Sequence[Rule], *, seen: int, based_on: int | None = None
) -> None:
    """Change somebody's draft.

    seen        its `changes` when the page was made: in two windows, the older one is told so
    based_on    the version it stands on from now; None: as before
    Raises NotFound, Conflict and Invalid (two rules of one code, or too many).
    """
    codes = [rule.code for rule in rules]
    if len(set(codes)) < len(codes):
        raise Invalid({"code": [Sentence("Another rule is called so. Choose another name.")]})
    if len(rules) > MOST_RULES:
        raise Invalid({"code": [Sentence("There are at most %(most)s rules.", most=MOST_RULES)]})
    changed = update(DraftRow).where(DraftRow.made_by == made_by, DraftRow.changes == seen).values(
        rules=[spelled(rule) for rule in rules], changes=seen + 1, changed_at=clock.now(),
        **({} if based_on is None else {"based_on": based_on})).returning(DraftRow.changes)
    if db.execute(changed, execution_options={"synchronize_session": False}).scalar() is not None:
        return
    if draft_of(db, made_by) is None:
        raise NotFound("there is no draft")
    raise Conflict(Sentence("You changed this draft in another window. Here it is as it stands now."))


def throw_away(db: Db, made_by: str) -> None:
    """Forget somebody's draft."""
    db.execute(delete(DraftRow).where(DraftRow.made_by == made_by))


def save_draft(db: Db, made_by: str, reason: str, world: World, *, seen: int) -> int:
    """Put somebody's draft in force as a new version. Returns its number.

    seen    its `changes` when the page was made
    Raises NotFound, Conflict (the draft or the rules changed meanwhile) and Invalid (no reason, a rule that
    would fail, or nothing changed).
    """
    draft, standing = draft_of(db, made_by), rule_book(db)
    if draft is None:
        raise NotFound("there is no draft")
    if draft.changes != seen:
        raise Conflict(Sentence("You changed this draft in another window. Here it is as it stands now."))
    refuse_older(standing.version, draft.based_on)
    told = checked_reason(reason)
    if draft.rules == standing.rules:
        raise Invalid({"reason": [Sentence("Nothing is changed yet.")]})
    broken = [Sentence("Rule %(rule)s: %(fault)s", rule=rule.code, fault=fault.sentence)
              for rule in draft.rules for fault in rule.faults(world)]
    if broken:
        raise Invalid({"rules": broken})
    version = keep(db, draft.rules, made_by, told)
    throw_away(db, made_by)
    return version
