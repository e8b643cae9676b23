"""What a service is called, hinted at and asked about, as something that words can be compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from civicconnect.catalog import Service
from civicconnect.routing.features import Numbers, features, places_of

Floats = NDArray[np.float64]
# How much more a word says that is the service's name or keyword than one in a hint or a question.
CALLED, HINTED, ASKED = 3.0, 2.0, 1.0
# Length of a service that is told of in full, with hints and keywords in a few languages. Without it a bare
# name of two words would be met whole by one word, and be taken for as certain.
FULLY_TOLD = 150.0
Told = tuple[tuple[str, float], ...]  # what is told of one service: text and weight


@dataclass(frozen=True)
class Index:
    """Which service is told of with which feature, and how much that says.

    features    shape (features,), ascending
    starts      shape (features + 1,): where the services of each feature begin in the next two
    services    shape (pairs,), positions of services
    weights     shape (pairs,); of a service the squares sum to below 1: the less it is told of, the less
    telling     shape (features,): how few services share it
    unheard     what a feature says that no service is told with
    """

    features: Numbers
    starts: NDArray[np.int64]
    services: NDArray[np.int64]
    weights: Floats
    telling: Floats
    unheard: float
    count: int

    def likeness(self, words: Numbers) -> Floats:
        """Return how much words are like what is told of each service: shape (services,), 0 to below 1."""
        known = places_of(words, self.features)
        found = np.zeros(self.count)
        for feature in known:
            pairs = slice(self.starts[feature], self.starts[feature + 1])
            found[self.services[pairs]] += self.weights[pairs] * self.telling[feature]
        squares = (self.telling[known] ** 2).sum() + (len(words) - len(known)) * self.unheard**2
        return found / max(float(np.sqrt(squares)), 1e-9)


def index_of(services: Sequence[Service]) -> Index:
    """Return the index of services, in every language of the city at once.

    People often write in another language than the page they are on.
    """
    return _index(tuple(tuple(_told(service)) for service in services))


def _told(service: Service) -> Iterator[tuple[str, float]]:
    yield from ((name, CALLED) for name in service.name.values())
    yield from ((word, CALLED) for words in service.keywords.values() for word in words)
    yield from ((hint, HINTED) for hint in service.hint.values())
    for question in service.questions:
        yield from ((words, ASKED) for words in question.words.values())
        yield from ((words, ASKED) for _, option in question.options for words in option.values())


@lru_cache(maxsize=64)  # one for each city of a process, and some for those who try things out
def _index(told: tuple[Told, ...]) -> Index:
    weighed: dict[int, dict[int, float]] = {}
    for service, texts in enumerate(told):
        for text, weight in texts:
            for feature in features(text).tolist():
                by_service = weighed.setdefault(feature, {})
                by_service[service] = max(by_service.get(service, 0.0), weight)
    order = sorted(weighed)
    shared = np.array([len(weighed[feature]) for feature in order], dtype=float)
    telling = np.log((1 + len(told)) / (shared + 0.5))
    services = np.array([s for feature in order for s in weighed[feature]], dtype=np.int64)
    weights = np.array([w for feature in order for w in weighed[feature].values()], dtype=float)
    weights *= np.repeat(telling, shared.astype(int))
    lengths = np.sqrt(np.bincount(services, weights**2, minlength=len(told)) + FULLY_TOLD**2)
    starts = np.concatenate([[0], np.cumsum(shared)]).astype(np.int64)
    return Index(np.array(order, dtype=np.uint32), starts, services, weights / lengths[services], telling,
                 float(np.log((1 + len(told)) / 1.5)), len(told))
