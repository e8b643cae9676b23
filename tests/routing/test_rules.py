"""The first rule that fits decides, and every report keeps which one it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from civicconnect import reports, routing
from civicconnect.accounts import SYSTEM
from civicconnect.catalog import Answer
from civicconnect.routing import Case, Decision, Rule, RuleBook, World
from civicconnect.routing.models import RuleRow
from tests.places import within

HARBOUR, HILL = "district:harbour", "district:lantern-hill"
SERVICE = "service"  # the rule that stands for the service's own department
DEPARTMENTS = frozenset({"desk", "lighting", "parks", "streets", "water"})
WORLD = World(DEPARTMENTS, {
    "light": {"fault": {"dark", "wires"}}, "tree": {"state": {"dead", "fallen"}}, "sign": {}},
    frozenset({HARBOUR, HILL}), {"roads": {"county", "city"}})


def decide(*rules, service="light", areas=(), answers=None, usual="lighting", departments=DEPARTMENTS):
    case = Case(service, areas, answers or {})
    return RuleBook(7, rules).decide(case, replace(WORLD, departments=departments), usual, "desk")


# The decision

def test_the_first_rule_that_fits_decides():
    rules = (Rule("one", "parks", frozenset({"tree"})), Rule("two", "water"), Rule("three", "streets"))
    assert decide(*rules).rule == "two"
    assert decide(*rules[::-1]).rule == "three"
    assert decide(*rules, service="tree").rule == "one"


def test_a_rule_may_ask_for_the_area():
    quays = Rule("quays", "water", areas=frozenset({HARBOUR}))
    assert decide(quays, areas=["city:city", HARBOUR]).department == "water"
    assert decide(quays, areas=["city:city", HILL]).department == "lighting"
    assert decide(quays).department == "lighting"


def test_a_rule_may_ask_for_an_answer():
    wires = Rule("wires", "streets", answers={"fault": {"wires"}})
    assert decide(wires, answers={"fault": "wires", "pole": "12"}).department == "streets"
    assert decide(wires, answers={"fault": "dark"}).department == "lighting"
    assert decide(wires).department == "lighting"


def test_a_rule_fits_only_where_every_condition_holds():
    rule = Rule("all", "water", frozenset({"light"}), frozenset({HARBOUR}), {"fault": {"wires"}})
    whole = {"service": "light", "areas": [HARBOUR], "answers": {"fault": "wires"}}
    assert decide(rule, **whole).rule == "all"
    for part, other in (("service", "tree"), ("areas", [HILL]), ("answers", {"fault": "dark"})):
        assert decide(rule, **whole | {part: other}).rule == "service"


def test_without_a_rule_the_service_s_own_department_answers():
    assert decide() == Decision("lighting", "service", 7, {"service": "light"})


@pytest.mark.parametrize("usual", ["desk", "closed-long-ago"])
def test_what_no_one_claims_goes_to_the_catch_all(usual):
    assert decide(usual=usual) == Decision("desk", "catch-all", 7, {})


def test_a_rule_whose_department_is_gone_leads_to_the_catch_all_and_says_so():
    decision = decide(Rule("old", "tramways"), Rule("new", "streets"))
    assert (decision.department, decision.rule) == ("desk", "catch-all")
    assert decision.facts["failed"] == {"rule": "old", "what": "department", "value": "tramways"}


def test_a_decision_says_what_it_matched():
    rule = Rule("quays", "water", frozenset({"light"}), frozenset({HARBOUR}), {"fault": {"wires"}})
    assert decide(rule, areas=[HARBOUR], answers={"fault": "wires"}).facts == {
        "department": "water", "rule": "quays", "rules_version": 7,
        "matched": {"service": "light", "area": HARBOUR, "answer fault": "wires"}}


def test_a_book_asked_twice_decides_the_same():
    book = RuleBook(1, (Rule("one", "parks", frozenset({"tree"})),
                        Rule("two", "water", areas=frozenset({HARBOUR}))))
    for _ in range(2):
        for service, areas, rule in (("tree", (), "one"), ("light", {HARBOUR}, "two"), ("sign", (), SERVICE)):
            assert book.decide(Case(service, areas), WORLD, "lighting", "desk").rule == rule


# Versions

RULES = (Rule("one", "parks", frozenset({"tree", "grass"}), frozenset({HARBOUR}), {"state": {"dead"}}),
         Rule("two", "water", answers={}))


def test_rules_come_out_of_the_database_as_they_went_in(db_):
    version = routing.load(db_, RULES)
    db_.expunge_all()
    assert routing.rule_book(db_) == RuleBook(version, RULES)


def test_there_is_a_new_version_only_where_the_rules_changed(db_):
    first = routing.load(db_, RULES)
    assert routing.load(db_, RULES) == first
    assert routing.load(db_, RULES[::-1]) == first + 1  # the order is part of them
    assert routing.load(db_, RULES[::-1]) == first + 1
    assert routing.load(db_, RULES) == first + 2
    assert routing.rule_book(db_).rules == RULES


def test_earlier_versions_stand_as_they_were(db_):
    asked = select(RuleRow.version, RuleRow.position, RuleRow.code, RuleRow.made_at)
    before = db_.execute(asked.order_by(RuleRow.id)).all()
    version = routing.load(db_, RULES)
    assert db_.execute(asked.where(RuleRow.version < version).order_by(RuleRow.id)).all() == before


def test_a_city_that_takes_its_last_rule_away_has_none(db_):
    version = routing.load(db_, ())
    db_.expunge_all()
    assert routing.rule_book(db_) == RuleBook(version, ())
    assert routing.load(db_, ()) == version
    assert routing.load(db_, RULES) == version + 1
    assert routing.rule_book(db_) == RuleBook(version + 1, RULES)


def test_before_any_rule_was_loaded_there_are_none(db_):
    db_.execute(RuleRow.__table__.delete())
    assert routing.rule_book(db_) == RuleBook(0, ())
    assert routing.load(db_, ()) == 0


# The reasons that reports keep

@pytest.mark.parametrize(("service", "district", "answers", "department", "rule"), [
    ("street-light", "harbour", {}, "water", "harbour-lamps"),
    ("street-light", "harbour", {"fault": "wires"}, "lighting", "bare-wires"),
    ("street-light", "lantern-hill", {}, "lighting", "service"),
    ("pavement", "far-point", {}, "parks", "far-point-paths"),
    ("pavement", "saltmarket", {}, "streets", "service"),
    ("something-else", "saltmarket", {}, "desk", "catch-all"),
])
def test_each_report_keeps_which_rule_decided_and_why(
        db_, make_report, service, district, answers, department, rule):
    given = tuple(Answer(code, value, "asked", "answered") for code, value in answers.items())
    report = make_report(service=service, point=within(db_, district), answers=given)
    facts = {key: report.why[key] for key in ("department", "rule", "rules_version")}
    assert facts == {"department": department, "rule": rule, "rules_version": routing.rule_book(db_).version}
    [routed] = [entry for entry in reports.timeline(db_, report, internal=False) if entry.verb == "route"]
    assert routed.facts == report.why
    assert routed.actor == "system"


def test_new_rules_do_not_move_a_report_that_was_already_routed(db_, make_report):
    before = make_report()
    routing.load(db_, (Rule("all-to-parks", "parks"),))
    after = make_report()
    assert (before.why["rule"], before.why["rules_version"]) == ("service", after.why["rules_version"] - 1)
    assert after.why["rule"] == "all-to-parks"
    db_.expire_all()
    assert reports.find(db_, before.reference, SYSTEM).why["rule"] == "service"
