"""What streets and squares are called: invented names, each used once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import shapely
from shapely import LineString, Point
from shapely.ops import substring

from civicconnect.simulate import plan
from civicconnect.simulate.blocks import SQUARE_WORDS, Park
from civicconnect.simulate.curves import Place
from civicconnect.simulate.namebook import CURIOUS, LONGEST, PEOPLE, SHORTEST, STEMS, TRADES, WORDS
from civicconnect.simulate.roads import Street

LONGEST_METRES = 1150.0
CLOSE_METRES, SCRAP_METRES = 260.0, 40.0
OLD_METRES = 620.0  # from the heart
ENDINGS = {word for words in WORDS.values() for word in words}
CURVED = 0.93  # of a street's length are its ends apart, or less


def christen(rng: np.random.Generator, streets: Sequence[Street]) -> list[Street]:
    """Return the streets, each with its own name.

    Very long ones have become two, their loose ends closes; a scrap belongs to the street it meets.
    """
    crossings = Counter(place for street in streets for place in set(_places(street.line)))
    pieces = [piece for street in streets for piece in _cut(street, crossings)]
    closes = {i for i, piece in enumerate(pieces) if _is_close(piece, crossings)}
    scraps = {i for i, piece in enumerate(pieces) if not piece.name and piece.line.length < SCRAP_METRES}
    names = _Names(rng)
    for i, piece in enumerate(pieces):
        if not piece.name and i not in closes | scraps:
            pieces[i] = piece._replace(name=names.next(piece.line, _quarter(piece)))
    at = {place: piece.name for piece in pieces if piece.name for place in _places(piece.line)}
    for i in sorted(closes | scraps):
        met = next((at[end] for end in _ends(pieces[i].line) if end in at), "")
        name = met if met and i in scraps else names.close(met)
        pieces[i] = pieces[i]._replace(name=name)
    return _gathered(pieces)


def _gathered(pieces: Sequence[Street]) -> list[Street]:
    named: dict[str, Street] = {}
    for piece in sorted(pieces, key=lambda piece: piece.line.length < SCRAP_METRES):
        before = named.get(piece.name)
        named[piece.name] = before._replace(line=before.line.union(piece.line)) if before else piece
    return list(named.values())


def christen_parks(rng: np.random.Generator, parks: Sequence[Park]) -> list[Park]:
    """Return the parks, each with its own name."""
    stems = iter(rng.permutation(np.asarray(STEMS)).tolist())
    words = rng.permutation(np.arange(len(parks)) % len(SQUARE_WORDS)).tolist()
    return [
        park if park.name else park._replace(name=f"{next(stems)} {SQUARE_WORDS[word]}")
        for park, word in zip(parks, words, strict=True)
    ]


def _places(line: LineString) -> list[Place]:
    return [(x, y) for x, y, *_ in line.coords]


def _ends(line: LineString) -> tuple[Place, Place]:
    places = _places(line)
    return places[0], places[-1]


class _Names:
    """Names drawn without repeating: first every stem once, then again with other words."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._others = self._endless(STEMS)
        self._stems = {"old": self._mixed(TRADES), "estate": self._endless(PEOPLE)}
        self._curious = {quarter: list(names) for quarter, names in CURIOUS.items()}
        planned = (*plan.ROADS, *plan.SHORE_ROADS, *plan.PIERS)
        self._used = {road.name for road in planned} | {park.road for park in plan.PARKS}

    def _endless(self, stems: Sequence[str]) -> Iterator[str]:
        while True:
            yield from self._rng.permutation(np.asarray(stems)).tolist()

    def _mixed(self, stems: Sequence[str]) -> Iterator[str]:
        """Yield the given stems once, every second one of the usual kind."""
        for stem in self._rng.permutation(np.asarray(stems)).tolist():
            yield from (stem, next(self._others))
        yield from self._others

    def next(self, line: LineString, quarter: str) -> str:
        """Return a name for a street, in the manner of its quarter."""
        waiting = self._curious.get(quarter)
        if waiting and self._rng.random() < 0.3:
            return waiting.pop(0)
        stems = self._stems.get(quarter, self._others)
        words = [word for word in WORDS[quarter] if _suits(word, line)] or ["Street"]
        while True:
            name = f"{next(stems)} {words[int(self._rng.integers(len(words)))]}"
            if name not in self._used:
                self._used.add(name)
                return name

    def close(self, street: str) -> str:
        """Return a name for a dead end: that of the street it leaves, where it is free."""
        stem, _, word = street.rpartition(" ")
        words = self._rng.permutation(np.asarray(WORDS["close"])).tolist()
        likely = [f"{stem} {close}" for close in words if word in ENDINGS]
        others = (f"{other} {words[0]}" for other in self._others)
        name = next(name for name in chain(likely, others) if name not in self._used)
        self._used.add(name)
        return name


def _suits(word: str, line: LineString) -> bool:
    """Say whether a street is as long, or as bent, as its name promises."""
    if word == "Crescent":
        first, last = line.coords[0], line.coords[-1]
        return bool(Point(first).distance(Point(last)) < CURVED * line.length)
    return bool(SHORTEST.get(word, 0.0) <= line.length <= LONGEST.get(word, LONGEST_METRES))


def _is_close(street: Street, crossings: Counter[Place]) -> bool:
    first, last = _ends(street.line)
    is_loose = first != last and min(crossings[first], crossings[last]) == 1
    return not street.name and street.kind == "street" and is_loose and street.line.length < CLOSE_METRES


def _quarter(street: Street) -> str:
    """Return which habit of naming a street follows."""
    if street.kind == "path":
        return "path"
    middle = street.line.interpolate(0.5, normalized=True)
    if middle.distance(Point(plan.HEART)) < OLD_METRES:
        return "old"
    if any(middle.distance(Point(q.middle)) < 1.3 * q.reach for q in plan.ESTATES):
        return "estate"
    if middle.distance(Point(plan.DOCKS.middle)) < 1.2 * plan.DOCKS.reach:
        return "docks"
    if abs(middle.x - 1150) < 820 and abs(middle.y + 130) < 700:
        return "grid"
    on_hill = any(middle.distance(Point(top)) < reach for top, _, reach in plan.HILLS)
    return "hill" if on_hill else "edge"


def _cut(street: Street, crossings: Counter[Place]) -> list[Street]:
    """Return a street in the pieces that have names of their own: its loose ends, its two halves."""
    line = street.line
    crossed = [place for place in _places(line)[1:-1] if crossings[place] > 1]
    if street.name or not crossed or _is_close(street, crossings):
        return [street]
    spots = shapely.line_locate_point(line, shapely.points(crossed)).tolist()
    first, last = _ends(line)
    cuts = []
    if crossings[first] == 1 and spots[0] < CLOSE_METRES:
        cuts.append(spots[0])
    if crossings[last] == 1 and line.length - spots[-1] < CLOSE_METRES:
        cuts.append(spots[-1])
    if line.length > LONGEST_METRES:
        cuts.append(min(spots, key=lambda spot: abs(spot - line.length / 2)))
    cuts = [0.0, *sorted(set(cuts)), line.length]
    return [
        street._replace(line=substring(line, start, end))
        for start, end in zip(cuts, cuts[1:], strict=False)
    ]
