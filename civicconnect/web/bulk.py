"""The same thing done to many reports, on pages: choose, see what would come of it, do it, take it back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_security import auth_required

from civicconnect import accounts, catalog, clock, db, notify, queue, reports
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid
from civicconnect.queue import Desk
from civicconnect.web import language
from civicconnect.web.photos import Faults
from civicconnect.web.staff import actor
from civicconnect.web.words import read_catalog

pages = Blueprint("bulk", __name__, url_prefix="/staff/bulk")
TICKED = re.compile(r"([0-9A-Z]{1,12})-([0-9]{1,9})")
ACTION = {"step": _l("Take a step"), "assign": _l("Assign"), "priority": _l("Set the priority"),
          "note": _l("Write an internal note"), "service": _l("Say what they are about")}
BIGGEST = 2**62  # ids beyond it are none, and no engine takes them


@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """Show what was done in bulk."""
    with db.reading() as db_:
        done = queue.bulks(db_, actor(db_))
    return render_template("staff/bulk/index.html", done=done, actions=ACTION)


@pages.post("")
@auth_required("session")
def begin() -> ResponseReturnValue:
    """Begin with what was ticked in the queue, or with all of its view."""
    form = request.form
    desk = Desk.read(dict(parse_qsl(form.get("view", "")[:2000])))
    ticked = [TICKED.fullmatch(text) for text in form.getlist("report")[:1000]]
    with transaction() as db_:
        me = actor(db_)
        if form.get("of") == "view":
            number = queue.begin_view(db_, me, desk, read_catalog())
        else:
            number = queue.begin_selected(db_, me, [(t[1], int(t[2])) for t in ticked if t])
    return redirect(url_for("bulk.show", number=number), 303)


@pages.get("/<int:number>")
@auth_required("session")
def show(number: int) -> ResponseReturnValue:
    """Show what shall be done, what would come of it, or how far it is."""
    return _page(number, {}, {})


def _page(number: int, faults: Faults, typed: Mapping[str, Any]) -> str:
    offer = read_catalog()
    with db.reading() as db_:
        me = actor(db_)
        row = queue.find_bulk(db_, me, min(number, BIGGEST))
        progress, is_own = queue.progress(db_, row), queue.is_own(me, row)
        more, preview = dict[str, Any](), None
        if row.state == "draft":
            more = _choices(db_, me, offer) if is_own else {"people": queue.people_for(db_, me, offer)}
            if row.action and not typed:
                whose = me if is_own else accounts.actor_of(db_, row.staff_id)  # it is done in their name
                preview = queue.preview(db_, whose, row, offer, _speaker(offer))
    return render_template(
        "staff/bulk/show.html", bulk=row, progress=progress, faults=faults, actions=ACTION, me=me,
        typed=typed or {"action": row.action, **row.given}, is_busy=row.state in ("asked", "undoing"),
        is_own=is_own, may_undo=is_own and queue.may_undo(row, clock.now()), language_name=language.name,
        catalog=offer, preview=preview, **more)


def _speaker(offer: Catalog) -> Callable[[str], notify.Tongue]:
    zone = ZoneInfo(offer.city.time_zone)
    return lambda code: notify.Tongue(code, zone)


def _choices(db_: Db, me: Actor, offer: Catalog) -> dict[str, Any]:
    """Return what may be chosen from."""
    templates = [one for one in catalog.every_template(db_) if one.verb in queue.VERBS]
    return {"people": queue.people_for(db_, me, offer), "templates": templates, "verbs": queue.VERBS,
            "outcomes": queue.OUTCOMES, "priorities": reports.PRIORITIES}


@pages.post("/<int:number>")
@auth_required("session")
def settle(number: int) -> ResponseReturnValue:
    """Keep what shall be done, and show what would come of it."""
    typed = request.form.to_dict()
    try:
        with transaction() as db_:
            queue.settle(db_, actor(db_), min(number, BIGGEST), typed.get("action", ""), typed)
    except Invalid as fault:
        return _page(number, fault.fields, typed), 422
    return redirect(url_for("bulk.show", number=number, _anchor="preview"), 303)


@pages.post("/<int:number>/run")
@auth_required("session")
def run(number: int) -> ResponseReturnValue:
    """Do what was looked at, or show what would be done now."""
    try:
        with transaction() as db_:
            queue.start(db_, actor(db_), min(number, BIGGEST), request.form.get("mark", ""))
    except Conflict as fault:
        return _page(number, {"preview": [fault.sentence]}, {}), 409
    return redirect(url_for("bulk.show", number=number), 303)


@pages.post("/<int:number>/undo")
@auth_required("session")
def undo(number: int) -> ResponseReturnValue:
    """Take it back."""
    try:
        with transaction() as db_:
            queue.undo(db_, actor(db_), min(number, BIGGEST))
    except Conflict as fault:
        return _page(number, {"undo": [fault.sentence]}, {}), 409
    return redirect(url_for("bulk.show", number=number), 303)
