"""Signing in and out: which ways there are, one door for all of them, and whom no page has to ask for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from flask import Flask, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import login_user, logout_user
from flask_security.decorators import default_unauthn_handler
from flask_security.utils import set_request_attr, validate_redirect_url
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import UnsupportedMediaType

from civicconnect import accounts, settings
from civicconnect.accounts import STRANGER, Actor, Staff, TurnedAway
from civicconnect.db import account_session, transaction
from civicconnect.errors import Conflict, NotFound, Sentence
from civicconnect.settings import Settings
from civicconnect.web import in_json, untaken
from civicconnect.web.photos import Faults

# The one answer to every failed attempt: it does not tell whether there is such an account.
REFUSED = Sentence("E-mail and password do not fit together. Try again.")
DOORS = ("security.login", "security.logout")
HALF = "half"  # what the cookie holds of somebody who still owes a code
HALF_SECONDS = 600
CHALLENGE = "challenge"  # what a passkey has to sign
# What is shut where passwords, links and passkeys kept here let nobody in. An invitation still opens: the
# provider takes it as well.
LOCAL_DOORS = ("security.login", "entrance.accept", "entrance.ask_link", "entrance.send_link",
               "entrance.link", "entrance.use_link", "entrance.passkey", "entrance.code",
               "entrance.give_code")
LOCAL_WAYS = ("me.change_password", "me.add_passkey", "me.codes", "me.set_up", "me.new_paper")
ELSEWHERE = ("sign_on", "by_hand")  # ways to sign in that are not kept here
# Who needs no second factor of ours: a passkey is two; the provider asks for its own; the machine is one.
COMPLETE = ("passkey", *ELSEWHERE)
# Where somebody may go who must set up a second factor first.
WITHOUT_FACTOR = ("me", "security", "theme", "operator", "entrance", "sign_on")


def hang(app: Flask, given: Settings) -> None:
    """Stand before Flask-Security: whom not to ask for, and which of its doors stay shut.

    Raises Missing: the setting of the second factor names no role, or that of the provider is no good.
    """
    accounts.sign_on_of(given)
    if unknown := sorted(given.roles_with_second_factor - set(accounts.ROLES)):
        raise settings.Missing(f"CIVIC_SECOND_FACTOR names {', '.join(unknown)}; the roles are "
                               f"{', '.join(accounts.ROLES)}.")

    @app.before_request
    def for_everybody() -> None:
        # Probes and files must not need a database.
        if request.blueprint in ("operator", "theme") or request.endpoint in ("static", "offline.worker"):
            be_nobody()

    @app.before_request
    def only_by_the_form() -> None:
        """Take a sign-in from the form alone, and serve no page of Flask-Security's own."""
        if request.blueprint == "security" and request.endpoint not in DOORS:
            raise NotFound("no page of ours")
        if request.blueprint == "security" and request.is_json:
            raise UnsupportedMediaType

    @app.before_request
    def nothing_to_set_up() -> None:
        """Set up no way to sign in that would let nobody in."""
        if request.endpoint in LOCAL_WAYS and current_user.is_authenticated and not uses_local():
            raise Conflict(Sentence("You sign in with the city's sign-on. Nothing of this is asked of you."))

    @app.before_request
    def second_factor_first() -> ResponseReturnValue | None:
        """Lead somebody whose role demands a second factor, and who has none, to where one is set up."""
        if not settings.current().second_factor or (request.blueprint or "me") in WITHOUT_FACTOR:
            return None
        if current_user.is_authenticated and owes_factor():
            return redirect(url_for("me.codes"))
        return None

    @app.after_request
    def in_use(answer: Any) -> Any:
        """Write down now and then that a session is in use."""
        found = g.get("signed_in")
        if found is not None and found.is_stale:
            try:
                with transaction() as db_:
                    accounts.session_is_used(db_, found.session_id)
            except OperationalError:  # a busy database must not cost the page that is ready
                pass
        return answer


