"""A rule book tried on past reports: what would move, which rules never decide. Nothing is changed."""

from __future__ import annotations

import pytest

from civicconnect import reports, routing
from civicconnect.geo import Point
from civicconnect.reports import replay
from civicconnect.routing import Near, Rule, RuleBook
from tests.counting import counted
from tests.factories import staff_actor
from tests.offers import make_plain
from tests.places import within

PLANTED = (
    Rule("holes", "water", frozenset({"pothole"})),
    Rule("deep-holes", "parks", frozenset({"pothole"}), areas=frozenset({"district:harbour"})),  # shadowed
    Rule("web-lamps", "parks", frozenset({"street-light"}), sources=frozenset({"web"})),
    Rule("lamps", "water", frozenset({"street-light"}), priorities=frozenset({"normal"})),  # in these reports
    Rule("by-night", "desk", frozenset({"pavement"}), sources=frozenset({"letter"})),  # never
    Rule("roads", "desk", frozenset({"tree"}), near=Near("rails", 20.0)),  # fails: no such layer
    Rule("tramway", "tramways", frozenset({"graffiti"})),  # fails: no such department
)


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def past(db_, make_report):
    harbour = within(db_, "harbour")
    for service, count in {"pothole": 3, "street-light": 2, "pavement": 1, "tree": 2, "graffiti": 1}.items():
        for n in range(count):
            make_report(service=service, point=harbour if n == 0 else Point(41.2, -33.4))


@pytest.mark.usefixtures("past")
def test_planted_rules_that_do_nothing_are_named(db_, moderator):
    found = replay(db_, moderator, RuleBook(2, PLANTED))
    said = {one.rule.code: one.says for one in found.rules}
    assert said == {"holes": "", "deep-holes": "shadowed", "web-lamps": "", "lamps": "shadowed",
                    "by-night": "never", "roads": "fails", "tramway": "fails"}
    told = {one.rule.code: one for one in found.rules}
    assert told["deep-holes"].shadow == "holes"  # whatever comes in
    assert (told["lamps"].shadow, dict(told["lamps"].takers)) == ("", {"web-lamps": 2})  # in these reports
    assert [fault.what for fault in told["roads"].faults] == ["layer"]
    assert (told["roads"].fails, told["tramway"].fails, found.caught) == (2, 1, 3)


@pytest.mark.usefixtures("past")
def test_what_would_move_is_counted_and_named_and_nothing_moves(db_, moderator):
    before = [(r.number, r.department_id, r.events) for r in db_.scalars(reports.public_reports([]))]
    found = replay(db_, moderator, RuleBook(2, PLANTED[:1]))
    assert found.asked == 9
    # The lamp and the roots at the harbour have rules of their own today, which the new book leaves out.
    assert found.moves["streets", "water"] == 3
    assert found.moves["water", "lighting"] == 1
    assert found.moved == sum(found.moves.values()) == len(found.sample)
    assert {m.after.department for m in found.sample if m.service == "pothole"} == {"water"}
    assert [(r.number, r.department_id, r.events) for r in db_.scalars(reports.public_reports([]))] == before


@pytest.mark.usefixtures("past")
def test_the_rules_in_force_move_nothing_by_themselves(db_, moderator):
    found = replay(db_, moderator, routing.rule_book(db_))
    assert (found.asked, found.moved, found.reasons, found.caught) == (9, 0, 0, 0)


@pytest.mark.usefixtures("past")
def test_only_the_last_ones_that_somebody_may_see_are_replayed(db_, moderator):
    book = routing.rule_book(db_)
    assert replay(db_, moderator, book, last=4).asked == 4
    assert replay(db_, moderator, book, last=0).asked == 0
    assert replay(db_, staff_actor(db_, "lighting"), book).asked == 1


def test_a_replay_asks_equally_often_however_many_there_are(database, db_, moderator, make_report):
    make_report()
    book = RuleBook(2, PLANTED)
    replay(db_, moderator, book)
    with counted(database) as few:
        replay(db_, moderator, book)
    for _ in range(20):
        make_report()
    with counted(database) as many:
        replay(db_, moderator, book)
    assert len(many) == len(few) <= 12


def test_reports_at_the_border_of_an_area_are_counted(db_, moderator, make_report):
    index = reports.desk(db_).areas
    harbour = next(shape for area, shape in zip(index.areas, index.shapes, strict=True)
                   if area.key == "district:harbour")
    (long, lat), *_ = harbour.geoms[0].exterior.coords
    at = make_report(service="seafront", point=Point(round(lat, 6), round(long, 6)))
    make_report(service="seafront", point=within(db_, "harbour"))
    make_report(service="pothole", point=Point(round(lat, 6), round(long, 6)))  # the rule asks for no holes
    rule = Rule("quays", "water", frozenset({"seafront"}), areas=frozenset({"district:harbour"}))
    [told] = replay(db_, moderator, RuleBook(2, (rule,))).rules
    assert (told.border, told.border_sample) == (1, [at.reference])
