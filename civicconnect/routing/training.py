"""From a city's reports to a model: learned on the oldest, weighed on later ones, tested on the newest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product, starmap

import numpy as np
from numpy.typing import NDArray

from civicconnect.catalog import Service
from civicconnect.errors import Conflict
from civicconnect.routing.features import Numbers, features
from civicconnect.routing.figures import Figures, confusion, measure
from civicconnect.routing.keywords import Floats, index_of
from civicconnect.routing.learning import Places, Progress, fit, rounds
from civicconnect.routing.model import Model
from civicconnect.routing.suggestion import MOST
from civicconnect.routing.worths import KEYWORDS_ALONE, Worths

LEAST = 200  # reports to learn from
LEAST_OF_A_SERVICE = 5  # fewer teach nothing; the service keeps to its keywords
LEARNED, WEIGHED = 0.6, 0.8  # parts of the record, in the order of time: up to where it is used for what
# What is tried. Worth nothing, keywords could not speak for a service that was not learned.
KEYWORD_WORTHS = (10.0, 20.0, 40.0, 60.0, 84.0, 120.0, 160.0)
LEARNED_WORTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
DOUBTS = (0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Lesson:
    """What somebody wrote, and the service it was about in the end."""

    words: str
    service: str  # code


@dataclass(frozen=True)
class Lessons:
    """Lessons as numbers, in the order of time."""

    said: tuple[Numbers, ...]
    meant: Places  # positions of services

    def part(self, places: Sequence[int]) -> Lessons:
        """Return those at these places."""
        return Lessons(tuple(self.said[n] for n in places), self.meant[np.array(places, dtype=np.int64)])


@dataclass(frozen=True)
class Trained:
    """A model, and how good one was that had not seen the newest reports.

    learned_from    reports the model has learned from: all, the newest included
    codes           services, in the order of the matrix
    figures         of the newest fifth
    unheard         of those among them that repeat no earlier one word for word
    matrix          shape (services, services): what was meant by what was suggested first
    """

    model: Model
    learned_from: int
    codes: tuple[str, ...]
    figures: Figures
    unheard: Figures
    matrix: NDArray[np.int64]


def looks(lessons: int) -> int:
    """Return at how many examples `train` looks at most, for a bar."""
    first = int(lessons * LEARNED)
    return rounds(first) * first + rounds(lessons) * lessons


def train(told: Sequence[Lesson], services: Sequence[Service], progress: Progress) -> Trained:
    """Learn from what people wrote.

    told        the oldest first; those about other services are left out
    services    that may be suggested
    progress    is given how many examples were looked at, of `looks`
    Raises Conflict where there is too little to learn from.
    """
    lessons = _read(told, services)
    count = len(lessons.meant)
    if count < LEAST:
        raise Conflict(f"{count:,} reports have words of people to learn from, and {LEAST} are needed. Until "
                       "then suggestions come from names and keywords.")
    first, last = int(count * LEARNED), int(count * WEIGHED)
    early = learn(lessons.part(range(first)), services, progress)
    early = weigh(early, lessons.part(range(first, last)), services)
    tested = lessons.part(range(last, count))
    said = answers(early, tested, services)
    usual = [place for place, _ in Counter(lessons.meant[:last].tolist()).most_common(MOST)]
    new = _unheard(lessons, first, last)
    before = rounds(first) * first
    whole = learn(lessons, services, lambda now: progress(before + now))
    return Trained(
        replace(whole, worths=early.worths), count, tuple(service.code for service in services),
        measure(said, tested.meant, usual), measure(said[new], tested.meant[new], usual),
        confusion(said, tested.meant))


def _unheard(lessons: Lessons, first: int, last: int) -> Places:
    """Return which of the tested lessons, from `last` on, are no repetition of one learned from."""
    heard = {said.tobytes() for said in lessons.said[:first]}
    found = [n for n, said in enumerate(lessons.said[last:]) if said.tobytes() not in heard]
    return np.array(found, dtype=np.int64)


def _read(told: Sequence[Lesson], services: Sequence[Service]) -> Lessons:
    place = {service.code: n for n, service in enumerate(services)}
    read = [(said, place[one.service]) for one in told if one.service in place
            and len(said := features(one.words))]
    return Lessons(tuple(said for said, _ in read), np.array([n for _, n in read], dtype=np.int64))


def learn(lessons: Lessons, services: Sequence[Service], progress: Progress) -> Model:
    """Learn those services that are there often enough; what the sources are worth is still open."""
    often = np.bincount(lessons.meant, minlength=len(services)) >= LEAST_OF_A_SERVICE
    kept = lessons.part(np.flatnonzero(often[lessons.meant]).tolist())
    places = np.cumsum(often) - 1  # of each service among those that are learned
    weights = fit(kept.said, places[kept.meant], int(often.sum()), progress)
    codes = tuple(service.code for service, is_often in zip(services, often, strict=True) if is_often)
    return Model(codes, weights, KEYWORDS_ALONE)


def weigh(model: Model, lessons: Lessons, services: Sequence[Service]) -> Model:
    """Return the model with the worths under which lessons that are new to it are the most probable."""
    likeness, learned = _sources(model, lessons, services)
    rows = np.arange(len(lessons.meant))

    def surprise(worths: Worths) -> float:
        return float(-np.log(worths.shares(likeness, learned)[rows, lessons.meant]).mean())

    tried = starmap(Worths, product(KEYWORD_WORTHS, LEARNED_WORTHS, DOUBTS))
    return replace(model, worths=min(tried, key=surprise))


def answers(model: Model, lessons: Lessons, services: Sequence[Service]) -> Floats:
    """Return how probable each service is for each lesson: shape (lessons, services)."""
    return model.worths.shares(*_sources(model, lessons, services))


def _sources(model: Model, lessons: Lessons, services: Sequence[Service]) -> tuple[Floats, Floats]:
    index, codes = index_of(services), [service.code for service in services]
    likeness = np.array([index.likeness(said) for said in lessons.said])
    return likeness, np.array([model.points(said, codes) for said in lessons.said])
