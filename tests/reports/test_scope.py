"""Who sees which report: their departments' and, where they have any, only in their areas."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, select

from civicconnect import accounts, queue, reports
from civicconnect.accounts import Staff
from civicconnect.accounts.models import staff_area
from civicconnect.catalog import catalog
from civicconnect.errors import NotAllowed, NotFound
from civicconnect.geo import Area
from civicconnect.reports import Filter, ReportArea
from tests.counting import counted
from tests.factories import Staff as Somebody
from tests.factories import staff_actor


def areas_of(db_, report):
    """Return the areas a report lies in, as layer and code."""
    asked = select(Area.layer, Area.code).join(ReportArea).where(ReportArea.report_number == report.number)
    return dict(db_.execute(asked).tuples().all())


@pytest.fixture
def limit(db_):
    """Limit somebody to some areas, and return them as an actor."""
    def one(who, *areas):
        person = db_.scalar(select(Staff.id).where(Staff.email == Somebody.named(who).email))
        db_.execute(delete(staff_area).where(staff_area.c.staff_id == person))
        if areas:
            db_.execute(insert(staff_area), [{"staff_id": person, "layer": layer, "code": code}
                                             for layer, code in areas])
        return staff_actor(db_, who)
    return one


@pytest.mark.parametrize("who", ["streets", "supervisor"])
def test_somebody_with_areas_sees_the_reports_in_them_alone(db_, make_report, limit, who):
    report = make_report()
    ward = areas_of(db_, report)["ward"]
    other = db_.scalars(select(Area.code).where(Area.layer == "ward", Area.code != ward)).first()
    offer = catalog(db_)
    for areas, seen in (((), True), ((("ward", ward),), True), ((("ward", ward), ("ward", other)), True),
                        ((("ward", other),), False), ((("ward", "no such ward"),), False)):
        me = limit(who, *areas)
        assert bool(reports.visible_among(db_, me, [report.number])) is seen, areas
        for status in ("", "all", "received"):
            work = queue.worklist(db_, me, queue.Desk(Filter(status=status)), offer)
            assert (work.total, len(work.lines)) == (seen, seen), (areas, status)
        if not seen:
            with pytest.raises(NotFound):
                reports.find(db_, report.reference, me)


def test_an_area_does_not_reach_into_another_department(db_, make_report, limit):
    report = make_report()
    me = limit("lighting", ("ward", areas_of(db_, report)["ward"]))
    assert not reports.visible_among(db_, me, [report.number])


def test_an_area_drawn_anew_stays_the_same_area(db_, make_report, limit):
    report = make_report()
    ward = areas_of(db_, report)["ward"]
    old = db_.scalars(select(Area).where(Area.layer == "ward", Area.code == ward)).one()
    me = limit("streets", ("ward", ward))
    drawn = {c.name: getattr(old, c.name) for c in Area.__table__.columns if c.name != "id"}
    db_.add(Area(**drawn))
    db_.flush()
    now = staff_actor(db_, "streets")
    assert len(now.areas) == 2
    assert now.areas > me.areas
    assert reports.visible_among(db_, now, [report.number])


def test_who_somebody_is_costs_one_statement(db_, database, limit):
    me = limit("streets", ("ward", "east"), ("ward", "west"), ("district", "harbour"))
    with counted(database) as seen:
        accounts.actor_of(db_, int(me.name.removeprefix("staff:")))
    assert len(seen) == 1


def test_a_report_broken_open_is_seen_by_that_person_alone(db_, make_report):
    report = make_report()
    lighting = staff_actor(db_, "lighting")
    opened = replace(lighting, opened=frozenset({report.number}))
    assert reports.find(db_, report.reference, opened) is report
    assert queue.worklist(db_, opened, queue.Desk(), catalog(db_)).total == 0
    with pytest.raises(NotFound):
        reports.find(db_, report.reference, lighting)


def test_only_who_may_see_contact_details_is_shown_them(db_, make_report):
    report = make_report(contact=accounts.ContactDetails(email="ana@home.example"))
    clerk = staff_actor(db_, "streets")
    assert reports.contact(db_, clerk, report.reference).email == "ana@home.example"
    with pytest.raises(NotAllowed):
        reports.contact(db_, replace(clerk, permissions=clerk.permissions - {"contact"}), report.reference)

