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
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import MultiDict

from civicconnect import accounts, clock, db, geo, reports
from civicconnect.accounts import Actor
from civicconnect.catalog import Department, Service
from civicconnect.db import Db, transaction
from civicconnect.errors import Invalid, NotFound
from civicconnect.geo import Point
from civicconnect.reports import Likely, NewReport, Work
from civicconnect.web import (
    device,
    errors,
    extent,
    in_json,
    one_report,
    personal,
    photos,
    report_form,
    suggestion,
    telling,
    untaken,
)
from civicconnect.web.language import chosen
from civicconnect.web.photos import Faults
from civicconnect.web.place import Here, Spot, inside, look, read_spot, read_words, seen_around, told_in_words
from civicconnect.web.report_form import Sent
from civicconnect.web.usual import Usual, usual
from civicconnect.web.words import read_catalog, say

pages = Blueprint("resident", __name__)
RESIDENT = Actor("resident", "resident")
NOT_CARRIED = {"csrf_token", "photo_kept", "do"}  # from the form to its preview and back
PHOTO_SECONDS = 30  # that copies of a public photo live unasked: what is hidden is gone within a minute
MANY = 20  # services; more of them stand in groups that open
pages.app_template_global("seen_around")(seen_around)


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
        in_words = _told_in_words()
    except Invalid as fault:
        start = Spot(Point(*offer.city.centre), 14, is_chosen=False,
                     service=request.args.get("service", "")[:80], words=read_words(request.args))
        return _ask_where(start, fault.fields), 422
    if was_moved:
        return redirect(spot.at())
    here = in_words or (_look(spot.centre, request.args.get("address", "")[:200]) if spot.is_chosen else None)
    if here and not here.is_inside:
        return _ask_where(spot, {"place": [_outside()]}), 422
    service = offer.services.get(spot.service)
    if service and (service.stopped({}) or not offer.offers(service, clock.now())):
        return _stop(service, spot, here)
    if here is None:
        return _ask_where(spot, {})
    if service is None:
        return _ask_what(spot, here)
    typed = {"service": service.code, "words": spot.words,
             "description": suggestion.as_description(spot.words)}
    taken = photos.kept_photo(spot.photo) if spot.photo and service.photos else None
    with_it = (taken,) if taken else ()
    if in_words:
        return _ask_rest(Sent({"area": request.args["area"], "address": here.address} | typed,
                              photos=with_it), {}, here)
    return _ask_rest(Sent({"lat": str(spot.centre.lat), "long": str(spot.centre.long),
                           "address": here.address} | typed, uuid4(), spot.centre, with_it), {}, here)


@pages.get("/report/photo")
def photo_first() -> ResponseReturnValue:
    """Ask for a photo first: whoever stands before the trouble has it at hand."""
    return render_template("resident/photo.html", faults={})


@pages.post("/report/photo")
def take_photo() -> ResponseReturnValue:
    """Take in the photo, and go on where it was taken, if it says so and that is in the city."""
    faults: Faults = {}
    found = photos.read_photos(request, 1, faults)
    if not found:
        return render_template("resident/photo.html", faults=faults or {"photo": [_("Choose a photo.")]}), 422
    token = photos.token_of(found[0])
    if found[0].place:
        place = Point(*found[0].place)
        if _look(place, "").is_inside:
            return redirect(url_for("resident.form", lat=place.lat, long=place.long, photo=token,
                                    taken=1), 303)
    return redirect(url_for("resident.form", photo=token), 303)


def _told_in_words() -> Here | None:
    with db.reading() as db_:
        return told_in_words(db_, request.args, clock.now(), read_catalog().city)


def _look(point: Point, address: str) -> Here:
    with db.reading() as db_:
        return look(db_, point, address, read_catalog().city, clock.now())


def _outside() -> str:
    return str(_("This place is outside %(city)s. Choose a place inside the city; for one beyond it, "
                 "ask the council that looks after it.", city=say(read_catalog().city.name)))


