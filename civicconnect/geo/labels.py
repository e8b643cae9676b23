"""Where words fit on a drawn map: along a street, inside a park, at a door, and never on each other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import shapely

UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
MOST_LABELS = 16  # of one kind
LETTER, LINE = 5.6, 13.0  # pixels: a letter's usual width, and what two labels keep between them
DIGIT, NUMBER_LINE = 4.6, 9.0  # the same for house numbers
TRIES = 4  # how many stretches of a street are looked at

Spot = tuple[float, float]


class Label(NamedTuple):
    """Words in their place: the middle in pixels, and degrees turned."""

    words: str
    x: float
    y: float
    turn: float = 0.0
    down: float = 3.5  # from the middle of the letters to their foot

    def text(self) -> str:
        turn = f"rotate({self.turn:.0f})" if round(self.turn) else ""
        return (f'<text transform="translate({self.x:.0f} {self.y:.0f}){turn}" '
                f'dy="{self.down:g}">{written(self.words)}</text>')  # fmt: skip


def written(text: str) -> str:
    """Return words as XML: it has no way to write some characters, not even escaped."""
    return escape(UNWRITABLE.sub("", text))


class Sheet:
    """A picture on which labels are placed one after the other, the most important first."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._taken: dict[tuple[int, int], list[Spot]] = {}  # by squares of one LINE
        self._names: set[str] = set()

    def keep_clear(self, *spots: Spot) -> None:
        """Let no label come near these pixels."""
        for x, y in spots:
            self._taken.setdefault((int(x // LINE), int(y // LINE)), []).append((x, y))

    def along(self, streets: Iterable[tuple[str, Any]]) -> list[Label]:
        """Name streets, the longest first, each once and on a straight stretch of it."""
        placed: list[Label] = []
        for name, line in sorted(streets, key=lambda pair: -shapely.length(pair[1])):
            if len(placed) >= MOST_LABELS:
                break
            if self._is_new(name):
                half = len(name) * LETTER / 2
                spots = (Label(name, *spot) for spot in _stretches(line, 2 * half))
                placed.extend(self._first_fitting(spots, half))
        return placed

    def within(self, shapes: Iterable[tuple[str, Any]]) -> list[Label]:
        """Name parks and waters, the largest first, where the whole name lies inside."""
        placed: list[Label] = []
        frame = shapely.box(4, 8, self._width - 4, self._height - 8)
        for name, shape in sorted(shapes, key=lambda pair: -shapely.area(pair[1])):
            if len(placed) >= MOST_LABELS:
                break
            half = len(name) * LETTER / 2
            room = shapely.intersection(shape, frame)
            if self._is_new(name) and shapely.area(room) > 2 * half * LINE:
                spots = (Label(name, x, y) for x, y in _middles(room))
                fits = (s for s in spots if shapely.covers(room, _rectangle(s.x, s.y, half)))
                placed.extend(self._first_fitting(fits, half))
        return placed

    def at(self, doors: Iterable[tuple[str, float, float]]) -> list[Label]:
        """Write house numbers at their doors, as many as fit."""
        placed: list[Label] = []
        for number, x, y in doors:
            half = len(number) * DIGIT / 2
            ends = [(x - half + 2, y), (x, y), (x + half - 2, y)]
            if 4 + half < x < self._width - 4 - half and self._is_free(ends, NUMBER_LINE):
                self.keep_clear(*ends)
                placed.append(Label(number, x, y, down=3))
        return placed

    def _is_new(self, name: str) -> bool:
        return bool(name) and name not in self._names

    def _first_fitting(self, labels: Iterable[Label], half: float) -> list[Label]:
        for label in labels:
            covered = _covered(label.x, label.y, label.turn, half)
            if self._is_free(covered, LINE):
                self.keep_clear(*covered)
                self._names.add(label.words)
                return [label]
        return []

    def _is_free(self, covered: Sequence[Spot], apart: float) -> bool:
        if not all(self._is_inside(x, y) for x, y in (covered[0], covered[-1])):
            return False
        return all(
            math.hypot(x - a, y - b) >= apart for x, y in covered for a, b in self._around(x, y)
        )

    def _around(self, x: float, y: float) -> Iterator[Spot]:
        """Yield what is taken within one LINE of a pixel, and a little of what lies farther."""
        i, j = int(x // LINE), int(y // LINE)
        for cell in product((i - 1, i, i + 1), (j - 1, j, j + 1)):
            yield from self._taken.get(cell, ())

    def _is_inside(self, x: float, y: float) -> bool:
        return 4 < x < self._width - 4 and 8 < y < self._height - 8


def _covered(x: float, y: float, turn: float, half: float) -> list[Spot]:
    """Return places along a label, close enough that no other label slips between them."""
    dx, dy = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    count = max(2, math.ceil(2 * half / 9) + 1)
    return [(x + dx * half * k, y + dy * half * k) for k in np.linspace(-1, 1, count).tolist()]


def _rectangle(x: float, y: float, half: float) -> Any:
    return shapely.box(x - half, y - LINE / 2, x + half, y + LINE / 2)


def _middles(shape: Any) -> list[Spot]:
    """Return where a name may stand in a shape: deep inside its largest part, then at its centre."""
    largest = max(shapely.get_parts(shape), key=shapely.area)
    deep = shapely.get_point(shapely.maximum_inscribed_circle(largest, tolerance=2.0), 0)
    return [(spot.x, spot.y) for spot in (deep, shapely.centroid(largest))]


def _stretches(line: Any, wanted: float) -> list[tuple[float, float, float]]:
    """Return the middles and turns of the straight stretches that hold a name, the longest first."""
    found: list[tuple[float, float, float, float]] = []
    for part in shapely.get_parts(shapely.simplify(line, 3.0)):
        points = shapely.get_coordinates(part).tolist()
        for (ax, ay), (bx, by) in zip(points, points[1:], strict=False):
            length = math.hypot(bx - ax, by - ay)
            if length < wanted:
                continue
            turn = math.degrees(math.atan2(by - ay, bx - ax))
            turn = turn - 180 if turn > 90 else turn + 180 if turn < -90 else turn
            # In the middle, else towards either end, where another name may leave it room.
            aside = (length - wanted) / 2 / length
            found.extend(
                (-length, ax + (bx - ax) * t, ay + (by - ay) * t, turn)
                for t in (0.5, 0.5 - aside, 0.5 + aside)
            )
    return [(x, y, turn) for _, x, y, turn in sorted(found, key=lambda f: f[0])[: 3 * TRIES]]
