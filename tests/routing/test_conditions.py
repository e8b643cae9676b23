"""Everything a rule may ask for: whether it holds, what is said of it, and how it is read and written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st

from civicconnect import geo, reports, routing
from civicconnect.errors import Conflict
from civicconnect.geo import Nearby
from civicconnect.routing import DAYS, SOURCES, Case, Near, Rule, RuleBook, World, changes, is_span, shadows
from civicconnect.routing.models import RuleRow, VersionRow
from tests.places import within

ROADS = {"roads": {"county", "city"}}
WORLD = World(frozenset({"desk", "streets", "water", "parks"}), {
    "hole": {"size": {"small", "large"}, "where": {"road", "path"}}, "tree": {"where": {"road", "park"}}},
    frozenset({"ward:1", "ward:2", "district:old"}), ROADS)
CASE = Case("hole", ("ward:1", "district:old"), {"size": "large", "where": "path,road"}, "high", "call",
            "2026-11-28 23:30", {"roads": Nearby("roads", "a1", "county", "A 1", 12.0)})


def decide(*rules, case=CASE, world=WORLD):
    return RuleBook(3, rules).decide(case, world, "streets", "desk")


@pytest.mark.parametrize(("asks", "holds", "matched"), [
    ({"areas": {"ward:2", "district:old"}}, True, {"area": "district:old"}),
    ({"areas": {"ward:2"}}, False, {}),
    ({"services": {"tree", "hole"}}, True, {"service": "hole"}),
    ({"answers": {"size": {"small", "large"}}}, True, {"answer size": "large"}),
    ({"answers": {"where": {"road"}}}, True, {"answer where": "road"}),  # one of several that were chosen
    ({"answers": {"size": {"large"}, "where": {"road"}}}, True,
     {"answer size": "large", "answer where": "road"}),
    ({"answers": {"size": {"small"}, "where": {"road"}}}, False, {}),
    ({"near": Near("roads", 12)}, True, {"near": "roads", "owner": "", "metres": 12}),
    ({"near": Near("roads", 20, "county")}, True, {"near": "roads", "owner": "county", "metres": 20}),
    ({"near": Near("roads", 20, "city")}, False, {}),
    ({"near": Near("roads", 11.9)}, False, {}),
    ({"hours": ("22:00-06:00",)}, True, {"time": "23:30"}),
    ({"hours": ("06:00-22:00", "23:30-23:31")}, True, {"time": "23:30"}),
    ({"hours": ("23:31-24:00",)}, False, {}),
    ({"days": {"sat", "sun"}}, True, {"day": "sat"}),
    ({"days": {"fri"}}, False, {}),
    ({"sources": {"call", "web"}}, True, {"source": "call"}),
    ({"sources": {"partner"}}, False, {}),
    ({"priorities": {"high", "urgent"}}, True, {"priority": "high"}),
    ({"priorities": {"low"}}, False, {}),
])
def test_each_condition_holds_or_not_and_says_what_of_the_report_it_met(asks, holds, matched):
    frozen = {key: frozenset(value) if isinstance(value, set) else value for key, value in asks.items()}
    decision = decide(Rule("mine", "water", **frozen))
    assert (decision.rule == "mine") is holds
    if holds:
        assert decision.matched == matched


def test_what_is_kept_of_a_place_nearby_tells_no_more_than_the_rule():
    facts = decide(Rule("mine", "water", near=Near("roads", 20, "county"))).facts
    assert "A 1" not in str(facts)
    assert "12" not in str(facts["matched"])


def test_without_a_time_or_a_place_their_conditions_do_not_hold():
    bare = replace(CASE, wall="", near={})
    for rule in (Rule("mine", "water", hours=("00:00-24:00",)), Rule("mine", "water", days=frozenset(DAYS)),
                 Rule("mine", "water", near=Near("roads", 1000))):
        assert decide(rule, case=bare).rule == "service"


# A rule that fails

@pytest.mark.parametrize(("rule", "what", "value"), [
    (Rule("mine", "tramways"), "department", "tramways"),
    (Rule("mine", "water", areas=frozenset({"ward:9"})), "area", "ward:9"),
    (Rule("mine", "water", frozenset({"hole"}), answers={"colour": frozenset({"red"})}),
     "answer", "colour=red"),
    (Rule("mine", "water", near=Near("rails", 20)), "layer", "rails"),
    (Rule("mine", "water", unreadable=True), "unreadable", ""),
])
def test_what_a_rule_that_fails_might_have_taken_reaches_the_catch_all(rule, what, value):
    decision = decide(rule, Rule("next", "parks"))
    assert (decision.department, decision.rule) == ("desk", "catch-all")
    assert decision.facts["failed"] == {"rule": "mine", "what": what, "value": value}


@pytest.mark.parametrize("rule", [
    Rule("mine", "tramways", frozenset({"tree"})),
    Rule("mine", "water", frozenset({"tree"}), near=Near("rails", 5)),
    Rule("mine", "tramways", areas=frozenset({"ward:2"})), Rule("mine", "tramways", days=frozenset({"mon"})),
    Rule("mine", "water", near=Near("rails", 5), sources=frozenset({"web"})),
])
def test_a_rule_that_plainly_does_not_fit_fails_over_nothing(rule):
    assert decide(rule, Rule("next", "parks")).rule == "next"


def test_one_lost_area_of_several_fails_only_where_no_other_holds():
    rule = Rule("mine", "water", areas=frozenset({"ward:9", "ward:1"}))
    assert decide(rule).rule == "mine"
    assert decide(rule, case=replace(CASE, areas=("ward:2",))).failed.fault.value == "ward:9"


@pytest.mark.parametrize(("column", "kept"), [
    ("conditions", ["near"]), ("conditions", {"near": {"metres": 5}}),
    ("conditions", {"near": {"layer": 1, "metres": 5}}),
    ("conditions", {"days": "sat"}), ("conditions", {"moon": "full"}), ("conditions", {"hours": [22]}),
    ("conditions", {"answers": [{"question": "size"}]}), ("services", {"a": 1}), ("answers", ["size"]),
    ("conditions", {"near": {"layer": "roads", "metres": "far"}}),
])
def test_a_row_that_makes_no_sense_fails_and_is_no_error(db_, make_report, column, kept):
    routing.load(db_, (Rule("mine", "water"),))
    row = db_.query(RuleRow).filter_by(code="mine").one()
    setattr(row, column, kept)
    db_.flush()
    report = make_report()
    assert report.why["failed"] == {"rule": "mine", "what": "unreadable", "value": ""}


@pytest.mark.parametrize(("text", "is_one"), [
    ("22:00-06:00", True), ("00:00-24:00", True), ("24:00-06:00", False), ("22:00-24:30", False),
    ("22-6", False), ("", False), ("08:00-08:00", False), ("08:00-25:00", False), ("08:60-09:00", False),
])
def test_a_span_of_the_day(text, is_one):
    assert is_span(text) is is_one


# Rules that never decide

@pytest.mark.parametrize(("earlier", "later", "takes"), [
    (Rule("a", "water"), Rule("b", "parks", frozenset({"hole"})), True),
    (Rule("a", "water", frozenset({"hole"})), Rule("b", "parks"), False),
    (Rule("a", "water", hours=("20:00-08:00",)),
     Rule("b", "parks", hours=("22:00-23:00", "01:00-02:00")), True),
    (Rule("a", "water", hours=("20:00-22:30",)), Rule("b", "parks", hours=("22:00-23:00",)), False),
    (Rule("a", "water", near=Near("roads", 50)), Rule("b", "parks", near=Near("roads", 20, "city")), True),
    (Rule("a", "water", near=Near("roads", 50, "city")), Rule("b", "parks", near=Near("roads", 20)), False),
    (Rule("a", "water", answers={"size": frozenset({"small", "large"})}),
     Rule("b", "parks", answers={"size": frozenset({"small"}), "where": frozenset({"road"})}), True),
    (Rule("a", "tramways"), Rule("b", "parks"), False),  # it fails, and takes nothing
])
def test_an_earlier_rule_takes_all_that_could_fit_a_later_one(earlier, later, takes):
    assert shadows((earlier, later), WORLD) == ({"b": "a"} if takes else {})


# Read and written

some = st.frozensets
rules = st.builds(
    Rule, st.from_regex(r"[a-z]{1,9}", fullmatch=True).filter(lambda c: c != "service"),
    st.sampled_from(["desk", "water"]),
    some(st.sampled_from(["hole", "tree"])), some(st.sampled_from(["ward:1", "ward:2", "district:old"])),
    st.dictionaries(st.sampled_from(["where"]), some(st.just("road"), min_size=1), max_size=1),
    st.one_of(st.none(), st.builds(Near, st.just("roads"), st.integers(1, 1000).map(float),
                                   st.sampled_from(["", "city"]))),
    st.lists(st.sampled_from(["22:00-06:00", "08:00-24:00"]), unique=True).map(tuple),
    some(st.sampled_from(DAYS)), some(st.sampled_from(SOURCES)),
    some(st.sampled_from(["low", "normal", "high", "urgent"])), st.sampled_from(["", "Why \"so\"?\nÄ"]))


@settings(deadline=None, max_examples=50)
@example(st.lists(rules, max_size=4, unique_by=lambda rule: rule.code))
def test_rules_come_back_from_the_folder_as_they_were(made):
    files = routing.spell(tuple(made))
    again, faults = routing.check(files, WORLD)
    assert (again, faults) == (tuple(made), [])
    assert routing.spell(again) == files


def test_rules_come_back_from_the_database_with_every_condition(db_):
    rule = Rule("mine", "water", frozenset({"hole"}), frozenset({"ward:1", "ward:2"}),
                {"size": frozenset({"small", "large"}), "where": frozenset({"road"})},
                Near("roads", 20.0, "city"), ("22:00-06:00",), frozenset({"sat"}), frozenset({"call"}),
                frozenset({"high"}), "Why.")
    book = (rule, Rule("old", "water", areas=frozenset({"ward:1"}), answers={"where": frozenset({"road"})}))
    routing.load(db_, book)
    db_.expunge_all()
    assert routing.rule_book(db_).rules == book


def test_an_old_file_reads_as_it_did():
    text = b"""[[rule]]
