"""What stands around every page: the city's name and colours, its announcements, languages, icons."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask import Flask
from markupsafe import Markup
from sqlalchemy.exc import OperationalError

from civicconnect import catalog, clock, settings
from civicconnect.catalog import City
from civicconnect.errors import NotFound
from civicconnect.web import language, theme
from civicconnect.web.theme import BRAND
from civicconnect.web.words import read_catalog, say

WEB = re.compile("https?://")


@dataclass(frozen=True)
class Announcement:
    """What the city says above every page."""

    words: str
    link: str = ""
    is_storm: bool = False


@dataclass(frozen=True)
class Frame:
    """The city as every page names it; this much is there even without its database."""

    name: str = "CivicConnect"
    slug: str = ""
    contact: dict[str, str] = field(default_factory=dict)
    website: str = ""  # "" also where the city wrote no address of the web
    announcements: tuple[Announcement, ...] = ()
    is_storm: bool = False
    theme: str = ""  # address of its colours
    logo: str = ""  # address of its logo
    brand: str = BRAND  # its colour, for what a phone draws around the page


def hang(app: Flask) -> None:
    """Give every template what stands around a page."""
    app.context_processor(_around)
    app.add_template_global(icon)
    app.add_template_filter(tel)


def _around() -> dict[str, Any]:
    spoken = language.chosen()
    try:
        city = read_catalog().city
        seen, offered = _frame(city), city.spoken
    except (NotFound, OperationalError):  # before a city is loaded, or without its database
        seen, offered = Frame(), ()
    return {"lang": spoken, "dir": catalog.direction(spoken),
            "comma": language.comma(), "city": seen, "languages": language.choices(offered)}


def _frame(city: City) -> Frame:
    now = clock.now()
    said = [Announcement(say(banner.words), banner.link) for banner in city.banners_at(now)]
    storm = city.is_storm(now)
    if storm and say(city.storm.words):
        said.insert(0, Announcement(say(city.storm.words), is_storm=True))
    website = city.contact.get("website", "")
    return Frame(say(city.name), city.slug, dict(city.contact),
                 website if WEB.match(website) else "", tuple(said), storm,
                 theme.address_of_sheet(city), theme.address_of_logo(city), theme.brand(city))


@cache
def icon(name: str) -> Markup:
    """Return the drawing of an icon, to stand in the page and take its colour; "" where there is none.

    name    as a city wrote it, checked: lower case letters, digits and hyphens
    """
    file = settings.home() / "static" / "img" / "icons" / f"{name}.svg"
    # Our own files, so their words are markup. A drawing beside a name says nothing more than the name.
    return Markup(file.read_text(encoding="utf-8").strip()) if name and file.is_file() else Markup()  # noqa: S704


def tel(number: str) -> str:
    """Return the address that lets a phone call a number, however the city wrote it."""
    return "tel:" + re.sub(r"[^0-9+*#]", "", number)
