"""Stretches of time in which an endpoint is asked for requests, and smaller ones where it gives too many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SPAN = timedelta(days=89)  # GeoReport allows 90
OVERLAP = timedelta(seconds=1)  # whether a bound belongs to a window is not told the same everywhere
SMALLEST = timedelta(seconds=4)  # cannot be halved with an overlap
HOURS = timedelta(hours=2)  # within them lies hardly more than one day, in whatever zone
DAYS = timedelta(days=2)  # in a longer window a row a day off is no matter of time zones
Window = tuple[str, str]  # first and last second, as `written`


def windows(since: datetime, until: datetime) -> list[Window]:
    """Return windows that cover a time, the earliest first."""
    found, start = list[Window](), since
    while start < until:
        end = min(start + SPAN, until)
        found.append((written(max(since, start - OVERLAP)), written(end)))
        start = end
    return found


def halves(window: Window) -> list[Window]:
    """Return two windows instead of one; none where it cannot be halved."""
    if span(window) < SMALLEST:
        return []
    middle = read(window[0]) + span(window) / 2
    return [(window[0], written(middle)), (written(middle - OVERLAP), window[1])]


def span(window: Window) -> timedelta:
    return read(window[1]) - read(window[0])


def lies_in(at: datetime | None, window: Window, margin: timedelta | None = None) -> bool:
    """Say whether an instant lies in a window, or nobody knows.

    margin    that zones and seconds explain; by the length of the window where none is given
    """
    around = margin or (timedelta(days=1) if span(window) > DAYS else OVERLAP)
    return at is None or read(window[0]) - around <= at <= read(window[1]) + around


def written(at: datetime) -> str:
    """Return an instant as all servers read it: whole seconds, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def read(text: str) -> datetime:
    return datetime.fromisoformat(text)