def _ask_where(spot: Spot, faults: dict[str, list[str]]) -> str:
    words = request.args.get("q", "").strip()[:200]
    offer, found = read_catalog(), []
    if words:
        with db.reading() as db_:
            known = geo.find_addresses(db_, words)
            found = inside(db_, known, offer.city, clock.now())
        if not found and not faults:
            faults = {"q": [_outside() if known else
                            _("We found no such address in the city. Try the street alone, or tap "
                              "the map.")]}
    with db.reading() as db_:
        parts = [area for area in geo.named_areas(db_, offer.city.day(clock.now())) if not area.until
                 and area.layer != offer.city.limit_layer]
    return render_template("resident/where.html", spot=spot, words=words, found=found, parts=parts,
                           layers=offer.city.layers, service=offer.services.get(spot.service), faults=faults)


def _ask_what(spot: Spot, here: Here | None, resting: Service | None = None) -> str:
    """Ask what it is. Without a place, that is asked next; `resting` is what was asked for in vain."""
    offered = read_catalog().offered(clock.now())
    return render_template("resident/what.html", spot=spot, here=here, offered=offered, resting=resting,
                           suggested=suggestion.suggested(spot.words),
                           is_long=sum(len(services) for _group, services in offered) > MANY)


def _stop(service: Service, spot: Spot, here: Here | None) -> str:
    """Say why a service takes no report now, and what to do instead."""
    if not read_catalog().offers(service, clock.now()):
        return _ask_what(spot, here, service)
    return render_template("resident/stopped.html", spot=spot, here=here, service=service,
                           stopper=service.stopped({}))


def _ask_rest(sent: Sent, faults: dict[str, list[str]], here: Here | None = None) -> str:
    """Ask for the rest; `here` is what stands at its place, where that was looked at already."""
    offer = read_catalog()
    service = offer.services.get(sent.value("service"))
    if service is None:
        raise NotFound("the service of this form is not offered")
    here = here or (_look(sent.point, sent.value("address")) if sent.point else _here_in_words(sent))
    return render_template(
        "resident/details.html", sent=sent, faults=report_form.in_order(faults), service=service, here=here,
        department=_who_answers(service, sent.point, here) if here else None, catalog=offer,
        street=_street(sent),
        already=_already(sent, service) if sent.point and request.method == "GET" else [],
        works=_planned(sent, service, here), usual=_usually(service, here),
        is_told_in_full=telling.is_told_in_full(service))


def _planned(sent: Sent, service: Service, here: Here | None) -> list[Work]:
    """Return what is planned at the place for the service."""
    if sent.point is None or here is None:
        return []
    with db.reading() as db_:
        return reports.works_at(db_, sent.point, service.id, [area.key for area in here.found],
                                read_catalog().city.day(clock.now()))


def _street(sent: Sent) -> str:
    """Return the street that the trouble may go all along; "" where no place was chosen on the map."""
    return extent.street_at(sent.value("address")) if sent.point else ""


def _usually(service: Service, here: Here | None) -> Usual | None:
    """Return how long such reports usually take here."""
    with db.reading() as db_:
        return usual(db_, service.code, here.areas if here else ())


def _here_in_words(sent: Sent) -> Here | None:
    """Return a place that a form tells in words alone; None where it tells none, or none that there is."""
    with db.reading() as db_:
        try:
            return told_in_words(db_, MultiDict(sent.values), clock.now(), read_catalog().city)
        except Invalid:
            return None


def _already(sent: Sent, service: Service) -> list[Likely]:
    """Return open reports that may tell of the same thing."""
    assert sent.point is not None  # noqa: S101  the caller looked
    with db.reading() as db_:
        return reports.likely(db_, read_catalog(), sent.point, service.code, clock.now(),
                              sent.value("description"),
                              [photo.likeness for photo in sent.photos if photo.likeness is not None])


