"""The cells of one file's rows by our words: where they stand is looked up once, not for each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import NamedTuple

from civicconnect.history.extract import Broken
from civicconnect.history.profile import ADDED, Profile

CELL = "\x1f"  # stands between two cells where a row is hashed
Cell = Callable[[list[str]], str]


class Said(NamedTuple):
    """What a row says, in our words and with single blanks; "" where it says nothing."""

    id: str
    parent: str
    status: str
    opened: str
    closed: str
    due: str
    service: str
    department: str
    channel: str
    address: str
    lat: str
    long: str
    place: str
    note: str
    description: str


NOTHING = Said(*[""] * len(Said._fields))


class Cells:
    """The layout of one file, as its profile reads it.

    has    our words for which the file has a column
    """

    def __init__(self, profile: Profile, header: Sequence[str]) -> None:
        self.header = tuple(header)
        self._where = {name: n for n, name in enumerate(header)}
        found = [self._columns(profile.named.get(word, ())) for word in Said._fields]
        self.has = {word for word, columns in zip(Said._fields, found, strict=True) if columns}
        nothing = len(header)  # an empty cell is put behind each row
        self._first = itemgetter(*(columns[0] if columns else nothing for columns in found))
        self._others = [(n, columns[1:]) for n, columns in enumerate(found) if columns[1:]]
        own = [n for n, name in enumerate(header) if name not in ADDED]
        self._own = own if len(own) < len(header) else None

    def said(self, cells: list[str]) -> Said:
        """Return what a whole row says."""
        found = [" ".join(cell.split()) for cell in self._first([*cells, ""])]
        for n, others in self._others:
            if not found[n]:
                found[n] = next(filter(None, (" ".join(cells[i].split()) for i in others)), "")
        return Said._make(found)

    def getter(self, names: Sequence[str]) -> Cell:
        """Return what reads the first filled one of some columns, with single blanks."""
        columns = self._columns(names)
        if len(columns) == 1:
            only = columns[0]
            return lambda cells: " ".join(cells[only].split())
        return lambda cells: next(filter(None, (" ".join(cells[n].split()) for n in columns)), "")

    def whole(self, cells: list[str]) -> bytes | str:
        """Return a row's own cells in one, or what is wrong with them."""
        if isinstance(cells, Broken):
            return cells.why
        if len(cells) != len(self.header):
            return "the row has more or fewer cells than the header"
        written = CELL.join(cells if self._own is None else [cells[n] for n in self._own])
        if "\0" in written:
            return "the row holds a NUL character"
        try:
            return written.encode()
        except UnicodeEncodeError:
            return "the row is not written in UTF-8"

    def id_of_damaged(self, cells: list[str]) -> str:
        """Return the id of a row that is not whole, as far as it can be told."""
        fitting = [*cells, *([""] * len(self.header))][:len(self.header)]
        return self.said(fitting).id

    def _columns(self, names: Sequence[str]) -> list[int]:
        return [self._where[name] for name in names if name in self._where]
