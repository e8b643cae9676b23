"""A form that was not taken, for want of a session or of a fresh page: its words, and where to go on."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException

from civicconnect.web import language

# What the names of the fields are made of in which people write sentences: words-es, notices.law.en.
PROSE = {"address", "closed", "description", "law", "note", "open", "question", "reason", "task", "terms",
         "why", "words"}
PARTS = re.compile(r"[.-]")


def is_prose(name: str) -> bool:
    """Say whether a field is one for sentences; no secret is typed into one of those."""
    return not PROSE.isdisjoint(PARTS.split(name))


def texts() -> list[str]:
    """Return what was typed into the long fields of this request's form, each once.

    Of a form on another site: nothing, or its words would stand under our name.
    """
    if is_of_another_site():
        return []
    written = (text for name, values in request.form.lists() if is_prose(name) for text in values)
    return [text for text in dict.fromkeys(written) if text.strip()]


def is_of_another_site() -> bool:
    """Say whether the browser tells that another site sent this request; an old one does not tell."""
    return request.headers.get("Sec-Fetch-Site") == "cross-site"


def came_from() -> str:
    """Return the page that this request's form stood on, else the nearest above it; "" for none."""
    before = request.referrer or ""
    if urlsplit(before).netloc == request.host and is_page(urlsplit(before).path):
        return _without_host(before)
    return nearest(request.script_root + request.path)


def nearest(address: str) -> str:
    """Return an address of ours where it is a page's, else that of the nearest page above it; "" for none.

    What only takes forms is no page: opened as one, it says that this is not possible.
    """
    path = urlsplit(address).path
    if is_page(path):
        return address
    while (path := path.rpartition("/")[0]).strip("/"):
        if is_page(path):
            return path
    return ""


def is_page(path: str) -> bool:
    """Say whether something of ours can be opened at a path, in whatever language it is asked."""
    first, _, rest = path.removeprefix("/").partition("/")
    bare = f"/{rest}" if first in language.SPOKEN else path
    adapter = current_app.create_url_adapter(request)
    try:
        return adapter is not None and bool(adapter.match(unquote(bare), method="GET"))
    except HTTPException:  # also where it would lead elsewhere
        return False


def _without_host(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
