"""Things are reported again: the same problem, or another one like it close by."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from civicconnect.simulate.noise import Floats
from civicconnect.simulate.parameters import Parameters
from civicconnect.simulate.spots import Spots
from civicconnect.simulate.world import Flags, Integers

DAYS = 7  # of a near-duplicate, and the days remembered: this one and six before
RECENT = 2.0  # days in which the odds of being repeated fall to a third
MOST = 0.25  # of a day's reports that may be duplicates, however far the share lags behind
FRESH, AGAIN, DUPLICATE = 0, 1, 2
SAME_DAY = -2  # in place of a row of the memory: the original is of today


def honest_repeats(
    parameters: Parameters, usual: Floats, fallback: Floats, spots: Spots, a_day: float
) -> float:
    """Return which share of reports must be repeats, so that near-duplicates are as many as fitted.

    usual      shape (services,), their shares
    fallback   shape (services,), of their reports, those on the fallback point
    a_day      reports a day

    Some near-duplicates come by chance, more where a city is dense. A report has one by chance with
    1 - exp(-m), m being the reports of its service expected there within the seven days before.
    """
    repeats = parameters.near_duplicates
    for _ in range(4):  # repeats stand where their originals do, so they leave less to chance
        weekly = DAYS * a_day * (1 - repeats) * usual
        heaped = 1 - np.exp(-weekly * fallback)
        spread = np.asarray([-(spots.odds * np.expm1(-m * spots.around)).sum()
                             for m in weekly * (1 - fallback)])
        chance = float(usual @ (fallback * heaped + (1 - fallback) * spread))
        repeats = max((parameters.near_duplicates - chance) / max(1 - chance, 1e-9), 0.0)
    return max(repeats, parameters.true_duplicates)


@dataclass(frozen=True)
class Reported:
    """What is remembered of a day's reports, to be repeated; arrays of one length."""

    service: Integers
    place: Integers
    number: Integers
    problem: Integers
    fixed_at: Integers  # instant of the true fix, far ahead where there is none


@dataclass(frozen=True)
class Origins:
    """Where a day's reports come from; arrays of one length.

    how          FRESH, AGAIN or DUPLICATE
    row          row in `before`; SAME_DAY where the original is of today; -1 for fresh ones
    today        row of today's original where row is SAME_DAY
    before       what is remembered of the days before
    """

    how: Integers
    row: Integers
    today: Integers
    before: Reported


class Memory:
    """The last days' reports. It grows with how many a day brings, not with how many days there are."""

    def __init__(self, repeats: float, duplicates: float) -> None:
        self._days: deque[Reported] = deque(maxlen=DAYS - 1)
        self._repeats, self._duplicates = repeats, duplicates
        self._reports = self._found = 0

    def origins(self, count: int, storm: Flags, midnight: int, rng: np.random.Generator) -> Origins:
        """Say of each of a day's reports whether it is fresh, a repeat or a duplicate, and of what.

        storm      which are brought by a storm: those are fresh
        midnight   instant at which this day ends; a problem fixed before is reported no more
        """
        before, weights = self._remembered()
        odds = self._odds(count)
        dice = rng.random(count)
        how = np.where(dice < odds, DUPLICATE, np.where(dice < max(odds, self._repeats), AGAIN, FRESH))
        how[storm] = FRESH
        row, today = self._same_day(how, rng)
        unfixed = np.where(before.fixed_at > midnight, weights, 0.0)
        for kind, odds_of in ((AGAIN, weights), (DUPLICATE, unfixed)):
            wanted = np.flatnonzero((how == kind) & (row == -1))
            if odds_of.sum() > 0:
                heaped = np.cumsum(odds_of)
                row[wanted] = np.searchsorted(heaped, rng.random(len(wanted)) * heaped[-1], side="right")
            else:
                how[wanted] = FRESH
        return Origins(how, row, today, before)

    def _odds(self, count: int) -> float:
        """Return the odds of a true duplicate, a little more where fewer were found than there should be."""
        lag = self._duplicates * self._reports - self._found
        return min(max(self._duplicates * 1.1 + lag / (5 * max(count, 1)), 0.0), MOST)

    def _same_day(self, how: Integers, rng: np.random.Generator) -> tuple[Integers, Integers]:
        """Return (row, today) with those whose original is a fresh report earlier the same day."""
        count = len(how)
        row, today = np.full(count, -1), np.zeros(count, dtype=np.int64)
        fresh = np.flatnonzero(how == FRESH)
        earlier = np.searchsorted(fresh, np.arange(count))
        ages = np.exp(-np.arange(len(self._days) + 1) / RECENT)
        # A day is half over on average, so its own reports have had half of the time to be repeated.
        share = ages[0] / 2 / (ages.sum() - ages[0] / 2)
        here = (how != FRESH) & (earlier > 0) & (rng.random(count) < share)
        row[here] = SAME_DAY
        today[here] = fresh[(rng.random(int(here.sum())) * earlier[here]).astype(np.int64)]
        return row, today

    def _remembered(self) -> tuple[Reported, Floats]:
        """Return all that is remembered, and the odds of each to be repeated: newer days more often."""
        days = list(self._days)
        names = ("service", "place", "number", "problem", "fixed_at")
        empty = np.zeros(0, dtype=np.int64)
        heap = {name: np.concatenate([empty, *(getattr(day, name) for day in days)]) for name in names}
        ages = np.arange(len(days), 0, -1)
        weights = [np.full(len(day.service), np.exp(-age / RECENT))
                   for age, day in zip(ages, days, strict=True)]
        return Reported(**heap), np.concatenate([empty.astype(float), *weights])

    def remember(self, day: Reported, reports: int, duplicates: int) -> None:
        """Add a day, without its duplicates and without what a storm brought; forget the oldest.

        reports, duplicates    of that day in all
        """
        self._days.append(day)
        self._reports += reports
        self._found += duplicates