def take_doors(app: Flask) -> None:
    """Put our own pages where Flask-Security hung its form: its name and address stay."""
    app.view_functions["security.login"] = enter
    app.view_functions["security.logout"] = leave
    app.extensions["security"].unauthn_handler(ask_who)
    app.add_template_global(may)
    app.login_manager.user_loader(_load)  # type: ignore[attr-defined]  # where Flask-Login keeps it


def shut_doors(app: Flask) -> None:
    """Let the doors open only where the city has not switched local accounts off. The pages hang already."""
    for endpoint in LOCAL_DOORS:
        app.view_functions[endpoint] = _while_open(endpoint, app.view_functions[endpoint])


def _while_open(endpoint: str, view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def asked(**values: Any) -> Any:
        if accounts.local_is_open() or (endpoint == "security.login" and request.method != "POST"):
            return view(**values)
        if request.method != "POST":
            return redirect(door("off"))
        with transaction() as db_:
            accounts.turn_away(db_, accounts.sign_on_now(), TurnedAway("off"), endpoint)
        return page(why="off"), 403
    return asked


def be_nobody() -> None:
    """Let the rest of this request see a stranger; the session stays as it is."""
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]  # where Flask-Login keeps it


def _load(uniquifier: str) -> Staff | None:
    """Return who a cookie belongs to, where its session still holds: asked once a request."""
    token = session.get("sid", "")
    found = accounts.signed_in(account_session(), uniquifier, token) if token else None
    if found is None or not _is_open(found.way):
        return None
    g.signed_in = found
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return found.person


def _is_open(way: str) -> bool:
    """Say whether the city still lets in who signs in so: it may have changed that since."""
    if way == "sign_on":
        return accounts.sign_on_now() is not None
    return way in ELSEWHERE or accounts.local_is_open()


def me() -> Actor:
    """Return who is signed in as the audit names them."""
    return actor_of(current_user)


def actor_of(person: Staff) -> Actor:
    """Return somebody as the audit names them."""
    return Actor("staff", f"staff:{person.id}")


def may(permission: str) -> bool:
    """Say whether the role of who is signed in allows something, for what a page offers; pages ask again."""
    return current_user.is_authenticated and any(
        permission in (role.permissions or ()) for role in current_user.roles)


def owes_factor() -> bool:
    """Say whether the role of who is signed in demands a second factor that they have not set up."""
    demanding = settings.current().roles_with_second_factor
    return (g.signed_in.way not in COMPLETE and current_user.totp is None
            and any(role.name in demanding for role in current_user.roles))


def uses_local() -> bool:
    """Say whether who is signed in may set up ways to sign in that are kept here."""
    on = accounts.sign_on_now()
    return accounts.local_is_open() and not accounts.is_linked(account_session(), on, current_user.id)


def ask_who(mechanisms: list[str], headers: Mapping[str, str] | None = None) -> ResponseReturnValue:
    """Send a stranger to the ways to sign in; one who sent a form gets back what they typed beside them.

    They come out at a page, and not at the address of the form, which is none. The words are not kept for
    them: the cookie is too small, and they may be about somebody who must not be read of on a shared screen.
    """
    if request.method != "POST" or in_json.is_wished():
        return default_unauthn_handler(mechanisms, headers)  # type: ignore[no-any-return,no-untyped-call]  # it has no types
    then, typed = untaken.came_from(), untaken.texts()
    if typed:
        return page(then=then, lost=typed), 401
    return redirect(url_for("security.login", next=then or None))


# By password

def enter() -> ResponseReturnValue:
    """Show the ways to sign in, or take a password."""
    if current_user.is_authenticated:
        return redirect(onward())
    if request.method != "POST":
        return page()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    person = accounts.staff_by_email(account_session(), email)
    if not accounts.fits(person, password):
        note_failure(person, "password")
        return page({"email": [REFUSED]}, {"email": email[:255]})
    assert person is not None  # noqa: S101  a password fits nobody else
    return admit(person, "password")


