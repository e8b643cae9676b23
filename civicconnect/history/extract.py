"""Opening an extract: a CSV file of another system, plain or gzipped, row by row."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from civicconnect.errors import Invalid
from civicconnect.history.profile import Profile, Unreadable, several

if TYPE_CHECKING:
    from _csv import Reader as CsvReader  # has no name outside of the library's own types

DAMAGED = (csv.Error, gzip.BadGzipFile, zlib.error, EOFError)
SEPARATORS = ",;\t|"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def open_cells(file: Path, profile: Profile | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of a CSV file, plain or gzipped: its header first, no blank lines.

    Raises Invalid where the file cannot be read or lacks a column the profile names. Bytes that are
    no UTF-8 come through as surrogates, so that one of them costs its row and not the whole file.
    """
    line = 0
    try:
        with open_text(file, "surrogateescape") as text:
            reader = separated(text)
            header = next(reader, [])
            if profile is not None:
                must_name_columns(header, profile)
            line = reader.line_num
            yield line, header
            for cells in reader:
                line = reader.line_num
                if cells:
                    yield line, cells
    except DAMAGED as fault:
        raise damaged(file, line + 1, fault) from None


def open_rows(file: Path, profile: Profile | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, {column: cell}) of a file as `open_cells` reads it.

    What a row lacks is None, what it has too much stands under None.
    """
    rows = open_cells(file, profile)
    _, header = next(rows)
    for line, cells in rows:
        row: dict[Any, Any] = dict(zip(header, cells, strict=False))
        if len(cells) > len(header):
            row[None] = cells[len(header):]
        row.update(dict.fromkeys(header[len(cells):]))
        yield line, row


def damaged(file: Path, line: int, fault: Exception) -> Invalid:
    return Invalid({"file": [f"Line {line} of {file.name} cannot be read: {fault}. "
                             "Fetch the file again, or save it as CSV in UTF-8."]})


def separated(text: TextIO) -> CsvReader:
    """Read a CSV by the separator that its first line has most of: comma, semicolon, tab or bar."""
    first = text.readline()
    parts = {mark: len(next(csv.reader([first], delimiter=mark), [])) for mark in SEPARATORS}
    return csv.reader(chain([first], text), delimiter=max(SEPARATORS, key=parts.__getitem__))


def must_name_columns(header: Collection[str], profile: Profile) -> None:
    """Raise Invalid where a header lacks every name that a profile has for something."""
    missing = missing_columns(header, profile)
    if missing:
        raise Invalid({"file": ["No column is called " + " or ".join(f"'{n}'" for n in names)
                                + f"; the profile '{profile.name}' names it." for names in missing]})


def missing_columns(header: Collection[str], profile: Profile) -> list[tuple[str, ...]]:
    """Return what a profile reads and a header has not: all names of each such thing."""
    asked = [names for word, names in profile.named.items()
             if names and "" not in several(profile.columns[word])]
    asked += [profile.columns_of(rule) for rule in profile.conditions
              if "" not in rule.column and not any(profile.named.get(word) for word in rule.column)]
    return [names for names in dict.fromkeys(asked) if not any(name in header for name in names)]


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
    """Return how many rows a file has, for a progress bar; Invalid where it cannot be read.

    A line end within quotation marks ends no row. Counted so and not by reading the cells: in a
    seventh of the time.
    """
    next(open_cells(file, profile), None)  # says what is wrong with the header
    rows, quoted = -1, 0  # the header is none
    with open_text(file, "surrogateescape") as text:
        try:
            for line in text.buffer:
                quoted ^= line.count(b'"') & 1
                rows += not quoted and not line.isspace()
        except DAMAGED:
            return 0  # the import itself will say in which line
    return max(rows, 0)


def open_text(file: Path, errors: str = "strict") -> TextIO:
    """Open a text file, plain or gzipped, in UTF-8 with or without a byte-order mark.

    Raises Invalid where there is none, or where it begins as UTF-16 does; DAMAGED where it is no gzip.
    """
    if not file.is_file():
        raise Invalid({"file": [f"There is no file {file}."]})
    raw = gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")  # noqa: SIM115  closed by the reader
    try:
        begins = raw.peek(2)[:2]
    except DAMAGED:
        raw.close()
        raise
    if begins in UTF_16:
        raw.close()
        raise Invalid({"file": [f"{file.name} is written in UTF-16; save it as CSV in UTF-8."]})
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors=errors, newline="")
