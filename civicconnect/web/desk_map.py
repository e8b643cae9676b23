"""The queue on the map, and a view of it in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from civicconnect import queue
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.geo import Box, Point
from civicconnect.queue import Desk
from civicconnect.reports import Heap, Report
from civicconnect.web import overview
from civicconnect.web.language import comma
from civicconnect.web.overview import Look, Mark
from civicconnect.web.words import PRIORITY, STATUS, say


@dataclass(frozen=True)
class DeskLook(Look):
    """A part of the city as the queue shows it: its moves stay in the queue."""

    def at(self, centre: Point, zoom: int, **more: Any) -> str:
        there = Point(min(max(centre.lat, -85), 85), min(max(centre.long, -180), 180))
        near = min(max(zoom, overview.WIDEST), overview.NEAREST)
        look = replace(self, centre=there, zoom=near, is_chosen=True)
        return url_for("staff.show_queue", **({"as": "map"} | look.query | more))


@dataclass(frozen=True)
class Drawn:
    """The first reports of a view on the map: what is looked at, its marks, and how many are not in it."""

    look: Look
    marks: Mapping[str, list[Mark]]
    found: list[Report]  # in view, in the order of the queue
    elsewhere: int


def drawn(db: Db, me: Actor, desk: Desk, offer: Catalog) -> Drawn:
    """Return the map of a view: without a place in the address, of all of it."""
    placed = queue.placed(db, me, desk, offer)
    asked = overview.read_look(db, request.args, desk.filter, offer.city)
    if placed and not asked.is_chosen:
        lats, longs = zip(*((point.lat, point.long) for _report, point in placed), strict=True)
        centre, zoom = overview.fit(Box(min(longs), min(lats), max(longs), max(lats)))
        asked = replace(asked, centre=centre, zoom=zoom)
    look = DeskLook(desk, asked.centre, asked.zoom, asked.is_chosen)
    box = look.view().box
    inside = [(report, point) for report, point in placed if box.holds(point)]
    heaps = [Heap(1, 1, point, Box(point.long, point.lat, point.long, point.lat), report.number)
             for report, point in inside]
    named = {report.number: (url_for("staff.show", reference=report.reference), _named(report, offer))
             for report, _point in inside}
    return Drawn(look, overview.marks_of(look, heaps, named), [report for report, _point in inside],
                 len(placed) - len(inside))


def _named(report: Report, offer: Catalog) -> str:
    service = say(offer.services[offer.service_codes[report.service_id]].name)
    return comma().join(filter(None, (service, report.address, str(STATUS[report.status]))))


def chosen_words(desk: Desk, offer: Catalog, why: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a view chooses by. What there is not stays as it was typed."""
    f = desk.filter
    service, department = offer.services.get(f.service), offer.departments.get(f.department)
    if f.words:
        yield _("“%(words)s”", words=f.words)
    if f.service:
        yield say(service.name) if service else f.service
    if f.department:
        yield say(department.name) if department else f.department
    if f.status:
        yield str({"open": _("Open"), "all": _("All"), **STATUS}.get(f.status, f.status))
    if desk.holder:
        yield {queue.ME: _("mine"), queue.NOBODY: _("nobody's yet")}.get(desk.holder, desk.holder)
    if desk.team:
        yield _("team %(name)s", name=desk.team)
    if desk.priority:
        yield str(PRIORITY.get(desk.priority, desk.priority))
    if desk.why:
        yield str(why.get(desk.why, desk.why))
    for text in (f.area, f.since, f.until, f.outcome):
        if text:
            yield text
