"""How often one address may write. Reading is not limited."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from civicconnect.settings import Settings

WRITING = {"resident.submit": "posts_an_hour", "security.login": "tries_an_hour"}


def hang(app: Flask, given: Settings) -> None:
    """Limit the posts that strangers can make; the pages hang already."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://",
                      strategy="moving-window", headers_enabled=False)

    for endpoint, setting in WRITING.items():
        rate = f"{getattr(given, setting)} per hour"
        page = app.view_functions[endpoint]
        app.view_functions[endpoint] = limiter.limit(rate, methods=["POST"])(page)  # type: ignore[assignment]  # it may be async
