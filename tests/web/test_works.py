"""Planned works on the pages: written down, filled with reports, moved, done; and what residents see."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import insert, select, update

from civicconnect import reports
from civicconnect.accounts import Staff
from civicconnect.accounts.models import staff_area
from civicconnect.geo import Point, area_index
from tests.counting import counted
from tests.factories import HERE, RESIDENT, new_report
from tests.offers import make_plain

FORM = {"title": "Resurfacing", "words": "New asphalt.", "begins": "2100-05-03", "ends": "2100-05-21",
        "service": "pothole", "address": "41.2, -33.4\n41.2, -33.397", "along": "line", "reach": "30"}
MIDDLE = Point(HERE.lat + 0.0001, HERE.long + 0.0015)


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def clerk(signed_in):
    return signed_in("streets")


@pytest.fixture
def address(clerk):
    done = clerk.post("/staff/works", clerk.get("/staff/works/new").form("/staff/works") | FORM)
    assert done.status == 303
    return done.answer.headers["Location"].removeprefix("/en")


def test_a_work_is_written_down_covers_what_it_reaches_moves_and_closes_it(
        clerk, address, make_report, visitor, db_):
    report, other = make_report(), make_report(point=MIDDLE)
    page = clerk.get(address)
    assert (report.reference in page.words, other.reference in page.words) == (True, True)
    fields = page.form("/cover") | {"report": report.reference}
    assert clerk.post(f"{address}/cover", fields | {"others": other.reference}).status == 303
    assert "2 reports covered" in clerk.get(address).words
    public = visitor.get(f"/reports/{report.reference}").words
    assert "Part of planned work: Resurfacing · May 3, 2100 to May 21, 2100" in public
    fields = clerk.get(f"{address}/change").form("/change") | {"service": "pothole", "begins": "2100-05-10"}
    assert clerk.post(f"{address}/change", fields).status == 303
    assert "Planned for May 10, 2100" in visitor.get(f"/reports/{other.reference}").words
    page = clerk.get(address)
    fields = page.form("/finish") | {"report": report.reference, "outcome": "fixed", "reason": "It lies."}
    assert clerk.post(f"{address}/finish", fields).status == 303
    assert "Part of planned work: Resurfacing · done" in visitor.get(f"/reports/{report.reference}").words
    assert "Part of planned work" not in visitor.get(f"/reports/{other.reference}").words
    assert "Resurfacing" in clerk.get("/staff/works").words
    assert clerk.post(f"{address}/finish", fields).status == 409


def test_what_a_work_lacks_stands_beside_its_field_and_nothing_typed_is_lost(clerk):
    fields = clerk.get("/staff/works/new").form("/staff/works") | FORM
    for wrong, said in (({"address": "Nowhere at all 99999 Zzyzx"}, "No place was found"),
                        ({"begins": "soon"}, "Give the first day"), ({"reach": "²"}, "Give a distance"),
                        ({"address": ""}, "Choose an area, or name up to 20 places")):
        page = clerk.post("/staff/works", fields | wrong)
        assert (page.status, said in page.words) == (422, True), wrong
        assert page.form("/staff/works")["title"] == "Resurfacing"


def test_a_refused_covering_says_which_and_why(clerk, address, make_report):
    lamp = make_report(service="street-light")
    page = clerk.post(f"{address}/cover", clerk.get(address).form("/cover") | {"others": lamp.reference})
    assert (page.status, f"{lamp.reference}: There is no such report here." in page.words) == (422, True)
    page = clerk.post(f"{address}/cover", clerk.get(address).form("/cover") | {"others": ""})
    assert "Choose at least one report, and at most 300." in page.words
    page = clerk.post(f"{address}/call-off", clerk.get(address).form("/call-off"))
    assert (page.status, "Tell the residents why" in page.words) == (422, True)


def test_whoever_is_about_to_report_there_reads_what_is_planned(clerk, address, visitor):
    there = "/report?lat=41.20005&long=-33.3985&service={}"
    assert "Planned here already: Resurfacing" in visitor.get(there.format("pothole")).words
    assert "Planned here already" not in visitor.get(there.format("street-light")).words


def test_a_work_is_for_its_own_department(signed_in, visitor, address):
    other = signed_in("lighting")
    assert "Resurfacing" not in other.get("/staff/works").words
    for page in ("", "/change"):
        assert other.get(address + page).status == 404
        assert visitor.get(address + page).status == 302
    token = other.get("/staff/queue").form("/sign-out")
    for verb in ("cover", "uncover", "finish", "call-off", "change"):
        assert other.post(f"{address}/{verb}", token | FORM | {"report": "X", "reason": "x"}).status == 404


def test_the_page_of_a_work_asks_as_often_whatever_it_covers(clerk, address, db_, staff, database):
    def statements():
        with counted(database) as asked:
            page = clerk.get(address)
        return page.words, len(asked)

    def cover(count):
        made = [reports.submit(db_, RESIDENT, new_report()).reference for _ in range(count)]
        reports.cover(db_, staff, reports.works_for(db_, staff)[0][0].id, made)

    cover(1)
    _, few = statements()
    cover(4)
    words, many = statements()
    assert "5 reports covered" in words
    assert many <= few + 1


def test_a_second_click_shows_the_work_that_the_first_one_made(clerk, db_, staff):
    fields = clerk.get("/staff/works/new").form("/staff/works") | FORM
    first, second = (clerk.post("/staff/works", fields) for _ in range(2))
    assert first.answer.headers["Location"] == second.answer.headers["Location"]
    assert len(reports.works_for(db_, staff)) == 1
    page = clerk.post("/staff/works", fields | {"title": "Another"})
    assert (page.status, "already sent with other words" in page.words) == (409, True)
    refused = clerk.get("/staff/works/new").form("/staff/works") | FORM | {"reach": "1"}
    again = clerk.post("/staff/works", refused).form("/staff/works") | FORM
    assert again["form"] == refused["form"]
    assert clerk.post("/staff/works", again).status == 303
    for odd in ("", "x" * 5000, fields["form"].upper()):
        assert clerk.post("/staff/works", fields | {"form": odd}).status == 303, odd
    assert len(reports.works_for(db_, staff)) == 4


def test_who_works_in_some_areas_finds_no_work_elsewhere_and_is_offered_only_theirs(clerk, address, db_):
    wards = [area for area in area_index(db_).areas if area.layer == "ward"]
    there = next(area for area in wards if area in area_index(db_).of_many([HERE], [date(2026, 11, 23)])[0])
    person = db_.scalars(select(Staff.id).where(Staff.email.like("streets@%"))).one()
    db_.execute(insert(staff_area), [{"staff_id": person, "layer": "ward", "code": there.code}])
    offered = [e.get("value") for e in clerk.get("/staff/works/new").tree.iter("option")
               if (e.get("value") or "").startswith("ward:")]
    assert offered == [there.key]
    assert "Change the work or its days" in clerk.get(address).words
    db_.execute(update(staff_area).values(code=next(area.code for area in wards if area != there)))
    assert clerk.get(address).status == 404
    assert "Resurfacing" not in clerk.get("/staff/works").words
