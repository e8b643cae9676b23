"""Which streets a few typed words may mean, slips of the finger included. All in memory.

A city has thousands of street names where it has hundreds of thousands of houses: the names are read
once and searched here, the houses stay in the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from civicconnect.geo import words
from civicconnect.geo.point import Point
from civicconnect.geo.spelling import WordList

Costs = NDArray[np.float32]

# What speaks against a street, measured in edits.
BEGINNING, LETTER_TO_COME = 0.2, 0.03  # only the first letters of a word were typed
SHORT_WORD = 1.5  # over a word's letters, on top of each edit: a slip in "oak" weighs more than in "chestnut"
OTHER_INITIAL = 0.3  # people seldom miss the first letter
KIND_WEIGHT = 0.3  # "street" and its like tell little, right or wrong
KIND_UNMATCHED, LINK_UNMATCHED = 0.6, 0.2  # "Oak Avenue" typed for Oak Street; "of", "de la"
POSTCODE = 0.5  # a long number that the street does not have
WORD_UNTYPED, KIND_UNTYPED = 0.12, 0.01  # a word of the street's name that was not typed
WORD_TOO_MANY = 0.3  # two words typed were found in one of the name
LATER_IN_NAME = 0.1  # the first word typed is not the first of the name
REGROUPED = 0.3  # a blank too many or too few
WINDOW = 1.6  # a street that much worse than the best is not meant
POOR = 1.0  # as good as that, nobody asks whether blanks were set wrong
MOST = 32  # streets


class Match(NamedTuple):
    """A street that may be meant, and what speaks against it."""

    cost: float
    street: Listed


class Listed(NamedTuple):
    """A street as it is searched for."""

    id: int
    name: str
    is_drawn: bool  # on the map
    spot: Point  # a place about its middle


@dataclass(frozen=True, slots=True)
class StreetList:
    """The streets of a city and their words. "Plain" words are those of `words.plain`."""

    ids: NDArray[np.int32]  # shape (streets,)
    names: tuple[str, ...]
    is_drawn: NDArray[np.bool_]  # shape (streets,)
    spots: NDArray[np.float64]  # shape (streets, 2): latitude, longitude
    typeable: WordList
    plain: dict[str, int]  # {what may be typed: number of its plain word}
    plain_of: NDArray[np.int32]  # shape (typeable,), the same by position
    little: NDArray[np.bool_]  # shape (plain,): kinds of street, directions, articles
    words: NDArray[np.int32]  # plain words of all names, one name after the other
    street_of: NDArray[np.int32]  # the street of each of these words
    firsts: NDArray[np.int32]  # shape (streets,), each name's first plain word that tells something
    telling: NDArray[np.int16]  # shape (streets,), how many words tell something
    others: NDArray[np.int16]  # shape (streets,), how many do not

    @classmethod
    def of(cls, streets: Iterable[Listed]) -> StreetList:
        """Return the list of some streets. One without a letter or figure to its name is left out.

        streets    in the order in which equals are answered
        """
        named = [(street, name) for street in streets if (name := words.fold(street.name).split())]
        plain = words.spellings(word for _, name in named for word in name)
        numbers = {word: n for n, word in enumerate(sorted(set(plain.values())))}
        little = [words.says_little(word) for word in numbers]
        names = [[numbers[words.plain(word)] for word in name] for _, name in named]
        telling = np.array([sum(not little[n] for n in name) for name in names], dtype=np.int16)
        firsts = [next((n for n in name if not little[n]), name[0]) for name in names]
        lengths = np.array([len(name) for name in names], dtype=np.int16)
        listed = WordList.of(plain)
        return cls(
            ids=np.array([street.id for street, _ in named], dtype=np.int32),
            names=tuple(street.name for street, _ in named),
            is_drawn=np.array([street.is_drawn for street, _ in named], dtype=np.bool_),
            spots=np.array([(street.spot.lat, street.spot.long) for street, _ in named]).reshape(-1, 2),
            typeable=listed,
            plain={word: numbers[plain[word]] for word in listed.words},
            plain_of=np.array([numbers[plain[word]] for word in listed.words], dtype=np.int32),
            little=np.array(little, dtype=np.bool_),
            words=np.array([n for name in names for n in name], dtype=np.int32),
            street_of=np.repeat(np.arange(len(named), dtype=np.int32), lengths),
            firsts=np.array(firsts, dtype=np.int32),
            telling=telling,
            others=lengths - telling,
        )

    def __len__(self) -> int:
        return len(self.names)

    def street(self, n: int) -> Listed:
        """Return one street by its position."""
        # Kept in columns: twenty cities share a process, and an object a street is twice as large.
        lat, long = self.spots[n].tolist()
        return Listed(int(self.ids[n]), self.names[n], bool(self.is_drawn[n]), Point(lat, long))


class Question:
    """What one person typed, asked in one or several readings; each word is looked up once."""

    def __init__(self, streets: StreetList) -> None:
        self._list = streets
        self._known: dict[str, _Word] = {}

    def tells(self, typed: Sequence[str]) -> bool:
        """Say whether any of the words is more than a kind of street, a direction or an article."""
        return any(not self._word(word).is_little for word in typed)

    def matches(self, typed: Sequence[str]) -> list[Match]:
        """Return the streets that hold every word typed, or nearly, best first."""
        found = self._ranked(typed)
        return [match for match in found if match.cost <= found[0].cost + WINDOW]

    def regrouped(self, typed: Sequence[str]) -> list[Match]:
        """Return the same with one blank left out between the words, or one set inside a word."""
        found = [Match(match.cost + REGROUPED, match.street)
                 for other in self._regrouped(typed) for match in self.matches(other)]
        best: dict[int, Match] = {}
        for match in sorted(found, key=lambda match: match.cost):
            best.setdefault(match.street.id, match)
        return list(best.values())[:MOST]

    def _ranked(self, typed: Sequence[str]) -> list[Match]:
        every, looked_up = self._list, [self._word(word) for word in typed]
        if not looked_up or not len(every):
            return []
        telling = [word for word in looked_up if not word.is_little]
        total = np.zeros(len(every), dtype=np.float32)
        for word in looked_up:
            if not word.is_anywhere and np.isinf(word.unmatched):
                return []
            total += np.minimum(word.in_streets, word.unmatched) if telling else word.in_streets
        held = np.flatnonzero(np.isfinite(total))
        untyped = every.telling[held] - len(telling)
        costs = total[held] + WORD_UNTYPED * np.maximum(untyped, 0) + WORD_TOO_MANY * np.maximum(-untyped, 0)
        costs += KIND_UNTYPED * np.maximum(every.others[held] - (len(typed) - len(telling)), 0)
        costs += LATER_IN_NAME * np.isinf((telling or looked_up)[0].as_words[every.firsts[held]])
        best = np.argsort(costs, kind="stable")[:MOST]
        return [Match(cost, every.street(n))
                for cost, n in zip(costs[best].tolist(), held[best].tolist(), strict=True)]

    def _word(self, word: str) -> _Word:
        if word not in self._known:
            self._known[word] = _looked_up(self._list, word)
        return self._known[word]

    def _regrouped(self, typed: Sequence[str]) -> Iterator[list[str]]:
        """Yield the words with one blank left out, or one set inside a word."""
        known = self._list.plain
        for n, (one, two) in enumerate(pairwise(typed)):
            if (one + two).isalpha():
                yield [*typed[:n], one + two, *typed[n + 2:]]
        for n, word in enumerate(typed):
            for k in range(2, len(word) - 1):
                if word not in known and word[:k] in known and word[k:] in known:
                    yield [*typed[:n], word[:k], word[k:], *typed[n + 1:]]


class _Word(NamedTuple):
    """A typed word, looked up. Costs are infinite where it cannot be meant."""

    as_words: Costs  # shape (plain,), to read it as each of the city's words
    in_streets: Costs  # shape (streets,), to read it as a word of each street's name
    is_anywhere: bool
    is_little: bool
    unmatched: np.float32  # the cost of taking no notice of it


def _looked_up(streets: StreetList, word: str) -> _Word:
    costs = _as_words(streets, word)
    likeliest = int(np.argmin(costs))
    is_anywhere = bool(np.isfinite(costs[likeliest]))
    is_little = bool(streets.little[likeliest]) if is_anywhere else word in words.LINKS
    unmatched = np.inf
    if is_little:
        unmatched = LINK_UNMATCHED if word in words.LINKS else KIND_UNMATCHED
    elif word.isdecimal() and len(word) > 3:
        unmatched = POSTCODE
    in_streets = np.full(len(streets), np.inf, dtype=np.float32)
    held = np.flatnonzero(np.isfinite(costs)[streets.words])
    weight = np.float32(KIND_WEIGHT if is_little else 1)
    np.minimum.at(in_streets, streets.street_of[held], costs[streets.words[held]] * weight)
    return _Word(costs, in_streets, is_anywhere, is_little, np.float32(unmatched))


def _as_words(streets: StreetList, word: str) -> Costs:
    costs = np.full(len(streets.little), np.inf, dtype=np.float32)
    known = streets.plain.get(word, streets.plain.get(words.plain(word)))
    if known is not None:
        costs[known] = 0
    if any(letter.isdecimal() for letter in word):
        return costs  # 41 is no slip for 42, and no beginning of 415
    most = 0 if len(word) < 3 else 1 if len(word) < 6 else 2
    near = streets.typeable.slips(word, most)
    an_edit = 1 + SHORT_WORD / len(word)
    as_whole = np.where(near.whole <= most, near.whole * an_edit, np.inf)
    as_beginning = near.beginning * an_edit + BEGINNING + LETTER_TO_COME * np.clip(near.to_come, 0, 10)
    as_beginning[(near.beginning > 0) & (len(word) < 4)] = np.inf
    either = np.minimum(as_whole, as_beginning) + OTHER_INITIAL * ~near.same_initial
    np.minimum.at(costs, streets.plain_of[near.words], either.astype(np.float32))
    return costs
