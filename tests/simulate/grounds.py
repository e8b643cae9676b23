"""A made-up ground and plan for the generator's tests, and the record gathered into one table."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from functools import cache

import numpy as np

from civicconnect import settings
from civicconnect.geo import Point
from civicconnect.simulate.day import Day
from civicconnect.simulate.happen import happen
from civicconnect.simulate.parameters import read_parameters
from civicconnect.simulate.world import Areas, Places, Plan, Service

PRESET = settings.home() / "cities" / "presets" / "boston_2011h2.json"
AREAS, ADDRESSES = 26, 35_000
METRES = 1 / 111_195  # degrees of latitude


@cache
def ground(addresses: int = ADDRESSES, seed: int = 5) -> tuple[Places, Areas]:
    """Draw districts of 2 by 2 kilometres with streets 90 metres apart and a house every 15 metres."""
    rng = np.random.default_rng(seed)
    income = np.arange(AREAS) % 5 + 1
    households = 1 / (np.arange(AREAS) + 6.0)[rng.permutation(AREAS)]
    area = np.sort(rng.choice(AREAS, addresses, p=households / households.sum()))
    # The more houses, the larger the part of its square that a district fills.
    sites = [np.arange(n) for n in np.bincount(area, minlength=AREAS)]
    along = np.concatenate([n % 130 for n in sites]) * 15 + area % 6 * 2000
    across = np.concatenate([n // 130 for n in sites]) * 60 + area // 6 * 2000
    street = [f"Street {a}-{s}" for a, s in zip(area, across.astype(int), strict=True)]
    number = np.concatenate(sites) % 130 + 1
    label = [f"{n} {s}" for n, s in zip(number, street, strict=True)]
    lat, long = 40 + across * METRES, -30 + along * METRES / np.cos(np.radians(40))
    return Places(lat, long, area, label, street), Areas(
        tuple(f"area-{n}" for n in range(AREAS)), households, income)


def plan(wanted: int, days: int = 632, **changes) -> Plan:
    """Return a plan of the fitted city's own services on a made-up ground, read eight years later."""
    parameters = changes.pop("parameters", None) or read_parameters(PRESET)
    services = [Service(f"s{n}", kind.name, kind.department, kind.group)
                for n, kind in enumerate(parameters.kinds)]
    places, areas = changes.pop("ground", None) or ground()
    given = {
        "services": services, "places": places, "areas": areas, "wanted": wanted, "days": days,
        "first_day": date(2011, 7, 1), "as_of": datetime(2019, 10, 31, 15, 25, 56, tzinfo=UTC),
        "zone": "America/New_York", "fallback": Point(40.05, -29.95),
    }
    return Plan(parameters=parameters, **given | changes)


def gather(days) -> dict[str, np.ndarray]:
    """Return the columns of all days, end to end; of `date` one per report."""
    days = [day for day in days if len(day)]
    columns = {f.name: np.concatenate([getattr(day, f.name) for day in days])
               for f in fields(Day) if f.name != "date"}
    columns["closed"] = np.concatenate([day.finally_closed_at for day in days])
    columns["date"] = np.concatenate([np.full(len(day), np.datetime64(day.date)) for day in days])
    return columns


def record(plan: Plan, seed: int = 1) -> dict[str, np.ndarray]:
    return gather(happen(plan, seed))
