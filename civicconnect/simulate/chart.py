"""From metres on the drawing board to degrees on the chart."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from civicconnect.simulate.plan import MIDDLE

MIDDLE_LAT, MIDDLE_LONG = 41.2, -33.4
# WGS 84 at 41.2 degrees north.
METRES_PER_DEGREE = (83_880.0, 111_058.0)
GRID_DEGREES = 1e-6

Shape = TypeVar("Shape", bound=BaseGeometry)


def to_degrees(shape: Shape) -> Shape:
    """Return a shape given in metres on the board as (long, lat), unrounded."""
    middle = np.array([MIDDLE_LONG, MIDDLE_LAT])
    moved: Shape = shapely.transform(
        shape, lambda places: (places - np.array(MIDDLE)) / METRES_PER_DEGREE + middle
    )
    return moved


def on_grid(shape: Shape) -> Shape:
    """Return a shape in degrees with six decimals (a tenth of a metre), still valid."""
    snapped: Shape = shapely.set_precision(shape, GRID_DEGREES)
    return snapped
