"""Is it alive, and is it ready? For whoever runs it."""

from __future__ import annotations

import shutil
from datetime import timedelta

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from civicconnect import clock, db, jobs, settings

pages = Blueprint("operator", __name__)
SILENCE = timedelta(seconds=90)
LEAST_FREE = 200 * 1024 * 1024


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(alive=True)


@pages.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Say whether database, worker and disk do their part: 200, or 503 with what is missing."""
    found = {"database": False, "worker": False, "disk": _disk()}
    try:
        with db.reading() as db_:
            db_.execute(text("SELECT 1"))
            beat = jobs.last_beat(db_)
        found["database"] = True
        found["worker"] = beat is not None and abs(clock.now() - beat) < SILENCE
    except DBAPIError:
        found["database"] = False
    return jsonify(found), 200 if all(found.values()) else 503


def _disk() -> bool:
    folder = settings.current().data_folder
    return folder.is_dir() and shutil.disk_usage(folder).free > LEAST_FREE
