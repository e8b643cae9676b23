"""Planned works: which reports they reach, one date and one answer for all, and everybody told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from civicconnect import clock, db, reports
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.geo import Point, area_index, metres_to_line
from civicconnect.reports import NewWork
from tests.factories import HERE, staff_actor
from tests.reports.test_family import at_once, joins, mail, post, words  # noqa: F401  a fixture among them

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EAST = Point(HERE.lat, HERE.long + 0.003)  # some 250 metres along the street
MIDDLE = Point(HERE.lat + 0.0001, HERE.long + 0.0015)  # 11 metres beside it
MAY = NewWork("streets", "Resurfacing of Test Street", "New asphalt from house to house.", date(2027, 5, 3),
              date(2027, 5, 21), ("pothole", "pavement"), address="1 Test Street\n99 Test Street",
              points=(HERE, EAST), is_line=True, reach=30)


@pytest.fixture(autouse=True)
def monday():
    with clock.stopped_at(MONDAY):
        yield


@pytest.fixture
def work(db_, staff):
    return reports.plan_work(db_, staff, MAY)


@pytest.fixture
def two(db_, make_report):
    one = make_report(contact=mail("ana"))
    other = make_report(point=MIDDLE, contact=mail("bea"), language="es")
    joins(db_, other, "ana")
    return [one, other]


def cover(db_, staff, work, two):
    return reports.cover(db_, staff, work.id, [one.reference for one in two], version=work.version,
                         read={one.reference: one.events for one in two})


def test_a_line_reaches_what_lies_beside_it_and_points_do_not_reach_between():
    assert metres_to_line(MIDDLE, [HERE, EAST]) == pytest.approx(11.1, abs=0.2)
    assert metres_to_line(MIDDLE, [HERE]) > 100
    assert metres_to_line(HERE, [HERE, HERE]) == 0


def test_open_reports_in_reach_and_of_its_services_are_suggested(db_, staff, work, two, make_report):
    make_report(point=Point(HERE.lat + 0.001, HERE.long))  # 111 metres off
    make_report(service="street-light")
    done = make_report()
    reports.transition(db_, staff, done.reference, "close", {"outcome": "fixed"})
    assert reports.suggested(db_, staff, work) == two
    apart = reports.plan_work(db_, staff, replace(MAY, is_line=False))
    assert reports.suggested(db_, staff, apart) == two[:1]
    area = reports.areas_of(db_, [two[0].number])[two[0].number][-1].key
    whole = reports.plan_work(db_, staff, replace(MAY, area=area, points=(), address=""))
    assert set(reports.suggested(db_, staff, whole)) > set(two)


def test_covering_plans_the_reports_for_its_first_day_and_tells_everybody_once(db_, staff, work, two, post):  # noqa: F811  a fixture
    post()
    cover(db_, staff, work, two)
    sent = post()
    assert sent.to == ["ana@home.example", "bea@home.example"]
    ana = next(letter for letter in sent.letters if letter["To"].startswith("ana"))
    assert two[0].reference in ana["Subject"]
    assert "Planned for: May 3, 2027" in words(ana)
    assert "> Resurfacing of Test Street. New asphalt" in words(ana)
    assert [one.status for one in two] == ["planned", "planned"]
    assert reports.work_of(db_, two[1].number).id == work.id
    assert reports.suggested(db_, staff, work) == []
    with pytest.raises(Invalid, match="covers it already"):
        reports.cover(db_, staff, work.id, [two[0].reference])


def test_another_first_day_moves_all_that_wait_for_it_and_tells_everybody_once(db_, staff, work, two, post):  # noqa: F811  a fixture
    cover(db_, staff, work, two)
    reports.transition(db_, staff, two[1].reference, "start")
    post()
    later = replace(MAY, begins=date(2027, 6, 1), ends=date(2027, 6, 20))
    _, moved = reports.change_work(db_, staff, work.id, later, version=work.version)
    assert moved == 1  # on the other one they work already
    sent = post()
    assert sent.to == ["ana@home.example"]
    assert "Planned for: Jun 1, 2027" in words(sent.letters[0])
    reports.change_work(db_, staff, work.id, replace(later, words="Asphalt and kerbs."))
    assert post().letters == []


def test_finishing_closes_the_chosen_ones_and_lets_the_others_go(db_, staff, work, two, make_report, post):  # noqa: F811  a fixture
    third = make_report(contact=mail("caio"))
    cover(db_, staff, work, [*two, third])
    post()
    closed = reports.finish(db_, staff, work.id, [one.reference for one in two],
                            {"outcome": "fixed", "reason": "New asphalt lies there."})
    assert [(one.status, one.outcome) for one in closed] == [("closed", "fixed")] * 2
    assert post().to == ["ana@home.example", "bea@home.example"]
    assert (work.state, third.status, reports.work_of(db_, third.number)) == ("done", "planned", None)
    assert reports.work_of(db_, two[0].number).id == work.id
    again = reports.plan_work(db_, staff, MAY)
    reports.transition(db_, staff, two[0].reference, "reopen", {"reason": "It sank."})
    reports.cover(db_, staff, again.id, [two[0].reference])
    assert reports.work_of(db_, two[0].number).id == again.id


def test_what_is_called_off_is_told_once_with_its_reason(db_, staff, work, two, post):  # noqa: F811  a fixture
    cover(db_, staff, work, two)
    post()
    with pytest.raises(Invalid, match="why"):
        reports.call_off(db_, staff, work.id, " ")
    reports.call_off(db_, staff, work.id, "There is no money this year.")
    sent = post()
    assert sent.to == ["ana@home.example", "bea@home.example"]
    assert [one.status for one in two] == ["accepted", "accepted"]
    assert (work.state, reports.work_of(db_, two[0].number)) == ("called_off", None)
    with pytest.raises(Conflict, match="over"):
        cover(db_, staff, work, two)


def test_a_report_is_taken_out_with_a_reason(db_, staff, work, two):
    cover(db_, staff, work, two)
    with pytest.raises(Invalid, match="reason"):
        reports.uncover(db_, staff, work.id, two[0].reference, "")
    reports.uncover(db_, staff, work.id, two[0].reference, "It is another street.")
    assert (two[0].status, reports.work_of(db_, two[0].number)) == ("accepted", None)


@pytest.mark.parametrize(("wrong", "field"), [
    ({"title": " "}, "title"), ({"title": "x" * 121}, "title"), ({"words": ""}, "words"),
    ({"words": "x" * 1801}, "words"), ({"begins": None}, "begins"), ({"ends": None}, "ends"),
    ({"ends": date(2027, 5, 2)}, "ends"), ({"begins": date(2020, 1, 1), "ends": date(2020, 1, 2)}, "ends"),
    ({"services": ("nothing",)}, "services"), ({"points": ()}, "address"), ({"area": "ward:1"}, "address"),
    ({"area": "ward:nowhere", "points": ()}, "area"), ({"reach": 4}, "reach"), ({"reach": 501}, "reach"),
    ({"department": "lighting"}, "department"), ({"points": (HERE,) * 21}, "address"),
])
def test_what_a_work_lacks_is_said_beside_its_field(db_, staff, wrong, field):
    with pytest.raises(Invalid) as fault:
        reports.plan_work(db_, staff, replace(MAY, **wrong))
    assert field in fault.value.fields


def test_a_work_is_its_department_s_and_its_last_change_must_have_been_seen(
        db_, staff, moderator, work, two, make_report):
    lamp = make_report(service="street-light")
    with pytest.raises(Invalid, match="no such report"):
        reports.cover(db_, staff, work.id, [lamp.reference])
    assert [one for one, _ in reports.works_for(db_, moderator)] == [work]
    theirs = reports.plan_work(db_, moderator, replace(MAY, department="lighting"))
    with pytest.raises(NotFound):
        reports.find_work(db_, staff, theirs.id)
    reports.change_work(db_, staff, work.id, replace(MAY, title="Asphalt"))
    with pytest.raises(Conflict, match="changed this work"):
        reports.cover(db_, staff, work.id, [two[0].reference], version=1)
    with pytest.raises(Invalid, match="Someone else changed this report"):
        reports.cover(db_, staff, work.id, [two[0].reference], read={two[0].reference: 1})


def test_whoever_is_about_to_report_is_told_of_what_is_planned_there(db_, staff, work):
    hole = reports.desk(db_).catalog.services["pothole"].id
    lamp = reports.desk(db_).catalog.services["street-light"].id
    today = MONDAY.date()
    assert reports.works_at(db_, MIDDLE, hole, [], today) == [work]
    assert reports.works_at(db_, MIDDLE, lamp, [], today) == []
    assert reports.works_at(db_, Point(HERE.lat + 0.001, HERE.long), hole, [], today) == []
    assert reports.works_at(db_, MIDDLE, hole, [], date(2027, 5, 22)) == []


# Only in some areas

@pytest.fixture
def limited(db_, staff, two):
    """The same clerk, limited to the ward the reports lie in, and to another."""
    number = two[0].number
    ward = next(area for area in reports.areas_of(db_, [number])[number] if area.layer == "ward")
    index = area_index(db_)
    other = next(area for area in index.areas if area.layer == "ward" and area.id != ward.id)
    return replace(staff, areas=frozenset({ward.id})), replace(staff, areas=frozenset({other.id}))


def test_who_works_in_some_areas_sees_and_makes_only_the_works_in_them(db_, limited, staff, work):
    here, elsewhere = limited
    assert [one for one, _ in reports.works_for(db_, here)] == [work]
    assert reports.works_for(db_, elsewhere) == []
    with pytest.raises(NotFound):
        reports.find_work(db_, elsewhere, work.id)
    assert reports.plan_work(db_, here, MAY).id
    with pytest.raises(Invalid) as fault:
        reports.plan_work(db_, elsewhere, MAY)
    assert list(fault.value.fields) == ["address"]
    mine = next(f"ward:{area.code}" for area in area_index(db_).areas if area.id in here.areas)
    whole = replace(MAY, area=mine, points=(), address="")
    assert reports.plan_work(db_, here, whole).area == mine
    with pytest.raises(Invalid) as fault:
        reports.plan_work(db_, elsewhere, whole)
    assert list(fault.value.fields) == ["area"]
    assert [one.area for one, _ in reports.works_for(db_, elsewhere)] == []


@pytest.mark.parametrize(("times", "is_line"), [(1, False), (2, False), (1, True), (2, True), (3, True)])
def test_one_place_written_several_times_is_one_place_also_as_a_line(db_, limited, times, is_line):
    here, elsewhere = limited
    one = replace(MAY, area="", points=MAY.points[:1] * times, is_line=is_line)
    assert reports.plan_work(db_, here, one).id
    with pytest.raises(Invalid):
        reports.plan_work(db_, elsewhere, one)


def test_a_work_that_reaches_beyond_one_s_areas_is_seen_and_changed_by_others(
        db_, limited, staff, moderator, two):
    here, elsewhere = limited
    index = area_index(db_)
    there = next(shape for area, shape in zip(index.areas, index.shapes, strict=True)
                 if area.id in elsewhere.areas).representative_point()
    work = reports.plan_work(db_, staff, replace(MAY, points=(HERE, Point(there.y, there.x)), is_line=False))
    for me in (here, elsewhere):
        assert [one for one, _ in reports.works_for(db_, me)] == [work]
        assert not reports.lies_within(db_, me, work)
        for change in (lambda me: reports.change_work(db_, me, work.id, MAY),
                       lambda me: reports.finish(db_, me, work.id, [], {"outcome": "fixed"}),
                       lambda me: reports.call_off(db_, me, work.id, "No.")):
            with pytest.raises(NotAllowed):
                change(me)
    with pytest.raises(Invalid, match="no such report"):
        cover(db_, elsewhere, work, two[:1])
    cover(db_, here, work, two[:1])
    assert [count for _, count in reports.works_for(db_, here)] == [1]
    assert [count for _, count in reports.works_for(db_, elsewhere)] == [0]


def test_a_work_elsewhere_that_covers_a_report_of_one_s_area_is_seen_too(db_, limited, staff, two):
    here, elsewhere = limited
    other = next(f"ward:{area.code}" for area in area_index(db_).areas if area.id in elsewhere.areas)
    work = reports.plan_work(db_, staff, replace(MAY, area=other, points=(), address=""))
    assert reports.works_for(db_, here) == []
    cover(db_, staff, work, two[:1])
    assert reports.find_work(db_, here, work.id) is work
    with pytest.raises(NotAllowed):
        reports.call_off(db_, here, work.id, "No.")
    reports.uncover(db_, here, work.id, two[0].reference, "It is done already.")
    assert reports.works_for(db_, here) == []


def test_two_clicks_at_one_instant_make_one_work(own_database):
    with db.transaction() as change:
        clerk = staff_actor(change, "streets")
    form = str(uuid4())

    def click(change):
        reports.once(change, clerk, form, MAY.title, lambda: reports.plan_work(change, clerk, MAY).id)

    assert at_once(click, click) == [None, None]
    with db.reading() as view:
        assert len(reports.works_for(view, clerk)) == 1
