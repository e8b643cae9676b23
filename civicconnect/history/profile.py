"""How another system spells its columns: a TOML file a person can read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, validate

from civicconnect import sla
from civicconnect.errors import Invalid
from civicconnect.geo import Point
from civicconnect.history import toml
from civicconnect.history.grid import from_lv95, is_lv95
from civicconnect.tables import parse, rows

NEEDED = ("opened", "service")
OPTIONAL = ("id", "closed", "due", "group", "department", "department_name", "channel", "address", "lat",
            "long", "place", "note")
GRIDS = ("", "lv95")
EARLIEST, LATEST = 1900, 2199  # years
FIGURE = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
WELL_KNOWN = re.compile(rf"POINT\s*Z?\s*\(\s*({FIGURE})\s+({FIGURE})(?:\s+{FIGURE})?\s*\)", re.IGNORECASE)
PAIR = re.compile(rf"\(?\s*({FIGURE})\s*[,;\s]\s*({FIGURE})\s*\)?\s*$")


class _Names(fields.Field[str | tuple[str, ...]]):
    """A column's name, or several: the first one that a row fills is taken."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str | tuple[str, ...]:
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
            return tuple(value)
        raise ValidationError('Write a name in quotation marks, or several as ["one", "other"].')


_COLUMNS: dict[str, fields.Field[Any]] = {name: _Names(required=True) for name in NEEDED}
_COLUMNS |= {name: _Names(load_default="") for name in OPTIONAL}
_Columns = Schema.from_dict(_COLUMNS)


class _Profile(Schema):
    name = fields.Str(required=True)
    zone = fields.Str(required=True, validate=validate.OneOf(
        available_timezones(), error="{input} is no time zone; write one as Europe/Zurich."))
    time_format = _Names(load_default="iso")
    grid = fields.Str(load_default="", validate=validate.OneOf(
        GRIDS, error='{input} is no grid we read; write "lv95", or leave it out for degrees.'))
    columns = fields.Nested(_Columns, required=True)
    channels = fields.Dict(keys=fields.Str(), values=fields.Str(), load_default=dict)
    departments = fields.Dict(keys=fields.Str(), values=fields.Str(), load_default=dict)
    areas = fields.Dict(keys=fields.Str(), values=_Names(), load_default=dict)


class Unreadable(ValueError):
    """A row that cannot become a report; the sentence goes into the file of verdicts."""


