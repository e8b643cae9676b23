"""A city as its record shows it: what will be written, before it is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from civicconnect.history.boundaries import Layer
from civicconnect.history.firsts import FirstPromise, FirstRule, first_promise, first_rules, usual
from civicconnect.history.guess import Guess
from civicconnect.history.names import free
from civicconnect.history.profile import Profile
from civicconnect.history.record import Asked, Record

CATCH_ALL, CATCH_ALL_NAME = "service-desk", "Service Desk"
NO_GROUP = ("services", "Services")
ONE_GROUP = 20  # services a resident can look through without groups


@dataclass(frozen=True)
class Outline:
    """Everything a draft is made of.

    requests, layers    the files' names; the boundaries as read
    limit               the ground of the city, a shape
    guess               where nobody wrote the profile
    zone_assumed        nobody named the time zone
    """

    name: str
    requests: tuple[str, ...]
    profile: Profile
    guess: Guess | None
    zone_assumed: bool
    layers: tuple[Layer, ...]
    limit: Any
    record: Record

    @cached_property
    def catch_all(self) -> str:
        """Return the code of the department that gets what nobody claims; it is none of theirs."""
        return free(CATCH_ALL, self.record.department_names)

    @cached_property
    def departments(self) -> dict[str, str]:
        """Return {code: name}, the one for what nobody claims last."""
        found = {code: most_usual(spelt) for code, spelt in sorted(self.record.department_names.items())}
        return found | {self.catch_all: CATCH_ALL_NAME}

    @cached_property
    def groups(self) -> dict[str, tuple[str, str]]:
        """Return {service: (code, name) of its group}."""
        return {code: self._group(asked) for code, asked in self.record.services.items()}

    def _group(self, asked: Asked) -> tuple[str, str]:
        named = [(-n, code) for code, n in asked.groups.items() if code]
        if named:
            code = min(named)[1]
            return code, most_usual(self.record.group_names[code])
        if self.grouped_by_department:
            department = usual(asked, self.catch_all)
            return department, self.departments[department]
        spelt = self.record.group_names.get(NO_GROUP[0])
        return (NO_GROUP[0], most_usual(spelt)) if spelt else NO_GROUP

    @property
    def grouped_by_department(self) -> bool:
        """Say whether the services are too many for one group, and the record has no groups."""
        return not self.record.group_names and len(self.record.services) > ONE_GROUP

    @cached_property
    def promises(self) -> dict[str, FirstPromise]:
        return {code: first_promise(asked) for code, asked in sorted(self.record.services.items())}

    @cached_property
    def rules(self) -> list[FirstRule]:
        return first_rules(self.record.services, self.layers)

    def name_of(self, service: str) -> str:
        return most_usual(self.record.services[service].names)


def most_usual(spelt: Counter[str]) -> str:
    """Return the most usual spelling; of several, the first in the alphabet."""
    return min(spelt, key=lambda words: (-spelt[words], words))
