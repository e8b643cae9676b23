"""What differs between two sets of rules, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from civicconnect.routing.rules import Rule


@dataclass(frozen=True)
class Change:
    """One rule that is new, gone, changed, or tried at another place.

    kind    new, gone, changed, moved
    """

    kind: str
    code: str
    before: Rule | None
    after: Rule | None


def changes(old: Sequence[Rule], new: Sequence[Rule]) -> list[Change]:
    """Return what differs, in the order of the new rules; those that are gone come last."""
    before, after = {rule.code: rule for rule in old}, {rule.code: rule for rule in new}
    stays = _in_order([code for code in before if code in after], [code for code in after if code in before])
    found: list[Change] = []
    for code, rule in after.items():
        if code not in before:
            found.append(Change("new", code, None, rule))
        elif before[code] != rule:
            found.append(Change("changed", code, before[code], rule))
        if code in before and code not in stays:
            found.append(Change("moved", code, before[code], rule))
    return found + [Change("gone", code, rule, None) for code, rule in before.items() if code not in after]


def _in_order(old: list[str], new: list[str]) -> set[str]:
    """Return the codes that stand in the same order in both."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {code for block in blocks for code in old[block.a:block.a + block.size]}
