"""What may happen to a report, when, by whom, and what is owed for it: the table, cell by cell."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicconnect.accounts import ROLES, SYSTEM, Actor
from civicconnect.errors import Conflict, Invalid, NotAllowed
from civicconnect.reports import lifecycle
from civicconnect.reports.lifecycle import BY_OUTCOME, BY_VERB, OUTCOMES, STATUSES, STEPS

TODAY = date(2026, 11, 23)
# Where each step leads from each status; a dot: it cannot be taken there.
TABLE = """
         received     accepted     planned      in_progress  waiting      closed
accept   accepted     .            .            .            .            .
plan     planned      planned      planned      planned      .            .
unplan   .            .            accepted     .            .            .
start    in_progress  in_progress  in_progress  .            .            .
wait     waiting      waiting      waiting      waiting      .            .
resume   .            .            .            .            in_progress  .
close    closed       closed       closed       closed       closed       .
reopen   .            .            .            .            .            accepted
withdraw closed       closed       closed       closed       closed       .
dispute  .            .            .            .            .            accepted
"""
CELLS = {
    (verb, status): end
    for verb, *ends in map(str.split, TABLE.strip().splitlines()[1:])
    for status, end in zip(TABLE.split()[:6], ends, strict=True)
}
RESIDENT, HISTORY = Actor("resident", "resident"), Actor("history", "import:other")
CLERK, READER = (Actor("staff", "staff:1", frozenset(p)) for p in (ROLES["staff"], {"queue"}))
# Who may take a step at all.
MAY = {verb: {CLERK} for verb in BY_VERB} | {
    "close": {CLERK, HISTORY, SYSTEM}, "withdraw": {RESIDENT}, "dispute": {SYSTEM}}
ACTORS = {"clerk": CLERK, "reader": READER, "resident": RESIDENT, "system": SYSTEM, "history": HISTORY}


def test_the_table_of_this_test_is_the_table_of_the_product():
    assert {verb for verb, _ in CELLS} == set(BY_VERB)
    assert {status for _, status in CELLS} == set(STATUSES)
    assert {(s.verb, start): s.end for s in STEPS for start in s.starts} == {
        cell: end for cell, end in CELLS.items() if end != "."}


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize(("verb", "status"), CELLS)
def test_a_step_is_possible_exactly_where_the_table_says(verb, status, who):
    actor, end = ACTORS[who], CELLS[verb, status]
    if actor not in MAY[verb]:
        with pytest.raises(NotAllowed):
            lifecycle.choose(verb, status, actor)
    elif end == ".":
        words = status.replace("_", " ")
        with pytest.raises(Conflict, match=f"'{lifecycle.VERB_SAID[verb]}' is not possible while the "
                                           f"report is {words}"):
            lifecycle.choose(verb, status, actor)
    else:
        assert lifecycle.choose(verb, status, actor).end == end


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("status", STATUSES)
def test_there_is_a_button_for_every_possible_step_and_no_other(status, who):
    def possible(verb):
        try:
            return bool(lifecycle.choose(verb, status, ACTORS[who]))
        except (Conflict, NotAllowed):
            return False

    assert [s.verb for s in lifecycle.buttons(status, ACTORS[who])] == [v for v in BY_VERB if possible(v)]


@pytest.mark.parametrize("verb", ["receive", "route", "note", "look", "", "ACCEPT", "accept "])
@pytest.mark.parametrize("who", ACTORS)
def test_a_step_that_is_none_is_for_nobody_and_whoever_may_take_one_is_told_to_choose(verb, who):
    with pytest.raises(Invalid if who == "clerk" else NotAllowed) as refused:
        lifecycle.choose(verb, "received", ACTORS[who])
    assert ("Choose the step." in str(refused.value)) is (who == "clerk")


def test_from_every_status_staff_can_go_on_and_every_status_is_reached():
    assert all(lifecycle.buttons(status, CLERK) for status in STATUSES)
    reached = {"received"}
    for _ in STATUSES:
        reached |= {end for (_, status), end in CELLS.items() if status in reached and end != "."}
    assert reached == set(STATUSES)


def test_a_closed_report_only_reopens_and_only_a_closed_one_does():
    assert [step.verb for step in lifecycle.buttons("closed", CLERK)] == ["reopen"]
    assert {status for (verb, status), end in CELLS.items() if verb == "reopen" and end != "."} == {"closed"}


# What is owed

WHOLE = {"reason": "The part is ordered.", "planned_for": "2026-11-24", "outcome": "fixed",
         "lead": "BCDFGHJK", "next_owner": "The railway"}
OWED = {"accept": set(), "plan": {"planned_for"}, "unplan": {"reason"}, "start": set(),
        "wait": {"reason"}, "resume": set(), "close": {"outcome"}, "reopen": {"reason"},
        "withdraw": set(), "dispute": set()}
OWED_FOR = {"fixed": set(), "partly_fixed": {"reason"}, "no_action": {"reason"}, "not_found": set(),
            "duplicate": {"lead"}, "handed_over": {"next_owner"}, "withdrawn": set(), "invalid": {"reason"}}


def faults(verb, told):
    """Return the fields that are refused, each with one sentence."""
    try:
        lifecycle.settle(BY_VERB[verb], told, TODAY)
    except Invalid as fault:
        return {name for name, [sentence] in fault.fields.items() if sentence.endswith(".")}
    return set()


@pytest.mark.parametrize("verb", BY_VERB)
def test_a_step_owes_what_it_says_and_nothing_more(verb):
    assert faults(verb, {}) == OWED[verb]
    for blank in ("", "  ", "\n\t"):
        assert faults(verb, dict.fromkeys(WHOLE, blank)) == OWED[verb]
    assert faults(verb, WHOLE) == set()


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.code)
def test_closing_owes_what_its_outcome_owes(outcome):
    assert set(OWED_FOR) == set(BY_OUTCOME)
    assert faults("close", {"outcome": outcome.code}) == OWED_FOR[outcome.code]
    assert faults("close", WHOLE | {"outcome": outcome.code}) == set()


@pytest.mark.parametrize("outcome", ["", "Fixed", "done", "fixed;", "closed"])
def test_an_outcome_that_is_none_must_be_chosen_again(outcome):
    assert faults("close", WHOLE | {"outcome": outcome}) == {"outcome"}


@pytest.mark.parametrize(("day", "fits"), [
    ("2026-11-23", True), ("2026-11-24", True), ("2099-12-31", True), (" 2026-11-23 ", True),
    ("2026-11-22", False), ("2026-02-30", False), ("23.11.2026", False), ("tomorrow", False), ("0", False),
    ("99999-01-01", False),
])
def test_work_is_planned_for_a_day_from_today_on(day, fits):
    assert faults("plan", {"planned_for": day}) == (set() if fits else {"planned_for"})


def test_what_is_kept_is_what_the_step_owes_and_the_reason_without_blanks_around_it():
    told = {name: f"  {value} " for name, value in WHOLE.items()}
    told |= {"outcome": "duplicate", "verb": "close", "csrf_token": "x", "seen": "3"}
    kept = {verb: lifecycle.settle(step, told, TODAY) for verb, step in BY_VERB.items()}
    reason = {"reason": "The part is ordered."}
    assert kept["accept"] == kept["wait"] == kept["resume"] == kept["start"] == reason
    assert kept["plan"] == reason | {"planned_for": "2026-11-24"}
    assert kept["close"] == reason | {"outcome": "duplicate", "lead": "BCDFGHJK"}


@pytest.mark.parametrize("verb", BY_VERB)
def test_a_reason_has_room_for_two_thousand_letters(verb):
    assert faults(verb, WHOLE | {"reason": "é" * 2000}) == set()
    assert faults(verb, WHOLE | {"reason": "é" * 2001}) == {"reason"}


words = st.dictionaries(st.sampled_from([*WHOLE, "other"]), st.text("a0- \n", max_size=8) | st.sampled_from(
    [*BY_OUTCOME, *(str(TODAY + timedelta(days=n)) for n in (-1, 0, 1))]))


@given(st.sampled_from(STEPS), words)
def test_whatever_is_sent_is_refused_by_field_or_kept_without_gaps(step, told):
    refused = faults(step.verb, told)
    if refused:
        assert refused <= set(lifecycle.SENTENCES)
        return
    kept = lifecycle.settle(step, told, TODAY)
    owed = set(step.owes) | (BY_OUTCOME[kept["outcome"]].owes if "outcome" in kept else set())
    assert owed <= set(kept) <= owed | {"reason"} | ({"outcome"} if step.outcome else set())
    assert all(value == value.strip() != "" for value in kept.values())


def test_every_field_that_may_be_owed_has_its_sentence():
    owed = {name for row in (*STEPS, *OUTCOMES) for name in row.owes}
    assert owed == set(lifecycle.SENTENCES)
