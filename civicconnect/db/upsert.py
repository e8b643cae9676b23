"""Write a row, or bring the one with the same key up to date, or leave it be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from civicconnect.db.base import Base
from civicconnect.db.transaction import Db


def upsert(db: Db, model: type[Base], key: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; where the unique columns `key` already stand, change the other columns."""
    if not rows:
        return
    statement = _insert(db, model)
    changed = {c: statement.excluded[c] for c in rows[0] if c not in key}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    db.execute(statement, [dict(row) for row in rows])


def add_up(
    db: Db, model: type[Base], key: Sequence[str], sums: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of `key` and `sums`; where the unique columns `key` already stand, add to the sums."""
    if not rows:
        return
    name, columns = model.__tablename__, (*key, *sums)
    added = ", ".join(f"{c} = {name}.{c} + excluded.{c}" for c in sums)
    insert = f"INSERT INTO {name} ({', '.join(columns)})"  # noqa: S608  names of ours
    update = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}"
    if db.get_bind().dialect.name == "postgresql":
        # As one value: some thousand rows would else be as many statements.
        types = [model.__table__.c[c].type.compile(db.get_bind().dialect) for c in columns]
        cells = ", ".join(f"CAST(cells ->> {n} AS {type_})" for n, type_ in enumerate(types))
        asked = f"{insert} SELECT {cells} FROM json_array_elements(:given) AS cells {update}"  # noqa: S608
        db.execute(text(asked), {"given": orjson.dumps(rows).decode()})
        return
    marks = ", ".join("?" * len(columns))
    raw = db.connection().connection.driver_connection
    assert raw is not None  # noqa: S101  the pool hands out an open connection
    raw.executemany(f"{insert} VALUES ({marks}) {update}", rows)


def insert_ignoring(db: Db, model: type[Base], row: Mapping[str, Any]) -> None:
    """Insert one row unless a unique index says that it already stands."""
    db.execute(_insert(db, model).on_conflict_do_nothing(), [dict(row)])


def _insert(db: Db, model: type[Base]) -> Any:
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(model.__table__)  # type: ignore[arg-type]  # every model has a Table


def insert_new(
    db: Db, model: type[Base], key: Sequence[str], row: Mapping[str, Any], wanted: Any
) -> Any:
    """Insert one row and return its `wanted` column; None where the unique `key` already stands.

    When two write the same key at once, the second waits for the first to commit.
    """
    statement = _insert(db, model).values(**row).on_conflict_do_nothing(index_elements=list(key))
    return db.execute(statement.returning(wanted)).scalar()
