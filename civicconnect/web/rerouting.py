"""Saying that a report is about something else, from its page for staff."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import auth_required

from civicconnect import reports
from civicconnect.db import transaction
from civicconnect.errors import Conflict, Invalid
from civicconnect.reports import Report
from civicconnect.web.given import whole
from civicconnect.web.report_desk import Shown, actor, page
from civicconnect.web.words import read_catalog, say

pages = Blueprint("rerouting", __name__, url_prefix="/staff/reports")


@pages.post("/<reference>/service")
@auth_required("session")
def change_service(reference: str) -> ResponseReturnValue:
    """Say what a report is about instead; where it leaves the clerk's own sight, go on with the queue."""
    typed = {"change_service": "1", **request.form.to_dict()}
    given = request.form.get("seen", "").strip()
    seen = whole(given, 0) if given else None
    try:
        with transaction() as db_:
            me = actor(db_)
            report = reports.change_service(
                db_, me, reference, request.form.get("service", ""), request.form.get("why", ""), seen=seen)
            stays = reports.visible_among(db_, me, [report.number]) == {report.number}
            said = _said(report)
    except Invalid as fault:
        return page(reference, Shown(fault.fields, typed)), 422
    except Conflict as fault:
        return page(reference, Shown({"verb": [fault.sentence]}, typed, seen=seen)), 409
    flash(said)
    return redirect(url_for("staff.show", reference=reference) if stays else url_for("staff.show_queue"), 303)


def _said(report: Report) -> str:
    offer = read_catalog()
    service = offer.services[offer.service_codes[report.service_id]]
    department = offer.departments[offer.department_codes[report.department_id]]
    return str(_("Report %(reference)s is about “%(service)s” now. %(department)s looks after it.",
                 reference=report.reference, service=say(service.name), department=say(department.name)))
