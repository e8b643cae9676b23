"""The curve against figures other people published, and against a truth we made ourselves.

Leukaemia: Freireich et al. 1963, as printed in every textbook. Lung: North Central Cancer
Treatment Group (Loprinzi et al. 1994), as shipped with lifelines 0.30.3 (MIT). Expected values:
R survival 3.5-3, conf.type = "log-log". A plus marks a patient last seen alive.
"""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from civicconnect.stats import Survival, log_rank, survival

Durations = tuple[NDArray[np.float64], NDArray[np.bool_]]

MERCAPTOPURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
LUNG_MEN = """
    11 11 11 12 13 13 15 26 30 31 53 53 54 59 60 65 65 71 81 88 88 92 93 95 105 107 110 116
    118 131 132 132 135 142 144 147 156 156 163 163 163 166 170 174+ 175 176 177 179 179 180
    181 181 183 185+ 188+ 189 191+ 196+ 197 197+ 202 207 210 212 218 221+ 222 222+ 223 225+
    225+ 229 230 237+ 239 246 259+ 267 269 270 279+ 283 284 284+ 285 286 288 291 292+ 300+ 301
    301+ 303 303+ 306 310 320 329 337 353 353 363 364 371 387 390 394 404+ 413+ 428 429 442
    444+ 455 457 458+ 460 477 519 524 533 558 567 574 583 613 624 643 655 689 707 791 806+ 814
    840+ 883 1010+ 1022+
"""
LUNG_WOMEN = """
    5 60 61 62 79 81 92+ 95 105+ 107 122 145 145 153 166 167 173+ 175+ 177+ 182 186 192+ 194
    199 201 201 202+ 203+ 208 211+ 224+ 226 235+ 239 240+ 243+ 245 252+ 266+ 268 269+ 272+
    276+ 285 292+ 293 296+ 305 310 315+ 332+ 340 345 348 350 351 356+ 361 363 364+ 371 376+
    382+ 384+ 426 433 444 450 473 511+ 511+ 520 524 529+ 543+ 550 551+ 559+ 588+ 641 654 687
    705 728 731 735 740+ 765 821+ 965+
"""


def durations(text: str) -> Durations:
    words = text.split()
    lengths = np.array([float(word.rstrip("+")) for word in words])
    return lengths, np.array([not word.endswith("+") for word in words])


def curve(text: str) -> Survival:
    return survival(*durations(text))


