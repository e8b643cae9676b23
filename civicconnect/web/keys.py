"""The keyboard of the staff's pages: one table that the pages, their help and the script read.

A key presses what stands on the page: the element with that `data-key`, first in the line that is walked on.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import lazy_gettext as _l

COOKIE, OFF = "civic-keys", "off"
A_YEAR = 366 * 24 * 3600


@dataclass(frozen=True)
class Key:
    """One key, or two one after the other, and what it does."""

    keys: str
    words: str


KEYS = (
    Key("j", _l("Next line")), Key("k", _l("Line before")),
    Key("o", _l("Open the report; Enter does it too")), Key("x", _l("Select the line, or leave it out")),
    Key("a", _l("Assign it to me")), Key("c", _l("Close the report: go to what came of it")),
    Key("n", _l("Next report in my queue")), Key("t", _l("Enter a report by telephone")),
    Key("/", _l("Search")), Key("b", _l("Do something with what is selected")),
    Key("g q", _l("Go to the queue")), Key("g m", _l("Go to my own work")), Key("g v", _l("Go to the views")),
    Key("g i", _l("Go to the inbox")), Key("g k", _l("Go to the list of keys")),
    Key("Ctrl Enter", _l("Send the form that is written in")),
    Key("?", _l("Show these keys")),
)


def are_on() -> bool:
    """Say whether single keys do anything for this visitor."""
    return request.cookies.get(COOKIE) != OFF
