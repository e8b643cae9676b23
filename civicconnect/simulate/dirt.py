"""What is wrong with a published extract: each kind at its rate, each piece of it remembered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from civicconnect.simulate.day import Day
from civicconnect.simulate.likeness import Likeness
from civicconnect.simulate.spots import FALLBACK, NOWHERE
from civicconnect.simulate.wallclock import DAY, NEVER, Wall
from civicconnect.simulate.world import Flags, Integers, Plan

# Rates, of all rows. Where a source gave a span, one within it; the rarest are raised so that a small
# extract has some too.
RATES: Mapping[str, float] = {
    "negative_duration": 0.0008,
    "sentinel_1900": 0.0003,
    "sentinel_2100": 0.0003,
    "open_with_closing": 0.004,
    "closed_without_closing": 0.002,
    "status_spelling": 0.03,
    "missing_coordinates": 0.01,
    "zero_coordinates": 0.0005,
    "outside_coordinates": 0.0005,
    "rounded_coordinates": 0.003,
    "double_blank": 0.01,
    "cut_text": 0.01,
    "blank_category": 0.005,
    "personal_data": 0.017,
    "repeated_id": 0.001,
    "exact_copy": 0.002,
    "test_row": 0.000003,
}
# Of the kinds in one group a row has at most one: they would hide each other.
GROUPS = (
    ("negative_duration", "sentinel_1900", "sentinel_2100", "open_with_closing", "closed_without_closing",
     "status_spelling"),
    ("missing_coordinates", "zero_coordinates", "outside_coordinates", "rounded_coordinates"),
    ("double_blank",), ("cut_text",), ("blank_category",), ("personal_data",),
    ("repeated_id", "exact_copy", "test_row"),
)
# What is there by the way a city works and has no rate: it is counted all the same.
SYSTEMATIC = ("midnight_closing", "non_ascii_category", "fallback_point", "blank_address", "clock_set_back",
              "byte_order_mark")  # the clock is set back once a year, so that one may be absent
MIDNIGHTS = 0.97  # of the closings in the department that notes the day alone
RARE = 0.005  # share of the service whose name is written with letters beyond ASCII


@dataclass(frozen=True)
class Dirt:
    """How dirty an extract is.

    rates        {kind: share of all rows}, as RATES
    systematic   whether the departments have their habits, and a service its letters
    mark         whether each file begins with a byte-order mark
    """

    rates: Mapping[str, float] = field(default_factory=lambda: dict(RATES))
    systematic: bool = True
    mark: bool = True


@dataclass(frozen=True)
class Habits:
    """Whose rows have what is confined to one department or service; "" or -1 where there is nobody.

    negative    department whose closings may lie before the opening
    midnight    department that notes the day of closing and no hour
    letters     service whose name is written with letters beyond ASCII
    """

    negative: str
    midnight: str
    letters: int


def habits(plan: Plan, likeness: Likeness, dirt: Dirt) -> Habits:
    """Choose them by size, so that they are there in a small extract too."""
    if not dirt.systematic:
        return Habits("", "", -1)
    sizes: Counter[str] = Counter()
    for service, share in zip(plan.services, likeness.overall, strict=True):
        sizes[service.department] += share
    names = [name for name, _ in sizes.most_common()]
    letters = int(np.argmin(np.abs(np.log(np.maximum(likeness.overall, 1e-9) / RARE))))
    return Habits(names[0], names[1] if len(names) > 1 else "", letters)


class Planter:
    """Chooses the rows of each day that get a piece of dirt.

    There are as many of each kind as its rate asks for, rounded up, so each is there from the first
    day on which a row fits.
    """

    def __init__(self, plan: Plan, dirt: Dirt, chosen: Habits, wall: Wall, local: bool) -> None:
        """local: times are written as the wall shows them, so that one may lie before an earlier one."""
        self._plan, self._dirt, self._habits, self._wall, self._local = plan, dirt, chosen, wall, local
        self._departments = np.asarray([service.department for service in plan.services])
        self._rows = 0
        self._planted: Counter[str] = Counter()

    def marks(self, day: Day, texts: Flags, rng: np.random.Generator) -> list[list[str]]:
        """Return the kinds of dirt for each report of a day.

        texts    shape (reports,), whether a text is longer than what is left of a cut one
        """
        found: list[list[str]] = [[] for _ in range(len(day))]
        self._rows += len(day)
        systematic = self._systematic(day, rng)
        fits = self._fits(day, texts, systematic["clock_set_back"])
        for kind, rows in systematic.items():
            for row in np.flatnonzero(rows):
                found[row].append(kind)
        marked = np.asarray([bool(kinds) for kinds in found], dtype=bool)
        for group in GROUPS:
            taken = np.zeros(len(day), dtype=bool)
            for kind in group:
                # A test row is an extra one; what it is made of must be clean.
                may = fits[kind] & ~taken & (~marked if kind == "test_row" else True)
                chosen = self._quota(kind, may, rng)
                taken[chosen] = True
                for row in chosen:
                    found[row].append(kind)
            marked |= taken
        return found

    def _quota(self, kind: str, may: Flags, rng: np.random.Generator) -> Integers:
        wanted = math.ceil(self._dirt.rates.get(kind, 0.0) * self._rows) - self._planted[kind]
        rows = np.flatnonzero(may)
        chosen = np.sort(rng.choice(rows, min(max(wanted, 0), len(rows)), replace=False))
        self._planted[kind] += len(chosen)
        return chosen

    def _fits(self, day: Day, texts: Flags, set_back: Flags) -> dict[str, Flags]:
        """Return which rows may have each kind."""
        every = np.ones(len(day), dtype=bool)
        closed = day.finally_closed_at != NEVER
        department = self._departments[day.service]
        plain = closed & ~set_back & (department != self._habits.midnight)
        own = plain & (department == self._habits.negative) if self._habits.negative else plain
        placed = day.place >= 0
        fits = {kind: every for group in GROUPS for kind in group}
        fits |= dict.fromkeys(GROUPS[1], placed)
        fits |= dict.fromkeys(("open_with_closing", "closed_without_closing"), plain)
        return fits | {
            "negative_duration": own, "sentinel_1900": ~closed, "sentinel_2100": ~closed,
            "status_spelling": closed, "double_blank": placed, "cut_text": texts, "personal_data": closed,
            "blank_category": day.service != self._habits.letters,
        }

    def _systematic(self, day: Day, rng: np.random.Generator) -> dict[str, Flags]:
        """Return {kind: the rows that have it by the way the city works}."""
        closed_at, dice = day.finally_closed_at, rng.random((2, len(day)))
        closed = closed_at != NEVER
        opened, ended = self._wall.shown(day.opened_at), self._wall.shown(np.where(closed, closed_at, 0))
        midnight = closed & (self._departments[day.service] == self._habits.midnight)
        # Written as the day's first second, a closing on the day of opening would lie before it.
        midnight &= (opened // DAY < ended // DAY) & (dice[0] < MIDNIGHTS)
        fallback, nowhere, parameters = day.place == FALLBACK, day.place == NOWHERE, self._plan.parameters
        unaddressed = parameters.blank_address_share / max(parameters.fallback_share, 1e-9)
        unaddressed *= self._dirt.systematic
        return {
            "midnight_closing": midnight,
            "non_ascii_category": day.service == self._habits.letters,
            "fallback_point": fallback,
            "missing_coordinates": nowhere,
            "blank_address": nowhere | fallback & (dice[1] < unaddressed),
            "clock_set_back": closed & (ended < opened) & self._local,
        }
