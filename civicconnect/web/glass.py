"""Opening one report that is another department's, with a reason."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import db, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.web.photos import Faults
from civicconnect.web.staff import actor

pages = Blueprint("glass", __name__, url_prefix="/staff/break-glass")


def breaker(db_: Db) -> Actor:
    """Return who is signed in; NotAllowed for whoever may not open reports of others."""
    found = actor(db_)
    if not found.may("break_glass"):
        raise NotAllowed(Sentence("Your role may not open reports of others."))
    return found


@pages.get("")
@auth_required("session")
def ask() -> ResponseReturnValue:
    """Ask which report, and why."""
    with db.reading() as db_:
        breaker(db_)
    return _page({})


def _page(faults: Faults) -> str:
    typed = request.form or request.args
    return render_template("staff/glass.html", faults=faults, reference=typed.get("reference", "")[:40],
                           reason=typed.get("reason", "")[:2000])


@pages.post("")
@auth_required("session")
def open_report() -> ResponseReturnValue:
    """Open it for an hour; its timeline and the audit keep that."""
    try:
        with transaction() as db_:
            me = breaker(db_)
            try:
                report = reports.break_glass(db_, me, request.form.get("reference", ""),
                                             request.form.get("reason", ""))
            except NotFound:
                raise Invalid({"reference": [Sentence("No report has this reference.")]}) from None
    except Invalid as fault:
        return _page(fault.fields), 422
    except Conflict as fault:
        return _page({"reference": [fault.sentence]}), 409
    return redirect(url_for("staff.show", reference=report.reference), 303)
