"""What somebody typed about a problem: services to choose from, and the beginning of the description."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from civicconnect import clock, routing
from civicconnect.catalog import Service
from civicconnect.web.place import LONGEST, read_words
from civicconnect.web.words import read_catalog

pages = Blueprint("suggestion", __name__)
# What the form's address says of a place, and of what goes along, with the most letters of each.
ALONG = {"lat": LONGEST, "long": LONGEST, "area": LONGEST, "address": LONGEST, "photo": 300, "draft": 36}


def suggested(words: str) -> list[Service]:
    """Return the services that words may be about, the most probable first."""
    offer = read_catalog()
    model = routing.read_model(routing.models_folder()) if words else None
    return [offer.services[one.service] for one in routing.suggest(words, offer, clock.now(), model)]


def as_description(words: str) -> str:
    """Return what of the words describes the problem: one word alone was a search for a service's name."""
    return words if " " in words or routing.is_unspaced(words) else ""


@pages.get("/report/suggestions")
def fragment() -> ResponseReturnValue:
    """Answer while somebody types: a part of the page "What is it?", with up to three links.

    The place goes into the links as it came; the page behind them looks at it.
    """
    words = read_words(request.args)
    place = {name: request.args[name][:most] for name, most in ALONG.items() if request.args.get(name)}
    return render_template("resident/suggestions.html", found=suggested(words), words=words, at=place)