@dataclass(frozen=True)
class Profile:
    """One layout of one system's extract, or several layouts of it that name a thing differently."""

    name: str
    zone: str
    time_format: str | tuple[str, ...]
    # Our word: their column, or several of which the first filled one counts. "" where they have
    # none; "" at the end of several where a file may have none.
    columns: Mapping[str, str | tuple[str, ...]]
    channels: Mapping[str, str]
    departments: Mapping[str, str]  # their code: a name to read; "": who gets the rows that name nobody
    areas: Mapping[str, str | tuple[str, ...]]  # property of the boundary file for "code", for "name"
    grid: str = ""  # what lat and long are counted in: "" degrees, "lv95" metres

    @cached_property
    def named(self) -> dict[str, tuple[str, ...]]:
        """Return {our word: their columns, in the order in which they are looked at}."""
        return {word: tuple(filter(None, several(given))) for word, given in self.columns.items()}

    @cached_property
    def _formats(self) -> tuple[str, ...]:
        return several(self.time_format)

    def value(self, row: Mapping[str, str], word: str) -> str:
        """Return a cell by our word, with single blanks; "" where it is empty or has no column."""
        for column in self.named.get(word, ()):
            if text := " ".join((row.get(column) or "").split()):
                return text
        return ""

    def key(self, row: Mapping[str, Any]) -> str:
        """Return what tells a row from others: its id, or a hash of all its cells where no column is one."""
        if any(column in row for column in self.named.get("id", ())):
            return self.value(row, "id")
        cells = "\x1f".join(str(cell) for cell in row.values())
        return f"row-{hashlib.sha256(cells.encode(errors='surrogateescape')).hexdigest()[:24]}"

    def department(self, row: Mapping[str, str]) -> str:
        """Return who answers a row, in their words; "" where nobody is named."""
        return self.value(row, "department") or self.departments.get("", "")

    def instant(self, row: Mapping[str, str], word: str) -> tuple[datetime | None, str]:
        """Read a time as this system writes it.

        returns    (aware UTC instant or None where empty, "" or "skipped" or "doubled" where the
                   local clock was changed at that hour)
        Raises Unreadable.
        """
        text = self.value(row, word)
        if not text:
            return None, ""
        found = read_time(text, self._formats)
        if found is None:
            raise Unreadable(f"'{word}' is '{text}', which is no time in this profile")
        if not EARLIEST <= found.year <= LATEST:
            raise Unreadable(f"'{word}' is '{text}', and no report is that old or that far ahead")
        if found.tzinfo is not None:
            return found.astimezone(UTC), ""
        return sla.local(found, self.zone)

    def point(self, row: Mapping[str, str]) -> Point | None:
        """Read the place; None where it is empty. Raises Unreadable."""
        lat, long = self.value(row, "lat"), self.value(row, "long")
        if not lat or not long:
            lat, long = both_in_one(self.value(row, "place"))
            if not lat:
                return None
        try:
            point = Point(number(lat), number(long))
        except ValueError:
            raise Unreadable(f"'{lat}, {long}' is no place in degrees") from None
        if (point.lat, point.long) == (0, 0):
            return None
        if self.grid == "lv95":
            if not is_lv95(point.long, point.lat):
                raise Unreadable(f"'{lat}, {long}' is no place in the grid LV95")
            east_west, north_south = from_lv95(point.long, point.lat)
            return Point(round(north_south, 6), round(east_west, 6))
        if not (abs(point.lat) <= 90 and abs(point.long) <= 180):
            raise Unreadable(f"'{lat}, {long}' is no place in degrees")
        return point

    @property
    def written(self) -> str:
        """Return the profile as the file that `read_profile` reads."""
        top = {"name": self.name, "zone": self.zone, "time_format": self.time_format}
        top |= {"grid": self.grid} if self.grid else {}
        columns = {word: names for word, names in self.columns.items() if names}
        tables = {"columns": columns, "channels": self.channels, "departments": self.departments,
                  "areas": self.areas}
        return toml.document("How the city's published file spells its columns.", [
            toml.lines(top), *(toml.section(key, row) for key, row in tables.items())])


def several(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


def read_time(text: str, formats: tuple[str, ...]) -> datetime | None:
    """Return a time in the first format it fits, naive where it names no zone; None where it fits none."""
    for written in formats:
        try:
            if written == "iso":
                return datetime.fromisoformat(text)
            return datetime.strptime(text, written)  # noqa: DTZ007  the caller knows the zone
        except ValueError:
            continue
    return None


def both_in_one(text: str) -> tuple[str, str]:
    """Return (lat, long) as written in one cell; ("", "") where it holds no two figures.

    Read are "POINT (long lat)" and "(lat, long)", the latter also behind an address.
    """
    if found := WELL_KNOWN.search(text):
        return found[2], found[1]
    if (found := PAIR.search(text)) and ("(" in found[0] or found.start() == 0):
        return found[1], found[2]
    return "", ""


def number(text: str) -> float:
    """Read a figure; a comma is a decimal one, or several set thousands apart. Raises ValueError."""
    if "," in text:
        text = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text.replace(",", "")
    return float(text)


def read_profile(file: Path) -> Profile:
    """Read a profile, or raise Invalid with every fault in it."""
    faults: list[str] = []
    content = file.read_bytes() if file.is_file() else None
    found = rows(file.name, {"profile": [parse(file.name, content, faults)]}, "profile",
                 _Profile(), faults) if not faults else []
    if faults or not found:
        raise Invalid({"profile": faults})
    return Profile(**found[0])
