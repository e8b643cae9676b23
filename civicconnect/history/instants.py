"""Times as a record writes them, read with the clock that hung on its wall."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from civicconnect import sla

EARLIEST, LATEST = 1900, 2199  # years
# Written by systems that cannot leave a date empty: no report was closed on either day.
SENTINELS = (date(1900, 1, 1), date(2100, 1, 1))
EPOCH_ON_A_WALL = datetime(1970, 1, 1)  # noqa: DTZ001  the same figures, in no zone yet
REMEMBERED = 2**15  # texts: a file of days has few, one of seconds gains nothing from more
CLOCK = re.compile(r"%[HI]")
DAYS = re.compile(r"(?:%[YymdbBj]|[^%\s])+(?: (?:%[YymdbBj]|[^%\s])+)*")
SKIPPED, DOUBLED, SENTINEL = "skipped", "doubled", "sentinel date"
NO_TIME, NO_REPORT = "which is no time in this profile", "and no report is that old or that far ahead"


class Moment(NamedTuple):
    """A time as read.

    at       aware UTC instant; None where the cell is empty, says nothing or cannot be read
    wall     seconds that the clock on the wall showed since it showed 1970: what a record's own
             durations are counted in, also over a night in which the clock was changed
    kind     "" as a rule; "skipped" or "doubled" where the local clock was changed at that hour;
             "sentinel date" where it stands for no date
    fault    why it cannot be read, the end of a sentence; "" where it can
    """

    at: datetime | None
    wall: float = 0.0
    kind: str = ""
    fault: str = ""


NEVER = Moment(None)


class Clock:
    """Reads times, each text once while it is remembered."""

    def __init__(self, zone: str, formats: tuple[str, ...],
                 sentinels: Collection[date] = SENTINELS) -> None:
        self.zone, self.formats, self.sentinels = zone, formats, frozenset(sentinels)
        self.odd_years = {day.year for day in sentinels}
        self.known: dict[str, Moment] = {"": NEVER}

    def read(self, text: str) -> Moment:
        """Read a cell that has single blanks."""
        found = self.known.get(text)
        if found is None:
            if len(self.known) >= REMEMBERED:
                self.known = {"": NEVER}
            found = self.known[text] = self._read(text)
        return found

    def _read(self, text: str) -> Moment:
        found = read_time(text, self.formats)
        if found is None:
            return Moment(None, fault=NO_TIME)
        if not EARLIEST <= found.year <= LATEST:
            return Moment(None, fault=NO_REPORT)
        if found.year in self.odd_years and found.date() in self.sentinels:
            return Moment(None, kind=SENTINEL)
        if found.tzinfo is None:
            at, note = sla.local(found, self.zone)
            return Moment(at, (found - EPOCH_ON_A_WALL).total_seconds(), note)
        here = found.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        return Moment(found.astimezone(UTC), (here - EPOCH_ON_A_WALL).total_seconds())


def read_time(text: str, formats: tuple[str, ...]) -> datetime | None:
    """Return a time in the first format it fits, naive where it names no zone; None where it fits none."""
    for written in formats:
        try:
            return datetime.fromisoformat(text) if written == "iso" else _strptime(text, written)
        except ValueError:
            continue
    return None


def _strptime(text: str, written: str) -> datetime:
    """Do as strptime does, but remember days and hours apart: it takes longer than all else in a row."""
    blanks = _blanks_before_the_clock(written)
    parts, formats = text.split(" ", blanks), written.split(" ", blanks)
    if not blanks or len(parts) != len(formats):
        return datetime.strptime(text, written)  # noqa: DTZ007  the caller knows the zone
    day = _part(" ".join(parts[:blanks]), " ".join(formats[:blanks]))
    hour = _part(parts[blanks], formats[blanks])
    return datetime.combine(day.date(), hour.time())


@lru_cache(maxsize=2**17)
def _part(text: str, written: str) -> datetime:
    return datetime.strptime(text, written)  # noqa: DTZ007  the caller knows the zone


@lru_cache(maxsize=64)
def _blanks_before_the_clock(written: str) -> int:
    """Return how many blanks stand before the hour; 0 where a format does not come apart there."""
    found = CLOCK.search(written)
    if not found or written[:found.start()][-1:] != " " or "%z" in written or "%Z" in written:
        return 0
    days, hours = written[:found.start() - 1], written[found.start():]
    apart = DAYS.fullmatch(days) and not re.search(r"%[^HIMSfp]", hours)
    return days.count(" ") + 1 if apart else 0
