"""Which language a page speaks: the one in the address (/es/report), else the browser's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

from babel import Locale, UnknownLocaleError
from flask import Flask, g, request

from civicconnect import catalog
from civicconnect.catalog import City

# Those with a catalogue in web/translations, as they stand in addresses (BCP 47).
SPOKEN = ("en", "es", "zh-Hans", "zh-Hant", "ru", "bn", "ht", "ko", "ar", "ur", "fr", "pl", "pt")
NAMES = {code.lower(): code for code in SPOKEN}
# Where Chinese is written in the old way; browsers say only where, and seldom how.
OLD_WAY = {"zh-tw", "zh-hk", "zh-mo"}


def prefix(app: Flask) -> None:
    """Let /es/anything mean /anything in Spanish; every link made on that page keeps the prefix."""
    inner = app.wsgi_app

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        first, _, rest = environ.get("PATH_INFO", "").lstrip("/").partition("/")
        if first in SPOKEN:
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{first}"
            environ["PATH_INFO"] = f"/{rest}"
            environ["civic.language"] = first
        return inner(environ, start_response)

    app.wsgi_app = answer  # type: ignore[method-assign]


def chosen() -> str:
    """Return the language of this request."""
    named: str | None = request.environ.get("civic.language")
    return named or next(filter(SPOKEN.__contains__, _wished()), SPOKEN[0])


def locale() -> str:
    """Return the language of this request as Babel writes it: zh_Hans."""
    return chosen().replace("-", "_")


def _wished() -> Iterator[str]:
    """Yield the languages the browser asks for, the most wanted first, without their countries."""
    # Werkzeug's own best_match takes a lesser "en" before a wanted "ar-EG".
    for tag, weight in request.accept_languages:
        if weight > 0:
            yield spoken_as(tag)


def spoken_as(tag: str) -> str:
    """Return the language of ours that a tag asks for, or the tag's own language where we speak it not."""
    parts = tag.replace("_", "-").lower().split("-")
    if parts[0] == "zh":
        return "zh-Hant" if "hant" in parts or "-".join(parts[:2]) in OLD_WAY else "zh-Hans"
    return NAMES.get("-".join(parts), parts[0])


def time_zone() -> str | None:
    """Return the city's zone once the page has read its catalogue."""
    city: City | None = g.get("city")
    return city.time_zone if city else None


def name(code: str) -> str:
    """Return a language's name in the language of the page; its code where nobody knows it."""
    try:
        return Locale.parse(code, sep="-").get_display_name(chosen()) or code
    except (UnknownLocaleError, ValueError):
        return code


@cache
def own_name(code: str) -> str:
    """Return a language's name in that language."""
    found = Locale.parse(code, sep="-")
    return (found.get_display_name(found) or code).capitalize()


def comma() -> str:
    """Return what stands between the members of a list in the language of the page."""
    return catalog.comma(chosen())


def choices(spoken: Iterable[str]) -> list[dict[str, str]]:
    """Return the languages to choose from, each with this page's address in it.

    url, posts     where a link leads, and where a form of a page that was made by a POST is posted again
    """
    root = request.script_root.removesuffix(f"/{request.environ.get('civic.language', '')}")
    path = quote(request.path)
    if request.query_string:
        path += f"?{request.query_string.decode('latin-1')}"
    if request.method != "GET":
        path = "/"
    return [
        {"code": code, "name": own_name(code),
         "dir": catalog.direction(code), "url": f"{root}/{code}{path}",
         "posts": f"{root}/{code}{quote(request.path)}"}
        for code in spoken if code in SPOKEN
    ]
