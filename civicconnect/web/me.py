"""One's own account: password, second factor, and where one is signed in."""

from __future__ import annotations

import time

import segno
from flask import Blueprint, Response, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import auth_required

from civicconnect import accounts, db
from civicconnect.accounts import Staff
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.web.headers import secret
from civicconnect.web.photos import Faults
from civicconnect.web.sign_in import CHALLENGE, me, note_failure, uses_local
from civicconnect.web.words import read_catalog, say

pages = Blueprint("me", __name__, url_prefix="/staff/me")
FRESH_SECONDS = 3600  # an unwatched desk is not where a new way to sign in is made


@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """Show where one is signed in, and the ways to sign in."""
    return _page({})


def _page(faults: Faults) -> str:
    with db.reading() as view:
        one = accounts.member(view, current_user.id)
        sessions = accounts.sessions_of(view, current_user.id)
        left = accounts.recovery_codes_left(view, current_user.id)
        passkeys = accounts.passkeys_of(view, current_user.id)
        options, session[CHALLENGE] = accounts.ask_for_passkey(
            view, current_user, say(read_catalog().city.name))
    return render_template("staff/me.html", one=one, sessions=sessions, faults=faults, left=left,
                           passkeys=passkeys, passkey_options=options,
                           own=g.signed_in.session_id, has_password=current_user.password is not None,
                           least=accounts.SHORTEST_PASSWORD, uses_local=uses_local(),
                           end=lambda session_id: url_for("me.sign_out", session_id=session_id))


@pages.post("/password")
@auth_required("session")
def change_password() -> ResponseReturnValue:
    """Change the password; every other session ends."""
    _must_be_fresh()
    try:
        if current_user.password and not accounts.fits(current_user, request.form.get("now", "")):
            note_failure(current_user, "change")
            raise Invalid({"now": [Sentence("This is not your password.")]})
        with transaction() as change:
            accounts.set_password(_self(change), request.form.get("password", ""))
            accounts.end_sessions(change, current_user.id, but=g.signed_in.session_id)
            accounts.note_audit(change, me(), "password", me().name)
    except Invalid as fault:
        return _page(fault.fields), 422
    return redirect(url_for("me.index"), 303)


@pages.post("/sessions")
@auth_required("session")
def sign_out_others() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    with transaction() as change:
        accounts.end_sessions(change, current_user.id, but=g.signed_in.session_id)
        accounts.note_audit(change, me(), "sign_out", me().name)
    return redirect(url_for("me.index"), 303)


@pages.post("/sessions/<int(max=999999999):session_id>")
@auth_required("session")
def sign_out(session_id: int) -> ResponseReturnValue:
    """Sign out of another browser."""
    with transaction() as change:
        accounts.end_session(change, current_user.id, session_id)
        accounts.note_audit(change, me(), "sign_out", me().name, {"session": session_id})
    return redirect(url_for("me.index"), 303)


# Passkeys

@pages.post("/passkeys")
@auth_required("session")
def add_passkey() -> ResponseReturnValue:
    """Keep a passkey that the browser has made."""
    _must_be_fresh()
    challenge = session.pop(CHALLENGE, "")
    try:
        with transaction() as change:
            accounts.add_passkey(change, _self(change), request.form.get("credential", ""), challenge,
                                 request.form.get("name", ""))
            accounts.note_audit(change, me(), "passkey", me().name)
    except Invalid as fault:
        return _page(fault.fields), 422
    return redirect(url_for("me.index"), 303)


@pages.post("/passkeys/<int(max=999999999):passkey_id>/remove")
@auth_required("session")
def drop_passkey(passkey_id: int) -> ResponseReturnValue:
    """Let one passkey sign in no more."""
    with transaction() as change:
        accounts.drop_passkey(change, current_user.id, passkey_id)
        accounts.note_audit(change, me(), "passkey_dropped", me().name)
    return redirect(url_for("me.index"), 303)


# The second factor

@pages.get("/codes")
@auth_required("session")
def codes() -> ResponseReturnValue:
    """Show the square that an app reads, and ask for the first code."""
    return _setup({}, accounts.new_totp_secret())


def _setup(faults: Faults, made: str) -> Response:
    address = accounts.totp_address(made, current_user.email, say(read_catalog().city.name))
    square = segno.make(address, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff")
    return secret(make_response(render_template(
        "staff/codes.html", made=made, square=square, faults=faults, has_one=current_user.totp is not None)))


@pages.post("/codes")
@auth_required("session")
def set_up() -> ResponseReturnValue:
    """Ask for codes from now on, and show the ones on paper once."""
    _must_be_fresh()
    made = request.form.get("secret", "")[:64]
    try:
        with transaction() as change:
            paper = accounts.set_totp(change, _self(change), made, request.form.get("code", ""))
            accounts.note_audit(change, me(), "factor", me().name)
    except Invalid as fault:
        return _setup(fault.fields, accounts.valid_secret(made)), 422
    return secret(make_response(render_template("staff/paper.html", paper=paper)))


@pages.post("/codes/paper")
@auth_required("session")
def new_paper() -> ResponseReturnValue:
    """Make new codes on paper; the old ones fit no more."""
    _must_be_fresh()
    with transaction() as change:
        if _self(change).totp is None:
            raise Conflict(Sentence("Set up the second factor first."))
        paper = accounts.new_recovery_codes(change, current_user.id)
        accounts.note_audit(change, me(), "recovery_codes", me().name)
    return secret(make_response(render_template("staff/paper.html", paper=paper)))


@pages.post("/codes/remove")
@auth_required("session")
def remove() -> ResponseReturnValue:
    """Ask for no more codes; one more code says that it is they."""
    with transaction() as change:
        person = _self(change)
        fits = bool(accounts.code_fits(change, person, request.form.get("code", "")))
        if fits:
            accounts.drop_totp(change, person)
            accounts.note_audit(change, me(), "factor_dropped", me().name)
    if not fits:
        return _page({"code": [Sentence("This code does not fit. Try the next one.")]}), 422
    return redirect(url_for("me.index"), 303)


def _self(change: Db) -> Staff:
    person = change.get(Staff, current_user.id)
    if person is None:
        raise NotFound("this account is gone")
    return person


def _must_be_fresh() -> None:
    """Raise Conflict where somebody signed in long ago: it may be another who sits there now."""
    if time.time() - session.get("fs_paa", 0) > FRESH_SECONDS:
        raise Conflict(Sentence("You signed in more than an hour ago. Sign out and in, then change this."))
