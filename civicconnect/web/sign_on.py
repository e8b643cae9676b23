"""Signing in at the city's provider (OpenID Connect), and the way back in when it is down.

One goes there by a link and not by a form: a browser holds a form's redirections against `form-action`, also
those from the provider to others that it asks in turn.
"""

from __future__ import annotations

import hmac
import time
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Flask, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from civicconnect import accounts, db, settings
from civicconnect.accounts import BY_HAND, Begun, SignOn, TurnedAway
from civicconnect.db import transaction
from civicconnect.errors import NotFound
from civicconnect.web import language, sign_in
from civicconnect.web.headers import secret

pages = Blueprint("sign_on", __name__, url_prefix="/sign-in")
log = structlog.get_logger("sign-on")
BEGUN = "sign_on"  # where the cookie keeps the sign-ins that are under way
LASTS_SECONDS = 600
MOST_BEGUN = 3  # in so many windows at once
LONGEST_WISH = 500  # bytes in the cookie
AILING = ("away", "unset")
# What somebody reads who is not let in, and what they can do now.
WHY = {
    "away": _l("%(name)s does not answer. Try again in a few minutes."),
    "unset": _l("Signing in with %(name)s is not set up as it should be. Tell an administrator."),
    "stale": _l("That sign-in took too long, or it was over already. Begin again."),
    "cancelled": _l("%(name)s did not sign you in. Begin again, or ask those who look after it."),
    "untrue": _l("The answer of %(name)s could not be trusted. "
                 "Begin again; if it stays, tell an administrator."),
    "unverified": _l("%(name)s does not say that your e-mail address is yours. "
                     "Have it confirmed there, then begin again."),
    "unknown": _l("Nobody with your e-mail address works here. Ask an administrator to invite you."),
    "other": _l("You signed in here with another account of %(name)s. Use that, or ask an administrator."),
    "invitation": _l("This invitation holds no more. Ask an administrator for another."),
    "no_role": _l("None of your groups at %(name)s may work here. Ask those who look after your groups."),
    "no_department": _l("No department stands with your role. Ask an administrator to give you one."),
    "left": _l("Your account here is closed. Ask an administrator to invite you back."),
    "elsewhere": _l("You sign in with %(name)s. Begin below."),
    "off": _l("Passwords, links and passkeys are not used here. Sign in with %(name)s."),
}
CANCELLED = ("access_denied", "login_required", "interaction_required", "consent_required",
             "account_selection_required")
PASSING = ("server_error", "temporarily_unavailable")


def hang(app: Flask) -> None:
    """Give templates what they say of the provider."""
    for told in (sign_on_name, why_not, accounts.local_is_open):
        app.add_template_global(told)


def sign_on_name() -> str:
    """Return what people call the provider; "" where there is none."""
    on = accounts.sign_on_now()
    return (on.name or str(_("the city's sign-on"))) if on else ""


def why_not(why: str) -> str:
    """Return the sentence for whoever was sent back to the ways to sign in; "" for no word of ours."""
    words = WHY.get(why)
    return str(words) % {"name": sign_on_name()} if words else ""


def _back() -> str:
    # Without a language: it is written down at the provider, letter by letter.
    return f"{settings.current().address}/sign-in/back"


@pages.get("/with")
def begin() -> ResponseReturnValue:
    """Send somebody to the provider."""
    on = accounts.sign_on_now()
    if on is None:
        raise NotFound("there is no provider here")
    if current_user.is_authenticated:
        return redirect(sign_in.onward())
    # What does not fit into a cookie would be a sign-in that never ends.
    wished = request.args.get("next", "")
    wished = wished if len(wished.encode("unicode_escape")) <= LONGEST_WISH else ""
    kept: dict[str, Any] = {"next": sign_in.onward(wished), "door": url_for("security.login"),
                            "at": int(time.time()), "wished": wished,
                            "invitation": request.args.get("invitation", "")[:80]}
    try:
        begun, address = accounts.begin_sign_on(on, _back(), language.chosen())
    except TurnedAway as fault:
        return _turned_away(on, fault, kept)
    kept |= {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier}
    session[BEGUN] = [*_under_way()[-(MOST_BEGUN - 1):], kept]
    return redirect(address)


@pages.get("/back")
def back() -> ResponseReturnValue:
    """Let somebody in whom the provider sends back, and vouches for."""
    on = accounts.sign_on_now()
    if on is None:
        raise NotFound("there is no provider here")
    state = request.args.get("state", "")
    kept = next((one for one in _under_way()
                 if hmac.compare_digest(one["state"].encode(), state.encode())), None)
    if current_user.is_authenticated:  # the answer came twice
        return redirect(kept["next"] if kept else url_for("staff.home"))
    try:
        if kept is None:
            raise TurnedAway("stale", "no such sign-in was begun in this browser")
        return _let_in(on, kept)
    except TurnedAway as fault:
        return _turned_away(on, fault, kept or {})


def _let_in(on: SignOn, kept: dict[str, Any]) -> ResponseReturnValue:
    if fault := request.args.get("error"):
        raise TurnedAway("cancelled" if fault in CANCELLED else "away" if fault in PASSING else "unset",
                         f"it answers {fault[:80]}")
    begun = Begun(kept["state"], kept["nonce"], kept["verifier"])
    vouched = accounts.end_sign_on(on, _back(), begun, request.args)
    with transaction() as change:
        person = accounts.person_of_sign_on(change, on, vouched, kept["invitation"])
    answer = sign_in.let_in(sign_in.anew(person), "sign_on", kept["next"], vouched.hint)
    session.pop(BEGUN, None)
    return answer


def _turned_away(on: SignOn, fault: TurnedAway, kept: dict[str, Any]) -> ResponseReturnValue:
    """Lead somebody back to the ways to sign in, with a sentence; the cookie stays as it is.

    The answer may have come twice, and the other one have signed them in meanwhile.
    """
    # What the provider itself answered or did not; whatever is typed into our address counts as a try.
    g.provider_ails = fault.why in AILING and "error" not in request.args
    if fault.is_news:  # or every click while the provider is down would be a line
        log.warning("somebody was not signed in", why=fault.why, detail=fault.detail, issuer=on.issuer)
        with transaction() as change:
            accounts.turn_away(change, on, fault, "sign_on")
    wished = {"next": kept["wished"]} if kept.get("wished") else {}
    door = kept.get("door") or url_for("security.login")
    return redirect(f"{door}?{urlencode(wished | {'why': fault.why})}", 303)


def _under_way() -> list[dict[str, Any]]:
    """Return the sign-ins that were begun in this browser a moment ago."""
    return [one for one in session.get(BEGUN, ()) if time.time() - one["at"] < LASTS_SECONDS]


# The way back in: a link that whoever holds the machine makes

@pages.get("/by-hand/<token>")
def by_hand(token: str) -> ResponseReturnValue:
    """Ask for one tap more, as for every link that lets somebody in."""
    with db.reading() as view:
        person = accounts.person_of_link(view, token, BY_HAND)
    return secret(make_response(render_template("staff/link.html", person=person, action=url_for(
        "sign_on.use_by_hand", token=token))))


@pages.post("/by-hand/<token>")
def use_by_hand(token: str) -> ResponseReturnValue:
    """Let somebody in by such a link, once, whatever else is switched off."""
    with transaction() as change:
        person = accounts.use_link(change, token, BY_HAND)
    return sign_in.let_in(sign_in.anew(person), BY_HAND, url_for("staff.home"))
