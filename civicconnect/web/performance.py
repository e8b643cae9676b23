"""How long people wait, for everybody to see."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from civicconnect import measures, opendata
from civicconnect.web.words import read_catalog

pages = Blueprint("performance", __name__)


@pages.get("/performance")
def index() -> ResponseReturnValue:
    """Show median and eight in ten, by service, open reports counted."""
    publication = opendata.newest()
    figures = measures.performance(publication) if publication else None
    return render_template("performance/index.html", figures=figures, least=measures.LEAST,
                           catalog=read_catalog())
