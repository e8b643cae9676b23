"""The rules that say who answers: in force, drafted, tried on past reports, in every version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import auth_required

from civicconnect import accounts, city, clock, db, geo, reports, routing
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.routing import Draft, Rule, World
from civicconnect.web import rule_form
from civicconnect.web.filters import layer_name
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.rule_form import Typed
from civicconnect.web.rule_words import SAYS, Names
from civicconnect.web.staff import actor
from civicconnect.web.words import PRIORITY, SOURCE, read_catalog, say

pages = Blueprint("rules", __name__, url_prefix="/staff/rules")
YEAR = timedelta(days=365)
COUNTED_AT_ONCE = 50_000  # reports of a year; of more, it is counted only when somebody asks
MOST_REPLAYED = 100_000


def reader(db_: Db) -> Actor:
    """Return who is signed in; NotAllowed for whoever may not see every department's work."""
    found = actor(db_)
    if not (found.may("city") or found.may("see_all")):
        raise NotAllowed("this account may not see the rules")
    return found


def editor(db_: Db) -> Actor:
    """Return who is signed in; NotAllowed for whoever may not change the city."""
    found = actor(db_)
    if not found.may("city"):
        raise NotAllowed("this account may not change the rules")
    return found


def _world(db_: Db) -> World:
    return World.of(read_catalog(), geo.area_index(db_).drawn, geo.asset_index(db_).owners)


def _names(db_: Db) -> Names:
    offer = read_catalog()
    return Names.of(offer, geo.named_areas(db_, offer.city.day(clock.now())))


# In force

@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """Show the rules in force in the order in which they are tried, and how often they were wrong."""
    with db.reading() as db_:
        me = reader(db_)
        book, world, names = routing.rule_book(db_), _world(db_), _names(db_)
        version = routing.find_version(db_, book.version) if book.version else None
        known_as = accounts.names_of(db_, [version.made_by] if version else [])
        since = clock.now() - YEAR
        is_counted = "count" in request.args or reports.count_since(db_, me, since) <= COUNTED_AT_ONCE
        wrong = reports.misroutes(db_, me, since) if is_counted else None
        draft = routing.draft_of(db_, me.name) if me.may("city") else None
    return render_template(
        "staff/rules.html", book=book, version=version, known_as=known_as, names=names, wrong=wrong,
        rules=[names.told(rule, rule.faults(world)) for rule in book.rules], may_change=me.may("city"),
        shadows=routing.shadows(book.rules, world), draft=draft, catalog=read_catalog())


# The draft

@pages.post("/draft")
@auth_required("session")
def open_draft() -> ResponseReturnValue:
    """Begin a draft as the rules in force, or go on with one's own."""
    with transaction() as db_:
        routing.open_draft(db_, editor(db_).name)
    return redirect(url_for("rules.show_draft"), 303)


@pages.get("/draft")
@auth_required("session")
def show_draft() -> ResponseReturnValue:
    """Show one's own draft, with what may be done to it."""
    return _draft({}, "")


def _own(db_: Db) -> Draft:
    found = routing.draft_of(db_, editor(db_).name)
    if found is None:
        raise NotFound("there is no draft")
    return found


def _draft(faults: Faults, reason: str) -> ResponseReturnValue:
    with db.reading() as db_:
        me = editor(db_)
        draft = routing.draft_of(db_, me.name)
        if draft is None:
            return redirect(url_for("rules.index"))
        world, names, standing = _world(db_), _names(db_), routing.rule_book(db_)
        base = routing.rule_book(db_, draft.based_on) if draft.based_on else standing
        newer = routing.find_version(db_, standing.version) if standing.version != draft.based_on else None
        known_as = accounts.names_of(db_, [newer.made_by] if newer else [])
    return render_template(
        "staff/rules_draft.html", draft=draft, names=names, faults=faults, reason=reason, newer=newer,
        rules=[names.told(rule, rule.faults(world)) for rule in draft.rules], known_as=known_as,
        shadows=routing.shadows(draft.rules, world), last=reports.LAST,
        mine=names.changed(routing.changes(base.rules, draft.rules)),
        theirs=names.changed(routing.changes(base.rules, standing.rules)) if newer else [])


