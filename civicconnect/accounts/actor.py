"""Who does something, as a plain value that every action takes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Actor:
    """A resident, a member of staff, a partner, the system itself, or another system's record.

    name          what the timeline keeps: "resident", "staff:12", "partner:name", "system", "import:profile"
    permissions   what the actor's roles allow: "step", "note", "see_all" …
    departments   ids of the departments a member of staff works for
    areas         ids of the areas they work in, however those were drawn over time; empty: everywhere
    opened        numbers of the reports beyond that which they broke open, with a reason, for an hour
    """

    kind: str  # resident, staff, partner, system, history
    name: str
    permissions: frozenset[str] = frozenset()
    departments: frozenset[int] = field(default=frozenset())
    areas: frozenset[int] = field(default=frozenset())
    opened: frozenset[int] = field(default=frozenset())

    def may(self, permission: str) -> bool:
        """Say whether the actor's roles allow something."""
        return permission in self.permissions


SYSTEM = Actor("system", "system")
