"""The moderators' pages: what waits for them, all they may do to one report, and its photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import accounts, db, geo, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import Invalid, NotAllowed, NotFound, Sentence
from civicconnect.geo import point_from
from civicconnect.media import Patch
from civicconnect.reports import Report
from civicconnect.web import photos
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.staff import actor
from civicconnect.web.words import REASON, read_catalog

pages = Blueprint("moderation", __name__, url_prefix="/staff")
MOST = 50  # reports and photos on a page; when they are done, the next
PATCHES = 4  # boxes that a form without a script has room for
SIDES = ("x", "y", "width", "height")


def moderator(db_: Db) -> Actor:
    """Return who is signed in; NotAllowed for whoever may not moderate."""
    found = actor(db_)
    if not found.may("moderate"):
        raise NotAllowed(Sentence("Your role may not moderate. Ask a supervisor."))
    return found


# What waits

@pages.get("/moderation")
@auth_required("session")
def index() -> ResponseReturnValue:
    """Show what people flagged, the newest first, and photos that nobody has looked at."""
    with db.reading() as db_:
        me = moderator(db_)
        flagged = reports.flagged(db_, me, MOST)
        waiting = reports.photos_waiting(db_, me, MOST)
        total = reports.count_to_moderate(db_, me)
    return render_template("staff/moderation.html", flagged=flagged, waiting=waiting, total=total,
                           catalog=read_catalog())


@pages.post("/moderation/<reference>/keep")
@auth_required("session")
def keep(reference: str) -> ResponseReturnValue:
    """Say that somebody looked at what people flagged, and nothing is to do."""
    with transaction() as db_:
        reports.keep(db_, moderator(db_), reference)
    return redirect(url_for("moderation.index"), 303)


# One report

@pages.get("/reports/<reference>/moderation")
@auth_required("session")
def show(reference: str) -> ResponseReturnValue:
    """Show all that a moderator may do to a report, and every version of its words."""
    return _page(reference, "", {})


def _page(reference: str, form: str, faults: Faults) -> str:
    """Show the page. form: which of its forms the faults belong to."""
    words = request.args.get("q", "").strip()[:200]
    with db.reading() as db_:
        me = moderator(db_)
        report = reports.find(db_, reference, me)
        beside = reports.around(db_, report, areas=False)
        flags = reports.flags_of(db_, [report.number]).get(report.number, [])
        known = reports.versions(db_, report)
        found = geo.find_addresses(db_, words) if words else []
    if known.changed:  # a look, like one at contact details; as an event it would be in the way of colleagues
        with transaction() as change:
            accounts.note_audit(change, me, "versions", report.reference, {"changed": known.changed})
    offer = read_catalog()
    return render_template(
        "staff/moderate.html", report=report, beside=beside, flags=flags, written=known.written,
        entries=known.entries, found=found, words=words, form=form, faults=faults, typed=request.form,
        reasons=REASON.items(),
        catalog=offer, service=offer.services[offer.service_codes[report.service_id]])


def _change(reference: str, form: str, do: Callable[[Db, Actor], Report]) -> ResponseReturnValue:
    """Do what a form of the page asks for; where it is refused, show it again with every word."""
    try:
        with transaction() as db_:
            do(db_, moderator(db_))
    except Invalid as fault:
        return _page(reference, form, fault.fields), 422
    return _back(reference)


def _back(reference: str) -> ResponseReturnValue:
    if request.form.get("back") == "queue":
        return redirect(url_for("moderation.index"), 303)
    return redirect(url_for("moderation.show", reference=reference), 303)


def _why() -> tuple[str, str]:
    return request.form.get("because", ""), request.form.get("why", "")


@pages.post("/reports/<reference>/hide")
@auth_required("session")
def hide(reference: str) -> ResponseReturnValue:
    """Let nobody see a report but its sender and staff."""
    return _change(reference, "hide", lambda db_, me: reports.hide(db_, me, reference, *_why()))


@pages.post("/reports/<reference>/show")
@auth_required("session")
def show_again(reference: str) -> ResponseReturnValue:
    """Let those see a report again who saw it before."""
    return _change(reference, "show", lambda db_, me: reports.show(db_, me, reference))


@pages.post("/reports/<reference>/words")
@auth_required("session")
def rewrite(reference: str) -> ResponseReturnValue:
    """Replace for everybody what somebody wrote."""
    seq = whole(request.form.get("seq", ""), 0)
    words, address = request.form.get("words", ""), request.form.get("address")
    return _change(reference, f"words-{seq}", lambda db_, me: reports.rewrite(
        db_, me, reference, seq, words, *_why(), address=address))


@pages.post("/reports/<reference>/move")
@auth_required("session")
def move(reference: str) -> ResponseReturnValue:
    """Put a report where it belongs: at an address that was found, or at the figures typed."""
    def put(db_: Db, me: Actor) -> Report:
        lat, _comma, rest = request.form.get("place", "").partition(",")
        long, _comma, label = rest.partition(",")
        typed = (request.form.get("lat", ""), request.form.get("long", ""))
        point = point_from(lat, long) if lat else point_from(*typed)
        return reports.move(db_, me, reference, point, label or request.form.get("address", ""))
    return _change(reference, "move", put)


# One photo

@pages.get("/reports/<reference>/photos/<digest>")
@auth_required("session")
def show_photo(reference: str, digest: str) -> ResponseReturnValue:
    """Show one photo, and all that a moderator may do to it."""
    return _photo(reference, digest, "", {})


def _photo(reference: str, digest: str, form: str, faults: Faults) -> str:
    with db.reading() as db_:
        report = reports.find(db_, reference, moderator(db_))
        beside = reports.around(db_, report)
        also = [one for one, _photo in reports.shared_photo(db_, report.number, digest)
                if one.number != report.number]
    if digest not in beside.photos + beside.finished:
        raise NotFound("this report has no such photo")
    return render_template(
        "staff/photo.html", report=report, digest=digest, also=also, state=beside.states.get(digest, "shown"),
        is_sealed=digest in beside.sealed, patches=PATCHES, sides=SIDES, form=form, faults=faults,
        typed=request.form, reasons=REASON.items())


@pages.post("/reports/<reference>/photos/<digest>/<any(show, hide, blur):verb>")
@auth_required("session")
def change_photo(reference: str, digest: str, verb: str) -> ResponseReturnValue:
    """Let a photo be seen, hide it, or put a blurred one in its place."""
    try:
        with transaction() as db_:
            me = moderator(db_)
            if verb == "show":
                reports.show_photo(db_, me, reference, digest)
            elif verb == "hide":
                reports.hide_photo(db_, me, reference, digest, *_why())
            else:
                reports.blur(db_, me, photos.store(), reference, digest, _patches(request.form), *_why())
    except Invalid as fault:
        return _photo(reference, digest, verb, fault.fields), 422
    return _back(reference)


def _patches(form: Mapping[str, str]) -> list[Patch]:
    """Return the boxes of a form; rows without any figure are left out. Raises Invalid."""
    rows = [[form.get(f"{side}-{row}", "").strip().replace(",", ".") for side in SIDES]
            for row in range(PATCHES)]
    return [Patch(*(_figure(text) for text in row)) for row in rows if any(row)]


def _figure(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0  # which no box may be


@pages.post("/reports/<reference>/photos/<digest>/reveal")
@auth_required("session")
def reveal(reference: str, digest: str) -> ResponseReturnValue:
    """Send the original of a blurred photo; the timeline keeps who looked, and why."""
    try:
        with transaction() as db_:
            found = reports.reveal(db_, moderator(db_), photos.store(), reference, digest,
                                   request.form.get("reason", ""))
    except Invalid as fault:
        return _photo(reference, digest, "reveal", fault.fields), 422
    return Response(found, mimetype="image/jpeg", headers={
        "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; sandbox"})
