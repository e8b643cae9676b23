"""What words are made of, in any script: the words themselves and pieces of them, as numbers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint32]

LONGEST = 4000  # characters that are looked at: what a report is about stands at its beginning
# Letters that Arabic writers use for each other, and the line that only stretches a word.
SAME = {"ى": "ي", "ة": "ه", "ـ": None}
ARTICLES = ("وال", "بال", "ال")  # grow onto Arabic nouns
SHORTEST_STEM = 3
PIECES = (3, 4, 5)  # letters; most endings of a word leave its other pieces as they were
# Scripts written without blanks, or by the syllable: a sign or two of them is what a word is elsewhere.
UNSPACED = (("\u0e00", "\u0eff"), ("\u1000", "\u109f"), ("\u1780", "\u17ff"), ("\u2e80", "\ua4cf"),
            ("\uac00", "\ud7a3"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))


class _Letters(dict[int, int | str | None]):
    """What each letter is read as; learned letter by letter."""

    def __missing__(self, code: int) -> int | str | None:
        letter = chr(code)
        kind = unicodedata.category(letter)
        if kind == "Mn" and unicodedata.combining(letter):
            read: int | str | None = None  # an accent, a sign for a short vowel
        elif kind[0] in "LMN":  # a vowel that has a place of its own belongs to the word, as in Bengali
            read = code
        else:
            read = " "
        self[code] = read
        return read


_letters = _Letters({ord(letter): read for letter, read in SAME.items()})


def spelled(text: str) -> list[str]:
    """Return the words of a text without case, accents and signs; its beginning only."""
    apart = unicodedata.normalize("NFKD", text[:LONGEST].casefold()).translate(_letters)
    return unicodedata.normalize("NFC", apart).split()


def features(text: str) -> Numbers:
    """Return the numbers of a text's words and their pieces.

    returns    shape (features,), ascending, each once: CRC-32, so that a model holds no word of anybody
    """
    found = {crc32(piece.encode()) for word in spelled(text) for piece in _pieces(word)}
    return np.array(sorted(found), dtype=np.uint32)


def places_of(words: Numbers, known: Numbers) -> NDArray[np.int64]:
    """Return where those features of a text that are known stand among the known ones; both ascend."""
    at = np.searchsorted(known, words)
    is_known = np.isin(words, known, assume_unique=True)
    found: NDArray[np.int64] = at[is_known]
    return found


def is_unspaced(text: str) -> bool:
    """Say whether a text is in a script written without blanks, so that one word may be a sentence."""
    return any(low <= letter <= high for letter in text for low, high in UNSPACED)


def _pieces(word: str) -> Iterator[str]:
    if word.isdecimal():  # a house number, a telephone number: they say where and who, not what
        return
    if is_unspaced(word):
        yield from word
        yield from (word[at:at + 2] for at in range(len(word) - 1))
        return
    stem = _without_article(word)
    yield f" {stem}"
    edged = f"^{stem}$"
    for length in PIECES:
        yield from (edged[at:at + length] for at in range(len(edged) - length + 1))


def _without_article(word: str) -> str:
    for article in ARTICLES:
        if word.startswith(article) and len(word) >= len(article) + SHORTEST_STEM:
            return word.removeprefix(article)
    return word
