"""Opening an extract: a CSV file of another system, plain or gzipped, row by row."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from civicconnect.errors import Invalid
from civicconnect.history.profile import Profile, Unreadable, several

DAMAGED = (csv.Error, gzip.BadGzipFile, zlib.error, EOFError)
SEPARATORS = ",;\t|"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def open_rows(file: Path, profile: Profile | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, {column: cell}) of a CSV file, plain or gzipped.

    Raises Invalid where the file cannot be read or lacks a column the profile names. Bytes that are
    no UTF-8 come through as surrogates, so that one of them costs its row and not the whole file.
    """
    line = 0
    try:
        with open_text(file, "surrogateescape") as text:
            reader = separated(text)
            if profile is not None:
                must_name_columns(reader.fieldnames or (), profile)
            for row in reader:
                line = reader.line_num
                yield line, row
    except DAMAGED as fault:
        raise damaged(file, line + 1, fault) from None


def damaged(file: Path, line: int, fault: Exception) -> Invalid:
    return Invalid({"file": [f"Line {line} of {file.name} cannot be read: {fault}. "
                             "Fetch the file again, or save it as CSV in UTF-8."]})


def separated(text: TextIO) -> csv.DictReader[str]:
    """Read a CSV by the separator that its first line has most of: comma, semicolon, tab or bar."""
    first = text.readline()
    parts = {mark: len(next(csv.reader([first], delimiter=mark), [])) for mark in SEPARATORS}
    return csv.DictReader(chain([first], text), delimiter=max(SEPARATORS, key=parts.__getitem__))


def must_name_columns(header: Collection[str], profile: Profile) -> None:
    """Raise Invalid where a header lacks every name that a profile has for something."""
    missing = [
        names for word, names in profile.named.items()
        if names and "" not in several(profile.columns[word]) and not any(n in header for n in names)
    ]
    if missing:
        raise Invalid({"file": ["No column is called " + " or ".join(f"'{n}'" for n in names)
                                + f"; the profile '{profile.name}' names it." for names in missing]})


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
            return max(sum(1 for _ in separated(text).reader) - 1, 0)
        except DAMAGED:
            return 0  # the import itself will say in which line


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
