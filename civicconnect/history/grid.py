"""Places in metres: the Swiss grid LV95, read without a library for it."""

from __future__ import annotations

from typing import Any

# Where the grid is used: west, south, east, north.
LV95 = (2_480_000, 1_070_000, 2_840_000, 1_300_000)


def is_lv95(east: float, north: float) -> bool:
    """Say whether two figures can be a place in this grid, east before north."""
    return LV95[0] <= east <= LV95[2] and LV95[1] <= north <= LV95[3]


def from_lv95(east: Any, north: Any) -> tuple[Any, Any]:
    """Return (longitude, latitude) in WGS84 degrees, right to about a metre.

    east, north    metres in LV95, numbers or arrays
    source         swisstopo, "Approximate formulas for the transformation between Swiss projection
                   coordinates and WGS84", section 3
    """
    y, x = (east - 2_600_000) / 1e6, (north - 1_200_000) / 1e6
    long = 2.6779094 + 4.728982 * y + 0.791484 * y * x + 0.1306 * y * x**2 - 0.0436 * y**3
    lat = (16.9023892 + 3.238272 * x - 0.270978 * y**2 - 0.002528 * x**2
           - 0.0447 * y**2 * x - 0.0140 * x**3)
    return long * 100 / 36, lat * 100 / 36
