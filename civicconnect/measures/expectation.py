"""How long such reports usually take, learned from the publication; told only where it held before.

docs/expectation.md says how in words, docs/proof/expectation.md how well it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from civicconnect.measures.performance import LEAST, LEFT_OUT
from civicconnect.opendata import Publication, query
from civicconnect.sla import Expectation
from civicconnect.stats import Foresight, Pace, Spans, foresee

DAY = 24.0  # hours
# Chosen on two records (docs/proof/expectation.md). Half the weight after two months follows a new way of
# working within weeks, and still leaves enough reports where few come in.
PACE = Pace(half_life=60 * DAY, window=730 * DAY, memory=365 * DAY, least=LEAST)
EVERY = 7 * DAY  # between two learning days of the replay; bounds stand so long at most
REPLAYED = 105  # learning days: two years
STILL_FED = timedelta(days=30)  # without a new report for longer, a record ends with its last one

# What crews write down themselves is often done before it stands there; nobody waited for it. Learned with
# it, of what residents report only 39 in 100 would be done within the half, and 76 within the eight of ten.
SQL = """\
SELECT service_code, service_group, {areas}
       epoch_ms(requested_datetime) / 3600000.0 AS began,
       coalesce(epoch_ms(closed_datetime) / 3600000.0, 'infinity'::DOUBLE) AS ended,
       coalesce(outcome, '') NOT IN {left_out} AS done
FROM reports
WHERE requested_datetime <= coalesce(closed_datetime, TIMESTAMPTZ '{as_of}')
  AND source <> 'crew'
ORDER BY requested_datetime, service_request_id
"""

Words = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Record:
    """Reports in the order in which they were received; hours since 1970, UTC.

    service, group    shape (n,), code and heading
    areas             by layer, shape (n,): code, "" outside every area of it
    """

    spans: Spans
    service: Words
    group: Words
    areas: Mapping[str, Words]


class Cell(NamedTuple):
    """Reports that are learned from together.

    of      area, service or group; `name` is then the service's code or the group's heading
    area    "layer:code", or ""
    rows    where they stand in the record, ascending
    """

    of: str
    name: str
    area: str
    rows: NDArray[np.int64]


def read_record(publication: Publication) -> Record:
    """Return what a version knows of all reports that can be learned from."""
    names = [str(name) for name in query(publication, "DESCRIBE reports")["column_name"]]
    layers = [name for name in names if name.startswith("area_")]
    spelled = "".join(f'coalesce("{name.replace(chr(34), chr(34) * 2)}", \'\') AS "{n}", '
                      for n, name in enumerate(layers))
    found = query(publication, SQL.format(areas=spelled, left_out=LEFT_OUT,
                                          as_of=publication.as_of.isoformat()))
    spans = Spans(_plain(found["began"], float), _plain(found["ended"], float), _plain(found["done"], bool))
    areas = {name.removeprefix("area_"): _plain(found[str(n)], object) for n, name in enumerate(layers)}
    return Record(spans, _plain(found["service_code"], object), _plain(found["service_group"], object), areas)


def _plain(column: Any, kind: type) -> NDArray[Any]:
    return np.asarray(column, dtype=kind)


def cells(record: Record) -> Iterator[Cell]:
    """Yield all there is to learn from: each group, each service, and each area of a service."""
    everything = np.arange(len(record.service))
    for group, rows in _apart(record.group, everything):
        yield Cell("group", group, "", rows)
    for service, rows in _apart(record.service, everything):
        yield Cell("service", service, "", rows)
        for layer, codes in record.areas.items():
            yield from (Cell("area", service, f"{layer}:{code}", inside)
                        for code, inside in _apart(codes, rows) if code and len(inside) >= LEAST)


def _apart(words: Words, rows: NDArray[np.int64]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield each different word and the rows that have it."""
    if len(rows):
        different, which = np.unique(words[rows].astype(str), return_inverse=True)
        cuts = np.cumsum(np.bincount(which))[:-1]
        sorted_rows = rows[np.argsort(which, kind="stable")]
        yield from zip(map(str, different), np.split(sorted_rows, cuts), strict=True)


def replayed(record: Record, cell: Cell, days: NDArray[np.float64]) -> Foresight:
    """Return what would have been told of a cell from each of these days to the next."""
    spans, rows = record.spans, cell.rows
    return foresee(Spans(spans.began[rows], spans.ended[rows], spans.done[rows]), days, PACE)


def expect(publication: Publication, services: Mapping[str, str]) -> list[Expectation]:
    """Learn how long reports take, for every service and for the areas in which it has enough reports.

    services    the heading of each service that is offered, by code: one with too few reports of its
                own is given what was learned of its group, if that has enough
    """
    record = read_record(publication)
    if not len(record.service):
        return []
    until = _until(record, publication.as_of)
    days = until - EVERY * np.arange(REPLAYED, dtype=np.float64)[::-1]
    found: dict[tuple[str, str, str], Expectation] = {}
    for cell in cells(record):
        if np.count_nonzero(record.spans.began[cell.rows] >= until - PACE.window) >= LEAST:
            last = replayed(record, cell, days)
            if last.known[-1] >= LEAST:
                found[cell.of, cell.name, cell.area] = _expectation(record, cell, last)
    told = [one for (of, _, _), one in found.items() if of != "group"]
    for service, group in services.items():
        if ("service", service, "") not in found and ("group", group, "") in found:
            wide = found["group", group, ""]
            told.append(Expectation(**(vars(wide) | {"service": service})))
    return told


def _until(record: Record, as_of: datetime) -> float:
    """Return what the record's last learning day is: now, or its last report where it ended long ago."""
    now, last = as_of.timestamp() / 3600, float(record.spans.began[-1])
    return now if now - last <= STILL_FED.total_seconds() / 3600 else last


def _expectation(record: Record, cell: Cell, told: Foresight) -> Expectation:
    began, until = record.spans.began[cell.rows], float(told.days[-1])
    since = float(began[np.searchsorted(began, until - PACE.window)])
    half, eight = (None if np.isnan(hours) else float(hours) for hours in (told.half[-1], told.bound[-1]))
    return Expectation(
        cell.name, cell.area, cell.of, int(told.known[-1]), half, eight, _instant(since), _instant(until),
        int(told.judged[-1]), int(told.held[-1]), bool(told.holds()[-1]),
    )


def _instant(hours: float) -> datetime:
    return datetime.fromtimestamp(hours * 3600, UTC)
