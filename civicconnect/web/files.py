"""Styles, scripts and pictures, under an address that changes when any of them does."""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
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
# Styles of every page, sent as one: on a slow line each file more costs a turn, and only six turn at a time.
SHEETS = {
    f"css/page{mirrored}.css": (f"vendor/govuk/govuk{mirrored}.css", "css/tokens.css", "css/base.css",
                                "css/components/frame.css")
    for mirrored in ("", ".rtl")
}
BEGIN = "js/start.js"  # the script of every page; it brings the others
IMPORTED = re.compile(r"""^(?:import|export)\s[^;'"()=]*?\bfrom\s*["'](\.[^"']+)["']""", re.MULTILINE)
IMPROVED = re.compile(r'data-(module="govuk-|component=")([a-z_-]+)"')


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

    @app.after_request
    def early(answer: Response) -> Response:
        """Name a page's scripts in its head: else each is found only when the one that wants it has come."""
        if answer.mimetype == "text/html" and answer.is_sequence and not answer.direct_passthrough:
            page = answer.get_data(as_text=True)
            begin = f'<script type="module" src="{address(BEGIN)}"></script>'
            if begin in page:
                links = "".join(f'<link rel="modulepreload" href="{address(name)}">'
                                for name in scripts_of(page))
                answer.set_data(page.replace(begin, begin + links, 1))
        return answer

    app.add_template_global(address, "asset")


def scripts_of(page: str) -> list[str]:
    """Return the scripts that a page will ask for as soon as it runs, but the first."""
    folder = settings.home() / "static"
    wanted = [f"vendor/govuk/components/{name}/{name}.mjs" if "module" in kind else f"js/components/{name}.js"
              for kind, name in IMPROVED.findall(page)]
    found = list(dict.fromkeys(name for name in wanted if (folder / name).is_file()))
    for name in found:  # it grows meanwhile
        found += [needed for needed in _imported(name) if needed not in found]
    return found


@cache
def _imported(name: str) -> tuple[str, ...]:
    """Return what a script cannot run without."""
    code = (settings.home() / "static" / name).read_text(encoding="utf-8")
    here = posixpath.dirname(name)
    return tuple(posixpath.normpath(posixpath.join(here, path)) for path in IMPORTED.findall(code))


def _text(folder: Path, name: str) -> Response:
    """Answer with a style or a script, packed as small as it gets: slow once, and then kept."""
    files = tuple(Path(safe_join(str(folder), part) or folder) for part in SHEETS.get(name, (name,)))
    if not all(file.is_file() for file in files):
        raise NotFound("there is no such file")
    packing = request.accept_encodings.best_match(("br", "gzip")) or ""
    changed = max(file.stat().st_mtime_ns for file in files)
    answer = Response(_packed(files, changed, packing), mimetype=TEXTS[files[0].suffix])
    if packing:
        answer.headers["Content-Encoding"] = packing
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


@lru_cache(maxsize=500)
def _packed(files: tuple[Path, ...], changed: int, packing: str) -> bytes:
    """Return files' content as it travels; `changed` is when, so that a newer file is read anew."""
    content = b"\n".join(file.read_bytes() for file in files)
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
