"""Areas to choose from: each one once, whenever it is or was drawn; and how far they reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import shapely
from sqlalchemy import func, select

from civicconnect.db import Db
from civicconnect.geo.models import Area
from civicconnect.geo.point import Box


@dataclass(frozen=True, slots=True)
class NamedArea:
    """One area of a layer, whatever its borders were over the years."""

    layer: str
    code: str
    name: str
    names: Mapping[str, str]  # by language, where the city wrote them
    until: date | None  # the last day it held, where that is past


def named_areas(db: Db, today: date) -> list[NamedArea]:
    """Return every area that there is or was, in order of layer and code, named as it was last."""
    asked = select(Area.layer, Area.code, Area.name, Area.names, Area.valid_to)
    rows = sorted(db.execute(asked), key=lambda row: (row[0], row[1], row[4] or date.max))
    found = {
        (layer, code): NamedArea(layer, code, name, names, until if until and until < today else None)
        for layer, code, name, names, until in rows
    }
    return list(found.values())


def extent(db: Db, layer: str, code: str = "") -> Box | None:
    """Return the box round an area, whenever it was drawn, or round a whole layer; None without one."""
    outline = func.ST_AsBinary(func.ST_Envelope(Area.shape, type_=None), type_=None)
    asked = select(outline).where(Area.layer == layer)
    outlines = [bytes(row) for row in db.scalars(asked.where(Area.code == code) if code else asked)]
    return Box(*shapely.total_bounds(shapely.from_wkb(outlines)).tolist()) if outlines else None
