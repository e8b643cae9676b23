"""Letters that wait: read them, make reports of them, or say why they are none."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import accounts, db, reports
from civicconnect.db import transaction
from civicconnect.errors import Conflict, Invalid
from civicconnect.web.counter import clerk
from civicconnect.web.photos import Faults
from civicconnect.web.words import read_catalog

pages = Blueprint("inbox", __name__, url_prefix="/staff/inbox")
MOST = 50  # on the page: the oldest; when they are done, the next


@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """List the letters that wait, the oldest first."""
    return _page({}, 0)


@pages.post("/<int:letter_id>/drop")
@auth_required("session")
def drop(letter_id: int) -> ResponseReturnValue:
    """Put a letter away that is no report, and keep why."""
    try:
        with transaction() as db_:
            reports.drop(db_, clerk(db_), letter_id, request.form.get("reason", ""))
    except Invalid as fault:
        return _page(fault.fields, letter_id), 422
    except Conflict as fault:
        return _page({"letters": [fault.sentence]}, 0), 409
    return redirect(url_for("inbox.index"), 303)


def _page(faults: Faults, letter_id: int) -> str:
    """Show the list. letter_id: the letter that the faults belong to."""
    offer = read_catalog()
    with db.reading() as db_:
        clerk(db_)
        letters = list(db_.scalars(reports.waiting_letters().limit(MOST)))
        total = reports.count_waiting(db_)
        photos = reports.photos_of_letters(db_, [letter.id for letter in letters])
        senders = accounts.read_contacts(db_, [one.contact_id for one in letters if one.contact_id])
    return render_template("staff/inbox.html", letters=letters, total=total, photos=photos, senders=senders,
                           catalog=offer, faults=faults, wrong=letter_id)
