"""Vector tiles: the ground out of our own database or the city's street map, and the public reports on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import Blueprint, Response, request, url_for
from sqlalchemy import select

from civicconnect import db, geo, reports, settings
from civicconnect.db import Db
from civicconnect.errors import NotFound
from civicconnect.geo import Basemap, Point, Tile, Unusable
from civicconnect.reports import Filter, Report
from civicconnect.web.files import A_YEAR, in_any_language
from civicconnect.web.given import whole
from civicconnect.web.words import read_catalog

pages = Blueprint("tiles", __name__)
log = structlog.get_logger("tiles")
MIMETYPE = "application/vnd.mapbox-vector-tile"
STREETS = "basemap"
LONGEST_CREDIT = 500  # characters
CELLS = 64  # reports are heaped on so many squares across a tile: 8 pixels where it is drawn


def _reports(db_: Db, tile: Tile) -> bytes:
    """Return the public reports where strangers see them: `count` and `open`, and of one its `reference`."""
    box = tile.box()
    wide, high = (box.east - box.west) / CELLS, (box.north - box.south) / CELLS
    heaps = reports.gather(db_, Filter(), read_catalog(), box, wide, high).heaps
    numbers = [heap.number for heap in heaps if heap.count == 1]
    asked = select(Report.number, Report.reference).where(Report.number.in_(numbers))
    named = dict(db_.execute(asked).tuples().all())
    return geo.spots_tile(tile, "reports", [
        (heap.place, {"count": heap.count, "open": heap.open}
         | ({"reference": named[heap.number]} if heap.number in named else {}))
        for heap in sorted(heaps, key=lambda heap: (heap.place.lat, heap.place.long))
    ])


# What there is, and for how many seconds it may be kept: a street stays, a report is new every minute.
LAYERS: dict[str, tuple[Callable[[Db, Tile], bytes], int]] = {
    "ground": (geo.ground_tile, 86_400),
    "reports": (_reports, 60),
}


def basemap() -> Basemap | None:
    """Return the city's street map; None where it has none, or none that can be shown.

    Also none where the file does not show the middle of the city: then the folder is another city's.
    """
    path = settings.current().basemap_file
    try:
        found = geo.open_basemap(path)
    except FileNotFoundError:
        return None
    except (Unusable, OSError) as fault:
        log.warning("the street map is not shown", file=str(path), why=str(fault))
        return None
    return found if found.box.holds(Point(*read_catalog().city.centre)) else None


@pages.app_template_global()
def told_of_basemap() -> dict[str, Any] | None:
    """Return what a page tells of the street map: `style` for the script that draws it, `credit` (HTML)."""
    found = basemap()
    if found is None:
        return None
    widest, nearest = found.zooms
    return {
        "style": {"tiles": address_of_tiles(STREETS, v=found.stamp), "minzoom": widest, "maxzoom": nearest,
                  "layers": found.layers},
        "credit": found.attribution[:LONGEST_CREDIT],
    }


@pages.app_template_global()
def address_of_tiles(layer: str, v: str | None = None) -> str:
    """Return the address of a layer's tiles as a map library fills it in; the same in every language."""
    pattern = url_for("tiles.tile", layer=layer, zoom="Z", x="X", y="Y", v=v)
    return in_any_language(pattern).replace("Z/X/Y", "{z}/{x}/{y}")


@pages.get("/tiles/<layer>/<zoom>/<x>/<y>.mvt")
def tile(layer: str, zoom: str, x: str, y: str) -> Response:
    """Send one tile; an empty one where nothing lies in it."""
    wanted = Tile(*(whole(part, -1, most=2**20) for part in (zoom, x, y)))
    if layer not in (*LAYERS, STREETS) or not wanted.exists:
        raise NotFound(f"there is no tile {layer}/{zoom}/{x}/{y}")
    return _out_of(basemap(), wanted) if layer == STREETS else _drawn(layer, wanted)


def _out_of(street_map: Basemap | None, wanted: Tile) -> Response:
    """Send a tile as it lies in the archive: it is packed already.

    Where the archive is gone or damaged the answer is not 404: for a map library that is a tile without
    anything in it, and any other refusal is the sign to draw our own streets.
    """
    if street_map is None:
        return Response(status=410)
    try:
        found = street_map.tile(wanted)
        if found and found.packing and not request.accept_encodings.best_match((found.packing,)):
            found = geo.Packed(geo.unpacked(found), "")
    except Unusable as fault:
        log.warning("a tile of the street map is not shown", why=str(fault))
        return Response(status=503)
    answer = Response(found.content if found else b"", mimetype=MIMETYPE)
    if found and found.packing:
        answer.headers["Content-Encoding"] = found.packing
    answer.headers["Vary"] = "Accept-Encoding"
    kept = f"{A_YEAR}, immutable" if request.args.get("v") == street_map.stamp else "3600"
    answer.headers["Cache-Control"] = f"public, max-age={kept}"
    return _tagged(answer)


def _drawn(layer: str, wanted: Tile) -> Response:
    draw, seconds = LAYERS[layer]
    with db.reading() as db_:
        answer = Response(draw(db_, wanted), mimetype=MIMETYPE)
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    return _tagged(answer)


def _tagged(answer: Response) -> Response:
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
