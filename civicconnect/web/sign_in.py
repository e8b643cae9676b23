"""Signing in: Flask-Security's form in our words, and the answers that ask nobody who they are."""

from __future__ import annotations

from flask import Flask, current_app, g, request
from flask_security.forms import LoginForm
from werkzeug.exceptions import UnsupportedMediaType

from civicconnect.errors import NotFound, Sentence

# The one answer to every failed attempt. Flask-Security's own is for programmers.
REFUSED = Sentence("E-mail and password do not fit together. Try again.")


DOORS = ("security.login", "security.logout")


class SignInForm(LoginForm):
    """E-mail and password."""


def hang(app: Flask) -> None:
    """Stand before Flask-Security: whom not to ask for, and which of its doors stay shut."""

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


def be_nobody() -> None:
    """Let the rest of this request see a stranger; the session stays as it is."""
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]  # where Flask-Login keeps it
