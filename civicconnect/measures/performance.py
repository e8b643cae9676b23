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
LEFT_OUT_THEN_SQL = f"""\
SELECT count(*) AS reports FROM reports
WHERE outcome IN {LEFT_OUT} AND closed_datetime <= TIMESTAMPTZ '{{as_of}}'
"""  # noqa: S608

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

# The same as of an earlier instant: what had happened by then. For a record that was taken over this is
# all there is, as nobody here knew of it at the time; the publication keeps no earlier closings than the
# last, so what was reopened since counts as open.
THEN_SQL = """\
SELECT service_code, service_name,
       coalesce(closed_datetime <= TIMESTAMPTZ '{as_of}', false) AS closed,
       date_diff('millisecond', requested_datetime,
                 least(coalesce(closed_datetime, TIMESTAMPTZ '{as_of}'), TIMESTAMPTZ '{as_of}'))
           / 3600000.0 AS hours,
       CASE WHEN expected_datetime <= TIMESTAMPTZ '{as_of}'
            THEN coalesce(closed_datetime <= expected_datetime, false) END AS promise_kept
FROM reports
WHERE requested_datetime <= TIMESTAMPTZ '{as_of}'
  AND requested_datetime <= coalesce(closed_datetime, TIMESTAMPTZ '{as_of}')
  AND NOT (coalesce(outcome, '') IN {left_out}
           AND coalesce(closed_datetime <= TIMESTAMPTZ '{as_of}', false))
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


_known: OrderedDict[tuple[Path, datetime | None], Performance] = OrderedDict()
MOST_KNOWN = 16


def performance(publication: Publication, then: datetime | None = None) -> Performance:
    """Return the waiting times of a version, by service and overall.

    then       aware instant: what had happened by then, as the version tells it; None: all it knows
    source     Kaplan-Meier: still open reports count as waiting at least until now
    """
    if then is not None and then >= publication.as_of:
        then = None
    # A version never changes, so neither do its figures.
    key = (publication.folder, then)
    found = _known.get(key)
    if found is None:
        found = _known[key] = _computed(publication, then)
        while len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return found


def _computed(publication: Publication, then: datetime | None) -> Performance:
    as_of = then or publication.as_of
    sql = (THEN_SQL if then else SQL).format(as_of=as_of.isoformat(), left_out=LEFT_OUT)
    left_out_sql = LEFT_OUT_THEN_SQL.format(as_of=as_of.isoformat()) if then else LEFT_OUT_SQL
    found = query(publication, sql)
    codes = np.asarray(found["service_code"], dtype=object)
    names = dict(zip(codes, np.asarray(found["service_name"], dtype=object), strict=True))
    services = [
        _waiting(code, names[code], found, codes == code) for code in sorted(names, key=names.get)  # type: ignore[arg-type]
    ]
    everyone = np.ones(len(codes), dtype=bool)
    overall = _waiting("", "", found, everyone)
    left_out = int(query(publication, left_out_sql)["reports"][0])
    return Performance(publication.version, as_of, overall, tuple(services), left_out, sql, left_out_sql)


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
