"""A contractor's page for one report: whoever has the link may answer, and needs no account."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from civicconnect import db, reports
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotFound
from civicconnect.media import Photo
from civicconnect.reports import Ended
from civicconnect.web import photos
from civicconnect.web.headers import secret
from civicconnect.web.photos import Faults
from civicconnect.web.words import read_catalog, translated

pages = Blueprint("contractor", __name__)
MOST_PHOTOS = 5


@pages.errorhandler(Ended)
def ended(fault: Ended) -> ResponseReturnValue:
    """Say why a link that was one of ours works no more."""
    page = render_template("errors/refusal.html", code=410, title=_("This link works no more"),
                           advice=translated(fault.sentence), typed=())
    return secret(make_response(page, 410))


@pages.get("/work/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show the work, and all that can be said of it."""
    return _page(token, "", {}, ())


def _page(token: str, form: str, faults: Faults, kept: tuple[Photo, ...], status: int = 200) -> Response:
    """Show the page. form: which of its forms was refused; kept: the photos that came with it."""
    offer = read_catalog()
    with db.reading() as view:
        given = reports.work_at(view, token)
        beside = reports.around(view, given.report, areas=False)
        entries = reports.timeline(view, given.report, internal=True)
        mine = [entry for entry in entries
                if entry.actor == f"contractor:{given.contractor.id}" and entry.seq > given.commission.seq]
    service = offer.services[offer.service_codes[given.report.service_id]]
    department = offer.departments[offer.department_codes[given.report.department_id]]
    return secret(make_response(render_template(
        "contractor/work.html", given=given, made=given.commission, report=given.report, token=token,
        service=service, department=department, beside=beside, entries=entries, mine=mine, form=form,
        faults=faults, typed=request.form, tokens=[photos.token_of(photo) for photo in kept],
        shown=_shown(given, beside)), status))


def _shown(given: reports.Given, beside: reports.Around) -> tuple[str, ...]:
    """Return the photos of the report that a contractor sees: none that the city hides from everybody."""
    if not given.commission.with_photos:
        return ()
    return tuple(digest for digest in beside.photos if beside.states.get(digest) != "hidden")


@pages.get("/work/<token>/<digest>.<any(jpg, webp):kind>")
def photo(token: str, digest: str, kind: str) -> Response:
    """Send a photo of the work: of the report, or of what the contractor has sent."""
    size, mimetype = {"jpg": ("full", "image/jpeg"), "webp": ("small", "image/webp")}[kind]
    with db.reading() as view:
        given = reports.work_at(view, token)
        beside = reports.around(view, given.report, areas=False)
        if digest not in _shown(given, beside):
            raise NotFound("there is no such photo here")
    answer = send_file(photos.store().path(digest, size), mimetype=mimetype)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return secret(answer)


@pages.post("/work/<token>/accept")
def accept(token: str) -> ResponseReturnValue:
    """Say that one does it."""
    return _change(token, "accept", lambda change, _photos: reports.accept_work(change, token))


@pages.post("/work/<token>/refuse")
def refuse(token: str) -> ResponseReturnValue:
    """Say why one does not do it."""
    reason = request.form.get("reason", "")
    return _change(token, "refuse", lambda change, _photos: reports.refuse_work(change, token, reason))


@pages.post("/work/<token>/comment")
def comment(token: str) -> ResponseReturnValue:
    """Tell the city something, with photos."""
    words, proposed = request.form.get("note", ""), request.form.get("for") == "all"
    return _change(token, "comment", lambda change, sent: reports.comment_on_work(
        change, token, words, sent, proposed=proposed))


@pages.post("/work/<token>/done")
def finish(token: str) -> ResponseReturnValue:
    """Say that it is done."""
    words = request.form.get("note", "")
    return _change(token, "done", lambda change, sent: reports.finish_work(change, token, words, sent))


def _change(
    token: str, form: str, do: Callable[[Db, tuple[Photo, ...]], object]
) -> ResponseReturnValue:
    """Do what a form of the page asks for; where it is refused, show it again with every word."""
    with db.reading() as view:
        reports.work_at(view, token)  # before any photo of a stranger is decoded
    faults: Faults = {}
    sent = photos.read_photos(request, MOST_PHOTOS, faults) if form in ("comment", "done") else ()
    try:
        if faults:
            raise Invalid(faults)
        with transaction() as change:
            do(change, sent)
    except Invalid as fault:
        return _page(token, form, {"note" if name == "words" else name: words
                                   for name, words in fault.fields.items()}, sent, 422)
    except Conflict as fault:
        return _page(token, form, {"form": [fault.sentence]}, sent, 409)
    return redirect(url_for("contractor.show", token=token), 303)
