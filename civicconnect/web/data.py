"""The open data: a catalogue, a dictionary, and files anyone can hold."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, send_file
from flask.typing import ResponseReturnValue

from civicconnect import db, opendata, reports
from civicconnect.errors import NotFound, Sentence
from civicconnect.web import errors
from civicconnect.web.words import read_catalog, translated

pages = Blueprint("data", __name__)
MOST = 20  # corrections on the page; all of them are in the file
GONE = Sentence("This version is no longer kept. The page Open data has the newest one, and the newest of "
                "those that are kept for ever.")


@pages.errorhandler(NotFound)
def refused(fault: NotFound) -> ResponseReturnValue:
    """Say in the page of the refusal why there is nothing, where there was something once."""
    said = fault.sentence
    return errors.page(404, translated(said) if isinstance(said, Sentence) else "")


@pages.get("/data")
def index() -> ResponseReturnValue:
    """Show what there is, in which formats, and what every column says."""
    publication = opendata.newest()
    with db.reading() as db_:
        shown = reports.columns(reports.layers(db_, read_catalog().city.limit_layer))
    return render_template("data/index.html", publication=publication, citable=opendata.citable(),
                           corrections=opendata.corrections()[:MOST], formats=opendata.FORMATS,
                           datasets=opendata.dictionary(shown))


@pages.get("/data/reports.<format_>")
def newest(format_: str) -> Response:
    """Send the newest version in one format; it may be a minute old."""
    return _file("", f"reports.{format_}", max_age=15)


@pages.get("/data/v/<version>/<name>")
def version(version: str, name: str) -> Response:
    """Send a file of a version. What must be taken out of it is out of every copy at the next look."""
    return _file(version, name, max_age=0)


@pages.get("/data/corrections.csv")
def corrections() -> Response:
    """Send what was taken out of versions that stood, by report."""
    answer = Response(opendata.corrections_csv(), mimetype="text/csv")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _file(version: str, name: str, max_age: int) -> Response:
    publication = opendata.newest(version)
    if publication is None or name not in publication.manifest["files"]:
        raise NotFound(GONE if opendata.is_gone(version) else f"no version holds {name}")
    kind = name.rpartition(".")[2]
    try:
        answer = send_file(publication.folder / name, mimetype=opendata.FORMATS.get(kind, ""),
                           max_age=max_age, conditional=True, download_name=name)
    except FileNotFoundError:  # cleared away since the line above
        raise NotFound(GONE) from None
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["X-Publication-Version"] = publication.version
    return answer