@pages.post("/draft/throw-away")
@auth_required("session")
def throw_away() -> ResponseReturnValue:
    """Forget one's draft."""
    with transaction() as db_:
        routing.throw_away(db_, editor(db_).name)
    return redirect(url_for("rules.index"), 303)


@pages.post("/draft/order")
@auth_required("session")
def order() -> ResponseReturnValue:
    """Move a rule of the draft up or down, or take it out."""
    code, do = request.form.get("code", ""), request.form.get("do", "")
    try:
        with transaction() as db_:
            me, draft = editor(db_), _own(db_)
            at = _place(draft.rules, code)
            routing.write_draft(db_, me.name, _ordered(draft.rules, at, do), seen=_seen())
    except Conflict as fault:
        return _answer(_draft({"rules": [fault.sentence]}, ""), 409)
    return redirect(url_for("rules.show_draft", _anchor=f"rule-{code}" if do != "remove" else None), 303)


def _place(rules: Sequence[Rule], code: str) -> int:
    at = next((n for n, rule in enumerate(rules) if rule.code == code), -1)
    if at < 0:
        raise Conflict(_("This rule is not in your draft any more."))
    return at


def _ordered(rules: Sequence[Rule], at: int, do: str) -> list[Rule]:
    found = list(rules)
    rule = found.pop(at)
    if do == "remove":
        return found
    found.insert(max(0, at - 1) if do == "up" else at + 1, rule)
    return found


def _seen() -> int:
    return whole(request.form.get("seen", ""), -1, 10**9)


def _answer(page: ResponseReturnValue, code: int) -> ResponseReturnValue:
    return (page, code) if isinstance(page, str) else page


@pages.get("/draft/rule")
@auth_required("session")
def show_rule() -> ResponseReturnValue:
    """Show one rule of the draft as a form; without a code a new one."""
    code = request.args.get("code", "")
    with db.reading() as db_:
        draft = _own(db_)
    rule = draft.rule(code)
    if code and rule is None:
        raise NotFound("there is no such rule in the draft")
    return _rule(draft, code, rule_form.of_rule(rule) if rule else Typed(), {})


def _rule(draft: Draft, code: str, typed: Typed, faults: Faults) -> str:
    offer = read_catalog()
    with db.reading() as db_:
        editor(db_)
        world = _world(db_)
        named = geo.named_areas(db_, offer.city.day(clock.now()))
    layers: dict[str, list[tuple[str, str]]] = {}
    names = Names.of(offer, named)
    for area in named:
        if f"{area.layer}:{area.code}" in world.areas:
            layers.setdefault(layer_name(area.layer, offer), []).append(
                (f"{area.layer}:{area.code}", names.area(f"{area.layer}:{area.code}")))
    return render_template(
        "staff/rule.html", draft=draft, code=code, typed=typed, faults=faults, catalog=offer, layers=layers,
        ways=SOURCE, urgencies=PRIORITY, offered=rule_form.choices(world, offer, say), names=names)


@pages.post("/draft/rule")
@auth_required("session")
def write_rule() -> ResponseReturnValue:
    """Put a rule into the draft: in the place of the one it was, or a new one at the end or the beginning."""
    code, typed = request.form.get("was", ""), rule_form.read(request.form)
    try:
        with transaction() as db_:
            me, draft = editor(db_), _own(db_)
            rule = rule_form.rule_from(typed, _world(db_))
            routing.write_draft(db_, me.name, _with(draft.rules, code, rule), seen=_seen())
    except (Invalid, Conflict) as fault:
        with db.reading() as db_:
            draft = _own(db_)
        fields = fault.fields if isinstance(fault, Invalid) else {"code": [fault.sentence]}
        return _rule(draft, code, typed, fields), 422 if isinstance(fault, Invalid) else 409
    return redirect(url_for("rules.show_draft", _anchor=f"rule-{rule.code}"), 303)