def together(
    first: str, second: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    (a, a_ended), (b, b_ended) = durations(first), durations(second)
    marks = np.arange(len(a) + len(b)) < len(a)
    return np.concatenate([a, b]), np.concatenate([a_ended, b_ended]), marks


def test_the_textbook_curve_and_its_standard_errors_come_out():
    treated = curve(MERCAPTOPURINE)
    times = [6, 7, 10, 13, 16, 22, 23]
    shares = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    errors = [0.07636, 0.08694, 0.09635, 0.10681, 0.11405, 0.12823, 0.13459]
    assert treated.times.tolist() == times
    assert [treated.at(t) for t in times] == pytest.approx(shares, abs=5e-5)
    assert [treated.standard_error(t) for t in times] == pytest.approx(errors, abs=5e-5)
    assert (treated.at_risk[0], treated.ended[0], treated.ended.sum()) == (21, 3, 9)


def test_the_median_of_the_textbook_curve_has_no_upper_end():
    treated = curve(MERCAPTOPURINE)
    assert treated.quantile(0.5) == 23
    assert treated.quantile_interval(0.5) == (13, None)
    assert curve(PLACEBO).quantile(0.5) == 8


def test_two_groups_of_the_textbook_differ_by_the_published_log_rank():
    compared = log_rank(*together(PLACEBO, MERCAPTOPURINE))
    assert compared.statistic == pytest.approx(16.792941, abs=1e-6)
    assert compared.p == pytest.approx(4.1688e-05, abs=1e-9)
    assert compared.ended == 21
    assert compared.expected == pytest.approx(10.7495, abs=5e-5)
    assert log_rank(*together(MERCAPTOPURINE, PLACEBO)).statistic == pytest.approx(
        compared.statistic
    )


def test_the_mean_time_within_a_horizon_matches_the_published_areas():
    treated, error = curve(MERCAPTOPURINE).rmst(23)
    placebo, placebo_error = curve(PLACEBO).rmst(23)
    assert (treated, placebo) == pytest.approx((17.909244, 8.666667), abs=1e-6)
    assert error == pytest.approx(1.553, abs=5e-4)
    gap, gap_error = treated - placebo, math.hypot(error, placebo_error)
    assert (gap, gap_error) == pytest.approx((9.242577, 2.075958), abs=1e-6)
    assert gap - 1.959964 * gap_error == pytest.approx(5.173774, abs=1e-6)
    assert gap + 1.959964 * gap_error == pytest.approx(13.311380, abs=1e-6)


def test_the_lung_study_gives_the_figures_of_r():
    lung = curve(LUNG_MEN + LUNG_WOMEN)
    assert (len(durations(LUNG_MEN + LUNG_WOMEN)[0]), lung.ended.sum()) == (228, 165)
    assert (lung.quantile(0.5), lung.quantile_interval(0.5)) == (310, (284, 361))
    days = [100, 180, 365]
    assert [lung.at(d) for d in days] == pytest.approx([0.863969, 0.721671, 0.409242], abs=1e-6)
    assert [lung.standard_error(d) for d in days] == pytest.approx(
        [0.022710, 0.029812, 0.035824], abs=1e-6
    )
    assert lung.band(180) == pytest.approx((0.658305, 0.775315), abs=1e-6)
    assert lung.rmst(365) == pytest.approx((263.221866, 7.798859), abs=1e-5)


@pytest.mark.parametrize(
    ("group", "median", "interval"),
    [(LUNG_MEN, 270, (210, 306)), (LUNG_WOMEN, 426, (345, 524))],
    ids=["men", "women"],
)
def test_each_half_of_the_lung_study_keeps_its_own_median(group, median, interval):
    assert curve(group).quantile(0.5) == median
    assert curve(group).quantile_interval(0.5) == interval


def test_the_halves_of_the_lung_study_differ_by_the_log_rank_of_r():
    compared = log_rank(*together(LUNG_MEN, LUNG_WOMEN))
    assert compared.statistic == pytest.approx(10.326742, abs=1e-6)
    assert compared.p == pytest.approx(0.0013112, abs=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_open_reports_keep_the_median_true_where_closed_ones_alone_flatter_it(seed):
    chance = np.random.default_rng(seed)
    lasts = chance.lognormal(math.log(9), 1, 6000)
    watched = chance.uniform(0, 30, 6000)
    closed = lasts <= watched
    median = survival(np.minimum(lasts, watched), closed).quantile(0.5)
    assert median is not None
    assert 8.4 < median < 9.6
    assert np.median(lasts[closed]) < 6.5


def test_nothing_at_all_has_a_curve_and_no_quantiles():
    nothing = survival(np.array([]), np.array([], dtype=bool))
    assert nothing.quantile(0.5) is None
    assert nothing.quantile_interval(0.5) == (None, None)
    assert (nothing.at(10), nothing.band(10), nothing.rmst(10)) == (1, (1, 1), (10, 0))
    assert nothing.followed == 0
    assert log_rank(np.array([]), np.array([], bool), np.array([], bool)).p == 1


def test_where_all_are_still_open_nothing_is_reached():
    waiting = curve("3+ 5+ 8+")
    assert (waiting.quantile(0.01), waiting.at(8), waiting.followed) == (None, 1, 8)
    assert log_rank(*together("3+ 5+", "8+ 9+")).statistic == 0


def test_a_report_last_seen_open_at_the_moment_another_ends_was_still_at_risk():
    assert curve("4 4+").at_risk.tolist() == [2]
    assert curve("4 4+").at(4) == 0.5


def test_the_share_drops_at_its_time_and_not_before():
    pair = curve("2 6")
    assert [pair.at(t) for t in (0, 1.99, 2, 5.99, 6, 100)] == [1, 1, 0.5, 0.5, 0, 0]


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1])
def test_rounding_never_moves_a_quantile_by_a_step(share):
    for n in (10, 1000, 20000):
        ten = survival(np.arange(1.0, n + 1), np.ones(n, bool))
        assert ten.quantile(share) == round(share * n)


def test_the_last_one_to_end_leaves_the_upper_limit_where_it_was():
    pair = curve("2 6")
    assert pair.band(6) == (0, pair.band(2)[1])
    assert curve("5").band(5) == (0, 1)
    assert curve("5").quantile_interval(0.5) == (5, None)
    assert math.isnan(curve("5").standard_error(5))


def test_durations_of_zero_end_at_once():
    assert curve("0 0 0 4").quantile(0.5) == 0
    assert curve("0 0 0 4").rmst(4)[0] == pytest.approx(1)


def test_one_left_in_one_group_does_not_divide_by_zero():
    assert log_rank(*together("1", "2")).statistic == pytest.approx(1)


def test_without_open_reports_the_mean_within_a_horizon_is_the_plain_mean():
    lasts = np.random.default_rng(3).exponential(5, 400)
    value, error = survival(lasts, np.ones(400, bool)).rmst(7)
    assert value == pytest.approx(np.minimum(lasts, 7).mean())
    assert error == pytest.approx(np.minimum(lasts, 7).std() / 20, rel=1e-9)


@pytest.mark.parametrize(
    ("lengths", "marks", "sentence"),
    [
        ([1, math.nan], [True, True], "every duration must be a finite number, 0 or more"),
        ([1, -0.1], [True, False], "every duration must be a finite number, 0 or more"),
        ([1, math.inf], [True, False], "every duration must be a finite number, 0 or more"),
        ([1, 2], [True], "two lists of the same length"),
        ([[1, 2]], [[True, True]], "two lists of the same length"),
    ],
)
def test_durations_that_cannot_be_are_refused_with_a_sentence(lengths, marks, sentence):
    with pytest.raises(ValueError, match=sentence):
        survival(np.array(lengths, float), np.array(marks))


def test_questions_that_have_no_answer_are_refused():
    pair = curve("2 6")
    for p in (0, -1, 1.1, math.nan):
        with pytest.raises(ValueError, match="share done"):
            pair.quantile(p)
    for h in (0, -1, math.inf, math.nan):
        with pytest.raises(ValueError, match="horizon"):
            pair.rmst(h)
    with pytest.raises(ValueError, match="must be a number"):
        pair.at(math.nan)
    with pytest.raises(ValueError, match="one mark for the group"):
        log_rank(*durations("1 2"), np.array([True]))
