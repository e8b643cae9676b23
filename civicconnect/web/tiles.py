"""Vector tiles from our own database: the ground, and the public reports on it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request, url_for
from sqlalchemy import select

from civicconnect import db, geo, reports
from civicconnect.db import Db
from civicconnect.errors import NotFound
from civicconnect.geo import Tile
from civicconnect.reports import Filter, Report
from civicconnect.web.files import in_any_language
from civicconnect.web.given import whole
from civicconnect.web.words import read_catalog

pages = Blueprint("tiles", __name__)
MIMETYPE = "application/vnd.mapbox-vector-tile"
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


@pages.app_template_global()
def address_of_tiles(layer: str) -> str:
    """Return the address of a layer's tiles as a map library fills it in; the same in every language."""
    pattern = url_for("tiles.tile", layer=layer, zoom="Z", x="X", y="Y")
    return in_any_language(pattern).replace("Z/X/Y", "{z}/{x}/{y}")


@pages.get("/tiles/<layer>/<zoom>/<x>/<y>.mvt")
def tile(layer: str, zoom: str, x: str, y: str) -> Response:
    """Send one tile; an empty one where nothing lies in it."""
    wanted = Tile(*(whole(part, -1, most=2**20) for part in (zoom, x, y)))
    if layer not in LAYERS or not wanted.exists:
        raise NotFound(f"there is no tile {layer}/{zoom}/{x}/{y}")
    draw, seconds = LAYERS[layer]
    with db.reading() as db_:
        answer = Response(draw(db_, wanted), mimetype=MIMETYPE)
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
