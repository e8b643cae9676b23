"""The staff's pages of planned works: the list, one work with the reports it settles, and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import clock, db, geo, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed
from civicconnect.reports import NewWork, Work, lifecycle
from civicconnect.web import photos
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.placing import one_place
from civicconnect.web.staff import MOST_PHOTOS, actor
from civicconnect.web.words import area_name, read_catalog

pages = Blueprint("works", __name__, url_prefix="/staff/works")
FIRST_REACH = 30  # metres


@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """Show the planned works of one's departments, the next first."""
    offer = read_catalog()
    with db.reading() as db_:
        me = actor(db_)
        found = reports.works_for(db_, me)
    return render_template("staff/works.html", found=found, catalog=offer, may_step=me.may("step"))


# Writing one down, and changing it

@pages.get("/new")
@auth_required("session")
def show_new() -> ResponseReturnValue:
    """Ask what is planned."""
    return _form(None, {"reach": str(FIRST_REACH), "along": "line"}, {})


@pages.post("")
@auth_required("session")
def add() -> ResponseReturnValue:
    """Write down a planned work."""
    try:
        with transaction() as db_:
            me, new = actor(db_), _read(db_)
            number = reports.once(db_, me, request.form.get("form", ""), asdict(new),
                                  lambda: reports.plan_work(db_, me, new).id)
    except Invalid as fault:
        return _form(None, request.form, fault.fields), 422
    except Conflict as fault:
        return _form(None, request.form, {"title": [fault.sentence]}), 409
    return redirect(url_for("works.show", number=number), 303)


@pages.get("/<int:number>/change")
@auth_required("session")
def show_change(number: int) -> ResponseReturnValue:
    """Show a work as it was written down, to be changed."""
    with db.reading() as db_:
        work = reports.find_work(db_, actor(db_), number)
    return _form(work, _typed_of(work), {})


@pages.post("/<int:number>/change")
@auth_required("session")
def change(number: int) -> ResponseReturnValue:
    """Change a work; with its first day move the reports that wait for it."""
    with db.reading() as db_:
        work = reports.find_work(db_, actor(db_), number)
    try:
        with transaction() as db_:
            reports.change_work(db_, actor(db_), number, _read(db_), version=_version())
    except Invalid as fault:
        return _form(work, request.form, fault.fields), 422
    except Conflict as fault:
        return _form(work, request.form, {"title": [fault.sentence]}), 409
    return redirect(url_for("works.show", number=number), 303)


def _form(work: Work | None, typed: Mapping[str, Any], faults: Faults) -> str:
    offer = read_catalog()
    with db.reading() as db_:
        me = actor(db_)
        if not me.may("step"):
            raise NotAllowed("this account may not plan works")
        today = offer.city.day(clock.now())
        areas = [area for area in geo.named_areas(db_, today)
                 if reports.holds_area(db_, me, f"{area.layer}:{area.code}")]
    chosen = (request.form.getlist("service") if request.method == "POST"
              else [offer.service_codes[number] for number in work.services] if work else [])
    offered: dict[str, list[tuple[str, str]]] = {}
    for area in areas:
        if area.layer != offer.city.limit_layer and area.until is None:
            offered.setdefault(area.layer, []).append((f"{area.layer}:{area.code}", area_name(area)))
    return render_template(
        "staff/work_form.html", work=work, form=typed.get("form") or uuid4(), typed=typed, faults=faults,
        chosen=chosen, areas=offered,
        catalog=offer,
        mine=[one for one in offer.departments.values() if me.may("see_all") or one.id in me.departments])


def _typed_of(work: Work) -> dict[str, str]:
    offer = read_catalog()
    return {"department": offer.department_codes[work.department_id], "title": work.title,
            "words": work.words, "begins": work.begins.isoformat(), "ends": work.ends.isoformat(),
            "area": work.area, "address": work.address, "along": "line" if work.is_line else "points",
            "reach": str(work.reach), "version": str(work.version)}


