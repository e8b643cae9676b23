"""The open data: a catalogue, a dictionary, and files anyone can hold."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, send_file
from flask.typing import ResponseReturnValue

from civicconnect import db, opendata, reports
from civicconnect.errors import NotFound
from civicconnect.web.words import read_catalog

pages = Blueprint("data", __name__)


@pages.get("/data")
def index() -> ResponseReturnValue:
    """Show what there is, in which formats, and what every column says."""
    publication = opendata.newest()
    with db.reading() as db_:
        shown = reports.columns(reports.layers(db_, read_catalog().city.limit_layer))
    return render_template("data/index.html", publication=publication, formats=opendata.FORMATS,
                           datasets=opendata.dictionary(shown))


@pages.get("/data/reports.<format_>")
def newest(format_: str) -> Response:
    """Send the newest version in one format; it may be a minute old."""
    return _file("", f"reports.{format_}", max_age=15)


@pages.get("/data/v/<version>/<name>")
def version(version: str, name: str) -> Response:
    """Send a file of a version, which never changes."""
    return _file(version, name, max_age=31_536_000)


def _file(version: str, name: str, max_age: int) -> Response:
    publication = opendata.newest(version)
    if publication is None or name not in publication.manifest["files"]:
        raise NotFound(f"no version holds {name}")
    kind = name.rpartition(".")[2]
    answer = send_file(publication.folder / name, mimetype=opendata.FORMATS.get(kind, ""),
                       max_age=max_age, conditional=True, download_name=name)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["X-Publication-Version"] = publication.version
    return answer
