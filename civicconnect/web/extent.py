"""A trouble in more than one place: all along a street, or at further addresses."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from flask_babel import gettext as _

from civicconnect import db, geo
from civicconnect.geo import Place
from civicconnect.web.photos import Faults

MOST = 5  # further places
ALIKE = 0.7  # "12 oak st" and "12 Oak Street" are; 1.0 is the very same
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
            places = geo.find_addresses(db_, words, limit=1)
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
    """Say whether an address is what was typed: nobody is asked again, so it must be near to the letter."""
    return SequenceMatcher(None, words.casefold(), label.casefold()).ratio() >= ALIKE


def street_of(address: str) -> str:
    """Return the street of an address: what is left without its number, at either end; "" without letters."""
    words = [word for word in address.split() if not any(map(str.isdigit, word))]
    return " ".join(words).strip(" ,")


def said(address: str, street: str, places: Sequence[Place]) -> str:
    """Return in words where a trouble is: at its place or all along a street, and at further ones."""
    street = " ".join(street[:LONGEST].split())
    first = str(_("All along %(street)s", street=street)) if street else " ".join(address.split())
    return " · ".join(filter(None, dict.fromkeys((first, *(place.label for place in places)))))
