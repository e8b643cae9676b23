"""What the seed decides once: whose district is slow, which areas pilot, who reports how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from civicconnect.errors import Invalid
from civicconnect.simulate.likeness import Likeness, liken
from civicconnect.simulate.noise import Floats
from civicconnect.simulate.wallclock import Wall
from civicconnect.simulate.world import Areas, Flags, Integers, Plan

# A plant is looked for among rows like its own, so it should be neither rare nor most of the record.
IDEAL_AREA, IDEAL_DEPARTMENT, IDEAL_SERVICE = 0.03, 0.06, 0.03
EVEN = 15.0  # a pilot's service: its upper quartile of hours to close over its lower one, at most
NEAREST = 3  # of so many candidates nearest to the ideal share the seed takes one
SETTLING = 7  # a stream of dice of its own


@dataclass(frozen=True)
class Settled:
    """The choices that hold for the whole record.

    likeness          of the services with the fitted kinds
    area_share        shape (areas,), of all located reports
    income            shape (areas,), fifth 1..5
    reporting_rate    shape (areas,), of the problems there, those that are reported
    slow_area, pilot_service    index; -1 where there is nothing of the kind
    bottleneck_department       name; "" where there is none
    bottleneck        shape (services,), whether that department answers it
    bottleneck_from, bottleneck_to, pilot_from    instants, microseconds
    piloted           shape (areas,), where the pilot runs; the others are its control
    """

    likeness: Likeness
    area_share: Floats
    income: Integers
    reporting_rate: Floats
    slow_area: int
    bottleneck_department: str
    bottleneck: Flags
    bottleneck_from: int
    bottleneck_to: int
    pilot_service: int
    pilot_from: int
    piloted: Flags


def settle(plan: Plan, seed: int) -> Settled:
    """Make the choices a plan leaves open; the same seed makes the same ones. Raises Invalid."""
    rng = np.random.default_rng((seed, SETTLING))
    likeness = liken(plan.services, plan.parameters)
    income = _income(plan.areas, rng)
    area_share = _area_share(plan, income)
    departments = sorted({service.department for service in plan.services})
    answered = np.asarray([departments.index(service.department) for service in plan.services])
    by_department: Floats = np.bincount(answered, likeness.overall).astype(float)
    slow = _chosen("area", plan.plants.slow_area, plan.areas.codes, area_share, IDEAL_AREA, rng)
    bottleneck = _chosen("department", plan.plants.bottleneck_department, departments, by_department,
                         IDEAL_DEPARTMENT, rng)
    codes = [service.code for service in plan.services]
    pilot = _chosen("service", plan.plants.pilot_service, codes, _fit_for_a_pilot(plan, likeness),
                    IDEAL_SERVICE, rng)
    begins, ends, starts = (_instant(plan, share) for share in (
        plan.plants.bottleneck_begins, plan.plants.bottleneck_ends, plan.plants.pilot_begins))
    return Settled(
        likeness, area_share, income, _reporting_rate(plan, income), slow, departments[bottleneck],
        answered == bottleneck, begins, ends, pilot, starts, _half(area_share, rng),
    )


def _income(areas: Areas, rng: np.random.Generator) -> Integers:
    """Return each area's fifth: as given, and where nothing is given all fifths alike."""
    drawn = rng.permutation(np.arange(len(areas.codes)) % 5) + 1
    return np.where(areas.income > 0, areas.income, drawn)


def _area_share(plan: Plan, income: Integers) -> Floats:
    """Return the share of reports by area: how many live there, times how readily they report."""
    rates = np.asarray(plan.parameters.requests_per_1000_by_income)[income - 1]
    weights = plan.areas.households * rates * (np.bincount(plan.places.area, minlength=len(income)) > 0)
    if weights.sum() <= 0:
        raise Invalid({"places": ["A city needs an area with addresses before anything can happen in it."]})
    share: Floats = weights / weights.sum()
    return share


def _reporting_rate(plan: Plan, income: Integers) -> Floats:
    low, high = plan.plants.reporting_rate
    rate: Floats = low + (high - low) * (income - 1) / 4
    return rate


def _chosen(
    what: str, wanted: str | None, names: tuple[str, ...] | list[str], shares: Floats, ideal: float,
    rng: np.random.Generator,
) -> int:
    """Return the index of what was named, or of one whose share is near the ideal."""
    if wanted is not None:
        if wanted not in names:
            raise Invalid({"plants": [f"The city has no {what} '{wanted}'."]})
        return list(names).index(wanted)
    distance = np.abs(np.log(np.maximum(shares, 1e-9) / ideal))
    return int(rng.choice(np.argsort(distance, kind="stable")[:NEAREST]))


def _fit_for_a_pilot(plan: Plan, likeness: Likeness) -> Floats:
    """Return the shares of the services in which a pilot's effect can be found; little for the others.

    Those on the fallback point lie in no area, and where times spread over many powers of ten a third
    less drowns in chance.
    """
    kinds = [plan.parameters.kinds[kind] for kind in likeness.kind]
    even = [kind.hours[3] < EVEN * kind.hours[1] for kind in kinds]
    located = likeness.overall * [1 - kind.fallback_share for kind in kinds]
    fit: Floats = np.where(even, located, located * 1e-6)
    return fit


def _half(area_share: Floats, rng: np.random.Generator) -> Flags:
    """Return areas, taken at random, that carry about half of the reports."""
    order = rng.permutation(len(area_share))
    taken = np.zeros(len(area_share), dtype=bool)
    taken[order] = np.cumsum(area_share[order]) - area_share[order] / 2 < 0.5
    return taken


def _instant(plan: Plan, share: float) -> int:
    """Return the midnight nearest to a share of the whole time."""
    day = plan.first_day + timedelta(days=round(share * plan.days))
    return Wall(plan.zone, plan.first_day, day).midnight(day)
