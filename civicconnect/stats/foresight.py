"""How long the next one will take, learned again and again from what was known, and seen to hold or not.

A record is replayed. On each learning day a curve is drawn from what had happened by then, and a bound is
given to everything that begins before the next such day. Later it shows which bounds held, and by that the
level is moved at which the next one is read off its curve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from civicconnect.stats.survival import ROUNDING, Z

AIM = 0.8  # of ten things, eight are to be done within their bound
BAND = (0.75, 0.85)  # the share of bounds that held, for which we stand
LOWEST, HIGHEST = 0.5, 0.95  # levels at which a bound may be read off the curve
STEP = 0.5  # by how much of what was missed the level moves, where much was judged
ENOUGH = 20  # so many bounds judged since the last learning day move it half as far

Hours = NDArray[np.float64]
Counts = NDArray[np.int64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Spans:
    """Things that begin and end, in the order in which they began, in hours since any one instant.

    began    shape (n,), ascending
    ended    shape (n,), infinite where nobody knows of an end
    done     shape (n,), False where it ended otherwise: from then on nobody knows how long it takes
    """

    began: Hours
    ended: Hours
    done: Marks


@dataclass(frozen=True, eq=False)
class Foresight:
    """What was foretold on each learning day. All shapes are (days,); nan where nothing was.

    days      the instants, ascending, as in `Spans`
    known     from how many things it was learned
    half      hours within which half of them are done
    bound     hours within which eight of ten are to be done, read off at `level`
    judged    bounds given earlier whose time had come by that day
    held      how many of these were done in time
    error     standard error of held / judged; infinite where nothing was judged
    """

    days: Hours
    known: Counts
    half: Hours
    bound: Hours
    level: Hours
    judged: Counts
    held: Counts
    error: Hours

    def holds(self) -> Marks:
        """Say for each day whether the bounds given so far held as often as they should.

        Their share lies in BAND, Z standard errors allowed for on either side. Where nothing could be
        judged yet, nothing speaks against them.
        """
        share, allowed = self.held / np.maximum(self.judged, 1), Z * self.error
        in_band = (share >= BAND[0] - allowed) & (share <= BAND[1] + allowed)
        return np.asarray((self.judged == 0) | in_band, dtype=np.bool_)


@dataclass(frozen=True)
class Pace:
    """How a record is replayed. All in hours, but `least`.

    half_life    after which what began counts half as much
    window       what began longer ago than this is forgotten
    memory       bounds whose time came longer ago than this no longer judge
    least        from fewer things nothing is foretold
    """

    half_life: float
    window: float
    memory: float
    least: int


def foresee(spans: Spans, days: Hours, pace: Pace) -> Foresight:
    """Replay a record; nothing that happens on a learning day or after it is known on it.

    days      shape (days,), ascending; the last bound is for all that begins from the last day on
    source    weighted Kaplan-Meier; the level after Gibbs and Candès 2021, "Adaptive conformal inference
              under distribution shift", with feedback that comes late: when a bound's time has come
    """
    told = _nothing(days)
    starts = np.searchsorted(spans.began, days)
    edges = np.append(starts, len(spans.began))
    firsts = np.searchsorted(spans.began, days - pace.window)
    given_on = np.searchsorted(days, spans.began, side="right")  # the learning day each bound stems from
    due = np.full(len(spans.began), np.nan)
    level, last = AIM, -np.inf
    for n, day in enumerate(days):
        past, now = slice(0, starts[n]), slice(firsts[n], starts[n])
        judged = (due[past] < day) & (spans.done[past] | (spans.ended[past] > due[past]))
        held = judged & (spans.ended[past] <= due[past])
        fresh, lately = due[past] >= last, due[past] >= day - pace.memory
        level = _moved(level, int(np.count_nonzero(judged & fresh)), int(np.count_nonzero(held & fresh)))
        told.level[n], told.known[n] = level, starts[n] - firsts[n]
        told.judged[n], told.held[n] = np.count_nonzero(judged & lately), np.count_nonzero(held & lately)
        told.error[n] = _error(given_on[past], judged & lately, held & lately)
        if told.known[n] >= pace.least:
            known = Spans(spans.began[now], spans.ended[now], spans.done[now])
            told.half[n], told.bound[n] = _read_off(known, day, pace.half_life, level)
            due[starts[n]:edges[n + 1]] = spans.began[starts[n]:edges[n + 1]] + told.bound[n]
        last = day
    return told


def _nothing(days: Hours) -> Foresight:
    def counts() -> Counts:
        return np.zeros(len(days), np.int64)

    def hours(value: float = np.nan) -> Hours:
        return np.full(len(days), value)

    return Foresight(days, counts(), hours(), hours(), hours(), counts(), counts(), hours(np.inf))


def _moved(level: float, judged: int, held: int) -> float:
    """Return the level after some more bounds were judged: higher where too few of them held."""
    missed = (AIM * judged - held) / (judged + ENOUGH)
    return float(min(max(level + STEP * missed, LOWEST), HIGHEST))


def _error(given_on: Counts, judged: Marks, held: Marks) -> float:
    """Return the standard error of the share that held.

    Bounds of one learning day hang together: a storm, or an afternoon of tidying up, breaks or keeps many
    at once. So the error is taken from how the days differ, and is never less than that of single ones.
    """
    many = np.bincount(given_on[judged])
    total = int(many.sum())
    if not total:
        return np.inf
    kept = np.bincount(given_on[held], minlength=len(many))
    days = int(np.count_nonzero(many))
    off = kept - int(kept.sum()) / total * many
    together = math.sqrt(days / max(days - 1, 1) * float(np.sum(off**2))) / total
    return max(together, math.sqrt(AIM * (1 - AIM) / total))


def _read_off(known: Spans, day: float, half_life: float, level: float) -> tuple[float, float]:
    """Return when half are done, and when a share of `level` is; nan where the curve does not get there.

    Past its last step a curve is not known. Where that lies below the level, but not below AIM, its time
    is the bound: the level only corrects, and what comes later judges the bound in either case.
    """
    over = known.ended < day
    hours = np.where(over, known.ended, day) - known.began
    order = np.argsort(hours)
    hours, weights = hours[order], np.exp2((known.began - day) / half_life)[order]
    at_risk = np.cumsum(weights[::-1])[::-1]
    steps = np.flatnonzero(np.diff(hours, prepend=-1.0))  # where each distinct time first stands
    ends = np.add.reduceat(np.where((over & known.done)[order], weights, 0.0), steps)
    share_open = np.cumprod(np.clip(1 - ends / at_risk[steps], 0.0, 1.0))
    times, last = hours[steps], 1 - float(share_open[-1])
    return _first(times, share_open, 0.5), _first(times, share_open, min(level, max(last, AIM)))


def _first(times: Hours, share_open: Hours, level: float) -> float:
    reached = share_open <= 1 - level + ROUNDING
    return float(times[reached.argmax()]) if reached.any() else np.nan
