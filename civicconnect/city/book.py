"""The tables of the city in force, opened to change a row: what a page shows, and what it writes back."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

from civicconnect import catalog, geo
from civicconnect.accounts import Actor
from civicconnect.city.diff import Change
from civicconnect.city.folder import City as Checked
from civicconnect.city.folder import check, checked_reason, load_city, load_tables, tables_of
from civicconnect.city.versions import content_of, newest_version
from civicconnect.db import Db
from civicconnect.errors import Conflict, NotAllowed, NotFound, Sentence
from civicconnect.tables import toml

# In which file the rows of a kind stand. "city" is the whole of its file.
FILES = {"city": "city.toml", "banner": "city.toml", "layer": "city.toml",
         "department": "departments.toml", "group": "services.toml", "service": "services.toml",
         "calendar": "calendars.toml", "promise": "promises.toml"}
Row = dict[str, Any]
# Where a row stands: (("service", "pothole"), ("question", "size")). What has no code goes by its
# place: ("stopper", "1"). "" is a row that is not there yet. ("promise", "pothole") are all of its promises.
Spot = tuple[tuple[str, str], ...]


class Book:
    """The tables of a city, each read when it is first asked for. `number` is their version."""

    def __init__(self, files: Mapping[str, bytes], ground: geo.Ground, number: int) -> None:
        self.before, self.files, self.ground, self.number = files, dict(files), ground, number
        self._open: dict[str, Row] = {}
        self._read: dict[str, Row] = {}  # as they stand

    def table(self, file: str) -> Row:
        """Return a whole file as its tables."""
        if file not in self._open:
            if file not in self._read:
                self._read[file] = _tables(self.before.get(file, b""))
            self._open[file] = deepcopy(self._read[file])
        return self._open[file]

    def as_it_stands(self) -> Book:
        """Return the book without what was changed in it."""
        book = Book(self.before, self.ground, self.number)
        book._read = self._read  # nobody writes there
        return book

    def rows(self, kind: str) -> list[Row]:
        """Return every row of a kind, in the order of the file."""
        found: list[Row] = self.table(FILES[kind]).setdefault(kind, [])
        return found

    def find(self, spot: Spot) -> Row:
        """Return a row, {} for one that is not there yet, or raise NotFound."""
        if spot[0][0] == "city":
            return self.table(FILES["city"])
        if spot[0][0] == "promise":
            return {"promise": [row for row in self.rows("promise") if row["service"] == spot[0][1]]}
        rows, at = self._place(spot)
        return {} if at is None else rows[at]

    def siblings(self, spot: Spot) -> list[Row]:
        """Return the rows among which one stands."""
        return self._place(spot)[0]

    def at(self, spot: Spot) -> int:
        """Return the place of a row among its siblings, from 0; behind them where it is not there yet."""
        rows, at = self._place(spot)
        return len(rows) if at is None else at

    def put(self, spot: Spot, row: Mapping[str, Any], at: int | None = None) -> None:
        """Write a row in place of what stood there, or as a new one.

        at    its place among the others, from 0; None where it stays, or comes last
        """
        if spot[0][0] == "city":
            self._open[FILES["city"]] = dict(row)
            return
        if spot[0][0] == "promise":
            self._put_promises(spot[0][1], row["promise"])
            return
        rows, was = self._place(spot)
        if was is not None:
            rows.pop(was)
        rows.insert(at if at is not None else was if was is not None else len(rows), dict(row))

    def remove(self, spot: Spot) -> Row:
        """Take a row out, and return it."""
        rows, at = self._place(spot)
        if at is None:
            raise NotFound("there is nothing to remove")
        return rows.pop(at)

    def _put_promises(self, service: str, rows: list[Row]) -> None:
        """Write all promises of a service, where the first of them stood."""
        all_ = self.rows("promise")
        at = next((n for n, row in enumerate(all_) if row["service"] == service), len(all_))
        rest = [row for row in all_ if row["service"] != service]
        self.table(FILES["promise"])["promise"] = [*rest[:at], *rows, *rest[at:]]

    def put_logo(self, name: str, content: bytes) -> None:
        """Give the city another logo; "" takes it away."""
        for old in catalog.LOGOS:
            self.files.pop(old, None)
        if name:
            self.files[name] = content

    def written(self) -> dict[str, bytes]:
        """Return the tables with what was changed, as the folder's files."""
        changed = {file: table for file, table in self._open.items() if table != self._read.get(file)}
        return self.files | {file: toml(table).encode() for file, table in changed.items()}

    def check(self) -> Checked:
        """Check it as a folder is checked, or raise Invalid({"folder": every fault})."""
        return check(self.written(), self.ground)

    def _place(self, spot: Spot) -> tuple[list[Row], int | None]:
        (kind, name), *inner = spot
        rows = self.rows(kind)
        at = _found(rows, kind, name)
        for kind, name in inner:  # noqa: PLW2901  one step deeper
            if at is None:
                raise NotFound("nothing stands inside of what is not there")
            rows = rows[at].setdefault(kind, [])
            at = _found(rows, kind, name)
        return rows, at


@lru_cache(16)
def _tables(content: bytes) -> Row:
    # Page after page opens the same files. Nobody writes into what is read here: a book changes a copy.
    return tomllib.loads(content.decode())


def _found(rows: list[Row], kind: str, name: str) -> int | None:
    if not name:
        return None
    if kind in ("banner", "stopper"):
        if name.isdecimal() and 0 < int(name[:9]) <= len(rows):
            return int(name) - 1
    else:
        for number, row in enumerate(rows):
            if row.get("code") == name:
                return number
    raise NotFound(f"no {kind} is called {name}")


def open_book(db: Db, *, to_change: bool = False) -> Book:
    """Open the tables of the city in force.

    to_change    nobody else changes the city until the transaction ends
    """
    if to_change:
        catalog.hold(db)
    files = tables_of(db)
    if not files:
        raise NotFound("no city is loaded; run: civic city load FOLDER")
    return Book(files, geo.drawn(db), newest_version(db))


def seen(row: Mapping[str, Any], without: tuple[str, ...] = ()) -> str:
    """Return a mark of what a row says: another one, and somebody has changed it since it was shown."""
    told = {key: value for key, value in row.items() if key not in without}
    text = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save(db: Db, actor: Actor, book: Book, reason: str) -> list[Change]:
    """Check a changed book as a folder is checked, put it in force as a new version, say what it changed.

    Raises NotAllowed; Invalid({"reason": …}) without a reason; Invalid({"folder": every fault}).
    """
    if not actor.may("city"):
        raise NotAllowed("this account changes nothing of the city")
    checked = book.check()
    return load_tables(db, checked, book.before, actor.name, checked_reason(reason))


def copy_of(row: Mapping[str, Any]) -> Row:
    """Return a row that may be changed without changing the book."""
    return deepcopy(dict(row))


def go_back(db: Db, actor: Actor, number: int, reason: str, *, base: int) -> int:
    """Put an earlier version of the whole city in force again, as a new version; return its number.

    base    the version that whoever decided it saw in force; Conflict where it is no longer the newest
    Raises NotAllowed, NotFound, Conflict, Invalid({"folder": …}) where this release reads it no longer.
    """
    if not actor.may("city"):
        raise NotAllowed("this account changes nothing of the city")
    catalog.hold(db)
    if newest_version(db) != base:
        raise Conflict(Sentence("Somebody else changed the city meanwhile. Look at what going back would "
                                "change."))
    load_city(db, check(content_of(db, number)), made_by=actor.name, reason=reason)
    return newest_version(db)
