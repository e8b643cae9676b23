"""What would have been told of each report of a record, had we learned from what was known by then.

Real records, read by the reader that an import uses, with their services, groups and areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from civicconnect import commands
from civicconnect.history import slug
from civicconnect.history.extract import open_cells
from civicconnect.history.once import Once
from civicconnect.history.reader import Reader
from civicconnect.measures.expectation import EVERY, LEAST, Record, cells, replayed
from civicconnect.stats import Spans
from tests.history.real import KNOWN

BATCH = 5000
# Under what heading each record's services stand, and where it says in which area a report lies. The
# casework names no place, but the office that took it in, one in each district.
COLUMNS = {
    "boston": ("reason", "neighborhood"), "council": ("complaint_type", "account"),
    "chicago": ("Type_of_Service_Request", "Ward"), "elevators": ("complaint_type", "community_board"),
}
EARLIEST = "2011-01-01"  # what is older in them stands for a date nobody knew
BAND = (0.75, 0.85)


class Everything:
    """A city that offers whatever is asked for."""

    language = "en"

    def find(self, name: str) -> str:
        return slug(name)


def read(name: str) -> tuple[Record, np.ndarray]:
    """Return a real record as what is learned from, and which reports the city's own crews wrote down."""
    known = KNOWN[name]
    profile = commands.profile_named(known.profile)
    rows = open_cells(known.paths[0], profile)
    _, header = next(rows)
    reader, once = Reader(profile, header, Everything()), Once()
    heading, area = (header.index(column) for column in COLUMNS[name])
    found, earliest = [], hours(EARLIEST)
    while batch := list(islice(rows, BATCH)):
        verdicts = once.judge(reader.read(batch).verdicts)
        for verdict, (_, cells_) in zip(verdicts, batch, strict=True):
            past = verdict.past
            if past is not None and past.received_at.timestamp() / 3600 >= earliest:
                ended = past.closing.at.timestamp() if past.closing else np.inf
                found.append((past.received_at.timestamp() / 3600, ended / 3600, past.new.service,
                              cells_[heading].strip(), cells_[area].strip(), past.new.source))
    found.sort()
    began, ended, services, groups, areas, sources = zip(*found, strict=True)
    spans = Spans(np.array(began), np.array(ended), np.ones(len(began), bool))
    record = Record(spans, np.array(services, object), np.array(groups, object),
                    {"area": np.array(areas, object)})
    return record, np.array([source == "crew" for source in sources])


def some(record: Record, chosen: np.ndarray) -> Record:
    """Return a part of a record."""
    spans = record.spans
    return Record(Spans(spans.began[chosen], spans.ended[chosen], spans.done[chosen]), record.service[chosen],
                  record.group[chosen], {layer: codes[chosen] for layer, codes in record.areas.items()})


@dataclass(frozen=True, eq=False)
class Told:
    """What each report was told; all shape (n,), nan where it was told nothing."""

    record: Record
    half: np.ndarray
    bound: np.ndarray
    of: np.ndarray  # area, service, group; "" where there were too few

    def hold(self, bound: np.ndarray) -> np.ndarray:
        """Say which reports were done within a bound."""
        return self.record.spans.ended - self.record.spans.began <= bound

    def settled(self) -> np.ndarray:
        """Say of which reports the record reaches past the bound, so that it tells whether it held."""
        ended, began = self.record.spans.ended, self.record.spans.began
        return began + self.bound <= max(ended[np.isfinite(ended)].max(), began[-1])


def told(record: Record, days: np.ndarray, until: np.ndarray | None = None) -> Told:
    """Replay a record as the product does: the narrowest cell with enough reports decides.

    days     learning days; what is learned on one is told until the next
    until    shape (n,): the day after which nothing more was learned for a report; None: none
    """
    size = len(record.service)
    asked = record.spans.began if until is None else np.minimum(record.spans.began, until)
    day = np.searchsorted(days, asked, side="right") - 1
    half, bound, of = np.full(size, np.nan), np.full(size, np.nan), np.full(size, "", object)
    for kind in ("group", "service", "area"):  # the narrower one last: it overrules
        for cell in cells(record):
            if cell.of != kind or len(cell.rows) < LEAST:
                continue
            found, on = replayed(record, cell, days), day[cell.rows]
            decides = (on >= 0) & (found.known[on] >= LEAST)
            rows, on = cell.rows[decides], on[decides]
            tells = found.holds()[on] & ~np.isnan(found.half[on]) & ~np.isnan(found.bound[on])
            half[rows] = np.where(tells, found.half[on], np.nan)
            bound[rows] = np.where(tells, found.bound[on], np.nan)
            of[rows] = kind
    return Told(record, half, bound, of)


def weekly(record: Record, end: float) -> np.ndarray:
    """Return learning days a week apart, from two weeks after a record begins."""
    return np.arange(record.spans.began[0] + 2 * EVERY, end, EVERY)


@dataclass(frozen=True)
class Score:
    """How often a bound held among the reports that were told one."""

    reports: int
    share: float  # of all reports that were told a bound
    held: float  # share of those told that were done within the bound
    half: float  # share of those told that were done within the half
    services: float  # share of those told whose service was held to in 75 to 85 %
    allowed: float  # the same, two standard errors of single reports allowed for

    def __str__(self) -> str:
        shares = (self.share, self.held, self.half, self.services, self.allowed)
        return " | ".join([f"{self.reports:,}", *(f"{share:.1%}" for share in shares)])


def score(found: Told, chosen: np.ndarray) -> Score:
    """Score some reports."""
    tells = chosen & ~np.isnan(found.bound)
    share = np.count_nonzero(tells) / np.count_nonzero(chosen)
    tells &= found.settled()
    held, halves = found.hold(found.bound)[tells], found.hold(found.half)[tells]
    many, kept = by_service(found, tells)
    each, allowed = kept / many, 1.96 * np.sqrt(0.16 / many)
    inside = (each >= BAND[0]) & (each <= BAND[1])
    near = (each >= BAND[0] - allowed) & (each <= BAND[1] + allowed)
    return Score(int(chosen.sum()), share, float(held.mean()), float(halves.mean()),
                 many[inside].sum() / many.sum(), many[near].sum() / many.sum())


def by_service(found: Told, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each service how many of the chosen reports it has, and how many bounds of these held."""
    _, which = np.unique(found.record.service[chosen].astype(str), return_inverse=True)
    return np.bincount(which), np.bincount(which, found.hold(found.bound)[chosen])


def hours(day: str) -> float:
    """Return the midnight before a day, in hours since 1970, UTC."""
    return float(np.datetime64(day).astype("datetime64[h]").astype(float))
