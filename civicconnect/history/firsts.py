"""A city's first promises and first rules, as its record shows that it works."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from civicconnect.history.boundaries import Layer
from civicconnect.history.names import free
from civicconnect.history.record import Asked
from civicconnect.stats import survival

FEWEST = 20  # what is drawn from fewer rows would be chance
KEPT = 0.8  # of the reports are done within a first promise
LEAST_HOURS, MOST_HOURS = 1.0, 50_000.0  # the most that a city's folder may promise
NEARLY_ALL = 0.9  # of an area's rows, where it has a department of its own


@dataclass(frozen=True)
class FirstPromise:
    """Business hours for a service, or none; and why.

    figures    of this service alone, where others may have no promise for the same reason
    small      less than an hour was counted
    """

    hours: float | None
    why: str
    figures: str = ""
    small: bool = False


@dataclass(frozen=True)
class FirstRule:
    """Who answers a service, everywhere or in one area; and how many rows say so."""

    code: str
    department: str
    service: str
    area: str | None
    why: str


def first_promise(asked: Asked) -> FirstPromise:
    """Return what a city may promise for a service.

    Its own due dates go first: half of them were at least as long. Else the hours within which 8 of
    10 were closed, those still open counted as long as they were seen (Kaplan and Meier).
    """
    if len(asked.promised) >= FEWEST:
        middle = sorted(asked.promised)[len(asked.promised) // 2]
        return _promise(middle, f"the middle of the record's own {len(asked.promised):,} due dates")
    if len(asked.waited) < FEWEST:
        return FirstPromise(None, f"fewer than {FEWEST} rows with times", f"{len(asked.waited)}")
    closed = sum(asked.ended)
    if not closed:
        return FirstPromise(None, "none was closed while the record lasts")
    curve = survival(np.frombuffer(asked.waited), np.frombuffer(asked.ended, dtype=np.bool_))
    hours = curve.quantile(KEPT)
    if hours is None:
        return FirstPromise(None, "fewer than 8 of 10 were closed while the record lasts",
                            f"{closed:,} of {len(asked.waited):,}")
    # Rounded up, or a little fewer than 8 of 10 would have kept it.
    return _promise(math.ceil(hours * 10) / 10,
                    f"8 of 10 were closed within it, counted on {len(asked.waited):,} rows")


def _promise(hours: float, why: str) -> FirstPromise:
    return FirstPromise(min(max(round(hours, 1), LEAST_HOURS), MOST_HOURS), why, small=hours < LEAST_HOURS)


def usual(asked: Asked, nobody: str) -> str:
    """Return the department that most rows of a service name; nobody's where none does."""
    named = [(-n, code) for code, n in asked.departments.items() if code]
    return min(named)[1] if named else nobody


def first_rules(services: dict[str, Asked], layers: Sequence[Layer]) -> list[FirstRule]:
    """Return one rule a service that somebody answers, those for an area before it."""
    rules: list[FirstRule] = []
    taken: set[str] = set()

    def add(department: str, service: str, area: str | None, suffix: str, why: str) -> None:
        code = free(f"to-{service[:80 - 3 - len(suffix)]}{suffix}", taken)
        taken.add(code)
        rules.append(FirstRule(code, department, service, area, why))

    for service, asked in sorted(services.items()):
        department = usual(asked, "")
        if not department:
            continue
        for layer, number, other, n, rows in _own_ways(asked, department, layers):
            area = layers[layer].areas[number]
            add(other, service, f"{layers[layer].name}:{area.code}", f"-in-{area.code[:30]}",
                f"{n:,} of {rows:,} rows in {area.name}")
        named = sum(n for code, n in asked.departments.items() if code)
        add(department, service, None, "",
            f"{asked.departments[department]:,} of {named:,} rows that name one")
    return rules


def _own_ways(
    asked: Asked, department: str, layers: Sequence[Layer]
) -> list[tuple[int, int, str, int, int]]:
    """Return the areas where nearly all rows go to another department, of the layer that tells most.

    returns    (layer, area, department, rows that go there, rows of the area), in the layer's order
    """
    if len(asked.departments) < 2:
        return []
    rows: Counter[tuple[int, int]] = Counter()
    for (layer, area, _), n in asked.by_area.items():
        rows[layer, area] += n
    found = sorted(
        (layer, area, other, n, rows[layer, area]) for (layer, area, other), n in asked.by_area.items()
        if other not in ("", department) and n >= NEARLY_ALL * rows[layer, area] >= NEARLY_ALL * FEWEST
    )
    told = Counter(dict.fromkeys(range(len(layers)), 0))
    for layer, _, _, n, _ in found:
        told[layer] += n
    best = max(told, key=lambda layer: (told[layer], -layer), default=0)
    return [way for way in found if way[0] == best]
