"""How another system spells its columns: a TOML file a person can read."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import available_timezones

from marshmallow import Schema, fields, validate

from civicconnect import sla
from civicconnect.errors import Invalid
from civicconnect.geo import Point
from civicconnect.tables import parse, rows

NEEDED = ("id", "opened", "service")
OPTIONAL = ("closed", "due", "group", "department", "channel", "address", "lat", "long", "note")
EARLIEST, LATEST = 1900, 2199  # years
DAMAGED = (csv.Error, gzip.BadGzipFile, zlib.error, EOFError)
_COLUMNS: dict[str, fields.Field[Any]] = {name: fields.Str(required=True) for name in NEEDED}
_COLUMNS |= {name: fields.Str(load_default="") for name in OPTIONAL}
_Columns = Schema.from_dict(_COLUMNS)


class _Profile(Schema):
    name = fields.Str(required=True)
    zone = fields.Str(required=True, validate=validate.OneOf(
        available_timezones(), error="{input} is no time zone; write one as Europe/Zurich."))
    time_format = fields.Str(load_default="iso")
    columns = fields.Nested(_Columns, required=True)
    channels = fields.Dict(keys=fields.Str(), values=fields.Str(), load_default=dict)
    departments = fields.Dict(keys=fields.Str(), values=fields.Str(), load_default=dict)
    areas = fields.Dict(keys=fields.Str(), values=fields.Str(), load_default=dict)


class Unreadable(ValueError):
    """A row that cannot become a report; the sentence goes into the file of verdicts."""


@dataclass(frozen=True)
class Profile:
    """One layout of one system's extract."""

    name: str
    zone: str
    time_format: str
    columns: Mapping[str, str]  # our word: their column; "" where they have none
    channels: Mapping[str, str]
    departments: Mapping[str, str]  # their code: a name to read
    areas: Mapping[str, str]  # property of the boundary file for "code" and for "name"

    def value(self, row: Mapping[str, str], word: str) -> str:
        """Return a cell by our word, with single blanks; "" where it is empty or has no column."""
        column = self.columns[word]
        return " ".join((row.get(column) or "").split()) if column else ""

    def instant(self, row: Mapping[str, str], word: str) -> tuple[datetime | None, str]:
        """Read a time as this system writes it.

        returns    (aware UTC instant or None where empty, "" or "skipped" or "doubled" where the
                   local clock was changed at that hour)
        Raises Unreadable.
        """
        text = self.value(row, word)
        if not text:
            return None, ""
        try:
            iso = self.time_format == "iso"
            found = (datetime.fromisoformat(text) if iso
                     else datetime.strptime(text, self.time_format))  # noqa: DTZ007
        except ValueError:
            raise Unreadable(f"'{word}' is '{text}', which is no time in this profile") from None
        if not EARLIEST <= found.year <= LATEST:
            raise Unreadable(f"'{word}' is '{text}', and no report is that old or that far ahead")
        if found.tzinfo is not None:
            return found.astimezone(UTC), ""
        return sla.local(found, self.zone)

    def point(self, row: Mapping[str, str]) -> Point | None:
        """Read the place; None where it is empty. Raises Unreadable."""
        lat, long = self.value(row, "lat"), self.value(row, "long")
        if not lat or not long:
            return None
        try:
            point = Point(float(lat), float(long))
        except ValueError:
            raise Unreadable(f"'{lat}, {long}' is no place in degrees") from None
        if not (abs(point.lat) <= 90 and abs(point.long) <= 180):
            raise Unreadable(f"'{lat}, {long}' is no place in degrees")
        return None if (point.lat, point.long) == (0, 0) else point


def read_profile(file: Path) -> Profile:
    """Read a profile, or raise Invalid with every fault in it."""
    faults: list[str] = []
    content = file.read_bytes() if file.is_file() else None
    found = rows(file.name, {"profile": [parse(file.name, content, faults)]}, "profile",
                 _Profile(), faults) if not faults else []
    if faults or not found:
        raise Invalid({"profile": faults})
    return Profile(**found[0])


def open_rows(file: Path, profile: Profile) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, {column: cell}) of a CSV file, plain or gzipped.

    Raises Invalid where the file cannot be read or lacks a column the profile names. Bytes that are
    no UTF-8 come through as surrogates, so that one of them costs its row and not the whole file.
    """
    if not file.is_file():
        raise Invalid({"file": [f"There is no file {file}."]})
    with open_text(file, "surrogateescape") as text:
        reader = csv.DictReader(text)
        try:
            header = reader.fieldnames or []
            missing = [c for c in profile.columns.values() if c and c not in header]
            if missing:
                raise Invalid({"file": [f"No column is called '{c}'; the profile "
                                        f"'{profile.name}' names it." for c in missing]})
            for row in reader:
                yield reader.line_num, row
        except DAMAGED as fault:
            raise Invalid({"file": [f"Line {reader.line_num + 1} cannot be read: {fault}. "
                                    "Fetch the file again, or save it as CSV in UTF-8."]}) from None


def must_be_whole(row: Mapping[str, Any]) -> None:
    """Raise Unreadable where a row has other cells than the header, or bytes that are no text."""
    if None in row or None in row.values():
        raise Unreadable("the row has more or fewer cells than the header")
    written = "".join(row.values())
    if "\0" in written:
        raise Unreadable("the row holds a NUL character")
    if not written.isascii():
        try:
            written.encode()
        except UnicodeEncodeError:
            raise Unreadable("the row is not written in UTF-8") from None


def count_rows(file: Path, profile: Profile) -> int:
    """Return how many rows a file has, for a progress bar; Invalid where it cannot be read."""
    next(open_rows(file, profile), None)  # says what is wrong with the header
    with open_text(file, "surrogateescape") as text:
        try:
            return max(sum(1 for _ in csv.reader(text)) - 1, 0)
        except DAMAGED:
            return 0  # the import itself will say in which line


def open_text(file: Path, errors: str = "strict") -> TextIO:
    """Open a text file, plain or gzipped, in UTF-8 with or without a byte-order mark."""
    raw = gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")  # noqa: SIM115  closed by the reader
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors=errors, newline="")
