"""The sign-in form: Flask-Security's, in our words."""

from __future__ import annotations

from flask_security.forms import LoginForm


class SignInForm(LoginForm):
    """E-mail and password."""
