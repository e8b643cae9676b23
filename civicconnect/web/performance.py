"""How long people wait, for everybody to see."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from civicconnect import db, measures, opendata, sla
from civicconnect.web.words import read_catalog

pages = Blueprint("performance", __name__)


@pages.get("/performance")
def index() -> ResponseReturnValue:
    """Show median and eight in ten, by service, open reports counted; on request as of an earlier day."""
    offer, asked = read_catalog(), request.args.get("as_of", "").strip()[:40]
    then, fault = None, ""
    if asked:
        try:
            then = _end_of(asked, offer.city.time_zone)
        except (ValueError, OverflowError):
            fault = _("Write the day as year-month-day, like 2026-11-30.")
    publication = opendata.newest()
    figures = measures.performance(publication, then) if publication else None
    with db.reading() as db_:
        told = sum(one.is_told and not one.area for one in sla.expectations(db_))
    return render_template("performance/index.html", figures=figures, told=told, least=measures.LEAST,
                           catalog=offer, asked=asked, fault=fault, then=then), 422 if fault else 200


def _end_of(words: str, zone: str) -> datetime:
    day = date.fromisoformat(words)
    if day.isoformat() != words:  # "20261130" and "2026-W49-1" are days too, but no form shows them again
        raise ValueError(words)
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)
