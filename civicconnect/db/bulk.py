"""Many rows at once: COPY on PostgreSQL, prepared batches on SQLite; the same rows either way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from civicconnect.db.transaction import Db


def copy_in(db: Db, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows in the transaction of `db`.

    table, columns   names as in the models; they come from code, never from outside
    rows             values in the order of `columns`: aware datetimes, UUIDs, dicts (as JSON),
                     places already encoded by `geo.encoder`
    """
    raw = db.connection().connection.driver_connection
    assert raw is not None  # noqa: S101  the pool hands out an open connection
    names = ", ".join(columns)
    if db.get_bind().dialect.name == "postgresql":
        with raw.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:  # noqa: S608
            for row in rows:
                copy.write_row(_spelled(row, FOR_SERVER))
        return
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
    raw.executemany(statement, (_spelled(row, FOR_FILE) for row in rows))


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


def _spelled(row: Sequence[Any], spellings: Mapping[type, Callable[[Any], Any]]) -> list[Any]:
    # Looked up by exact type: this runs for every cell of a million rows.
    get = spellings.get
    return [spell(value) if (spell := get(type(value))) else value for value in row]


@lru_cache(maxsize=8192)  # an import writes the same few instants again and again
def _instant(value: datetime) -> str:
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:26]  # without the offset


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


FOR_SERVER: Mapping[type, Callable[[Any], Any]] = {dict: _json, list: _json}
# The spellings SQLAlchemy itself gives SQLite, so that a bulk row reads like any other.
FOR_FILE: Mapping[type, Callable[[Any], Any]] = {
    datetime: _instant, UUID: lambda value: value.hex, dict: _json, list: _json,
}