def door(why: str) -> str:
    """Return the address of the ways to sign in, with a sentence why somebody is there again."""
    return url_for("security.login", why=why, next=request.args.get("next") or None)


def onward(wished: str | None = None) -> str:
    """Return where somebody wanted to go before they were asked who they are: to a page, on no other host."""
    wished = request.args.get("next", "") if wished is None else wished
    try:
        is_ours = wished.isprintable() and validate_redirect_url(wished)
    except ValueError:  # no address at all
        is_ours = False
    return (is_ours and untaken.nearest(wished)) or url_for("staff.home")


def page(
    faults: Faults | None = None, typed: Mapping[str, str] | None = None, why: str = "", then: str = "",
    lost: Sequence[str] = (),
) -> str:
    """Return the page with the ways to sign in.

    why     a word of web.sign_on.WHY; "": that of the address
    then    where to go on; "": where the address says
    lost    texts of a form that was not taken, to be given back
    """
    options = ""
    if accounts.local_is_open():
        options, session[CHALLENGE] = accounts.ask_passkey()
    return render_template("staff/sign_in.html", faults=faults or {}, typed=typed or {},
                           passkey_options=options, why=why or request.args.get("why", ""), lost=lost,
                           then=then or request.args.get("next", ""))


def note_failure(person: Staff | None, way: str) -> None:
    """Keep that somebody tried; of an address that is nobody's nothing is kept, it may be anything."""
    with transaction() as db_:
        accounts.note_audit(db_, STRANGER, "sign_in_failed", f"staff:{person.id}" if person else "",
                            {"way": way})


def admit(person: Staff, way: str) -> ResponseReturnValue:
    """Let somebody in whom we know, or ask for the code they owe first; not who signs in at the provider."""
    if belongs_elsewhere(person, way):
        return redirect(door("elsewhere"), 303)
    if person.totp is not None and way in ("password", "link"):
        session[HALF] = {"staff": person.id, "way": way, "at": int(time.time()),
                         "next": onward()}
        return redirect(url_for("entrance.code"))
    return let_in(person, way, onward())


def belongs_elsewhere(person: Staff, way: str) -> bool:
    """Say whether somebody signs in at the provider alone; that they tried in another way is kept."""
    on = accounts.sign_on_now()
    if not accounts.is_linked(account_session(), on, person.id):
        return False
    with transaction() as db_:
        accounts.turn_away(db_, on, TurnedAway("elsewhere", staff_id=person.id), way)
    return True


def anew(person: Staff) -> Staff:
    """Return somebody as the session that outlives this request knows them."""
    account_session.commit()  # it may have begun before the person was written, and sees only what was then
    found = account_session().get(Staff, person.id)
    if found is None or not found.active:
        raise NotFound("this account is closed")
    return found


def let_in(person: Staff, way: str, then: str, hint: str = "") -> ResponseReturnValue:
    """Begin a session for somebody, and lead them on. hint: what signs them out at the provider again."""
    with transaction() as db_:
        token = accounts.begin_session(db_, person.id, way, request.user_agent.string)
        if hint:
            accounts.keep_farewell(db_, token, hint)
        accounts.note_audit(db_, actor_of(person), "sign_in", f"staff:{person.id}", {"way": way})
    session.pop(HALF, None)
    session["sid"] = token
    login_user(person, authn_via=[way])
    return redirect(then)


def leave() -> ResponseReturnValue:
    """End the session, here and in the browser; and at the provider, where it was begun there."""
    on, hint, way = accounts.sign_on_now(), "", ""
    if current_user.is_authenticated:
        way = g.signed_in.way
        with transaction() as db_:
            accounts.end_session(db_, current_user.id, g.signed_in.session_id)
            hint = accounts.take_farewell(db_, g.signed_in.session_id)
    logout_user()
    session.clear()
    if on and way == "sign_on":
        back = f"{settings.current().address}/sign-in"
        if there := accounts.farewell(on, back, hint):
            return render_template("staff/signed_out.html", there=there)
    return redirect(url_for("resident.home"))
