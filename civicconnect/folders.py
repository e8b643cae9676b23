"""What the commands about a city's folder do and say: check, load, export, compare, and its versions."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from civicconnect import accounts, city, db, geo, running
from civicconnect.city import Change
from civicconnect.db import Database
from civicconnect.errors import Conflict, Invalid
from civicconnect.settings import Settings

MOST_LINES = 60  # of changes on a screen; --all shows the rest


def check(folder: Path) -> None:
    """Say that a folder is in order, or raise Invalid with every fault."""
    found = city.check(city.read_folder(folder))
    _check_basemap(folder, found)
    click.echo(f"{folder} is in order: {len(found.offer.departments)} departments, "
               f"{len(found.offer.services)} services, {len(found.ground.areas)} areas, "
               f"{len(found.ground.addresses):,} addresses.")


def _check_basemap(folder: Path, found: city.City) -> None:
    """Raise Invalid where the folder holds a street map that cannot be shown of this city."""
    file = folder / geo.BASEMAP
    faults = geo.basemap_faults(file, found.ground.areas) if file.exists() else []
    if faults:
        raise Invalid({"folder": faults})


def load(given: Settings, database: Database, folder: Path, *, sure: bool) -> None:
    """Load a folder: say what changes, ask, then change all of it or nothing.

    The first city of an empty database is loaded without asking: nothing is lost by it.
    """
    files = city.read_folder(folder)
    checked = city.check(files)
    _check_basemap(folder, checked)
    running.make_ready(given, database)
    running.stay_in_town(checked)
    with db.reading() as view:
        standing = city.dump(view)
    changes = city.differences(standing, city.spell(checked)) if standing else []
    if standing and not changes:
        click.echo("Nothing has changed since this folder was loaded.")
        return
    _show(changes)
    if changes and not sure and not _agreed(len(changes)):
        raise Conflict("Nothing was changed. To load without being asked, type --yes.")
    with db.transaction() as change:
        city.load_city(change, checked, city.stamp(files), made_by=f"folder {folder.resolve().name}")
        accounts.make_roles(change)
        newest = city.versions(change)[0]
    click.echo(f"Loaded as version {newest.number}.")


def _agreed(count: int) -> bool:
    try:
        return click.confirm(f"Make {'this change' if count == 1 else f'these {count:,} changes'}?")
    except click.Abort:  # nobody is there to answer
        click.echo()
        return False


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}."


def _show(changes: Sequence[Change], most: int = MOST_LINES) -> None:
    for change in changes[:most]:
        click.echo(f"  {change}")
    if len(changes) > most:
        click.echo(f"  … and {len(changes) - most:,} more; 'civic city diff --all' shows them.")


def diff(folder: Path, *, everything: bool) -> int:
    """Show what loading a folder would change; return 1 where it would change something, as diff does."""
    checked = city.check(city.read_folder(folder))
    with db.reading() as view:
        standing = city.dump(view)
    if not standing:
        raise Conflict("No city is loaded yet; type: civic city load FOLDER")
    changes = city.differences(standing, city.spell(checked))
    _show(changes, len(changes) if everything else MOST_LINES)
    click.echo(_counted(len(changes), "difference") if changes else "No difference.")
    return 1 if changes else 0


def export(out: Path, version: int | None) -> None:
    """Write the city as it stands, or as it stood in a version, as a folder that loads to the same."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Conflict(f"{out} exists already; name a folder that does not.")
    with db.reading() as view:
        files = city.dump(view) if version is None else city.content_of(view, version)
    if not files:
        raise Conflict("No city is loaded yet; type: civic city load FOLDER")
    write_folder(out, files)
    click.echo(f"Wrote {len(files)} files to {out}.")


def write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write a whole folder, or nothing: it gets its name when it is complete."""
    unnamed = out.with_name(f".{out.name}.part")
    shutil.rmtree(unnamed, ignore_errors=True)
    try:
        for path, content in files.items():
            (unnamed / path).parent.mkdir(parents=True, exist_ok=True)
            (unnamed / path).write_bytes(content)
        if out.is_dir():
            out.rmdir()  # empty, as was made sure before
        unnamed.rename(out)
    finally:
        shutil.rmtree(unnamed, ignore_errors=True)


def versions() -> None:
    """List every version of the city, newest first, each with the first of its changes."""
    with db.reading() as view:
        found = city.versions(view)
        names = accounts.names_of(view, {version.made_by for version in found})
    for version in found:
        said = _counted(len(version.changes), "change") if version.changes else "the first."
        who = names.get(version.made_by, version.made_by)
        click.echo(f"{version.number:>5}  {version.made_at:%Y-%m-%d %H:%M}Z  {who}: {said}")
        if version.reason:
            click.echo(f"         “{version.reason}”")
        for change in version.changes[:3]:
            click.echo(f"         {change}")


def storm(until: str, *, on: bool) -> None:
    """Switch storm mode on or off by hand, at once and for every visitor."""
    with db.transaction() as change:
        files = city.dump(change)
        if not files:
            raise Conflict("No city is loaded yet; type: civic city load FOLDER")
        city.load_city(change, city.with_storm(city.check(files), on=on, until=until), made_by=city.STORM)
    click.echo(f"Storm mode is {'on' if on else 'off'}{f' until {until}' if on and until else ''}.")
