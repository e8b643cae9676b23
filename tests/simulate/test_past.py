"""The demo's invented record happens all over the town."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from civicconnect import clock, geo, simulate
from civicconnect.geo import latitude, longitude
from civicconnect.reports import Report


def test_every_district_and_every_ward_has_a_past(db_):
    assert simulate.invent_past(db_, 400) == 400
    rows = db_.execute(select(latitude(Report.place), longitude(Report.place))).all()
    today = clock.now().date()
    hits = geo.areas_of_many(db_, [geo.Point(*row) for row in rows], [today] * len(rows))
    seen = Counter((hit.layer, hit.code) for areas in hits for hit in areas)
    assert seen["city", "city"] == 400
    assert len([key for key in seen if key[0] == "district"]) == 11
    assert len([key for key in seen if key[0] == "ward"]) == 5
    assert max(count for (layer, _), count in seen.items() if layer == "district") < 160
