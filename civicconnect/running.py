"""The processes of an installation: the web server, the worker, and the demo that starts both."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from waitress.server import create_server

from civicconnect import accounts, catalog, city, clock, db, geo, jobs, opendata, reports, settings, simulate
from civicconnect.app import create_app, handlers, schedule
from civicconnect.city import City
from civicconnect.db import Database, Db
from civicconnect.errors import Conflict, Invalid, NotFound
from civicconnect.geo import Point
from civicconnect.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DEMO_CITY = settings.Settings.__dataclass_fields__["city"].metadata["default"]
DEMO_REPORTS = 600


def prepare(given: Settings, database: Database) -> bool:
    """Make folders, bring the database to this release's shape, load the city where it changed.

    returns    whether the city was loaded
    """
    make_ready(given, database)
    files = city.read_folder(given.city_folder)
    stamp = city.stamp(files)
    with db.reading() as view:
        if catalog.loaded_stamp(view) == stamp:
            return False
    checked = city.check(files)
    stay_in_town(checked)
    with db.transaction() as change:
        city.load_city(change, _with_screens(change, checked), stamp)
        accounts.make_roles(change)
    return True


def _with_screens(change: Db, folder: City) -> City:
    """Return the city to load: the folder's, or the one that stands where only screens have changed it since.

    Raises Conflict where both have changed: nobody's change is lost because a process starts.
    """
    last, newest = city.last_from_a_folder(change), city.newest_version(change)
    if last == newest:
        return folder
    try:
        before = city.spell(city.check(city.content_of(change, last)))
    except Invalid:  # an older release wrote it, and this one reads it no longer
        before = {}
    if before == city.spell(folder):
        return city.check(city.dump(change))
    raise Conflict("The city was changed on screen since a folder was loaded, and the folder has changed "
                   "too. See how they differ with 'civic city diff FOLDER'. Take the city out with "
                   "'civic city export', or load the folder over it with 'civic city load FOLDER'.")


def make_ready(given: Settings, database: Database) -> None:
    """Make folders, and bring the database to this release's shape."""
    for name in ("photos", "publication", "seals"):
        (given.data_folder / name).mkdir(parents=True, exist_ok=True)
    if not db.is_current(database, settings.home() / "migrations"):
        db.migrate(database, settings.home() / "migrations")
        with db.bound(database):
            read_words()


