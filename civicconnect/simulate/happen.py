"""A city's record as it happens, day by day; the same seed and plan give the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from civicconnect.errors import Invalid
from civicconnect.simulate import intake, repeats, volume
from civicconnect.simulate.day import Day
from civicconnect.simulate.lives import Course, Life, draw_course, live
from civicconnect.simulate.noise import Floats
from civicconnect.simulate.repeats import AGAIN, DUPLICATE, SAME_DAY, Memory, Origins, Reported
from civicconnect.simulate.settled import Settled, settle
from civicconnect.simulate.spots import FALLBACK, NOWHERE, Spots, lay_out
from civicconnect.simulate.waiting import Office, Strata, Waits, swap_into_office
from civicconnect.simulate.wallclock import HOUR, NEVER, Wall, microseconds
from civicconnect.simulate.world import Flags, Integers, Plan

# Each idea throws dice of its own, so that a change in one leaves the others alone.
GROUND, VOLUME, DAILY = 1, 2, 3
# Days over which a service makes up for what chance gave it too little: repeats breed repeats, so
# that without it the shares of a year would stray by a tenth.
CATCHING_UP = 30


def happen(plan: Plan, seed: int) -> Iterator[Day]:
    """Yield one day after another until the wanted number of reports has come.

    Kept in memory are the plan and the last seven days, so it grows with what a day brings and not
    with how many days there are. Raises Invalid where the plan cannot happen.
    """
    _must_be_possible(plan)
    city = _City(plan, seed)
    for day in range(plan.days):
        yield city.day(day)


def _must_be_possible(plan: Plan) -> None:
    faults = {
        "wanted": plan.wanted < 1 and "Ask for one report or more.",
        "days": plan.days < 1 and "Ask for one day or more.",
        "places": len(plan.places.lat) == 0 and "A city needs an address before anything can happen.",
        "as_of": plan.as_of.tzinfo is None and "The as-of instant needs a time zone.",
    }
    if any(faults.values()):
        raise Invalid({key: [words] for key, words in faults.items() if words})


@dataclass(frozen=True)
class _Start:
    """What a day begins with: instants, services and places, before anything becomes of them."""

    opened_at: Integers
    service: Integers
    place: Integers
    storm: Flags
    origins: Origins


class _City:
    """Everything that is known before the first day, and what is remembered from day to day."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan, self._seed = plan, seed
        last = plan.first_day + timedelta(days=plan.days)
        self._as_of = microseconds(plan.as_of)
        self._wall = Wall(plan.zone, plan.first_day, max(last, plan.as_of.date()))
        known = intake.known_of_last_day(plan, self._wall, self._as_of)
        if known <= 0:
            raise Invalid({"as_of": ["The last day begins after the as-of instant."]})
        self._settled: Settled = settle(plan, seed)
        self._volume = volume.draw_volume(plan, np.random.default_rng((seed, VOLUME)), known)
        self._spots: Spots = lay_out(plan, self._settled.area_share, np.random.default_rng((seed, GROUND)))
        self._prepare(plan, seed)
        self._number = self._problem = 0
        # By service, the reports that chance has kept back so far.
        self._lag: Floats = np.zeros(len(plan.services))

    def _prepare(self, plan: Plan, seed: int) -> None:
        parameters, likeness = plan.parameters, self._settled.likeness
        self._waits = Waits(parameters.kinds)
        self._shares = Strata(len(plan.services), 2 * seed)
        self._open = Strata(len(plan.services), 2 * seed + 1)
        self._usual = likeness.usual(float(self._volume.storm.sum()) / plan.wanted)
        self._open_share = np.asarray([kind.open_share for kind in parameters.kinds])[likeness.kind]
        self._fallback = np.asarray([kind.fallback_share for kind in parameters.kinds])[likeness.kind]
        self._office = Office(parameters.office_share)
        self._promises = intake.Promises(parameters)
        self._channels = intake.channel_odds(plan.services, likeness, parameters)
        self._texts = np.asarray([service.texts for service in plan.services])
        self._winter = np.asarray([kind.winter for kind in parameters.kinds])[likeness.kind]
        again = repeats.honest_repeats(
            parameters, likeness.overall, self._fallback, self._spots, plan.wanted / plan.days)
        self._memory = Memory(again, parameters.true_duplicates)

    def day(self, index: int) -> Day:
        """Let one day happen; the days must be asked for in their order."""
        rng = np.random.default_rng((self._seed, DAILY, index))
        today = self.plan.first_day + timedelta(days=index)
        usual, storm = int(self._volume.usual[index]), int(self._volume.storm[index])
        start = self._start(today, usual, storm, rng)
        by = intake.draw_channels(self._channels, start.service, rng)
        by = np.where((start.origins.how == DUPLICATE) & (by == intake.CREW), intake.CALL, by)
        area = np.where(start.place >= 0, self.plan.places.area[np.maximum(start.place, 0)], -1)
        slow, bottleneck, pilot = self._plants(start, area)
        hours, closes, course, bottleneck = self._hours(start, slow, bottleneck, pilot == 1, rng)
        begun_at = start.opened_at + (hours * course.started * HOUR).astype(np.int64)
        duplicate = _duplicates(start.origins, start.opened_at, begun_at)
        asked = np.zeros(len(by), dtype=bool)
        asked[start.origins.today[duplicate & (start.origins.row == SAME_DAY)]] = True
        life = live(start.opened_at, hours, closes, by == intake.CREW, duplicate, asked, course,
                    self.plan.plants, self._wall, rng)
        return self._columns(today, start, duplicate, by, area, life, (slow, bottleneck, pilot), rng)

    def _start(self, today: date, usual: int, storm: int, rng: np.random.Generator) -> _Start:
        count = usual + storm
        slots, busy = intake.odds_of_slots(self.plan.parameters, self._wall, today, self._as_of)
        opened_at = intake.draw_instants(slots, busy, count, rng)
        stormy = np.zeros(count, dtype=bool)
        stormy[rng.permutation(count)[:storm]] = True
        shares = self._seasonal(today)
        odds = np.maximum(shares + self._lag / (CATCHING_UP * self.plan.wanted / self.plan.days), shares / 5)
        service = np.where(stormy, _choose(self._settled.likeness.storm, count, rng),
                           _choose(odds, count, rng))
        midnight = self._wall.midnight(today + timedelta(days=1))
        origins = self._memory.origins(count, stormy, midnight, rng)
        place = self._fresh_places(service, rng)
        service, place = self._repeated(origins, service, place, rng)
        self._lag += shares * usual - np.bincount(service[~stormy], minlength=len(shares))
        return _Start(opened_at, service, place, stormy, origins)

    def _seasonal(self, today: date) -> Floats:
        """Return each service's share of what a day usually brings, at this time of the year."""
        # Highest in the middle of January, as heating is.
        season = 1 + self._winter * np.cos(2 * np.pi * (today.timetuple().tm_yday - 15) / 365.25)
        shares: Floats = self._usual * season / (self._usual @ season)
        return shares

    def _fresh_places(self, service: Integers, rng: np.random.Generator) -> Integers:
        dice = rng.random((2, len(service)))
        place = self._spots.draw(service, rng)
        place[dice[0] < self._fallback[service]] = FALLBACK
        place[dice[1] < self.plan.parameters.no_place_share] = NOWHERE
        return place

    def _repeated(
        self, origins: Origins, service: Integers, place: Integers, rng: np.random.Generator
    ) -> tuple[Integers, Integers]:
        """Return services and places with those of the originals where a report repeats one."""
        for repeated, row, whence, where in (
            (origins.row >= 0, origins.row, origins.before.service, origins.before.place),
            (origins.row == SAME_DAY, origins.today, service, place),
        ):
            service, place = service.copy(), place.copy()
            service[repeated] = whence[row[repeated]]
            place[repeated] = where[row[repeated]]
        dice = rng.random((2, len(place)))
        strays = (origins.how == AGAIN) & (dice[0] >= self.plan.parameters.same_address)
        return service, np.where(strays, self._spots.neighbour(place, dice[1]), place)

    def _plants(self, start: _Start, area: Integers) -> tuple[Flags, Flags, Integers]:
        settled, opened = self._settled, start.opened_at
        located = area >= 0
        slow = located & (area == settled.slow_area)
        bottleneck = settled.bottleneck[start.service] & (opened >= settled.bottleneck_from)
        bottleneck &= opened < settled.bottleneck_to
        tried = located & (start.service == settled.pilot_service) & (opened >= settled.pilot_from)
        pilot = np.where(tried, np.where(settled.piloted[np.maximum(area, 0)], 1, 2), 0)
        return slow, bottleneck, pilot

    def _hours(
        self, start: _Start, slow: Flags, bottleneck: Flags, piloted: Flags, rng: np.random.Generator
    ) -> tuple[Floats, Flags, Course, Flags]:
        """Return (hours to close, whether it closes at all, its course, whether the bottleneck held it)."""
        service, shown = start.service, self._wall.shown(start.opened_at)
        closes = self._open.throw(service, rng) >= self._open_share[service]
        shares = rng.random(len(service))
        shares[closes] = self._shares.throw(service[closes], rng)
        hours = self._waits.hours(self._settled.likeness.kind[service], shares)
        hours = swap_into_office(service, shown, hours, closes, rng)
        plants = self.plan.plants
        hours = hours * np.where(slow, plants.slow_factor, 1.0) * np.where(piloted, plants.pilot_factor, 1.0)
        # What is closed at once has no wait between accepting and starting.
        bottleneck = bottleneck & (hours >= 1)
        course, hours = draw_course(len(hours), rng).stretched(hours, bottleneck, plants.bottleneck_factor)
        return self._office.move(shown, hours, closes, rng), closes, course, bottleneck

    def _columns(
        self, today: date, start: _Start, duplicate: Flags, by: Integers, area: Integers, life: Life,
        plants: tuple[Flags, Flags, Integers], rng: np.random.Generator,
    ) -> Day:
        count, kinds = len(by), self._settled.likeness.kind[start.service]
        number = self._number + 1 + np.arange(count)
        problem = self._problem + np.cumsum(~duplicate)
        first, problem, fixed_at = self._firsts(start.origins, duplicate, number, problem, life.fixed_at)
        self._number, self._problem = self._number + count, self._problem + int((~duplicate).sum())
        told = ~duplicate & ~start.storm
        self._memory.remember(
            Reported(*(column[told] for column in (start.service, start.place, number, problem, fixed_at))),
            count, int(duplicate.sum()))
        lat, long = self._coordinates(start.place)
        known = {name: self._known(getattr(life, name)) for name in (
            "accepted_at", "started_at", "closed_at", "reopened_at", "closed_again_at")}
        closed = known["closed_at"] != NEVER
        return Day(
            today, number, start.service, start.opened_at, start.place, lat, long, area, by,
            intake.draw_languages(list(self.plan.languages.values()), by, rng),
            intake.draw_texts(self._texts[start.service], rng),
            self._promises.draw(kinds, self._wall.shown(start.opened_at), _worked(start, life), rng),
            outcome=np.where(closed, life.outcome, -1), true_fixed_at=self._known(fixed_at),
            false_closing=life.false_closing & closed, vanished=life.vanished & closed,
            duplicate_of=first, problem=problem, slow=plants[0], bottleneck=plants[1], pilot=plants[2],
            **known,
        )

    def _firsts(
        self, origins: Origins, duplicate: Flags, number: Integers, problem: Integers, fixed_at: Integers
    ) -> tuple[Integers, Integers, Integers]:
        """Return each report's first report (0 where it is one), its problem and when that was fixed."""
        first = np.zeros(len(number), dtype=np.int64)
        problem, fixed_at = problem.copy(), fixed_at.copy()
        earlier = duplicate & (origins.row >= 0)
        row, before = origins.row[earlier], origins.before
        first[earlier], problem[earlier] = before.number[row], before.problem[row]
        fixed_at[earlier] = before.fixed_at[row]
        today = duplicate & (origins.row == SAME_DAY)
        row = origins.today[today]
        first[today], problem[today], fixed_at[today] = number[row], problem[row], fixed_at[row]
        return first, problem, fixed_at

    def _known(self, instants: Integers) -> Integers:
        return np.where(instants <= self._as_of, instants, NEVER)

    def _coordinates(self, place: Integers) -> tuple[Floats, Floats]:
        inside, places, fallback = np.maximum(place, 0), self.plan.places, self.plan.fallback
        lat = np.where(place >= 0, places.lat[inside], fallback.lat)
        long = np.where(place >= 0, places.long[inside], fallback.long)
        return np.where(place == NOWHERE, np.nan, lat), np.where(place == NOWHERE, np.nan, long)


def _choose(odds: Floats, count: int, rng: np.random.Generator) -> Integers:
    heaped = np.cumsum(odds)
    found: Integers = np.searchsorted(heaped, rng.random(count) * heaped[-1], side="right")
    return np.minimum(found, len(odds) - 1)


def _worked(start: _Start, life: Life) -> Floats:
    """Return hours to the final closing, infinite where there is none."""
    last = np.maximum(life.closed_at, life.closed_again_at)
    return np.where(last == NEVER, np.inf, (last - start.opened_at) / HOUR)


def _duplicates(origins: Origins, opened_at: Integers, begun_at: Integers) -> Flags:
    """Say which reports are true duplicates: work on today's original must not have begun.

    Whether an earlier day's original was still unfixed, the memory has seen to. One whose original was
    begun is a report of another problem like it.
    """
    today = origins.row == SAME_DAY
    found: Flags = (origins.how == DUPLICATE) & (~today | (begun_at[origins.today] > opened_at))
    return found
