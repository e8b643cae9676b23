"""A first city folder from a city's own record: something to correct instead of an empty page."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely
import tomli_w
from shapely.geometry import mapping, shape

from civicconnect.errors import Invalid
from civicconnect.history.importer import slug
from civicconnect.history.profile import Profile, Unreadable, must_be_whole, open_rows, open_text
from civicconnect.sla import Hours, Timetable

CATCH_ALL = "service-desk"
OFFICE = {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
FEWEST = 20  # promises drawn from fewer rows would be chance


class _Seen:
    """What the record says of one service: of all rows whose names make one code."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self.departments: Counter[str] = Counter()
        self.groups: Counter[str] = Counter()
        self.hours: list[float] = []


def draft_city(
    requests: Path, areas: Path, profile: Profile, name: str, layer: str = "district"
) -> dict[str, str]:
    """Draft a city folder from an extract and its boundaries.

    returns    {path inside the folder: text}; it passes `check` as it is
    """
    seen = _read(requests, profile)
    if not seen:
        raise Invalid({"file": ["The file has no row that can be read with this profile."]})
    drawn = _areas(areas, profile)
    if not any(drawing.area for _, _, drawing in drawn):
        raise Invalid({"areas": [f"{areas.name} draws no district; give the city's boundaries."]})
    return {
        "city.toml": _toml(_city(name, profile, drawn)),
        "departments.toml": _toml({"department": _departments(seen, profile)}),
        "services.toml": _toml(_services(seen)),
        "calendars.toml": _toml({"calendar": [{"code": "office", "hours": OFFICE}]}),
        "promises.toml": _toml({"promise": _promises(seen)}),
        "rules.toml": _toml({"rule": _rules(seen)}),
        f"areas/{layer}.geojson": _collection(drawn),
        "areas/city.geojson": _collection(
            [("city", name, shapely.union_all([s for _, _, s in drawn]))]
        ),
    }


def _read(requests: Path, profile: Profile) -> dict[str, _Seen]:
    office = Timetable(_office(profile.zone))
    seen: dict[str, _Seen] = defaultdict(_Seen)
    for _, row in open_rows(requests, profile):
        name = profile.value(row, "service")
        try:
            must_be_whole(row)
        except Unreadable:
            continue
        if not name:
            continue
        entry = seen[slug(name)]
        entry.names[name] += 1
        entry.departments[profile.value(row, "department")] += 1
        entry.groups[profile.value(row, "group") or "Services"] += 1
        try:
            (opened, _), (due, _) = profile.instant(row, "opened"), profile.instant(row, "due")
        except Unreadable:
            continue
        if opened and due and due > opened:
            entry.hours.append(office.between(opened, due).total_seconds() / 3600)
    return dict(seen)


def _office(zone: str) -> Hours:
    week = tuple(((480, 1020),) if day < 5 else () for day in range(7))
    return Hours(zone, week)


def _areas(file: Path, profile: Profile) -> list[tuple[str, str, Any]]:
    try:
        with open_text(file) as text:
            features = json.load(text)["features"]
        code, named = profile.areas.get("code", "code"), profile.areas.get("name", "name")
        parts: dict[str, tuple[str, list[Any]]] = {}
        for f in features:
            words = str(f["properties"][named])
            parts.setdefault(slug(str(f["properties"][code])), (words, []))[1].append(
                shapely.make_valid(shape(f["geometry"])))
        return [(key, words, shapely.union_all(some)) for key, (words, some) in parts.items()]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise Invalid({"areas": [f"{file.name} is not GeoJSON with the properties the profile "
                                 f"names ({fault})."]}) from None


def _city(name: str, profile: Profile, drawn: list[tuple[str, str, Any]]) -> dict[str, Any]:
    centre = shapely.union_all([s for _, _, s in drawn]).representative_point()
    return {
        "slug": slug(name), "time_zone": profile.zone, "languages": ["en"],
        "catch_all": CATCH_ALL, "limit_layer": "city", "name": {"en": name},
        "centre": {"lat": round(centre.y, 6), "long": round(centre.x, 6)},
    }


def _departments(seen: Mapping[str, _Seen], profile: Profile) -> list[dict[str, Any]]:
    theirs = {code for entry in seen.values() for code in entry.departments if code}
    found = {slug(code): profile.departments.get(code, code) for code in sorted(theirs)}
    found.setdefault(CATCH_ALL, "Service Desk")
    return [{"code": code, "calendar": "office", "name": {"en": words}} for code, words in found.items()]


def _services(seen: Mapping[str, _Seen]) -> dict[str, Any]:
    groups = {slug(group): group for entry in seen.values() for group, _ in entry.groups.most_common(1)}
    return {
        "group": [{"code": code, "name": {"en": group}} for code, group in sorted(groups.items())],
        "service": [
            {"code": code, "group": slug(entry.groups.most_common(1)[0][0]),
             "department": _usual(entry), "name": {"en": entry.names.most_common(1)[0][0]}}
            for code, entry in sorted(seen.items())
        ],
    }


def _usual(entry: _Seen) -> str:
    code = entry.departments.most_common(1)[0][0]
    return slug(code) if code else CATCH_ALL


def _promises(seen: Mapping[str, _Seen]) -> list[dict[str, Any]]:
    return [
        {"service": code, "hours": max(1.0, round(_median(entry.hours), 1))}
        for code, entry in sorted(seen.items()) if len(entry.hours) >= FEWEST
    ]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _rules(seen: Mapping[str, _Seen]) -> list[dict[str, Any]]:
    by_department: dict[str, list[str]] = defaultdict(list)
    for code, entry in sorted(seen.items()):
        if _usual(entry) != CATCH_ALL:
            by_department[_usual(entry)].append(code)
    return [
        {"code": f"to-{department}", "department": department, "services": sorted(services)}
        for department, services in sorted(by_department.items())
    ]


def _toml(table: Mapping[str, Any]) -> str:
    return tomli_w.dumps(table, multiline_strings=False)


def _collection(drawn: list[tuple[str, str, Any]]) -> str:
    features = [
        {"type": "Feature", "properties": {"code": code, "name": name},
         "geometry": mapping(_polygons(drawing))}
        for code, name, drawing in drawn
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def _polygons(drawing: Any) -> Any:
    """Keep only the surfaces: mending a boundary can leave lines and points behind."""
    parts = [p for p in shapely.get_parts(drawing) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if drawing.geom_type == "GeometryCollection" else drawing
