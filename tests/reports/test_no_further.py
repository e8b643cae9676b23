"""What one department does reaches no further: not to others' reports, and no more is told than before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from civicconnect import catalog, clock, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.errors import Conflict, NotFound
from civicconnect.reports import NewPart, NewWork, ReportArea
from tests.factories import HERE, staff_actor


@pytest.fixture
def work(db_, staff):
    today = clock.now().date()
    return reports.plan_work(db_, staff, NewWork(
        "streets", "Resurfacing", "The street is made new.", today + timedelta(days=9),
        today + timedelta(days=20), ("pothole",), address="Mint Lane", points=(HERE,), reach=30))


@pytest.mark.parametrize("way", ["hand over", "service"])
def test_a_planned_work_lets_go_of_a_report_that_another_department_has(db_, staff, make_report, work, way):
    report = make_report()
    reports.cover(db_, staff, work.id, [report.reference], version=work.version,
                  read={report.reference: report.events})
    if way == "hand over":
        reports.hand_over(db_, staff, report.reference, "lighting", "It is a lamp.")
    else:
        reports.change_service(db_, staff, report.reference, "street-light")
    assert reports.work_of(db_, report.number) is None
    before = report.events
    reports.call_off(db_, staff, work.id, "No money.", version=work.version)
    assert report.events == before


def test_a_part_tells_no_more_of_the_place_than_its_parent(db_, make_report):
    boss = staff_actor(db_, "supervisor")
    parent = make_report()
    parent.place_told, parent.text_told = "rounded", False
    reports.recount(db_)
    parts = reports.split(db_, boss, parent.reference, [NewPart("pothole", "a"), NewPart("pothole", "b")])
    assert {(part.place_told, part.text_told) for part in parts} == {("rounded", False)}
    assert reports.squares_agree(db_)


def test_other_reports_of_a_person_are_told_only_within_one_s_areas(db_, staff, make_report):
    ana = ContactDetails(email="ana@home.example")
    one, other = make_report(contact=ana), make_report(contact=ana)
    inside = set(db_.scalars(select(ReportArea.area_id).where(ReportArea.report_number == one.number)))
    db_.execute(delete(ReportArea).where(ReportArea.report_number == other.number))
    limited = replace(staff, areas=frozenset(inside))
    with pytest.raises(NotFound):
        reports.find(db_, other.reference, limited)
    assert reports.circle(db_, limited, one).others == ()
    assert [seen.reference for seen in reports.circle(db_, staff, one).others] == [other.reference]


def test_what_is_settled_for_good_is_not_changed_by_another_service(db_, staff, make_report):
    boss, report = staff_actor(db_, "supervisor"), make_report()
    reports.settle_owner(db_, boss, report.reference, "streets", "It is theirs.")
    with pytest.raises(Conflict):
        reports.change_service(db_, staff, report.reference, "street-light")
    reports.change_service(db_, boss, report.reference, "street-light")
    offer = catalog.catalog(db_)
    assert offer.service_codes[reports.find(db_, report.reference, SYSTEM).service_id] == "street-light"


def test_a_round_of_another_department_is_not_renamed(db_, staff, make_report):
    person = int(staff.name.removeprefix("staff:"))
    day = clock.now().date() + timedelta(days=1)
    made = reports.make_round(db_, staff, "streets", day, person, name="North")
    made.department_id = catalog.catalog(db_).departments["lighting"].id
    db_.flush()
    with pytest.raises(Conflict):
        reports.make_round(db_, staff, "streets", day, person, name="South")
    assert made.name == "North"
