"""Which fitted kind each service of a city is like."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from civicconnect.errors import Invalid
from civicconnect.history import slug
from civicconnect.simulate.noise import Floats
from civicconnect.simulate.parameters import Kind, Parameters
from civicconnect.simulate.volume import storm_share
from civicconnect.simulate.world import Flags, Integers, Service

LEAST_IN_A_STORM = 0.05  # of what a storm brings, for a service that storms alone bring


@dataclass(frozen=True)
class Likeness:
    """For each service, in their order; the shares add up to 1 each.

    kind       index into the parameters' kinds
    storm      share of what a storm adds
    overall    share of all reports in the long run, storms included
    only       whether nothing but storms brings it
    """

    kind: Integers
    storm: Floats
    overall: Floats
    only: Flags

    def usual(self, part: float) -> Floats:
        """Return the shares of what any day brings, where storms bring such a part of all reports.

        The fitted shares count the stormy days in. What a storm brings is taken out of the usual ones,
        so that a record with one storm more has no more fallen trees in all.
        """
        rest = np.maximum(self.overall - part * self.storm, 0.1 * self.overall)
        rest = np.where(self.only, 0.0, rest)
        usual: Floats = rest / rest.sum()
        return usual


def liken(services: Sequence[Service], parameters: Parameters) -> Likeness:
    """Match services with kinds; raises Invalid where there is nothing to match.

    First by name, then by likeness.toml, then the most frequent kind that is left. A kind that nobody
    is like falls away, and the rest is scaled up.
    """
    if all(service.storm == "only" for service in services):
        raise Invalid({"services": ["A city needs a service that is not for storms alone."]})
    matched = _match(services, parameters.kinds)
    split = np.bincount(matched, minlength=len(parameters.kinds))[matched]
    shares = np.asarray([parameters.kinds[k].share for k in matched]) / split
    storm = np.asarray([parameters.storm.mix.get(parameters.kinds[k].name, 0.0) for k in matched]) / split
    only = np.asarray([service.storm == "only" for service in services])
    storm[only] = np.maximum(storm[only], LEAST_IN_A_STORM)
    storm = storm / storm.sum() if storm.sum() else np.full(len(services), 1 / len(services))
    brought = np.where(only, storm_share(parameters) * storm, 0.0)
    shares = np.where(only, 0.0, shares)
    overall = brought + shares / shares.sum() * (1 - brought.sum())
    return Likeness(matched, storm, overall, only)


def _match(services: Sequence[Service], kinds: Sequence[Kind]) -> Integers:
    named = {slug(kind.name): index for index, kind in enumerate(kinds)}
    told = _told()
    found: list[int | None] = []
    for service in services:
        codes = (slug(service.name), service.code, told.get(service.code, ""))
        found.append(next((named[code] for code in codes if code in named), None))
    left = sorted(set(range(len(kinds))) - set(found), key=lambda index: -kinds[index].share)
    # More services than kinds: the last kinds are shared out once more.
    spare = iter(left + [index for _ in services for index in range(len(kinds))])
    return np.asarray([next(spare) if index is None else index for index in found], dtype=np.int64)


@cache
def _told() -> dict[str, str]:
    return tomllib.loads(Path(__file__).with_name("likeness.toml").read_text(encoding="utf-8"))