def read_words() -> None:
    """Read the words of all reports that wait for it, with a bar where they are many."""
    with db.reading() as view:
        waiting = reports.count_unread(view)
    bar = Progress(TextColumn("Words to search by"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                   console=Console(stderr=True), disable=waiting <= reports.FEW)
    with bar:
        task, read = bar.add_task("", total=waiting), waiting
        while read:
            with db.transaction() as change:
                read = reports.read_words(change)
            bar.advance(task, read)


def stay_in_town(checked: City) -> None:
    """Raise Conflict where the database holds another city: one database, one city."""
    with db.reading() as view:
        try:
            standing = catalog.catalog(view).city.slug
        except NotFound:
            return
    if standing != checked.offer.city["slug"]:
        raise Conflict(f"This database holds the city '{standing}', the folder describes "
                       f"'{checked.offer.city['slug']}'. Set CIVIC_DATA or CIVIC_DATABASE_URL to "
                       "a database of its own.")


def serve(given: Settings, app: WSGIApplication) -> None:
    """Answer requests until told to stop."""
    try:
        # Slow phones hold a connection for minutes: many may be open, few are answered at once.
        server = create_server(
            app, host=given.bind, port=int(given.port), threads=int(given.threads), ident=None,
            connection_limit=1000, channel_timeout=60, asyncore_use_poll=True,
            # Above the pages' own limit, whose refusal is a page; this one's is not.
            max_request_body_size=8 * given.photo_bytes,
            # An answer nobody fetches waits on the disk; below this mark it would hold a thread.
            outbuf_high_watermark=512 * 2**20,
        )
    except (OSError, ValueError) as fault:
        raise Conflict(f"Port {given.port} on {given.bind} cannot be opened ({fault}). Stop what uses "
                       "it, or set CIVIC_PORT and CIVIC_BIND to others.") from None
    _stop_on_signals()
    try:
        server.run()
    finally:
        server.close()


def work(given: Settings, database: Database) -> None:
    """Do what follows from changes, until told to stop. What is begun is finished."""
    with settings.bound(given), db.bound(database):
        jobs.work(handlers(), told_to_stop(), schedule)


def told_to_stop() -> threading.Event:
    """Return what is set when this process is asked to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def run_demo(given: Settings, database: Database) -> None:
    """Serve the demo city with data in it: web and worker, until Ctrl-C."""
    if given.city_folder.name != DEMO_CITY:
        raise Conflict("'run' serves the demo city, with sign-ins that everybody can read. For your own "
                       "city use 'serve' and 'worker'.")
    _stop_on_signals()
    prepare(given, database)
    began = clock.now()
    worker = subprocess.Popen([sys.executable, "-m", "civicconnect", "worker"],  # noqa: S603  ourselves
                              start_new_session=True)  # Ctrl-C reaches us first, we stop it
    try:
        _fill(given, database)
        _wait_for_beat(worker, began)
        _announce(given)
        serve(given, create_app(given, database))
    except KeyboardInterrupt:
        click.echo("\nStopping.")
    finally:
        worker.terminate()
        worker.wait(timeout=30)


def _fill(given: Settings, database: Database) -> None:
    """Bring in the demo's people and its past, where they are not there yet."""
    users = _demo_users(given, database)
    with db.reading() as view:
        empty = not reports.count_reports(view)
    if empty:
        with db.transaction() as change:
            simulate.invent_past(change, DEMO_REPORTS)
    if empty or opendata.newest() is None:
        with db.reading() as view:
            opendata.publish(view)
    _write_demo(given, users)


def _wait_for_beat(worker: subprocess.Popen[bytes], began: datetime) -> None:
    """Return once the worker gives a sign of life: what is announced is ready."""
    while worker.poll() is None and clock.now() - began < timedelta(seconds=60):
        with db.reading() as view:
            beat = jobs.last_beat(view)
        if beat is not None and beat >= began:
            return
        time.sleep(0.1)
    raise Conflict("The worker did not start; what it said stands above.")


def _demo_users(given: Settings, database: Database) -> list[dict[str, str]]:
    """Return the demo's sign-ins, the same at each start; made anew where any is missing."""
    file = _demo_file(given)
    if file.is_file():
        told = json.loads(file.read_text(encoding="utf-8"))["users"]
        with db.reading() as view:
            if all(accounts.is_known(view, user["email"]) for user in told):
                return list(told)
    with db.reading() as view:
        town = catalog.catalog(view)
    desks = [("staff", code) for code in town.departments] + [("supervisor", ""), ("admin", "")]
    users = [
        {"role": role, "email": f"{department or role}@{town.city.slug}.example", "department": department,
         "password": f"lantern-{secrets.choice(WORDS)}-{secrets.randbelow(9000) + 1000}"}
        for role, department in desks
    ]
    with create_app(given, database).app_context(), db.transaction() as change:
        for user in users:
            accounts.add_staff(change, user["email"], user["password"], user["role"],
                               [user["department"]] if user["department"] else [],
                               name=user["email"].split("@")[0].capitalize())
    return users


WORDS = ("harbour", "heron", "mole", "quay", "gannet", "willow", "beacon", "curlew", "ferry", "moor")


def _demo_file(given: Settings) -> Path:
    return given.data_folder / "demo.json"


def _write_demo(given: Settings, users: list[dict[str, str]]) -> None:
    """Write `demo.json`: where the demo is and how to sign in, for scripts and newcomers."""
    with db.reading() as view:
        town = catalog.catalog(view).city
        spot = geo.somewhere(view, Point(*town.centre))
    told = {
        "base_url": given.address, "users": users, "written_at": clock.now().isoformat(timespec="seconds"),
        "city": town.slug,
        # A place to report something at. The rest stays empty as long as nothing answers there.
        "open311": {"base_url": None, "api_key": None, "jurisdiction_id": None,
                    "lat": spot.point.lat, "long": spot.point.long, "address": spot.label},
    }
    file = _demo_file(given)
    file.touch(mode=0o600)
    file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _announce(given: Settings) -> None:
    users = json.loads(_demo_file(given).read_text(encoding="utf-8"))["users"]
    click.echo(f"\n  CivicConnect is at {given.address}\n")
    for user in users:
        click.echo(f"  {user['role']:<11} {user['email']:<32} {user['password']}")
    click.echo(f"\n  Letters it would send: {given.address}/demo/mailbox")
    click.echo("  Ctrl-C stops it.\n")


def _stop_on_signals() -> None:
    """Stop as Ctrl-C does, also where a script started us in the background and Ctrl-C is ignored."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
