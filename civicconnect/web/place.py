"""Choosing a place: by address, by position, or by a tap on a drawn map; all of it in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from civicconnect import geo
from civicconnect.catalog import City
from civicconnect.db import Db
from civicconnect.errors import Invalid, Sentence
from civicconnect.geo import AreaHit, Place, Point, View, point_from
from civicconnect.web.given import whole

WIDTH, HEIGHT = 360, 300
NEAREST, WIDEST = 18, 12
STARTING_ZOOM, CLOSE_ZOOM = 14, 17
LONGEST = 200  # characters of what was typed
# How far one press moves the map, in parts of what is seen.
MOVES = {"n": (0, -0.25), "s": (0, 0.25), "e": (0.25, 0), "w": (-0.25, 0)}


@dataclass(frozen=True)
class Spot:
    """What the address of the form says about the place."""

    centre: Point
    zoom: int
    is_chosen: bool  # False: only looking around
    service: str = ""
    words: str = ""  # what was typed about the problem
    photo: str = ""  # the signed name of one that was taken first
    draft: str = ""  # what the phone holds of the report, whose place or service is being changed

    @property
    def view(self) -> View:
        return View(self.centre, self.zoom, WIDTH, HEIGHT)

    def at(self, **more: Any) -> str:
        """Return the form's address for this spot."""
        told: dict[str, Any] = {"lat": self.centre.lat, "long": self.centre.long, "zoom": self.zoom}
        if not self.is_chosen:
            told["look"] = 1
        return url_for("resident.form", **(told | self.wish), **more)

    @property
    def wish(self) -> dict[str, str]:
        """Return what the address says besides the place, to be carried along."""
        found = {"service": self.service, "words": self.words, "photo": self.photo, "draft": self.draft}
        return {name: value for name, value in found.items() if value}

    def told(self, here: Here | None) -> dict[str, Any]:
        """Return what the address of the next step must hold of the place."""
        along = {"photo": self.photo, "draft": self.draft}
        told: dict[str, Any] = {name: value for name, value in along.items() if value}
        if here is None:
            return told
        if not self.is_chosen:
            return told | {"area": here.found[0].key, "address": here.address}
        return told | {"lat": self.centre.lat, "long": self.centre.long, "address": here.address or None}


def seen_around(point: Point | None) -> dict[str, Any]:
    """Return what an address of the form must hold to look around a place that was chosen before."""
    return {"lat": point.lat, "long": point.long, "zoom": CLOSE_ZOOM, "look": 1} if point else {}


def read_words(args: MultiDict[str, str]) -> str:
    """Return what was typed about the problem, with single blanks."""
    return " ".join(args.get("words", "")[:LONGEST].split())


@dataclass(frozen=True)
class Here:
    """What stands at a place: said back to whoever chose it."""

    address: str  # "" where nothing near has one
    found: tuple[AreaHit, ...]
    areas: tuple[AreaHit, ...]  # the same without the city's own limit
    is_inside: bool  # of that limit


def look(db: Db, point: Point, address: str, city: City, now: datetime) -> Here:
    """Return what stands at a place.

    address    what the person chose or typed for it; "" takes the nearest one
    """
    found = geo.areas_at(db, point, city.day(now))
    limit = city.limit_layer
    return Here(address or geo.describe(db, point), found, tuple(a for a in found if a.layer != limit),
                not limit or any(a.layer == limit for a in found))


def inside(db: Db, places: Sequence[Place], city: City, now: datetime) -> list[Place]:
    """Return those of some places that lie within the city's limit."""
    held = geo.areas_of_many(db, [place.point for place in places], [city.day(now)] * len(places))
    return [place for place, areas in zip(places, held, strict=True)
            if not city.limit_layer or any(area.layer == city.limit_layer for area in areas)]


def told_in_words(db: Db, args: MultiDict[str, str], now: datetime, city: City) -> Here | None:
    """Return a place that is told in words alone, with the part of the city it lies in; None where it is not.

    Raises Invalid: one of the two is missing, or there is no such part.
    """
    area, words = args.get("area", ""), " ".join(args.get("address", "").split())[:200]
    if not area and "area" not in args:
        return None
    layer, _, code = area.partition(":")
    found = geo.area_called(db, layer, code, city.day(now))
    faults = {"address": not words and Sentence("Say where it is, as by the blue door of the school."),
              "area": found is None and Sentence("Choose the part of the city from the list.")}
    if found is None or not words:
        raise Invalid({name: [sentence] for name, sentence in faults.items() if sentence})
    return Here(words, (found,), (found,), is_inside=True)


def read_spot(args: MultiDict[str, str], city: City) -> tuple[Spot, bool]:
    """Read the place from the form's address.

    returns    the spot, and whether it was moved by a press: then the browser should be sent to
               the spot's own address, which can be kept and shared
    Raises Invalid for a latitude or longitude that is none.
    """
    given = bool(args.get("lat") and args.get("long"))
    point = point_from(args["lat"], args["long"]) if given else Point(*city.centre)
    zoom = whole(args.get("zoom", ""), CLOSE_ZOOM if given else STARTING_ZOOM)
    spot = Spot(point, min(max(zoom, WIDEST), NEAREST), given and not args.get("look"),
                args.get("service", "")[:80], read_words(args), args.get("photo", "")[:300],
                args.get("draft", "")[:36])
    return _moved(spot, args)


def _moved(spot: Spot, args: MultiDict[str, str]) -> tuple[Spot, bool]:
    if "pin.x" in args:
        x, y = whole(args["pin.x"], 0), whole(args.get("pin.y", ""), 0)
        scale = WIDTH / max(whole(args.get("shown", ""), WIDTH), 1)
        # Enter on the map sends 0, 0: the person means the middle of it.
        place = (spot.view.point_at(min(x * scale, WIDTH), min(y * scale, HEIGHT)) if (x, y) != (0, 0)
                 else None)
        closer = min(max(spot.zoom, CLOSE_ZOOM - 1), NEAREST)
        return replace(spot, centre=place or spot.centre, zoom=closer, is_chosen=True), True
    move = args.get("move", "")
    if move in MOVES:
        right, down = MOVES[move]
        place = spot.view.point_at(WIDTH * (0.5 + right), HEIGHT * (0.5 + down))
        return replace(spot, centre=place), True
    if move in ("in", "out"):
        zoom = spot.zoom + (1 if move == "in" else -1)
        return replace(spot, zoom=min(max(zoom, WIDEST), NEAREST)), True
    return spot, False


