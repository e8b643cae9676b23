"""Opening an extract: a CSV file of another system, plain or gzipped, row by row."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from civicconnect.errors import Invalid
from civicconnect.history.profile import Profile, Unreadable, several

if TYPE_CHECKING:
    from _csv import Reader as CsvReader  # has no name outside of the library's own types

DAMAGED = (csv.Error, gzip.BadGzipFile, zlib.error, EOFError)
SEPARATORS = ",;\t|"
LINES = 300  # of a row: beyond, its quotation mark was never meant to stay open
OPEN = "a quotation mark is opened in it and not closed"
LONG = f"a cell has more than {csv.field_size_limit():,} characters"
GZIP = b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Broken(list[str]):
    """The cells of a line that is no row, parted at every separator.

    why    the end of a sentence
    """

    def __init__(self, cells: Iterable[str], why: str) -> None:
        super().__init__(cells)
        self.why = why


def open_cells(file: Path, profile: Profile | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of a CSV file, plain or gzipped: its header first, no blank lines.

    Raises Invalid where the file cannot be read or lacks a column the profile names. Bytes that are
    no UTF-8 come through as surrogates, so that one of them costs its row and not the whole file. So
    does a cell without an end: its line comes as `Broken`, and the next line is the next row.
    """
    line = 0
    try:
        with open_text(file, "surrogateescape") as text:
            reader = separated(text)
            header = next(reader, [])
            if profile is not None:
                if not any("".join(cells).strip() for cells in chain([header], reader)):
                    raise Invalid({"file": [f"{file.name} is empty."]})
                must_name_columns(header, profile)
            line = reader.line_num
            yield line, header
            doubtful = yield from _quickly(reader)
        if doubtful is not None:
            yield from _carefully(file, doubtful)
    except DAMAGED as fault:
        raise damaged(file, line + 1, fault) from None


def _quickly(reader: CsvReader) -> Generator[tuple[int, list[str]], None, int | None]:
    """Yield rows up to one that may have swallowed others; return how many lines stand before it.

    The last row is one of these where it holds a line end: its quotation mark may never be closed.
    """
    line = before = reader.line_num
    held = doubtful = None
    try:
        for cells in reader:
            if held:
                yield held
            before, line = line, reader.line_num
            if line - before > LINES:
                return before
            held = (line, cells) if cells else None
    except csv.Error:
        doubtful = line
    else:
        if held and (line - before > 1 or held[1][-1].endswith(("\n", "\r"))):
            return before
    if held:
        yield held
    return doubtful


class _Open(csv.Error):
    """A quotation mark that is not closed."""


class _Lines:
    """The lines of a file, of which those of the row that is read can be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines, self.back, self.taken = lines, deque[str](), list[str]()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.back.popleft() if self.back else next(self.lines, "")
        if self.taken and (not line or len(self.taken) == LINES):
            self.back.extendleft([line] if line else [])
            raise _Open
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def give_back(self) -> str:
        """Give back all lines of the row but its first one, which is returned."""
        first, *others = self.taken
        self.back.extendleft(reversed(others))
        self.taken = [first]
        return first


def _carefully(file: Path, line: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows behind so many lines; one without an end costs its first line and no other."""
    with open_text(file, "surrogateescape") as text:
        separator = separator_of(text.readline())
        lines = _Lines(islice(text, line - 1, None))
        reader = csv.reader(lines, delimiter=separator)
        while True:
            lines.taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as fault:
                why = OPEN if isinstance(fault, _Open) or len(lines.taken) > 1 else LONG
                cells = Broken(lines.give_back().rstrip("\r\n").split(separator), why)
            line += len(lines.taken)
            if cells:
                yield line, cells


def open_rows(file: Path, profile: Profile | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, {column: cell}) of a file as `open_cells` reads it.

    What a row lacks is None, what it has too much, or a line that is no row, stands under None.
    """
    rows = open_cells(file, profile)
    _, header = next(rows)
    for line, cells in rows:
        row: dict[Any, Any] = dict(zip(header, cells, strict=False))
        if len(cells) > len(header) or isinstance(cells, Broken):
            row[None] = cells[len(header):]
        row.update(dict.fromkeys(header[len(cells):]))
        yield line, row


def damaged(file: Path, line: int, fault: Exception) -> Invalid:
    return Invalid({"file": [f"Line {line} of {file.name} cannot be read: {fault}. "
                             "Fetch the file again, or save it as CSV in UTF-8."]})


def separated(text: TextIO) -> CsvReader:
    """Read a CSV by its separator."""
    first = text.readline()
    return csv.reader(chain([first], text), delimiter=separator_of(first))


def separator_of(line: str) -> str:
    """Return what a file's first line has most of: comma, semicolon, tab or bar."""
    parts = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in SEPARATORS}
    return max(SEPARATORS, key=parts.__getitem__)


def must_name_columns(header: Sequence[str], profile: Profile) -> None:
    """Raise Invalid where a header lacks every name that a profile has for something, or has one twice."""
    missing = missing_columns(header, profile)
    if missing:
        raise Invalid({"file": ["No column is called " + " or ".join(f"'{n}'" for n in names)
                                + f"; the profile '{profile.name}' names it." for names in missing]})
    read = {name for names in profile.named.values() for name in names}
    read |= {name for rule in profile.conditions for name in profile.columns_of(rule)}
    if twice := [name for name in dict.fromkeys(header) if name in read and header.count(name) > 1]:
        raise Invalid({"file": [f"Two columns are called '{name}', and the profile '{profile.name}' means "
                                "one of them; give the other another name." for name in twice]})


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
    """Open a text file, plain or gzipped whatever its name, in UTF-8 with or without a byte-order mark.

    Raises Invalid where there is none, or where it begins as UTF-16 does; DAMAGED where it is no gzip.
    """
    if not file.is_file():
        raise Invalid({"file": [f"There is no file {file}."]})
    raw = gzip.open(file, "rb") if _is_packed(file) else file.open("rb")  # noqa: SIM115  closed by the reader
    try:
        begins = raw.peek(2)[:2]
    except DAMAGED:
        raw.close()
        raise
    if begins in UTF_16:
        raw.close()
        raise Invalid({"file": [f"{file.name} is written in UTF-16; save it as CSV in UTF-8."]})
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors=errors, newline="")


def _is_packed(file: Path) -> bool:
    """Say whether a file is gzipped, by its name or, where that does not say so, by how it begins."""
    if file.suffix == ".gz":
        return True
    with file.open("rb") as raw:
        return raw.read(2) == GZIP
