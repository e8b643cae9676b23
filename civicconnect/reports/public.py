"""The allow-list: everything strangers may see of a report, column by column, and nothing else.

Pages, feeds, the API and the publication all read these columns. What is not here is not public.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from civicconnect import clock
from civicconnect.catalog import Catalog, words
from civicconnect.db import Db
from civicconnect.errors import Sentence
from civicconnect.geo import Area, latitude, longitude
from civicconnect.reports.models import Report, ReportArea
from civicconnect.reports.queries import PUBLIC

BATCH = 2000
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # some spreadsheets read the wide ones as the narrow ones


@dataclass(frozen=True)
class Column:
    """One public column: its name, its type, what it says, and when it is empty."""

    name: str
    kind: str  # text, number, integer, yes_no, instant
    words: str
    empty: str = Sentence("never")
    unit: str = ""
    typed: bool = False  # somebody outside wrote it


COLUMNS = (
    Column("service_request_id", "text", Sentence("The report's reference.")),
    Column("service_code", "text", Sentence("Code of the service asked for.")),
    Column("service_name", "text", Sentence("Name of the service asked for.")),
    Column("service_group", "text", Sentence("Heading the service stands under.")),
    Column("agency_code", "text", Sentence("Code of the department that answers.")),
    Column("agency_responsible", "text", Sentence("Name of the department that answers.")),
    Column("status", "text", Sentence("open or closed, as Open311 counts.")),
    Column("status_detail", "text",
           Sentence("received, accepted, planned, in_progress, waiting or closed.")),
    Column("outcome", "text",
           Sentence("What came of it: fixed, partly_fixed, no_action, not_found, duplicate, "
                    "handed_over, withdrawn or invalid."),
           Sentence("while open, and where an imported record does not say")),
    Column("verification", "text",
           Sentence("Whether anyone checked that it is fixed: unverified, confirmed, disputed, "
                    "audited_fixed, audited_not_fixed or audited_cannot_tell.")),
    Column("source", "text", Sentence("How the report came in.")),
    Column("requested_datetime", "instant", Sentence("When it was reported.")),
    Column("first_response_datetime", "instant",
           Sentence("When a member of staff first took a public step; for imported records the "
                    "closing."), Sentence("before that")),
    Column("closed_datetime", "instant",
           Sentence("When it was closed, if it has not been reopened since."),
           Sentence("while open")),
    Column("expected_datetime", "instant",
           Sentence("When it is due: the promise, in business hours."),
           Sentence("where the city promises nothing")),
    Column("updated_datetime", "instant", Sentence("When it last changed.")),
    Column("hours_to_first_response", "number",
           Sentence("From report to first response, calendar time."), Sentence("before that"),
           Sentence("hours")),
    Column("hours_to_close", "number", Sentence("From report to closing, calendar time."),
           Sentence("while open"), Sentence("hours")),
    Column("on_time", "yes_no",
           Sentence("Closed by the time it was due; no as soon as that has passed."),
           Sentence("without a promise, and while open and not yet due")),
    Column("address", "text", Sentence("The place in words."), Sentence("where nobody named it"),
           typed=True),
    Column("lat", "number", Sentence("Latitude, WGS84."),
           Sentence("where the place is not known"), Sentence("degrees")),
    Column("long", "number", Sentence("Longitude, WGS84."),
           Sentence("where the place is not known"), Sentence("degrees")),
    Column("location_precision", "text",
           Sentence("exact, or none where the place is not known.")),
    Column("description", "text", Sentence("What the reporter wrote."),
           Sentence("where nothing was written"), typed=True),
    Column("service_notice", "text",
           Sentence("Where the record comes from, if not from this system."),
           Sentence("for reports made here")),
)


def columns(layers: Sequence[str]) -> tuple[Column, ...]:
    """Return all public columns, one more for each layer of areas (a layer named "ward": area_ward)."""
    areas = tuple(
        Column(f"area_{layer}", "text",
               Sentence("Code of the %(layer)s it lay in on the day it was made.", layer=layer),
               Sentence("outside every one of them"))
        for layer in layers
    )
    return COLUMNS + areas


def layers(db: Db, limit_layer: str) -> list[str]:
    """Return the layers of areas that are published: all but the city's own limit."""
    found = db.scalars(select(Area.layer).distinct().order_by(Area.layer))
    return [layer for layer in found if layer != limit_layer]


