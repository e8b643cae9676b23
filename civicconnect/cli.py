"""The command line: `civic COMMAND`. Exit codes: 0 done, 1 something is wrong, 2 a word was."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import DatabaseError, OperationalError

from civicconnect import (
    __version__,
    accounts,
    cities,
    commands,
    db,
    folders,
    importing,
    post,
    running,
    settings,
    simulating,
    training,
)
from civicconnect.app import create_app, set_up_logs
from civicconnect.db import Database
from civicconnect.errors import Conflict, Invalid, Refusal
from civicconnect.settings import Settings
from civicconnect.simulate import Manner

FILE = click.Path(path_type=Path)
MANY = click.option("--cities", "many", type=FILE, help="A folder whose folders are cities: do it for all of "
                    "them. Default: CIVIC_CITIES.")


@contextmanager
def installation(*, ready: bool = False) -> Iterator[tuple[Settings, Database]]:
    """Work on the installation that the settings describe.

    ready    whether its database must have the shape of this release; else Conflict
    """
    given = settings.load()
    database = db.open_database(given.url_of_database)
    if "{host}" in given.base_url:
        given = cities.at_its_host(given, database)
    try:
        with settings.bound(given), db.bound(database):
            if ready:
                commands.must_be_ready(database)
            yield given, database
    finally:
        database.engine.dispose()


def together(many: Path | None) -> Settings | None:
    """Return what the cities share where there are many; None where this installation is one city's."""
    return settings.shared({**os.environ, "CIVIC_CITIES": str(many.resolve())} if many else None)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def civic() -> None:
    """Service requests from the phone to the open data."""


@civic.command()
def run() -> None:
    """Serve the demo city: web and worker, http://localhost:8311.

    Example: civic run
    """
    if together(None):
        raise Conflict("'run' serves the demo city, and it alone. Take CIVIC_CITIES away, or use 'serve'.")
    settings.make_secrets()
    with installation() as (given, database):
        running.run_demo(given, database)


@civic.command()
@MANY
def init(many: Path | None) -> None:
    """Make secrets and tables, and load the city of CIVIC_CITY; again after each upgrade.

    Example: CIVIC_CITY=/srv/our-city civic init
    """
    shared = together(many)
    if shared:
        sys.exit(0 if cities.prepare_all(shared) else 1)
    made = settings.make_secrets()
    with installation() as (given, database):
        loaded = running.prepare(given, database)
    for name in made:
        click.echo(f"Made {name}; keep a copy of {given.data_folder / 'secrets'} in a safe place.")
    click.echo(f"The database is ready; the city was {'loaded' if loaded else 'loaded already'}.")


@civic.command()
@MANY
def serve(many: Path | None) -> None:
    """Answer requests on CIVIC_BIND and CIVIC_PORT.

    Example: CIVIC_PORT=8400 civic serve
    """
    shared = together(many)
    try:
        if shared:
            cities.serve_all(shared)
            return
        with installation(ready=True) as (given, database):
            click.echo(f"Serving {given.address}")
            running.serve(given, create_app(given, database))
    except KeyboardInterrupt:
        click.echo("Stopped.")


@civic.command()
@MANY
def worker(many: Path | None) -> None:
    """Do what follows from changes: publish, seal, tell. Start as many as you like.

    Example: civic worker
    """
    shared = together(many)
    if shared:
        cities.work_all(shared, running.told_to_stop())
        return
    with installation(ready=True) as (given, database):
        running.work(given, database)


@civic.group(name="city")
def city_() -> None:
    """A city is a folder: check it, load it, draft one from a published record."""


@city_.command()
@click.argument("folder", type=FILE)
def check(folder: Path) -> None:
    """Name every fault of a city folder: file, key, what is expected.

    Example: civic city check cities/larkmouth
    """
    folders.check(folder)


