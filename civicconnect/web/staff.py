"""The staff's pages: the queue, one report, and the steps to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import auth_required

from civicconnect import accounts, clock, db, notify, queue, reports
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed
from civicconnect.reports import lifecycle
from civicconnect.web import language, photos, replies
from civicconnect.web.filters import read_filter, read_page
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.words import read_catalog

MOST_PHOTOS = 5  # of the finished work
pages = Blueprint("staff", __name__, url_prefix="/staff")


def actor(db_: Db) -> Actor:
    """Return who is signed in, with what they may do; NotAllowed without a desk."""
    found = accounts.actor_of(db_, current_user.id)
    if not found.may("queue"):
        raise NotAllowed("this account has no queue")
    return found


@pages.get("")
@auth_required("session")
def home() -> ResponseReturnValue:
    """Go to the queue: that is where the work is."""
    return redirect(url_for("staff.show_queue"))


@pages.get("/queue")
@auth_required("session")
def show_queue() -> ResponseReturnValue:
    """Show what to look at next."""
    offer, view = read_catalog(), read_filter()
    with db.reading() as db_:
        me = actor(db_)
        work = queue.worklist(db_, me, view, offer, read_page())
        letters = reports.count_waiting(db_) if me.may("enter") else None
        tasks = reports.count_tasks(db_, me)
        to_moderate = reports.count_to_moderate(db_, me) if me.may("moderate") else None
    mine = [d for d in offer.departments.values() if me.may("see_all") or d.id in me.departments]
    return render_template("staff/queue.html", work=work, view=view, catalog=offer, mine=mine,
                           letters=letters, tasks=tasks, to_moderate=to_moderate)


@pages.get("/reports/<reference>")
@auth_required("session")
def show(reference: str) -> ResponseReturnValue:
    """Show one report with everything on its timeline and the steps that are possible now."""
    return _page(reference, {}, {})


def _page(
    reference: str, faults: Faults, typed: Mapping[str, Any], contact: ContactDetails | None = None
) -> str:
    offer, now = read_catalog(), clock.now()
    with db.reading() as db_:
        me = actor(db_)
        report = reports.find(db_, reference, me)
        beside = reports.around(db_, report)
        entries = reports.timeline(db_, report, internal=True)
        prepared = replies.replies(db_, offer, report)
        letters = notify.count_sent(db_, report.number)
        passing = reports.passing(db_, report, entries, now)
    steps = lifecycle.buttons(report.status, me)
    return render_template(
        "staff/report.html", report=report, beside=beside, entries=entries, catalog=offer, letters=letters,
        service=offer.services[offer.service_codes[report.service_id]],
        department=offer.departments[offer.department_codes[report.department_id]],
        steps=steps, replies={step.verb: [r for r in prepared if r.verb == step.verb] for step in steps},
        outcomes=lifecycle.OUTCOMES, passing=passing, may_step=me.may("step"),
        faults=faults, typed=typed, is_late=reports.is_late(report, now),
        may_note=me.may("note"), may_moderate=me.may("moderate"), contact=contact,
        # What whoever reported reads, where it is not what the clerk reads.
        spoken="" if report.language == language.chosen() else language.name(report.language),
    )


@pages.post("/reports/<reference>/steps")
@auth_required("session")
def take_step(reference: str) -> ResponseReturnValue:
    """Take one step, or say beside the field what is owed for it."""
    given = request.form.to_dict()
    seen = given.get("seen", "").strip()
    offer = read_catalog()
    unread: Faults = {}
    done = photos.read_photos(request, MOST_PHOTOS, unread)
    kept = {"photo_tokens": [photos.token_of(photo) for photo in done]}
    try:
        if unread:
            raise Invalid(unread)
        with transaction() as db_:
            me = actor(db_)
            given = replies.with_reply(db_, offer, reports.find(db_, reference, me), given)
            reports.transition(db_, me, reference, given.get("verb", ""), given,
                               seen=whole(seen, 0) if seen else None, photos=done)
    except Invalid as fault:
        return _page(reference, fault.fields, given | kept), 422
    except Conflict as fault:
        return _page(reference, {"verb": [fault.sentence]}, given | kept), 409
    return redirect(url_for("staff.show", reference=reference), 303)


@pages.post("/reports/<reference>/notes")
@auth_required("session")
def add_note(reference: str) -> ResponseReturnValue:
    """Write a note that only colleagues see."""
    words = request.form.get("note", "")
    try:
        with transaction() as db_:
            reports.note(db_, actor(db_), reference, words)
    except Invalid as fault:
        return _page(reference, fault.fields, {"note": words}), 422
    return redirect(url_for("staff.show", reference=reference), 303)


@pages.post("/reports/<reference>/contact")
@auth_required("session")
def show_contact(reference: str) -> ResponseReturnValue:
    """Show how to reach the resident; the timeline keeps who looked."""
    with transaction() as db_:
        found = reports.contact(db_, actor(db_), reference)
    return _page(reference, {}, {}, found)
