"""How long people wait: median and eight in ten, open reports counted."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from civicconnect.opendata import Publication, query
from civicconnect.stats import survival

LEAST = 30  # public statistics on fewer reports are not shown

# Invalid reports, and those handed over to someone else, are counted and published, but nobody
# waited for the city on them.
SQL = """\
SELECT service_code, service_name,
       closed_datetime IS NOT NULL AS closed,
       date_diff('millisecond', requested_datetime,
                 coalesce(closed_datetime, TIMESTAMPTZ '{as_of}')) / 3600000.0 AS hours,
       on_time
FROM reports
WHERE coalesce(outcome, '') NOT IN ('invalid', 'handed_over', 'withdrawn')
  AND requested_datetime <= coalesce(closed_datetime, TIMESTAMPTZ '{as_of}')
"""


@dataclass(frozen=True)
class Waiting:
    """How long people wait for one service, or for all. Hours are calendar hours."""

    code: str
    name: str
    reports: int
    open: int
    median_hours: float | None  # None: half of them are not done yet
    eight_of_ten_hours: float | None
    on_time_share: float | None  # of those with a promise that is kept or broken

    @property
    def enough(self) -> bool:
        """Say whether there are enough reports to speak of a typical one."""
        return self.reports >= LEAST


@dataclass(frozen=True)
class Performance:
    """The figures of one version of the publication."""

    version: str
    as_of: datetime
    overall: Waiting
    services: tuple[Waiting, ...]
    sql: str


_known: OrderedDict[Path, Performance] = OrderedDict()
MOST_KNOWN = 16


def performance(publication: Publication) -> Performance:
    """Return the waiting times of a version, by service and overall.

    source    Kaplan-Meier: still open reports count as waiting at least until now
    """
    # A version never changes, so neither do its figures.
    found = _known.get(publication.folder)
    if found is None:
        found = _known[publication.folder] = _computed(publication)
        while len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return found


def _computed(publication: Publication) -> Performance:
    as_of = datetime.fromisoformat(publication.manifest["as_of"])
    sql = SQL.format(as_of=publication.manifest["as_of"])
    found = query(publication, sql)
    codes = np.asarray(found["service_code"], dtype=object)
    names = dict(zip(codes, np.asarray(found["service_name"], dtype=object), strict=True))
    services = [
        _waiting(code, names[code], found, codes == code) for code in sorted(names, key=names.get)  # type: ignore[arg-type]
    ]
    everyone = np.ones(len(codes), dtype=bool)
    overall = _waiting("", "", found, everyone)
    return Performance(publication.version, as_of, overall, tuple(services), sql)


def _waiting(code: str, name: str, found: dict[str, Any], chosen: Any) -> Waiting:
    hours = np.asarray(found["hours"], dtype=float)[chosen]
    closed = np.asarray(found["closed"], dtype=bool)[chosen]
    curve = survival(hours, closed)
    kept = np.ma.compressed(np.ma.asarray(found["on_time"])[chosen])
    return Waiting(
        code, name, len(hours), int(np.count_nonzero(~closed)),
        curve.quantile(0.5), curve.quantile(0.8),
        float(np.mean(kept.astype(float))) if len(kept) else None,
    )
