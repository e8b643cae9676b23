"""Write a row, or bring the one with the same key up to date, or leave it be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
