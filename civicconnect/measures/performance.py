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

# Nobody waited for the city on these, so they are left out of the durations, counted and published
# (lab methods, section 1: invalid, and not the city's, which is handed_over here). Those methods know
# no `withdrawn`: whoever asked took it back, and its end says nothing of how long an answer takes.
# A duplicate should follow what came of its lead; the published columns do not name the lead, so it
# counts by its own closing.
LEFT_OUT = "('withdrawn', 'invalid', 'handed_over')"
LEFT_OUT_SQL = f"SELECT count(*) AS reports FROM reports WHERE outcome IN {LEFT_OUT}\n"  # noqa: S608

# A promise is judged when its time has come. Before that only those kept early are known, and a share
# of them would be too good.
SQL = """\
SELECT service_code, service_name,
       closed_datetime IS NOT NULL AS closed,
       date_diff('millisecond', requested_datetime,
                 coalesce(closed_datetime, TIMESTAMPTZ '{as_of}')) / 3600000.0 AS hours,
       CASE WHEN expected_datetime <= TIMESTAMPTZ '{as_of}' THEN on_time END AS promise_kept
FROM reports
WHERE coalesce(outcome, '') NOT IN {left_out}
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
    on_time_share: float | None  # of those already due; None where they are too few

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
    left_out: int  # reports on which nobody waited for the city
    sql: str
    left_out_sql: str


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
    sql = SQL.format(as_of=publication.as_of.isoformat(), left_out=LEFT_OUT)
    found = query(publication, sql)
    codes = np.asarray(found["service_code"], dtype=object)
    names = dict(zip(codes, np.asarray(found["service_name"], dtype=object), strict=True))
    services = [
        _waiting(code, names[code], found, codes == code) for code in sorted(names, key=names.get)  # type: ignore[arg-type]
    ]
    everyone = np.ones(len(codes), dtype=bool)
    overall = _waiting("", "", found, everyone)
    left_out = int(query(publication, LEFT_OUT_SQL)["reports"][0])
    return Performance(publication.version, publication.as_of, overall, tuple(services), left_out,
                       sql, LEFT_OUT_SQL)


def _waiting(code: str, name: str, found: dict[str, Any], chosen: Any) -> Waiting:
    hours = np.asarray(found["hours"], dtype=float)[chosen]
    closed = np.asarray(found["closed"], dtype=bool)[chosen]
    curve = survival(hours, closed)
    kept = np.ma.compressed(np.ma.asarray(found["promise_kept"])[chosen])
    return Waiting(
        code, name, len(hours), int(np.count_nonzero(~closed)),
        curve.quantile(0.5), curve.quantile(0.8),
        float(np.mean(kept.astype(float))) if len(kept) >= LEAST else None,
    )
