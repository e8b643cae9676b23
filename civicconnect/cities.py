"""Many cities in one process, told apart by host name here and nowhere else.

Each city has an application, a database and secrets of its own; they share the process and no more.
A city that cannot be opened is logged and answers 503, and the others do not notice.
"""

from __future__ import annotations

import os
import threading
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars
from werkzeug.wrappers import Response

from civicconnect import catalog, commands, db, jobs, running, settings
from civicconnect.app import believe, create_app, handlers, schedule, set_up_logs
from civicconnect.db import Database
from civicconnect.errors import Conflict, Invalid, NotFound, Refusal
from civicconnect.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger("cities")
NOBODY = "No city answers under this address. Look at how it is spelt.\n"
NOT_READY = "This city's site is not ready. Try again in a few minutes.\n"
PLAIN = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
AGAIN = 30.0  # seconds until the worker looks at a city that was not ready
LOOKS = 5  # how often in a second the worker looks for jobs, in all cities together


@dataclass(frozen=True)
class Door:
    """What the host names of a city lead to: its application, or None where it could not be opened."""

    slug: str
    hosts: tuple[str, ...]
    answers: WSGIApplication | None = None
    database: Database | None = None


class Roof:
    """The application of many cities: the host name chooses one, and that one answers alone.

    proxy    address of the one that is believed about who asks, and for which host; "": nobody's
    """

    def __init__(self, doors: Iterable[Door], proxy: str = "") -> None:
        self.doors = {door.slug: door for door in doors}
        self.slugs = by_host({door.slug: door.hosts for door in self.doors.values()})
        self._inner = believe(proxy, self._choose)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._inner(environ, start_response)

    def _choose(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        slug = self.slugs.get(host_of(environ.get("HTTP_HOST", "")), "")
        door = self.doors.get(slug)
        clear_contextvars()
        bind_contextvars(city=slug)  # said in every line of the log
        answers = door.answers if door and door.answers else _refusal(door, environ.get("PATH_INFO", ""))
        return answers(environ, start_response)

    def close(self) -> None:
        """Let go of every database."""
        for door in self.doors.values():
            if door.database:
                door.database.engine.dispose()


def _refusal(door: Door | None, path: str) -> Response:
    """Answer for a city that is not ready, or for none; about the others nothing is said."""
    if path == "/healthz":  # asked by address, of the process
        return Response('{"alive":true}\n', mimetype="application/json", headers=PLAIN)
    if door:
        return Response(NOT_READY, 503, PLAIN | {"Retry-After": "60"}, mimetype="text/plain")
    # Not 421: that invites a browser to ask again over another connection.
    return Response(NOBODY, 404, PLAIN, mimetype="text/plain")


def host_of(header: str) -> str:
    """Return the host that a Host header names: small letters, no port, no last dot; "" for nonsense."""
    host, colon, port = header.rpartition(":")
    if not colon or port.endswith("]"):  # no port: the colons are those of an IPv6 address
        host, port = header, ""
    return host.lower().removesuffix(".") if not port or port.isdecimal() else ""


def by_host(claims: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return {host name: slug}, or raise Conflict where two cities claim the same.

    claims    {slug: host names}
    """
    found: dict[str, str] = {}
    for slug, hosts in claims.items():
        for host in filter(None, map(host_of, hosts)):
            other = found.setdefault(host, slug)
            if other != slug:
                raise Conflict(f"The cities '{other}' and '{slug}' both claim the host name {host}. Take it "
                               "out of one city.toml, then type: civic init --cities FOLDER")
    return found


def site(given: Settings) -> WSGIApplication:
    """Return what answers requests, for any server: one city, or all of CIVIC_CITIES."""
    return open_all(given) if given.cities else create_app(given)


def serve_all(together: Settings) -> None:
    """Answer requests for every city until told to stop."""
    roof = open_all(together)
    for door in roof.doors.values():
        click.echo(f"{'Serving' if door.answers else 'NOT serving'} {door.slug}: {', '.join(door.hosts)}")
    try:
        running.serve(together, roof)
    finally:
        roof.close()


def open_all(together: Settings) -> Roof:
    """Open every city. Raises Conflict where two claim one host name, or none can be served."""
    set_up_logs()
    roof = Roof((_open(together, slug) for slug in settings.slugs(together)), together.trusted_proxy)
    if not any(door.answers for door in roof.doors.values()):
        raise Conflict("No city can be served; why stands above, city by city.")
    return roof


def _open(together: Settings, slug: str) -> Door:
    hosts = _names(slug, _written(together.cities_folder / slug))
    try:
        own = settings.of_city(together, slug)
        database = db.open_database(own.url_of_database, modest=True)
        try:
            hosts = _names(slug, _loaded(slug, database).hosts)
        except OperationalError as fault:
            # Its pages say so themselves, and are back when the database is.
            log.error("the database does not answer", city=slug, error=repr(fault.orig))
        finally:
            database.engine.dispose()  # a server that forks from here on hands no open connection on
        return Door(slug, hosts, create_app(_at(own, hosts), database), database)
    except Exception as fault:  # noqa: BLE001  whatever is wrong with one, the others are served
        log.error("a city is not served", city=slug, error=" ".join(_sentences(fault)))
        return Door(slug, hosts)


def _names(slug: str, hosts: Iterable[str]) -> tuple[str, ...]:
    return (*hosts, f"{slug}.localhost")  # the last for trying it out on one machine


def _at(own: Settings, hosts: tuple[str, ...]) -> Settings:
    return replace(own, base_url=own.base_url.replace("{host}", hosts[0]))


def at_its_host(own: Settings, database: Database) -> Settings:
    """Return a city's settings with its own host name in its address, for the commands of one city."""
    slug = own.city_folder.name
    try:
        return _at(own, _names(slug, _loaded(slug, database).hosts))
    except (Refusal, SQLAlchemyError):
        return _at(own, _names(slug, _written(own.city_folder)))


def _loaded(slug: str, database: Database) -> catalog.City:
    """Return the city that a database serves; Conflict where it is not ready for it."""
    commands.must_be_ready(database)
    with db.bound(database), db.reading() as view:
        try:
            found = catalog.catalog(view).city
        except NotFound:
            raise Conflict("No city is loaded. Type: civic init --cities FOLDER") from None
    if found.slug != slug:
        raise Conflict(f"Its database holds the city '{found.slug}'. Give each city a database of its own.")
    return found


def _written(folder: Path) -> list[str]:
    """Return the host names that a folder claims."""
    hosts = _facts(folder).get("hosts", [])
    return [host for host in hosts if isinstance(host, str)] if isinstance(hosts, list) else []


def _facts(folder: Path) -> dict[str, Any]:
    """Return city.toml as it stands, unchecked; nothing where it cannot be read, which `init` says."""
    try:
        return tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


@contextmanager
def entered(together: Settings, slug: str) -> Iterator[tuple[Settings, Database]]:
    """Work on one city among many for a while. Raises Missing where it has no secrets yet."""
    own = settings.of_city(together, slug)
    database = db.open_database(own.url_of_database, modest=True)
    try:
        with bound_contextvars(city=slug), settings.bound(own), db.bound(database):
            yield own, database
    finally:
        database.engine.dispose()


def prepare_all(together: Settings) -> bool:
    """Prepare every city, as `running.prepare` does one, and say what became of each.

    returns    whether all are ready; one that is not stops no other
    """
    slugs = settings.slugs(together)
    ready = [_prepare(together, slug) for slug in slugs]
    by_host({slug: _names(slug, _written(together.cities_folder / slug)) for slug in slugs})
    return all(ready)


def _prepare(together: Settings, slug: str) -> bool:
    try:
        named = _facts(together.cities_folder / slug).get("slug", slug)
        if named != slug:
            raise Conflict(f"The folder is called '{slug}', and its city.toml says '{named}'. Give both one "
                           "name.")
        made = settings.make_city_secrets(together, slug)
        if made:
            click.echo(f"{slug}: made {' and '.join(made)}; keep a copy of "
                       f"{settings.city_secrets(together, slug)} in a safe place.")
        with entered(together, slug) as (own, database):
            loaded = running.prepare(own, database)
            _loaded(slug, database)
    except Exception as fault:  # noqa: BLE001  whatever is wrong with one, the others are prepared
        for sentence in _sentences(fault):
            click.echo(f"{slug}: {sentence}", err=True)
        return False
    click.echo(f"{slug}: the database is ready; the city was {'loaded' if loaded else 'loaded already'}.")
    return True


def _sentences(fault: Exception) -> list[str]:
    if isinstance(fault, Invalid):
        return [sentence for sentences in fault.fields.values() for sentence in sentences]
    if isinstance(fault, OperationalError):
        return [commands.database_away(fault)]
    return [str(fault) or repr(fault)]


def work_all(together: Settings, stop: threading.Event) -> None:
    """Do what follows from changes in every city, until told to stop. What is begun is finished.

    Each city has a thread: none waits for another's database. The jobs themselves take turns, as
    many at once as there are processors.
    """
    slugs = settings.slugs(together)
    turn = threading.Semaphore(max(2, os.cpu_count() or 2))
    pause = max(1.0, len(slugs) / LOOKS)
    threads = [threading.Thread(target=_work, args=(together, slug, stop, turn, pause), name=slug)
               for slug in slugs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _work(
    together: Settings, slug: str, stop: threading.Event, turn: threading.Semaphore, pause: float
) -> None:
    while not stop.is_set():
        try:
            with entered(together, slug) as (own, database):
                hosts = _names(slug, _loaded(slug, database).hosts)
                with settings.bound(_at(own, hosts)):
                    jobs.work(handlers(), stop, schedule, pause=pause, turn=turn)
        except Exception as fault:  # noqa: BLE001  whatever is wrong with one, the others go on
            log.error("a city's jobs wait", city=slug, error=" ".join(_sentences(fault)))
            stop.wait(AGAIN)
