"""The files written beside an import: the verdicts, the rejected rows, and what was true of the record."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from civicconnect.errors import Invalid
from civicconnect.history.profile import ADDED
from civicconnect.history.reader import Row, Verdict

VERDICT = ("line", "id", "verdict", "kind", "reason")


@dataclass(frozen=True)
class Files:
    """Where they are written."""

    verdicts: Path
    rejects: Path
    truth: Path


def beside(verdicts: Path) -> Files:
    """Return the three files of an import: x.verdicts.csv, x.rejects.csv and x.truth.json."""
    stem = verdicts.name.removesuffix(".csv").removesuffix("verdicts").rstrip(".")
    start = f"{stem}." if stem else ""
    return Files(verdicts, *(verdicts.with_name(f"{start}{name}") for name in ("rejects.csv", "truth.json")))


def files_for(file: Path, folder: Path) -> Files:
    """Return where the papers of a file go: named after the whole of its name, so that a file of
    rejected rows brought again does not write over itself."""
    name = file.name.removesuffix(".gz").removesuffix(".csv")
    return beside(folder / f"{name}.verdicts.csv")


def must_spare(files: Files, read: Iterable[Path]) -> None:
    """Raise Invalid where a paper would be written over a file that is read, under whatever name."""
    for paper in (files.verdicts, files.rejects, files.truth):
        for file in read:
            if paper.exists() and file.exists() and paper.samefile(file):
                raise Invalid({"verdicts": [f"{paper.name} would be written over {file}, which is read; take "
                                            "another name for the verdicts."]})


class Papers:
    """Writes the verdicts and the rejected rows as they come; the truth at the end, whole or not at all."""

    def __init__(self, where: Files, header: Sequence[str]) -> None:
        self.where = where
        self._open = ExitStack()
        where.verdicts.parent.mkdir(parents=True, exist_ok=True)
        where.truth.unlink(missing_ok=True)  # that of an import before is not true of this one
        self._verdicts = self._csv(where.verdicts, "backslashreplace")
        self._rejects = self._csv(where.rejects, "surrogateescape")  # byte for byte as they came
        self._verdicts.writerow(VERDICT)
        # Rejected rows that are brought again have these two already.
        self._again = tuple(header[:len(ADDED)]) == ADDED
        self._rejects.writerow(header if self._again else (*ADDED, *header))

    def _csv(self, file: Path, errors: str) -> Any:
        return csv.writer(self._open.enter_context(
            file.open("w", encoding="utf-8", errors=errors, newline="")))

    def __enter__(self) -> Papers:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._open.close()

    def write(self, rows: Iterable[Row], verdicts: Iterable[Verdict]) -> None:
        """Write what became of some rows."""
        told = []
        for (line, cells), verdict in zip(rows, verdicts, strict=True):
            what = "accepted" if verdict.past else "rejected"
            told.append((line, verdict.id, what, "; ".join(verdict.kinds), verdict.reason))
            if not verdict.past:
                own = cells[len(ADDED):] if self._again else cells
                self._rejects.writerow([line, verdict.reason, *own])
        self._verdicts.writerows(told)

    def finish(self, truth: Mapping[str, Any]) -> None:
        """Write the truth: it is there only where the file was read to its end."""
        half = self.where.truth.with_suffix(".part")
        half.write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        os.replace(half, self.where.truth)
