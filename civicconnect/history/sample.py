"""The beginning of an extract, column by column, for whoever must tell what its columns mean."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path

from civicconnect.errors import Invalid
from civicconnect.history.extract import DAMAGED, damaged, must_be_whole, open_rows, open_text, separated
from civicconnect.history.profile import Unreadable

ROWS = 5000
AGREEING = 0.95  # of the rows, where one column is said to follow from another


class Sample:
    """The beginning of a file, column by column."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with open_text(file, "surrogateescape") as text:
            self.header = tuple(next(separated(text), ()))
        self.cells: dict[str, list[str]] = {name: [] for name in self.header}
        self.fault = ""  # what was wrong with the last row that does not fit
        for _, row in islice(open_rows(file), ROWS):
            try:
                must_be_whole(row)
            except Unreadable as fault:
                self.fault = str(fault)
                continue
            for name, cell in row.items():
                self.cells[name].append(" ".join(cell.split()))

    def filled(self, column: str) -> list[str]:
        return [cell for cell in self.cells[column] if cell]

    def share(self, column: str) -> float:
        """Return the share of the rows that fill a column."""
        return len(self.filled(column)) / max(len(self.cells[column]), 1)

    def kinds(self, column: str) -> int:
        """Return how many different values a column has."""
        return len(set(self.filled(column)))

    def follows(self, column: str, other: str) -> bool:
        """Say whether a column's value follows from the other's in nearly every row."""
        by: dict[str, Counter[str]] = defaultdict(Counter)
        for value, given in zip(self.cells[column], self.cells[other], strict=True):
            if value and given:
                by[given][value] += 1
        rows = sum(counted.total() for counted in by.values())
        return rows > 0 and sum(max(c.values()) for c in by.values()) >= AGREEING * rows


def read_sample(file: Path) -> Sample:
    """Read the first rows of a file; Invalid where there is nothing to be learned from it."""
    try:
        with open_text(file, "surrogateescape") as text:
            begins = text.read(4096)
    except DAMAGED as fault:
        raise damaged(file, 1, fault) from None
    first = begins.split("\n")[0]
    wrong = (
        "is empty" if not begins.strip() else
        "is a zip or Excel file; save it as CSV in UTF-8" if begins.startswith("PK\x03\x04") else
        "is no text; save it as CSV in UTF-8" if "\0" in first else
        "is not written in UTF-8; save it as CSV in UTF-8" if not _is_text(first) else "")
    if wrong:
        raise Invalid({"file": [f"{file.name} {wrong}."]})
    sample = Sample(file)
    if not any(sample.cells.values()):
        why = f" ({sample.fault})" if sample.fault else ""
        raise Invalid({"file": [f"{file.name} has a header and no row below it that can be read{why}."]})
    return sample


def _is_text(words: str) -> bool:
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True