def public_rows(
    db: Db,
    catalog: Catalog,
    conditions: Sequence[ColumnElement[bool]] = (),
    as_of: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield every public report as one row of the columns above, in the order they came in.

    as_of    the instant `on_time` is judged at; now by default

    Reads in batches of a few thousand: memory does not grow with the record.
    """
    now = as_of or clock.now()
    shown = layers(db, catalog.city.limit_layer)
    last = 0
    asked = select(Report, latitude(Report.place), longitude(Report.place)).where(
        PUBLIC, *conditions
    )
    while True:
        page = asked.where(Report.number > last).order_by(Report.number).limit(BATCH)
        rows = db.execute(page, execution_options={"yield_per": BATCH}).all()
        if not rows:
            return
        last = rows[-1][0].number
        places = _areas(db, [row[0].number for row in rows])
        for report, lat, long in rows:
            areas = places.get(report.number, {})
            yield _row(report, lat, long, catalog, now) | {
                f"area_{layer}": areas.get(layer) for layer in shown
            }
        db.expunge_all()


def _areas(db: Db, numbers: list[int]) -> dict[int, dict[str, str]]:
    asked = (
        select(ReportArea.report_number, Area.layer, Area.code)
        .join(Area, Area.id == ReportArea.area_id)
        .where(ReportArea.report_number.between(numbers[0], numbers[-1]))
    )
    found: dict[int, dict[str, str]] = {}
    for number, layer, code in db.execute(asked):
        found.setdefault(number, {})[layer] = code
    return found


def _row(
    report: Report, lat: float | None, long: float | None, catalog: Catalog, now: datetime
) -> dict[str, Any]:
    service = catalog.services[catalog.service_codes[report.service_id]]
    department = catalog.departments[catalog.department_codes[report.department_id]]
    language = catalog.city.languages[0]
    return {
        "service_request_id": report.reference,
        "service_code": service.code,
        "service_name": words(service.name, language),
        "service_group": words(catalog.groups[service.group].name, language),
        "agency_code": department.code,
        "agency_responsible": words(department.name, language),
        "status": "closed" if report.status == "closed" else "open",
        "status_detail": report.status,
        "outcome": report.outcome,
        "verification": report.verification,
        "source": report.source,
        "requested_datetime": report.received_at,
        "first_response_datetime": report.first_response_at,
        "closed_datetime": report.closed_at,
        "expected_datetime": report.due_at,
        "updated_datetime": report.updated_at,
        "hours_to_first_response": hours_between(report.received_at, report.first_response_at),
        "hours_to_close": hours_between(report.received_at, report.closed_at),
        "on_time": on_time(report.due_at, report.closed_at, now),
        "address": report.address or None,
        "lat": lat,
        "long": long,
        "location_precision": "none" if lat is None else "exact",
        "description": report.description or None,
        "service_notice": "Imported from another system's record." if report.external_id else None,
    }


def hours_between(start: datetime, end: datetime | None) -> float | None:
    """Return calendar hours, to a second; None while there is no end."""
    return None if end is None else round((end - start).total_seconds() / 3600, 4)


def on_time(due_at: datetime | None, closed_at: datetime | None, now: datetime) -> bool | None:
    """Say whether a promise was kept; None while nobody can know."""
    if due_at is None:
        return None
    if closed_at is None:
        return False if now > due_at else None
    return closed_at <= due_at


def as_text(
    row: Mapping[str, Any], columns_: Sequence[Column], for_spreadsheets: bool = True
) -> list[str]:
    """Return a row as CSV cells: RFC 3339 instants in UTC, empty for nothing.

    for_spreadsheets    an apostrophe before what a spreadsheet would run; without, the very words
    """
    return [_cell(row[column.name], column.typed and for_spreadsheets) for column in columns_]


def _cell(value: Any, guarded: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    # A spreadsheet runs a cell that begins like a formula; an apostrophe makes it text again.
    return f"'{text}" if guarded and text.startswith(FORMULA) else text
