"""Telling the city that something of a report should not be seen."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from civicconnect import reports
from civicconnect.accounts import Actor
from civicconnect.db import transaction
from civicconnect.errors import Invalid
from civicconnect.reports import Person
from civicconnect.web import device, one_report
from civicconnect.web.one_report import Typed

pages = Blueprint("flagging", __name__)
RESIDENT = Actor("resident", "resident")


@pages.post("/reports/<reference>/flag")
def flag(reference: str) -> ResponseReturnValue:
    """Keep what somebody says of a report, once for each browser; a second time is thanked for as well."""
    held = device.known() or device.fresh()
    try:
        with transaction() as change:
            reports.flag(change, RESIDENT, reference, Person(held), request.form.get("reason", ""),
                         request.form.get("words", "").replace("\r\n", "\n"))
    except Invalid as fault:
        return one_report.public_page(reference, RESIDENT, Typed("flag", request.form, (), fault.fields))
    answer = make_response(redirect(url_for("resident.show", reference=reference, thanks="flagged"), 303))
    return device.keep(answer, held)
