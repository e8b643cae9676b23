"""How often one address may write. Reading is not limited."""

from __future__ import annotations

import time

from flask import Flask, current_app, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from civicconnect.settings import Settings

WRITING = {"resident.submit": "posts_an_hour", "resident.take_photo": "posts_an_hour",
           "partner.receive": "posts_an_hour",
           "following.affects_me": "posts_an_hour", "following.follow": "posts_an_hour",
           "following.add_more": "posts_an_hour", "following.answer_question": "posts_an_hour",
           "contractor.accept": "posts_an_hour", "contractor.refuse": "posts_an_hour",
           "contractor.comment": "posts_an_hour", "contractor.finish": "posts_an_hour",
           "following.say_fixed": "posts_an_hour",
           "following.give_address": "posts_an_hour", "following.ask_mine": "posts_an_hour",
           "flagging.flag": "posts_an_hour", "security.login": "tries_an_hour",
           "entrance.give_code": "tries_an_hour", "entrance.send_link": "tries_an_hour",
           "entrance.accept": "tries_an_hour", "entrance.use_link": "tries_an_hour",
           "entrance.passkey": "tries_an_hour", "sign_on.use_by_hand": "tries_an_hour"}
ASKING = {"sign_on.back": "tries_an_hour"}  # by GET, as a browser comes back from elsewhere
# A town hall signs in from one address: only what failed counts.
COUNTED = {"security.login": lambda answer: answer.status_code != 302,
           "entrance.give_code": lambda answer: answer.status_code != 302,
           "entrance.passkey": lambda answer: answer.status_code != 302,
           # What ails the provider is no try of anybody's: a town hall must get in once it is up again.
           "sign_on.back": lambda answer: answer.status_code != 302 and not g.get("provider_ails")}


def hang(app: Flask, given: Settings) -> None:
    """Limit the posts that strangers can make; the pages hang already."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://",
                      strategy="moving-window", headers_enabled=False)

    for endpoint, setting in (WRITING | ASKING).items():
        methods = ["GET", "HEAD"] if endpoint in ASKING else ["POST"]
        counted = limiter.limit(f"{getattr(given, setting)} per hour", methods=methods,
                                deduct_when=COUNTED.get(endpoint))
        app.view_functions[endpoint] = counted(app.view_functions[endpoint])  # type: ignore[assignment]  # it may be async


def seconds_left() -> int:
    """Return in how many seconds the limit that refused this request lets through the next one."""
    limits: list[int] = [limiter.current_limit.reset_at for limiter in current_app.extensions["limiter"]
                         if limiter.current_limit]
    return max([1, *(at - int(time.time()) for at in limits)])
