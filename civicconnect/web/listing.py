"""The public list of reports: as a page, on a map, as files and as a feed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from civicconnect import clock, db, geo, reports, settings
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.errors import Invalid
from civicconnect.geo import Pin, Point, View, point_from
from civicconnect.reports import Filter, Report
from civicconnect.web import extent, feed, overview
from civicconnect.web.filters import choices, read_filter, read_page
from civicconnect.web.given import whole
from civicconnect.web.place import HEIGHT, WIDTH
from civicconnect.web.words import read_catalog

pages = Blueprint("listing", __name__)
PAGE, MOST = 20, 200  # reports on a page: usually, and for who asks for many in order to print them
ENTRIES = 50  # of the feed
CHUNK = 500  # rows that travel together
# Opened alone, the drawing turns dark with the phone only if its own style may speak; it has no script.
PICTURE = {"Cache-Control": "public, max-age=3600",
           "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


@pages.get("/reports")
def index() -> ResponseReturnValue:
    """List the public reports that fit the filter."""
    offer, view, page = read_catalog(), read_filter(), read_page()
    rows = min(max(whole(request.args.get("rows", ""), PAGE), PAGE), MOST)
    with db.reading() as db_:
        view = view.seek(db_, offer, strangers=True)
        total = reports.total_of(db_, view, offer)
        conditions = total.view.where(offer, strangers=True)
        count = max(1, -(-total.count // rows))
        page = min(page, count)
        asked = reports.public_reports(conditions, view.order).limit(rows).offset((page - 1) * rows)
        found = list(db_.scalars(asked))
        areas = reports.areas_of(db_, [report.number for report in found])
        named = geo.named_areas(db_, offer.city.day(clock.now()))
    faults = view.faults()
    return render_template(
        "resident/reports.html", view=view, found=found, total=total, page=page, pages=count, areas=areas,
        choices=choices(view, offer, named, "listing.index"), faults=faults, catalog=offer, rows=rows,
        most=MOST, now=clock.now(),
    ), 422 if faults else 200


@pages.get("/map")
def on_map() -> ResponseReturnValue:
    """Show the public reports that fit the filter on a map, and those in view as a list below it."""
    offer, view, page = read_catalog(), read_filter(), read_page()
    with db.reading() as db_:
        view = view.seek(db_, offer, strangers=True)
        drawn = view.some
        conditions = drawn.where(offer, strangers=True)
        look = overview.read_look(db_, request.args, view, offer.city)
        ground = look.view()
        seen = reports.gather(db_, drawn, offer, ground.box, overview.SQUARE / ground.scale,
                              overview.SQUARE / ground.stretch, is_wide=look.is_wide)
        count = max(1, -(-seen.total // PAGE))
        page = min(page, count)
        numbers = reports.newest_seen(db_, conditions, seen.within, seen.total, PAGE, (page - 1) * PAGE)
        alone = overview.lonely(seen.heaps)
        named_ones = list(db_.scalars(reports.public_reports([Report.number.in_({*numbers, *alone})])))
        found = [report for report in named_ones if report.number in set(numbers)]
        marks = overview.marks(look, seen.heaps, named_ones, offer)
        areas = reports.areas_of(db_, [report.number for report in found])
        named = geo.named_areas(db_, offer.city.day(clock.now()))
    faults = view.faults()
    return render_template(
        "resident/map.html", view=view, look=look, marks=marks, found=found, seen=seen, page=page,
        pages=count, areas=areas, faults=faults, catalog=offer, now=clock.now(),
        sizes=overview.SIZES, few=reports.FEW,
        choices=choices(view, offer, named, "listing.on_map", **look.place),
    ), 422 if faults else 200


@pages.get("/reports.csv")
def as_csv() -> Response:
    """Send the same view as CSV, live."""
    view, offer = _faultless(read_filter()), read_catalog()

    def lines() -> Iterator[list[str]]:
        with db.reading() as db_:
            conditions = _conditions(db_, view, offer)
            shown = reports.columns(reports.layers(db_, offer.city.limit_layer))
            yield [column.name for column in shown]
            for row in reports.public_rows(db_, offer, conditions):
                yield reports.as_text(row, shown)

    answer = Response(stream_with_context(_written(lines())), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=reports.csv"
    return answer


def _written(lines: Iterable[list[str]]) -> Iterator[str]:
    """Yield CSV some hundred rows at a time: each on its own would cost more than writing it."""
    rest = iter(lines)
    while chunk := list(islice(rest, CHUNK)):
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows(chunk)
        yield out.getvalue()


@pages.get("/reports.geojson")
def as_geojson() -> Response:
    """Send the same view as GeoJSON, live."""
    view, offer = _faultless(read_filter()), read_catalog()
    encode = json.JSONEncoder(ensure_ascii=False, default=_rfc3339).encode

    def features() -> Iterator[str]:
        with db.reading() as db_:
            conditions = _conditions(db_, view, offer)
            for row in reports.public_rows(db_, offer, conditions):
                lat, long = row.pop("lat"), row.pop("long")
                place = None if lat is None else {"type": "Point", "coordinates": [long, lat]}
                yield encode({"type": "Feature", "geometry": place, "properties": row})

    def parts() -> Iterator[str]:
        rest, comma = features(), ""
        yield '{"type":"FeatureCollection","features":['
        while chunk := list(islice(rest, CHUNK)):
            yield comma + ",\n".join(chunk)
            comma = ",\n"
        yield "]}\n"

    return Response(stream_with_context(parts()), mimetype="application/geo+json")


@pages.get("/reports.atom")
def as_atom() -> Response:
    """Send what changed last in the same view as a feed."""
    view, offer = _faultless(read_filter()), read_catalog()
    with db.reading() as db_:
        asked = reports.public_reports(_conditions(db_, view, offer), "changed").limit(ENTRIES)
        found = list(db_.scalars(asked))
    body = feed.feed(found, offer, view, settings.current().address, clock.now())
    answer = Response(body, mimetype="application/atom+xml")
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _faultless(view: Filter) -> Filter:
    """Return a file's view, or raise Invalid: an empty file would not say what is wrong."""
    faults = view.faults()
    if faults:
        raise Invalid(faults)
    return view


def _conditions(db_: Db, view: Filter, offer: Catalog) -> list[ColumnElement[bool]]:
    return view.seek(db_, offer, strangers=True).where(offer, strangers=True)


def _rfc3339(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def _spot(words: str) -> Point:
    lat, _, long = words.partition(",")
    return point_from(lat, long)


@pages.get("/map.svg")
def drawn_map() -> Response:
    """Draw the ground around a place, with a pin in the middle where one is asked for.

    also     further places, "lat,long" each: all are in view, with a pin
    along    the street that is meant all along: it is in view as far as it goes near the place
    """
    centre = point_from(request.args.get("lat", ""), request.args.get("long", ""))
    zoom = whole(request.args.get("zoom", ""), 16)
    width, height = overview.SIZES.get(request.args.get("size", ""), (WIDTH, HEIGHT))
    view = View(centre, min(max(zoom, 10), 18), width, height)
    pins = [Pin(centre, "here")] if "pin" in request.args else []
    pins += [Pin(_spot(words), "here") for words in request.args.getlist("also")[:extent.MOST]]
    street = extent.named(request.args.get("along", ""))
    with db.reading() as db_:
        line = geo.street_line(db_, street, centre) if street else None
        if len(pins) > 1 or line is not None:
            view = view.holding([pin.point for pin in pins] or [centre], line)
        drawing = geo.draw_map(db_, view, pins, _("Map"), line)
    return Response(drawing, mimetype="image/svg+xml", headers=PICTURE)
