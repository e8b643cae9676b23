"""Styles, scripts and pictures, under an address that changes when any of them does."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache, lru_cache
from pathlib import Path

import brotli
from flask import Flask, Response, request, send_from_directory, url_for
from werkzeug.security import safe_join

from civicconnect import settings
from civicconnect.errors import NotFound

A_YEAR = 31_536_000
LARGE = 200_000  # bytes: from here on the last twentieth of packing takes seconds, and somebody waits for it
TEXTS = {".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript"}


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
        answer = _text(folder, name) if Path(name).suffix in TEXTS else send_from_directory(folder, name)
        answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return answer

    app.add_template_global(address, "asset")


def _text(folder: Path, name: str) -> Response:
    """Answer with a style or a script, packed as small as it gets: slow once, and then kept."""
    file = Path(safe_join(str(folder), name) or folder)
    if not file.is_file():
        raise NotFound("there is no such file")
    packing = request.accept_encodings.best_match(("br", "gzip")) or ""
    answer = Response(_packed(file, file.stat().st_mtime_ns, packing), mimetype=TEXTS[file.suffix])
    if packing:
        answer.headers["Content-Encoding"] = packing
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


@lru_cache(maxsize=500)
def _packed(file: Path, changed: int, packing: str) -> bytes:
    """Return a file's content as it travels; `changed` is when, so that a newer file is read anew."""
    content = file.read_bytes()
    if packing == "br":
        return bytes(brotli.compress(content, quality=11 if len(content) < LARGE else 9))
    return gzip.compress(content, 9) if packing == "gzip" else content


def address(path: str) -> str:
    """Return where a file of static/ is now; the same in every language."""
    return in_any_language(url_for("static", stamp_=stamp(), name=path))


def in_any_language(address: str) -> str:
    """Return an address of ours without the prefix of the page's language: a browser keeps one copy."""
    root, language = request.script_root, request.environ.get("civic.language")
    return root.removesuffix(f"/{language}") + address.removeprefix(root) if language else address
