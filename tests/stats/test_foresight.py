"""What a replayed record foretells: only from what was known, right as often as it says, or withheld."""

from __future__ import annotations

import numpy as np
import pytest

from civicconnect.stats import Pace, Spans, foresee

DAY, WEEK = 24.0, 168.0
PACE = Pace(half_life=60 * DAY, window=730 * DAY, memory=365 * DAY, least=30)
DAYS = np.arange(2 * WEEK, 53 * WEEK, WEEK)


def spans(began, waits, done=True):
    began, waits = np.asarray(began, float), np.asarray(waits, float)
    order = np.argsort(began, kind="stable")
    return Spans(began[order], (began + waits)[order], np.broadcast_to(done, began.shape)[order].copy())


def year(draw, many=4000, seed=1):
    """A year of things; `draw` makes the waits of those that began at given hours."""
    dice = np.random.default_rng(seed)
    began = np.sort(dice.uniform(0, 53 * WEEK, many))
    return spans(began, draw(dice, began))


def exponential(dice, began):
    return dice.exponential(100, len(began))


def test_where_nothing_changes_half_and_eight_of_ten_are_the_true_ones():
    told = foresee(year(exponential), DAYS, PACE)
    assert told.half[-1] == pytest.approx(100 * np.log(2), rel=0.1)
    assert told.bound[-1] == pytest.approx(100 * np.log(5), rel=0.1)
    assert told.held[-1] / told.judged[-1] == pytest.approx(0.8, abs=0.02)
    assert told.holds().all()


def test_nothing_is_known_before_it_happened():
    record = year(exponential)
    whole = foresee(record, DAYS, PACE)
    for n in (5, 20, 40):
        day = DAYS[n]
        known = record.began < day
        ended = np.where(record.ended < day, record.ended, np.inf)
        then = foresee(Spans(record.began[known], ended[known], record.done[known]), DAYS[:n + 1], PACE)
        for name in ("known", "half", "bound", "level", "judged", "held", "error"):
            assert np.array_equal(getattr(then, name), getattr(whole, name)[:n + 1], equal_nan=True), name


def test_those_still_open_make_it_longer():
    shorter = foresee(year(exponential), DAYS, PACE)

    def one_in_five_never(dice, began):
        return np.where(dice.random(len(began)) < 0.15, np.inf, dice.exponential(100, len(began)))

    longer = foresee(year(one_in_five_never), DAYS, PACE)
    assert longer.half[-1] > shorter.half[-1] * 1.1
    assert longer.bound[-1] > shorter.bound[-1] * 1.4


def test_where_three_in_ten_never_end_there_is_a_half_but_no_bound():
    def three_in_ten_never(dice, began):
        return np.where(dice.random(len(began)) < 0.3, np.inf, dice.exponential(100, len(began)))

    told = foresee(year(three_in_ten_never), DAYS, PACE)
    assert not np.isnan(told.half[-1])
    assert np.isnan(told.bound[-1])


@pytest.mark.parametrize(("many", "is_told"), [(29, False), (30, True)])
def test_from_fewer_than_thirty_nothing_is_foretold(many, is_told):
    told = foresee(spans(np.arange(many), np.arange(many) + 1), np.array([WEEK]), PACE)
    assert told.known[0] == many
    assert (not np.isnan(told.bound[0])) is is_told


def test_a_new_way_of_working_is_followed_within_weeks():
    change = 26 * WEEK

    def slower(dice, began):
        return dice.exponential(np.where(began < change, 10, 60), len(began))

    told = foresee(year(slower), DAYS, PACE)
    before, six_weeks_on = (np.searchsorted(DAYS, at) for at in (change, change + 6 * WEEK))
    assert told.bound[before - 1] == pytest.approx(10 * np.log(5), rel=0.3)
    assert told.bound[six_weeks_on] > 60 * np.log(5) * 0.75
    assert told.level[before:six_weeks_on].max() > 0.85


def test_what_is_done_the_moment_it_begins_is_withheld_as_more_than_eight_of_ten_hold():
    def at_once(dice, began):
        return np.where(dice.random(len(began)) < 0.97, 0.0, 500.0)

    told = foresee(year(at_once), DAYS, PACE)
    assert told.bound[-1] == 0.0
    assert not told.holds()[-1]


def test_a_service_that_gets_slower_all_the_time_is_withheld():
    def ever_slower(dice, began):
        return dice.exponential(5 * 1.2 ** (began / WEEK), len(began))

    told = foresee(year(ever_slower), DAYS, PACE)
    assert told.held[-1] / told.judged[-1] < 0.75
    assert not told.holds()[-1]


def test_before_any_bound_could_be_judged_nothing_speaks_against_it():
    told = foresee(year(exponential), DAYS[:1], PACE)
    assert (told.judged[0], told.error[0]) == (0, np.inf)
    assert told.holds()[0]


def test_what_ended_without_being_done_neither_holds_nor_fails():
    record = year(exponential)
    taken_back = np.random.default_rng(2).random(len(record.began)) < 0.3
    ended = np.where(taken_back, record.began + 1, record.ended)
    told = foresee(Spans(record.began, ended, ~taken_back), DAYS, PACE)
    assert told.bound[-1] == pytest.approx(100 * np.log(5), rel=0.12)
    assert told.held[-1] / told.judged[-1] == pytest.approx(0.8, abs=0.03)


def test_bounds_of_one_day_count_as_hanging_together():
    # Every second week nothing is done in time: by single reports that would be a failure beyond doubt.
    def by_weeks(dice, began):
        return np.where((began // WEEK) % 4 == 0, 400.0, 10.0) + dice.random(len(began))

    told = foresee(year(by_weeks), DAYS, PACE)
    assert told.error[-1] > 3 * np.sqrt(0.16 / told.judged[-1])


def test_an_empty_record_tells_nothing():
    told = foresee(spans([], []), DAYS, PACE)
    assert np.isnan(told.bound).all()
    assert not told.known.any()
