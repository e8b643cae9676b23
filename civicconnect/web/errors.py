"""Every refusal as a page that says what to do next."""

from __future__ import annotations

import errno
from collections.abc import Sequence

import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.web import in_json, limits, sign_in, untaken
from civicconnect.web.words import translated

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
log = structlog.get_logger("web")
WORDS = {
    400: (_l("We could not read that"), _l("Go back, look at what you sent and try again.")),
    403: (_l("This page is not for you"), _l("Sign in as someone who may see it.")),
    404: (_l("There is no such page"),
          _l("Check the address, or look for a report by its reference, like 7KD4MNPQ.")),
    405: (_l("That is not possible here"), _l("Go back and use the buttons on the page.")),
    409: (_l("Something has changed meanwhile"), _l("Look at the page again before you repeat it.")),
    413: (_l("That is too large"), _l("Go back, choose fewer or smaller photos and send it again.")),
    422: (_l("Something is missing"), _l("Go back and correct it.")),
    429: (_l("That was a lot at once"), _l("Wait a little and try again. Nothing was sent.")),
    500: (_l("That was our mistake"),
          _l("Nothing was changed. Try again; if it stays, call the city.")),
    503: (_l("We are busy"), _l("Try again in a minute. Nothing was changed.")),
}


def hang(app: Flask) -> None:
    """Translate refusals once, here."""
    app.before_request(_refuse_nul)
    app.register_error_handler(NotFound, lambda _fault: page(404))
    app.register_error_handler(NotAllowed, lambda fault: page(403, _said(fault)))
    app.register_error_handler(Conflict, lambda fault: page(409, translated(fault.sentence)))
    app.register_error_handler(Invalid, lambda fault: page(422, " ".join(
        translated(sentence) for sentences in fault.fields.values() for sentence in sentences)))
    app.register_error_handler(CSRFError, stale)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(OSError, _disk_full)
    app.register_error_handler(HTTPException, lambda fault: page(fault.code or 500))
    app.register_error_handler(Exception, _our_mistake)


def _said(fault: NotAllowed) -> str:
    """Return what a refusal says to people; "" where it only says it to us."""
    return translated(fault.sentence) if isinstance(fault.sentence, Sentence) else ""


def _refuse_nul() -> ResponseReturnValue | None:
    """No keyboard types a NUL, and no database stores one."""
    every = (*request.args.listvalues(), *request.form.listvalues())
    written = [request.path, *(text for values in every for text in values)]
    return page(400) if any("\0" in text for text in written) else None


def stale(_fault: CSRFError) -> ResponseReturnValue:
    """Refuse a form whose page is too old, and give back what was typed into it: nothing of it was taken."""
    return page(400, _("The page had been open for too long. Go back, reload it and send it again."),
                typed=untaken.texts())


def page(
    code: int, words: str = "", wait_seconds: int = 60, typed: Sequence[str] = ()
) -> ResponseReturnValue:
    """Return the page of a refusal; its sentence alone for a queue that sends a form.

    wait_seconds    when to try again, for a program; only where waiting helps
    typed           texts to be given back
    """
    if code >= 500:
        sign_in.be_nobody()  # the page that says the database is away cannot ask it who is reading
    title, advice = WORDS.get(code, WORDS[400 if code < 500 else 500])
    headers = {"Retry-After": str(wait_seconds)} if code in (429, 503) else {}
    if in_json.is_wished():
        return in_json.refusal(code, words or str(advice), headers)
    answer = render_template("errors/refusal.html", code=code, title=title, advice=words or advice,
                             typed=typed)
    return answer, code, headers


def _too_many(fault: RateLimitExceeded) -> ResponseReturnValue:
    seconds = limits.seconds_left()
    minutes = -(-seconds // 60)
    return page(429, ngettext(
        "Wait %(num)d minute, then go back and try again. Nothing was saved.",
        "Wait %(num)d minutes, then go back and try again. Nothing was saved.", minutes), seconds)


def _database_away(fault: OperationalError) -> ResponseReturnValue:
    log.error("database does not answer", error=repr(fault.orig))
    return page(503)


def _disk_full(fault: OSError) -> ResponseReturnValue:
    if fault.errno not in FULL:
        return _our_mistake(fault)
    log.error("nothing can be written", error=repr(fault))
    return page(503)


def _our_mistake(fault: Exception) -> ResponseReturnValue:
    log.error("a page failed", error=repr(fault), exc_info=fault)
    return page(500)
