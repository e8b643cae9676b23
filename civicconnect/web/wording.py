"""The words staff start from, on the screen: all of staff read them, those who look after the city write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import auth_required

from civicconnect import accounts, catalog, city, db
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog, Template
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed, Sentence
from civicconnect.reports import lifecycle
from civicconnect.web.city_faults import worded
from civicconnect.web.photos import Faults
from civicconnect.web.report_desk import actor, seen_of
from civicconnect.web.words import read_catalog

pages = Blueprint("wording", __name__, url_prefix="/staff/templates")
NEW = "new"


@dataclass(frozen=True)
class Line:
    """One template in the list: with the languages it lacks, and whether anything in it is hard to read."""

    template: Template
    lacks: tuple[str, ...]
    hard: tuple[str, ...]


def editor(db_: Db) -> Actor:
    """Return who is signed in, if they may change what the city says; NotAllowed otherwise."""
    me = actor(db_)
    if not me.may("city"):
        raise NotAllowed(Sentence("Only those who look after the city's words may change a template."))
    return me


@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """List every template by its step, with the languages it is in."""
    offer = read_catalog()
    with db.reading() as view:
        me = actor(view)
        found = catalog.every_template(view)
    lines = [Line(one, tuple(code for code in offer.city.spoken if not one.words.get(code)),
                  tuple(code for code, said in one.words.items() if catalog.ease(said, code).is_hard))
             for one in found]
    return render_template(
        "staff/templates.html", catalog=offer, may_change=me.may("city"),
        steps=[(verb, [line for line in lines if line.template.verb == verb]) for verb in catalog.VERBS])


@pages.get("/<code>")
@auth_required("session")
def show(code: str) -> ResponseReturnValue:
    """Show one template, or an empty one to fill in, with what was changed of it."""
    return _page(code, {}, None)


def _page(code: str, faults: Faults, typed: Mapping[str, Any] | None) -> str:
    offer = read_catalog()
    with db.reading() as view:
        me = actor(view) if code != NEW else editor(view)
        held = catalog.find_template(view, code) if code != NEW else None
        changes = catalog.template_changes(view, code)
        names = accounts.names_of(view, {change.by for change in changes})
    empty = {"code": "", "verb": "close", "outcome": "", "services": [], "name": {}, "words": {}}
    stands: Mapping[str, Any] = _written(held) if held else empty
    shown = typed if typed is not None else stands
    return render_template(
        "staff/template.html", catalog=offer, code=code, shown=shown, stands=stands, faults=faults,
        is_new=held is None, changes=changes, names=names, may_change=me.may("city"),
        hints={lang: _hint(said, lang) for lang, said in shown["words"].items()},
        fields=catalog.FIELDS, verbs=catalog.VERBS, outcomes=lifecycle.OUTCOMES,
        is_conflict="conflict" in faults, reason=request.form.get("reason", ""))


def _written(template: Template) -> dict[str, Any]:
    return {"code": template.code, "verb": template.verb, "outcome": template.outcome,
            "services": list(template.services), "name": dict(template.name), "words": dict(template.words)}


def _hint(said: str, language: str) -> str:
    """Return why words are hard to read; "" where they are not."""
    found = catalog.ease(said, language)
    if found.is_long and found.is_signs:
        return str(ngettext("Hard to read: %(num)d sign in a sentence.",
                            "Hard to read: %(num)d signs in a sentence.", found.longest))
    if found.is_long:
        return str(ngettext("Hard to read: %(num)d word in a sentence.",
                            "Hard to read: %(num)d words in a sentence.", found.longest))
    if found.is_hard:
        return str(_("Hard to read: many long words (LIX %(lix)s).", lix=round(found.lix)))
    return ""


@pages.post("/<code>")
@auth_required("session")
def save(code: str) -> ResponseReturnValue:
    """Add a template or change it."""
    offer = read_catalog()
    typed = _typed(offer, code)
    try:
        with transaction() as change:
            me = editor(change)
            with city.kept_as_version(change, me.name, request.form.get("reason", "")):
                catalog.save_template(change, me.name, typed, is_new=code == NEW, seen=seen_of(request.form))
    except Invalid as fault:
        # The shape of a row is checked in plain English, as a folder's is.
        told = {name: [worded(words) for words in said] for name, said in fault.fields.items()}
        return _page(code, told, typed), 422
    except Conflict as fault:
        return _page(code, {"conflict": [fault.sentence]}, typed), 409
    return redirect(url_for("wording.index"), 303)


@pages.post("/<code>/remove")
@auth_required("session")
def remove(code: str) -> ResponseReturnValue:
    """Offer a template no more."""
    try:
        with transaction() as change:
            me = editor(change)
            with city.kept_as_version(change, me.name, request.form.get("reason", "")):
                catalog.remove_template(change, me.name, code, seen=seen_of(request.form))
    except Invalid as fault:
        return _page(code, fault.fields, None), 422
    except Conflict as fault:
        return _page(code, {"conflict": [fault.sentence]}, None), 409
    return redirect(url_for("wording.index"), 303)


def _typed(offer: Catalog, code: str) -> dict[str, Any]:
    given = request.form
    # A browser ends its lines in two signs; the folder keeps one.
    said = {part: {language: given.get(f"{part}-{language}", "").replace("\r\n", "\n").strip()
                   for language in offer.city.spoken} for part in ("name", "words")}
    return {"code": given.get("code", "").strip() if code == NEW else code, "verb": given.get("verb", ""),
            "outcome": given.get("outcome", ""), "services": given.getlist("services"), **said}
