"""Codes and names made out of what a record and its files spell."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

# Letters that do not come apart into an ASCII letter and a mark.
ALIKE = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th",
                       "ı": "i"})
LONGEST_CODE, LONGEST_LAYER, LONGEST_NAME = 80, 40, 200
LIMIT_LAYER = "city"


@lru_cache(maxsize=2**14)
def slug(name: str) -> str:
    """Return a code made from a name: "Trees & Parks" becomes "trees-parks".

    Two names that differ only in letters of another script get a hash of themselves: "道路", "公園".
    """
    folded = unicodedata.normalize("NFKD", name.lower().translate(ALIKE))
    plain = folded.encode("ascii", "ignore").decode()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if any(c.isalnum() and not c.isascii() for c in folded):
        digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
        code = f"{code[:60].strip('-')}-{digest}".strip("-")
    return code[:LONGEST_CODE].strip("-") or "unnamed"


def free(code: str, taken: Collection[str]) -> str:
    """Return a code that is not taken and not too long: the given one, or one with a number behind."""
    code, number = code[:LONGEST_CODE].strip("-"), 1
    found = code
    while found in taken:
        number += 1
        found = f"{code[: LONGEST_CODE - 6].strip('-')}-{number}"
    return found


def printable(words: str) -> str:
    """Return a name without the characters nobody can see, at most as long as a name may be."""
    if not words.isprintable():
        words = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return words[:LONGEST_NAME]


def city_name(requests: Path) -> str:
    """Return a city's name out of a file's: the words before the first date."""
    words = takewhile(lambda word: word.isalpha(), _words(requests))
    return " ".join(words).title() or "Our City"


def layer_name(areas: Path, requests: Sequence[Path], city: str, taken: Collection[str]) -> str:
    """Return a layer's name out of its file's: what is left without the city's own name and dates.

    taken    names of the layers before
    """
    words = [word for word in _words(areas) if not any(c.isdigit() for c in word)]
    words = words[_the_citys(words, requests, city):]
    name = slug("-".join(words))[:LONGEST_LAYER].strip("-") if words else "district"
    if not name[:1].isalpha() or name in (LIMIT_LAYER, "unnamed"):
        name = "district"
    return next(n for n in (name, *(f"{name[:36]}-{i}" for i in range(2, 999))) if n not in taken)


def _the_citys(words: Sequence[str], requests: Sequence[Path], city: str) -> int:
    """Return how many words at the beginning are the city's name: its own, or the requests' files'."""
    named = slug(city).replace("-", "")
    same = 0
    for n in range(1, len(words)):
        begins = words[:n]
        if "".join(begins) == named or any(_words(file)[:n] == begins for file in requests):
            same = n
    return same


def readable(name: str, layer: str) -> str:
    """Return an area's name; one without letters says what it is a number of: "Ward 12"."""
    if any(c.isalpha() for c in name):
        return name
    words = layer.replace("_", "-").replace("-", " ").title()
    one = words[:-1] if words.endswith("s") and not words.endswith("ss") else words
    return f"{one} {name}"


def _words(file: Path) -> list[str]:
    return re.findall(r"[^\W_]+", file.name.split(".")[0].lower())
