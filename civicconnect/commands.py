"""What the commands do and say, apart from the words that call them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, TextColumn
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from civicconnect import accounts, city, db, folders, history, jobs, opendata, reports, settings
from civicconnect.app import seal_file
from civicconnect.db import Database
from civicconnect.errors import Conflict, Invalid, Refusal
from civicconnect.history import Profile


def must_be_ready(database: Database) -> None:
    """Raise Conflict where the database has not the shape of this release."""
    if not db.is_current(database, settings.home() / "migrations"):
        raise Conflict("The database has not the shape of this release. Type: civic init")


def database_away(fault: OperationalError) -> str:
    """Return the sentence for a database that cannot be reached."""
    return f"The database does not answer: {fault.orig}. Start it, or correct CIVIC_DATABASE_URL."


def profile_named(name: str) -> Profile:
    """Read a profile by its file, or by its name in cities/profiles/."""
    return history.read_profile(profile_file(name))


def profile_file(name: str) -> Path:
    """Return where a profile stands."""
    file = Path(name)
    return file if file.suffix == ".toml" else settings.home() / "cities" / "profiles" / f"{name}.toml"


def draft(
    requests: Sequence[Path], areas: Sequence[Path], profile: str = "", name: str = "",
    out: Path | None = None, zone: str = "",
) -> None:
    """Write a drafted city folder, or nothing.

    profile, name    "": told from the files and from their names
    out              None: cities/ and the city's name, in the project or in the current folder
    """
    name = name.strip() or history.city_name(requests[0])
    out = out or settings.base() / "cities" / history.slug(name)
    if out.exists():
        raise Conflict(f"{out} exists already; name a folder that does not.")
    read = profile_named(profile) if profile else None
    with Progress(TextColumn("Reading: {task.completed:,.0f} rows"), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        files = history.draft_city(requests, areas, name, read, zone,
                                   lambda rows: bar.update(task, completed=rows))
    folders.write_folder(out, {path: text.encode() for path, text in files.items()})
    click.echo(f"Wrote {len(files)} files to {out}.")
    try:
        found = city.check_folder(out)
        click.echo(f"It is in order: {len(found.offer.departments)} departments, {len(found.offer.services)} "
                   f"services, {len(found.ground.areas)} areas.")
    except Invalid as fault:
        click.echo(f"It needs correcting first: {fault}")
    click.echo(f"What to look at: {out / 'review' / 'README.md'}")
    given = profile or out / "review" / "profile.toml"
    click.echo(f"Then, in an installation of this city: civic import {requests[0]} --profile {given}")


def publish() -> None:
    """Publish, and say which version."""
    with db.reading() as view:
        made = opendata.publish(view)
    click.echo(f"Version {made.version}: {made.manifest['rows']:,} rows in {made.folder}")


def verify() -> int:
    """Check timelines, seals and publication; return how the process should end."""
    with db.reading() as view:
        faults = [f"report {f.reference}, event {f.seq}: {f.words}" if f.seq
                  else f"report {f.reference}: {f.words}" for f in reports.check_chains(view)]
        faults += [f for file in sorted(seal_file("").parent.glob("*.json"))
                   for f in _broken_seal(view, file)]
        checked = reports.count_reports(view)
    faults += opendata.check_hashes()
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"{checked:,} reports checked: {f'{len(faults):,} faults' if faults else 'all in order'}.")
    return 1 if faults else 0


def _broken_seal(view: db.Db, file: Path) -> list[str]:
    try:
        kept = reports.root_from(file.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError):
        return [f"seal {file.stem}: this is no seal; put back the copy that is kept elsewhere"]
    now = reports.root(view, kept.at)
    if now == kept:
        return []
    return [f"seal {file.stem}: {kept.reports} reports and {kept.events} events were sealed; what stands "
            f"now of {kept.at:%Y-%m-%d %H:%M} is {now.reports} and {now.events}, and not the same"]


def doctor() -> int:
    """Say of each thing an installation needs whether it is there; return how the process should end."""
    faults = 0
    checks = (("settings", _settings), ("database", _database), ("disk", _disk), ("jobs", _jobs))
    for name, check in checks:
        try:
            click.echo(f"  ok   {name}: {check()}")
        except (Refusal, OSError, SQLAlchemyError) as fault:
            faults += 1
            click.echo(f"  FAULT {name}: {fault}")
    return 1 if faults else 0


def _settings() -> str:
    given = settings.load()
    accounts.sign_on_of(given)
    return f"data in {given.data_folder}"


def _database() -> str:
    database = db.open_database(settings.load().url_of_database)
    try:
        must_be_ready(database)
        return db.describe(database)
    except OperationalError as fault:
        raise Conflict(database_away(fault)) from None


def _jobs() -> str:
    try:
        with db.bound(db.open_database(settings.load().url_of_database)), db.reading() as view:
            dead = jobs.given_up(view)
    except (OperationalError, ProgrammingError):
        return "not looked at: the database comes first"
    if dead:
        raise Conflict(f"{len(dead)} were given up after {jobs.TRIES} tries: "
                       + "; ".join(f"{kind} ({count}): {error}" for kind, count, error in dead))
    return "none was given up"


def _disk() -> str:
    folder = settings.load().data_folder
    if not folder.is_dir():
        raise Conflict(f"There is no folder {folder}. Type: civic init")
    free = shutil.disk_usage(folder).free // 2**20
    if free < 500:
        raise Conflict(f"{free} MB are free; make room, or soon nothing can be stored.")
    return f"{free:,} MB free"


def assets(*, check: bool) -> int:
    """Run the documented build of static/vendor."""
    folder = settings.home() / "static" / "build"
    node = shutil.which("node")
    if node is None:
        raise Conflict("Node is not installed. Type: apt-get install nodejs npm")
    words = [node, str(folder / "build.mjs"), *(["--check"] if check else [])]
    return subprocess.run(words, cwd=folder, check=False).returncode  # noqa: S603  our own file
