"""Privacy, terms and accessibility: what the city wrote, and beside it what the product really does."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from civicconnect.web.photos import KEPT_FOR
from civicconnect.web.words import read_catalog

pages = Blueprint("notices", __name__)
REVIEWED = date(2026, 11, 26)  # when the accessibility statement was last held against the tests
SWEPT_AFTER = KEPT_FOR + timedelta(days=1)  # the janitor comes once a day


@pages.get("/privacy")
def privacy() -> ResponseReturnValue:
    """Say what is kept, who sees it, for how long, and what one can ask for."""
    offer = read_catalog()
    services = [service for service in offer.services.values() if service.active]
    return render_template(
        "notices/privacy.html", notices=offer.city.notices, cookie=current_app.config["SESSION_COOKIE_NAME"],
        swept_days=SWEPT_AFTER.days, kept_days=offer.city.keep_contact.days,
        private=[s for s in services if s.visibility == "private"],
        in_part=[s for s in services
                 if s.visibility == "public" and (s.place != "exact" or s.text != "public")])


@pages.get("/terms")
def terms() -> ResponseReturnValue:
    """Say what this site is for, and the city's own terms where it has some."""
    return render_template("notices/terms.html", notices=read_catalog().city.notices)


@pages.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """Say how accessible the site is, how that is known, what is missing, and whom to tell."""
    return render_template("notices/accessibility.html", notices=read_catalog().city.notices,
                           reviewed=REVIEWED.isoformat())
