"""Rules of a profile: which rows are refused, and what a row's service or department is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Condition:
    """What a cell must say: one of some words as a whole, or one of some anywhere in it.

    column    one of the words under [columns], or else a column's own name, or several of which the
              first that a row fills counts

    Capitals do not matter.
    """

    column: tuple[str, ...]
    equals: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()

    def fits(self, text: str) -> bool:
        said = text.casefold()
        return said in self._words or any(part in said for part in self._parts)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(map(folded, self.equals))

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        return tuple(map(folded, self.contains))


@dataclass(frozen=True)
class Refusal:
    """Rows that are none of ours: of another year, a test."""

    when: Condition
    why: str
    kind: str


@dataclass(frozen=True)
class Meaning:
    """What rows mean: the service, or the department, that the first fitting rule names."""

    when: Condition
    to: str


def folded(text: str) -> str:
    """Return words as they are compared: single blanks, no capitals."""
    return " ".join(text.split()).casefold()
