"""Rounds as they are planned at the desk: made of open reports, put in order, changed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import auth_required

from civicconnect import accounts, clock, db, geo, reports
from civicconnect.accounts import Actor
from civicconnect.catalog import Department
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, Sentence
from civicconnect.geo import Point
from civicconnect.reports import Filter, Round
from civicconnect.web.filters import choices
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.staff import actor
from civicconnect.web.words import read_catalog

pages = Blueprint("rounds", __name__, url_prefix="/staff")
USUAL_STOPS = 15


@pages.get("/rounds")
@auth_required("session")
def index() -> ResponseReturnValue:
    """List the rounds of today and later, and offer to make one."""
    return _index({}, request.args)


def _index(faults: Faults, typed: Mapping[str, Any]) -> str:
    offer = read_catalog()
    today = offer.city.day(clock.now())
    with db.reading() as db_:
        me = actor(db_)
        mine = _departments(me)
        chosen = next((one for one in mine if one.code == typed.get("department")), mine[0] if mine else None)
        people = accounts.colleagues(db_, chosen.id) if chosen and me.may("step") else {}
        found = list(db_.scalars(reports.rounds_seen(me, today).limit(200)))
        counts = reports.stops_by_state(db_, [one.id for one in found])
        named = geo.named_areas(db_, today)
        names = accounts.names_by_id(db_, {one.staff_id for one in found if one.staff_id})
    return render_template(
        "staff/rounds.html", rounds=found, counts=counts, names=names, mine=mine, chosen=chosen,
        people=people, me=reports.staff_id_of(me), may_plan=me.may("step"), today=today, faults=faults,
        typed=typed, catalog=offer, most=reports.MOST_STOPS, usual=USUAL_STOPS,
        areas=choices(Filter(), offer, [a for a in named if a.until is None], "rounds.index").areas,
        report=typed.get("report", "")[:12])


def _departments(me: Actor) -> list[Department]:
    offer = read_catalog()
    return [d for d in offer.departments.values() if me.may("see_all") or d.id in me.departments]


@pages.post("/rounds")
@auth_required("session")
def make() -> ResponseReturnValue:
    """Make a round for a person and a day: of one report, or of the open ones that fit."""
    typed = request.form
    try:
        with transaction() as db_:
            round_ = _made(db_, actor(db_), typed)
    except Invalid as fault:
        return _index(fault.fields, typed), 422
    except Conflict as fault:
        return _index({"person": [fault.sentence]}, typed), 409
    return redirect(url_for("rounds.show", round_id=round_.id), 303)


def _made(db_: Db, me: Actor, typed: Mapping[str, str]) -> Round:
    offer = read_catalog()
    person = whole(typed.get("person", ""), 0, most=10**9) or None
    round_ = reports.make_round(
        db_, me, typed.get("department", ""), _day(typed.get("day", "")), person, typed.get("team", ""),
        name=typed.get("name", ""), start=_start(db_, typed.get("start", "")))
    if typed.get("report"):
        reports.put_on_round(db_, me, round_, typed["report"])
    else:
        view = Filter(service=typed.get("service", "")[:200], area=typed.get("area", "")[:200])
        found = reports.fitting_round(db_, me, round_, view, offer, unclaimed="unclaimed" in typed)
        found = found[:whole(typed.get("most", ""), USUAL_STOPS, most=reports.MOST_STOPS)]
        if not found and not reports.halts(db_, me, round_):
            raise Invalid({"service": [Sentence("No open report fits. Choose another service or area.")]})
        for reference in found:
            reports.put_on_round(db_, me, round_, reference)
    reports.sort_round(db_, me, round_)
    return round_


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid({"day": [Sentence("Give a day from today on, within a year.")]}) from None


def _start(db_: Db, words: str) -> Point | None:
    """Return the place that somebody typed as the beginning of a round; None where the field is empty."""
    if not words.strip():
        return None
    found = geo.find_addresses(db_, words.strip()[:200], limit=1)
    if not found:
        raise Invalid({"start": [Sentence("No such address is known. Write street and number.")]})
    return found[0].point


@pages.get("/rounds/<int(max=999999999):round_id>")
@auth_required("session")
def show(round_id: int) -> ResponseReturnValue:
    """Show a round with its stops in their order, to be changed by hand."""
    return _page(round_id, {})


def _page(round_id: int, faults: Faults) -> str:
    offer = read_catalog()
    with db.reading() as db_:
        me = actor(db_)
        round_ = reports.find_round(db_, me, round_id)
        found = reports.halts(db_, me, round_)
        names = accounts.names_by_id(db_, [round_.staff_id] if round_.staff_id else [])
    return render_template(
        "staff/round_plan.html", round=round_, halts=found, names=names, catalog=offer, faults=faults,
        legs=reports.walking_legs(found, round_.start), may_plan=me.may("step"),
        is_today=round_.day == offer.city.day(clock.now()), may_walk=reports.may_walk(me, round_))


@pages.post("/rounds/<int(max=999999999):round_id>/order")
@auth_required("session")
def sort(round_id: int) -> ResponseReturnValue:
    """Put what is still to do in walking order: from where somebody stands, or from the beginning."""
    lat, long = request.form.get("lat", ""), request.form.get("long", "")
    start = geo.point_from(lat, long) if lat or long else None
    with transaction() as db_:
        me = actor(db_)
        reports.sort_round(db_, me, reports.find_round(db_, me, round_id, lock=True), start)
    if request.form.get("back") == "walk":
        return redirect(url_for("field.walk", round=round_id), 303)
    return redirect(url_for("rounds.show", round_id=round_id), 303)


@pages.post("/rounds/<int(max=999999999):round_id>/stops")
@auth_required("session")
def put_on(round_id: int) -> ResponseReturnValue:
    """Put a report at the end of a round, by its reference."""
    try:
        with transaction() as db_:
            me = actor(db_)
            round_ = reports.find_round(db_, me, round_id, lock=True)
            reports.put_on_round(db_, me, round_, request.form.get("report", "")[:20])
    except Invalid as fault:  # whatever is wrong, it is with this report on this round
        return _page(round_id, {"report": [words for each in fault.fields.values() for words in each]}), 422
    except Conflict as fault:
        return _page(round_id, {"report": [fault.sentence]}), 409
    return redirect(url_for("rounds.show", round_id=round_id), 303)


@pages.post("/rounds/stops/<int(max=999999999):stop_id>")
@auth_required("session")
def change_stop(stop_id: int) -> ResponseReturnValue:
    """Move a stop up or down, or take it off its round."""
    do = request.form.get("do", "")
    with transaction() as db_:
        me = actor(db_)
        if do == "remove":
            round_ = reports.take_off_round(db_, me, stop_id)
        elif do in ("up", "down"):
            round_ = reports.move_stop(db_, me, stop_id, -1 if do == "up" else 1)
        else:
            raise Invalid({"do": [_("Choose up, down or remove.")]})
    return redirect(url_for("rounds.show", round_id=round_.id, _anchor=f"stop-{stop_id}"), 303)


@pages.post("/reports/<reference>/round")
@auth_required("session")
def put_on_mine(reference: str) -> ResponseReturnValue:
    """Put a report on one's own round of a day."""
    seen = request.form.get("seen", "").strip()
    offer = read_catalog()
    with transaction() as db_:
        me = actor(db_)
        report = reports.find(db_, reference, me)
        round_ = reports.make_round(db_, me, offer.department_codes[report.department_id],
                                    _day(request.form.get("day", "")), reports.staff_id_of(me))
        reports.put_on_round(db_, me, round_, reference, seen=whole(seen, 0) if seen else None)
    return redirect(url_for("rounds.show", round_id=round_.id), 303)


@pages.app_template_global()
def today_here() -> date:
    """Return today's date on the city's clock."""
    return read_catalog().city.day(clock.now())
