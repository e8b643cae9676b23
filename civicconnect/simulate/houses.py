"""House numbers: odd on the left, even on the right, counted from the end nearest the old heart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon

from civicconnect.simulate import plan
from civicconnect.simulate.blocks import Park
from civicconnect.simulate.field import built_ground
from civicconnect.simulate.roads import Street
from civicconnect.simulate.shore import Shore
from civicconnect.simulate.streets import Traces

APART_METRES = 4.5
ROADWAY_METRES = {"path": 3.0, "street": 6.5, "main": 9.0}  # from its middle to where doors may stand
PLOT_METRES, WIDENING = 6.3, 8.7  # at the heart, and by how much plots widen each kilometre from there
SPLIT, PLAIN = 0.04, 0.5  # plots that became two doors, and those of them that kept the plain number
EMPTY, YARD = (0.05, 0.15), 0.01  # plots without a door, at the heart and far out; where several are one
FARMS = 0.15  # of the plots out of town that have a house


class House(NamedTuple):
    """An address: its street, its number, the letter after it, and its door in metres."""

    street: str
    number: int
    letter: str
    x: float
    y: float

    @property
    def label(self) -> str:
        """Return number and letter as they stand on the door."""
        return f"{self.number}{self.letter}"


class _Plot(NamedTuple):
    """A number along a side of a street, and how many metres from its start the door stands."""

    number: int
    letter: str
    at: float


def number_houses(
    rng: np.random.Generator, streets: Sequence[Street], parks: Sequence[Park], shore: Shore
) -> list[House]:
    """Return the addresses along all streets that carry houses, closest together in the centre."""
    site, town = _site(streets, parks, shore), built_ground(shore)
    shapely.prepare(site)
    shapely.prepare(town)
    taken, houses = Traces(2 * APART_METRES), []
    # The short ones first: a long street can spare a corner plot, a lane may have no other.
    for street in sorted(streets, key=lambda street: street.line.length):
        doors = _doors(rng, street) if street.kind != "path" else []
        places = shapely.points(np.array([(door.x, door.y) for door in doors]).reshape(-1, 2))
        wanted = shapely.contains(town, places) | (rng.random(len(doors)) < FARMS)
        stand = (shapely.contains(site, places) & wanted).tolist()
        for door, fits in zip(doors, stand, strict=True):
            if fits and not taken.is_taken(door.x, door.y, APART_METRES):
                taken.add([(door.x, door.y)])
                houses.append(door)
    return sorted(houses)


def _site(
    streets: Sequence[Street], parks: Sequence[Park], shore: Shore
) -> Polygon | MultiPolygon:
    """Return where doors may stand: on land, off the streets and out of the parks."""
    roadway = [s.line.buffer(ROADWAY_METRES[s.kind], quad_segs=2) for s in streets]
    kept_free = shapely.union_all([*roadway, *(park.shape for park in parks)])
    return shore.land.buffer(-6, quad_segs=2).difference(kept_free)


def _doors(rng: np.random.Generator, street: Street) -> list[House]:
    """Return candidate addresses of one street, plot by plot on either side."""
    doors: list[House] = []
    start, character = 0, float(rng.lognormal(0, 0.16))
    hall = plan.CITY_HALL[1] if street.name == plan.CITY_HALL[0] else None
    for line in _from_heart(street.line):
        sides = [list(_plots(rng, line, start, side, character, hall)) for side in (1, -1)]
        for side, plots in zip((1, -1), sides, strict=True):
            doors.extend(_placed(rng, street, line, plots, side))
        start = max((plot.number // 2 + 1 for plots in sides for plot in plots), default=start)
    return doors


def _from_heart(line: LineString) -> list[LineString]:
    heart = Point(plan.HEART)
    pieces = []
    for piece in shapely.get_parts(line):
        first, last = Point(piece.coords[0]), Point(piece.coords[-1])
        pieces.append(piece if first.distance(heart) <= last.distance(heart) else piece.reverse())
    return sorted(pieces, key=lambda piece: Point(piece.coords[0]).distance(heart))


def _plots(
    rng: np.random.Generator, line: LineString, start: int, side: int, character: float, hall: int | None
) -> Iterator[_Plot]:
    """Yield the plots along one side of a line, from its start to its end.

    character    how much wider than usual this street's plots are, as a factor
    hall         the number of a house that is there for certain
    """
    heart = Point(plan.HEART)
    first, last = (Point(line.coords[i]).distance(heart) / 1000 for i in (0, -1))
    at, count = 4.0, start
    while at < line.length:
        away = first + (last - first) * at / line.length
        width = (PLOT_METRES + WIDENING * away) * character * (0.75 + 0.5 * float(rng.random()))
        if at + width > line.length:
            return
        number = 2 * count + (1 if side > 0 else 2)
        chance = float(rng.random()) if number != hall else SPLIT
        empty = EMPTY[0] + (EMPTY[1] - EMPTY[0]) * min(1.0, away / 2.4)
        if chance < SPLIT:
            plain = float(rng.random()) < PLAIN
            yield _Plot(number, "" if plain else "A", at + width / 4)
            yield _Plot(number, "A" if plain else "B", at + width * 3 / 4)
        elif chance < 1 - empty:
            yield _Plot(number, "", at + width / 2)
        plots = int(rng.integers(2, 6)) if float(rng.random()) < YARD else 1
        at, count = at + width * plots, count + plots


def _placed(
    rng: np.random.Generator, street: Street, line: LineString, plots: Sequence[_Plot], side: int
) -> list[House]:
    at = np.asarray([plot.at for plot in plots], dtype=np.float64)
    back, here, ahead = (
        shapely.get_coordinates(shapely.line_interpolate_point(line, places))
        for places in (np.maximum(at - 1, 0), at, np.minimum(at + 1, line.length))
    )
    steps = ahead - back
    steps /= np.hypot(steps[:, 0], steps[:, 1])[:, None]
    aside = side * (ROADWAY_METRES[street.kind] + 1 + 3.5 * rng.random(len(plots)))
    xs, ys = here[:, 0] - steps[:, 1] * aside, here[:, 1] + steps[:, 0] * aside
    return [
        House(street.name, plot.number, plot.letter, x, y)
        for plot, x, y in zip(plots, xs.tolist(), ys.tolist(), strict=True)
    ]
