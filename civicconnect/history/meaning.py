"""What a record's words mean here, looked up once for each word and not once for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from civicconnect.history import kinds
from civicconnect.history.cells import Cells
from civicconnect.history.conditions import Meaning, Refusal, folded
from civicconnect.history.names import slug
from civicconnect.history.profile import Profile

REMEMBERED = 2**14  # different words of a kind; most records have a few hundred
K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R", Refusal, Meaning)


class Rules(Generic[R]):
    """Rules of which the first that fits counts; asked once for each different row of what they look at."""

    def __init__(self, profile: Profile, rules: Sequence[R], cells: Cells) -> None:
        looked_at = list(dict.fromkeys(profile.columns_of(rule.when) for rule in rules))
        self._cells = [cells.getter(names) for names in looked_at]
        self._rules: list[tuple[R, int]] = [
            (rule, looked_at.index(profile.columns_of(rule.when))) for rule in rules]
        self._known: dict[tuple[str, ...], R | None] = {}

    def first(self, cells: list[str]) -> R | None:
        """Return the first rule that fits a row; None where none does."""
        if not self._rules:
            return None
        said = tuple([cell(cells) for cell in self._cells])
        if said in self._known:
            return self._known[said]
        fitting = (rule for rule, place in self._rules if rule.when.fits(said[place]))
        return _keep(self._known, said, next(fitting, None))


class Finds(Protocol):
    """What knows the city's services."""

    def find(self, name: str) -> str: ...


class Meanings:
    """The rules and word lists of a profile, at work on the cells of one file."""

    def __init__(self, profile: Profile, offer: Finds, cells: Cells) -> None:
        self.profile, self.offer = profile, offer
        self.statuses = {folded(word): said.partition(" ") for word, said in profile.statuses.items()}
        self.refusals = Rules(profile, profile.refusals, cells)
        self.services = Rules(profile, profile.service_rules, cells)
        self.departments = Rules(profile, profile.department_rules, cells)
        self._services: dict[str, tuple[str, str]] = {}
        self._sources: dict[str, str] = {}
        self._records: dict[tuple[str, str], Mapping[str, str]] = {}

    def refusal(self, cells: list[str]) -> Refusal | None:
        """Return the first rule that refuses a row."""
        return self.refusals.first(cells)

    def service(self, cells: list[str], theirs: str) -> tuple[str, str]:
        """Return what a row asks for, as (name, code or "").

        theirs    how they call it; the first rule of the profile that fits calls it otherwise
        """
        rule = self.services.first(cells)
        name = rule.to if rule else theirs
        found = self._services.get(name)
        if found is None:
            found = _keep(self._services, name, (name, self.offer.find(name)))
        return found

    def source(self, channel: str) -> str:
        """Return our channel for theirs; as a code where nobody described it; "unknown": none told."""
        found = self._sources.get(channel)
        if found is None:
            found = _keep(self._sources, channel, self.profile.channels.get(channel) or (
                slug(channel)[:40] if channel else "unknown"))
        return found

    def status(self, word: str, odd: list[str]) -> tuple[str, str | None]:
        """Return ("open", None), ("closed", an outcome or None), or ("", None) where nobody says."""
        if not word or not self.statuses:
            return "", None
        means = self.statuses.get(word) or self.statuses.get(folded(word))
        if means is None:
            odd.append(kinds.NO_STATUS)
            return "", None
        return means[0], means[2] or None

    def record(self, status: str, cells: list[str], department: str) -> Mapping[str, str]:
        """Return what else the record says of a row, for its timeline."""
        if rule := self.departments.first(cells):
            department = rule.to
        found = self._records.get((status, department))
        if found is None:
            named = self.profile.departments.get(department) if department else ""
            said = {"profile": self.profile.name, "status": status, "department": named or department}
            found = _keep(self._records, (status, department),
                          {key: words[:200] for key, words in said.items() if words})
        return found


def _keep(known: dict[K, V], key: K, value: V) -> V:
    """Remember a value; forget all where a column turns out to have a word of its own in each row."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[key] = value
    return value
