"""The resident's pages: report a problem, see what becomes of it."""

from __future__ import annotations

from uuid import uuid4

from flask import (
    Blueprint,
    Response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from civicconnect import accounts, clock, db, geo, reports, routing
from civicconnect.accounts import Actor
from civicconnect.catalog import Department, Service
from civicconnect.db import Db, transaction
from civicconnect.errors import Invalid, NotFound
from civicconnect.geo import Point
from civicconnect.reports import Likely
from civicconnect.web import one_report, photos, report_form, telling
from civicconnect.web.language import chosen
from civicconnect.web.place import Here, Spot, look, read_spot
from civicconnect.web.report_form import Sent
from civicconnect.web.usual import Usual, usual
from civicconnect.web.words import read_catalog, say

pages = Blueprint("resident", __name__)
RESIDENT = Actor("resident", "resident")
MANY = 20  # services; more of them stand in groups that open


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
    here = _look(spot.centre, request.args.get("address", "")[:200]) if spot.is_chosen else None
    if here and not here.is_inside:
        return _ask_where(spot, {"place": [_outside()]}), 422
    service = offer.services.get(spot.service)
    if service and (service.stopped({}) or not offer.offers(service, clock.now())):
        return _stop(service, spot, here)
    if here is None:
        return _ask_where(spot, {})
    if service is None:
        return _ask_what(spot, here)
    return _ask_rest(Sent({"lat": str(spot.centre.lat), "long": str(spot.centre.long),
                           "address": here.address, "service": service.code}, uuid4(), spot.centre), {})


def _look(point: Point, address: str) -> Here:
    with db.reading() as db_:
        return look(db_, point, address, read_catalog().city, clock.now())


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
                           service=read_catalog().services.get(spot.service), faults=faults)


def _ask_what(spot: Spot, here: Here | None, resting: Service | None = None) -> str:
    """Ask what it is. Without a place, that is asked next; `resting` is what was asked for in vain."""
    offered = read_catalog().offered(clock.now())
    return render_template("resident/what.html", spot=spot, here=here, offered=offered, resting=resting,
                           is_long=sum(len(services) for _group, services in offered) > MANY)


def _stop(service: Service, spot: Spot, here: Here | None) -> str:
    """Say why a service takes no report now, and what to do instead."""
    if not read_catalog().offers(service, clock.now()):
        return _ask_what(spot, here, service)
    return render_template("resident/stopped.html", spot=spot, here=here, service=service,
                           stopper=service.stopped({}))


def _ask_rest(sent: Sent, faults: dict[str, list[str]]) -> str:
    offer = read_catalog()
    service = offer.services.get(sent.value("service"))
    if service is None:
        raise NotFound("the service of this form is not offered")
    here = _look(sent.point, sent.value("address")) if sent.point else None
    return render_template(
        "resident/details.html", sent=sent, faults=report_form.in_order(faults), service=service, here=here,
        department=_who_answers(service, here) if here else None, catalog=offer,
        already=_already(sent, service) if sent.point and request.method == "GET" else [],
        usual=_usually(service, here), is_told_in_full=telling.is_told_in_full(service))


def _usually(service: Service, here: Here | None) -> Usual | None:
    """Return how long such reports usually take here."""
    with db.reading() as db_:
        return usual(db_, service.code, here.areas if here else ())


def _already(sent: Sent, service: Service) -> list[Likely]:
    """Return open reports that may tell of the same thing."""
    assert sent.point is not None  # noqa: S101  the caller looked
    with db.reading() as db_:
        return reports.likely(db_, read_catalog(), sent.point, service.code, clock.now(),
                              sent.value("description"))


def _who_answers(service: Service, here: Here) -> Department:
    """Return the department that would answer here, as far as the place decides it."""
    offer = read_catalog()
    with db.reading() as db_:
        rules = routing.rule_book(db_)
    decision = rules.decide(service.code, [f"{a.layer}:{a.code}" for a in here.found], {},
                            offer.departments, service.department, offer.city.catch_all)
    return offer.departments[decision.department]


@pages.post("/reports")
def submit() -> ResponseReturnValue:
    """Take in a report: the photos first, then everything in one commit."""
    offer = read_catalog()
    sent = report_form.read(request, offer)
    service = offer.services.get(sent.value("service"))
    try:
        new = report_form.report_from(sent, offer, chosen())
        with transaction() as db_:
            receipt = reports.submit(db_, RESIDENT, new)
    except Invalid as fault:
        if service is None:
            raise
        if service.stopped({}):
            return _stop(service, Spot(Point(*offer.city.centre), 14, is_chosen=False), None), 422
        return _ask_rest(sent, fault.fields), 422
    return redirect(url_for("resident.show", reference=receipt.reference, sent=1,
                            key=reports.own_key(new.id)), 303)


@pages.get("/report/photo/<token>")
def kept(token: str) -> Response:
    """Show a photo that a form still carries along."""
    photo = photos.kept_photo(token)
    if photo is None:
        raise NotFound("no photo is kept under this name")
    return send_file(photos.store().path(photo.digest, "small"), mimetype="image/webp", max_age=600)


@pages.get("/media/<digest>.<kind>")
def photo(digest: str, kind: str) -> Response:
    """Send a photo of a report: of a public one to everybody, of another one to who may see it."""
    size, mimetype = {"jpg": ("full", "image/jpeg"), "webp": ("small", "image/webp")}.get(
        kind, ("", ""))
    with db.reading() as db_:
        is_public = bool(size) and reports.photo_is_public(db_, digest)
        if not size or not (is_public or _is_theirs(db_, digest)):
            raise NotFound("there is no such photo here")
    answer = send_file(photos.store().path(digest, size), mimetype=mimetype, max_age=3600)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if not is_public:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_theirs(db_: Db, digest: str) -> bool:
    """Say whether whoever asks sent the photo, by its report's key, or works on its report."""
    own = reports.find_own(db_, request.args.get("report", ""), request.args.get("key", ""))
    if own is not None:
        return digest in reports.around(db_, own).photos
    return bool(current_user.is_authenticated) and reports.photo_is_seen_by(
        db_, accounts.actor_of(db_, current_user.id), digest)


@pages.get("/reports/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Show one report: where it stands, who has it, by when, and everything that happened."""
    key = request.args.get("key", "")
    own = one_report.own_page(reference, key) if key else None
    return own or one_report.public_page(reference, RESIDENT)
