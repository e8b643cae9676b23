"""How reports come in: at which instant, by which channel, in which language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from civicconnect.simulate.likeness import Likeness
from civicconnect.simulate.noise import Floats
from civicconnect.simulate.parameters import CHANNELS, Parameters
from civicconnect.simulate.wallclock import DAY, HOUR, SECOND, SLOT, Wall, weekday
from civicconnect.simulate.world import Integers, Plan, Service

CREW, CALL = CHANNELS.index("crew"), CHANNELS.index("call")
SILENT = 0.12  # of the reports, without a word
USUAL = 12.0  # a kind's usual channel, over any other, before the shares are fitted
FITTING = 200  # rounds until both margins of the table of channels hold
LATE_HOURS = 40.0  # what a promise must be exceeded by at most, to be one that skips weekends


def odds_of_slots(parameters: Parameters, wall: Wall, day: date, as_of: int) -> tuple[Integers, Floats]:
    """Return (instants, odds) of the quarter hours of a day; what lies after as_of has none."""
    instants, hours = wall.slots(day)
    table = np.asarray(parameters.hour_of_week[day.weekday()], dtype=float)
    return instants, np.where(instants + SLOT <= as_of, table[hours], 0.0)


def known_of_last_day(plan: Plan, wall: Wall, as_of: int) -> float:
    """Return which share of the last day's reports is in before the as-of instant."""
    last = plan.first_day + timedelta(days=plan.days - 1)
    _, known = odds_of_slots(plan.parameters, wall, last, as_of)
    _, whole = odds_of_slots(plan.parameters, wall, last, int(np.iinfo(np.int64).max))
    return float(known.sum() / whole.sum())


def draw_instants(slots: Integers, odds: Floats, count: int, rng: np.random.Generator) -> Integers:
    """Return rising instants of a day's reports, in whole seconds; shape (count,)."""
    each = rng.multinomial(count, odds / odds.sum())
    instants = np.repeat(slots, each) + rng.integers(SLOT // SECOND, size=count) * SECOND
    instants.sort()
    return instants


def channel_odds(services: Sequence[Service], likeness: Likeness, parameters: Parameters) -> Floats:
    """Return running sums of the odds of each channel by service; shape (services, channels).

    Each kind's usual channel is likelier; rows and columns are then fitted in turn to the shares of the
    services and of the channels (iterative proportional fitting; Deming and Stephan, 1940).
    """
    target = np.asarray([parameters.channel_share.get(channel, 0.0) for channel in CHANNELS])
    table = np.ones((len(services), len(CHANNELS)))
    for row, (service, kind) in enumerate(zip(services, likeness.kind, strict=True)):
        table[row, CHANNELS.index(parameters.kinds[kind].channel)] = USUAL
        table[row, [CHANNELS.index(channel) for channel in service.barred if channel in CHANNELS]] = 0
    table *= target > 0
    table[table.sum(axis=1) == 0, CALL] = 1  # everything barred: somebody calls all the same
    for _ in range(FITTING):
        table *= (target / np.maximum(table.sum(axis=0), 1e-12))[None, :]
        table *= (likeness.overall / np.maximum(table.sum(axis=1), 1e-12))[:, None]
    table[table.sum(axis=1) <= 0, CALL] = 1
    heaped: Floats = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)
    return heaped


def draw_channels(heaped: Floats, services: Integers, rng: np.random.Generator) -> Integers:
    dice = rng.random(len(services))
    found: Integers = (dice[:, None] >= heaped[services]).sum(axis=1)
    return np.minimum(found, len(CHANNELS) - 1)


def draw_languages(shares: Sequence[float], channels: Integers, rng: np.random.Generator) -> Integers:
    """Return languages; a crew writes in the first."""
    heaped = np.cumsum(shares)
    found: Integers = np.searchsorted(heaped, rng.random(len(channels)) * heaped[-1], side="right")
    return np.where(channels == CREW, 0, np.minimum(found, len(heaped) - 1))


def draw_texts(counts: Integers, rng: np.random.Generator) -> Integers:
    """Return which of its service's texts each report has; -1 where it is silent.

    counts    shape (reports,), texts there are; the same shape is returned
    """
    which = (rng.random(len(counts)) * counts).astype(np.int64)
    return np.where((rng.random(len(counts)) < SILENT) | (counts == 0), -1, which)


class Promises:
    """What is promised by kind: hours on the wall, on to Monday where they would end on a weekend."""

    def __init__(self, parameters: Parameters) -> None:
        kinds = parameters.kinds
        self._soon = np.asarray([kind.due_soon for kind in kinds])
        self._late = np.asarray([kind.due_late for kind in kinds])
        self._hours = np.asarray([kind.due_hours or np.nan for kind in kinds])
        high = np.asarray([kind.due_hours_high or 0.0 for kind in kinds])
        self._skips = high - np.nan_to_num(self._hours) >= LATE_HOURS

    def draw(self, kinds: Integers, shown: Integers, worked: Floats, rng: np.random.Generator) -> Floats:
        """Return hours promised; NaN where nothing is.

        shown     what the clock on the wall shows at opening
        worked    hours to the closing, infinite where there is none: in some records what takes long
                  was promised less often
        """
        share = np.where(worked <= self._hours[kinds], self._soon[kinds], self._late[kinds])
        hours = np.where(rng.random(len(kinds)) < share, self._hours[kinds], np.nan)
        ends = weekday(shown + (np.nan_to_num(hours) * HOUR).astype(np.int64))
        weekend = self._skips[kinds] & (ends >= 5)
        return hours + np.where(weekend, 2 * DAY // HOUR, 0)
