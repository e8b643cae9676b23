"""How a migration adds a shape to a table, on both engines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection


def install(connection: Connection) -> None:
    """Make the database spatial. Nothing happens where it already is."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    elif not connection.execute(
        text("SELECT count(*) FROM sqlite_master WHERE name = 'spatial_ref_sys'")
    ).scalar_one():
        connection.execute(text("SELECT InitSpatialMetaDataFull(0, 'WGS84_ONLY')"))


def add_shape(op: Any, table: str, column: str, kind: str) -> None:
    """Add a WGS84 column of a kind (POINT, MULTIPOLYGON, GEOMETRY) with its spatial index."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} geometry({kind}, 4326)")
        op.execute(f"CREATE INDEX idx_{table}_{column} ON {table} USING gist ({column})")
        return
    _ask(op, f"SELECT AddGeometryColumn('{table}', '{column}', 4326, '{kind}', 'XY')")  # noqa: S608
    _ask(op, f"SELECT CreateSpatialIndex('{table}', '{column}')")  # noqa: S608
    for change in ("i", "u", "d"):
        # They note the time of each change in a table that nobody reads, at a third of its cost.
        op.execute(f"DROP TRIGGER IF EXISTS tm{change}_{table}_{column}")


def drop_shape(op: Any, table: str, column: str) -> None:
    """Forget a shape column before its table is dropped."""
    if op.get_bind().dialect.name == "postgresql":
        return
    _ask(op, f"SELECT DisableSpatialIndex('{table}', '{column}')")  # noqa: S608
    op.execute(f"DROP TABLE IF EXISTS idx_{table}_{column}")
    _ask(op, f"SELECT DiscardGeometryColumn('{table}', '{column}')")  # noqa: S608


def _ask(op: Any, question: str) -> None:
    # SpatiaLite answers 1 for done and 0 for refused; it raises nothing by itself.
    if op.get_bind().execute(text(question)).scalar_one() != 1:
        raise RuntimeError(f"SpatiaLite refused: {question}")


def drop_column(op: Any, table: str, column: str) -> None:
    """Take a column from a table of a spatial database."""
    embedded = op.get_bind().dialect.name != "postgresql"
    if embedded:
        # SpatiaLite's own triggers name a column that is none, and SQLite would refuse to go on.
        op.execute("PRAGMA writable_schema=ON")
    op.drop_column(table, column)
    if embedded:
        op.execute("PRAGMA writable_schema=OFF")