def _with(rules: Sequence[Rule], code: str, rule: Rule) -> list[Rule]:
    found = list(rules)
    if code:
        found[_place(rules, code)] = rule
    elif request.form.get("place") == "first":
        found.insert(0, rule)
    else:
        found.append(rule)
    return found


@pages.get("/draft/dry-run")
@auth_required("session")
def dry_run() -> ResponseReturnValue:
    """Show what the draft would have made of the last reports; nothing is changed."""
    last = max(1, whole(request.args.get("last", ""), reports.LAST, MOST_REPLAYED))
    with db.reading() as db_:
        me, draft, names = editor(db_), _own(db_), _names(db_)
        found = reports.replay(db_, me, draft.book, last=last)
    return render_template("staff/rules_dry_run.html", names=names, found=found, last=last, says=SAYS)


@pages.post("/draft/save")
@auth_required("session")
def save() -> ResponseReturnValue:
    """Put the draft in force as a new version, with who did it and why."""
    reason = request.form.get("reason", "")
    try:
        with transaction() as db_:
            me = editor(db_)
            with city.kept_as_version(db_, me.name, reason):
                version = routing.save_draft(db_, me.name, reason, _world(db_), seen=_seen())
    except Invalid as fault:
        return _answer(_draft(fault.fields, reason), 422)
    except Conflict as fault:
        return _answer(_draft({"reason": [fault.sentence]}, reason), 409)
    return redirect(url_for("rules.show_version", number=version), 303)


@pages.post("/draft/rebase")
@auth_required("session")
def rebase() -> ResponseReturnValue:
    """Let the draft stand on the newest version, once its author has seen both: as it is, or begun anew."""
    with transaction() as db_:
        me, draft, standing = editor(db_), _own(db_), routing.rule_book(db_)
        if whole(request.form.get("version", ""), -1, 10**9) != standing.version:
            raise Conflict(_("Yet another version came in force. Look at it first."))
        rules = standing.rules if request.form.get("keep") == "theirs" else draft.rules
        routing.write_draft(db_, me.name, rules, seen=_seen(), based_on=standing.version)
    return redirect(url_for("rules.show_draft"), 303)


# Versions

@pages.get("/versions")
@auth_required("session")
def versions() -> ResponseReturnValue:
    """List every version with who made it and why, the newest first."""
    with db.reading() as db_:
        reader(db_)
        found = routing.versions(db_)
        known_as = accounts.names_of(db_, {version.made_by for version in found})
    return render_template("staff/rules_versions.html", versions=found, known_as=known_as)


@pages.get("/versions/<int(max=999999999):number>")
@auth_required("session")
def show_version(number: int) -> ResponseReturnValue:
    """Show one version: what it changed, and its rules."""
    return _version(number, {})


def _version(number: int, faults: Faults) -> str:
    with db.reading() as db_:
        me = reader(db_)
        version, all_ = routing.find_version(db_, number), routing.versions(db_)
        book, names = routing.rule_book(db_, number), _names(db_)
        earlier = next((one.number for one in all_ if one.number < number), None)
        before: Sequence[Rule] = routing.rule_book(db_, earlier).rules if earlier else ()
        known_as = accounts.names_of(db_, [version.made_by])
    return render_template(
        "staff/rules_version.html", version=version, known_as=known_as, earlier=earlier, faults=faults,
        newest=all_[0].number, rules=[names.told(rule) for rule in book.rules], may_change=me.may("city"),
        changes=names.changed(routing.changes(before, book.rules)), reason=request.form.get("reason", ""))


@pages.post("/versions/<int(max=999999999):number>/restore")
@auth_required("session")
def restore(number: int) -> ResponseReturnValue:
    """Bring the rules of an earlier version back, as a new one."""
    reason = request.form.get("reason", "")
    try:
        with transaction() as db_:
            me = editor(db_)
            with city.kept_as_version(db_, me.name, reason):
                version = routing.restore(db_, me.name, number, reason, seen=_seen())
    except Invalid as fault:
        return _version(number, fault.fields), 422
    except Conflict as fault:
        return _version(number, {"reason": [fault.sentence]}), 409
    return redirect(url_for("rules.show_version", number=version), 303)
