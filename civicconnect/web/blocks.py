"""The block list: from whom, or from where without a name, the city takes no reports for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import auth_required

from civicconnect import clock, db, geo, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import Invalid
from civicconnect.web.filters import choices
from civicconnect.web.moderation import moderator
from civicconnect.web.photos import Faults
from civicconnect.web.report_form import email_fault
from civicconnect.web.words import read_catalog

pages = Blueprint("blocks", __name__, url_prefix="/staff/moderation/blocks")
MOST = 200


@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """List every block there is or was, and offer to add one."""
    return _page({})


def _page(faults: Faults) -> str:
    offer, now = read_catalog(), clock.now()
    with db.reading() as db_:
        moderator(db_)
        found = list(db_.scalars(reports.blocks().limit(MOST)))
        named = geo.named_areas(db_, offer.city.day(now))
    shown = [area for area in named if area.until is None]
    return render_template(
        "staff/blocks.html", blocks=found, now=now, faults=faults, typed=request.form, offer=offer,
        reference=(request.form or request.args).get("report", "")[:12],
        areas=choices(reports.Filter(), offer, shown, "blocks.index").areas,
        names={f"{area.layer}:{area.code}": area.name for area in named})


@pages.post("")
@auth_required("session")
def add() -> ResponseReturnValue:
    """Add a block."""
    try:
        with transaction() as db_:
            me = moderator(db_)
            faults: Faults = {}
            email, area = _whom(db_, me, faults), request.form.get("area", "")[:160]
            since, until = _instant("since", faults), _instant("until", faults)
            if until is None and "until" not in faults:
                faults["until"] = [_("Say until when. A block without an end is forgotten.")]
            if faults or until is None:
                raise Invalid(faults)
            reports.block(db_, me, request.form.get("reason", ""), until, email=email, area=area, since=since)
    except Invalid as fault:
        return _page(fault.fields), 422
    return redirect(url_for("blocks.index"), 303)


def _whom(db_: Db, me: Actor, faults: Faults) -> str:
    """Return the address typed, or that of whoever sent a report: nobody need read it for that."""
    email, reference = request.form.get("email", "").strip(), request.form.get("report", "")
    if reference and not email:
        email = reports.email_of(db_, reports.find(db_, reference, me))
        if not email:
            faults["email"] = [_("Whoever sent this report left no e-mail address.")]
    elif email and (fault := email_fault(email)):
        faults["email"] = [fault]
    return email


def _instant(name: str, faults: Faults) -> datetime | None:
    """Return a time typed on the city's clock, or None where the field is empty."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        typed = datetime.fromisoformat(text)
        if typed.tzinfo is not None or not 2000 <= typed.year <= 2200:
            raise ValueError(text)
        return typed.replace(tzinfo=ZoneInfo(read_catalog().city.time_zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        faults[name] = [_("Write day and time like 2026-11-30 08:00.")]
        return None


@pages.post("/<int(max=999999999):block_id>/remove")
@auth_required("session")
def remove(block_id: int) -> ResponseReturnValue:
    """Take a block off before its end."""
    with transaction() as db_:
        reports.unblock(db_, moderator(db_), block_id)
    return redirect(url_for("blocks.index"), 303)
