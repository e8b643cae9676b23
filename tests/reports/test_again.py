"""The same again at one spot: planted chains are found, and what only stands near is not taken for them."""

from __future__ import annotations

import math
import os
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import insert, select

from civicconnect import catalog, clock, geo, reports
from civicconnect.geo import Point
from civicconnect.reports import Report
from tests.counting import counted
from tests.factories import HERE, staff_actor
from tests.offers import change_service

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DEGREE = 111_195.0  # metres of a degree of latitude
CHAINS = 500 if os.environ.get("CIVIC_LONG_TESTS") else 50
OFF_METRES = 4.0  # how far a phone outdoors is off, one standard deviation in each direction


def moved(point, north, east):
    return Point(point.lat + north / DEGREE,
                 point.long + east / DEGREE / math.cos(math.radians(point.lat)))


def at(make_report, days, point=HERE, closed=True, db_=None, **wanted):
    with clock.stopped_at(NOON - timedelta(days=days)):
        report = make_report(point=point, **wanted)
        if closed:
            reports.transition(db_, staff_actor(db_, "streets"), report.reference, "close",
                               {"outcome": "fixed"})
    return report


def spot_of(db_, report, who="streets"):
    offer = catalog.catalog(db_)
    service = offer.services[offer.service_codes[report.service_id]]
    family = [one.id for one in offer.services.values() if one.group == service.group]
    here = reports.around(db_, report).point
    return reports.spot(db_, staff_actor(db_, who), report, here, family)


def test_a_chain_counts_those_before_and_since_and_names_the_last_closing(db_, make_report):
    first = at(make_report, 300, db_=db_)
    second = at(make_report, 200, moved(HERE, 10, 5), db_=db_)
    this = at(make_report, 100, closed=False, db_=db_)
    later = at(make_report, 1, moved(HERE, 0, 15), closed=False, db_=db_)
    found = spot_of(db_, this)
    assert [one.reference for one in found.before] == [second.reference, first.reference]
    assert [one.reference for one in found.since] == [later.reference]
    assert (found.times, found.first) == (3, first.received_at)
    assert found.last_closed.reference == second.reference
    assert round(found.before[0].metres) == 11


def test_what_is_far_old_of_another_kind_or_told_nothing_new_is_no_part_of_a_chain(db_, make_report):
    at(make_report, 50, moved(HERE, 25, 0), db_=db_)
    at(make_report, 400, db_=db_)
    at(make_report, 40, service="street-light", closed=False, db_=db_)
    lead = at(make_report, 30, moved(HERE, 60, 0), closed=False, db_=db_)
    repeat = at(make_report, 20, closed=False, db_=db_)
    reports.transition(db_, staff_actor(db_, "streets"), repeat.reference, "close",
                       {"outcome": "duplicate", "lead": lead.reference})
    found = spot_of(db_, at(make_report, 0, closed=False, db_=db_))
    assert (found.times, found.before, found.first, found.last_closed) == (1, (), None, None)
    assert [one.reference for one in found.around][1] == lead.reference
    assert found.counts == {"around": 2}


def test_reports_without_a_place_are_the_same_spot_where_they_share_an_address(db_, make_report):
    district = {"point": None, "area": "district:old-town", "address": "By the well"}
    with clock.stopped_at(NOON - timedelta(days=9)):
        old = make_report(**district)
        make_report(**(district | {"address": "By the oak"}))
    found = spot_of(db_, make_report(**district))
    assert [(one.reference, one.metres) for one in found.before] == [(old.reference, None)]
    assert found.around == ()


def test_a_clerk_is_told_of_no_report_that_is_kept_from_them(db_, make_report):
    change_service(db_, "street-light", visibility="private")
    hidden = at(make_report, 5, closed=False, db_=db_, service="street-light")
    this = at(make_report, 0, closed=False, db_=db_)
    assert spot_of(db_, this).around == ()
    seen = spot_of(db_, this, "supervisor").around
    assert [(one.reference, one.may_open) for one in seen] == [(hidden.reference, True)]


def test_a_spot_with_hundreds_is_counted_in_one_statement_and_listed_in_part(db_, database, make_report):
    this = make_report()
    base = {c.key: getattr(this, c.key) for c in Report.__table__.columns
            if c.key not in ("number", "place", "rank")}
    place = f"SRID=4326;POINT({HERE.long} {HERE.lat})"
    db_.execute(insert(Report), [base | {"id": uuid4(), "reference": f"AGAIN{n:03}", "place": place,
                                         "received_at": this.received_at - timedelta(days=1 + n % 300)}
                                 for n in range(300)])
    clerk, offer = staff_actor(db_, "streets"), catalog.catalog(db_)
    with counted(database) as asked:
        found = reports.spot(db_, clerk, this, HERE, list(offer.service_codes))
    assert len(asked) == 1
    assert (found.times, len(found.before)) == (301, 8)


@pytest.mark.parametrize("seed", [7])
def test_of_planted_chains_nearly_all_links_are_found_and_nearly_nothing_else(
    db_, make_report, seed
):
    """Spots as crossings lie, each with two to five times of one trouble, and another one near by."""
    rng = np.random.default_rng(seed)
    this = make_report()
    offer = catalog.catalog(db_)
    group = offer.services["pothole"].group
    family = [one.id for one in offer.services.values() if one.group == group]
    base = {c.key: getattr(this, c.key) for c in Report.__table__.columns
            if c.key not in ("number", "place", "rank")}
    rows, chain_of = [], {}
    for chain in range(CHAINS):
        spot = moved(HERE, (chain // 25) * 70 - 700, (chain % 25) * 70 - 875)
        planted = ((f"{chain}", int(rng.integers(2, 6))), (f"{chain}-off", int(rng.integers(0, 3))))
        for trouble, times in planted:
            angle, off = rng.uniform(0, 2 * math.pi), rng.uniform(22, 35) if "off" in trouble else 0.0
            stands = moved(spot, off * math.cos(angle), off * math.sin(angle))
            for _ in range(times):
                seen = moved(stands, *rng.normal(0, OFF_METRES, 2))
                reference = f"P{len(rows):07}"
                chain_of[reference] = trouble
                rows.append(base | {
                    "id": uuid4(), "reference": reference, "service_id": int(rng.choice(family)),
                    "place": f"SRID=4326;POINT({seen.long} {seen.lat})", "cell": geo.cell_of(seen),
                    "status": "closed", "closed_at": this.received_at, "outcome": "fixed",
                    "received_at": this.received_at - timedelta(days=rng.uniform(1, 300))})
    db_.execute(insert(Report), rows)
    made = {r.reference: r for r in db_.scalars(select(Report).where(Report.reference.in_(chain_of)))}
    clerk = staff_actor(db_, "supervisor")
    right = wrong = missed = 0
    for chain in range(CHAINS):
        members = [ref for ref, name in chain_of.items() if name == str(chain)]
        newest = max((made[ref] for ref in members), key=lambda one: one.received_at)
        found = reports.spot(db_, clerk, newest, reports.around(db_, newest, areas=False).point, family)
        told = {one.reference for one in found.before}
        truth = set(members) - {newest.reference}
        right, wrong = right + len(told & truth), wrong + len(told - truth)
        missed += len(truth - told)
    precision, recall = right / (right + wrong), right / (right + missed)
    sys.stdout.write(f"\n{CHAINS} chains, {len(rows)} reports: precision {precision:.3f}, "
                     f"recall {recall:.3f}")
    assert precision >= 0.95
    assert recall >= 0.9
