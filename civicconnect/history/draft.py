"""A first city folder from a city's own record: something to correct instead of an empty page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from civicconnect.errors import Invalid
from civicconnect.history import toml
from civicconnect.history.boundaries import Area, centre_of, collection, limit_of, read_layers
from civicconnect.history.extract import open_cells
from civicconnect.history.firsts import FirstRule, usual
from civicconnect.history.guess import guess_profile
from civicconnect.history.names import LIMIT_LAYER, printable, slug
from civicconnect.history.outline import Outline
from civicconnect.history.profile import Profile
from civicconnect.history.record import read_record
from civicconnect.history.review import review
from civicconnect.history.zones import zone_near

LANGUAGE = "en"
WEEK = {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}  # as record.WORKING_WEEK counts


def draft_city(
    requests: Sequence[Path], areas: Sequence[Path], name: str, profile: Profile | None = None,
    zone: str = "", progress: Callable[[int], None] = lambda _: None,
) -> dict[str, str]:
    """Draft a city's folder from its extracts and boundaries.

    profile     how the extracts spell their columns; None: told from the extracts themselves
    zone        the city's time zone; "": the profile's, or the one nearest to its areas
    progress    told now and then how many rows were read
    returns     {path inside the folder: text}; it passes `check` as it is, and review/ says what a
                person must look at
    Raises Invalid.
    """
    for file in requests:
        next(open_cells(file, profile), None)  # what is wrong with a header is said before all else
    layers = read_layers(areas, profile.areas if profile else {}, requests, name)
    guess = None if profile else guess_profile(requests, name, zone or zone_near(centre_of(layers)))
    spelt = profile or guess.profile  # type: ignore[union-attr]  # one of the two is there
    if zone and zone != spelt.zone:
        raise Invalid({"zone": [f"The profile '{spelt.name}' reads its times in {spelt.zone}; "
                                "change it there."]})
    limit = limit_of(layers)
    record = read_record(requests, spelt, layers, limit, progress)
    if not record.services:
        why = "; ".join(record.reasons.values()) or "there is none"
        raise Invalid({"file": [f"No row can be read with the profile '{spelt.name}': {why}."]})
    return _files(Outline(
        name, tuple(file.name for file in requests), spelt, guess, guess is not None and not zone,
        tuple(layers), limit, record))


def _files(city: Outline) -> dict[str, str]:
    layers = {f"areas/{layer.name}.geojson": collection(layer.areas) for layer in city.layers}
    guessed = {"review/profile.toml": city.profile.written + _suspected(city)} if city.guess else {}
    return {
        "city.toml": toml.lines(_city(city)),
        "departments.toml": toml.document("Who answers.", map(_department, city.departments.items())),
        "services.toml": toml.document("What residents may ask for, the most asked first.", _services(city)),
        "calendars.toml": toml.document(
            "Assumed: a record does not say when anybody works, nor which days are holidays.",
            [toml.block("calendar", {"code": "office", "hours": WEEK})]),
        "promises.toml": toml.document(
            "Within how many business hours: as it was promised, or else as it was kept.",
            [toml.block("promise", {"service": code, "hours": found.hours}, found.why)
             for code, found in city.promises.items() if found.hours is not None]),
        "rules.toml": toml.document("Who answers what. The first rule that fits decides.",
                                    map(_rule, city.rules)),
        f"areas/{LIMIT_LAYER}.geojson": collection([Area(LIMIT_LAYER, printable(city.name), city.limit)]),
        **layers,
        "review/README.md": review(city),
        **guessed,
    }


def _suspected(city: Outline) -> str:
    """Return the points that may stand in for an address nobody found, for a person to uncomment."""
    return "".join(f"\n# {rows:,} rows lie here. If that is where an address goes that was not found:\n"
                   f"# [[stand_in]]\n# lat = {point.lat}\n# long = {point.long}\n"
                   for point, rows in city.record.crowds)


def _city(city: Outline) -> Mapping[str, Any]:
    centre = centre_of(city.layers)
    return {
        "slug": slug(city.name)[:60].strip("-"), "time_zone": city.profile.zone, "languages": [LANGUAGE],
        "catch_all": city.catch_all, "limit_layer": LIMIT_LAYER, "name": {LANGUAGE: printable(city.name)},
        "centre": {"lat": centre.lat, "long": centre.long},
    }


def _department(found: tuple[str, str]) -> str:
    code, name = found
    return toml.block("department", {"code": code, "calendar": "office", "name": {LANGUAGE: name}})


def _services(city: Outline) -> list[str]:
    services = city.record.services
    groups = [toml.block("group", {"code": code, "name": {LANGUAGE: name}})
              for code, name in sorted(set(city.groups.values()))]
    most = sorted(services, key=lambda code: (-services[code].rows, code))
    return groups + [
        toml.block("service", {
            "code": code, "group": city.groups[code][0], "department": usual(services[code], city.catch_all),
            "name": {LANGUAGE: city.name_of(code)}}, f"{services[code].rows:,} rows")
        for code in most
    ]


def _rule(rule: FirstRule) -> str:
    area = {"area": rule.area} if rule.area else {}
    return toml.block("rule", {"code": rule.code, "department": rule.department, "services": [rule.service],
                               **area}, rule.why)
