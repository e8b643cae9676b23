"""The invented record is like the one it was fitted on, and knows its own truth."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from civicconnect.errors import Invalid
from civicconnect.simulate.happen import happen
from civicconnect.simulate.likeness import liken
from civicconnect.simulate.parameters import CHANNELS, read_parameters
from civicconnect.simulate.settled import settle
from civicconnect.simulate.spots import FALLBACK, NOWHERE
from civicconnect.simulate.truth import Truth
from civicconnect.simulate.wallclock import DAY, HOUR, NEVER, SECOND, Wall, in_office, microseconds, weekday
from civicconnect.simulate.world import Plants, Service
from tests.simulate.grounds import PRESET, gather, ground, plan, record
from tests.simulate.measures import near_duplicates, top_points

ROWS, SEED = 200_000, 1
ROWS_OF_A_KIND = 200  # in the fitted record: below, its own quantiles are chance
STEPS = ("opened_at", "accepted_at", "started_at", "closed_at", "reopened_at", "closed_again_at")


@pytest.fixture(scope="module")
def parameters():
    return read_parameters(PRESET)


@pytest.fixture(scope="module")
def fitted():
    """Two hundred thousand reports over as many days as the fitted city would take."""
    return record(plan(ROWS), SEED)


@pytest.fixture(scope="module")
def hours(fitted):
    """Hours to the final closing; NaN where there is none."""
    closed = fitted["closed"] != NEVER
    return np.where(closed, (fitted["closed"] - np.where(closed, fitted["opened_at"], 0)) / HOUR, np.nan)


@pytest.fixture(scope="module")
def wall():
    return Wall("America/New_York", date(2011, 7, 1), date(2019, 12, 1))


def residual(values, service, rows):
    """Return the logarithms of the rows' values less their service's mean over all rows."""
    logs = np.log(np.maximum(values, 1e-4))
    known = ~np.isnan(logs)
    sums = np.bincount(service[known], logs[known], service.max() + 1)
    means = sums / np.maximum(np.bincount(service[known], minlength=service.max() + 1), 1)
    return (logs - means[service])[rows & known]


def test_every_wanted_report_comes_in_its_order(fitted):
    assert list(fitted["number"][[0, -1]]) == [1, ROWS]
    assert (np.diff(fitted["number"]) == 1).all()
    assert (np.diff(fitted["opened_at"]) >= 0).all()


def test_the_twenty_most_frequent_types_have_their_shares(fitted, parameters):
    found = np.bincount(fitted["service"], minlength=len(parameters.kinds)) / ROWS
    for kind, share in list(zip(parameters.kinds, found, strict=True))[:20]:
        assert share == pytest.approx(kind.share, rel=0.1), kind.name


def test_each_type_takes_as_long_as_it_did(fitted, hours, parameters):
    for index, kind in enumerate(parameters.kinds):
        if kind.share * parameters.rows >= ROWS_OF_A_KIND:
            taken = hours[(fitted["service"] == index) & ~np.isnan(hours)]
            for share, expected in ((0.5, kind.hours[2]), (0.9, kind.hours[4])):
                second = 1 / 3600  # what took no time takes up to a second
                assert np.quantile(taken, share) == pytest.approx(expected, rel=0.15, abs=second), kind.name


def test_as_many_stay_open_as_did(hours, parameters):
    assert np.isnan(hours).mean() == pytest.approx(
        sum(kind.share * kind.open_share for kind in parameters.kinds), abs=0.01)


def test_the_hours_of_the_week_are_as_busy_as_they_were(fitted, parameters, wall):
    shown = wall.shown(fitted["opened_at"])
    counted = np.bincount(weekday(shown) * 24 + shown % DAY // HOUR, minlength=168)
    assert np.corrcoef(counted, np.ravel(parameters.hour_of_week))[0, 1] >= 0.99


def test_the_days_are_as_uneven_as_they_were(fitted):
    counts = np.bincount((fitted["date"] - fitted["date"][0]).astype(int))
    assert counts.var() / counts.mean() == pytest.approx(91.95, rel=0.25)
    assert counts.max() > 2.5 * counts.mean()


def test_a_busy_day_follows_a_busy_day(parameters, fitted):
    counts = np.bincount((fitted["date"] - fitted["date"][0]).astype(int))
    ratio = counts / np.resize(np.roll(parameters.weekday_means, -4), len(counts))
    ratio -= ratio.mean()
    assert (ratio[1:] * ratio[:-1]).mean() / ratio.var() == pytest.approx(parameters.autocorrelation, abs=0.1)


def test_a_quarter_has_one_like_it_close_by_and_a_week_before(fitted, parameters):
    assert near_duplicates(fitted).mean() == pytest.approx(parameters.near_duplicates, abs=0.03)


def test_a_hundredth_of_the_points_carries_a_seventh_of_the_reports(fitted, parameters):
    assert top_points(fitted) == pytest.approx(0.1458, abs=0.03)
    assert (fitted["place"] == FALLBACK).mean() == pytest.approx(parameters.fallback_share, abs=0.01)


def test_some_are_true_duplicates_and_come_while_the_problem_is_there(fitted, parameters):
    first = fitted["duplicate_of"]
    assert (first > 0).mean() == pytest.approx(parameters.true_duplicates, abs=0.005)
    duplicates = np.flatnonzero(first)
    originals = first[duplicates] - 1
    assert (fitted["duplicate_of"][originals] == 0).all()
    for column in ("service", "place", "problem", "true_fixed_at"):
        assert (fitted[column][duplicates] == fitted[column][originals]).all(), column
    gap = fitted["opened_at"][duplicates] - fitted["opened_at"][originals]
    assert gap.min() >= 0
    assert gap.max() < 7 * DAY
    fixed = fitted["true_fixed_at"][originals]
    assert ((fixed == NEVER) | (fixed > fitted["opened_at"][duplicates])).all()


def test_most_closings_fall_into_office_hours(fitted, parameters, wall):
    closed = fitted["closed"][fitted["closed"] != NEVER]
    assert in_office(wall.shown(closed)).mean() == pytest.approx(parameters.office_share, abs=0.03)


def test_promises_are_made_and_kept_as_often_as_they_were(fitted, hours):
    promised = ~np.isnan(fitted["promised_hours"])
    assert promised.mean() == pytest.approx(0.8115, abs=0.02)
    closed = promised & ~np.isnan(hours)
    assert (hours <= fitted["promised_hours"])[closed].mean() == pytest.approx(0.8122, abs=0.03)


def test_each_channel_has_its_share(fitted, parameters):
    found = np.bincount(fitted["channel"], minlength=len(CHANNELS)) / ROWS
    for channel, share in parameters.channel_share.items():
        assert found[CHANNELS.index(channel)] == pytest.approx(share, abs=0.02), channel


def test_richer_districts_report_more(fitted, parameters):
    _, areas = ground()
    located = fitted["area"] >= 0
    reports = np.bincount(areas.income[fitted["area"][located]], minlength=6)[1:]
    rates = reports / np.bincount(areas.income, areas.households, 6)[1:]
    expected = np.asarray(parameters.requests_per_1000_by_income)
    assert rates / rates.mean() == pytest.approx(expected / expected.mean(), rel=0.05)


def test_each_step_comes_after_the_one_before(fitted):
    last = fitted["opened_at"]
    for step in STEPS[1:]:
        at = fitted[step]
        assert (at[at != NEVER] >= last[at != NEVER]).all(), step
        last = np.maximum(last, at)
    assert ((fitted["reopened_at"] == NEVER) | (fitted["closed_at"] != NEVER)).all()


def test_the_same_seed_gives_the_same_reports_and_another_others():
    asked = plan(5_000, days=20)
    one, same, other = record(asked, 7), record(asked, 7), record(asked, 8)
    for name in one:
        assert np.array_equal(one[name], same[name], equal_nan=one[name].dtype.kind == "f"), name
    assert not np.array_equal(one["opened_at"], other["opened_at"])
    assert not np.array_equal(one["service"], other["service"])


def test_memory_does_not_grow_with_the_number_of_reports():
    field = ground(3_000)

    def peak(days: int) -> int:
        asked = plan(100 * days, days, ground=field)
        tracemalloc.start()
        for _ in happen(asked, 1):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(250) < 1.3 * peak(50)


def even(parameters):
    """Return parameters by which every hour of the week is alike, and no storm comes."""
    storm = replace(parameters.storm, every_days=100_000)
    return replace(parameters, hour_of_week=((1.0,) * 24,) * 7, weekday_means=(300.0,) * 7, storm=storm)


def test_the_skipped_hour_is_empty_and_the_repeated_one_is_doubled(parameters, wall):
    asked = plan(60_000, days=6, parameters=even(parameters), ground=ground(3_000))
    spring = record(replace(asked, first_day=date(2012, 3, 8)))
    shown = wall.shown(spring["opened_at"])
    day = np.bincount(shown[spring["date"] == np.datetime64("2012-03-11")] % DAY // HOUR, minlength=24)
    assert day[2] == 0
    assert day[3] > 200
    autumn = record(replace(asked, first_day=date(2011, 11, 3)))
    shown = wall.shown(autumn["opened_at"])
    day = np.bincount(shown[autumn["date"] == np.datetime64("2011-11-06")] % DAY // HOUR, minlength=24)
    assert day[1] == pytest.approx(2 * np.delete(day, 1).mean(), rel=0.15)


def test_a_slow_district_is_slow_by_its_factor(fitted, hours):
    slow = fitted["slow"]
    assert set(np.unique(fitted["area"][slow])) == {settle(plan(ROWS), SEED).slow_area}
    found = residual(hours, fitted["service"], slow).mean() - residual(hours, fitted["service"], ~slow).mean()
    assert np.exp(found) == pytest.approx(Plants().slow_factor, rel=0.15)


def test_a_department_keeps_people_waiting_between_two_dates(fitted):
    asked, held = plan(ROWS), fitted["bottleneck"]
    settled = settle(asked, SEED)
    opened = fitted["opened_at"][held]
    assert settled.bottleneck_from <= opened.min()
    assert opened.max() < settled.bottleneck_to
    departments = {asked.services[service].department for service in np.unique(fitted["service"][held])}
    assert departments == {settled.bottleneck_department}
    waited = np.where(fitted["started_at"] == NEVER, np.nan,
                      (fitted["started_at"] - np.maximum(fitted["accepted_at"], 0)) / HOUR)
    found = (residual(waited, fitted["service"], held).mean()
             - residual(waited, fitted["service"], ~held).mean())
    assert np.exp(found) == pytest.approx(Plants().bottleneck_factor, rel=0.25)


def test_a_pilot_is_faster_than_its_control(fitted, hours):
    settled = settle(plan(ROWS), SEED)
    tried, control = fitted["pilot"] == 1, fitted["pilot"] == 2
    assert {settled.pilot_service} == set(np.unique(fitted["service"][tried | control]))
    assert fitted["opened_at"][tried | control].min() >= settled.pilot_from
    assert settled.piloted[fitted["area"][tried]].all()
    assert not settled.piloted[fitted["area"][control]].any()
    found = (residual(hours, fitted["service"], tried).mean()
             - residual(hours, fitted["service"], control).mean())
    assert np.exp(found) == pytest.approx(Plants().pilot_factor, rel=0.15)


def test_some_closings_fixed_nothing_and_some_problems_went_by_themselves(fitted):
    crew = fitted["channel"] == CHANNELS.index("crew")
    visited = (fitted["accepted_at"] != NEVER) & (fitted["closed"] != NEVER) & ~crew
    false, vanished = fitted["false_closing"], fitted["vanished"]
    eligible = visited & (fitted["outcome"] == 0)
    assert false[eligible].mean() == pytest.approx(Plants().false_closings, rel=0.1)
    reopened = fitted["reopened_at"] != NEVER
    assert (~reopened | false).all()
    unnoticed = false & ~reopened
    fixed = fitted["true_fixed_at"][unnoticed]
    assert ((fixed == NEVER) | (fixed > fitted["closed"][unnoticed])).all()
    assert vanished[visited & (fitted["duplicate_of"] == 0)].mean() == pytest.approx(
        Plants().vanished, rel=0.1)
    assert (fitted["outcome"][vanished] == 3).all()
    assert (fitted["true_fixed_at"][vanished] <= fitted["started_at"][vanished]).all()


def test_the_truth_counts_the_problems_nobody_reported():
    asked = plan(20_000, days=60)
    truth = Truth(asked, 3)
    days = list(happen(asked, 3))
    for day in days:
        truth.add(day)
    rows, told = gather(days), truth.told({})
    assert told["seed"] == 3
    assert told["counts"]["problems"] == len(np.unique(rows["problem"]))
    for index, code in enumerate(asked.areas.codes):
        cells = told["problems"][code].values()
        reported, true = sum(cell["reported"] for cell in cells), sum(cell["true"] for cell in cells)
        assert reported == ((rows["area"] == index) & (rows["duplicate_of"] == 0)).sum()
        assert reported / true == pytest.approx(told["areas"][code]["reporting_rate"], rel=0.25)


def test_nothing_is_known_that_comes_after_the_record_is_read():
    as_of = datetime(2011, 7, 20, 16, 0, tzinfo=UTC)  # noon on the wall
    rows = record(plan(20_000, days=20, as_of=as_of))
    limit = microseconds(as_of)
    for name in (*STEPS, "true_fixed_at"):
        assert rows[name].max() <= limit, name
    assert rows["closed"][rows["opened_at"] > limit - 10 * 60 * SECOND].max() <= limit
    still_open = rows["closed"] == NEVER
    assert 0.3 < still_open.mean() < 0.7
    last = rows["opened_at"] > limit - DAY
    assert still_open[last].mean() > still_open.mean()
    assert ((rows["outcome"] == -1) == (rows["closed_at"] == NEVER)).all()


def test_a_service_keeps_to_its_streets_and_its_channels(parameters):
    places, areas = ground(2_000)
    street = places.street[100]
    asked = plan(3_000, days=10, ground=(places, areas))
    services = [replace(asked.services[0], streets=frozenset({street}), barred=frozenset({"crew"})),
                *asked.services[1:]]
    rows = record(replace(asked, services=services))
    own = (rows["service"] == 0) & (rows["place"] >= 0)
    at_home = [places.street[place] == street for place in rows["place"][own]]
    assert np.mean(at_home) > 0.7  # the others are repeats of one around the corner
    by_crew = rows["channel"][rows["service"] == 0] == CHANNELS.index("crew")
    assert not by_crew.any()


def test_a_year_with_a_few_reports_has_days_without_any():
    days = list(happen(plan(50, days=300, zone="Australia/Lord_Howe", ground=ground(200)), 1))
    assert len(days) == 300
    assert sum(map(len, days)) == 50
    assert min(map(len, days)) == 0


def test_reports_without_a_place_have_no_coordinates(parameters):
    rows = record(plan(2_000, days=8, parameters=replace(parameters, no_place_share=0.1)))
    nowhere = rows["place"] == NOWHERE
    assert nowhere.mean() == pytest.approx(0.1, abs=0.03)
    assert (np.isnan(rows["lat"]) == nowhere).all()
    assert (rows["area"][nowhere] == -1).all()


@pytest.mark.parametrize(("changes", "words"), [
    ({"wanted": 0}, "one report or more"),
    ({"days": 0}, "one day or more"),
    ({"as_of": datetime(2011, 7, 1, tzinfo=UTC)}, "begins after the as-of instant"),
    ({"plants": Plants(slow_area="nowhere")}, "no area 'nowhere'"),
    ({"services": []}, "needs a service"),
])
def test_what_cannot_happen_is_refused(changes, words):
    with pytest.raises(Invalid, match=words):
        next(happen(replace(plan(100, days=3), **changes), 1))


def test_services_are_matched_by_name_then_by_likeness_then_by_rank(parameters):
    services = [Service("x", "Graffiti Removal", "d"), Service("pothole", "A hole", "d"),
                Service("litter-bin", "Bin", "d"), Service("unheard-of", "Unheard of", "d")]
    likeness = liken(services, parameters)
    names = [parameters.kinds[kind].name for kind in likeness.kind]
    assert names == ["Graffiti Removal", "Request for Pothole Repair", "Empty Litter Basket",
                     "Schedule a Bulk Item Pickup"]
    for shares in (likeness.usual(0.02), likeness.storm, likeness.overall):
        assert shares.sum() == pytest.approx(1)


def test_services_alike_share_a_type_and_storms_bring_their_own(parameters):
    services = [Service("tree", "A tree", "d"), Service("street-light", "A lamp", "d"),
                Service("fallen-line", "A line", "d", storm="only")]
    likeness = liken(services, parameters)
    assert likeness.kind[0] == likeness.kind[2]
    assert likeness.usual(0.02)[2] == 0
    assert likeness.storm[2] > 0.3


def test_a_faulty_preset_is_refused_in_sentences(tmp_path):
    text = PRESET.read_text(encoding="utf-8")
    for before, after, words in (
        ('"size": 10.328', '"size": 0', "key 'size': 0.0 is too small"),
        ('"channel": "crew"', '"channel": "pigeon"', "pigeon is no channel"),
        ('"Tree Emergencies": 0.91', '"Flying Trees": 0.91', "'Flying Trees', which is no kind"),
        ('"rows": 58251', '"rows": 58251,,', "line 3"),
    ):
        file = tmp_path / "preset.json"
        file.write_text(text.replace(before, after, 1), encoding="utf-8")
        with pytest.raises(Invalid, match=words):
            read_parameters(file)
    with pytest.raises(Invalid, match="no file"):
        read_parameters(tmp_path / "absent.json")
