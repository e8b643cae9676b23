"""The demo's mailbox: the letters that would have gone out, for everybody who tries the product to read."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template
from flask.typing import ResponseReturnValue

from civicconnect import notify
from civicconnect.errors import NotFound
from civicconnect.web.demo import must_be_demo
from civicconnect.web.headers import secret

pages = Blueprint("mailbox", __name__, url_prefix="/demo/mailbox")
MOST = 50
# A letter stands alone, with styles in its elements and no script at all.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation-by-user-activation"


def _letters() -> list[Path]:
    """Return the letters, the newest first; NotFound outside the demo: there they are somebody's."""
    must_be_demo()
    return notify.letterbox().letters()


@pages.get("")
def index() -> ResponseReturnValue:
    """List the newest letters."""
    found = [(file.stem, _read(file)) for file in _letters()[:MOST]]
    return secret(make_response(render_template("demo/mailbox.html", found=found)))


@pages.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """Show one letter as a mail program would."""
    file = next((file for file in _letters() if file.stem == name), None)
    if file is None:
        raise NotFound("no such letter")
    body = _read(file).get_body(("html",))
    answer = Response(body.get_content() if body is not None else "", mimetype="text/html")
    answer.headers["Content-Security-Policy"] = ALONE
    return secret(answer)


def _read(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes(), policy=default)
