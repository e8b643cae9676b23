"""Places in the demo city."""

from __future__ import annotations

from sqlalchemy import func, select

from civicconnect import geo
from civicconnect.db import Db
from civicconnect.geo import Point


def within(db: Db, code: str) -> Point:
    """Return a point inside a district of the demo city."""
    shape = db.scalar(select(func.ST_AsText(func.ST_PointOnSurface(geo.Area.shape, type_=None), type_=None))
                       .where(geo.Area.layer == "district", geo.Area.code == code))
    long, lat = map(float, shape.removeprefix("POINT").strip(" ()").split())
    return Point(lat, long)
