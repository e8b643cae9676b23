"""The resident's pages: report a problem, see what becomes of it, read the others."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    redirect,
    render_template,
    request,
    send_file,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from civicconnect import clock, db, geo, reports
from civicconnect.accounts import Actor
from civicconnect.db import transaction
from civicconnect.errors import Invalid, NotFound
from civicconnect.geo import Pin, Point, View, point_from
from civicconnect.reports import Filter
from civicconnect.web import report_form
from civicconnect.web.given import whole
from civicconnect.web.language import chosen
from civicconnect.web.place import HEIGHT, WIDTH, Spot, read_spot
from civicconnect.web.report_form import Sent
from civicconnect.web.words import read_catalog, say

pages = Blueprint("resident", __name__)
RESIDENT = Actor("resident", "resident")
PAGE = 20


@pages.get("/")
def home() -> ResponseReturnValue:
    """Show the way to the form, and what was reported last."""
    offer = read_catalog()
    with db.reading() as db_:
        latest = list(db_.scalars(reports.public_reports([]).limit(5)))
    return render_template("resident/home.html", latest=latest, catalog=offer)


@pages.get("/report")
def form() -> ResponseReturnValue:
    """Ask where, then what, then the rest: each step is an address of its own."""
    offer = read_catalog()
    try:
        spot, was_moved = read_spot(request.args, offer.city)
    except Invalid as fault:
        start = Spot(Point(*offer.city.centre), 14, is_chosen=False)
        return _ask_where(start, fault.fields), 422
    if was_moved:
        return redirect(spot.at())
    if not spot.is_chosen:
        return _ask_where(spot, {})
    with db.reading() as db_:
        areas = geo.areas_at(db_, spot.centre, _today())
        address = request.args.get("address", "")[:200] or geo.describe(db_, spot.centre)
    limit = offer.city.limit_layer
    if limit and not any(area.layer == limit for area in areas):
        return _ask_where(spot, {"place": [_outside()]}), 422
    service = offer.services.get(spot.service)
    if service is None or not service.active:
        return render_template("resident/what.html", spot=spot, address=address, catalog=offer,
                               areas=[a for a in areas if a.layer != limit])
    sent = Sent({"lat": str(spot.centre.lat), "long": str(spot.centre.long), "address": address,
                 "service": service.code}, id=uuid4(), point=spot.centre)
    return _ask_rest(sent, {})


def _outside() -> str:
    return str(_("This place is outside %(city)s. Choose a place inside the city; for one beyond it, "
                 "ask the council that looks after it.", city=say(read_catalog().city.name)))


def _ask_where(spot: Spot, faults: dict[str, list[str]]) -> str:
    words = request.args.get("q", "").strip()[:200]
    found = []
    if words:
        with db.reading() as db_:
            found = geo.find_addresses(db_, words)
        if not found and not faults:
            faults = {"q": [_("We found no such address in the city. Try the street alone, or tap "
                              "the map.")]}
    return render_template("resident/where.html", spot=spot, words=words, found=found,
                           faults=faults)


def _ask_rest(sent: Sent, faults: dict[str, list[str]]) -> str:
    service = read_catalog().services.get(sent.value("service"))
    if service is None:
        raise NotFound("the service of this form is not offered")
    return render_template("resident/details.html", sent=sent, faults=faults, service=service)


@pages.post("/reports")
def submit() -> ResponseReturnValue:
    """Take in a report: the photo first, then everything in one commit."""
    sent = report_form.read(request)
    try:
        new = report_form.report_from(sent, read_catalog(), chosen())
        if not sent.value("website"):  # people do not see this field; programs fill it in
            with transaction() as db_:
                receipt = reports.submit(db_, RESIDENT, new)
            return redirect(url_for("resident.show", reference=receipt.reference, sent=1), 303)
        raise Invalid({"form": [_("Leave the field 'website' empty.")]})
    except Invalid as fault:
        if read_catalog().services.get(sent.value("service")) is None:
            raise
        return _ask_rest(sent, fault.fields), 422


@pages.get("/report/photo/<token>")
def kept(token: str) -> Response:
    """Show the photo that a form still carries along."""
    photo = report_form.kept_photo(token)
    if photo is None:
        raise NotFound("no photo is kept under this name")
    return send_file(report_form.store().path(photo.digest, "small"), mimetype="image/webp",
                     max_age=600)


@pages.get("/media/<digest>.<kind>")
def photo(digest: str, kind: str) -> Response:
    """Send a photo of a public report."""
    size, mimetype = {"jpg": ("full", "image/jpeg"), "webp": ("small", "image/webp")}.get(
        kind, ("", ""))
    with db.reading() as db_:
        if not size or not reports.photo_is_public(db_, digest):
            raise NotFound("there is no such photo here")
    answer = send_file(report_form.store().path(digest, size), mimetype=mimetype, max_age=3600)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@pages.get("/reports/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Show one report: where it stands, who has it, by when, and everything that happened."""
    with db.reading() as db_:
        report = reports.find(db_, reference, RESIDENT)
        beside = reports.around(db_, report)
        entries = reports.timeline(db_, report, internal=False)
    offer = read_catalog()
    return render_template(
        "resident/report.html", report=report, beside=beside, entries=entries, catalog=offer,
        service=offer.services[offer.service_codes[report.service_id]],
        department=offer.departments[offer.department_codes[report.department_id]],
        just_sent="sent" in request.args, now=clock.now(),
    )


