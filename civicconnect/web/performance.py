"""How long people wait, and how good suggestions are, for everybody to see."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from civicconnect import db, measures, opendata, routing, sla
from civicconnect.errors import NotFound
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


@pages.get("/performance/suggestion")
def suggestion() -> str:
    """Show how often a suggestion was right on reports it had not learned from, and what it mistook."""
    offer, record = read_catalog(), routing.read_record(routing.models_folder())
    return render_template(
        "performance/suggestion.html", catalog=offer, record=record, confidence=routing.CONFIDENCE,
        confusion=routing.published(record, _kept_back()) if record else None, least=measures.LEAST,
        least_in_a_row=routing.LEAST_IN_A_ROW)


@pages.get("/performance/suggestion.csv")
def suggestion_csv() -> Response:
    """Send the confusion matrix as a file."""
    record = routing.read_record(routing.models_folder())
    if record is None:
        raise NotFound("no model is trained here")
    return Response(routing.as_csv(routing.published(record, _kept_back())), mimetype="text/csv", headers={
        "Content-Disposition": "attachment; filename=suggestion.csv", "Access-Control-Allow-Origin": "*"})


def _kept_back() -> set[str]:
    """Return the services whose reports strangers do not see: not even how many there were."""
    return {service.code for service in read_catalog().services.values() if service.visibility != "public"}
