"""One report on paper: for the van, with a code that leads a phone to its page."""

from __future__ import annotations

import io

import segno
from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import db, reports, settings
from civicconnect.reports import Report
from civicconnect.web import report_desk

pages = Blueprint("paper", __name__, url_prefix="/staff/reports")


@pages.get("/<reference>/print")
@auth_required("session")
def show(reference: str) -> ResponseReturnValue:
    """Show a report as it is printed: without what only colleagues read, unless that is wished for."""
    with_notes = request.args.get("notes") == "1"
    return report_desk.page(reference, template="staff/print.html", with_notes=with_notes,
                            address_of=address_of)


@pages.get("/<reference>/code.svg")
@auth_required("session")
def code(reference: str) -> ResponseReturnValue:
    """Draw the code that a phone reads: the address of the report's page."""
    with db.reading() as view:
        report = reports.find(view, reference, report_desk.actor(view))
    out = io.BytesIO()
    segno.make(address_of(report), error="m", micro=False).save(
        out, kind="svg", scale=4, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None)
    return Response(out.getvalue(), mimetype="image/svg+xml")


def address_of(report: Report) -> str:
    """Return the whole address of a report's page: what everybody reads, or where staff sign in for it."""
    endpoint = "resident.show" if report.visibility == "public" else "staff.show"
    path = url_for(endpoint, reference=report.reference).removeprefix(request.script_root)
    return f"{settings.current().address}{path}"
