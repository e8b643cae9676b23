"""One view of the reports: read from an address, kept in one, and turned into conditions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, select

from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.errors import Sentence
from civicconnect.geo import Area
from civicconnect.reports.lifecycle import CLOSED, OPEN
from civicconnect.reports.models import IS_OPEN, Report, ReportArea
from civicconnect.reports.words import Sought, look_for, says

FOUND = ("confirmed", "disputed")


@dataclass(frozen=True)
class Filter:
    """One view of the reports: it gives both the WHERE and the address of the page."""

    service: str = ""
    department: str = ""
    status: str = ""  # open, closed, or one of the six
    words: str = ""
    area: str = ""  # "layer:code"
    since: str = ""  # the first day, as 2026-11-30, on the city's clock
    until: str = ""  # the last day
    outcome: str = ""  # what came of it, or "confirmed", "disputed": what people found afterwards
    order: str = ""  # a key of ORDERS; it chooses nothing
    sought: Sought | None = field(default=None, compare=False, repr=False)  # where the words were looked up

    def where(self, offer: Catalog, *, strangers: bool) -> list[ColumnElement[bool]]:
        """Return the conditions. A code or a day that there is not matches nothing.

        strangers    whether only words that strangers may read are searched
        """
        found = self.asked_of(offer, Report)
        if self.status == "open":
            found.append(IS_OPEN)
        elif self.status:
            found.append(Report.status == self.status)
            found += [IS_OPEN] if self.status in OPEN else []  # said as well, for their index
        if self.area:
            found.append(_lies_in(self.area) if self.leads else _in_area(self.area))
        if self.outcome:
            found.append((Report.verification if self.outcome in FOUND else Report.outcome) == self.outcome)
        found += self._days(ZoneInfo(offer.city.time_zone))
        if self.words:
            found.append(says(self.words, offer, self.sought, strangers=strangers))
        return found

    def seek(self, db: Db, offer: Catalog, *, strangers: bool) -> Filter:
        """Return the same view with its words looked up, so that it can be read quickly: two statements.

        It holds no longer than this reading of the database.
        """
        if not self.words:
            return self
        return replace(self, sought=look_for(db, self.words, offer, strangers=strangers))

    @property
    def is_common(self) -> bool:
        """Say whether the words stand in more reports than are looked up: counts and maps then stop there."""
        return self.sought is not None and not self.sought.is_all

    @property
    def densely(self) -> Filter:
        """Return the view as it is read where a page is soon full: along its order, report by report."""
        return replace(self, sought=replace(self.sought, leads=True)) if self.sought else self

    @property
    def leads(self) -> bool:
        """Say whether what was looked up leads to few reports, or to a page: no area is read before it."""
        return self.sought is not None and (self.sought.is_all or self.sought.leads)

    @property
    def some(self) -> Filter:
        """Return the view of the newest reports with the words, as many as are looked up."""
        return replace(self, sought=replace(self.sought, is_all=True)) if self.sought else self

    def asked_of(self, offer: Catalog, table: Any) -> list[ColumnElement[bool]]:
        """Return the conditions on the service and the department, for a table that has them."""
        found: list[ColumnElement[bool]] = []
        if self.service:
            service = offer.services.get(self.service)
            found.append(table.service_id == (service.id if service else -1))
        if self.department:
            department = offer.departments.get(self.department)
            found.append(table.department_id == (department.id if department else -1))
        return found

    @property
    def is_counted(self) -> bool:
        """Say whether this view can be told from counts by service, department and whether they are open."""
        narrow = self.words or self.area or self.since or self.until or self.outcome
        return not narrow and self.status in ("", "open", CLOSED)

    def faults(self) -> dict[str, list[str]]:
        """Return what is wrong with the days, by field of the address."""
        found: dict[str, list[str]] = {}
        days = {}
        for name, text in (("since", self.since), ("until", self.until)):
            try:
                days[name] = _day(text) if text else None
            except ValueError:
                found[name] = [Sentence("Write the day as year-month-day, like 2026-11-30.")]
        first, last = days.get("since"), days.get("until")
        if first and last and last < first:
            found["until"] = [Sentence("The last day lies before the first one.")]
        return found

    def _days(self, zone: ZoneInfo) -> list[ColumnElement[bool]]:
        try:
            since = _begin(_day(self.since), zone) if self.since else None
            until = _begin(_day(self.until), zone, 1) if self.until else None
        except ValueError:
            return [false()]
        found: list[ColumnElement[bool]] = []
        if since is not None:
            found.append(Report.received_at >= since)
        if until is not None:
            found.append(Report.received_at < until)
        return found

    @property
    def query(self) -> dict[str, Any]:
        """Return the filter as it stands in an address."""
        given = {"service": self.service, "department": self.department, "status": self.status,
                 "outcome": self.outcome, "q": self.words, "area": self.area, "since": self.since,
                 "until": self.until,
                 "order": self.order}
        return {key: value for key, value in given.items() if value}


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:  # "20261130" and "2026-W49-1" are days too, but no form shows them again
        raise ValueError(text)
    return day


def _begin(day: date, zone: ZoneInfo, more: int = 0) -> datetime | None:
    """Return when a day begins; None at the ends of the calendar, where nothing lies beyond it."""
    try:
        return datetime.combine(day + timedelta(days=more), time(), zone).astimezone(UTC)
    except OverflowError:
        return None


def _lies_in(name: str) -> ColumnElement[bool]:
    """Return the condition for an area as it is asked of one report after the other."""
    layer, _, code = name.partition(":")
    inside = select(ReportArea.area_id).join(Area, Area.id == ReportArea.area_id).where(
        ReportArea.report_number == Report.number, Area.layer == layer, Area.code == code)
    return inside.correlate(Report).exists()


def _in_area(name: str) -> ColumnElement[bool]:
    layer, _, code = name.partition(":")
    drawn = select(Area.id).where(Area.layer == layer, Area.code == code)
    return Report.number.in_(select(ReportArea.report_number).where(ReportArea.area_id.in_(drawn)))
