"""The clock on the city's wall and UTC, for whole arrays of instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from civicconnect.simulate.noise import Floats
from civicconnect.simulate.world import Flags, Integers

SECOND = 1_000_000  # microseconds, in which every instant here is counted
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
DAY = 24 * HOUR
WEEK = 7 * DAY
# What an instant is that has not come: the least integer, as numpy's own NaT.
NEVER = int(np.iinfo(np.int64).min)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_WEEKDAY = 3  # a Thursday, Monday being 0
SLOT = 15 * MINUTE  # no zone's clock has been changed by less since 1970
OPENS, CLOSES = 7 * HOUR, 17 * HOUR  # the office hours in which most reports are closed


def microseconds(instant: datetime) -> int:
    """Return an aware instant as microseconds since 1970, UTC."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def moment(instant: int) -> datetime:
    return EPOCH + timedelta(microseconds=instant)


class Wall:
    """The clock of one zone between two days.

    Instants are int64 microseconds since 1970 in UTC. A "wall" value is the same count of what the
    clock shows, as if it were UTC.
    """

    def __init__(self, zone: str, first: date, last: date) -> None:
        self._zone = ZoneInfo(zone)
        begins = microseconds(datetime.combine(first, datetime.min.time(), UTC)) - 2 * DAY
        ends = microseconds(datetime.combine(last, datetime.min.time(), UTC)) + 2 * DAY
        days = range(begins, ends, DAY)
        changes = [begins]
        for low in days:
            if self._offset(low) != self._offset(low + DAY):
                changes.append(self._change(low, low + DAY))
        self._changes = np.asarray(changes, dtype=np.int64)
        self._offsets = np.asarray([self._offset(change) for change in changes], dtype=np.int64)

    def _offset(self, instant: int) -> int:
        offset = moment(instant).astimezone(self._zone).utcoffset()
        return (offset or timedelta()) // timedelta(microseconds=1)

    def _change(self, low: int, high: int) -> int:
        """Return the first second after low at which the clock is no longer what it was then."""
        before = self._offset(low)
        while high - low > SECOND:
            middle = (low + high) // 2 // SECOND * SECOND
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return high

    def offset(self, instants: Integers) -> Integers:
        """Return by how much the wall is ahead of UTC, microseconds; the same shape."""
        where = np.searchsorted(self._changes, instants, side="right") - 1
        return self._offsets[np.maximum(where, 0)]

    def shown(self, instants: Integers) -> Integers:
        """Return what the clock shows at each instant."""
        return instants + self.offset(instants)

    def midnight(self, day: date) -> int:
        """Return the instant at which a day begins on the wall."""
        naive = datetime.combine(day, datetime.min.time(), self._zone)
        return microseconds(naive.astimezone(UTC))

    def slots(self, day: date) -> tuple[Integers, Integers]:
        """Return the quarter hours of a day: (instants, hour on the wall 0..23).

        An hour the clock skips has none; one that it shows twice has eight instead of four.
        """
        begins, ends = self.midnight(day), self.midnight(day + timedelta(days=1))
        instants = np.arange(begins, ends, SLOT, dtype=np.int64)
        return instants, self.shown(instants) % DAY // HOUR


def weekday(wall: Integers) -> Integers:
    """Return the weekday of what the clock shows, Monday being 0."""
    return (wall // DAY + EPOCH_WEEKDAY) % 7


def in_office(wall: Integers) -> Flags:
    """Say of what the clock shows whether it lies on a weekday from 7 to 17 h."""
    of_day = wall % DAY
    return (weekday(wall) < 5) & (of_day >= OPENS) & (of_day < CLOSES)


def to_office(wall: Integers, ease: Floats) -> Integers:
    """Return by how much to move what the clock shows to come into office hours by the shortest way.

    ease       0..1, how far into the office hours beyond their edge: up to two hours
    returns    microseconds, 0 where it lies within already
    """
    day, of_day = weekday(wall), wall % DAY
    inside = (ease * 2 * HOUR).astype(np.int64)
    # Backwards: to this day's closing, if it has been, else to the closing of the last office day.
    today = (day < 5) & (of_day >= CLOSES)
    days_back = np.where(today, 0, np.where(day == 0, 3, np.where(day == 6, 2, 1)))
    back = -(of_day + days_back * DAY - CLOSES) - inside
    # Forwards: to this day's opening, if it is to come, else to that of the next office day.
    early = (day < 5) & (of_day < OPENS)
    days_on = np.where(early, 0, np.where(day == 4, 3, np.where(day == 5, 2, 1)))
    forth = days_on * DAY + OPENS - of_day + inside
    shortest = np.where(-back < forth, back, forth)
    return np.where(in_office(wall), 0, shortest)
