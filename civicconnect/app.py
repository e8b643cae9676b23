"""The roof: puts the rooms together for one city, and owns nothing itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from civicconnect import clock, db, jobs, opendata, reports, settings, web
from civicconnect.db import Database, Db
from civicconnect.jobs import Handler
from civicconnect.settings import Settings


def create_app(given: Settings, database: Database | None = None) -> Flask:
    """Build the web application of one city."""
    opened = database or db.open_database(given.url_of_database)
    app = Flask(__name__, static_folder=None, template_folder=str(settings.home() / "templates"))
    inner = app.wsgi_app

    def bound(environ: Mapping[str, Any], start_response: Any) -> Any:
        # Set for good, not for a block: a streamed answer is still read after this returns.
        settings.use(given)
        db.use(opened)
        return inner(environ, start_response)  # type: ignore[arg-type]

    app.wsgi_app = bound  # type: ignore[method-assign]
    web.furnish(app, given)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return app


def _on_event(db_: Db, event: dict[str, Any]) -> None:
    """What follows from an event, by its verb."""
    if event["verb"] not in ("note", "look"):  # steps that strangers never see
        opendata.request_publication(db_)


def _publish(db_: Db, _: dict[str, Any]) -> None:
    opendata.publish(db_)


def _seal(db_: Db, _: dict[str, Any]) -> None:
    """Keep today's root of all timelines outside the database."""
    file = seal_file(clock.now().date().isoformat())
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.write_text(reports.root_text(reports.root(db_)) + "\n", encoding="utf-8")


def seal_file(day: str) -> Path:
    """Return where the root of a day is kept."""
    return settings.current().data_folder / "seals" / f"{day}.json"


def handlers() -> dict[str, Handler]:
    """Return what is done for each kind of job."""
    return {
        "event": Handler(_on_event),
        "publish": Handler(_publish, reads=True),
        "seal": Handler(_seal, reads=True),
    }


def schedule() -> None:
    """Ask for what is due by the calendar; the worker calls this at every sign of life."""
    with db.transaction() as db_:
        if not seal_file(clock.now().date().isoformat()).exists():
            jobs.enqueue(db_, "seal", key="seal")
        if opendata.newest() is None:
            opendata.request_publication(db_)
