"""On which days an office stays shut: public holidays by country, and the city's own days."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from holidays import country_holidays, list_supported_countries


@lru_cache(maxsize=1024)
def public_holidays(place: str, year: int) -> frozenset[date]:
    """Return a year's public holidays, with the days on which they are observed.

    place    ISO 3166 country, perhaps with a subdivision: "CH-ZH", "US-MA"; ValueError when unknown
    source   the `holidays` library, which follows each country's law
    """
    country, _, part = place.partition("-")
    try:
        return frozenset(country_holidays(country, subdiv=part or None, years=year).keys())
    except NotImplementedError:
        raise ValueError(f"no holidays are known for '{place}'") from None


def is_known(place: str) -> bool:
    """Say whether there are holidays for a place."""
    country, _, part = place.partition("-")
    known = list_supported_countries()
    return country in known and (not part or part in known[country])
