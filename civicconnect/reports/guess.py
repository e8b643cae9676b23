"""What a letter may be about and where: guesses that spare a person typing, and decide nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime

from civicconnect import geo
from civicconnect.catalog import Catalog
from civicconnect.db import Db

LOOKED_AT = 4000  # characters: what a letter is about stands at its beginning
MOST_NUMBERS = 3  # that may be a house's; each is looked up with the words on both its sides
WORDS_BESIDE = 3
NUMBER = re.compile(r"\d{1,5}[a-z]?")
WORD = re.compile(r"\w+")
SHORTEST = 4  # letters of a street's word that tells it from others


def service(offer: Catalog, told: str, now: datetime) -> str:
    """Return the code of the one service whose words are there; "" where none is, or several are as good."""
    said = _words(told[:LOOKED_AT])
    text = f" {' '.join(said)} "
    points: dict[str, int] = {}
    for one in offer.services.values():
        if offer.offers(one, now):
            known = {*one.name.values(), *(word for words in one.keywords.values() for word in words)}
            points[one.code] = sum(f" {' '.join(_words(phrase))}" in text for phrase in known if phrase)
    best = sorted(points, key=lambda code: -points[code])[:2]
    if not best or not points[best[0]] or (len(best) > 1 and points[best[0]] == points[best[1]]):
        return ""
    return best[0]


def address(db: Db, told: str) -> str:
    """Return the first address that is there by number and street, as the city writes it; "" without one."""
    said = _words(told[:LOOKED_AT])
    numbers = [at for at, word in enumerate(said) if NUMBER.fullmatch(word)][:MOST_NUMBERS]
    for phrase, number in (pair for at in numbers for pair in _phrases(said, at)):
        found = geo.find_addresses(db, phrase, 1)
        if found and _is_meant(found[0].label, number, phrase):
            return found[0].label
    return ""


def _phrases(said: list[str], at: int) -> Iterator[tuple[str, str]]:
    """Yield the words around a number, the longest first: "12 oak street", then "12 oak"; "oak street 12"."""
    for beside in range(WORDS_BESIDE, 0, -1):
        yield " ".join(said[at:at + beside + 1]), said[at]
        yield " ".join(said[max(at - beside, 0):at + 1]), said[at]


def _is_meant(label: str, number: str, phrase: str) -> bool:
    """Say whether an address that was found is the one written, and not merely the nearest in spelling."""
    words = _words(label)
    telling = [word for word in words if len(word) >= SHORTEST and not NUMBER.fullmatch(word)]
    return number in words and bool(telling) and telling[0] in phrase.split()


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFD", text.casefold())
    return WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
