"""The command line: `civic COMMAND`. Exit codes: 0 done, 1 something is wrong, 2 a word was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy.exc import DatabaseError, OperationalError

from civicconnect import __version__, accounts, city, commands, db, running, settings
from civicconnect.app import create_app, set_up_logs
from civicconnect.db import Database
from civicconnect.errors import Invalid, Refusal
from civicconnect.settings import Settings

FILE = click.Path(path_type=Path)


@contextmanager
def installation() -> Iterator[tuple[Settings, Database]]:
    """Work on the installation that the settings describe."""
    given = settings.load()
    database = db.open_database(given.url_of_database)
    try:
        with settings.bound(given), db.bound(database):
            yield given, database
    finally:
        database.engine.dispose()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def civic() -> None:
    """Service requests from the phone to the open data."""


@civic.command()
def run() -> None:
    """Serve the demo city: web and worker, http://localhost:8311.

    Example: civic run
    """
    settings.make_secrets()
    with installation() as (given, database):
        running.run_demo(given, database)


@civic.command()
def init() -> None:
    """Make secrets and tables, and load the city of CIVIC_CITY; again after each upgrade.

    Example: CIVIC_CITY=/srv/our-city civic init
    """
    made = settings.make_secrets()
    with installation() as (given, database):
        loaded = running.prepare(given, database)
    for name in made:
        click.echo(f"Made {name}; keep a copy of {given.data_folder / 'secrets'} in a safe place.")
    click.echo(f"The database is ready; the city was {'loaded' if loaded else 'loaded already'}.")


@civic.command()
def serve() -> None:
    """Answer requests on CIVIC_BIND and CIVIC_PORT.

    Example: CIVIC_PORT=8400 civic serve
    """
    with installation() as (given, database):
        commands.must_be_ready(database)
        click.echo(f"Serving {given.address}")
        try:
            running.serve(given, database)
        except KeyboardInterrupt:
            click.echo("Stopped.")


@civic.command()
def worker() -> None:
    """Do what follows from changes: publish, seal, tell. Start as many as you like.

    Example: civic worker
    """
    with installation() as (given, database):
        commands.must_be_ready(database)
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
    found = city.check(city.read_folder(folder))
    click.echo(f"{folder} is in order: {len(found.offer.departments)} departments, "
               f"{len(found.offer.services)} services, {len(found.ground.areas)} areas.")


@city_.command()
@click.argument("folder", type=FILE)
def load(folder: Path) -> None:
    """Load a city folder into the database of this installation.

    Example: civic city load /srv/our-city
    """
    with installation() as (given, database):
        loaded = running.prepare(replace(given, city=str(folder)), database)
    click.echo("Loaded." if loaded else "Nothing has changed since this folder was loaded.")


@city_.command()
@click.option("--requests", type=FILE, required=True, help="The city's published requests, CSV or CSV.gz.")
@click.option("--areas", type=FILE, required=True, help="Its districts, GeoJSON or GeoJSON.gz.")
@click.option("--profile", required=True, help="A file, or a name in cities/profiles/.")
@click.option("--name", required=True, help="The city's name, as residents write it.")
@click.option("--out", type=FILE, required=True, help="The folder to write; it must not exist.")
def draft(requests: Path, areas: Path, profile: str, name: str, out: Path) -> None:
    """Draft a city folder from its own record: something to correct instead of an empty page.

    Example: civic city draft --requests requests.csv --areas wards.geojson
    --profile our-profile.toml --name "Our City" --out /srv/our-city
    """
    commands.draft(requests, areas, profile, name, out)


@civic.command(name="import")
@click.argument("file", type=FILE)
@click.option("--profile", required=True, help="A file, or a name in cities/profiles/.")
@click.option("--verdicts", type=FILE, help="CSV to write: each row accepted or rejected, and why.")
def import_(file: Path, profile: str, verdicts: Path | None) -> None:
    """Import another system's CSV. A second time adds nothing.

    Example: civic import requests.csv.gz --profile our-profile.toml
    """
    with installation() as (given, _):
        commands.import_csv(given, file, profile, verdicts)


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
