"""Learning from examples which feature speaks for which service: a softmax regression, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from civicconnect.routing.features import Numbers, places_of

Singles = NDArray[np.float32]
Places = NDArray[np.int64]
Progress = Callable[[int], None]  # how many examples were looked at, each once a round

SHARED_BY = 3  # reports: what fewer wrote is a name or a slip, and the model must not keep it
MOST_FEATURES = 30_000
PACE = 0.5  # of learning, by AdaGrad: what was often corrected is corrected less
START = 1.0
DECAY = 1e-3  # towards no opinion, at each look
LOOKS = 300_000  # at examples in all, spread over 3 to 20 rounds
SEED = 311


@dataclass(frozen=True)
class Weights:
    """What was learned.

    features    shape (features,), ascending
    telling     shape (features,): how few examples share it
    weights     shape (features, services): for (above 0) or against
    bias        shape (services,): how often each was asked for, as far as it helped
    """

    features: Numbers
    telling: Singles
    weights: Singles
    bias: Singles

    def seen(self, words: Numbers) -> tuple[Places, Singles]:
        """Return where the known ones of these features stand, and their parts of a length of 1."""
        known = places_of(words, self.features)
        part = self.telling[known]
        length = float(np.sqrt((part**2).sum()))
        return known, part / np.float32(length) if length else part

    def points(self, words: Numbers) -> Singles:
        """Return what speaks for each service: shape (services,), in no unit; only differences count."""
        known, part = self.seen(words)
        found: Singles = part @ self.weights[known] + self.bias
        return found


def rounds(examples: int) -> int:
    """Return how often each example is looked at."""
    return min(20, max(3, LOOKS // max(examples, 1)))


def fit(examples: Sequence[Numbers], services: Places, count: int, progress: Progress) -> Weights:
    """Learn.

    services    shape (examples,): position of the right service of each, 0 to count - 1
    """
    empty = _nothing_learned(examples, count)
    seen = [empty.seen(words) for words in examples]
    weights, bias = empty.weights, empty.bias
    moved, leaned = np.full_like(weights, START), np.full_like(bias, START)
    dice, looked = np.random.default_rng(SEED), 0
    for _round in range(rounds(len(examples))):
        for at in dice.permutation(len(examples)):
            known, part = seen[at]
            wrong = _shares(part @ weights[known] + bias)
            wrong[services[at]] -= 1
            step = np.outer(part, wrong) + np.float32(DECAY) * weights[known]
            moved[known] += step**2
            weights[known] -= np.float32(PACE) * step / np.sqrt(moved[known])
            leaned += wrong**2
            bias -= np.float32(PACE) * wrong / np.sqrt(leaned)
            looked += 1
            if looked % 500 == 0:
                progress(looked)
    progress(looked)
    return empty


def _nothing_learned(examples: Sequence[Numbers], count: int) -> Weights:
    every = np.concatenate([*examples, np.empty(0, np.uint32)])
    features, shared = np.unique(every, return_counts=True)
    kept = shared >= SHARED_BY
    if kept.sum() > MOST_FEATURES:
        kept &= shared >= np.sort(shared)[-MOST_FEATURES]
    telling = np.log((len(examples) + 1) / (shared[kept] + 0.5)).astype(np.float32)
    return Weights(features[kept], telling, np.zeros((int(kept.sum()), count), np.float32),
                   np.zeros(count, np.float32))


def _shares(points: Singles) -> Singles:
    grown = np.exp(points - points.max())
    shares: Singles = grown / grown.sum()
    return shares
