"""A city's colours and logo, at addresses that browsers may keep."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, request, url_for

from civicconnect import catalog, db
from civicconnect.catalog import City
from civicconnect.errors import NotFound
from civicconnect.web import icon
from civicconnect.web.files import A_YEAR, in_any_language
from civicconnect.web.words import read_catalog

pages = Blueprint("theme", __name__)
AN_HOUR = 3600
BRAND = "#0d5c58"  # of css/tokens.css, for a city without a colour of its own
ICONS = (180, 192, 512)  # pixels: what phones ask for


def address_of_sheet(city: City) -> str:
    """Return where a city's colours are, stamped with what they are; "" where it has none of its own."""
    if not city.colours:
        return ""
    return in_any_language(url_for("theme.sheet", v=_stamp(catalog.sheet(city.colours))))


def address_of_logo(city: City) -> str:
    """Return where a city's logo is; "" where it has none."""
    return in_any_language(url_for("theme.logo", v=city.logo_stamp or None)) if city.logo else ""


def brand(city: City) -> str:
    """Return the city's colour, "#0d5c58"."""
    return city.colours.get("brand", BRAND)


@pages.app_template_global()
def address_of_icon(pixels: int) -> str:
    """Return where the icon for a phone's home screen is, stamped with its colour."""
    return in_any_language(url_for("theme.app_icon", pixels=pixels,
                                   v=brand(read_catalog().city).removeprefix("#")))


def _stamp(sheet: str) -> str:
    return hashlib.sha256(sheet.encode()).hexdigest()[:12]


@pages.get("/theme.css")
def sheet() -> Response:
    """Send the colours; for good where the address carries their stamp."""
    made = catalog.sheet(read_catalog().city.colours)
    answer = Response(made, mimetype="text/css")
    if request.args.get("v") == _stamp(made):
        answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return answer


@pages.get("/logo")
def logo() -> Response:
    """Send the logo. Somebody else drew it, so opened by itself it may do nothing."""
    with db.reading() as db_:
        found = catalog.logo(db_)
    if found is None:
        raise NotFound("this city has no logo")
    name, content = found
    answer = Response(content, mimetype=catalog.LOGOS[name])
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    stamp = read_catalog().city.logo_stamp
    kept = f"{A_YEAR}, immutable" if stamp and request.args.get("v") == stamp else str(AN_HOUR)
    answer.headers["Cache-Control"] = f"public, max-age={kept}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@pages.get("/icon-<int:pixels>.png")
def app_icon(pixels: int) -> Response:
    """Send the icon for a phone's home screen, in the city's colour."""
    if pixels not in ICONS:
        raise NotFound("there is no icon of this size")
    answer = Response(icon.png(brand(read_catalog().city), pixels), mimetype="image/png")
    answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}"
    return answer
