"""The doors beside the password: an invitation, a link by e-mail, and the code that is owed after either."""

from __future__ import annotations

import time

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from civicconnect import accounts, db, notify, settings
from civicconnect.accounts import INVITE, SIGN_IN, Staff
from civicconnect.db import transaction
from civicconnect.errors import Invalid, NotFound
from civicconnect.web import language, sign_in
from civicconnect.web.headers import secret
from civicconnect.web.photos import Faults
from civicconnect.web.report_form import email_fault

pages = Blueprint("entrance", __name__, url_prefix="/sign-in")


def must_be_local() -> None:
    """Raise NotFound where staff do not sign in here themselves."""
    if not settings.current().has_local_sign_in:
        raise NotFound("nobody signs in here but by the city's own sign-in")


# An invitation

@pages.get("/invitation/<token>")
def invitation(token: str) -> ResponseReturnValue:
    """Let somebody choose a password who was invited."""
    return _invitation(token, {})


def _invitation(token: str, faults: Faults) -> Response:
    must_be_local()
    with db.reading() as view:
        person = accounts.person_of_link(view, token, INVITE)
    return secret(make_response(render_template(
        "staff/invitation.html", person=person, secret=token, faults=faults,
        least=accounts.SHORTEST_PASSWORD)))


@pages.post("/invitation/<token>")
def accept(token: str) -> ResponseReturnValue:
    """Keep the password and let them in; the link holds no more."""
    must_be_local()
    try:
        with transaction() as change:
            person = accounts.use_link(change, token, INVITE)
            accounts.set_password(person, request.form.get("password", ""))
    except Invalid as fault:  # undone with it: the link holds until a password is chosen
        return _invitation(token, fault.fields), 422
    return sign_in.let_in(_anew(person), "invitation", url_for("staff.home"))


# A link by e-mail

@pages.get("/link")
def ask_link() -> ResponseReturnValue:
    """Ask where to send the link."""
    must_be_local()
    return render_template("staff/ask_link.html", faults={}, email="", asked=False)


@pages.post("/link")
def send_link() -> ResponseReturnValue:
    """Send a link to whoever may have one. The page says the same for everybody: it tells no addresses."""
    must_be_local()
    email = request.form.get("email", "").strip()
    if fault := email_fault(email):
        faults = {"email": [fault]}
        return render_template("staff/ask_link.html", faults=faults, email=email, asked=False), 422
    with transaction() as change:
        person = accounts.staff_by_email(change, email)
        if person is not None and person.by_link and accounts.may_send_link(change, person.id):
            notify.ask_for_link(change, person.id, SIGN_IN, language.chosen())
    return render_template("staff/ask_link.html", faults={}, email=email, asked=True)


@pages.get("/link/<token>")
def link(token: str) -> ResponseReturnValue:
    """Ask for one tap more: mail programs follow links by themselves, and this one holds once."""
    must_be_local()
    with db.reading() as view:
        person = accounts.person_of_link(view, token, SIGN_IN)
    return secret(make_response(render_template("staff/link.html", person=person, secret=token)))


@pages.post("/link/<token>")
def use_link(token: str) -> ResponseReturnValue:
    """Let somebody in by their link, once."""
    must_be_local()
    with transaction() as change:
        person = accounts.use_link(change, token, SIGN_IN)
        if not person.by_link:  # taken away since it was sent
            raise NotFound("this person may not sign in by a link")
    return sign_in.admit(_anew(person), "link")


# The code that is owed

@pages.get("/code")
def code() -> ResponseReturnValue:
    """Ask for the code that an app shows."""
    if _half() is None:
        return redirect(url_for("security.login"))
    return render_template("staff/code.html", faults={})


@pages.post("/code")
def give_code() -> ResponseReturnValue:
    """Let somebody in whose code fits."""
    half = _half()
    if half is None:
        return redirect(url_for("security.login"))
    with transaction() as change:
        person = change.get(Staff, half["staff"])
        which = accounts.code_fits(change, person, request.form.get("code", "")) if person else ""
        if which == "paper" and person:
            accounts.note_audit(change, sign_in.actor_of(person), "recovery_code", f"staff:{person.id}",
                                {"left": accounts.recovery_codes_left(change, person.id)})
    if person is None or not person.active or not which:
        sign_in.note_failure(person, "code")
        fault = _("This code does not fit. Wait for the next one, or take one on paper.")
        return render_template("staff/code.html", faults={"code": [fault]}), 422
    return sign_in.let_in(_anew(person), half["way"], half["next"])


def _half() -> dict[str, str] | None:
    """Return who has shown a password or a link a moment ago, and owes a code."""
    half = session.get(sign_in.HALF)
    return half if half and time.time() - half["at"] < sign_in.HALF_SECONDS else None


def _anew(person: Staff) -> Staff:
    """Return somebody as the session that outlives this request knows them."""
    found = db.account_session().get(Staff, person.id)
    if found is None or not found.active:
        raise NotFound("this account is closed")
    return found