def _read(db_: Db) -> NewWork:
    """Read the form. Raises Invalid for places that are not found."""
    form = request.form
    lines = [line for line in form.get("address", "").splitlines() if line.strip()][:reports.MOST_POINTS + 1]
    places = [one_place(db_, line, "address") for line in lines]
    return NewWork(
        form.get("department", ""), form.get("title", ""), form.get("words", ""),
        _day(form.get("begins", "")), _day(form.get("ends", "")), tuple(form.getlist("service")),
        form.get("area", ""), "\n".join(place.label for place in places),
        tuple(place.point for place in places), is_line=form.get("along") != "points",
        reach=whole(form.get("reach", "").strip(), 0))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _version() -> int | None:
    text = request.form.get("version", "").strip()
    return whole(text, 0) if text else None


# One work

@pages.get("/<int:number>")
@auth_required("session")
def show(number: int) -> ResponseReturnValue:
    """Show a work with the reports it settles, and those that it may."""
    return _page(number, "", {})


def _page(number: int, form: str, faults: Faults, tokens: list[str] | None = None) -> str:
    """Show the page. form: which of its forms the faults belong to."""
    offer = read_catalog()
    with db.reading() as db_:
        me = actor(db_)
        work = reports.find_work(db_, me, number)
        covered = reports.covered_seen_by(db_, me, work)
        is_on = work.state == "planned"
        is_theirs = reports.lies_within(db_, me, work)
        suggested = reports.suggested(db_, me, work) if is_on else []
        names = {f"{area.layer}:{area.code}": area_name(area)
                 for area in geo.named_areas(db_, offer.city.day(clock.now()))} if work.area else {}
    return render_template(
        "staff/work.html", work=work, covered=covered, suggested=suggested, catalog=offer, form=form,
        faults=faults, typed=request.form, chosen=request.form.getlist("report"), tokens=tokens or [],
        may_step=me.may("step") and is_on, is_theirs=is_theirs, outcomes=lifecycle.OUTCOMES,
        most_photos=MOST_PHOTOS, where=names.get(work.area, work.area),
        days=(work.begins.isoformat(), work.ends.isoformat()))


def _change(number: int, form: str, do: Callable[[Db, Actor], Any], tokens: list[str] | None = None
            ) -> ResponseReturnValue:
    """Do what a form of the page asks for; where it is refused, show it again with every word."""
    try:
        with transaction() as db_:
            do(db_, actor(db_))
    except Invalid as fault:
        return _page(number, form, fault.fields, tokens), 422
    except Conflict as fault:
        return _page(number, form, {"reports": [fault.sentence]}, tokens), 409
    return redirect(url_for("works.show", number=number), 303)


def _chosen() -> tuple[list[str], dict[str, int]]:
    """Return the references ticked or typed, and how many events were seen of those that were shown."""
    ticked = request.form.getlist("report")
    typed = request.form.get("others", "").replace(",", " ").replace(";", " ").split()
    return [*ticked, *typed], {one: whole(request.form.get(f"seen-{one}", ""), 0) for one in ticked}


@pages.post("/<int:number>/cover")
@auth_required("session")
def cover(number: int) -> ResponseReturnValue:
    """Let the work settle some reports."""
    references, read = _chosen()
    return _change(number, "cover", lambda db_, me: reports.cover(
        db_, me, number, references, version=_version(), read=read))


@pages.post("/<int:number>/uncover")
@auth_required("session")
def uncover(number: int) -> ResponseReturnValue:
    """Take a report out of the work."""
    reference = request.form.get("report", "")
    return _change(number, "uncover", lambda db_, me: reports.uncover(
        db_, me, number, reference, request.form.get("reason", "")))


@pages.post("/<int:number>/finish")
@auth_required("session")
def finish(number: int) -> ResponseReturnValue:
    """Say that the work is done, and close what it settled."""
    references, read = _chosen()
    unread: Faults = {}
    done = photos.read_photos(request, MOST_PHOTOS, unread)
    given = {"outcome": request.form.get("outcome", ""), "reason": request.form.get("reason", "")}

    def end(db_: Db, me: Actor) -> None:
        if unread:
            raise Invalid(unread)
        reports.finish(db_, me, number, references, given, done, version=_version(), read=read)
    return _change(number, "finish", end, [photos.token_of(photo) for photo in done])


@pages.post("/<int:number>/call-off")
@auth_required("session")
def call_off(number: int) -> ResponseReturnValue:
    """Say that the work does not come."""
    return _change(number, "call_off", lambda db_, me: reports.call_off(
        db_, me, number, request.form.get("reason", ""), version=_version()))
