"""Many rows at once: COPY on PostgreSQL, prepared batches on SQLite; the same rows either way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from civicconnect.db.transaction import Db


@dataclass(frozen=True)
class Spelling:
    """How an engine takes values in bulk. A plain value: other processes may write by it."""

    server: bool  # PostgreSQL, not the embedded engine

    def instant(self, value: datetime) -> str:
        """Write an aware instant."""
        utc = value if value.tzinfo is UTC else value.astimezone(UTC)
        text_ = orjson.dumps(utc)[1:-1].decode()  # ten times as quick as its own isoformat
        if self.server:
            return text_
        # As SQLAlchemy spells it: a blank, six figures behind the seconds, no zone.
        return f"{text_[:10]} {text_[11:-6] if utc.microsecond else f'{text_[11:19]}.000000'}"

    def uuid(self, value: UUID) -> str:
        """Write a UUID."""
        return str(value) if self.server else value.hex

    def json(self, value: Any) -> str:
        """Write what a JSON column holds."""
        return orjson.dumps(value).decode()


def spelling(db: Db) -> Spelling:
    """Return how the engine of `db` takes values in bulk."""
    return Spelling(db.get_bind().dialect.name == "postgresql")


def copy_in(db: Db, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows in the transaction of `db`.

    table, columns   names as in the models; they come from code, never from outside
    rows             values in the order of `columns`: text, figures, bytes, and whatever else as
                     its `spelling` and `geo.encoder` write it
    """
    raw = db.connection().connection.driver_connection
    assert raw is not None  # noqa: S101  the pool hands out an open connection
    names = ", ".join(columns)
    if db.get_bind().dialect.name == "postgresql":
        with raw.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:  # noqa: S608
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608


LOG_PAGES, SMALLER_CACHE = 32_768, 8 * 1024  # 128 MB; KB


def write_much(db: Db) -> None:
    """Set the embedded engine, on this connection, to take in many rows one batch after the other.

    Its log may grow before it is brought into the file: indexes change all over, and a page that changes
    again with the next batch is brought over once for many. The rows themselves take most of the memory.
    """
    if db.get_bind().dialect.name == "sqlite":
        db.execute(text(f"PRAGMA wal_autocheckpoint={LOG_PAGES}"))
        db.execute(text(f"PRAGMA cache_size=-{SMALLER_CACHE}"))


@contextmanager
def references_known(db: Db) -> Iterator[None]:
    """Copy rows in the block whose references the caller has looked up: they are not checked one by one.

    Only PostgreSQL lets go of the check, and only for a role that may set session_replication_role; there
    it takes a third of the time of a copy. Elsewhere nothing changes.
    """
    if db.get_bind().dialect.name != "postgresql" or not db.scalar(
            text("SELECT has_parameter_privilege('session_replication_role', 'SET')")):
        yield
        return
    db.execute(text("SET LOCAL session_replication_role = replica"))
    yield
    db.execute(text("SET LOCAL session_replication_role = DEFAULT"))


def present(db: Db, table: str, column: str, values: Sequence[str], kind: str = "text") -> set[str]:
    """Return which of the values, as `spelling` writes them, stand in a column of a table.

    kind    the column's type on PostgreSQL, by whose index it is looked up
    """
    if db.get_bind().dialect.name == "postgresql":
        asked = f"SELECT {column}::text FROM {table} WHERE {column} = ANY(CAST(:values AS {kind}[]))"  # noqa: S608
        return set(db.execute(text(asked), {"values": list(values)}).scalars())
    asked = f"SELECT {column} FROM {table} WHERE {column} IN (SELECT value FROM json_each(:values))"  # noqa: S608
    return set(db.execute(text(asked), {"values": orjson.dumps(list(values)).decode()}).scalars())


def analyse(db: Db, *tables: str) -> None:
    """Let the engine look at tables in which much has changed, so that it plans by what stands there."""
    for table in tables:
        db.execute(text(f"ANALYZE {table}"))


def reserve(db: Db, table: str, key: str, count: int) -> range | list[int]:
    """Set aside `count` keys of a table before its rows are written, in rising order."""
    if db.get_bind().dialect.name == "postgresql":
        found = db.execute(
            text("SELECT nextval(pg_get_serial_sequence(:t, :k)) FROM generate_series(1, :n)"),
            {"t": table, "k": key, "n": count},
        )
        return sorted(found.scalars())
    last = db.execute(text(f"SELECT coalesce(max({key}), 0) FROM {table}")).scalar_one()  # noqa: S608
    return range(last + 1, last + 1 + count)
