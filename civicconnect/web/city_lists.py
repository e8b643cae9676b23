"""What a city has of each kind, by its names: to list, and to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from civicconnect import clock
from civicconnect.city import Book, Row, Spot
from civicconnect.settings import home
from civicconnect.web.city_fields import Languages
from civicconnect.web.words import say

BY_PLACE = ("banner", "stopper")  # they have no code
Choices = list[tuple[str, str]]


def named(rows: list[Row], kind: str) -> Iterator[tuple[str, str, Row]]:
    """Yield how each row is called in addresses, what people call it, and the row."""
    for number, row in enumerate(rows, 1):
        name = str(number) if kind in BY_PLACE else str(row.get("code"))
        yield name, name_of(row, name), row


def name_of(row: Mapping[str, Any], otherwise: str) -> str:
    """Return what people call a row, in the language of the page."""
    told = row.get("name") or row.get("words")
    return str(say(told) if isinstance(told, Mapping) else row.get("code") or otherwise)


def in_full(book: Book) -> Languages:
    """Return the languages in which everything of the city must be written."""
    return tuple(book.table("city.toml").get("languages", ()))


def languages(book: Book) -> Languages:
    """Return the languages that visitors may choose."""
    return (*in_full(book), *book.table("city.toml").get("languages_in_part", ()))


def missing(book: Book, row: Mapping[str, Any]) -> list[str]:
    """Return the languages in which a row's name is not written."""
    said = row.get("name") or row.get("words") or {}
    return [language for language in languages(book) if said and not said.get(language)]


def options(book: Book, spot: Spot) -> dict[str, Choices]:
    """Return the city's own lists that the fields of a row choose from."""
    nothing = ("", _("none"))
    found = {f"{kind}s": [(name, f"{told} ({name})") for name, told, _row in named(book.rows(kind), kind)]
             for kind in ("group", "department", "calendar")}
    drawings = sorted((home() / "static" / "img" / "icons").glob("*.svg"))
    found["icons"] = [nothing, *((file.stem, file.stem) for file in drawings)]
    areas = {f"{area.layer}:{area.code}": area.name for area in book.ground.areas}
    found["areas"] = [("", _("everywhere")), *((code, f"{areas[code]} ({code})") for code in sorted(areas))]
    found["answers"] = [nothing, *_answers(book, spot)]
    return found


def _answers(book: Book, spot: Spot) -> Iterator[tuple[str, str]]:
    """Yield the answers that a question or a stopper may wait for: those to the questions before it."""
    service, *inner = spot
    if not inner:
        return
    before = book.find((service,)).get("question", [])
    for question in before[:book.at(spot)] if inner[0][0] == "question" else before:
        for option in question.get("option", []):
            yield (f"{question['code']}={option['code']}",
                   f"{say(question['words'])} – {say(option['words'])}")


def wall(book: Book) -> str:
    """Return what the city's clock shows: "2026-12-01 08:00"."""
    zone = ZoneInfo(book.table("city.toml")["time_zone"])
    return clock.now().astimezone(zone).strftime("%Y-%m-%d %H:%M")


def is_offered(row: Mapping[str, Any], now: str) -> bool:
    """Say whether a service's own dates let it be offered."""
    return str(row.get("begins", "")) <= now and (not row.get("ends") or now < str(row["ends"]))
