"""How long each report takes: the fitted quantiles, and the office hours in which closings fall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from civicconnect.simulate.noise import Floats
from civicconnect.simulate.parameters import QUANTILES, Kind
from civicconnect.simulate.wallclock import HOUR, in_office, to_office
from civicconnect.simulate.world import Flags, Integers

SHORTEST = 1e-4  # hours; what took no time at all in the record takes a third of a second
STRATA = 64
SWAPS = 8  # rounds in which two reports of a service may change their times to close
SLIGHT = 0.15  # of a report's own time to close: so far it may be moved into office hours
# Whole numbers without a pattern, from a whole number (Steele, Lea and Flood, 2014: splitmix64).
GOLDEN, MIX, MIX_MORE = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


class Waits:
    """The time to close by kind: a piecewise log-linear line through the fitted quantiles."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        lines = [_line(kind) for kind in kinds]
        longest = max(len(line) for line in lines)
        # The last knot is repeated where a line has fewer than others.
        padded = np.asarray([line + [line[-1]] * (longest - len(line)) for line in lines])
        self._at, self._log = padded[:, :, 0], np.log(padded[:, :, 1])

    def hours(self, kind: Integers, share: Floats) -> Floats:
        """Return hours to close of reports of these kinds, each at its share 0..1 of all closed ones."""
        at, log = self._at[kind], self._log[kind]
        rows = np.arange(len(kind))
        right = np.clip((share[:, None] >= at).sum(axis=1), 1, at.shape[1] - 1)
        low, high = at[rows, right - 1], at[rows, right]
        part = (share - low) / np.maximum(high - low, 1e-12)
        line = log[rows, right - 1] + np.clip(part, 0, 1) * (log[rows, right] - log[rows, right - 1])
        hours: Floats = np.exp(line)
        return hours


def _line(kind: Kind) -> list[tuple[float, float]]:
    """Return the (share, hours) knots of a kind, both rising."""
    hours = np.maximum(kind.hours, SHORTEST)
    knots = list(zip(QUANTILES, hours.tolist(), strict=True))
    minute = (kind.within_a_minute, 1 / 60)
    for n in range(1, len(knots)):
        if knots[n - 1][0] < minute[0] < knots[n][0] and knots[n - 1][1] < minute[1] < knots[n][1]:
            knots.insert(n, minute)
            break
    # Beyond the outermost quantiles the line goes on a little, less steeply than before.
    (_, fifth), (_, quarter) = knots[0], knots[1]
    (_, late), (_, latest) = knots[-2], knots[-1]
    return [(0.0, max(SHORTEST, fifth * (fifth / quarter) ** 0.5)), *knots,
            (1.0, latest * (latest / late) ** 0.5)]


class Strata:
    """Dice that fall evenly: of every 64 throws for a service, one falls into each 64th of 0..1.

    With times to close that spread over six powers of ten, the median of a thousand independent throws
    would be off by a tenth. The order within each 64 is mixed anew.
    """

    def __init__(self, services: int, salt: int) -> None:
        self._thrown = np.zeros(services, dtype=np.int64)
        self._salt = np.uint64(salt % 2**64)

    def throw(self, services: Integers, rng: np.random.Generator) -> Floats:
        """Return a figure 0..1 for each report of these services; the same shape."""
        order = np.argsort(services, kind="stable")
        counts = np.bincount(services, minlength=len(self._thrown))
        rank = np.empty(len(services), dtype=np.int64)
        rank[order] = np.arange(len(services)) - np.repeat(np.cumsum(counts) - counts, counts)
        turn = self._thrown[services] + rank
        self._thrown += counts
        block, place = turn // STRATA, (turn % STRATA).astype(np.uint64)
        mixed = _mixed((block * len(counts) + services).astype(np.uint64), self._salt)
        # An odd factor and any shift send 0..63 to 0..63, each to another.
        stratum = (place * (mixed >> np.uint64(32) | np.uint64(1)) + mixed) % np.uint64(STRATA)
        # The least significant bits of an affine map alternate; reading them backwards hides it.
        thrown: Floats = (_backwards(stratum) + rng.random(len(services))) / STRATA
        return thrown


def _mixed(numbers: np.ndarray[tuple[int, ...], np.dtype[np.uint64]],
           salt: np.uint64) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    with np.errstate(over="ignore"):
        mixed = (numbers + salt) * GOLDEN
        mixed = (mixed ^ mixed >> np.uint64(30)) * MIX
        mixed = (mixed ^ mixed >> np.uint64(27)) * MIX_MORE
        return mixed ^ mixed >> np.uint64(31)


_BACKWARDS = np.asarray([int(f"{n:06b}"[::-1], 2) for n in range(STRATA)], dtype=float)


def _backwards(strata: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> Floats:
    backwards: Floats = _BACKWARDS[strata.astype(np.int64)]
    return backwards


def swap_into_office(
    services: Integers, wall: Integers, hours: Floats, closes: Flags, rng: np.random.Generator
) -> Floats:
    """Return the same times to close, dealt out so that more closings fall into office hours.

    wall       what the clock shows at opening
    closes     which are ever closed; the others keep theirs
    returns    shape (reports,); for each service the same values as before, in another order

    Nothing is lengthened or shortened: two reports of one service change places if that helps.
    """
    hours, rows = hours.copy(), np.flatnonzero(closes)
    for _ in range(SWAPS):
        order = rows[np.argsort(services[rows] + rng.random(len(rows)), kind="stable")]
        one, other = order[0:-1:2], order[1::2]
        same = services[one] == services[other]
        one, other = one[same], other[same]
        before = _closing_in_office(wall[one], hours[one]) + _closing_in_office(wall[other], hours[other])
        after = _closing_in_office(wall[one], hours[other]) + _closing_in_office(wall[other], hours[one])
        better = after > before
        one, other = one[better], other[better]
        hours[one], hours[other] = hours[other], hours[one]
    return hours


def _closing_in_office(wall: Integers, hours: Floats) -> Integers:
    # The clock may be changed in between; an hour matters little here.
    return in_office(wall + (hours * HOUR).astype(np.int64)).astype(np.int64)


class Office:
    """Moves closings into office hours, until the fitted share of all of them lies there."""

    def __init__(self, share: float) -> None:
        self._share, self._closed, self._inside = share, 0, 0

    def move(self, wall: Integers, hours: Floats, closes: Flags, rng: np.random.Generator) -> Floats:
        """Return the times to close, some a little longer or shorter; the same shape.

        Moved are those whose time changes by at most 15 %, as many as are needed.
        """
        closing = wall + (hours * HOUR).astype(np.int64)
        shift = to_office(closing, rng.random(len(wall))) / HOUR
        may = closes & (shift != 0) & (np.abs(shift) <= SLIGHT * hours)
        self._closed += int(closes.sum())
        missing = self._share * self._closed - self._inside - int((closes & (shift == 0)).sum())
        moved = may & (rng.random(len(wall)) < missing / max(int(may.sum()), 1))
        self._inside += int((closes & (shift == 0)).sum() + moved.sum())
        return np.where(moved, hours + shift, hours)
