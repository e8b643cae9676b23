"""The one visible `with` around every change, and its quieter sister for reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from civicconnect.db.engine import Database

Db = Session
_current: ContextVar[Database] = ContextVar("database")


def current() -> Database:
    """Return the database of the city being served; LookupError where the roof bound none."""
    return _current.get()


@contextmanager
def bound(database: Database) -> Iterator[Database]:
    """Work on this database for a while: one request, one job, one command."""
    token = _current.set(database)
    try:
        yield database
    finally:
        _current.reset(token)


@contextmanager
def transaction() -> Iterator[Db]:
    """Change the database: all of it at the end of the block, or nothing after an exception."""
    with _connection(reading=False) as connection, Session(connection) as db:
        db.expire_on_commit = False
        yield db
        db.flush()


@contextmanager
def reading() -> Iterator[Db]:
    """Read one consistent state of the database. Writers are not kept waiting."""
    with _connection(reading=True) as connection, Session(connection, autoflush=False) as db:
        yield db


@contextmanager
def _connection(*, reading: bool) -> Iterator[Connection]:
    database = current()
    if database.held is not None:
        with database.held.begin_nested():
            yield database.held
        return
    with database.engine.connect() as connection:
        with connection.execution_options(reading=reading).begin():
            yield connection


class _AccountSession(Session):
    """Follows whichever city is being served."""

    def get_bind(self, *_args: Any, **_options: Any) -> Engine | Connection:
        database = current()
        return database.held if database.held is not None else database.engine


# Flask-Security commits its own account writes: the one exemption from `transaction`.
account_session = scoped_session(
    sessionmaker(class_=_AccountSession, join_transaction_mode="create_savepoint")
)