def _who_answers(service: Service, point: Point | None, here: Here) -> Department:
    """Return the department that would answer here, as far as the place decides it."""
    offer = read_catalog()
    areas = [area.key for area in here.found]
    with db.reading() as db_:
        return offer.departments[reports.who_answers(db_, offer, service.code, point, areas, clock.now())]


@pages.post("/reports")
def submit() -> ResponseReturnValue:
    """Take in a report: the photos first, then everything in one commit. Answers as a page or in JSON."""
    offer = read_catalog()
    sent = report_form.read(request, offer)
    service = offer.services.get(sent.value("service"))
    do = sent.value("do")
    if do == "change":
        return _ask_rest(sent, sent.faults)  # a photo that is no longer kept is said so
    try:
        new = report_form.report_from(sent, offer, chosen())
        if do == "look":
            return _show_first(sent, new, offer.services[new.service])
        with transaction() as db_:
            receipt = reports.submit(db_, RESIDENT, new)
    except Invalid as fault:
        if in_json.is_wished():
            return in_json.faulty(fault.fields)
        if service is None:
            raise
        if service.stopped({}):
            return _stop(service, Spot(Point(*offer.city.centre), 14, is_chosen=False), None), 422
        return _ask_rest(sent, fault.fields), 422
    device.note_sent(receipt.reference)
    key = reports.own_key(new.id)
    if in_json.is_wished():
        return in_json.taken(receipt.reference,
                             url_for("resident.show", reference=receipt.reference, key=key))
    return redirect(url_for("resident.show", reference=receipt.reference, sent=1, key=key), 303)


@pages.errorhandler(CSRFError)
def stale(fault: CSRFError) -> ResponseReturnValue:
    """Show a report's form again that was open for too long, with everything in it. Nothing is taken in."""
    if request.endpoint != "resident.submit" or in_json.is_wished() or untaken.is_of_another_site():
        return errors.stale(fault)
    offer = read_catalog()
    sent = report_form.read(request, offer, takes_files=False)
    service = offer.services.get(sent.value("service"))
    if service is None or service.stopped({}) or not offer.offers(service, clock.now()):
        return errors.stale(fault)
    said = _("The page had been open for too long, and nothing was sent. Send it again.")
    return _ask_rest(sent, {"form": [said]} | sent.faults), 400


def _show_first(sent: Sent, new: NewReport, service: Service) -> str:
    """Show what everybody will see, before it is sent."""
    here = _look(new.point, new.address) if new.point else _here_in_words(sent)
    told = telling.before(new, service)
    carried = [(name, value) for name, value in sent.pairs() if name not in NOT_CARRIED]
    return render_template(
        "resident/preview.html", sent=sent, service=service, told=told, carried=carried,
        areas=here.areas if here else (), likely=_likely(told, service, new))


def _likely(told: telling.Told, service: Service, new: NewReport) -> list[personal.Likely]:
    """Return what may be personal in all that was typed and that everybody would read, each once."""
    free = {question.code for question in service.questions if question.kind == "text"}
    typed = [told.description, *(answer["answer"] for answer in told.answers if answer["code"] in free),
             *([] if new.point else [told.address])]
    return list(dict.fromkeys(one for text in typed for one in personal.personal(text, new.contact.name)))


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
    answer = send_file(photos.store().path(digest, size), mimetype=mimetype, max_age=PHOTO_SECONDS)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if not is_public:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_theirs(db_: Db, digest: str) -> bool:
    """Say whether whoever asks sent the photo, by its report's key, or works on its report."""
    own = reports.find_own(db_, request.args.get("report", ""), request.args.get("key", ""))
    if own is not None:
        beside = reports.around(db_, own)
        return digest in beside.photos + beside.finished
    return bool(current_user.is_authenticated) and reports.photo_is_seen_by(
        db_, accounts.actor_of(db_, current_user.id), digest)


@pages.get("/reports/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Show one report: where it stands, who has it, by when, and everything that happened."""
    key = request.args.get("key", "")
    own = one_report.own_page(reference, key) if key else None
    return own or one_report.public_page(reference, RESIDENT)
