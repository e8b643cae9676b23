"""Opening a database: SpatiaLite inside a file, or PostgreSQL with PostGIS."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from civicconnect.errors import Refusal

try:
    import pysqlite3
except ModuleNotFoundError:  # no wheel for this processor: Python's own has to do
    pysqlite3 = None

# At rest, one of many cities keeps this many connections; on the embedded engine, with this much cache each.
FEW, SMALL_CACHE, CACHE = 2, 8 * 1024, 64 * 1024  # connections, KB, KB
# So large may the embedded engine's log grow where rows come by the thousand, and so large is its cache then.
LOG_PAGES, BULK_CACHE = 65_536, 48 * 1024  # 256 MB; KB
SPATIALITE = ("mod_spatialite", "mod_spatialite.so.8", "mod_spatialite.so.7")


class Unusable(Refusal):
    """The database cannot be opened here; the sentence says what to install."""


@dataclass
class Database:
    """One city's database. `held` is a test's connection, undone when the test ends."""

    engine: Engine
    held: Connection | None = field(default=None)

    @cached_property
    def unhurried(self) -> Engine:
        """The same engine, whose transactions take no lock before they write."""
        return self.engine.execution_options(unhurried=True)

    @property
    def embedded(self) -> bool:
        """Say whether this is the embedded engine."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def set_for_many(self, connection: Connection) -> Iterator[None]:
        """Set the embedded engine, on a connection and before it begins, to take in very many rows.

        Its log may grow before it is brought into the file: indexes change all over, and a page that changes
        again is brought over once for many. References are not checked one by one, and what the index of
        words lets go of as it grows is not overwritten.
        """
        raw = connection.connection.driver_connection
        if not self.embedded or raw is None:
            yield
            return
        names = ("wal_autocheckpoint", "cache_size", "foreign_keys", "secure_delete")
        usual = [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
        for name, value in zip(names, (LOG_PAGES, -BULK_CACHE, 0, 0), strict=True):
            raw.execute(f"PRAGMA {name}={value}")
        try:
            yield
        finally:
            for name, value in zip(names, usual, strict=True):
                raw.execute(f"PRAGMA {name}={value}")


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def open_database(url: str, *, modest: bool = False) -> Database:
    """Open a database by its address, or raise Unusable with the remedy.

    modest    it is one of many in this process: what it does not need is given back
    """
    try:
        backend = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):
        backend = ""
    if backend not in OPENERS:
        raise Unusable("CIVIC_DATABASE_URL is no address of a database we know. Write it as "
                       "postgresql://user@host/name, or leave it empty for the embedded one.")
    return Database(OPENERS[backend](url, modest))


def _server(url: str, modest: bool) -> Engine:
    target = make_url(url).set(drivername="postgresql+psycopg")
    patience = {} if "connect_timeout" in target.query else {"connect_timeout": 10}
    engine = create_engine(
        target,
        pool_size=FEW if modest else 10,
        max_overflow=20 - FEW if modest else 10,
        pool_pre_ping=True,
        # Questions are short: to share one among processes, or to compile it, costs more than it saves.
        connect_args={"options": "-c timezone=utc -c lock_timeout=10000 -c jit=off"
                                 " -c max_parallel_workers_per_gather=0", **patience},
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("reading"):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    return engine


def _embedded(url: str, modest: bool) -> Engine:
    file = make_url(url).database
    kept: dict[str, Any] = {}
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        kept = {"pool_size": FEW, "max_overflow": 15 - FEW} if modest else {}
    engine = create_engine(url, module=sqlite_module(), connect_args={"timeout": 10},
                           json_deserializer=orjson.loads, **kept)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        # We say BEGIN ourselves: the module's own habit delays it past the first read.
        connection.isolation_level = None
        load_spatialite(connection)
        # Its own lower() knows only ASCII, and a search for CAÍDO must find caído.
        connection.create_function("lower", 1, _lower, deterministic=True)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # acknowledged means on the disk
            "foreign_keys=ON",
            "secure_delete=ON",  # what somebody takes back is overwritten, not only let go of
            "busy_timeout=10000",
            f"cache_size=-{SMALL_CACHE if modest else CACHE}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        waits = options.get("reading") or options.get("unhurried")
        connection.exec_driver_sql("BEGIN" if waits else "BEGIN IMMEDIATE")

    return engine


OPENERS = {"sqlite": _embedded, "postgresql": _server}


def describe(database: Database) -> str:
    """Say which engine this is, in which version."""
    with database.engine.connect() as connection:
        if database.embedded:
            spatial = connection.exec_driver_sql("SELECT spatialite_version()").scalar_one()
            module = sqlite_module()
            return f"SpatiaLite {spatial} in SQLite {module.sqlite_version} ({module.__name__})"
        spatial = connection.exec_driver_sql("SELECT postgis_lib_version()").scalar_one()
        server = connection.exec_driver_sql("SHOW server_version").scalar_one()
        return f"PostGIS {spatial} in PostgreSQL {server}"


def sqlite_module() -> ModuleType:
    """Return the module with the newest SQLite that can load SpatiaLite.

    Python's own may bring one before 3.42, whose index of words only marks what is taken out of it.
    """
    able = [module for module in (sqlite3, pysqlite3)
            if module is not None and hasattr(module.Connection, "enable_load_extension")]
    if not able:
        raise Unusable("This Python cannot load SpatiaLite. Type: pip install pysqlite3-binary")
    return max(able, key=lambda module: module.sqlite_version_info)


def load_spatialite(connection: Any) -> None:
    """Load SpatiaLite into a raw connection, or raise Unusable."""
    connection.enable_load_extension(True)
    for name in SPATIALITE:
        try:
            connection.load_extension(name)
        except sqlite_module().OperationalError:
            continue
        connection.enable_load_extension(False)
        return
    raise Unusable("SpatiaLite is not installed. Type: apt-get install libsqlite3-mod-spatialite")
