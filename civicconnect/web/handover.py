"""The staff's page on which a report leaves the desk: a question, a contractor, another owner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import catalog, clock, db, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotFound
from civicconnect.web import language, replies
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.staff import actor
from civicconnect.web.words import read_catalog

pages = Blueprint("handover", __name__, url_prefix="/staff")
USUAL_DAYS = 7  # that a contractor has, unless somebody says otherwise


@pages.get("/reports/<reference>/handover")
@auth_required("session")
def show(reference: str) -> ResponseReturnValue:
    """Show to whom a report can be given, and the question that can be asked."""
    return _page(reference, "", {}, {})


def _page(reference: str, form: str, faults: Faults, typed: Mapping[str, Any]) -> str:
    """Show the page. form: which of its forms was refused, with what was typed there."""
    offer, now = read_catalog(), clock.now()
    with db.reading() as db_:
        me = actor(db_)
        report = reports.find(db_, reference, me)
        entries = reports.timeline(db_, report, internal=True)
        service = offer.services[offer.service_codes[report.service_id]]
        told = {
            "passing": reports.passing(db_, report, entries, now),
            "firms": db_.scalars(reports.contractors_of(report.department_id)).all(),
            "owners": catalog.owners(db_, service.code),
            "replies": [one for one in replies.replies(db_, offer, report) if one.verb == "ask"],
            "has_address": reports.has_address(db_, report),
        }
    return render_template(
        "staff/handover.html", report=report, catalog=offer, service=service, form=form, faults=faults,
        typed=typed, department=offer.departments[offer.department_codes[report.department_id]],
        may_step=me.may("step"), may_supervise=me.may("supervise"), today=offer.city.day(now).isoformat(),
        usual_day=(offer.city.day(now) + timedelta(days=USUAL_DAYS)).isoformat(),
        spoken="" if report.language == language.chosen() else language.name(report.language), **told)


def _change(
    reference: str, form: str, do: Callable[[Db, Actor, int | None], object], leads_to: Callable[[], str]
) -> ResponseReturnValue:
    """Do what a form of the page asks for; where it is refused, show it again with every word."""
    seen = request.form.get("seen", "").strip()
    try:
        with transaction() as db_:
            do(db_, actor(db_), whole(seen, 0) if seen else None)
    except Invalid as fault:
        return _page(reference, form, fault.fields, request.form), 422
    except Conflict as fault:
        return _page(reference, form, {"form": [fault.sentence]}, request.form), 409
    return redirect(leads_to(), 303)


def _to_report(reference: str) -> Callable[[], str]:
    return lambda: url_for("staff.show", reference=reference)


@pages.post("/reports/<reference>/ask")
@auth_required("session")
def ask(reference: str) -> ResponseReturnValue:
    """Ask whoever sent a report something."""
    def do(db_: Db, me: Actor, seen: int | None) -> None:
        words, offer = request.form.get("question", ""), read_catalog()
        if not words.strip():  # what the city prepared goes as it stands
            prepared = replies.replies(db_, offer, reports.find(db_, reference, me))
            words = next((one.words for one in prepared
                          if (one.verb, one.code) == ("ask", request.form.get("template"))), "")
        reports.ask(db_, me, reference, words, to_all=request.form.get("reads") == "all", seen=seen)
    return _change(reference, "ask", do, _to_report(reference))


@pages.post("/reports/<reference>/hand-over")
@auth_required("session")
def hand_over(reference: str) -> ResponseReturnValue:
    """Say who looks after a report that is not one's own, or why nobody does."""
    kind, _, code = request.form.get("to", "").partition(":")
    why = request.form.get("why", "")

    def do(db_: Db, me: Actor, seen: int | None) -> None:
        if kind == "nobody":
            reports.refuse_as_not_ours(db_, me, reference, why, seen=seen)
        elif kind in ("owner", "other"):
            name = request.form.get("name", "") if kind == "other" else ""
            reports.hand_outside(db_, me, reference, code if kind == "owner" else "", name, why, seen=seen)
        else:
            reports.hand_over(db_, me, reference, code if kind == "department" else "", why, seen=seen)

    def leads_to() -> str:
        if kind == "department":
            return url_for("handover.show_handed", reference=reference)
        return url_for("staff.show", reference=reference)
    return _change(reference, "to", _named(do, {"department": "to", "owner": "to"}), leads_to)


def _named(
    do: Callable[[Db, Actor, int | None], object], fields: Mapping[str, str]
) -> Callable[[Db, Actor, int | None], object]:
    """Let a refusal name the fields as they are called on this page."""
    def done(db_: Db, me: Actor, seen: int | None) -> None:
        try:
            do(db_, me, seen)
        except Invalid as fault:
            raise Invalid({fields.get(name, name): words for name, words in fault.fields.items()}) from None
    return done


@pages.get("/handed-over/<reference>")
@auth_required("session")
def show_handed(reference: str) -> ResponseReturnValue:
    """Say where a report went that one may perhaps not open any more."""
    with db.reading() as db_:
        me = actor(db_)
        department = reports.handed_by(db_, me, reference)
        try:
            still = reports.find(db_, reference, me)
        except NotFound:
            still = None
    return render_template("staff/handed.html", reference=reference, department=department, report=still)


@pages.post("/reports/<reference>/settle")
@auth_required("session")
def settle(reference: str) -> ResponseReturnValue:
    """Decide for good who looks after a report."""
    def do(db_: Db, me: Actor, seen: int | None) -> None:
        reports.settle_owner(db_, me, reference, request.form.get("department", ""),
                             request.form.get("why", ""), seen=seen)
    return _change(reference, "settle", do, lambda: url_for("handover.show_handed", reference=reference))


# Contractors

@pages.post("/reports/<reference>/commission")
@auth_required("session")
def commission(reference: str) -> ResponseReturnValue:
    """Give a report to a contractor."""
    def do(db_: Db, me: Actor, seen: int | None) -> None:
        reports.commission(
            db_, me, reference, whole(request.form.get("contractor", ""), 0, 10**9),
            request.form.get("task", ""), _day(request.form.get("due_on", "")),
            with_words="with_words" in request.form, with_photos="with_photos" in request.form, seen=seen)
    return _change(reference, "commission", do, _to_report(reference))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid({"due_on": [reports.NO_DAY]}) from None


@pages.post("/reports/<reference>/commission/end")
@auth_required("session")
def end_commission(reference: str) -> ResponseReturnValue:
    """Take a report back from a contractor."""
    return _change(reference, "end", lambda db_, me, seen: reports.revoke(db_, me, reference, seen=seen),
                   _to_report(reference))


@pages.post("/reports/<reference>/commission/publish")
@auth_required("session")
def publish(reference: str) -> ResponseReturnValue:
    """Let everybody read what a contractor proposed."""
    seq = whole(request.form.get("of", ""), 0)
    return _change(reference, "publish",
                   lambda db_, me, seen: reports.publish_comment(db_, me, reference, seq, seen=seen),
                   _to_report(reference))