@city_.command()
@click.argument("folder", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask before something that stands is changed.")
def load(folder: Path, yes: bool) -> None:
    """Load a city folder into the database: say what changes, ask, change all of it or nothing.

    Example: civic city load /srv/our-city
    """
    settings.make_secrets()
    with installation() as (given, database):
        folders.load(given, database, folder, sure=yes)


@city_.command()
@click.argument("out", type=FILE)
@click.option("--version", type=int, help="As it stood in one of 'city versions'. Default: as it stands.")
def export(out: Path, version: int | None) -> None:
    """Write the city as a folder that loads to the same.

    Example: civic city export /srv/our-city-today
    """
    with installation(ready=True):
        folders.export(out, version)


@city_.command()
@click.argument("folder", type=FILE)
@click.option("--all", "everything", is_flag=True, help="Show every difference, however many.")
def diff(folder: Path, everything: bool) -> None:
    """Show what loading a folder would change. Exit code 1 where it would change something.

    Example: civic city diff /srv/our-city
    """
    with installation(ready=True):
        sys.exit(folders.diff(folder, everything=everything))


@city_.command()
def versions() -> None:
    """List every version of the city: when, by whom, what changed.

    Example: civic city versions
    """
    with installation(ready=True):
        folders.versions()


@city_.command()
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.option("--until", default="", help='When it ends by itself, on the city\'s clock: "2026-12-01 08:00".')
def storm(switch: str, until: str) -> None:
    """Offer only what an emergency needs, at once; or everything again.

    Example: civic city storm on --until "2026-12-01 08:00"
    """
    with installation(ready=True):
        folders.storm(until, on=switch == "on")


@city_.command()
@click.option("--requests", type=FILE, required=True, multiple=True,
              help="The city's published requests, CSV or CSV.gz; may be repeated.")
@click.option("--areas", type=FILE, required=True, multiple=True,
              help="Its districts, GeoJSON or GeoJSON.gz; each further file is another layer.")
@click.option("--profile", default="", help="How the columns are spelt: a file, or a name in "
              "cities/profiles/. Default: told from the columns themselves.")
@click.option("--name", default="", help="The city's name, as residents write it. Default: the file's words.")
@click.option("--zone", default="", help="Its time zone, as Europe/Zurich. Default: nearest to its areas.")
@click.option("--out", type=FILE, help="The folder to write; it must not exist. Default: in cities/.")
def draft(
    requests: tuple[Path, ...], areas: tuple[Path, ...], profile: str, name: str, zone: str, out: Path | None
) -> None:
    """Draft a city folder from its own record: something to correct instead of an empty page.

    Example: civic city draft --requests our_city_2025.csv --areas our_city_wards.geojson
    """
    commands.draft(requests, areas, profile, name, out, zone)


DAY = click.DateTime(["%Y-%m-%d"])


@civic.command(name="import")
@click.argument("source")
@click.option("--profile", default="", help="How the columns are spelt: a file, or a name in "
              "cities/profiles/. Default: the one that fits, or told from the columns themselves.")
@click.option("--verdicts", type=FILE, help="CSV to write: each row accepted or rejected, and why.")
@click.option("--dry-run", "dry", is_flag=True, help="Do everything but write into the database.")
@click.option("--yes", is_flag=True, help="Do not ask where the columns were only guessed.")
@click.option("--jurisdiction", default="", help="Of an Open311 endpoint, where it wants one.")
@click.option("--since", type=DAY, help="Of an endpoint: from which day on.")
@click.option("--until", type=DAY, help="Of an endpoint: up to which day. Default: now.")
@click.option("--pause", type=click.FloatRange(0), default=1.0, show_default=True,
              help="Of an endpoint: seconds between two questions.")
@click.option("--city", default="", help="Of a capture that holds several: which.")
def import_(source: str, **words: Any) -> None:
    """Import another system's CSV, a capture of an Open311 endpoint, or the endpoint itself.

    Cut off and run again it goes on; a second time adds nothing.

    Example: civic import requests.csv.gz --profile our-profile.toml --dry-run
    """
    with installation(ready=True) as (given, _):
        importing.import_from(given, source, importing.Wish(**words))


@civic.command(name="simulate")
@click.option("--reports", type=click.IntRange(1, 10_000_000), default=20_000, show_default=True)
@click.option("--days", type=click.IntRange(1, 20_000), default=365, show_default=True)
@click.option("--until", type=DAY, help="The day before which it ends. Default: today.")
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True,
              help="The same seed gives the same record on the same day.")
@click.option("--preset", default="",
              help="What the record is like: a file, or a name in cities/presets/. Default: the first.")
@click.option("--live", is_flag=True, help="Through the doors everybody uses, step by step; else in bulk.")
@click.option("--extract", type=FILE, help="Write a city's published file, dirt and all, to this folder "
              "instead; nothing else is changed.")
@click.option("--city", "folder", type=FILE, help="With --extract: the city's folder. Default: this "
              "installation's city.")
@click.option("--times", type=click.Choice(["local", "utc", "shifted"]), default="local", show_default=True,
              help="With --extract: by the wall's clock, in UTC, or wrong as some cities do.")
@click.option("--layouts", type=click.IntRange(1, 2), default=1, show_default=True,
              help="With --extract: 2 changes the header half-way.")
def simulate_(  # noqa: PLR0913  one for each word of the command
    reports: int, days: int, until: datetime | None, seed: int, preset: str, extract: Path | None,
    folder: Path | None, times: str, layouts: int, *, live: bool,
) -> None:
    """Invent a record for a city whose truth is known, and write that truth beside it.

    Example: civic simulate --reports 20000 --seed 7
    """
    if extract is None and (folder or times != "local" or layouts != 1):
        raise click.UsageError("--city, --times and --layouts say how an extract is written: name one, "
                               "--extract out")
    if extract is not None and live:
        raise click.UsageError("--extract writes files, and --live writes none: leave out one of them.")
    wish = simulating.Wish(reports, days, seed, preset, until)
    if extract is not None:
        with installation() if folder is None else nullcontext():
            simulating.extract(folder, extract, wish, Manner("requests.csv.gz", times, layouts))
        return
    with installation(ready=True) as (given, _):
        simulating.simulated(given, wish, live=live)


