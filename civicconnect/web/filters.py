"""The filter of a list of reports: read from the address, and said in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from civicconnect.catalog import Catalog
from civicconnect.geo import NamedArea
from civicconnect.reports import Filter
from civicconnect.web.given import whole
from civicconnect.web.words import OUTCOME, STATUS, VERIFICATION, area_name, day, say

FIELDS = {"service": "service", "department": "department", "status": "status", "words": "q",
          "outcome": "outcome", "area": "area", "since": "since", "until": "until", "order": "order"}


def read_filter() -> Filter:
    """Return the filter in the address."""
    given: dict[str, Any] = {name: request.args.get(key, "")[:200].strip() for name, key in FIELDS.items()}
    return Filter(**given)


def read_page() -> int:
    """Return the page number in the address, from 1."""
    return max(whole(request.args.get("page", ""), 1), 1)


@dataclass(frozen=True)
class Chip:
    """One thing that is filtered by, and the address of the same page without it."""

    words: str
    address: str


@dataclass(frozen=True)
class Choices:
    """What a form of filters offers and what of it is chosen."""

    areas: Mapping[str, Sequence[tuple[str, str]]]  # by the layer's name: value and words
    chips: Sequence[Chip]
    unknown_area: str  # what is asked for and never was
    days: Mapping[str, str]  # since and until; "" for what no browser shows in a field for days

    @property
    def words(self) -> list[str]:
        return [chip.words for chip in self.chips]


def choices(
    view: Filter, offer: Catalog, areas: Sequence[NamedArea], endpoint: str, **kept: Any
) -> Choices:
    """Return what may be chosen from and what is.

    areas    every area there is or was; the city's own limit is none to choose
    kept     what else stays in the address
    """
    shown = [area for area in areas if area.layer != offer.city.limit_layer]
    said = dict(_said(view, offer, shown))
    chips = [
        Chip(words, url_for(endpoint, **{k: v for k, v in view.query.items() if k != key}, **kept))
        for key, words in said.items()
    ]
    layers = groupby(sorted(shown, key=_in_order), key=lambda area: area.layer)
    return Choices({layer_name(layer, offer): [(f"{a.layer}:{a.code}", _name(a)) for a in found]
                    for layer, found in layers}, chips,
                   view.area if view.area not in {f"{a.layer}:{a.code}" for a in shown} else "",
                   {"since": _field(view.since), "until": _field(view.until)})


def layer_name(layer: str, offer: Catalog) -> str:
    """Return what a layer of areas is called, in the language of the page where the city wrote it."""
    return say(offer.city.layers.get(layer, {})) or layer.replace("_", " ").capitalize()


def _said(view: Filter, offer: Catalog, areas: Sequence[NamedArea]) -> Iterator[tuple[str, str]]:
    """Yield what is filtered by: its key in the address and its words. What there is not stays as typed."""
    service, department = offer.services.get(view.service), offer.departments.get(view.department)
    named = {f"{area.layer}:{area.code}": area for area in areas}
    statuses = {"open": _("Open"), **STATUS}
    if view.words:
        yield "q", _("“%(words)s”", words=view.words)
    if view.service:
        yield "service", say(service.name) if service else view.service
    if view.department:
        yield "department", say(department.name) if department else view.department
    if view.status:
        yield "status", str(statuses.get(view.status, view.status))
    if view.outcome:
        yield "outcome", str({**OUTCOME, **VERIFICATION}.get(view.outcome, view.outcome))
    if view.area:
        yield "area", _name(named[view.area]) if view.area in named else view.area
    if view.since:
        yield "since", _("from %(day)s", day=_day(view.since))
    if view.until:
        yield "until", _("until %(day)s", day=_day(view.until))


def _day(text: str) -> str:
    try:
        return day(text)
    except ValueError:  # what is wrong with it stands beside the field
        return text


def _field(text: str) -> str:
    return "" if "since" in Filter(since=text).faults() else text


def _name(area: NamedArea) -> str:
    name = area_name(area)
    return _("%(area)s (until %(day)s)", area=name, day=day(area.until.isoformat())) if area.until else name


def _in_order(area: NamedArea) -> tuple[Any, ...]:
    """Sort by layer, what still holds first, and "Ward 2" before "Ward 10"."""
    parts = enumerate(re.split(r"(\d+)", area_name(area).casefold()))
    return area.layer, area.until is not None, [int(part) if at % 2 else part for at, part in parts]
