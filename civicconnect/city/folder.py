"""Reading a city's folder: every room checks its part, and nothing is loaded while a fault stands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from civicconnect import __version__, catalog, geo, routing, sla
from civicconnect.city.diff import Change, differences
from civicconnect.city.versions import keep
from civicconnect.db import Db
from civicconnect.errors import Invalid

LARGEST_FILE = 100 * 1024 * 1024
TABLES = {f"{name}.toml" for name in
          ("city", "departments", "services", "calendars", "promises", "rules", "templates")}
KNOWN = ("*.toml", "addresses.csv", "areas/*.geojson", "assets/*.geojson", "map/*.geojson", *catalog.LOGOS)


@dataclass(frozen=True)
class City:
    """A folder, checked: what each room will load."""

    offer: catalog.CatalogRows
    ground: geo.Ground
    promises: sla.Promises
    rules: tuple[routing.Rule, ...]


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return {path inside the folder: content} of the files a city is made of."""
    if not (folder / "city.toml").is_file():
        raise Invalid({"folder": [f"{folder} holds no city.toml; a city's folder begins with one."]})
    found = sorted(path for pattern in KNOWN for path in folder.glob(pattern) if path.is_file())
    large = [p.relative_to(folder).as_posix() for p in found if p.stat().st_size > LARGEST_FILE]
    if large:
        raise Invalid({name: ["larger than 100 MB; split it or simplify it."] for name in large})
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def stamp(files: Mapping[str, bytes]) -> str:
    """Return a hash over a folder and this release: the same hash, nothing to load."""
    digest = hashlib.sha256(__version__.encode())
    for path, content in sorted(files.items()):
        digest.update(f"\n{path} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def check_folder(folder: Path) -> City:
    """Check a folder on the disk: see `check`."""
    return check(read_folder(folder))


def check(files: Mapping[str, bytes]) -> City:
    """Check a whole folder, or raise Invalid({"folder": every fault at once})."""
    offer, faults = catalog.check(files)
    ground, ground_faults = geo.check(files)
    services = {row["code"] for row in offer.services}
    departments = frozenset(row["code"] for row in offer.departments)
    areas = {f"{area.layer}:{area.code}" for area in ground.areas}
    zone = offer.city.get("time_zone", "UTC")
    promises, promise_faults = sla.check(files, zone, services, areas, catalog.PRIORITIES)
    questions = {row["code"]: {q["code"]: {o["code"] for o in q["option"]}
                               for q in row["question"] if q["option"]} for row in offer.services}
    world = routing.World(departments, questions, frozenset(areas), ground.owners)
    rules, rule_faults = routing.check(files, world)
    faults += ground_faults + promise_faults + rule_faults
    faults += _crossing(offer, ground, promises) + _unread(files)
    if faults:
        raise Invalid({"folder": faults})
    return City(offer, ground, promises, rules)


def _crossing(
    offer: catalog.CatalogRows, ground: geo.Ground, promises: sla.Promises
) -> list[str]:
    """Return the faults no room can see alone."""
    faults = [
        f"departments.toml, [[department]] {row['code']}: no calendar is called "
        f"'{row['calendar']}' in calendars.toml."
        for row in offer.departments if row["calendar"] not in promises.calendars
    ]
    limit = offer.city.get("limit_layer")
    if limit and limit not in {area.layer for area in ground.areas}:
        faults.append(f"city.toml, key 'limit_layer': there is no areas/{limit}.geojson.")
    layers = {area.layer for area in ground.areas}
    faults += [f"city.toml, [[layer]] {layer['code']}: there is no areas/{layer['code']}.geojson."
               for layer in offer.city.get("layer", ()) if layer["code"] not in layers]
    return faults + geo.misplaced(ground.areas, limit or "")


def _unread(files: Mapping[str, bytes]) -> list[str]:
    """Return what is in the folder and cannot be meant."""
    unknown = sorted(path for path in files if path.endswith(".toml") and path not in TABLES)
    return [f"{path}: nobody reads this file; expected {', '.join(sorted(TABLES))}." for path in unknown] + [
        f"{path}: holds the character NUL, which no database keeps; remove it."
        for path, content in sorted(files.items()) if b"\0" in content or b"\\u0000" in content
    ]


def with_storm(city: City, *, on: bool, until: str = "") -> City:
    """Return the city with its storm mode switched by hand, or raise Invalid.

    until    "2026-12-01 08:00" on the city's clock; "" is until somebody switches it off
    """
    kept = {"words": city.offer.city["storm"].get("words", {}), "on": on, "begins": "", "ends": until}
    offer = replace(city.offer, city={**city.offer.city, "storm": kept})
    return check(spell(replace(city, offer=offer)))


def load_city(db: Db, city: City, mark: str | None = None, made_by: str = "civic") -> list[Change]:
    """Load a checked city, keep it as a version, and return what it changed; a second time nothing.

    mark       the folder's `stamp`, kept so that the next start knows that nothing has changed; None
               where no folder is loaded, but something in the city is changed
    made_by    who loads it, for the list of versions
    """
    before, after = dump(db), spell(city)
    changes = differences(before, after) if before else []
    sla.load(db, city.promises)
    catalog.load(db, city.offer, catalog.loaded_stamp(db) if mark is None else mark)
    geo.load(db, city.ground)
    routing.load(db, city.rules, made_by)
    keep(db, after, made_by, [str(change) for change in changes])
    return changes


def spell(city: City) -> dict[str, bytes]:
    """Return a checked city as the files of its folder, in the one way we write them."""
    files: dict[str, bytes] = {}
    for part in (catalog.spell(city.offer), sla.spell(city.promises), routing.spell(city.rules),
                 geo.spell(city.ground)):
        files |= part
    return files


def dump(db: Db) -> dict[str, bytes]:
    """Return what stands in the database as the files of a folder that loads to the same."""
    files = catalog.dump(db)
    return files | sla.dump(db) | routing.dump(db) | geo.dump(db) if files else {}
