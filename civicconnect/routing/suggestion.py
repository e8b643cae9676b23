"""A service suggested for what somebody typed: at most three, each with its probability, or none at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from civicconnect.catalog import Catalog, Service
from civicconnect.routing.features import Numbers, features
from civicconnect.routing.keywords import Floats, index_of
from civicconnect.routing.model import Model
from civicconnect.routing.worths import KEYWORDS_ALONE

MOST = 3
CONFIDENCE = 0.1  # what is less probable is not shown


@dataclass(frozen=True)
class Suggestion:
    """A service, and how probable it is that the words mean it."""

    service: str  # code
    probability: float


def suggest(words: str, offer: Catalog, now: datetime, model: Model | None = None,
            least: float = CONFIDENCE) -> list[Suggestion]:
    """Return what words may be about, the most probable first: at most three of what is offered now.

    words    in any language
    model    None: names, hints and keywords alone decide
    least    probability below which a service is not named
    """
    services = [service for _group, inside in offer.offered(now) for service in inside]
    said = features(words)
    shares = probabilities(said, services, model)
    best = np.argsort(-shares, kind="stable")[:MOST]
    return [Suggestion(services[n].code, float(shares[n])) for n in best if shares[n] >= least]


def probabilities(said: Numbers, services: Sequence[Service], model: Model | None) -> Floats:
    """Return how probable each service is: shape (services,), summing to 1; all 0 where no word is known."""
    if not len(said) or not services:
        return np.zeros(len(services))
    likeness = index_of(services).likeness(said)
    if not likeness.any() and not (model and model.knows(said)):
        return likeness
    if model is None:
        return KEYWORDS_ALONE.shares(likeness, 0 * likeness)
    return model.worths.shares(likeness, model.points(said, [service.code for service in services]))
