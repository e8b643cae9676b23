"""The doors beside the password: an invitation, a link by e-mail, and the code that is owed after either."""

from __future__ import annotations

import time

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from civicconnect import accounts, db, notify
from civicconnect.accounts import INVITE, SIGN_IN, Staff
from civicconnect.db import transaction
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.web import language, sign_in
from civicconnect.web.headers import secret
from civicconnect.web.photos import Faults
from civicconnect.web.report_form import email_fault

pages = Blueprint("entrance", __name__, url_prefix="/sign-in")


# An invitation

@pages.get("/invitation/<token>")
def invitation(token: str) -> ResponseReturnValue:
    """Let somebody choose a password who was invited."""
    return _invitation(token, {})


def _invitation(token: str, faults: Faults) -> Response:
    with db.reading() as view:
        person = accounts.person_of_link(view, token, INVITE)
    return secret(make_response(render_template(
        "staff/invitation.html", person=person, secret=token, faults=faults,
        least=accounts.SHORTEST_PASSWORD)))


@pages.post("/invitation/<token>")
def accept(token: str) -> ResponseReturnValue:
    """Keep the password and let them in; the link holds no more."""
    try:
        with transaction() as change:
            person = accounts.use_link(change, token, INVITE)
            if accounts.is_linked(change, accounts.sign_on_now(), person.id):
                raise Conflict(Sentence("You sign in with the city's sign-on. Go back and use its button."))
            accounts.set_password(person, request.form.get("password", ""))
    except Invalid as fault:  # undone with it: the link holds until a password is chosen
        return _invitation(token, fault.fields), 422
    return sign_in.let_in(sign_in.anew(person), "invitation", url_for("staff.home"))


# A link by e-mail

@pages.get("/link")
def ask_link() -> ResponseReturnValue:
    """Ask where to send the link."""
    return render_template("staff/ask_link.html", faults={}, email="", asked=False)


@pages.post("/link")
def send_link() -> ResponseReturnValue:
    """Send a link to whoever may have one. The page says the same for everybody: it tells no addresses."""
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
    with db.reading() as view:
        person = accounts.person_of_link(view, token, SIGN_IN)
    return secret(make_response(render_template(
        "staff/link.html", person=person, action=url_for("entrance.use_link", token=token))))


@pages.post("/link/<token>")
def use_link(token: str) -> ResponseReturnValue:
    """Let somebody in by their link, once."""
    with transaction() as change:
        person = accounts.use_link(change, token, SIGN_IN)
        if not person.by_link:  # taken away since it was sent
            raise NotFound("this person may not sign in by a link")
    return sign_in.admit(sign_in.anew(person), "link")


# A passkey

@pages.post("/passkey")
def passkey() -> ResponseReturnValue:
    """Let somebody in whose passkey signed the challenge of the page: it is two factors in one."""
    challenge = session.pop(sign_in.CHALLENGE, "")
    with transaction() as change:
        person = accounts.person_of_passkey(change, request.form.get("credential", ""), challenge)
    if person is None:
        sign_in.note_failure(None, "passkey")
        return sign_in.page({"passkey": [_("This passkey is not known here. Sign in in another way.")]}), 422
    return sign_in.admit(sign_in.anew(person), "passkey")


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
    person = sign_in.anew(person)
    if sign_in.belongs_elsewhere(person, half["way"]):  # since they showed their password
        session.pop(sign_in.HALF, None)
        return redirect(sign_in.door("elsewhere"), 303)
    return sign_in.let_in(person, half["way"], half["next"])


def _half() -> dict[str, str] | None:
    """Return who has shown a password or a link a moment ago, and owes a code."""
    half = session.get(sign_in.HALF)
    return half if half and time.time() - half["at"] < sign_in.HALF_SECONDS else None
