"""How often one address may write. Reading is not limited."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from civicconnect.settings import Settings

WRITING = {"resident.submit": "posts_an_hour", "security.login": "tries_an_hour"}
# A town hall signs in from one address: only what failed counts.
COUNTED = {"resident.submit": lambda _: True, "security.login": lambda answer: answer.status_code != 302}


def hang(app: Flask, given: Settings) -> None:
    """Limit the posts that strangers can make; the pages hang already."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://",
                      strategy="moving-window", headers_enabled=False)

    for endpoint, setting in WRITING.items():
        rate = f"{getattr(given, setting)} per hour"
        counted = limiter.limit(rate, methods=["POST"], deduct_when=COUNTED[endpoint])
        app.view_functions[endpoint] = counted(app.view_functions[endpoint])  # type: ignore[assignment]  # it may be async
