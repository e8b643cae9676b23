"""How another system spells its columns, and what it means by its words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from civicconnect.geo import Point
from civicconnect.history import toml
from civicconnect.history.conditions import Condition, Meaning, Refusal
from civicconnect.history.instants import SENTINEL, SENTINELS, Clock
from civicconnect.history.places import Places, Written

NEEDED = ("opened", "service")
OPTIONAL = ("id", "parent", "status", "closed", "due", "group", "department", "department_name", "channel",
            "address", "lat", "long", "place", "note", "description")
# What a file of rejected rows has before their own cells; no part of a row that is brought again.
ADDED = ("rejected_line", "rejected_because")


class Unreadable(ValueError):
    """A row that cannot become a report; the sentence goes into the file of verdicts."""


@dataclass(frozen=True)
class Profile:
    """One layout of one system's extract, or several layouts of it that name a thing differently.

    docs/import.md explains each key; `read_profile` reads the file.
    """

    name: str
    zone: str
    time_format: str | tuple[str, ...]
    # Our word: their column, or several of which the first filled one counts. "" where they have
    # none; "" at the end of several where a file may have none.
    columns: Mapping[str, str | tuple[str, ...]]
    channels: Mapping[str, str]
    departments: Mapping[str, str]  # their code: a name to read; "": who gets the rows that name nobody
    areas: Mapping[str, str | tuple[str, ...]]  # property of the boundary file for "code", for "name"
    grid: str = ""  # what lat and long are counted in: "" degrees, "EPSG:…" the unit of that grid
    statuses: Mapping[str, str] = field(default_factory=dict)  # their word: "open", "closed", "closed fixed"
    sentinels: tuple[date, ...] = SENTINELS  # days that mean: no date
    stand_ins: tuple[Point, ...] = ()  # where their system puts an address it did not find
    refusals: tuple[Refusal, ...] = ()
    service_rules: tuple[Meaning, ...] = ()
    department_rules: tuple[Meaning, ...] = ()
    promises: str = ""  # "record", "city", or "" for the record's where it has due dates
    known_by: tuple[str, ...] = ()  # columns nobody reads, by which a file of this layout is told

    @cached_property
    def named(self) -> dict[str, tuple[str, ...]]:
        """Return {our word: their columns, in the order in which they are looked at}."""
        return {word: tuple(filter(None, several(given))) for word, given in self.columns.items()}

    @property
    def formats(self) -> tuple[str, ...]:
        return several(self.time_format)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        meanings = (*self.service_rules, *self.department_rules)
        return (*(rule.when for rule in self.refusals), *(rule.when for rule in meanings))

    @property
    def knows_closings(self) -> bool:
        return bool(self.named.get("closed"))

    @property
    def knows_places(self) -> bool:
        return bool(self.named.get("lat") or self.named.get("place"))

    def columns_of(self, condition: Condition) -> tuple[str, ...]:
        """Return the columns a condition looks at: those of our word, or the ones it names itself."""
        return tuple(name for given in condition.column for name in self.named.get(given) or (given,))

    def value(self, row: Mapping[str, str], word: str) -> str:
        """Return a cell by our word, with single blanks; "" where it is empty or has no column."""
        return _filled(row, self.named.get(word, ()))

    def key(self, row: Mapping[str, Any]) -> str:
        """Return what tells a row from others: its id, or a hash of all its cells where no column is one."""
        if any(column in row for column in self.named.get("id", ())):
            return self.value(row, "id")
        cells = "\x1f".join(str(cell) for name, cell in row.items() if name not in ADDED)
        return key_of_cells(cells.encode(errors="surrogateescape"))

    def department(self, row: Mapping[str, str]) -> str:
        """Return who answers a row, in their words; "" where nobody is named."""
        for rule in self.department_rules:
            if rule.when.fits(_filled(row, self.columns_of(rule.when))):
                return rule.to
        return self.value(row, "department") or self.departments.get("", "")

    def service(self, row: Mapping[str, str]) -> str:
        """Return what a row asks for: as the first rule that fits calls it, or in their words."""
        for rule in self.service_rules:
            if rule.when.fits(_filled(row, self.columns_of(rule.when))):
                return rule.to
        return self.value(row, "service")

    def instant(self, row: Mapping[str, str], word: str) -> tuple[datetime | None, str]:
        """Read a time as this system writes it.

        returns    (aware UTC instant or None where empty or a sentinel, "" or "skipped" or "doubled"
                   where the local clock was changed at that hour)
        Raises Unreadable.
        """
        text = self.value(row, word)
        found = self._clock.read(text)
        if found.fault:
            raise Unreadable(f"'{word}' is '{text}', {found.fault}")
        return found.at, "" if found.kind == SENTINEL else found.kind

    def refusal(self, row: Mapping[str, str]) -> Refusal | None:
        """Return the rule that refuses a row, if one does."""
        return next((rule for rule in self.refusals
                     if rule.when.fits(_filled(row, self.columns_of(rule.when)))), None)

    def stands_in(self, point: Point) -> bool:
        """Say whether a place is one their system puts where it found no address."""
        return self._places.stands_in(point)

    def point(self, row: Mapping[str, str]) -> Point | None:
        """Read the place; None where it is empty. Raises Unreadable."""
        written = Written(self.value(row, "lat"), self.value(row, "long"), self.value(row, "place"))
        found = self._places.read([written])[0]
        if found.fault:
            raise Unreadable(found.fault)
        return found.point

    @cached_property
    def _clock(self) -> Clock:
        return Clock(self.zone, self.formats, self.sentinels)

    @cached_property
    def _places(self) -> Places:
        return Places(self.grid, self.stand_ins)

    @property
    def written(self) -> str:
        """Return the profile as the file that `read_profile` reads."""
        top: dict[str, Any] = {"name": self.name, "zone": self.zone, "time_format": self.time_format}
        top |= {key: value for key in ("grid", "promises", "known_by") if (value := getattr(self, key))}
        top |= {"sentinels": self.sentinels} if self.sentinels != SENTINELS else {}
        columns = {word: names for word, names in self.columns.items() if names}
        tables = {"columns": columns, "statuses": self.statuses, "channels": self.channels,
                  "departments": self.departments, "areas": self.areas}
        return toml.document("How the city's published file spells its columns.", [
            toml.lines(top), *(toml.section(key, row) for key, row in tables.items()),
            *(toml.block("stand_in", {"lat": p.lat, "long": p.long}) for p in self.stand_ins),
            *(toml.block("refuse", _rule(r.when) | {"why": r.why, "kind": r.kind}) for r in self.refusals),
            *(toml.block("service", _rule(r.when) | {"to": r.to}) for r in self.service_rules),
            *(toml.block("department", _rule(r.when) | {"to": r.to}) for r in self.department_rules)])


def key_of_cells(written: bytes) -> str:
    """Return the name of a row that has no id: a hash of its cells, joined by the unit separator."""
    return f"row-{hashlib.sha256(written).hexdigest()[:24]}"


def several(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


def _filled(row: Mapping[str, str], columns: tuple[str, ...]) -> str:
    """Return the first of some cells that a row fills, with single blanks."""
    for column in columns:
        if text := " ".join((row.get(column) or "").split()):
            return text
    return ""


def _rule(when: Condition) -> dict[str, Any]:
    words = {"column": when.column, "is": when.equals, "contains": when.contains}
    return {key: said[0] if len(said) == 1 else said for key, said in words.items() if said}
