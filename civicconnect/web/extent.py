"""A trouble in more than one place: all along a street, or at further addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from civicconnect import clock, db, geo
from civicconnect.geo import Place, Point
from civicconnect.reports import Entry
from civicconnect.web.photos import Faults
from civicconnect.web.place import inside
from civicconnect.web.words import read_catalog

pages = Blueprint("extent", __name__)
MOST = 5  # further places
CHANGES = ("erase", "redact")  # each carries on what came with the report
ALIKE = 0.7  # "12 oak st" and "12 Oak Street" are; 1.0 is the very same
NUMBER = re.compile(r"\d+(?: ?[^\W\d_]\b)?")  # "12", "12a", "12 a"
DISTRICT = re.compile(r" \([^()]*\)$")  # which tells apart two addresses with the same words
BETWEEN = " · "  # the places of one report
LONGEST = 120  # characters of what was typed for one, and of a street's name


def further(typed: Sequence[str], faults: Faults) -> tuple[Place, ...]:
    """Return the further places that were typed, as the city writes them; what is wrong goes to `faults`."""
    asked = list(dict.fromkeys(filter(None, (" ".join(words[:LONGEST].split()) for words in typed))))
    if len(asked) > MOST:
        faults["also"] = [_("Name at most %(most)s further places. Send another report for more.", most=MOST)]
        return ()
    found: dict[str, Place] = {}
    for words in asked:
        with db.reading() as db_:
            places = inside(db_, geo.find_addresses(db_, words, limit=1), read_catalog().city, clock.now())
        if places and _is_meant(words, places[0].label):
            found[places[0].label] = places[0]
        elif places:
            faults["also"] = [_("We found no address '%(words)s' in the city. Did you mean %(address)s?",
                                words=words, address=places[0].label)]
        else:
            faults["also"] = [_("We found no address '%(words)s' in the city. Write its street and number.",
                                words=words)]
    return tuple(found.values())


def _is_meant(words: str, label: str) -> bool:
    """Say whether an address is what was typed: nobody is asked again, so it must be near to the letter.

    Its numbers must be the very same: beside the name of a street they hardly count as letters.
    """
    if not any(map(str.isalpha, label)):
        return True  # a position, however it was written
    one, other = (re.sub(r"\d", lambda figure: str(int(figure[0])), text.casefold())
                  for text in (words, label))
    return _numbers(one) == _numbers(other) and SequenceMatcher(None, one, other).ratio() >= ALIKE


def _numbers(words: str) -> list[str]:
    return sorted(number.replace(" ", "") for number in NUMBER.findall(words))


@dataclass(frozen=True)
class Further:
    """Where a trouble is besides its place: at further addresses, all along a street."""

    places: tuple[Place, ...] = ()
    street: str = ""

    def __bool__(self) -> bool:
        return bool(self.places or self.street)

    @property
    def on_map(self) -> dict[str, Any]:
        """Return what the address of a drawn map must hold of it."""
        return {"also": [f"{place.point.lat},{place.point.long}" for place in self.places] or None,
                "along": self.street or None}

    @property
    def spots(self) -> list[dict[str, Any]]:
        """Return the places as a script draws them."""
        return [{"lat": place.point.lat, "long": place.point.long, "words": place.label}
                for place in self.places]


@pages.app_template_global()
def further_of(entries: Iterable[Entry]) -> Further:
    """Return where a report is besides its place, as far as whoever reads its timeline may know."""
    own = [entry for entry in entries
           if entry.seq == 1 or (entry.verb in CHANGES and entry.facts.get("of") == 1)]
    if any("address" in entry.facts.get("fields", ()) for entry in own):
        return Further()  # the city has put another address there, and the first one named all places
    text = next((entry.text for entry in reversed(own) if entry.text.get("address")), {})
    return Further(tuple(Place(place["address"], Point(place["lat"], place["long"]))
                         for place in text.get("also", ())), text.get("along", ""))


@pages.app_template_global()
def further_typed(sent: Any) -> Further:
    """Return where a report would be besides its place, as it stands in the form."""
    return Further(sent.also, sent.along)


@pages.app_template_global()
def told_extent(sent: Any) -> str:
    """Return in words where a trouble is, as its form stands."""
    return told_where(said(sent.value("address"), sent.along, sent.also), further_typed(sent))


@pages.app_template_global()
def told_where(address: str, further: Further) -> str:
    """Return the address of a report in the reader's language, where it goes all along a street."""
    street = further.street
    if street and (address == street or address.startswith(f"{street}{BETWEEN}")):
        return str(_("All along %(street)s", street=street)) + address[len(street):]
    return address


def named(street: str) -> str:
    """Return a street's name as it was sent, with single blanks."""
    return " ".join(street[:LONGEST].split())


def street_of(address: str) -> str:
    """Return the street of an address: what is left without its number, at either end; "" without letters."""
    words = [word for word in address.split() if not any(map(str.isdigit, word))]
    return " ".join(words).strip(" ,")


def street_at(address: str) -> str:
    """Return the street of an address as the city writes it; "" where the city has none of that name."""
    words = DISTRICT.sub("", address).split()
    names = filter(None, dict.fromkeys((" ".join(words), " ".join(words[1:]), " ".join(words[:-1]),
                                        street_of(" ".join(words)))))
    with db.reading() as db_:
        return geo.street_called(db_, list(names))


def along(sent: str, address: str) -> str:
    """Return the street that a trouble goes all along: the one of its address, if that was sent."""
    street = named(sent)
    return street if street and street == street_at(address) else ""


def said(address: str, street: str, places: Sequence[Place]) -> str:
    """Return where a trouble is, in no language: its place or the street it goes all along, and others."""
    first = street or " ".join(address.split())
    return BETWEEN.join(filter(None, dict.fromkeys((first, *(place.label for place in places)))))