code = "mine"
department = "water"
services = ["hole"]
area = "ward:1"
answers.question = "size"
answers.option = "large"
"""
    (rule,), faults = routing.check({"rules.toml": text}, WORLD)
    assert faults == []
    assert rule == Rule("mine", "water", frozenset({"hole"}), frozenset({"ward:1"}), {"size": {"large"}})
    assert text.strip() in routing.spell((rule,))["rules.toml"]  # and is written so again


@pytest.mark.parametrize(("line", "words"), [
    ('department = "moon"', "no department is called 'moon'."),
    ('services = ["hoel"]', "no service is called 'hoel'."),
    ('areas = ["ward:1", "ward:9"]', "no area is called 'ward:9'; write layer:code."),
    ('answers = [{question = "size", options = ["huge"]}]',
     "no service of its asks 'size' with the option 'huge'."),
    ('answers = [{question = "size"}]', "Name the option"),
    ('near = {layer = "rails", metres = 5}', "there is no layer of things called 'rails'."),
    ('near = {layer = "roads", metres = 5, owner = "moon"}', "nothing in that layer belongs to 'moon'."),
    ('near = {layer = "roads", metres = 0}', "a distance is 1 to 1000 metres, not '0'."),
    ('near = {layer = "roads", metres = nan}', ""),
    ('near = {layer = "roads", metres = "far"}', "valid number"),
    ('near = {layer = "roads"}', "Missing data"),
    ('hours = ["22-6"]', "write a time as 22:00-06:00, not '22-6'."),
    ('hours = "22:00-06:00"', "Not a valid list"),
    ('days = ["saturday"]', "a day is one of mon, tue"),
    ('sources = ["pigeon"]', "no report comes in by 'pigeon'."),
    ('priorities = ["asap"]', "a priority is one of low"), ('moon = "full"', "Unknown field"),
])
def test_what_is_wrong_with_a_rule_is_told_with_its_line(line, words):
    text = f'# Rules.\n\n[[rule]]\ncode = "fine"\ndepartment = "desk"\n\n[[rule]]\ncode = "mine"\n{line}\n'
    text += "" if "department" in line else 'department = "desk"\n'
    _, faults = routing.check({"rules.toml": text.encode()}, WORLD)
    assert len(faults) == 1
    assert faults[0].startswith("rules.toml, [[rule]] mine")
    assert "(line 7): " in faults[0]
    assert words in faults[0]


def test_no_rule_is_called_as_what_decides_without_one():
    _, faults = routing.check({"rules.toml": b'[[rule]]\ncode = "catch-all"\ndepartment = "desk"\n'}, WORLD)
    assert "No rule may be called so." in faults[0]


def test_differences_between_two_versions():
    one, two, three = Rule("a", "desk"), Rule("b", "desk"), Rule("c", "desk")
    assert changes((one, two, three), (one, two, three)) == []
    found = changes((one, two, three), (three, one, replace(two, department="water"), Rule("d", "desk")))
    assert {(c.kind, c.code) for c in found} == {("moved", "c"), ("changed", "b"), ("new", "d")}
    assert [(c.kind, c.code) for c in changes((one, two), (one,))] == [("gone", "b")]


# Versions and drafts

def test_the_same_version_is_not_made_twice(db_):
    version = routing.rule_book(db_).version + 1
    at = db_.query(RuleRow).first().made_at
    db_.add(VersionRow(version=version, made_at=at, made_by="staff:9", reason="."))
    db_.flush()
    with pytest.raises(Conflict):
        routing.load(db_, (Rule("mine", "water"),))


# Things of the demo city

def test_a_rule_of_the_demo_city_asks_whose_road_it_is(db_, make_report):
    roads = geo.asset_index(db_).layers["roads"]
    for owner, department in (("county", "desk"), ("city", "lighting")):
        line = next(s for s, o in zip(roads.shapes, roads.owners, strict=True) if o == owner)
        at = line.interpolate(0.37, normalized=True)
        report = make_report(service="traffic-light", point=geo.Point(round(at.y, 6), round(at.x, 6)))
        assert reports.desk(db_).catalog.department_codes[report.department_id] == department, owner
    assert make_report(service="traffic-light", point=within(db_, "far-point")).why["rule"] == "service"
