"""The staff's pages of reports that belong together: merge into a lead, take out, divide into parts."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import clock, db, reports
from civicconnect.db import Db, transaction
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.reports import NewPart
from civicconnect.web.given import whole
from civicconnect.web.photos import MOST_CARRIED, Faults
from civicconnect.web.placing import one_place
from civicconnect.web.relations import beside
from civicconnect.web.staff import actor
from civicconnect.web.words import read_catalog

pages = Blueprint("family", __name__, url_prefix="/staff/reports/<reference>")
FIRST_ROWS, MOST_ROWS = 3, 10


# Merging

@pages.get("/merge")
@auth_required("session")
def show_merge(reference: str) -> ResponseReturnValue:
    """Show what may go on in a report, and ask in which one it may go on itself."""
    return _merge_page(reference, {})


def _merge_page(reference: str, faults: Faults) -> str:
    offer = read_catalog()
    with db.reading() as db_:
        me = actor(db_)
        if not me.may("step"):
            raise NotAllowed("this account may not merge reports")
        report = reports.find(db_, reference, me)
        nearby = reports.mergeable(db_, me, report)
        together = beside(db_, report, reports.timeline(db_, report, internal=True), internal=True,
                          reader=me)
    return render_template(
        "staff/merge.html", report=report, nearby=nearby, family=together, catalog=offer, faults=faults,
        typed=request.form, chosen=request.form.getlist("child"),
        service=offer.services[offer.service_codes[report.service_id]])


@pages.post("/merge")
@auth_required("session")
def merge(reference: str) -> ResponseReturnValue:
    """Let other reports go on in this one, or this one in another."""
    form, into = request.form, request.form.get("do") == "into"
    reason = form.get("reason", "")
    try:
        with transaction() as db_:
            me = actor(db_)
            if into:
                reports.merge(db_, me, _lead(form.get("lead", "")), [reference], reason,
                              read={reports.tidy(reference): _seen("seen") or 0})
            else:
                named = form.get("others", "").replace(",", " ").replace(";", " ").split()
                shown = form.getlist("child")
                reports.merge(db_, me, reference, [*shown, *named], reason, seen=_seen("seen"),
                              read={one: whole(form.get(f"seen-{one}", ""), 0) for one in shown})
    except NotFound:
        if not into:
            raise
        return _merge_page(reference, {"lead": [Sentence("There is no such report here.")]}), 422
    except Invalid as fault:
        told = fault.fields
        if into and "children" in told:
            told = {"lead" if name == "children" else name: said for name, said in told.items()}
        return _merge_page(reference, told), 422
    except Conflict as fault:
        return _merge_page(reference, {"lead" if into else "children": [fault.sentence]}), 409
    return redirect(url_for("staff.show", reference=reference), 303)


def _lead(typed: str) -> str:
    if not typed.strip():
        raise Invalid({"lead": [Sentence("Give the reference of the report this one repeats.")]})
    return typed


def _seen(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    return whole(text, 0) if text else None


@pages.post("/take-out")
@auth_required("session")
def take_out(reference: str) -> ResponseReturnValue:
    """Let a report go on by itself again; back to the page it was asked for from."""
    with transaction() as db_:
        reports.take_out(db_, actor(db_), reference, seen=_seen("seen"))
    return redirect(url_for("staff.show", reference=request.form.get("back") or reference), 303)


# Dividing

@dataclass(frozen=True)
class Row:
    """One part as it was typed."""

    number: int
    service: str = ""
    address: str = ""
    description: str = ""
    photos: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.address.strip() or self.description.strip() or self.photos)


@pages.get("/split")
@auth_required("session")
def show_split(reference: str) -> ResponseReturnValue:
    """Ask for the parts."""
    return _split_page(reference, [Row(n) for n in range(1, FIRST_ROWS + 1)], {})


def _split_page(reference: str, rows: list[Row], faults: Faults) -> str:
    offer = read_catalog()
    with db.reading() as db_:
        me = actor(db_)
        if not me.may("step"):
            raise NotAllowed("this account may not divide reports")
        report = reports.find(db_, reference, me)
        known = reports.parts_of(db_, report.number)
        photos = reports.photos_to_part(db_, report)
    return render_template(
        "staff/split.html", report=report, rows=rows, known=known, faults=faults, typed=request.form,
        offered=offer.offered(clock.now()), catalog=offer, most=MOST_ROWS, photos=photos,
        service=offer.services[offer.service_codes[report.service_id]])


@pages.post("/split")
@auth_required("session")
def split(reference: str) -> ResponseReturnValue:
    """Divide a report, or show one row more."""
    rows = _rows()
    if request.form.get("do") == "more":
        return _split_page(reference, [*rows, Row(len(rows) + 1)][:MOST_ROWS], {})
    filled = [row for row in rows if not row.is_empty]
    try:
        with transaction() as db_:
            parts = [_part(db_, place, row) for place, row in enumerate(filled, 1)]
            reports.split(db_, actor(db_), reference, parts, request.form.get("reason", ""),
                          seen=_seen("seen"))
    except Invalid as fault:
        return _split_page(reference, rows, _beside_rows(fault.fields, filled)), 422
    except Conflict as fault:
        return _split_page(reference, rows, {"parts": [fault.sentence]}), 409
    return redirect(url_for("staff.show", reference=reference), 303)


def _rows() -> list[Row]:
    count = min(max(whole(request.form.get("rows", ""), FIRST_ROWS), 1), MOST_ROWS)
    return [_row(number) for number in range(1, count + 1)]


def _row(number: int) -> Row:
    service, address, description = (
        request.form.get(f"{name}-{number}", "") for name in ("service", "address", "description"))
    photos = tuple(request.form.getlist(f"photos-{number}")[:MOST_CARRIED])
    return Row(number, service, address, description, photos)


def _part(db_: Db, place: int, row: Row) -> NewPart:
    """Return a part with its place looked up. place: its number among those that were filled in."""
    typed = row.address.strip()[:300]
    if not typed:
        return NewPart(row.service, row.description, photos=row.photos)
    found = one_place(db_, typed, f"address-{place}")
    return NewPart(row.service, row.description, found.point, found.label, row.photos)


def _beside_rows(faults: Faults, filled: list[Row]) -> Faults:
    """Return the faults under the names of the fields they were typed in: empty rows were left out."""
    found: Faults = {}
    for name, told in faults.items():
        field, dash, number = name.rpartition("-")
        is_row = bool(dash) and number.isdecimal() and int(number) <= len(filled)
        found[f"{field}-{filled[int(number) - 1].number}" if is_row else name] = told
    return found
