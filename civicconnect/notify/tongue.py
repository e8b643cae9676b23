"""The language of a letter: the same catalogues of sentences as the pages', read without a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.support import NullTranslations, Translations

from civicconnect import catalog, settings
from civicconnect.catalog import Words
from civicconnect.errors import Sentence


@dataclass(frozen=True)
class Tongue:
    """One language, on the clock of one city."""

    code: str
    zone: ZoneInfo

    def say(self, sentence: str, **values: object) -> str:
        """Return a sentence of ours with its values in it."""
        words = sentence.words if isinstance(sentence, Sentence) else sentence
        said = _catalogue(self.code).gettext(words)
        return said % values if values else said

    def of_city(self, words: Words) -> str:
        """Return words that the city wrote."""
        return catalog.words(words, self.code)

    def moment(self, instant: datetime) -> str:
        """Return an instant on the city's clock: its day and the minute."""
        locale, here = _locale(self.code), instant.astimezone(self.zone)
        return catalog.comma(self.code).join((str(format_date(here.date(), "medium", locale)),
                           str(format_time(here, "short", tzinfo=self.zone, locale=locale))))

    def day(self, text: str) -> str:
        """Return a day, written as 2026-11-24, as people write it."""
        return str(format_date(date.fromisoformat(text), "medium", _locale(self.code)))

    @property
    def direction(self) -> str:
        return catalog.direction(self.code)


@cache
def _catalogue(code: str) -> NullTranslations:
    folder = settings.HERE / "web" / "translations"
    return Translations.load(str(folder), [code.replace("-", "_")])  # none found: English, as it stands


@cache
def _locale(code: str) -> Locale:
    try:
        return Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
