"""The headers of every answer."""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
# What a browser never shows as a page of its own: half a kilobyte of headers for each would be for nothing.
NO_PAGES = ("text/css", "text/javascript")


def secret(answer: Response) -> Response:
    """Let no copy of a page stay behind whose address is a secret, and no search engine have it."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def hang(app: Flask) -> None:
    """Put the headers on every answer of an application."""

    @app.after_request
    def headers(answer: Response) -> Response:
        answer.headers["X-Content-Type-Options"] = "nosniff"
        if not (request.endpoint == "static" and answer.mimetype in NO_PAGES):
            answer.headers.setdefault("Content-Security-Policy", POLICY)
            answer.headers["Referrer-Policy"] = "same-origin"
            answer.headers["X-Frame-Options"] = "DENY"
            answer.headers["Permissions-Policy"] = "geolocation=(self), camera=(self)"
            answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if request.is_secure:
            answer.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if "Cache-Control" not in answer.headers:
            answer.headers["Cache-Control"] = "no-cache"
        if request.path.startswith(("/staff", "/sign-in", "/sign-out")):
            answer.headers["Cache-Control"] = "no-store"
        return answer
