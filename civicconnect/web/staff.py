"""The staff's pages: one report, and the steps to take. The queue is in `desk`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import db, notify, reports
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid
from civicconnect.media import Photo
from civicconnect.reports import Report
from civicconnect.web import photos, replies, report_desk
from civicconnect.web.photos import Faults
from civicconnect.web.report_desk import Preview, Shown, last_public, mark_of, page, seen_of
from civicconnect.web.words import read_catalog

actor = report_desk.actor  # every page of staff asks for it here
MOST_PHOTOS = 5  # of the finished work
pages = Blueprint("staff", __name__, url_prefix="/staff")


@pages.get("")
@auth_required("session")
def home() -> ResponseReturnValue:
    """Go to the queue: that is where the work is."""
    return redirect(url_for("staff.show_queue"))


@pages.get("/reports/<reference>")
@auth_required("session")
def show(reference: str) -> ResponseReturnValue:
    """Show one report with everything on its timeline and the steps that are possible now."""
    return page(reference)


@pages.post("/reports/<reference>/steps")
@auth_required("session")
def take_step(reference: str) -> ResponseReturnValue:
    """Take one step, or say beside the field what is owed for it."""
    given = request.form.to_dict()
    unread: Faults = {}
    done = photos.read_photos(request, MOST_PHOTOS, unread)
    if given.get("looked") and not unread and given["looked"] != mark_of(given, done):
        return _look(reference, given, done, unread)  # other words than those that were looked at
    return _try(reference, given, done, unread, transaction, lambda *_: None)


@pages.post("/reports/<reference>/preview")
@auth_required("session")
def preview(reference: str) -> ResponseReturnValue:
    """Show who would be told of a step and what they would read. Nothing is written."""
    unread: Faults = {}
    done = photos.read_photos(request, MOST_PHOTOS, unread)
    return _look(reference, request.form.to_dict(), done, unread)


def _look(
    reference: str, given: dict[str, Any], done: Sequence[Photo], unread: Faults
) -> ResponseReturnValue:
    def look(db_: Db, report: Report, given: Mapping[str, Any]) -> Preview:
        letters = notify.preview(db_, report, given.get("verb", ""))
        return Preview(letters, last_public(db_, report), mark_of(given, done))

    return _try(reference, given, done, unread, db.rehearsal, look)


def _try(
    reference: str, given: dict[str, Any], done: Sequence[Photo], unread: Faults,
    block: Callable[[], AbstractContextManager[Db]],
    look: Callable[[Db, Report, Mapping[str, Any]], Preview | None],
) -> ResponseReturnValue:
    """Take a step in a transaction or a rehearsal, or show what stands against it beside its form."""
    offer, seen = read_catalog(), seen_of(given)
    kept = {"photo_tokens": [photos.token_of(photo) for photo in done]}
    try:
        if unread:
            raise Invalid(unread)
        with block() as db_:
            me = actor(db_)
            given = replies.with_reply(db_, offer, reports.find(db_, reference, me), given)
            report = reports.transition(db_, me, reference, given.get("verb", ""), given, seen=seen,
                                        photos=done)
            looked = look(db_, report, given)
    except Invalid as fault:
        return page(reference, Shown(fault.fields, given | kept)), 422
    except Conflict as fault:
        return page(reference, Shown({"verb": [fault.sentence]}, given | kept, seen=seen)), 409
    if looked is None:
        return redirect(url_for("staff.show", reference=reference), 303)
    return page(reference, Shown(typed=given | kept, preview=looked))


@pages.post("/reports/<reference>/notes")
@auth_required("session")
def add_note(reference: str) -> ResponseReturnValue:
    """Write a note that only colleagues see; once, however often its form is sent with the same words."""
    words, form = request.form.get("note", ""), request.form.get("form", "")
    # Gone back to, the page has its old form: other words in it are another note.
    sent = str(uuid5(NAMESPACE_OID, f"{form} {reference} {words}")) if form else ""
    try:
        with transaction() as db_:
            me = actor(db_)
            reports.once(db_, me, sent, [reference, words],
                         lambda: reports.note(db_, me, reference, words).number)
    except Invalid as fault:
        return page(reference, Shown(fault.fields, {"note": words})), 422
    return redirect(url_for("staff.show", reference=reference), 303)


@pages.post("/reports/<reference>/contact")
@auth_required("session")
def show_contact(reference: str) -> ResponseReturnValue:
    """Show how to reach the resident; the timeline keeps who looked."""
    with transaction() as db_:
        found = reports.contact(db_, actor(db_), reference)
    return page(reference, Shown(contact=found))
