"""Which languages the pages speak, how much of them, and whether a person has read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from babel.messages.pofile import read_po
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from civicconnect import clock, db, geo, settings
from civicconnect.catalog import Catalog, Words
from civicconnect.web import language
from civicconnect.web.words import read_catalog

pages = Blueprint("languages", __name__)
REVIEWED = "X-Reviewed: yes"


@dataclass(frozen=True)
class Coverage:
    """How much is said in one language. The shares are 0 to 1."""

    code: str
    name: str
    sentences: float
    city: float
    is_reviewed: bool


@pages.get("/languages")
def index() -> ResponseReturnValue:
    """Show how much of the pages, and of the city's own words, there is in each language."""
    offer = read_catalog()
    with db.reading() as db_:
        areas = geo.named_areas(db_, offer.city.day(clock.now()))
    said = [*_said(offer), *({offer.city.languages[0]: area.name} | dict(area.names)
                             for area in areas if not area.until)]
    found = []
    for code in offer.city.spoken:
        share, is_reviewed = (1.0, True) if code == "en" else _catalogue(code)
        own = _share(sum(1 for words in said if words.get(code)), len(said))
        found.append(Coverage(code, language.own_name(code), share, own, is_reviewed))
    return render_template("notices/languages.html", found=found)


@cache
def _catalogue(code: str) -> tuple[float, bool]:
    """Return the share of our sentences that a catalogue has, and whether a person has read it."""
    folder = settings.HERE / "web" / "translations" / code.replace("-", "_")
    file = folder / "LC_MESSAGES" / "messages.po"
    if not file.is_file():
        return 0.0, False
    with file.open("rb") as po:
        messages = [message for message in read_po(po) if message.id]
    done = sum(1 for m in messages if all(m.string if isinstance(m.string, tuple) else (m.string,)))
    return _share(done, len(messages)), REVIEWED in file.read_text(encoding="utf-8")[:1000]


def _share(done: int, every: int) -> float:
    """Return a share in whole hundredths, rounded down: all is said only where nothing is missing."""
    return 100 * done // max(every, 1) / 100


def _said(offer: Catalog) -> Iterator[Words]:
    """Yield the words of the city's catalogue that residents read on their way."""
    yield offer.city.name
    yield from offer.city.layers.values()
    yield from (banner.words for banner in offer.city.banners)
    notices = offer.city.notices
    yield from filter(None, (notices.get("law"), notices.get("terms"), offer.city.asking.reason,
                             offer.city.storm.words))
    yield from (department.name for department in offer.departments.values())
    yield from (group.name for group in offer.groups.values())
    for service in offer.services.values():
        yield service.name
        if service.hint:
            yield service.hint
        yield from (stopper.words for stopper in service.stoppers)
        for question in service.questions:
            yield question.words
            yield from (words for _code, words in question.options)
