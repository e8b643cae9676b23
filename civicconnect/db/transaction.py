"""The one visible `with` around every change, and its quieter sister for reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
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
def transaction(*, many: bool = False) -> Iterator[Db]:
    """Change the database: all of it at the end of the block, or nothing after an exception.

    many    rows by the thousand, whose references the caller has looked up: the engine is set for them
    """
    with _connection(reading=False, many=many) as connection, _session(connection) as db:
        yield db
        db.flush()


class _Undone(Exception):
    """Ends a rehearsal."""


@contextmanager
def rehearsal() -> Iterator[Db]:
    """Change the database as `transaction` does, to look at what comes of it; then all of it is undone."""
    with suppress(_Undone), transaction() as db:
        yield db
        raise _Undone


@contextmanager
def reading() -> Iterator[Db]:
    """Read one consistent state of the database. Writers are not kept waiting."""
    with _connection(reading=True) as connection, _session(connection, autoflush=False) as db:
        yield db


def _session(connection: Connection, *, autoflush: bool = True) -> Session:
    # The block around it commits: closing the session must leave what it wrote standing.
    return Session(connection, autoflush=autoflush, expire_on_commit=False,
                   join_transaction_mode="rollback_only")


@contextmanager
def _connection(*, reading: bool, many: bool = False) -> Iterator[Connection]:
    database = current()
    if database.held is not None:
        with database.held.begin_nested():
            yield database.held
        return
    # The option goes on before the transaction begins: the engine listens for it there.
    with (
        database.engine.connect().execution_options(reading=reading) as connection,
        database.set_for_many(connection) if many else nullcontext(),
        connection.begin(),
    ):
        yield connection


class _AccountSession(Session):
    """Follows whichever city is being served."""

    def get_bind(self, *_args: Any, **_options: Any) -> Engine | Connection:
        database = current()
        if database.held is not None:
            return database.held
        # Who is signed in is read before the page's own transaction begins: it must not hold the
        # embedded engine's only write lock meanwhile.
        return database.unhurried


# Flask-Security commits its own account writes: the one exemption from `transaction`.
account_session = scoped_session(
    sessionmaker(class_=_AccountSession, join_transaction_mode="rollback_only")
)


def use(database: Database) -> None:
    """Work on this database from here on, in this thread: what the roof says at each request."""
    _current.set(database)
