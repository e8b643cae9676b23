"""What is to happen: services, places, what is planted, for how long. Plain values, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from civicconnect.geo import Point
from civicconnect.simulate.noise import Floats
from civicconnect.simulate.parameters import Parameters

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Service:
    """What can be asked for, as the generator needs to know it.

    texts      how many texts there are for it; each report names one
    barred     channels by which it cannot come in
    storm      "only" where it happens on stormy days and on no other
    streets    only here does it happen; empty: everywhere
    """

    code: str
    name: str
    department: str
    group: str = ""
    texts: int = 3
    barred: frozenset[str] = frozenset()
    storm: str = ""
    streets: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Places:
    """Addresses, all of one length, in an order that must not change between runs.

    lat, long    degrees
    area         index into the plan's areas
    label        what stands on an envelope: "12 Quay Street"
    street       "Quay Street"
    """

    lat: Floats
    long: Floats
    area: Integers
    label: Sequence[str]
    street: Sequence[str]


@dataclass(frozen=True)
class Areas:
    """The districts by which rates differ; arrays of one length.

    households    how many live there, in any unit; reports follow it
    income        fifth by income, 1 the poorest; 0: let the seed choose
    """

    codes: tuple[str, ...]
    households: Floats
    income: Integers


@dataclass(frozen=True)
class Plants:
    """What is hidden in the record so that it can be looked for. None in a name: the seed chooses.

    slow_area, slow_factor                where everything takes longer, and how many times
    bottleneck_department, _factor        where the wait from accepting to starting grows, and how much
    bottleneck_begins, _ends              from when to when: shares of the whole time
    pilot_service, pilot_factor           what is done faster in half of the areas, and how much
    pilot_begins                          from when: a share of the whole time
    false_closings                        of the closings as fixed, those that fixed nothing
    noticed                               of the false closings, those reopened
    vanished                              of the closings, those whose problem went away by itself
    reporting_rate                        of the problems, those reported: poorest and richest fifth of areas
    """

    slow_area: str | None = None
    slow_factor: float = 1.5
    bottleneck_department: str | None = None
    bottleneck_factor: float = 2.0
    bottleneck_begins: float = 0.6
    bottleneck_ends: float = 0.65
    pilot_service: str | None = None
    pilot_factor: float = 0.7
    pilot_begins: float = 0.65
    false_closings: float = 0.04
    noticed: float = 0.4
    vanished: float = 0.05
    reporting_rate: tuple[float, float] = (0.35, 0.7)


@dataclass(frozen=True)
class Plan:
    """Everything that decides what happens, besides the seed.

    wanted       reports in all
    first_day    the first day on the wall, followed by days - 1 more
    as_of        aware instant at which the record is read; nothing is known that comes later
    zone         IANA name
    fallback     where a report is put whose address was not found
    languages    {code: share}; crews write in the first
    """

    parameters: Parameters
    services: Sequence[Service]
    places: Places
    areas: Areas
    wanted: int
    first_day: date
    days: int
    as_of: datetime
    zone: str
    fallback: Point
    languages: Mapping[str, float] = field(default_factory=lambda: {"en": 1.0})
    plants: Plants = Plants()
