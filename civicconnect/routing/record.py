"""What became of a training: its figures and its confusion matrix, kept beside the model and published."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from civicconnect.routing.figures import Bin, Figures

NAME = "suggestion.json"
REST, OTHERS = "", "(others)"  # the services that are counted together: here, and in the CSV
LEAST_IN_A_ROW = 10  # reports: a service with fewer is counted with the rest, as few people are known by less


@dataclass(frozen=True)
class Record:
    """A training, as it is published.

    learned_from    reports
    confidence      probability below which nothing is suggested
    is_invented     whether the reports are a simulated city's
    codes           services, in the order of the matrix
    matrix          reports tested: a row for each service that was meant, a column for each that came first
    """

    made_at: datetime
    learned_from: int
    confidence: float
    is_invented: bool
    figures: Figures
    unheard: Figures
    codes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Row:
    """What one service was taken for.

    meant       code, or REST
    tested      reports
    right       of them, whose own service came first
    first       tested by what came first, in the order of the columns
    mistaken    the other services it was taken for, the most frequent first: code and reports
    """

    meant: str
    tested: int
    right: int
    first: tuple[int, ...]
    mistaken: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix for reading: `columns` are codes, and REST at the end."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def write_record(folder: Path, record: Record) -> Path:
    """Keep a record beside its model."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / NAME
    draft = file.with_suffix(".part")
    told = asdict(record) | {"made_at": record.made_at.isoformat()}
    draft.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    draft.replace(file)
    return file


def read_record(folder: Path) -> Record | None:
    """Read the record that stands; None where there is none, or none that can be read."""
    try:
        told = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return Record(**told | {
            "made_at": datetime.fromisoformat(told["made_at"]), "figures": _figures(told["figures"]),
            "unheard": _figures(told["unheard"]), "codes": tuple(told["codes"]),
            "matrix": tuple(map(tuple, told["matrix"]))})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        structlog.get_logger().warning("record", file=str(folder / NAME), fault=str(fault))
        return None


def _figures(told: dict[str, Any]) -> Figures:
    return Figures(**told | {"bins": tuple(Bin(**one) for one in told["bins"])})


def published(record: Record, kept_back: Collection[str] = (), least: int = LEAST_IN_A_ROW) -> Confusion:
    """Return the matrix as strangers may see it.

    kept_back    codes of services that are always counted with the rest: those whose reports are private
    least        reports below which a service is counted with the rest; 0: every service for itself
    """
    tested = {code: sum(line) for code, line in zip(record.codes, record.matrix, strict=True)}
    named = {code for code in record.codes if tested[code] >= least and code not in kept_back}
    columns = (*(code for code in record.codes if code in named), REST)
    counts, right = {meant: Counter[str]() for meant in columns}, Counter[str]()
    for meant, line in zip(record.codes, record.matrix, strict=True):
        row = meant if meant in named else REST
        for first, count in zip(record.codes, line, strict=True):
            counts[row][first if first in named else REST] += count
            right[row] += count if first == meant else 0
    return Confusion(columns, tuple(
        _row(meant, columns, counts[meant], right[meant]) for meant in columns if counts[meant].total()))


def _row(meant: str, columns: tuple[str, ...], counts: Counter[str], right: int) -> Row:
    mistaken = tuple((code, count) for code, count in counts.most_common() if count and code != meant)
    return Row(meant, counts.total(), right, tuple(counts[code] for code in columns), mistaken)


def as_csv(shown: Confusion) -> str:
    """Return a matrix as CSV: a line for each pair that occurred, services by their codes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["service_meant", "service_suggested_first", "reports"])
    for row in shown.rows:
        writer.writerows([row.meant or OTHERS, code or OTHERS, count]
                         for code, count in zip(shown.columns, row.first, strict=True) if count)
    return out.getvalue()
