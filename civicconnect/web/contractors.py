"""The list of contractors: supervisors keep it."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import db, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, Sentence
from civicconnect.web import language
from civicconnect.web.photos import Faults
from civicconnect.web.staff import actor
from civicconnect.web.words import read_catalog

pages = Blueprint("contractors", __name__, url_prefix="/staff")


def _supervisor(db_: Db) -> Actor:
    found = actor(db_)
    reports.may_keep(found)
    return found


@pages.get("/contractors")
@auth_required("session")
def index() -> ResponseReturnValue:
    """Show the contractors of one's departments."""
    return _page("", {})


def _page(form: str, faults: Faults) -> str:
    """Show the list. form: the contractor whose form was refused, or "new"."""
    offer = read_catalog()
    with db.reading() as db_:
        me = _supervisor(db_)
        found = db_.scalars(reports.contractors(me)).all()
    mine = [d for d in offer.departments.values() if me.may("see_all") or d.id in me.departments]
    return render_template("staff/contractors.html", found=found, mine=mine, catalog=offer, form=form,
                           faults=faults, typed=request.form, new_form=request.form.get("form") or uuid4(),
                           spoken=[(code, language.name(code)) for code in offer.city.spoken])


@pages.post("/contractors")
@auth_required("session")
def add() -> ResponseReturnValue:
    """Write a contractor down."""
    return _keep(None)


@pages.post("/contractors/<int:contractor_id>")
@auth_required("session")
def change(contractor_id: int) -> ResponseReturnValue:
    """Change what stands of a contractor."""
    return _keep(min(contractor_id, 2**62))


def _keep(contractor_id: int | None) -> ResponseReturnValue:
    typed, offer = request.form, read_catalog()
    department = offer.departments.get(typed.get("department", ""))
    try:
        if department is None:
            raise Invalid({"department": [Sentence("Choose the department it works for.")]})
        spoken = typed.get("language", "")
        given = (department.id, typed.get("name", ""), typed.get("email", ""),
                 spoken if spoken in offer.city.spoken else offer.city.languages[0])
        with transaction() as db_:
            me, trusted = _supervisor(db_), "trusted" in typed
            if contractor_id is None:
                reports.once(
                    db_, me, typed.get("form", ""), (*given, trusted),
                    lambda: reports.keep_contractor(db_, me, *given, trusted=trusted).id)
            else:
                reports.keep_contractor(db_, me, *given, trusted=trusted, active="active" in typed,
                                        contractor_id=contractor_id)
    except Invalid as fault:
        return _page("new" if contractor_id is None else str(contractor_id), fault.fields), 422
    except Conflict as fault:
        return _page("new" if contractor_id is None else str(contractor_id), {"name": [fault.sentence]}), 409
    return redirect(url_for("contractors.index"), 303)
