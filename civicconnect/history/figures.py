"""What a record says of itself, counted over its rows as they were read."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from civicconnect.history.instants import EPOCH_ON_A_WALL, Moment
from civicconnect.history.places import STAND_IN, Placed

HOUR, DAY = 3600.0, 86400.0


@dataclass
class Figures:
    """Counted over some rows; two of them add up. Rows that cannot be read as a whole are left out.

    waited    seconds from opening to closing of each closed row, as the clock on the wall counts:
              8 bytes a row, so that ten million fit
    days      no row has another time than midnight: the record knows only days
    """

    waited: array[float] = field(default_factory=lambda: array("d"))
    not_closed: int = 0
    negative: int = 0
    placeless: int = 0
    stand_ins: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    days: bool = True

    def count(self, opened: Moment, closed: Moment, place: Placed) -> None:
        """Count one row."""
        if place.kind == STAND_IN:
            self.stand_ins += 1
        elif place.point is None and not place.fault:
            self.placeless += 1
        if opened.at is None:
            return
        began = opened.wall
        if began < self.first:
            self.first = began
        if began > self.last:
            self.last = began
        if self.days and (began % DAY or closed.wall % DAY):
            self.days = False
        if closed.at is None:
            self.not_closed += not closed.fault
        elif closed.at < opened.at:
            self.negative += 1
        else:
            self.waited.append(closed.wall - began)

    def add(self, other: Figures) -> None:
        """Add what was counted elsewhere."""
        self.waited.extend(other.waited)
        self.not_closed += other.not_closed
        self.negative += other.negative
        self.placeless += other.placeless
        self.stand_ins += other.stand_ins
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.days = self.days and other.days

    @property
    def unit(self) -> str:
        return "days" if self.days else "hours"

    @property
    def median(self) -> float | None:
        """Return the median of the closed rows alone, in `unit`; None where none is closed."""
        if not self.waited:
            return None
        return float(np.median(np.frombuffer(self.waited))) / (DAY if self.days else HOUR)

    def told(self, *, closings: bool, places: bool) -> dict[str, Any]:
        """Return everything as figures to read; None for what the record has no column for."""
        median = self.median
        return {
            "first_opening": _on_the_wall(self.first), "last_opening": _on_the_wall(self.last),
            "closed": len(self.waited) if closings else None,
            "without_a_closing_time": self.not_closed if closings else None,
            "closed_before_opened": self.negative if closings else None,
            "median_of_the_closed": round(median, 4) if median is not None else None,
            "median_is_in": self.unit if closings else None,
            "without_a_place": self.placeless if places else None,
            "at_a_stand_in_place": self.stand_ins if places else None,
        }


def _on_the_wall(seconds: float) -> str | None:
    if seconds in (float("inf"), float("-inf")):
        return None
    return (EPOCH_ON_A_WALL + timedelta(seconds=seconds)).isoformat(sep=" ")
