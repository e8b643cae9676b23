"""Places in metres or feet: the grids in which cities survey their ground, by their EPSG codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

ALIASES = {"lv95": "EPSG:2056"}  # names under which a profile may write one of them
CODE = re.compile(r"EPSG:(\d{4,6})")
EDGE = 0.5  # degrees beyond the ground a grid was made for: a slip of a street, not of a country
# Where the Swiss grid is used: west, south, east, north. No two other figures of a record look like it.
LV95 = (2_480_000, 1_070_000, 2_840_000, 1_300_000)


@dataclass(frozen=True)
class Grid:
    """A projected system of coordinates, and the ground it was made for, in degrees."""

    transformer: Transformer
    west: float
    south: float
    east: float
    north: float


def is_grid(code: str) -> bool:
    """Say whether a code names a grid we can read: "EPSG:2056", "lv95"."""
    try:
        grid_named(code)
    except ValueError:
        return False
    return True


def to_degrees(code: str, east: Any, north: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (longitude, latitude) in WGS84; NaN where a place is not on the grid's ground.

    east, north    in the grid's own unit, metres or feet; shape (points,)
    source         PROJ and the EPSG register it carries; no network is asked. Shifts of a datum that
                   need a file of corrections are left out: right to about a metre.
    """
    grid = grid_named(code)
    x, y = np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64)
    long, lat = map(np.asarray, grid.transformer.transform(x, y))
    with np.errstate(invalid="ignore"):
        held = ((long >= grid.west - EDGE) & (long <= grid.east + EDGE)
                & (lat >= grid.south - EDGE) & (lat <= grid.north + EDGE))
    return np.where(held, long, np.nan), np.where(held, lat, np.nan)


def is_lv95(east: float, north: float) -> bool:
    """Say whether two figures can be a place in the Swiss grid, east before north."""
    return LV95[0] <= east <= LV95[2] and LV95[1] <= north <= LV95[3]


@lru_cache(maxsize=16)
def grid_named(code: str) -> Grid:
    """Return a grid, made once: making one takes longer than reading a thousand places. Raises ValueError."""
    found = CODE.fullmatch(ALIASES.get(code, code))
    if not found:
        raise ValueError(f"{code} is no grid's code")
    try:
        crs = CRS.from_epsg(int(found[1]))
    except CRSError as fault:
        raise ValueError(str(fault)) from None
    if not crs.is_projected or crs.area_of_use is None:
        raise ValueError(f"{code} counts in degrees")
    return Grid(Transformer.from_crs(crs, "EPSG:4326", always_xy=True), *crs.area_of_use.bounds)
