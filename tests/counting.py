"""Counting the statements a page or a search costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from civicconnect.db import Database

# What frames a transaction, and is asked of no table.
FRAMES = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "SET TRANSACTION")


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Give the list of statements that run meanwhile, without what frames them."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if not statement.startswith(FRAMES):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
