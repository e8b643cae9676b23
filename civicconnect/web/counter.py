"""Reports that staff enter for others: on the telephone, at the counter, from a letter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_security import auth_required

from civicconnect import accounts, clock, db, geo, reports, settings
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.catalog import Answer, Catalog, Department
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.geo import Place
from civicconnect.reports import Incoming, NewReport, Report
from civicconnect.sla import Due
from civicconnect.web import entry as forms
from civicconnect.web import language, telling
from civicconnect.web.entry import Entry
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.place import Here, look
from civicconnect.web.words import SOURCE, read_catalog

pages = Blueprint("counter", __name__, url_prefix="/staff")
MOST_NEAR = 6


def clerk(db_: Db) -> Actor:
    """Return who is signed in; NotAllowed for whoever may not enter reports."""
    found = accounts.actor_of(db_, current_user.id)
    if not found.may("enter"):
        raise NotAllowed(Sentence("Your role may not enter reports."))
    return found


@dataclass(frozen=True)
class Nearby:
    """An open report around the place, and whether its staff page opens for this clerk."""

    report: Report
    metres: float
    hours: float  # since it came in
    is_ours: bool


@dataclass
class Around:
    """What the page knows beside what was typed."""

    found: list[Place] = field(default_factory=list)  # for the words searched for
    here: Here | None = None
    near: list[Nearby] = field(default_factory=list)
    department: Department | None = None
    due: Due | None = None
    letter: Incoming | None = None


@pages.get("/new")
@auth_required("session")
def form() -> ResponseReturnValue:
    """Show the form: empty, with what a letter says, or with the place where somebody stands."""
    if request.args.get("letter"):
        return _page(_from_letter(whole(request.args["letter"], 0, most=10**9)), {})
    if request.args.get("lat"):
        here = geo.point_from(request.args["lat"], request.args.get("long", ""))
        with db.reading() as db_:
            clerk(db_)
            return _page(forms.at_spot(db_, here, read_catalog()), {})
    return _page(forms.first(read_catalog()), {})


def _from_letter(letter_id: int) -> Entry:
    with db.reading() as db_:
        letter = reports.find_letter(db_, clerk(db_), letter_id)
        if letter.state != "waiting":
            raise Conflict(Sentence("A colleague has dealt with this letter meanwhile. Look at the inbox."))
        sender = accounts.read_contacts(db_, [letter.contact_id or 0]).get(letter.contact_id or 0)
        digests = reports.photos_of_letters(db_, [letter.id]).get(letter.id, [])
        return forms.from_letter(db_, letter, sender or ContactDetails(), digests, read_catalog())


@pages.post("/new")
@auth_required("session")
def enter() -> ResponseReturnValue:
    """Search, look around, say that a report is there already, or take it in: by the button pressed."""
    offer = read_catalog()
    entry = forms.read(request, offer)
    try:
        if request.form.get("same"):
            return _ask_again(entry, request.form["same"])
        if request.form.get("do") == "send":
            return _take_in(entry, forms.report_from(entry, offer))
    except Invalid as fault:
        return _page(entry, fault.fields), 422
    except Conflict as fault:
        return _page(entry, {"form": [fault.sentence]}), 409
    return _page(entry, entry.sent.faults)


def _take_in(entry: Entry, new: NewReport) -> ResponseReturnValue:
    with transaction() as db_:
        me = clerk(db_)
        receipt = reports.enter(db_, me, new, entry.received_at, entry.sent.value("note"))
        if entry.letter:
            reports.take(db_, me, entry.letter, receipt.reference)
    return redirect(url_for("counter.entered", reference=receipt.reference, key=reports.own_key(new.id)), 303)


def _ask_again(entry: Entry, reference: str) -> ResponseReturnValue:
    source = SOURCE[entry.source] if entry.source in forms.SOURCES else SOURCE["staff"]
    told = [_("Somebody else asked about this (%(source)s).", source=source),
            entry.sent.value("description").strip(), entry.sent.value("note").strip()]
    try:
        with transaction() as db_:
            me = clerk(db_)
            report = reports.ask_again(db_, me, reference, "\n".join(filter(None, told)), entry.source)
            if entry.letter:
                reports.take(db_, me, entry.letter, report.reference)
    except NotFound:
        raise Invalid({"same": [_("That report is no longer there.")]}) from None
    return redirect(url_for("counter.entered", reference=report.reference, again=1), 303)


@pages.get("/new/<reference>")
@auth_required("session")
def entered(reference: str) -> ResponseReturnValue:
    """Show what to read out or to print: the reference, who has it, by when, and its address."""
    offer, key = read_catalog(), request.args.get("key", "")
    with db.reading() as db_:
        me = clerk(db_)
        # Whoever entered it may belong to another department: its key says that it was they.
        report = reports.find_own(db_, reference, key) or reports.find_known(db_, reference, me)
        is_ours = bool(reports.visible_among(db_, me, [report.number]))
    service = offer.services[offer.service_codes[report.service_id]]
    is_secret = bool(key) and not telling.is_told_in_full(service)
    path = url_for("resident.show", reference=report.reference, key=key if is_secret else None)
    return render_template(
        "staff/entered.html", report=report, key=key, is_ours=is_ours, was_there="again" in request.args,
        service=service, department=offer.departments[offer.department_codes[report.department_id]],
        is_secret=is_secret, address=settings.current().address + path)


def _page(entry: Entry, faults: Faults) -> str:
    offer, now = read_catalog(), clock.now()
    service = offer.services.get(entry.sent.value("service"))
    with db.reading() as db_:
        me = clerk(db_)
        beside = _around(db_, me, entry, offer, now)
    return render_template(
        "staff/new.html", entry=entry, sent=entry.sent, service=service, beside=beside, sources=forms.SOURCES,
        offered=offer.offered(now), earliest=now - forms.OLDEST,
        spoken=[(code, language.name(code)) for code in offer.city.spoken],
        stopper=service.stopped({}) if service else None, catalog=offer,
        priority=service.priority_of(entry.sent.given) if service else "", faults=forms.in_order(faults))


def _around(db_: Db, me: Actor, entry: Entry, offer: Catalog, now: datetime) -> Around:
    """Look up what belongs beside the form: addresses, who would answer, what is reported there already."""
    words, made = entry.sent.value("q").strip()[:200], Around()
    made.letter = reports.find_letter(db_, me, entry.letter) if entry.letter else None
    made.found = geo.find_addresses(db_, words) if words else []
    if entry.spot is None and len(made.found) == 1:
        entry.spot = made.found[0]
    if entry.spot is None:
        return made
    if entry.spot not in made.found:
        made.found.insert(0, entry.spot)
    made.here = look(db_, entry.spot.point, entry.spot.label, offer.city, now)
    service = offer.services.get(entry.sent.value("service"))
    near = reports.near(me, entry.spot.point, service.id if service else None).limit(MOST_NEAR)
    found = list(db_.execute(near))
    opens = reports.visible_among(db_, me, [report.number for report, _ in found])
    made.near = [Nearby(report, metres, (now - report.received_at).total_seconds() / 3600,
                        report.number in opens) for report, metres in found]
    if service and made.here.is_inside:
        given = tuple(Answer(code, value, "", "") for code, value in entry.sent.given.items())
        wish = NewReport(uuid4(), service.code, entry.spot.point, answers=given,
                         source=entry.source)
        areas = [area.key for area in made.here.found]
        decision, made.due = reports.desk(db_).decide(wish, areas, entry.received_at or now)
        made.department = offer.departments[decision.department]
    return made
