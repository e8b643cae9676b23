"""What works without a connection: a form kept on the phone, the worker that keeps it, the city's offer."""

from __future__ import annotations

import json
import re

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from civicconnect import catalog, city, clock, db, geo, settings
from civicconnect.catalog import Service
from civicconnect.errors import NotAllowed
from civicconnect.geo import NamedArea
from civicconnect.web import files, language, telling, theme
from civicconnect.web.files import in_any_language
from civicconnect.web.report_form import Sent
from civicconnect.web.words import read_catalog, say

pages = Blueprint("offline", __name__)
MANY = 20  # services; more of them stand in groups that open
INDENT = re.compile(r"\n\s*")
# Our files that the form and the list of this phone's reports load; those in folders, all of them.
STYLES = (*files.SHEETS, "css/components/form.css", "css/components/phone.css", "img/icon.svg")
SCRIPTS = ("js/start.js", *(f"js/components/{name}.js" for name in (
    "away", "branching", "draft", "find", "phone", "photo", "waiting")))
FOLDERS = ("js/phone", "vendor/idb-keyval", "vendor/govuk")


@pages.app_template_global()
def address_of_worker() -> str:
    """Return where the worker is: one for all languages, at the root, so that it sees every page."""
    return in_any_language(url_for("offline.worker"))


@pages.get("/manifest.webmanifest")
def manifest() -> Response:
    """Describe the site as an app that can be put on the home screen: the city's name, colours and icon."""
    here = read_catalog().city
    spoken = language.chosen()
    start = in_any_language(url_for("resident.home"))
    icons = [{"src": theme.address_of_icon(size), "sizes": f"{size}x{size}", "type": "image/png",
              "purpose": purpose} for size in (192, 512) for purpose in ("any", "maskable")]
    answer = jsonify(
        id=start, name=say(here.name), short_name=say(here.name), lang=spoken,
        dir=catalog.direction(spoken), scope=start, start_url=url_for("resident.home"),
        display="minimal-ui", theme_color=theme.brand(here), background_color="#f6f5f1", icons=icons)
    answer.mimetype = "application/manifest+json"
    return answer


@pages.get("/sw.js")
def worker() -> Response:
    """Send the worker: two lines that change with any file, and with each version of the city.

    Then what phones keep of the form and the city's offer is fetched anew.
    """
    here = read_catalog().city
    named = [files.address(path) for path in _files()]
    named += [address for address in (theme.address_of_sheet(here), theme.address_of_logo(here)) if address]
    with db.reading() as db_:
        version = city.newest_version(db_)
    given = json.dumps({"stamp": files.stamp(), "city": version, "files": named})
    code = f'import {{ work }} from "{files.address("js/phone/worker.js")}";\nwork({given});\n'
    answer = Response(code, mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = in_any_language(url_for("resident.home"))
    return answer


def _files() -> list[str]:
    folder = settings.home() / "static"
    found = [file.relative_to(folder).as_posix() for name in FOLDERS
             for file in sorted((folder / name).rglob("*.*js"))]
    return [*STYLES, *SCRIPTS, *found]


@pages.get("/report/offline")
def form() -> Response:
    """Show the form that needs no connection, with the services and areas in it."""
    offered = read_catalog().offered(clock.now())
    return _kept(render_template(
        "offline/form.html", offered=offered, areas=_areas(),
        is_long=sum(len(services) for _group, services in offered) > MANY))


def _areas() -> list[tuple[str, list[NamedArea]]]:
    """Return the parts of the city by layer, as they are drawn today, each by its name."""
    here = read_catalog().city
    with db.reading() as db_:
        named = geo.named_areas(db_, here.day(clock.now()))
    layers: dict[str, list[NamedArea]] = {}
    for area in named:
        if area.until is None and area.layer != here.limit_layer:
            layers.setdefault(area.layer, []).append(area)
    return [(say(here.layers.get(layer, {})) or layer, found) for layer, found in layers.items()]


@pages.get("/report/offer.json")
def offer() -> Response:
    """Tell what each service asks: its fields, as the form with a connection has them.

    {language, parts: [markup, …], services: {code: {name, is_stopped, fields: [index of a part, …]}}}: what
    many services ask alike is there once.
    """
    services = [service for _group, offered in read_catalog().offered(clock.now()) for service in offered]
    parts: dict[str, int] = {}
    made = {service.code: {"name": say(service.name), "is_stopped": service.stopped({}) is not None,
                           "fields": [parts.setdefault(part, len(parts)) for part in _fields(service)]}
            for service in services}
    told = {"language": language.chosen(), "parts": list(parts), "services": made}
    return _kept(json.dumps(told, ensure_ascii=False, separators=(",", ":")), "application/json")


def _fields(service: Service) -> list[str]:
    stopper = service.stopped({})
    if stopper:
        return [render_template("offline/stopped.html", stopper=stopper)]
    given = {"service": service, "sent": Sent({}), "faults": {},
             "is_told_in_full": telling.is_told_in_full(service)}
    made = (render_template(f"components/{part}.html", **given) for part in ("questions", "rest"))
    return [INDENT.sub("\n", part) for part in made]


@pages.get("/report/phone")
def phone() -> Response:
    """Show the list of what this phone holds; the phone alone knows what that is."""
    return _kept(render_template("offline/phone.html"))


def _kept(content: str, mimetype: str = "text/html") -> Response:
    """Answer with what a phone keeps: asked again, unchanged, it costs a few bytes."""
    answer = Response(content, mimetype=mimetype)
    answer.add_etag()
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request)
    return answer


@pages.get("/report/token")
def token() -> ResponseReturnValue:
    """Give our own pages a fresh token for a form that was kept for later, and nobody else.

    A page of another site can ask, but no browser lets it read the answer; this one it does not get at all.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise NotAllowed("another site asks for a token")
    answer = jsonify(token=generate_csrf())
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