@civic.command()
@click.option("--imported", is_flag=True, help="Learn from imported records too, where people wrote their "
              "descriptions.")
def train(imported: bool) -> None:
    """Learn from this city's own reports which service people's words are about.

    Says how good the suggestions are on reports it has not seen, and puts them in force at once.

    Example: civic train
    """
    with installation(ready=True):
        training.train(imported=imported)


@civic.command()
def publish() -> None:
    """Write a new version of the open data now, without waiting for the worker.

    Example: civic publish
    """
    with installation():
        commands.publish()


@civic.command()
def verify() -> None:
    """Check every timeline, the daily seals and the open data's hashes. Exit code 1 on any fault.

    Example: civic verify
    """
    with installation():
        sys.exit(commands.verify())


@civic.command()
def doctor() -> None:
    """Name what is missing here, and its cure. Exit code 1 where something is.

    Example: civic doctor
    """
    sys.exit(commands.doctor())


@civic.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where the result would differ.")
def assets(check: bool) -> None:
    """Build static/vendor anew from its packages. Needs Node 20 and npm; see docs/assets.md.

    Example: civic assets --check
    """
    sys.exit(commands.assets(check=check))


@civic.group()
def intake() -> None:
    """Reports that come in by another door than the site."""


@intake.command()
@click.argument("maildir", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
def mail(maildir: Path | None) -> None:
    """Take a message from standard input, or every new one of a MAILDIR, into the inbox.

    Exit codes are those a mail server knows: 0 taken, 65 cannot be read, 75 try again later.

    Example: civic intake mail < message.eml
    """
    try:
        with installation() as (given, database):
            code = post.take_mail(given, database, maildir)
    except Exception as fault:  # noqa: BLE001  whatever is wrong with us, no letter must go back to its sender
        click.echo(post.why_later(fault), err=True)
        code = post.TRY_AGAIN
    sys.exit(code)


@civic.group()
def partner() -> None:
    """Other systems that may post reports, each with a key of its own."""


@partner.command(name="add")
@click.argument("name")
def add_partner(name: str) -> None:
    """Add a partner and print its key: it is shown this once.

    Example: civic partner add harbour-app
    """
    with installation(ready=True):
        post.add_partner(name)


@partner.command(name="list")
def list_partners() -> None:
    """List the partners that may post reports.

    Example: civic partner list
    """
    with installation(ready=True):
        post.list_partners()


@partner.command(name="remove")
@click.argument("name")
def remove_partner(name: str) -> None:
    """Take a partner's key away. Its reports stay.

    Example: civic partner remove harbour-app
    """
    with installation(ready=True):
        post.remove_partner(name)


@civic.group()
def user() -> None:
    """The people who sign in."""


@user.command()
@click.argument("email")
@click.option("--role", type=click.Choice(list(accounts.ROLES)), default="staff", show_default=True)
@click.option("--department", multiple=True, help="Code; needed for the role staff, may be repeated.")
@click.option("--name", default="", help="As colleagues know them.")
@click.password_option(help="At least 10 characters; asked for where it is not given.")
def add(email: str, role: str, department: tuple[str, ...], name: str, password: str) -> None:
    """Add someone who may sign in, or change what stands under that e-mail address.

    Example: civic user add ana@city.example --role staff --department streets
    """
    with (
        installation() as (given, database),
        create_app(given, database).app_context(),
        db.transaction() as change,
    ):
        accounts.add_staff(change, email, password, role, department, name)
    click.echo(f"{email} may sign in as {role}.")


@user.command()
@click.argument("email")
def link(email: str) -> None:
    """Make a link that lets somebody in once, within 15 minutes: the way back in when the sign-on is down.

    Example: civic user link ana@city.example
    """
    with installation(ready=True) as (given, _), db.transaction() as change:
        token = accounts.make_link_by_hand(change, email)
    click.echo(f"{given.address}/sign-in/by-hand/{token}")


def main() -> None:
    """Run a command; a refusal is its sentences on stderr and exit code 1."""
    set_up_logs()
    try:
        civic(prog_name="civic")
    except Invalid as fault:
        for name, sentences in fault.fields.items():
            for sentence in sentences:
                click.echo(f"{name}: {sentence}", err=True)
        sys.exit(1)
    except Refusal as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)
    except OperationalError as fault:
        click.echo(commands.database_away(fault), err=True)
        sys.exit(1)
    except OSError as fault:
        click.echo(f"{fault.filename or 'The disk'}: {fault.strerror or fault}.", err=True)
        sys.exit(1)
    except DatabaseError as fault:
        click.echo(f"The database cannot be opened: {fault}. Correct CIVIC_DATABASE_URL.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
