"""How good suggestions are: on words that were not learned from, with what was meant known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from civicconnect.routing.keywords import Floats
from civicconnect.routing.suggestion import CONFIDENCE, MOST

Places = NDArray[np.int64]
BINS = 10


@dataclass(frozen=True)
class Bin:
    """Suggestions whose probability was about the same.

    said    mean probability
    kept    share of them that were right
    """

    count: int
    said: float
    kept: float


@dataclass(frozen=True)
class Figures:
    """Shares of what was tested, 0 to 1.

    first          the most probable service was meant
    among_three    one of the three most probable was, however improbable
    usual          one of the three most frequent is: what a list of favourites would reach
    shown          something was probable enough to be shown
    right_shown    of those, how often the one that was meant stood there
    error          expected calibration error of the most probable one, over ten bins
    """

    tested: int
    first: float
    among_three: float
    usual: float
    shown: float
    right_shown: float
    error: float
    bins: tuple[Bin, ...]


def measure(said: Floats, meant: Places, usual: Sequence[int], least: float = CONFIDENCE) -> Figures:
    """Measure suggestions.

    said     shape (tested, services): probabilities
    meant    shape (tested,): positions of services
    usual    positions of the most frequent services, at most three
    """
    tested = len(meant)
    if not tested:
        return Figures(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ())
    best = np.argsort(-said, axis=1, kind="stable")[:, :MOST]
    probable = np.take_along_axis(said, best, axis=1)
    hits = best == meant[:, None]
    shown = probable[:, 0] >= least
    right = (hits & (probable >= least)).any(axis=1)
    bins = _bins(probable[:, 0], hits[:, 0])
    error = sum(one.count * abs(one.said - one.kept) for one in bins) / tested
    return Figures(tested, _share(hits[:, 0]), _share(hits.any(axis=1)), _share(np.isin(meant, usual[:MOST])),
                   _share(shown), _share(right[shown]), float(error), bins)


def confusion(said: Floats, meant: Places) -> NDArray[np.int64]:
    """Count what was taken for what: shape (services, services), what was meant by what came first."""
    count = said.shape[1]
    pairs = meant * count + said.argmax(axis=1)
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def _bins(said: Floats, right: NDArray[np.bool_]) -> tuple[Bin, ...]:
    bin_of = np.minimum((said * BINS).astype(int), BINS - 1)
    return tuple(Bin(int(inside.sum()), float(said[inside].mean()), _share(right[inside]))
                 for inside in (bin_of == n for n in range(BINS)) if inside.any())


def _share(true: NDArray[np.bool_]) -> float:
    return float(true.mean()) if len(true) else 0.0
