"""GeoReport v2 requests, as an endpoint answers them or as somebody kept them, become flat rows.

Only the columns below are read. What else a request holds may be about the person who made it; of its
extended attributes and notes only the times of a closing are looked at.

source    GeoReport v2, "GET Service Requests"; the notes are an extension of the first large endpoints
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

from civicconnect.errors import Invalid
from civicconnect.history.extract import DAMAGED, open_text

COLUMNS = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "closed_datetime",
    "expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url",
)
# How endpoints in use misspell them.
ALSO = {
    "requested_datetime": ("request_datetime",), "updated_datetime": ("update_datetime",),
    "closed_datetime": ("closed_date",), "expected_datetime": ("expected_date",),
    "zipcode": ("zip_code",), "lat": ("latitude",), "long": ("lon", "lng", "longitude"),
}
# What every request has one of, and neither an error nor the list of services.
OF_A_REQUEST = {"service_request_id", "token", "requested_datetime", "request_datetime"}
PARTS = ("city", "jurisdiction_id")  # what tells the endpoints apart where one file holds several
HEADER = ",".join(COLUMNS) + "\r\n"
LARGEST = 64 * 2**20  # bytes of a capture, unpacked
DEEPEST = 20  # elements within each other
LONGEST = 4000  # characters of a cell: GeoReport's limit for a description
NO_ID = "it has no service_request_id, perhaps not yet"
UNSEEN = dict.fromkeys((*range(32), 127, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), " ") | {9: "\t", 10: "\n"}
EVERYTHING: Mapping[str, str] = MappingProxyType({})
Row = dict[str, str]
Request = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """What became of a capture: rows of the CSV, and what was kept out of it, by reason."""

    rows: int
    kept_out: Counter[str] = field(default_factory=Counter)


def is_capture(file: Path) -> bool:
    """Say whether a file holds GeoReport requests and not an extract that can be read as it is."""
    kind = _kind(file)
    if kind != ".tsv":
        return kind in (".json", ".xml")
    try:
        with open_text(file, "replace") as text:
            return {"service_request_id", "requested_datetime"} <= set(text.readline().split())
    except (Invalid, *DAMAGED):
        return False


def read_capture(file: Path, only: Mapping[str, str] = EVERYTHING,
                 kept_out: Counter[str] | None = None) -> Iterator[Row]:
    """Yield the requests of a capture: JSON, XML or a table parted by tabs, plain or gzipped.

    only        {"city": "…"}: of a table with several
    kept_out    counts, by reason, the requests that are no rows
    Raises Invalid.
    """
    yield from _rows(_requests_of(file), only, Counter() if kept_out is None else kept_out)


def cities_in(file: Path) -> Counter[str]:
    """Count the requests of each city in a table that names them; empty where none is named."""
    return Counter(name for request in _requests_of(file)
                   if (name := next(filter(None, (cell(request.get(part)) for part in PARTS)), "")))


def write_capture(file: Path, out: Path, only: Mapping[str, str] = EVERYTHING) -> Written:
    """Write the requests of a capture as CSV, whole or not at all. Raises Invalid.

    A table of several cities is not written as one: their ids may be the same.
    """
    kept_out: Counter[str] = Counter()
    requests = _requests_of(file)
    rows = list(_rows(requests, only, kept_out))
    cities = Counter(cell(request.get("city")) for request in requests)
    if only and not rows and not kept_out or not only and len(cities) > 1:
        named = ", ".join(f"'{name}' ({count:,})" for name, count in cities.items() if name)
        raise Invalid({"only": [f"{file.name} holds {named or 'no names of cities'}; choose one of them."]})
    half = out.with_name(f"{out.name}.part")
    half.write_text(HEADER + csv_of(rows), encoding="utf-8", newline="")
    os.replace(half, out)
    return Written(len(rows), kept_out)


def csv_of(rows: Iterable[Row]) -> str:
    """Return rows as lines of a CSV, without a header."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([row[name] for name in COLUMNS] for row in rows)
    return text.getvalue()


def flat(request: Mapping[str, Any]) -> Row:
    """Return the columns of one request and nothing else of it."""
    row = {name: _first(request, name) for name in COLUMNS}
    row["status"] = row["status"].lower()
    row["closed_datetime"] = row["closed_datetime"] or _closed(request, row)
    return row


def requests_in(body: bytes, name: str) -> list[Request]:
    """Return the requests of one answer, told to be JSON or XML by how it begins.

    name    of the file or address, for the sentence
    Raises Invalid where it is neither, where it holds something else, or errors.
    """
    begins = body[:100].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    found = _listed(_xml(body, name) if begins == b"<" else _json(body, name))
    if found and not any(OF_A_REQUEST & request.keys() for request in found):
        said = _said(found)
        _not_read(name, f"it says: {said}" if said else "it holds no service requests")
    return found


def errors_in(body: bytes) -> str:
    """Return what a refusal says for itself; "" where it does not say it as GeoReport does."""
    try:
        return _said(_listed(_xml(body, "") if body.lstrip()[:1] == b"<" else _json(body, "")))
    except Invalid:
        return ""


