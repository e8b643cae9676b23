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
from civicconnect.geo import Area, Point, coarsen, latitude, longitude
from civicconnect.reports.models import Report, ReportArea
from civicconnect.reports.pauses import clock_shows
from civicconnect.reports.queries import PUBLIC, TOLD_IN_WORDS

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
    Column("affected_count", "integer",
           Sentence("How many people said that it affects them, whoever reported it included.")),
    Column("hops", "integer", Sentence("How often it was handed from one department to another.")),
    Column("priority", "text", Sentence("low, normal, high or urgent, as the city ranks such reports.")),
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
           Sentence("Closed by the time it was due; no as soon as that has passed. While a report waits "
                    "for somebody outside, its time stands still."),
           Sentence("without a promise, and while open and not yet due")),
    Column("address", "text", Sentence("The place in words."),
           Sentence("where nobody named it, or where the place is not told exactly"), typed=True),
    Column("lat", "number", Sentence("Latitude, WGS84."),
           Sentence("where the place is not known"), Sentence("degrees")),
    Column("long", "number", Sentence("Longitude, WGS84."),
           Sentence("where the place is not known"), Sentence("degrees")),
    Column("location_precision", "text",
           Sentence("exact, rounded (to a square of 0.0025 degrees), area (only the areas), stand_in (not "
                    "where it is, the address was not found) or none.")),
    Column("description", "text", Sentence("What the reporter wrote."),
           Sentence("where nothing was written, or where it is not told"), typed=True),
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


# What a row is made of, in the order `_row` takes it. Columns, not entities: three times as quick.
READ = (
    Report.number, Report.reference, Report.service_id, Report.department_id, Report.status,
    Report.outcome, Report.verification, Report.people, Report.hops, Report.priority, Report.source,
    Report.received_at, Report.first_response_at, Report.closed_at, Report.due_at, Report.updated_at,
    Report.address, latitude(Report.place), longitude(Report.place), Report.place_told,
    Report.description, Report.text_told,
    Report.fingerprint == "",  # what was sent to us has one, what was imported has not
)


def public_rows(
    db: Db,
    catalog: Catalog,
    conditions: Sequence[ColumnElement[bool]] = (),
    as_of: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the public columns of every public report that fits, in order of its number.

    Reads in batches of a few thousand: memory does not grow with the record.
    """
    now = as_of or clock.now()
    shown = layers(db, catalog.city.limit_layer)
    nowhere: dict[str, str] = {}
    services, departments = _services(catalog), _departments(catalog)
    last = 0
    asked = select(*READ).where(PUBLIC, *conditions).order_by(Report.number).limit(BATCH)
    while rows := db.execute(asked.where(Report.number > last)).all():
        last = rows[-1][0]
        places = _areas(db, rows[0][0], last)
        for number, reference, service, department, *rest in rows:
            row: dict[str, Any] = {"service_request_id": reference}
            row |= services[service] | departments[department] | _row(now, *rest)
            areas = places.get(number, nowhere)
            for layer in shown:
                row[f"area_{layer}"] = areas.get(layer)
            yield row


def _services(catalog: Catalog) -> dict[int, dict[str, str]]:
    """Return what a row says of its service, by the service's number."""
    language = catalog.city.languages[0]
    return {
        service.id: {"service_code": code, "service_name": words(service.name, language),
                     "service_group": words(catalog.groups[service.group].name, language)}
        for code, service in catalog.services.items()
    }


def _departments(catalog: Catalog) -> dict[int, dict[str, str]]:
    language = catalog.city.languages[0]
    return {
        department.id: {"agency_code": code, "agency_responsible": words(department.name, language)}
        for code, department in catalog.departments.items()
    }


def _areas(db: Db, first: int, last: int) -> dict[int, dict[str, str]]:
    asked = (
        select(ReportArea.report_number, Area.layer, Area.code)
        .join(Area, Area.id == ReportArea.area_id)
        .where(ReportArea.report_number.between(first, last))
    )
    found: dict[int, dict[str, str]] = {}
    for number, layer, code in db.execute(asked):
        found.setdefault(number, {})[layer] = code
    return found


def _row(
    now: datetime, status: str, outcome: str | None, verification: str, people: int, hops: int, priority: str,
    source: str,
    received_at: datetime, first_response_at: datetime | None, closed_at: datetime | None,
    due_at: datetime | None, updated_at: datetime, address: str, lat: float | None, long: float | None,
    told: str, description: str, text_told: bool, is_imported: bool,
) -> dict[str, Any]:
    place = _told(told, Point(lat, long)) if lat is not None and long is not None else None
    return {
        "status": "closed" if status == "closed" else "open",
        "status_detail": status,
        "outcome": outcome,
        "verification": verification,
        "affected_count": people,
        "hops": hops,
        "priority": priority,
        "source": source,
        "requested_datetime": received_at,
        "first_response_datetime": first_response_at,
        "closed_datetime": closed_at,
        "expected_datetime": due_at,
        "updated_datetime": updated_at,
        "hours_to_first_response": hours_between(received_at, first_response_at),
        "hours_to_close": hours_between(received_at, closed_at),
        "on_time": on_time(due_at, closed_at, clock_shows(status, updated_at, now)),
        "address": (address or None) if told in TOLD_IN_WORDS else None,
        "lat": place.lat if place else None,
        "long": place.long if place else None,
        "location_precision": "none" if lat is None else told,
        "description": (description or None) if text_told else None,
        "service_notice": "Imported from another system's record." if is_imported else None,
    }


def place_told(report: Report, point: Point) -> Point | None:
    """Return what strangers see of a report's place on a map; None where it is told to lie on none."""
    return None if report.place_told == "stand_in" else _told(report.place_told, point)


def _told(how: str, point: Point) -> Point | None:
    if how in TOLD_IN_WORDS:
        return point
    return coarsen(point) if how == "rounded" else None


def address_told(report: Report) -> str:
    """Return the address that strangers are told: it is as exact as the place."""
    return report.address if report.place_told in TOLD_IN_WORDS else ""


def hours_between(start: datetime, end: datetime | None) -> float | None:
    """Return calendar hours, to a second; None while there is no end."""
    return None if end is None else round((end - start).total_seconds() / 3600, 4)


def on_time(due_at: datetime | None, closed_at: datetime | None, now: datetime) -> bool | None:
    """Say whether a promise was kept; None while nobody can know.

    now    what the report's own clock shows, which may stand still: `clock_shows`
    """
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
    guarded = {column.name for column in columns_ if column.typed and for_spreadsheets}
    return [_cell(row[column.name], column.name in guarded) for column in columns_]


def _cell(value: Any, guarded: bool) -> str:
    if isinstance(value, str):
        # A spreadsheet runs a cell that begins like a formula; an apostrophe makes it text again.
        return f"'{value}" if guarded and value.startswith(FORMULA) else value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")[:-6] + "Z"
    return ("false", "true")[value] if isinstance(value, bool) else str(value)
