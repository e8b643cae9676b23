"""Reading a city's folder: every room checks its part, and nothing is loaded while a fault stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from civicconnect import __version__, catalog, geo, queue, routing, sla
from civicconnect.city.diff import Change, differences
from civicconnect.city.versions import content_of, digests_of, keep, newest_version
from civicconnect.db import Db
from civicconnect.errors import Invalid, Sentence

LONGEST_REASON = 500
LARGEST_FILE = 100 * 1024 * 1024
TABLES = {f"{name}.toml" for name in
          ("city", "departments", "services", "calendars", "promises", "rules", "templates", "owners",
           "escalation")}
KNOWN = ("*.toml", "addresses.csv", "areas/*.geojson", "assets/*.geojson", "map/*.geojson", *catalog.LOGOS)


@dataclass(frozen=True)
class City:
    """A folder, checked: what each room will load."""

    offer: catalog.CatalogRows
    ground: geo.Ground
    promises: sla.Promises
    rules: tuple[routing.Rule, ...]
    escalation: tuple[Mapping[str, Any], ...] = ()


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


def check(files: Mapping[str, bytes], standing: geo.Ground | None = None) -> City:
    """Check a whole folder, or raise Invalid({"folder": every fault at once}).

    standing    the ground as it is already, where the files are the tables alone: see `tables_of`
    """
    offer, faults = catalog.check(files)
    ground, ground_faults = geo.check(files) if standing is None else (standing, [])
    services = {row["code"] for row in offer.services}
    departments = frozenset(row["code"] for row in offer.departments)
    areas = {f"{area.layer}:{area.code}" for area in ground.areas}
    zone = offer.city.get("time_zone", "UTC")
    promises, promise_faults = sla.check(files, zone, services, areas, catalog.PRIORITIES)
    questions = {row["code"]: {q["code"]: {o["code"] for o in q["option"]}
                               for q in row["question"] if q["option"]} for row in offer.services}
    world = routing.World(departments, questions, frozenset(areas), ground.owners)
    rules, rule_faults = routing.check(files, world)
    escalation, escalation_faults = queue.check(files, departments, services)
    faults += ground_faults + promise_faults + rule_faults + escalation_faults
    faults += _crossing(offer, ground, promises) + _unread(files)
    if faults:
        raise Invalid({"folder": faults})
    return City(offer, ground, promises, rules, escalation)


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


def load_city(
    db: Db, city: City, mark: str | None = None, made_by: str = "civic", reason: str = ""
) -> list[Change]:
    """Load a checked city, keep it as a version, and return what it changed; a second time nothing.

    mark       the folder's `stamp`, kept so that the next start knows that nothing has changed; None
               where no folder is loaded, but something in the city is changed
    made_by    who loads it, for the list of versions
    """
    catalog.hold(db)
    before, after = dump(db), spell(city)
    changes = differences(before, after) if before else []
    _load_tables(db, city, mark, made_by, reason)
    geo.load(db, city.ground)
    keep(db, after, made_by, [str(change) for change in changes], reason)
    return changes


def load_tables(
    db: Db, city: City, before: Mapping[str, bytes], made_by: str, reason: str
) -> list[Change]:
    """Load a city that was checked with its standing ground, keep it as a version, and say what it changed.

    before    `tables_of` the city as it stands
    A gazetteer of twenty thousand addresses is neither read nor written: nobody waits for it whose change
    has nothing to do with it.
    """
    after = _spell_tables(city)
    changes = differences(before, after)
    _load_tables(db, city, None, made_by, reason)
    _keep_tables(db, after, changes, made_by, reason)
    return changes


def _keep_tables(
    db: Db, after: Mapping[str, bytes], changes: Sequence[Change], made_by: str, reason: str
) -> None:
    """Keep a version whose ground is that of the version before."""
    said, number = [str(change) for change in changes], newest_version(db)
    if not number:  # a city from before versions were kept
        keep(db, {**after, **geo.dump(db)}, made_by, said, reason)
    else:
        ground = {path: at for path, at in digests_of(db, number).items() if not is_table(path)}
        keep(db, after, made_by, said, reason, ground)


@contextmanager
def kept_as_version(db: Db, made_by: str, reason: str) -> Iterator[None]:
    """Keep what the block changes of the tables as a version of the city; where it changes nothing, none.

    For the pages that change a table through its own room: the rules and the templates.
    Nobody else changes the city until the transaction ends. Raises Invalid({"reason": …}) without a reason.
    """
    catalog.hold(db)
    before = tables_of(db)
    yield
    db.flush()
    after = tables_of(db)
    if after != before:
        _keep_tables(db, after, differences(before, after), made_by, checked_reason(reason))


def checked_reason(reason: str) -> str:
    """Return why the city is changed, or raise Invalid."""
    if not reason.strip():
        raise Invalid({"reason": [Sentence("Say why: your colleagues will ask.")]})
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": [Sentence("Use at most %(most)s characters.", most=LONGEST_REASON)]})
    return reason.strip()


def _load_tables(db: Db, city: City, mark: str | None, made_by: str, reason: str) -> None:
    sla.load(db, city.promises)
    catalog.load(db, city.offer, catalog.loaded_stamp(db) if mark is None else mark, made_by)
    routing.load(db, city.rules, made_by, reason)
    queue.load(db, city.escalation)


def is_table(path: str) -> bool:
    """Say whether a file of the folder is a table or the logo; the rest is the ground."""
    return path in TABLES or path in catalog.LOGOS


def spell(city: City) -> dict[str, bytes]:
    """Return a checked city as the files of its folder, in the one way we write them."""
    return _spell_tables(city) | geo.spell(city.ground)


def _spell_tables(city: City) -> dict[str, bytes]:
    return (catalog.spell(city.offer) | sla.spell(city.promises) | routing.spell(city.rules)
            | queue.spell(city.escalation))


def dump(db: Db) -> dict[str, bytes]:
    """Return what stands in the database as the files of a folder that loads to the same."""
    files = tables_of(db)
    return files | geo.dump(db) if files else {}


def standing(db: Db) -> dict[str, bytes]:
    """Return the same as `dump`, with the ground out of the version in force: in a tenth of the time."""
    number = newest_version(db)
    if not number:
        return dump(db)
    ground = {path: content for path, content in content_of(db, number).items() if not is_table(path)}
    return tables_of(db) | ground


def tables_of(db: Db) -> dict[str, bytes]:
    """Return what stands in the database, without its ground; {} before a city is loaded."""
    files = catalog.dump(db)
    return files | sla.dump(db) | routing.dump(db) | queue.dump(db) if files else {}
