"""What usually happens next: within what time half of such reports are done, and eight of ten.

Learned above, from the publication, and kept here as values; a page reads one row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from civicconnect.db import Db
from civicconnect.sla.models import ExpectationRow


@dataclass(frozen=True)
class Expectation:
    """How long reports of a service take, perhaps in one area only. Hours are calendar hours.

    area            "layer:code"; "" everywhere
    of              of what it was learned: "area", "service", or "group" where the service has too few
    reports         from how many, open ones counted
    half_hours      half of them are done within; None: not reached
    eight_hours     eight of ten are to be done within; None: not reached
    since, until    received at the earliest, and what was known until
    judged, held    earlier bounds whose time has come, and how many of those held
    holds           whether these were as many as they should be; where not, a page says nothing
    """

    service: str
    area: str
    of: str
    reports: int
    half_hours: float | None
    eight_hours: float | None
    since: datetime
    until: datetime
    judged: int
    held: int
    holds: bool

    @property
    def is_told(self) -> bool:
        """Say whether a page may tell it."""
        return self.holds and self.half_hours is not None and self.eight_hours is not None


def keep_expectations(db: Db, found: Sequence[Expectation]) -> None:
    """Replace all that was learned before."""
    db.execute(delete(ExpectationRow))
    if found:
        db.execute(insert(ExpectationRow), [asdict(one) for one in found])


def expectation(db: Db, service: str, areas: Collection[str]) -> Expectation | None:
    """Return what may be told of a service at a place; None where that is nothing.

    areas    "layer:code" of every area the place lies in. The area with the fewest reports decides, as
             the nearest to what is asked for; where it was withheld, no wider figure takes its place
    """
    asked = (select(ExpectationRow)
             .where(ExpectationRow.service == service, ExpectationRow.area.in_(["", *areas]))
             .order_by(ExpectationRow.area == "", ExpectationRow.reports, ExpectationRow.area).limit(1))
    row = db.scalars(asked).first()
    found = _value(row) if row else None
    return found if found and found.is_told else None


def expectations(db: Db) -> list[Expectation]:
    """Return everything that was learned, told or withheld, by service and area."""
    rows = db.scalars(select(ExpectationRow).order_by(ExpectationRow.service, ExpectationRow.area))
    return [_value(row) for row in rows]


def _value(row: ExpectationRow) -> Expectation:
    return Expectation(row.service, row.area, row.of, row.reports, row.half_hours, row.eight_hours,
                       row.since, row.until, row.judged, row.held, row.holds)
