"""A city of any size for measuring the search of addresses: streets on a grid, invented by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from shapely.geometry import LineString

from civicconnect.geo import Ground, Point

BLOCK_METRES, ROWS, COLUMNS = 100.0, 150, 200
NUMBER_METRES, GAPS = 9.6, 0.15  # from one number to the next across the street; how many are left out
SOUTH_WEST = Point(10.0, -40.0)  # in an ocean
DEGREE = 111_195.0
COMMON = """
    Oak Pine Elm Maple Cedar Walnut Chestnut Willow Birch Cherry Ash Poplar Hickory Laurel Magnolia Juniper
    Holly Alder Aspen Beech Spruce Hazel Linden Sycamore Cypress Dogwood Locust Mulberry Olive Palm Park Lake
    Hill River Spring Church Mill School Bridge Market Union High Forest Prospect Pleasant Highland Center
    Garden Sunset Meadow Franklin Lincoln Jackson Adams Madison Monroe Jefferson Harrison Johnson Wilson Grant
    Clay Warren Perry Morris
"""
KINDS = (("Street", 45), ("Avenue", 18), ("Road", 12), ("Drive", 8), ("Lane", 6), ("Place", 4), ("Court", 3),
         ("Boulevard", 2), ("Terrace", 2))
SYLLABLES = ("b br c cl d dr f g gr h j k l m n p pr r s st t th v w", "a e i o u ai ea ee oo ou",
             "ber ck dale den ford gan ham ington kins ley man mer mont nard ney rick sby sford son ster "
             "ston ton ville well wick win wood worth")


@dataclass(frozen=True)
class Way:
    """A street of the grid: from one crossing to another, its houses on both sides."""

    name: str
    row: int
    column: int
    blocks: int
    runs_east: bool

    def at(self, metres: float, aside: float = 0.0) -> Point:
        """Return a point so far along, and so far to the left."""
        along = self.column * BLOCK_METRES if self.runs_east else self.row * BLOCK_METRES
        across = self.row * BLOCK_METRES if self.runs_east else self.column * BLOCK_METRES
        x, y = (along + metres, across + aside) if self.runs_east else (across + aside, along + metres)
        return Point(round(SOUTH_WEST.lat + y / DEGREE, 6), round(SOUTH_WEST.long + x / DEGREE, 6))

    def line(self) -> LineString:
        """Return it as the map draws it, with a point at every crossing."""
        points = (self.at(n * BLOCK_METRES) for n in range(self.blocks + 1))
        return LineString([(p.long, p.lat) for p in points])

    def houses(self, rng: random.Random) -> Iterator[tuple[str, str, Point]]:
        """Yield what `addresses.csv` says of it: odd and even numbers in turn, some left out."""
        for number in range(1, int(self.blocks * BLOCK_METRES / NUMBER_METRES)):
            chance = rng.random()
            if chance > GAPS:
                suffix = "b" if chance > 0.98 else ""
                yield self.name, f"{number}{suffix}", self.place(number)

    def place(self, number: int) -> Point:
        """Return where a number is, or would be."""
        return self.at(number * NUMBER_METRES, 15 if number % 2 else -15)


def names(count: int, rng: random.Random) -> list[str]:
    """Return so many names: the same words again and again, as cities do it."""
    syllables = [part.split() for part in SYLLABLES]
    words = COMMON.split() + ["".join(map(rng.choice, syllables)).title() for _ in range(2600)]
    kinds = [kind for kind, weight in KINDS for _ in range(weight)]
    found: dict[str, None] = {}
    while len(found) < count:
        word, kind, chance = words[int(len(words) * rng.random() ** 2)], rng.choice(kinds), rng.random()
        if chance < 0.06:
            word = f"{rng.choice(['North', 'South', 'East', 'West'])} {word}"
        elif chance < 0.14:
            word = f"{word} {rng.choice(words)}"
        elif chance < 0.17:
            word = f"Saint {word}"
        elif chance < 0.19:
            number = rng.randrange(1, 140)
            ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 != 1 else 0, "th")
            word = f"{number}{ending}"
        found[f"{word} {kind}"] = None
    return list(found)


def city(streets: int = 6000, seed: int = 7) -> list[Way]:
    """Return the streets of a city: half of them run east, half north."""
    rng = random.Random(seed)  # noqa: S311
    named, ways = iter(names(streets, rng)), []
    share = ROWS * COLUMNS * 2 // streets  # blocks a street has in the mean
    while True:
        for runs_east in (True, False):
            for line in range(ROWS if runs_east else COLUMNS):
                length, start = (COLUMNS if runs_east else ROWS), 0
                while start < length:
                    blocks = min(rng.randrange(max(share // 2, 1), share * 3 // 2 + 1), length - start)
                    name = next(named, None)
                    if name is None:
                        return ways
                    row, column = (line, start) if runs_east else (start, line)
                    ways.append(Way(name, row, column, blocks, runs_east))
                    start += blocks
        return ways


def ground(ways: list[Way], seed: int = 7) -> Ground:
    """Return what the folder of such a city would say."""
    rng = random.Random(seed)  # noqa: S311
    addresses = tuple(row for way in ways for row in way.houses(rng))
    return Ground(addresses=addresses, shapes=tuple(("street", way.name, way.line()) for way in ways))


def slip(word: str, rng: random.Random) -> str:
    """Return a word with one slip: a letter wrong, missing, doubled or too many, or two swapped."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    n = rng.randrange(len(word))
    kind = rng.randrange(5)
    if kind == 0:
        return word[:n] + rng.choice(letters) + word[n + 1:]
    if kind == 1:
        return word[:n] + word[n + 1:]
    if kind == 2:
        return word[:n] + word[n] + word[n:]
    if kind == 3:
        return word[:n] + rng.choice(letters) + word[n:]
    n = min(n, len(word) - 2)
    return word[:n] + word[n + 1] + word[n] + word[n + 2:]
