"""The staff's pages: the queue, one report, and the steps to take."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import auth_required

from civicconnect import accounts, clock, db, queue, reports
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed
from civicconnect.reports import lifecycle
from civicconnect.web.given import whole
from civicconnect.web.resident import read_filter, read_page
from civicconnect.web.words import read_catalog

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
    offer = read_catalog()
    view, _ = read_filter()
    services = {s.code: s.id for s in offer.services.values()}
    departments = {d.code: d.id for d in offer.departments.values()}
    with db.reading() as db_:
        me = actor(db_)
        work = queue.worklist(db_, me, view, services, departments, read_page())
    mine = [d for d in offer.departments.values() if me.may("see_all") or d.id in me.departments]
    return render_template("staff/queue.html", work=work, view=view, catalog=offer, mine=mine)


@pages.get("/reports/<reference>")
@auth_required("session")
def show(reference: str) -> ResponseReturnValue:
    """Show one report with everything on its timeline and the steps that are possible now."""
    return _page(reference, {}, {})


def _page(
    reference: str, faults: dict[str, list[str]], typed: dict[str, str], contact: ContactDetails | None = None
) -> str:
    offer = read_catalog()
    with db.reading() as db_:
        me = actor(db_)
        report = reports.find(db_, reference, me)
        beside = reports.around(db_, report)
        entries = reports.timeline(db_, report, internal=True)
    return render_template(
        "staff/report.html", report=report, beside=beside, entries=entries, catalog=offer,
        service=offer.services[offer.service_codes[report.service_id]],
        department=offer.departments[offer.department_codes[report.department_id]],
        steps=lifecycle.buttons(report.status, me), outcomes=lifecycle.OUTCOMES,
        faults=faults, typed=typed, now=clock.now(), may_note=me.may("note"), contact=contact,
    )


@pages.post("/reports/<reference>/steps")
@auth_required("session")
def take_step(reference: str) -> ResponseReturnValue:
    """Take one step, or say beside the field what is owed for it."""
    given = request.form.to_dict()
    seen = given.get("seen", "").strip()
    try:
        with transaction() as db_:
            reports.transition(db_, actor(db_), reference, given.get("verb", ""), given,
                               seen=whole(seen, 0) if seen else None)
    except Invalid as fault:
        return _page(reference, fault.fields, given), 422
    except Conflict as fault:
        return _page(reference, {"verb": [fault.sentence]}, given), 409
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
