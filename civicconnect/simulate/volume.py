"""How many reports each day brings: busy and idle weekdays, runs of days, storms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicconnect.simulate.noise import Floats
from civicconnect.simulate.parameters import Parameters
from civicconnect.simulate.world import Integers, Plan


@dataclass(frozen=True)
class Volume:
    """Reports by day; shape (days,), and the two together add up to what was wanted.

    usual    what any day brings
    storm    what a storm brought on top
    """

    usual: Integers
    storm: Integers


def draw_volume(plan: Plan, rng: np.random.Generator, last: float = 1.0) -> Volume:
    """Draw the reports of each day.

    last       share of the last day that is known; the rest lies after the as-of instant

    A day's rate is gamma-distributed round its weekday's mean, so that its count is negative binomial.
    The total is given: independent Poisson counts with a known sum are one multinomial draw, which
    leaves the days as uneven as they were and ends on the wanted report.
    """
    weekday = plan.first_day.weekday()
    means = np.resize(np.roll(plan.parameters.weekday_means, -weekday), plan.days)
    rates = means * _unrest(plan.parameters, plan.days, rng)
    storms = _storms(plan.parameters, weekday, plan.days, rng)
    rates[-1], storms[-1] = rates[-1] * last, storms[-1] * last
    odds = np.concatenate([rates, storms])
    counts = rng.multinomial(plan.wanted, odds / odds.sum())
    return Volume(counts[: plan.days], counts[plan.days :])


def storm_share(parameters: Parameters) -> float:
    """Return which share of all reports storms bring, as expected over many years."""
    means, storm = np.asarray(parameters.weekday_means), parameters.storm
    added = (storm.factor - 1) * _quiet(means).mean() + storm.aftermath * means.mean()
    share = added / storm.every_days / means.mean()
    return float(share / (1 + share))


def _quiet(means: Floats) -> Floats:
    # The storm that was measured came on a Sunday. The same factor on a working day would be three
    # times any day in the record, so storms keep to the weekdays below the average.
    quiet: Floats = means[means <= means.mean()]
    return quiet


def _unrest(parameters: Parameters, days: int, rng: np.random.Generator) -> Floats:
    """Return each day's rate over its weekday's mean: gamma with mean 1, each day a little like the last."""
    means, storm = np.asarray(parameters.weekday_means), parameters.storm
    # The fitted size and correlation count the storms in; take out what they add to each.
    stormy = (storm.factor - 1) ** 2 / storm.every_days
    spread = max(1 / parameters.size - stormy * (_quiet(means) ** 2).mean() / (means**2).mean(), 0.01)
    whole = spread + stormy + (1 / means).mean()
    after = (storm.factor - 1) * storm.aftermath / storm.every_days
    correlation = (parameters.autocorrelation * whole - after) / spread
    return _gamma(_chain(min(max(correlation, 0.0), 0.9), days, rng), spread)


def _chain(correlation: float, days: int, rng: np.random.Generator) -> Floats:
    """Return normal deviates, each correlated with the one before; shape (days,)."""
    shocks = rng.standard_normal(days)
    chain = np.empty(days)
    before = shocks[0]
    for day in range(days):
        chain[day] = before
        if day + 1 < days:
            before = correlation * before + np.sqrt(1 - correlation**2) * shocks[day + 1]
    return chain


def _gamma(normal: Floats, variance: float) -> Floats:
    """Return gamma deviates of mean 1 in the order of normal ones (Wilson and Hilferty, 1931)."""
    # The cube of a shifted normal deviate is gamma to three digits at these shapes (10 and more).
    ninth = variance / 9
    cubes: Floats = np.maximum(1 - ninth + normal * np.sqrt(ninth), 0.05) ** 3
    return cubes


def _storms(parameters: Parameters, weekday: int, days: int, rng: np.random.Generator) -> Floats:
    """Return what storms add to each day's rate: one in every so many days, and its morrow.

    weekday    of the first day, Monday being 0
    """
    means, storm = np.asarray(parameters.weekday_means), parameters.storm
    added = np.zeros(days + storm.every_days + 1)
    for begins in range(0, days, storm.every_days):
        block = np.arange(begins, begins + storm.every_days)
        quiet = block[means[(weekday + block) % 7] <= means.mean()]
        day = int(rng.choice(quiet)) if len(quiet) else begins
        added[day] += (storm.factor - 1) * means[(weekday + day) % 7]
        added[day + 1] += storm.aftermath * means[(weekday + day + 1) % 7]
    return added[:days]
