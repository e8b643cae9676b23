"""Many rows at once: COPY on PostgreSQL, prepared batches on SQLite; the same rows either way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

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
                copy.write_row([_for_server(value) for value in row])
        return
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
    raw.executemany(statement, ([_for_file(value) for value in row] for row in rows))


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


def _for_server(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _for_file(value: Any) -> Any:
    # The spellings SQLAlchemy itself gives SQLite, so that a bulk row reads like any other.
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value
