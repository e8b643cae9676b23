"""Who works here: inviting, rights, sessions, and what happens when somebody leaves."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import accounts, clock, db, geo, notify, reports
from civicconnect.accounts import ROLES, Actor, Rights
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.web import language
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.staff import actor
from civicconnect.web.words import PERMISSION, area_name, read_catalog, say

pages = Blueprint("people", __name__, url_prefix="/staff/people")
NOBODY = Rights("staff")


def leader(db_: Db) -> Actor:
    """Return who is signed in; NotAllowed for whoever may not change people."""
    found = actor(db_)
    if not found.may("people"):
        raise NotAllowed(Sentence("Your role may not change people."))
    return found


@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """List everybody, offer to invite somebody, and say what each role may do."""
    return _list({}, NOBODY)


@pages.post("")
@auth_required("session")
def invite() -> ResponseReturnValue:
    """Add somebody, and send them the letter with which they begin."""
    rights = _rights()
    try:
        with transaction() as db_:
            person = accounts.invite(db_, leader(db_), request.form.get("email", ""),
                                     request.form.get("name", ""), rights)
            notify.ask_for_link(db_, person.id, accounts.INVITE, language.chosen())
    except Invalid as fault:
        return _list(fault.fields, rights), 422
    return redirect(url_for("people.show", staff_id=person.id), 303)


def _list(faults: Faults, rights: Rights) -> str:
    with db.reading() as db_:
        leader(db_)
        members = accounts.members(db_)
        areas = _areas(db_)
    return render_template("staff/people.html", members=members, faults=faults, rights=rights, roles=ROLES,
                           typed=request.form, permissions=PERMISSION, departments=_departments(),
                           areas=areas, names=dict(areas))


@pages.get("/<int(max=999999999):staff_id>")
@auth_required("session")
def show(staff_id: int) -> ResponseReturnValue:
    """Show one person: rights, sessions, leaving."""
    return _page(staff_id, {})


def _page(staff_id: int, faults: Faults, rights: Rights | None = None) -> str:
    with db.reading() as db_:
        me = leader(db_)
        one = accounts.member(db_, staff_id)
        sessions = accounts.sessions_of(db_, staff_id)
        areas = _areas(db_)
        others = accounts.successors(db_, staff_id)
    return render_template(
        "staff/person.html", one=one, rights=rights or one.rights, was=one.rights.written, faults=faults,
        sessions=sessions, areas=areas, departments=_departments(), roles=ROLES, successors=others,
        is_self=me.name == f"staff:{staff_id}",
        end=lambda session_id: url_for("people.sign_out", staff_id=staff_id, session_id=session_id))


@pages.post("/<int(max=999999999):staff_id>/rights")
@auth_required("session")
def change(staff_id: int) -> ResponseReturnValue:
    """Give somebody other rights."""
    rights = _rights()
    try:
        with transaction() as db_:
            accounts.change_rights(db_, leader(db_), staff_id, rights, request.form.get("was"))
    except Invalid as fault:
        return _page(staff_id, fault.fields, rights), 422
    except Conflict as fault:
        return _page(staff_id, {"form": [fault.sentence]}, rights), 409
    return redirect(url_for("people.show", staff_id=staff_id), 303)


@pages.post("/<int(max=999999999):staff_id>/leave")
@auth_required("session")
def leave(staff_id: int) -> ResponseReturnValue:
    """Let somebody go: their reports first, so that nobody's work is lost on the way."""
    to = whole(request.form.get("to", ""), 0, most=999_999_999) or None
    try:
        with transaction() as db_:
            me = leader(db_)
            accounts.member(db_, staff_id)
            moved = reports.hand_back(db_, me, staff_id, to)
            accounts.dismiss(db_, me, staff_id, moved)
    except Invalid as fault:
        return _page(staff_id, fault.fields), 422
    return redirect(url_for("people.show", staff_id=staff_id), 303)


@pages.post("/<int(max=999999999):staff_id>/return")
@auth_required("session")
def come_back(staff_id: int) -> ResponseReturnValue:
    """Invite somebody back who had left."""
    with transaction() as db_:
        accounts.welcome_back(db_, leader(db_), staff_id)
        notify.ask_for_link(db_, staff_id, accounts.INVITE, language.chosen())
    return redirect(url_for("people.show", staff_id=staff_id), 303)


@pages.post("/<int(max=999999999):staff_id>/invitation")
@auth_required("session")
def invite_again(staff_id: int) -> ResponseReturnValue:
    """Send the invitation once more; the earlier link holds no longer."""
    with transaction() as db_:
        accounts.invite_again(db_, leader(db_), staff_id)
        notify.ask_for_link(db_, staff_id, accounts.INVITE, language.chosen())
    return redirect(url_for("people.show", staff_id=staff_id), 303)


@pages.post("/<int(max=999999999):staff_id>/factor")
@auth_required("session")
def drop_factor(staff_id: int) -> ResponseReturnValue:
    """Take a second factor away."""
    with transaction() as db_:
        accounts.forget_factor(db_, leader(db_), staff_id)
    return redirect(url_for("people.show", staff_id=staff_id), 303)


@pages.post("/<int(max=999999999):staff_id>/sign-on")
@auth_required("session")
def forget_sign_on(staff_id: int) -> ResponseReturnValue:
    """Let somebody be found anew at the provider."""
    with transaction() as db_:
        me, on = leader(db_), accounts.sign_on_now()
        if on is None:
            raise NotFound("there is no provider here")
        accounts.forget_identity(db_, me, on, staff_id)
    return redirect(url_for("people.show", staff_id=staff_id), 303)


@pages.post("/<int(max=999999999):staff_id>/sessions")
@auth_required("session")
def sign_out_all(staff_id: int) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    with transaction() as db_:
        accounts.sign_out_of(db_, leader(db_), staff_id)
    return redirect(url_for("people.show", staff_id=staff_id), 303)


@pages.post("/<int(max=999999999):staff_id>/sessions/<int(max=999999999):session_id>")
@auth_required("session")
def sign_out(staff_id: int, session_id: int) -> ResponseReturnValue:
    """Sign somebody out of one browser."""
    with transaction() as db_:
        accounts.sign_out_of(db_, leader(db_), staff_id, session_id)
    return redirect(url_for("people.show", staff_id=staff_id), 303)


def _rights() -> Rights:
    """Read what was ticked; what is no area's layer and code is refused by the room."""
    areas = {(layer, code) for layer, _, code in (a.partition(":") for a in request.form.getlist("area"))}
    return Rights(request.form.get("role", ""), tuple(sorted(set(request.form.getlist("department")))),
                  tuple(sorted(areas)), request.form.get("by_link") == "yes")


def _departments() -> list[tuple[str, str]]:
    return [(code, say(department.name)) for code, department in read_catalog().departments.items()]


def _areas(db_: Db) -> list[tuple[str, str]]:
    """Return the areas there are now, but for the city's own limit, as layer:code and name."""
    from_all = geo.named_areas(db_, read_catalog().city.day(clock.now()))
    return [(f"{area.layer}:{area.code}", area_name(area)) for area in from_all
            if area.until is None and area.layer != read_catalog().city.limit_layer]
