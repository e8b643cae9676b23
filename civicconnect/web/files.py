"""Styles, scripts and pictures, under an address that changes when any of them does."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, send_from_directory, url_for

from civicconnect import settings
from civicconnect.errors import NotFound

A_YEAR = 31_536_000


@cache
def stamp() -> str:
    """Return a hash over all static files: part of their address, so they may be kept a year."""
    folder = settings.home() / "static"
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "build" not in file.parts:
            digest.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def hang(app: Flask) -> None:
    """Serve /static/<stamp>/… and give templates `asset(path)`."""
    folder = Path(settings.home() / "static")

    @app.get("/static/<stamp_>/<path:name>", endpoint="static")
    def static(stamp_: str, name: str) -> Response:
        del stamp_  # whatever it was, the newest file is the one to have
        if "build" in Path(name).parts:  # what the rest is made from; nobody's to read
            raise NotFound("there is no such file")
        answer = send_from_directory(folder, name, max_age=A_YEAR)
        answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return answer

    @app.template_global()
    def asset(path: str) -> str:
        return in_any_language(url_for("static", stamp_=stamp(), name=path))


def in_any_language(address: str) -> str:
    """Return an address of ours without the prefix of the page's language: a browser keeps one copy."""
    root, language = request.script_root, request.environ.get("civic.language")
    return root.removesuffix(f"/{language}") + address.removeprefix(root) if language else address
