"""The stretches of time in which an endpoint is asked."""

from __future__ import annotations

from datetime import timedelta

from civicconnect.history.windows import halves, read, span, windows, written
from tests.history.loopback import END, START, YEAR


def test_windows_cover_a_time_without_a_gap_and_halves_a_window():
    found = windows(YEAR - timedelta(days=500), END)
    assert (found[0][0], found[-1][1]) == ("2023-08-20T00:00:00Z", "2026-03-01T00:00:00Z")
    assert all(span(window) <= timedelta(days=90) for window in found)
    assert all(read(later[0]) == read(before[1]) - timedelta(seconds=1)
               for before, later in zip(found, found[1:], strict=False))
    for seconds in range(40):
        window = (written(START), written(START + timedelta(seconds=seconds)))
        parts = halves(window)
        assert bool(parts) == (seconds >= 4)
        assert all(span(part) < span(window) for part in parts)
        if parts:
            assert (parts[0][0], parts[1][1]) == window
            assert parts[1][0] < parts[0][1]
