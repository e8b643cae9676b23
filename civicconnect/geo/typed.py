"""What somebody typed into the box: a crossing, or a street with or without a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from civicconnect.geo.words import fold

LONGEST = 200  # characters that are looked at
MOST_WORDS, MOST_READINGS, MOST_PARTS, MOST_LEFT_OUT = 12, 8, 4, 3
IN_THE_MIDDLE = 0.15  # what speaks against a number that is neither first nor last

# "/" between figures is part of a number. "c/" is how Spain writes "calle".
CALLE = re.compile(r"\bc/\s*(?=[^\W\d]{3})", re.IGNORECASE)
MEETS = re.compile(r"[&+@\\]|(?<!\d)\s*/|/\s*(?!\d)")
AND = {"and", "y", "e", "et", "und", "con", "com", "avec", "with", "mit", "at", "corner", "esquina", "esq",
       "و", "مع"}
AND_JOINED = "و"  # Arabic writes it at the beginning of the next word
CORNER = re.compile(r"^(?:(?:the|at|on|l|la|el|al|a|an|en|na|no|au) )*"
                    r"(?:(?:street )?corner|l?intersection|crossing|junction|esquina|interseccion|intersecao|"
                    r"cruce|cruzamento|l?angle|coin|croisement|carrefour|زاوية|تقاطع|ملتقي|ملتقى)"
                    r"(?: (?:of|de|da|do|du|des|d))? ")
HOUSE = re.compile(r"\d{1,7}(?:[^\W\d_]|bis|ter|quater)?")
GLUED = re.compile(r"\b([^\W\d_]{2,})(\d+[^\W_]?)\b")  # "Hauptstr12", "No12"
SUFFIX = re.compile(r"[^\W\d_]|\d{1,7}[^\W\d_]?|bis|ter|quater")
PART = re.compile(r"\d+|[^\W\d_]+")
NUMBER_SIGN = {"n", "no", "nr", "nro", "num", "number", "numero", "house", "haus", "رقم"}
UNIT = {"apt", "apartment", "unit", "suite", "flat", "floor", "room", "piso", "apto", "appt", "depto", "dpto",
        "andar", "porte", "etage"}


class Reading(NamedTuple):
    """One way to read what was typed: a street's words, and the number of a house or ""."""

    words: tuple[str, ...]
    number: str = ""
    cost: float = 0.0


class Crossing(NamedTuple):
    """Two streets, each by its words."""

    one: tuple[str, ...]
    other: tuple[str, ...]


def ways(typed: str) -> Iterator[str]:
    """Yield what was typed, then without what stands after a comma, then what stands between commas."""
    parts = [part for part in re.split("[,;،\n]", typed) if fold(part)][:MOST_PARTS]
    yield " ".join(parts)
    for count in range(len(parts) - 1, 0, -1):
        yield " ".join(parts[:count])
    yield from (part for part in parts[1:] if re.search(r"[^\W\d_]{2}", part))


def shorter(typed: str) -> Iterator[str]:
    """Yield what was typed with words left out at its end, then at its beginning: the city, a postcode."""
    tokens = typed.replace(",", " ").split()
    for count in range(1, min(MOST_LEFT_OUT, len(tokens) - 1) + 1):
        yield " ".join(tokens[:-count])
    for count in range(1, min(MOST_LEFT_OUT, len(tokens) - 1) + 1):
        yield " ".join(tokens[count:])


def readings(typed: str) -> list[Reading]:
    """Return the ways to tell the number of the house from the words of the street."""
    tokens = _tokens(typed)
    found = [Reading(tuple(tokens))]
    for n, token in enumerate(tokens):
        if not HOUSE.fullmatch(token):
            continue
        end = n + 1
        while end < min(n + 3, len(tokens)) and SUFFIX.fullmatch(tokens[end]):
            end += 1
        for last in range(end, n, -1):
            rest = (*tokens[:n], *tokens[last:])
            aside = n and last < len(tokens)
            if rest:
                number = " ".join(PART.findall(" ".join(tokens[n:last])))
                found.append(Reading(rest, number, IN_THE_MIDDLE if aside else 0.0))
    return found[:MOST_READINGS]


def crossings(typed: str) -> list[Crossing]:
    """Return the pairs of streets that may be meant, the plainest first; none where one street is."""
    parts = (CORNER.sub("", f"{fold(part)} ") for part in MEETS.split(CALLE.sub("c ", typed)))
    sides = [side for side in parts if side.strip()]
    if len(sides) > 1:
        return [Crossing(tuple(_tokens(sides[0])), tuple(_tokens(" ".join(sides[1:]))))]
    tokens = _tokens("".join(sides))
    found = []
    for n, token in enumerate(tokens[1:], 1):
        if token in AND and n + 1 < len(tokens):
            found.append(Crossing(tuple(tokens[:n]), tuple(tokens[n + 1:])))
        elif token.startswith(AND_JOINED) and len(token) > 2:
            found.append(Crossing(tuple(tokens[:n]), (token[len(AND_JOINED):], *tokens[n + 1:])))
    return found[:MOST_LEFT_OUT]


def _tokens(typed: str) -> list[str]:
    tokens = GLUED.sub(r"\1 \2", fold(CALLE.sub("c ", typed))).split()
    kept: list[str] = []
    for n, token in enumerate(tokens):
        following = tokens[n + 1] if n + 1 < len(tokens) else ""
        is_sign = token in NUMBER_SIGN and HOUSE.fullmatch(following)
        is_unit = token in UNIT and SUFFIX.fullmatch(following)
        of_unit = n and tokens[n - 1] in UNIT and SUFFIX.fullmatch(token)
        if not (is_sign or is_unit or of_unit):
            kept.append(token)
    return kept[:MOST_WORDS]


def parts(number: str) -> tuple[str, ...]:
    """Return the figures and letters of a house number: "12-14 B" is ("12", "14", "b")."""
    if number.isascii() and number.isdecimal():  # most are, and a city has many
        return (number,)
    return tuple(PART.findall(fold(number)))


def whole(number: str) -> int | None:
    """Return the first figures of a house number as a number; None where there are none, or too many."""
    figures = next((part for part in parts(number) if part.isdecimal()), "")
    return int(figures) if figures and len(figures) < 10 else None
