"""Many places at once: the embedded engine indexes them in one go, not by a trigger for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import text

from civicconnect.db import Db, copy_in


@contextmanager
def placed_in_bulk(
    db: Db, table: str, column: str, rows: Sequence[tuple[int, tuple[float, float] | None]]
) -> Iterator[None]:
    """Copy rows into a table with places in the block; they are in its spatial index at the end.

    rows    (key, (lat, long)) of what is copied; the places are written by `encoder`, and so are sound

    SpatiaLite checks and indexes each row by triggers, which takes three quarters of the time of a
    copy. They are away while the block runs, for this transaction alone, and come back with it.
    """
    if db.get_bind().dialect.name != "sqlite":
        yield
        return
    names = [f"{kind}_{table}_{column}" for kind in ("ggi", "gii")]
    asked = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    spelled = [db.execute(asked, {"name": name}).scalar_one() for name in names]
    for name in names:
        db.execute(text(f'DROP TRIGGER "{name}"'))
    yield
    copy_in(db, f"idx_{table}_{column}", ("pkid", "xmin", "xmax", "ymin", "ymax"),
            ((key, place[1], place[1], place[0], place[0]) for key, place in rows if place))
    for sql in spelled:
        db.connection().exec_driver_sql(sql)
