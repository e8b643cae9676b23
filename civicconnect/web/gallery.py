"""The parts that pages are made of, all on one page: for whoever changes how they look. In the demo only."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from civicconnect import clock, db, reports
from civicconnect.reports import Entry
from civicconnect.web.demo import must_be_demo
from civicconnect.web.one_report import NOTHING
from civicconnect.web.words import read_catalog

pages = Blueprint("gallery", __name__, url_prefix="/components")
STATUSES = ("received", "accepted", "planned", "in_progress", "waiting", "closed")
FAULTS = {"sample": ["Write what this field is for."]}
STORY: tuple[tuple[str, str, dict[str, str], dict[str, str]], ...] = (
    ("receive", "received", {}, {}), ("route", "received", {}, {}),
    ("plan", "planned", {"planned_for": "2026-12-01"}, {}),
    ("note", "planned", {}, {"note": "Only colleagues read this."}),
    ("close", "closed", {"outcome": "fixed"}, {"reason": "The hole is filled."}),
    ("answer", "closed", {"says": "still_there"}, {"words": "It is open again."}),
)


@pages.get("")
def index() -> ResponseReturnValue:
    """Show every part with made-up values."""
    must_be_demo()
    offer, now = read_catalog(), clock.now()
    with db.reading() as view:
        found = list(view.scalars(reports.public_reports([]).limit(3)))
    entries = [
        Entry(seq, verb, now, now, "web", "system", verb != "note", status, facts, text)
        for seq, (verb, status, facts, text) in enumerate(STORY, 1)
    ]
    return render_template(
        "demo/components.html", statuses=STATUSES, faults=FAULTS, entries=entries, found=found, catalog=offer,
        offered=offer.offered(now)[:2], typed=NOTHING,
        stopper=next((s for service in offer.services.values() for s in service.stoppers), None))