def read_filter() -> tuple[Filter, list[Any]]:
    """Return the filter in the address, and its conditions."""
    offer = read_catalog()
    view = Filter(*(request.args.get(key, "")[:200].strip()
                    for key in ("service", "department", "status", "q")))
    services = {s.code: s.id for s in offer.services.values()}
    departments = {d.code: d.id for d in offer.departments.values()}
    return view, view.where(services, departments)


def read_page() -> int:
    """Return the page number in the address, from 1."""
    return max(whole(request.args.get("page", ""), 1), 1)


@pages.get("/reports")
def index() -> ResponseReturnValue:
    """List the public reports that fit the filter, newest first."""
    view, conditions = read_filter()
    page = read_page()
    asked = reports.public_reports(conditions)
    with db.reading() as db_:
        total = db_.scalar(select(func.count()).select_from(asked.order_by(None).subquery())) or 0
        found = list(db_.scalars(asked.limit(PAGE).offset((page - 1) * PAGE)))
    return render_template("resident/reports.html", view=view, found=found, total=total, page=page,
                           pages=max(1, -(-total // PAGE)), catalog=read_catalog())


@pages.get("/reports.csv")
def as_csv() -> Response:
    """Send the same view as CSV, live."""
    _, conditions = read_filter()
    offer = read_catalog()

    def lines() -> Iterator[str]:
        with db.reading() as db_:
            shown = reports.columns(reports.layers(db_, offer.city.limit_layer))
            yield _line([column.name for column in shown])
            for row in reports.public_rows(db_, offer, conditions):
                yield _line(reports.as_text(row, shown))

    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=reports.csv"
    return answer


@pages.get("/reports.geojson")
def as_geojson() -> Response:
    """Send the same view as GeoJSON, live."""
    _, conditions = read_filter()
    offer = read_catalog()

    def parts() -> Iterator[str]:
        yield '{"type":"FeatureCollection","features":['
        comma = ""
        with db.reading() as db_:
            for row in reports.public_rows(db_, offer, conditions):
                lat, long = row.pop("lat"), row.pop("long")
                place = None if lat is None else {"type": "Point", "coordinates": [long, lat]}
                feature = {"type": "Feature", "geometry": place, "properties": row}
                yield comma + json.dumps(feature, ensure_ascii=False, default=_rfc3339)
                comma = ",\n"
        yield "]}\n"

    return Response(stream_with_context(parts()), mimetype="application/geo+json")


def _rfc3339(instant: Any) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")  # type: ignore[no-any-return]


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


@pages.get("/map.svg")
def drawn_map() -> Response:
    """Draw the ground around a place, with a pin in the middle where one is asked for."""
    centre = point_from(request.args.get("lat", ""), request.args.get("long", ""))
    zoom = whole(request.args.get("zoom", ""), 16)
    view = View(centre, min(max(zoom, 10), 18), WIDTH, HEIGHT)
    pins = [Pin(centre, "here")] if "pin" in request.args else []
    with db.reading() as db_:
        drawing = geo.draw_map(db_, view, pins, _("Map"))
    return Response(drawing, mimetype="image/svg+xml",
                    headers={"Cache-Control": "public, max-age=3600"})


def _today() -> Any:
    return clock.now().astimezone(ZoneInfo(read_catalog().city.time_zone)).date()
