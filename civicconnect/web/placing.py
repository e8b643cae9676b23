"""A place that staff type in words, where no list is shown to choose from."""

from __future__ import annotations

from civicconnect import geo
from civicconnect.db import Db
from civicconnect.errors import Invalid, Sentence
from civicconnect.geo import Place

MOST_SAID = 3


def one_place(db: Db, typed: str, field: str) -> Place:
    """Return the one place that is meant, or raise Invalid for a field: there is none, or several are."""
    found = geo.find_addresses(db, typed.strip())
    exact = [one for one in found if one.label.casefold() == typed.strip().casefold()] or found
    if not exact:
        raise Invalid({field: [Sentence("No place was found under this address: %(typed)s.",
                                        typed=typed.strip()[:80])]})
    if len(exact) > 1:
        raise Invalid({field: [Sentence("Several places fit: %(places)s. Write one of them in full.",
                                        places=" · ".join(one.label for one in exact[:MOST_SAID]))]})
    return exact[0]
