"""Business time: when an office is open, and when a promise made in its hours falls due."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, reduce
from itertools import accumulate
from zoneinfo import ZoneInfo

from civicconnect.errors import Invalid
from civicconnect.sla.closed import is_known, public_holidays

# Far outside any record we import; a date beyond them is a slip of the pen.
FIRST_YEAR, LAST_YEAR = 1900, 2200
LONGEST_PROMISE_HOURS = 100 * 366 * 24
BEYOND = {"time": [f"Check the date: we count from {FIRST_YEAR} to {LAST_YEAR}."]}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Pauses = Sequence[tuple[datetime, datetime | None]]
ZERO = timedelta(0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ON_A_WALL = datetime(1970, 1, 1)  # the same figures, in no zone yet


@dataclass(frozen=True)
class Hours:
    """When a department is open, by the clock on its own wall. Raises Invalid where it cannot be.

    zone      IANA name, as "Europe/Zurich"
    week      7 days, Monday first; each a tuple of (opens, closes) in minutes since midnight,
              0..1440, in order and without overlap: ((480, 720), (780, 1020)) is 8-12 and 13-17
    closed    local dates on which it does not open at all
    holidays  ISO 3166 place whose public holidays it keeps, as "CH-ZH"; "" for none
    open      dates on which it opens although they are such a holiday
    """

    zone: str
    week: tuple[tuple[tuple[int, int], ...], ...]
    closed: frozenset[date] = frozenset()
    holidays: str = ""
    open: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        _zone(self.zone)
        if self.holidays and not is_known(self.holidays):
            raise Invalid({"holidays": [f"No public holidays are known for “{self.holidays}”; write a "
                                        "country as CH, or with its part as CH-ZH."]})
        if len(self.week) != len(DAYS) or not any(self.week):
            raise Invalid({"week": ["Give seven days, Monday first, and open on at least one."]})
        for day, spans in zip(DAYS, self.week, strict=True):
            edges = [0, *(minute for span in spans for minute in span), 1440]
            if edges != sorted(edges) or any(opens == closes for opens, closes in spans):
                raise Invalid({"week": [f"{day}: put the hours in order, no overlap, in 0..1440."]})

    def closed_in(self, year: int) -> frozenset[date]:
        """Return the days of a local year on which it does not open: its own, and the holidays it keeps."""
        if not self.holidays:
            return self.closed
        return self.closed | (public_holidays(self.holidays, year) - self.open)


@dataclass(frozen=True, slots=True)
class _Table:
    """The openings of whole local years, one after the other; replaced, never changed.

    first, last    years covered, both included
    opens          UTC instants, ascending; before the first opening stands the beginning of the
                   first year, after the last one the end of the last year
    worked         business time passed at each of them since some moment of the table's own
    """

    first: int
    last: int
    opens: list[datetime]
    worked: list[timedelta]

    def passed(self, instant: datetime) -> timedelta:
        """Return the business time passed at an instant the table covers."""
        i = bisect_right(self.opens, instant) - 1
        return min(self.worked[i] + (instant - self.opens[i]), self.worked[i + 1])

    def followed_by(self, later: _Table) -> _Table:
        """Return both as one, counting from the moment this one counts from."""
        worked = self.worked[:-1] + [self.worked[-1] + w - later.worked[0] for w in later.worked]
        return _Table(self.first, later.last, self.opens[:-1] + later.opens, worked)


class Timetable:
    """Business time by one calendar. Exact to the microsecond, and across clock changes.

    Opening hours are hours on the wall. A span across a clock change lasts as long as it really
    does; an opening or closing at a time the clock skips happens when the skip is over, and at
    a time it shows twice, the first time.

    Years are laid out when first asked for and kept (some 3 ms each). Threads may share one.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._known: _Table | None = None

    def add(self, start: datetime, business: timedelta) -> datetime:
        """Return the first instant, in UTC, at which so much business time has passed since start.

        start       aware, in any zone, else ValueError
        business    0 or more, else ValueError; 0 gives start itself

        Business time that runs out exactly at closing time is up at that closing time, not at
        the next opening. Raises Invalid where start or the answer lies outside 1900 to 2200.
        """
        start = _utc(start)
        if business < ZERO:
            raise ValueError("business time is added, not taken away")
        if not business:
            return start
        table = self._reaching(start, self._known)
        target = table.passed(start) + business
        while target > table.worked[-1]:
            table = self._grown(table, table.last + 1)
        i = bisect_left(table.worked, target) - 1
        return table.opens[i] + (target - table.worked[i])

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the business time from start to end, both aware; negative when end is earlier."""
        start, end = _utc(start), _utc(end)
        table = self._reaching(end, self._reaching(start, self._known))
        return table.passed(end) - table.passed(start)

    def _reaching(self, instant: datetime, table: _Table | None) -> _Table:
        if table is not None and table.opens[0] <= instant < table.opens[-1]:
            return table
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise Invalid(BEYOND)
        return self._grown(table, instant.astimezone(_zone(self.hours.zone)).year)

    def _grown(self, table: _Table | None, year: int) -> _Table:
        if year > LAST_YEAR + 1:  # east of Greenwich, the last evening belongs to the next year
            raise Invalid(BEYOND)
        table = table or self._laid_out(year)
        before = map(self._laid_out, range(year, table.first))
        after = map(self._laid_out, range(table.last + 1, year + 1))
        table = reduce(_Table.followed_by, [*before, table, *after])
        # One assignment of something finished: another thread sees the old table or the new one.
        self._known = table
        return table

    def _laid_out(self, year: int) -> _Table:
        zone, week, closed = self.hours.zone, self.hours.week, self.hours.closed_in(year)
        begins, ends = datetime(year, 1, 1), datetime(year + 1, 1, 1)
        edges = [
            _on_the_wall(day + timedelta(minutes=minute), zone)
            for day in (begins + timedelta(days=n) for n in range((ends - begins).days))
            if day.date() not in closed
            for span in week[day.weekday()]
            for minute in span
        ]
        lengths = (b - a for a, b in zip(edges[::2], edges[1::2], strict=True))
        opens = [_on_the_wall(begins, zone), *edges[::2], _on_the_wall(ends, zone)]
        return _Table(year, year, opens, [ZERO, *accumulate(lengths, initial=ZERO)])


@lru_cache(maxsize=256)
def timetable(hours: Hours) -> Timetable:
    """Return the one timetable of these hours, laid out once for all who ask."""
    return Timetable(hours)


def due_at(received_at: datetime, promised_hours: float, hours: Hours) -> datetime:
    """Return the UTC instant at which a promise in business hours falls due.

    received_at       aware. The promise counts from this moment or, if the office is closed,
                      from its next opening: the day of receipt counts for what is left of it
    promised_hours    business hours, 0 up to a hundred years of them, else Invalid

    A promise that runs out exactly at closing time is due at that closing time.
    """
    if not 0 <= promised_hours <= LONGEST_PROMISE_HOURS:
        raise Invalid({"promised_hours": ["Promise a number of hours, 0 or more."]})
    return timetable(hours).add(received_at, timedelta(hours=promised_hours))


def due_after_pauses(
    received_at: datetime, promised_hours: float, pauses: Pauses, hours: Hours, now: datetime
) -> datetime:
    """Return the UTC instant at which a promise falls due whose clock stood still at times.

    received_at, promised_hours    as for `due_at`
    pauses    (from, until), aware, in any order; where they overlap, time counts once. One
              without an end lasts until now. Invalid where one ends before it begins

    A pause that begins when the promise is already due changes nothing: what is late stays late.
    """
    due, resumed = due_at(received_at, promised_hours, hours), _utc(received_at)
    spans = [(_utc(begins), max(begins, now) if ends is None else ends) for begins, ends in pauses]
    for begins, ends in sorted(spans):
        if ends < begins:
            raise Invalid({"pauses": ["A pause ends after it begins."]})
        begins = max(begins, resumed)
        due = due_after_pause(due, begins, ends, hours)
        resumed = max(resumed, ends)
    return due


def due_after_pause(due: datetime, begins: datetime, ends: datetime, hours: Hours) -> datetime:
    """Return when a promise falls due whose clock stood still once more; what was late stays late."""
    if begins >= min(due, ends):
        return due
    return timetable(hours).add(due, timetable(hours).between(begins, ends))


def local(naive: datetime, zone: str) -> tuple[datetime, str]:
    """Return the UTC instant at which the clock of a zone showed this time, and a note.

    naive    without a zone, else ValueError
    zone     IANA name; Invalid when unknown
    note     "" as a rule; "skipped" when the clock jumped over this time: it moves on by as
             much as the clock did; "doubled" when it was shown twice: the first counts
    """
    if naive.tzinfo is not None:
        raise ValueError("a time on the wall carries no zone")
    shift = _plain_day(zone, naive.toordinal())
    if shift is not None:
        return EPOCH + (naive - EPOCH_ON_A_WALL - shift), ""
    first, second = (_zone(zone).utcoffset(naive.replace(fold=n)) or ZERO for n in (0, 1))
    note = "skipped" if first < second else "doubled" if first > second else ""
    return EPOCH + (naive - EPOCH_ON_A_WALL - first), note


@lru_cache(maxsize=2**16)
def _plain_day(zone: str, day: int) -> timedelta | None:
    """Return how far from UTC a zone is on a day its clock does not change: nearly all. Or None."""
    morning = datetime.fromordinal(day)
    if not date.min.year < morning.year < date.max.year:
        raise Invalid(BEYOND)
    # No zone has ever changed twice within three days: two equal ends leave nothing between.
    before = _zone(zone).utcoffset(morning)
    after = _zone(zone).utcoffset((morning + timedelta(days=1)).replace(fold=1))
    return before if before == after else None


def _on_the_wall(naive: datetime, zone: str) -> datetime:
    """Return the first UTC instant at which the clock shows this time or a later one."""
    instant, note = local(naive, zone)
    if note != "skipped":
        return instant

    def shown(second: int) -> datetime:
        return (earliest + timedelta(seconds=second)).astimezone(_zone(zone)).replace(tzinfo=None)

    # No skip is longer than a day. Nothing tells us where in the day before it ended, so look.
    earliest = instant - timedelta(days=1)
    return earliest + timedelta(seconds=bisect_left(range(24 * 60 * 60), naive, key=shown))


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant carries its zone")
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


@lru_cache(maxsize=1024)
def _zone(key: str) -> ZoneInfo:
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError):  # OSError: "Europe" is a folder
        raise Invalid({"zone": [f"“{key}” is no time zone; write it as Europe/Zurich."]}) from None
