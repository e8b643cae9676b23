"""Many places at once: the embedded engine indexes them in one go, not by a trigger for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import text

from civicconnect.db import Db, copy_in
from civicconnect.geo.point import Point


@contextmanager
def placed_in_bulk(
    db: Db, table: str, column: str, rows: Sequence[tuple[int, Point | None]]
) -> Iterator[None]:
    """Copy rows into a table with places in the block; they are in its spatial index at the end.

    rows    (key, place) of what is copied; the places are written by `encoder`, and so are sound

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
            ((key, p.long, p.long, p.lat, p.lat) for key, p in rows if p is not None))
    for sql in spelled:
        db.connection().exec_driver_sql(sql)
