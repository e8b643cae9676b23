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

# As PostgreSQL's COPY reads a line of text.
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class Spelling:
    """How an engine takes values in bulk, by `copy_rows`. A plain value: other processes may write by it.

    Codes and hashes need no spelling: words without any sign.
    """

    server: bool  # PostgreSQL, not the embedded engine

    @property
    def nothing(self) -> str | None:
        """Return what stands for no value."""
        return "\\N" if self.server else None

    def figure(self, value: int) -> str | int:
        """Write a whole number."""
        return str(value) if self.server else value

    def text(self, value: str) -> str:
        """Write a text that may hold any sign."""
        if self.server and ("\\" in value or not value.isprintable()):
            return value.translate(ESCAPED)
        return value

    def instant(self, value: datetime) -> str:
        """Write an aware instant."""
        utc = value if value.tzinfo is UTC else value.astimezone(UTC)
        text_ = orjson.dumps(utc)[1:-1].decode()  # ten times as quick as its own isoformat
        if self.server:
            return text_
        # As SQLAlchemy spells it: a blank, six figures behind the seconds, no zone.
        return f"{text_[:10]} {text_[11:-6] if utc.microsecond else f'{text_[11:19]}.000000'}"

    def flag(self, value: bool) -> str | int:  # noqa: FBT001  it is the value itself
        """Write yes or no: the embedded engine's module takes 20 times as long over a bool as a figure."""
        return "ft"[value] if self.server else int(value)

    def blob(self, value: bytes) -> str | bytearray:
        """Write bytes; for the same reason as a `bytearray` to the embedded engine's module."""
        return f"\\\\x{value.hex()}" if self.server else bytearray(value)

    def uuid(self, value: UUID) -> str:
        """Write a UUID."""
        return str(value) if self.server else value.hex

    def json(self, value: Any) -> str:
        """Write what a JSON column holds."""
        written = orjson.dumps(value).decode()
        return written.replace("\\", "\\\\") if self.server and "\\" in written else written

    def row(self, cells: tuple[Any, ...]) -> Any:
        """Put the values of a row together: a line of text to a server."""
        return "\t".join(cells) if self.server else cells


def spelling(db: Db) -> Spelling:
    """Return how the engine of `db` takes values in bulk."""
    return Spelling(db.get_bind().dialect.name == "postgresql")


def copy_in(db: Db, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows in the transaction of `db`.

    table, columns   names as in the models; they come from code, never from outside
    rows             values in the order of `columns`: text, figures, bytes, and places as `geo.encoder`
                     writes them
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


def copy_rows(
    db: Db, table: str, columns: Sequence[str], rows: Iterable[tuple[tuple[Any, ...], Sequence[Any]]]
) -> None:
    """Append rows as `copy_in` does, which were put together elsewhere but for their first values.

    rows    the first values of some rows, figures and codes, and the later ones of each as `Spelling.row`
            puts them together
    """
    if db.get_bind().dialect.name != "postgresql":
        copy_in(db, table, columns, ((*first, *later) for first, some in rows for later in some))
        return
    raw = db.connection().connection.driver_connection
    assert raw is not None  # noqa: S101  the pool hands out an open connection
    with raw.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:  # noqa: S608
        copy.write("".join([f"{head}\t{later}\n" for head, some in (
            ("\t".join(map(str, first)), some) for first, some in rows) for later in some]))


def copy_as_one(db: Db, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Append rows as `copy_in` does, in one statement: text and figures only.

    After each statement the embedded engine writes out its index of words: for every row by itself that took
    three quarters of the time.
    """
    if db.get_bind().dialect.name == "postgresql":
        copy_in(db, table, columns, rows)
        return
    cells = ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(columns)))
    asked = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {cells} FROM json_each(:rows)"  # noqa: S608
    db.execute(text(asked), {"rows": orjson.dumps(rows).decode()})


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


def taken(db: Db) -> type[Exception]:
    """Return what a copy raises where a unique key stands there already; there are other reasons for it."""
    return db.get_bind().dialect.loaded_dbapi.IntegrityError


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
        name = db.scalar(text("SELECT pg_get_serial_sequence(:t, :k)"), {"t": table, "k": key})
        asked = text("SELECT nextval(CAST(:name AS regclass)) FROM generate_series(1, :n)")
        return sorted(db.execute(asked, {"name": name, "n": count}).scalars())
    last = db.execute(text(f"SELECT coalesce(max({key}), 0) FROM {table}")).scalar_one()  # noqa: S608
    return range(last + 1, last + 1 + count)
