"""Where things are reported: busy addresses, quiet ones, and what lies within a few steps of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicconnect.simulate.noise import Floats
from civicconnect.simulate.world import Integers, Plan

NEAR_METRES = 45.0  # of two addresses that stand for one place; the measure of a near-duplicate is 50
METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km
FALLBACK, NOWHERE = -1, -2


@dataclass(frozen=True)
class Spots:
    """The places with the odds of a report at each.

    odds         shape (places,), they add up to 1
    heaped       their running sum
    first, near  the neighbours of place i are near[first[i] : first[i + 1]], itself left out
    around       shape (places,), the odds of the place and its neighbours together
    only         {service: (its places, running sum of their odds)} where it keeps to some streets
    """

    odds: Floats
    heaped: Floats
    first: Integers
    near: Integers
    around: Floats
    only: dict[int, tuple[Integers, Floats]]

    def draw(self, services: Integers, rng: np.random.Generator) -> Integers:
        """Return a place for each report of these services; the same shape."""
        dice = rng.random(len(services))
        places = _pick(self.heaped, dice)
        for service, (where, heaped) in self.only.items():
            here = services == service
            places[here] = where[_pick(heaped, dice[here])]
        return places

    def neighbour(self, places: Integers, dice: Floats) -> Integers:
        """Return a neighbour of each place, or the place itself where it has none.

        dice    0..1, the same shape
        """
        inside = np.maximum(places, 0)
        count = self.first[inside + 1] - self.first[inside]
        which = self.first[inside] + (dice * count).astype(np.int64)
        found = self.near[np.minimum(which, len(self.near) - 1)] if len(self.near) else inside
        return np.where((places >= 0) & (count > 0), found, places)


def lay_out(plan: Plan, area_share: Floats, rng: np.random.Generator) -> Spots:
    """Give each place its odds: as uneven as the addresses of the fitted record, areas as given."""
    sizes = np.asarray(list(plan.parameters.per_address))
    share = np.asarray(list(plan.parameters.per_address.values()), dtype=float)
    area = plan.places.area
    odds = rng.choice(sizes, len(area), p=share / share.sum()).astype(float)
    odds *= (area_share / np.maximum(np.bincount(area, odds, len(area_share)), 1e-12))[area]
    odds /= odds.sum()
    first, near = _neighbours(plan.places.lat, plan.places.long)
    owner = np.repeat(np.arange(len(area)), np.diff(first))
    around: Floats = odds + np.bincount(owner, odds[near], len(area))
    return Spots(odds, _heap(odds), first, near, around, _only(plan, odds))


def _only(plan: Plan, odds: Floats) -> dict[int, tuple[Integers, Floats]]:
    streets = np.asarray(plan.places.street, dtype=str)
    found = {}
    for index, service in enumerate(plan.services):
        if service.streets and len(where := np.flatnonzero(np.isin(streets, list(service.streets)))):
            found[index] = (where, _heap(odds[where] / odds[where].sum()))
    return found


def _heap(odds: Floats) -> Floats:
    heaped: Floats = np.cumsum(odds)
    return heaped


def _pick(heaped: Floats, dice: Floats) -> Integers:
    found: Integers = np.searchsorted(heaped, dice * heaped[-1], side="right")
    return np.minimum(found, len(heaped) - 1)


def _neighbours(lat: Floats, long: Floats) -> tuple[Integers, Integers]:
    """Return (first, near) as in Spots, found over a grid whose cells are as wide as the reach."""
    north = lat * METRES_PER_DEGREE
    east = long * METRES_PER_DEGREE * np.cos(np.radians(lat.mean()))
    row, column = ((x - x.min()) // NEAR_METRES for x in (north, east))
    width = int(column.max()) + 3
    cell = (row.astype(np.int64) + 1) * width + column.astype(np.int64) + 1
    order = np.argsort(cell, kind="stable")
    found = []
    for shift in (0, 1, -1, width, -width, width + 1, width - 1, -width + 1, -width - 1):
        one, other = _pairs(cell, order, shift)
        close = np.hypot(north[one] - north[other], east[one] - east[other]) <= NEAR_METRES
        close &= one != other
        found.append((one[close], other[close]))
    one, other = (np.concatenate(ends) for ends in zip(*found, strict=True))
    by_place = np.lexsort((other, one))
    counts = np.bincount(one, minlength=len(lat))
    return np.concatenate([[0], np.cumsum(counts)]), other[by_place]


def _pairs(cell: Integers, order: Integers, shift: int) -> tuple[Integers, Integers]:
    """Return every (place, place in the cell that lies `shift` further), as two arrays of one length."""
    inside = cell[order]
    begins = np.searchsorted(inside, cell + shift, side="left")
    counts = np.searchsorted(inside, cell + shift, side="right") - begins
    one = np.repeat(np.arange(len(cell)), counts)
    rank = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
    return one, order[np.repeat(begins, counts) + rank]
