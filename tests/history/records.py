"""Small records and boundaries of a city that does not exist, as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.factories import HERE

HEADER = ("id", "opened", "closed", "type", "agency", "lat", "long")
STEP = 0.01  # degrees: the side of a square district


def write_csv(file: Path, rows: Iterable[Mapping[str, Any]], header: Sequence[str] = HEADER,
              separator: str = ",", mark: str = "", encoding: str = "utf-8") -> Path:
    """Write rows, each a dictionary; a column a row has not is empty."""
    with file.open("w", encoding=encoding, newline="") as out:
        out.write(mark)
        writer = csv.writer(out, delimiter=separator)
        writer.writerow(header)
        writer.writerows([row.get(name, "") for name in header] for row in rows)
    return file


def square(column: int, row: int = 0) -> dict[str, Any]:
    """Return a district, counted east and north from the one that holds HERE in its middle."""
    west, south = HERE.long - STEP / 2 + column * STEP, HERE.lat - STEP / 2 + row * STEP
    east, north = west + STEP, south + STEP
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def write_areas(file: Path, features: Iterable[tuple[Mapping[str, Any], Mapping[str, Any] | None]],
                **more: Any) -> Path:
    """Write (properties, geometry) as a GeoJSON file."""
    written = [{"type": "Feature", "properties": properties, "geometry": geometry}
               for properties, geometry in features]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": written, **more}), encoding="utf-8")
    return file


def two_districts(file: Path) -> Path:
    """Write a city of two districts, west (1) with HERE in it and east (2)."""
    return write_areas(file, [({"ward": "2", "name": "East"}, square(1)),
                              ({"ward": "1", "name": "West"}, square(0))])


def row(number: int, **more: Any) -> dict[str, Any]:
    """Return one request of a Monday: a pothole in the western district, fixed within the hour."""
    return {"id": f"R-{number}", "opened": "2026-03-02 08:00:00", "closed": "2026-03-02 09:00:00",
            "type": "Pothole", "agency": "Streets", "lat": HERE.lat, "long": HERE.long, **more}
