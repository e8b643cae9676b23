"""What one browser keeps so that nobody counts twice: a random text, only once somebody says "me too".

And in the cookie that protects the forms, until the browser is closed, which reports were sent from here.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Response, current_app, request, session

NAME = "civic_device"
LASTS = timedelta(days=365)
LONGEST = 64
SENT, MOST_SENT = "sent", 20  # references, the newest last


def known() -> str:
    """Return what this browser keeps; "" where it keeps nothing."""
    return request.cookies.get(NAME, "")[:LONGEST]


def fresh() -> str:
    """Return something new to keep."""
    return secrets.token_urlsafe(24)


def keep(answer: Response, device: str) -> Response:
    """Let the browser keep it. No script of any page can read it."""
    answer.set_cookie(NAME, device, max_age=LASTS, httponly=True, samesite="Lax",
                      secure=current_app.config["SESSION_COOKIE_SECURE"])
    return answer


def has_sent(reference: str) -> bool:
    """Say whether a report was sent from this browser, since it was opened."""
    return reference in session.get(SENT, ())


def note_sent(reference: str) -> None:
    """Note that a report was sent from this browser."""
    session[SENT] = [*session.get(SENT, ()), reference][-MOST_SENT:]