def _said(errors: Iterable[Request]) -> str:
    return " ".join(cell(error.get("description")) for error in errors if "code" in error)[:300].strip()


def cell(value: Any) -> str:
    """Return a value as the text of a cell; "" for null and for whatever is no single value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\r\n", "\n").translate(UNSEEN).strip()[:LONGEST]


def instant(text: str) -> datetime | None:
    """Read a time of GeoReport; UTC where it names no zone, None where it is no time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _rows(requests: Iterable[Request], only: Mapping[str, str], kept_out: Counter[str]) -> Iterator[Row]:
    if odd := set(only) - {*PARTS, *COLUMNS}:
        raise Invalid({"only": [f"Choose by {' or '.join(PARTS)}, not by {', '.join(sorted(odd))}."]})
    for request in requests:
        if all(cell(request.get(name)) == said for name, said in only.items()):
            row = flat(request)
            if row["service_request_id"]:
                yield row
            else:
                kept_out[NO_ID] += 1


def _first(request: Mapping[str, Any], name: str) -> str:
    spelt = (name, *ALSO.get(name, ()))
    return next(filter(None, (cell(request.get(key)) for key in spelt)), "")


def _closed(request: Mapping[str, Any], row: Row) -> str:
    """Return when a request without a closing time of its own was closed; "" where it was not.

    What was closed and opened again has both in its notes: while it is open neither counts.
    """
    if row["status"] == "open":
        return ""
    extended = request.get("extended_attributes")
    more: Mapping[str, Any] = extended if isinstance(extended, Mapping) else {}
    if said := _first(more, "closed_datetime"):
        return said
    notes = (*_notes(request.get("notes")), *_notes(more.get("notes")))
    closings = [(at, said) for note in notes if cell(note.get("type")).lower() == "closed"
                and (at := instant(said := cell(note.get("datetime"))))]
    if closings:
        return max(closings)[1]
    return row["updated_datetime"] if row["status"] == "closed" else ""


def _notes(given: Any) -> list[Mapping[str, Any]]:
    return [note for note in given if isinstance(note, Mapping)] if isinstance(given, list) else []


def _kind(file: Path) -> str:
    return Path(file.name.lower().removesuffix(".gz")).suffix


def _requests_of(file: Path) -> list[Request]:
    if not file.is_file():
        raise Invalid({"file": [f"There is no file {file}."]})
    try:
        with gzip.open(file) if file.suffix.lower() == ".gz" else file.open("rb") as raw:
            body = raw.read(LARGEST + 1)
    except (*DAMAGED, OSError) as fault:
        _not_read(file.name, str(fault))
    if len(body) > LARGEST:
        _not_read(file.name, f"it is larger than {LARGEST // 2**20} MB; part it")
    return _table(body, file.name) if _kind(file) == ".tsv" else requests_in(body, file.name)


def _table(body: bytes, name: str) -> list[Request]:
    try:
        rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter="\t"))
    except (csv.Error, ValueError) as fault:
        _not_read(name, str(fault))
    if rows and not {"service_request_id", "requested_datetime"} <= set(rows[0]):
        _not_read(name, "it has no columns service_request_id and requested_datetime")
    return rows


def _json(body: bytes, name: str) -> Any:
    """Read JSON with its figures as they are written: no place is rounded, no zero is lost."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=str, parse_int=str,
                          parse_constant=lambda _: None)
    except (ValueError, RecursionError) as fault:
        _not_read(name, f"it is not JSON in UTF-8: {fault}")


def _listed(content: Any) -> list[Request]:
    """Return the list of requests, however it is wrapped."""
    while isinstance(content, dict):
        inside = next((content[key] or [] for key in ("service_requests", "requests", "request", "errors")
                       if key in content), None)
        content = [content] if inside is None else inside
    found: list[Any] = content if isinstance(content, list) else [{"code": ""}]
    return [request if isinstance(request, dict) else {} for request in found]


def _xml(body: bytes, name: str) -> Any:
    try:
        _must_be_plain(body)
        root = ElementTree.fromstring(body)  # noqa: S314  just seen to declare no document type, so no entities
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as fault:
        _not_read(name, f"it is not plain XML: {fault}")
    if _local(root) not in ("service_requests", "requests", "errors"):
        _not_read(name, f"it is a document '{_local(root)[:40]}' and no list of service requests")
    return [_value(element) for element in root]


def _must_be_plain(body: bytes) -> None:
    """Raise ValueError before an entity is declared: a few of them in each other fill any memory."""
    parser, depth = expat.ParserCreate(), 0

    def refuse(*_: Any) -> NoReturn:
        raise ValueError("it declares a document type")

    def begin(*_: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"more than {DEEPEST} elements stand in each other")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.Parse(body, True)


def _value(element: ElementTree.Element) -> Any:
    """Return what JSON would say: a list where an element only holds a repeated one, else names."""
    if not len(element):
        return element.text
    if all(_local(inner) + "s" == _local(element) for inner in element):
        return [_value(inner) for inner in element]
    return {_local(inner): _value(inner) for inner in element}


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _not_read(name: str, why: str) -> NoReturn:
    raise Invalid({"file": [f"{name} cannot be read as GeoReport requests: {why}."]})
