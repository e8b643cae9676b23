"""How a record writes its times, told from the times themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from civicconnect.history.instants import read_time

CLOCK = (r"(?:(?P<gap>, | |T)(?P<hour>\d{1,2}):\d{2}(?P<seconds>:\d{2})?(?P<part>\.\d{1,6})?"
         r"(?P<half> ?[AaPp][Mm])?)?")
NUMERIC = re.compile(
    r"(?P<a>\d{1,4})(?P<mark>[/.\-])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{2}|\d{4})" + CLOCK)
WORDED = re.compile(
    r"(?P<day>\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{4})" + CLOCK)
WORDS = ("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%d-%b-%y", "%d-%B-%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
         "%B %d %Y")
ISO = re.compile(r"\d{4}-\d{2}-\d{2}.*")
DAY, MONTH = "%d", "%m"
FIRST, SECOND = "<1>", "<2>"  # the day and the month, in an order not yet known
ENOUGH = 500  # values looked at to tell a column of times from others
NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Formats:
    """How the times are written, and whether it is sure which of two figures is the day.

    order    "" where the question does not arise, "told" by a figure above 12, "near" where one
             order puts the days nearer to each other, "assumed" where nothing tells
    """

    formats: tuple[str, ...]
    order: str = ""


def are_times(values: Iterable[str]) -> bool:
    """Say whether nearly all of the values are times."""
    seen = list(islice(values, ENOUGH))
    return bool(seen) and sum(1 for value in seen if shape(value)) >= NEARLY_ALL * len(seen)


def find_formats(values: Iterable[str]) -> Formats:
    """Return the formats in which the values are written, the most usual first."""
    seen = list(values)
    shapes = Counter(filter(None, map(shape, seen)))
    either = sorted(found for found in shapes if FIRST in found)
    order, why = _order([v for v in seen if shape(v) in either], either) if either else ((DAY, MONTH), "")
    ranked = sorted(shapes, key=lambda found: (-shapes[found], found))
    return Formats(tuple(f.replace(FIRST, order[0]).replace(SECOND, order[1]) for f in ranked), why)


def shape(value: str) -> str:
    """Return a value's format, with <1> and <2> where day and month may be either; "" for no time."""
    if ISO.fullmatch(value):
        return "iso" if read_time(value, ("iso",)) else _numeric(value)
    return _numeric(value) or _worded(value)


def _numeric(value: str) -> str:
    found = NUMERIC.fullmatch(value)
    if not found:
        return ""
    mark, (a, b, c) = found["mark"], (found[x] for x in "abc")
    if len(a) == 4:
        day = f"%Y{mark}%m{mark}%d"
    elif len(a) <= 2 and 1 <= int(a) <= 31 and 1 <= int(b) <= 31 and min(int(a), int(b)) <= 12:
        day = f"{FIRST}{mark}{SECOND}{mark}%{'Y' if len(c) == 4 else 'y'}"
    else:
        return ""
    format_ = day + _clock(found)
    return format_ if FIRST in format_ or read_time(value, (format_,)) else ""


def _worded(value: str) -> str:
    found = WORDED.fullmatch(value)
    if not found:
        return ""
    days = (word for word in WORDS if read_time(found["day"], (word,)))
    return next((day + _clock(found) for day in days), "")


def _clock(found: re.Match[str]) -> str:
    if found["hour"] is None:
        return ""
    half = found["half"]
    return (f"{found['gap']}{'%I' if half else '%H'}:%M{':%S' if found['seconds'] else ''}"
            f"{'.%f' if found['part'] else ''}{f'{half[:-2]}%p' if half else ''}")


def _order(values: Sequence[str], shapes: Iterable[str]) -> tuple[tuple[str, str], str]:
    """Return which of the two figures is the day, and how that is known."""
    pairs = [(int(found["a"]), int(found["b"])) for found in map(NUMERIC.fullmatch, values) if found]
    day_first, month_first = sum(a > 12 for a, _ in pairs), sum(b > 12 for _, b in pairs)
    if day_first != month_first:
        return ((DAY, MONTH) if day_first > month_first else (MONTH, DAY)), "told"
    spans = {order: _span(values, [s.replace(FIRST, order[0]).replace(SECOND, order[1]) for s in shapes])
             for order in ((MONTH, DAY), (DAY, MONTH))}
    near = min(spans, key=spans.__getitem__)
    return near, "near" if len(set(spans.values())) > 1 else "assumed"


def _span(values: Iterable[str], formats: Sequence[str]) -> int:
    """Return how many days lie between the first and the last of the values."""
    days = sorted(_days(values, tuple(formats)))
    return (days[-1] - days[0]).days if days else 0


def _days(values: Iterable[str], formats: tuple[str, ...]) -> Iterator[date]:
    for value in values:
        found: datetime | None = read_time(value, formats)
        if found:
            yield found.date()
