"""What the generator is accepted by, measured as the profile of the real record was."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from civicconnect.simulate.wallclock import DAY

REACH, CELL = 50.0, 50.0  # metres
METRES_PER_DEGREE = 111_195.0


def near_duplicates(columns: dict[str, np.ndarray]) -> np.ndarray:
    """Say of each located report whether an earlier one of its service lies within 50 m and 7 days.

    The reports are in the order of time. Kept is the last report at each point of a cell of 50 m; of
    two at one point the later one is the nearer in time.
    """
    there = ~np.isnan(columns["lat"])
    lat, long = columns["lat"][there], columns["long"][there]
    east = long * METRES_PER_DEGREE * np.cos(np.radians(lat.mean()))
    north = lat * METRES_PER_DEGREE
    cells: dict[tuple[int, int, int], dict[tuple[float, float], int]] = defaultdict(dict)
    found = np.zeros(len(lat), dtype=bool)
    rows = zip(columns["service"][there].tolist(), columns["opened_at"][there].tolist(), east.tolist(),
               north.tolist(), strict=True)
    for row, (service, opened_at, x, y) in enumerate(rows):
        i, j = int(x // CELL), int(y // CELL)
        found[row] = any(
            opened_at - last <= 7 * DAY and (x - x2) ** 2 + (y - y2) ** 2 <= REACH**2
            for di in (-1, 0, 1) for dj in (-1, 0, 1)
            for (x2, y2), last in cells.get((service, i + di, j + dj), {}).items()
        )
        cells[service, i, j][x, y] = opened_at
    return found


def top_points(columns: dict[str, np.ndarray], share: float = 0.01) -> float:
    """Return which share of the located reports lies on the busiest share of the distinct points."""
    there = ~np.isnan(columns["lat"])
    points = np.stack([columns["lat"][there], columns["long"][there]], axis=1)
    _, counts = np.unique(points, axis=0, return_counts=True)
    busiest = np.sort(counts)[-max(1, round(share * len(counts))):]
    return float(busiest.sum() / counts.sum())
