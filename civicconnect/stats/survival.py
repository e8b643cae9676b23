"""How long until it is done, counting those that are still open (Kaplan-Meier)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# 19 in 20: every interval we publish uses this multiple of the standard error.
Z = 1.959964
# Products of many shares miss a round 0.5 by a few bits; a share this close has reached it.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Survival:
    """The share still open over time, one row per distinct time at which something ended.

    times        shape (steps,), ascending, in the unit of the durations
    at_risk      shape (steps,), how many were still open and followed just before each time;
                 those last seen open exactly then count
    ended        shape (steps,), how many ended at each time, >= 1
    share_open   shape (steps,), S, the share still open just after each time
    variance     shape (steps,), Greenwood's sum v: Var S = S^2 v; infinite once S is 0
    followed     the longest duration of all, ended or not; 0 when there is nothing. Past it the
                 curve is not known: every method carries the last share on
    source       Kaplan and Meier 1958; variance Greenwood 1926; log-log band Kalbfleisch and
                 Prentice 1980, as `survfit(conf.type = "log-log")` in R
    """

    times: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    ended: NDArray[np.int64]
    share_open: NDArray[np.float64]
    variance: NDArray[np.float64]
    followed: float

    def at(self, t: float) -> float:
        """Return the share still open just after t: 1 before the first end."""
        step = self._step(t)
        return float(self.share_open[step]) if step >= 0 else 1.0

    def standard_error(self, t: float) -> float:
        """Return the standard error of `at(t)`; 0 before the first end, nan once S is 0."""
        step = self._step(t)
        if step < 0:
            return 0.0
        open_, variance = float(self.share_open[step]), float(self.variance[step])
        return open_ * math.sqrt(variance) if open_ > 0 else math.nan

    def band(self, t: float, z: float = Z) -> tuple[float, float]:
        """Return the log-log interval around `at(t)`, low before high, both in 0..1."""
        step = self._step(t)
        if step < 0:
            return 1.0, 1.0
        low, high = self._bands(z)
        return float(low[step]), float(high[step])

    def quantile(self, p: float) -> float | None:
        """Return the time by which a share p is done, None when that was not reached.

        p    in 0 < p <= 1, else ValueError: 0.5 is the median, 0.8 is "8 in 10 done within"
        """
        return self._first(self.share_open, p)

    def quantile_interval(self, p: float, z: float = Z) -> tuple[float | None, float | None]:
        """Return where the lower and where the upper band reach 1 - p; None if one never does."""
        low, high = self._bands(z)
        return self._first(low, p), self._first(high, p)

    def rmst(self, h: float) -> tuple[float, float]:
        """Return the mean time spent open within the first h, and its standard error.

        h    in the unit of the durations, > 0 and finite, else ValueError. The area under the
             curve from 0 to h; past `followed` it rests on the carried share, so ask for less
        """
        if not 0 < h < math.inf:
            raise ValueError("the horizon must be a finite time above 0")
        past = int(np.searchsorted(self.times, h, side="left"))
        edges = np.concatenate(([0.0], self.times[:past], [h]))
        areas = np.concatenate(([1.0], self.share_open[:past])) * np.diff(edges)
        ahead = np.cumsum(areas[:0:-1])[::-1]
        weights = _greenwood(self.ended[:past], self.at_risk[:past])
        # Where the curve has fallen to 0 nothing lies ahead, and nothing is left to be unsure of.
        terms = np.where(ahead > 0, weights, 0.0) * ahead**2
        return float(areas.sum()), math.sqrt(float(terms.sum()))

    def _step(self, t: float) -> int:
        if math.isnan(t):
            raise ValueError("the time must be a number")
        return int(np.searchsorted(self.times, t, side="right")) - 1

    def _bands(self, z: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        known = (self.share_open > 0) & (self.share_open < 1)
        log_open = np.log(self.share_open, where=known, out=np.full(len(self.times), -1.0))
        spread = z * np.sqrt(np.where(known, self.variance, 0.0)) / log_open
        low = np.where(known, self.share_open ** np.exp(-spread), 0.0)
        high = np.where(known, self.share_open ** np.exp(spread), 0.0)
        # At S = 0 the formula has no answer. The last one to end says nothing about the rest of
        # the world, so the upper limit stays where it was, and is 1 if there was only that one.
        if known.size and not known[-1]:
            high[-1] = high[-2] if known.size > 1 else 1.0
        return low, high

    def _first(self, curve: NDArray[np.float64], p: float) -> float | None:
        if not 0 < p <= 1:
            raise ValueError("the share done must lie above 0 and at most at 1")
        reached = curve <= 1 - p + ROUNDING
        return float(self.times[reached.argmax()]) if reached.any() else None


@dataclass(frozen=True)
class LogRank:
    """Whether two groups end at the same pace.

    ended       how many of the first group ended
    expected    how many would have, had both groups the same pace
    variance    of the difference between the two
    statistic   (ended - expected)^2 / variance, chi-squared on 1 degree of freedom
    p           chance of a statistic this large if the pace is the same
    """

    ended: int
    expected: float
    variance: float
    statistic: float
    p: float


def survival(hours: NDArray[np.float64], observed: NDArray[np.bool_]) -> Survival:
    """Return the Kaplan-Meier curve of durations of which some have not ended yet.

    hours       shape (n,), from start to end or to the moment last seen open; any one unit.
                ValueError when below 0, infinite or not a number. n may be 0
    observed    shape (n,), True where the duration ended; ValueError on another shape
    source      Kaplan and Meier 1958
    """
    hours, observed = _checked(hours, observed)
    times, ended = np.unique(hours[observed], return_counts=True)
    at_risk = _at_risk(hours, times)
    return Survival(
        times=times,
        at_risk=at_risk,
        ended=ended,
        share_open=np.cumprod((at_risk - ended) / at_risk, dtype=np.float64),
        variance=np.cumsum(_greenwood(ended, at_risk)),
        followed=float(hours.max(initial=0.0)),
    )


def log_rank(
    hours: NDArray[np.float64], observed: NDArray[np.bool_], first: NDArray[np.bool_]
) -> LogRank:
    """Compare the pace of two groups; statistic 0 and p 1 where there is nothing to compare.

    hours       shape (n,), as for `survival`
    observed    shape (n,), as for `survival`
    first       shape (n,), True for the group whose ends are counted; ValueError on another shape
    source      Mantel 1966
    """
    hours, observed = _checked(hours, observed)
    first = np.asarray(first, dtype=np.bool_)
    if first.shape != hours.shape:
        raise ValueError("every duration needs one mark for the group it belongs to")
    times, ended = np.unique(hours[observed], return_counts=True)
    at_risk = _at_risk(hours, times)
    share = _at_risk(hours[first], times) / at_risk
    expected = float((ended * share).sum())
    # With one left at risk share is 0 or 1 and the term is 0; the 1 only keeps it from being 0/0.
    spread = (at_risk - ended) / np.maximum(at_risk - 1, 1)
    variance = float((ended * share * (1 - share) * spread).sum())
    count = int(np.count_nonzero(observed & first))
    statistic = (count - expected) ** 2 / variance if variance > 0 else 0.0
    return LogRank(count, expected, variance, statistic, math.erfc(math.sqrt(statistic / 2)))


def _checked(
    hours: NDArray[np.float64], observed: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    hours = np.asarray(hours, dtype=np.float64)
    observed = np.asarray(observed, dtype=np.bool_)
    if hours.ndim != 1 or hours.shape != observed.shape:
        raise ValueError("durations and their marks must be two lists of the same length")
    if not (np.isfinite(hours) & (hours >= 0)).all():
        raise ValueError("every duration must be a finite number, 0 or more")
    return hours, observed


def _at_risk(hours: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.int64]:
    # Sorting and looking up beats numpy.unique with its inverse, most of all where times repeat.
    gone = np.searchsorted(np.sort(hours), times, side="left")
    return (len(hours) - gone).astype(np.int64)


def _greenwood(ended: NDArray[np.int64], at_risk: NDArray[np.int64]) -> NDArray[np.float64]:
    left = (at_risk * (at_risk - ended)).astype(np.float64)
    terms = np.full(len(left), np.inf)
    np.divide(ended, left, where=left > 0, out=terms)
    return terms
