"""How many slips of the finger lie between a typed word and every word of a list, all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LONGEST = 31  # letters of a word that are looked at: one bit each, and one to spare


class Slips(NamedTuple):
    """Edits between one typed word and the words of a list that it comes near.

    An edit is a letter too many, missing or wrong, or two neighbours swapped.
    """

    words: NDArray[np.int64]  # shape (near,), positions in the list
    whole: NDArray[np.int16]  # shape (near,)
    beginning: NDArray[np.int16]  # shape (near,), to the nearest beginning of each word
    to_come: NDArray[np.int16]  # shape (near,), letters the word has more
    same_initial: NDArray[np.bool_]  # shape (near,)


@dataclass(frozen=True, slots=True)
class WordList:
    """Words, their letters as small numbers in columns."""

    words: tuple[str, ...]
    _codes: dict[str, int]
    _letters: NDArray[np.uint16]  # shape (longest, words); 0 after a word's end
    _lengths: NDArray[np.uint8]  # shape (words,)
    _marks: NDArray[np.uint64]  # shape (words,), a bit for each letter that occurs

    @classmethod
    def of(cls, words: Iterable[str]) -> WordList:
        """Return the list of some words, each once, in order."""
        ordered = tuple(sorted(set(words)))
        codes = {letter: n for n, letter in enumerate(sorted(set("".join(ordered))), 1)}
        lengths = np.array([min(len(word), LONGEST) for word in ordered], dtype=np.uint8)
        letters = np.zeros((int(lengths.max(initial=0)), len(ordered)), dtype=np.uint16)
        for column, word in enumerate(ordered):
            letters[:lengths[column], column] = [codes[letter] for letter in word[:LONGEST]]
        marks = np.array([_marks(codes, word) for word in ordered], dtype=np.uint64)
        return cls(ordered, codes, letters, lengths, marks)

    def slips(self, typed: str, most: int) -> Slips:
        """Return the words, or beginnings of words, that a typed one reaches with `most` edits.

        source    Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit
                  distances", 2003: a column of the table of distances in the bits of a number
        """
        typed = typed[:LONGEST]
        # Each letter that a word does not have costs an edit: most of the list is out at once.
        missing = np.bitwise_count(np.uint64(_marks(self._codes, typed)) & ~self._marks)
        strange = len({letter for letter in typed if letter not in self._codes})
        near = np.flatnonzero((missing + strange <= most) & (self._lengths + most >= len(typed)))
        steps = min(len(typed) + most, len(self._letters))
        if not (typed and steps and len(near)):
            none = np.zeros(0, dtype=np.int16)
            return Slips(near[:0], none, none, none, none.astype(np.bool_))
        away = _distances(typed, self._codes, self._letters[:steps, near])
        lengths = self._lengths[near].astype(np.int16)
        whole = away[np.minimum(lengths, steps) - 1, np.arange(len(near))] + np.maximum(lengths - steps, 0)
        beginning = away.min(axis=0)
        same_initial = self._letters[0, near] == self._codes.get(typed[0], 0)
        reached = beginning <= most
        return Slips(near[reached], whole[reached], beginning[reached], lengths[reached] - len(typed),
                     same_initial[reached])


def _distances(typed: str, codes: dict[str, int], letters: NDArray[np.uint16]) -> NDArray[np.int16]:
    """Return shape (steps, words): edits from `typed` to the first 1, 2, … letters of each word."""
    places = np.zeros(len(codes) + 1, dtype=np.uint32)
    for n, letter in enumerate(typed):
        if letter in codes:
            places[codes[letter]] |= np.uint32(1 << n)
    one = np.uint32(1)
    down = np.full(letters.shape[1], 0xFFFFFFFF, dtype=np.uint32)
    up = diagonal = before = np.zeros_like(down)
    more, less = (np.empty(letters.shape, dtype=np.uint32) for _ in range(2))
    for step, same in enumerate(places[letters]):
        swapped = ((~diagonal & same) << one) & before
        diagonal = (((same & down) + down) ^ down) | same | up | swapped
        more[step], less[step] = up | ~(diagonal | down), diagonal & down
        right = (more[step] << one) | one
        down, up, before = (less[step] << one) | ~(diagonal | right), right & diagonal, same
    # The highest bit says whether one letter more of a word takes it an edit away or brings it nearer.
    last = np.uint32(1 << len(typed) - 1)
    steps = ((more & last) > 0).astype(np.int16) - ((less & last) > 0)
    return np.cumsum(steps, axis=0, dtype=np.int16) + np.int16(len(typed))


def _marks(codes: dict[str, int], word: str) -> int:
    found = 0
    for letter in word[:LONGEST]:
        if letter in codes:
            found |= 1 << codes[letter] % 64
    return found
