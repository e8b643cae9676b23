"""The sign-in form: Flask-Security's, in our words."""

from __future__ import annotations

from flask_security.forms import LoginForm

from civicconnect.errors import Sentence

# The one answer to every failed attempt. Flask-Security's own is for programmers.
REFUSED = Sentence("E-mail and password do not fit together. Try again.")


class SignInForm(LoginForm):
    """E-mail and password."""
