"""Business time, against tables made by hand and against counting minute by minute."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civicconnect.errors import Invalid
from civicconnect.sla import Hours, Timetable, due_after_pauses, due_at, local, timetable

NY, ZURICH, LORD_HOWE, AZORES = ZONES = (
    "America/New_York",
    "Europe/Zurich",
    "Australia/Lord_Howe",
    "Atlantic/Azores",
)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LUNCH_BREAK = (((480, 720), (780, 1020)),) * 5 + ((), ())
OFFICE = Hours(ZURICH, LUNCH_BREAK, frozenset({date(2026, 8, 3)}))
ALWAYS = {zone: Hours(zone, (((0, 1440),),) * 7) for zone in ZONES}
# When the clocks of 2026 change: zone, instant, hours forward.
CHANGES = (
    (NY, "2026-03-08 07:00", 1),
    (NY, "2026-11-01 06:00", -1),
    (ZURICH, "2026-03-29 01:00", 1),
    (ZURICH, "2026-10-25 01:00", -1),
    (LORD_HOWE, "2026-10-03 15:30", 0.5),
    (LORD_HOWE, "2026-04-04 15:00", -0.5),
    (AZORES, "2026-03-29 01:00", 1),
    (AZORES, "2026-10-25 01:00", -1),
)
property_ = settings(deadline=None, max_examples=60)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def zurich(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZURICH))


@st.composite
def days(draw):
    edges = draw(st.lists(st.integers(0, 1440), unique=True, max_size=6))
    return tuple(pairwise(sorted(edges[: len(edges) // 2 * 2])))[::2]


@st.composite
def calendars(draw):
    week = draw(st.tuples(*[days()] * 7).filter(any))
    closed = draw(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=40))
    return Hours(draw(st.sampled_from(ZONES)), week, closed)


around_a_change = st.builds(
    lambda change, away: utc(change[1]) + away,
    st.sampled_from(CHANGES),
    st.timedeltas(timedelta(days=-3), timedelta(days=3)),
)
any_day = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
instants = around_a_change | st.datetimes(
    datetime(2025, 12, 1), datetime(2027, 1, 31), timezones=st.just(UTC)
)
amounts = st.timedeltas(timedelta(0), timedelta(hours=60))


@property_
@given(calendars(), instants, amounts)
def test_the_time_added_is_the_time_between_and_not_a_microsecond_earlier(hours, start, amount):
    table = timetable(hours)
    end = table.add(start, amount)
    assert end.tzinfo is UTC
    assert table.between(start, end) == amount
    assert table.between(end, start) == -amount
    if amount:
        assert table.between(start, end - timedelta.resolution) < amount


@property_
@given(calendars(), instants, amounts, amounts)
def test_adding_in_two_goes_is_adding_at_once(hours, start, first, then):
    table = timetable(hours)
    assert table.add(table.add(start, first), then) == table.add(start, first + then)


@property_
@given(calendars(), instants, instants, amounts, amounts)
def test_later_starts_and_longer_promises_never_fall_due_earlier(hours, a, b, x, y):
    table = timetable(hours)
    (early, late), (short, long) = sorted([a, b]), sorted([x, y])
    assert early <= table.add(early, short) <= table.add(early, long) <= table.add(late, long)


@property_
@given(st.sampled_from(ZONES), any_day, amounts)
def test_an_office_that_never_closes_keeps_plain_time(zone, start, amount):
    assert timetable(ALWAYS[zone]).add(start, amount) == start + amount


@settings(deadline=None, max_examples=25)
@given(calendars(), around_a_change)
def test_counting_minute_by_minute_gives_the_same_answer(hours, start):
    start = start.replace(second=0, microsecond=0)
    instants = [start + n * MINUTE for n in range(-180, 5 * 1440)]
    walls = [instant.astimezone(ZoneInfo(hours.zone)).replace(tzinfo=None) for instant in instants]
    # A time shown twice counts when it is first shown: the latest time shown so far decides.
    is_open = [
        wall.date() not in hours.closed
        and any(a <= wall.hour * 60 + wall.minute < b for a, b in hours.week[wall.weekday()])
        for wall in accumulate(walls, max)
    ][180:]
    table, passed = Timetable(hours), list(accumulate(is_open, initial=0))
    for n in range(0, len(is_open), 53):
        assert table.between(start, start + n * MINUTE) == passed[n] * MINUTE
    for worked in range(1, passed[-1], 97):
        assert table.add(start, worked * MINUTE) == start + passed.index(worked) * MINUTE


@pytest.mark.parametrize(("zone", "change", "forward"), CHANGES)
def test_the_night_the_clock_changes_lasts_as_long_as_it_really_does(zone, change, forward):
    nights = Hours(zone, (((0, 240),),) * 7)
    day = utc(change) - timedelta(hours=12), utc(change) + timedelta(hours=12)
    assert timetable(nights).between(*day) == timedelta(hours=4 - forward)


@pytest.mark.parametrize(
    ("zone", "span", "opens", "closes"),
    [
        (NY, (150, 300), "2026-03-08 07:00", "2026-03-08 09:00"),  # opens inside the skip
        (NY, (60, 150), "2026-03-08 06:00", "2026-03-08 07:00"),  # closes inside it
        (NY, (60, 90), "2026-11-01 05:00", "2026-11-01 05:30"),  # the first 1:00 to the first 1:30
        (NY, (90, 120), "2026-11-01 05:30", "2026-11-01 07:00"),  # 2:00 comes after the second 1:30
        (LORD_HOWE, (130, 180), "2026-10-03 15:30", "2026-10-03 16:00"),
        (LORD_HOWE, (90, 120), "2026-04-04 14:30", "2026-04-04 15:30"),
        (AZORES, (0, 120), "2026-03-29 01:00", "2026-03-29 02:00"),  # there is no midnight
        (AZORES, (0, 30), "2026-10-25 00:00", "2026-10-25 00:30"),
    ],
)
def test_a_span_at_the_change_opens_and_closes_when_the_clock_first_says_so(
    zone, span, opens, closes
):
    sundays = timetable(Hours(zone, ((),) * 6 + ((span,),)))
    noon_before = utc(opens) - timedelta(hours=12)
    length = utc(closes) - utc(opens)
    assert sundays.add(noon_before, length) == utc(closes)
    assert sundays.add(noon_before, timedelta.resolution) == utc(opens) + timedelta.resolution


def test_a_span_that_lies_wholly_in_the_skip_does_not_happen():
    sundays = timetable(Hours(NY, ((),) * 6 + (((130, 170),),)))
    assert sundays.add(utc("2026-03-02 00:00"), MINUTE) == utc("2026-03-15 06:11")


def test_the_friday_that_samoa_left_out_is_no_working_day():
    apia = timetable(Hours("Pacific/Apia", (((480, 960),),) * 5 + ((), ())))
    assert apia.between(utc("2011-12-29 12:00"), utc("2012-01-01 12:00")) == 8 * HOUR
    assert apia.between(utc("2011-12-22 12:00"), utc("2011-12-25 12:00")) == 16 * HOUR


@pytest.mark.parametrize(
    ("received", "hours", "due"),
    [
        ("2026-06-05 09:00", 2, "2026-06-05 11:00"),
        ("2026-06-05 11:30", 1, "2026-06-05 13:30"),  # over lunch
        ("2026-06-05 12:20", 1, "2026-06-05 14:00"),  # at lunch
        ("2026-06-05 11:00", 1, "2026-06-05 12:00"),  # up exactly when lunch begins
        ("2026-06-05 16:00", 1, "2026-06-05 17:00"),  # up exactly at closing time
        ("2026-06-05 16:00", 1.25, "2026-06-08 08:15"),  # over the weekend
        ("2026-06-05 17:00", 1, "2026-06-08 09:00"),  # received at closing time
        ("2026-06-06 10:00", 1, "2026-06-08 09:00"),  # received on a Saturday
        ("2026-06-06 10:00", 0, "2026-06-06 10:00"),
        ("2026-06-05 07:59", 8, "2026-06-05 17:00"),
        ("2026-07-31 16:00", 2, "2026-08-04 09:00"),  # over the weekend and a holiday
        ("2026-08-03 09:00", 1, "2026-08-04 09:00"),  # received on a holiday
        ("2026-03-27 16:00", 2, "2026-03-30 09:00"),  # over the change of clocks
        ("2025-12-31 16:00", 2, "2026-01-01 09:00"),
        ("2026-06-01 08:00", 80, "2026-06-12 17:00"),
    ],
)
def test_a_promise_counts_opening_hours_only(received, hours, due):
    assert due_at(zurich(received), hours, OFFICE) == zurich(due)


def test_years_without_a_single_opening_are_passed_over():
    mondays = frozenset(date(2026, 1, 5) + timedelta(weeks=n) for n in range(104))
    once = Hours(ZURICH, (((480, 540),),) + ((),) * 6, mondays)
    assert due_at(zurich("2026-01-01 00:00"), 1, once) == zurich("2028-01-03 09:00")
    assert (
        timetable(once).between(zurich("2026-01-01 00:00"), zurich("2027-12-31 00:00")) == 0 * HOUR
    )


@pytest.mark.parametrize("year", [1901, 1990, 2060, 2120])
def test_any_year_may_be_asked_first_and_any_other_after_it(year):
    table, monday = Timetable(OFFICE), zurich("2026-06-08 08:00")
    assert (
        table.between(zurich(f"{year}-01-01 00:00"), zurich(f"{year + 1}-01-01 00:00"))
        > 2000 * HOUR
    )
    assert table.add(monday, 9 * HOUR) == monday + timedelta(days=1, hours=1)


def test_threads_may_share_a_timetable():
    starts = [utc("2008-01-01 00:00") + timedelta(days=331 * n % 9000) for n in range(400)]
    shared = Timetable(OFFICE)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda start: shared.add(start, 40 * HOUR), starts))
    alone = Timetable(OFFICE)
    assert together == [alone.add(start, 40 * HOUR) for start in starts]


@pytest.mark.parametrize(
    "week",
    [
        ((),) * 7,
        (((480, 720),),) * 6,
        (((720, 480),),) * 7,
        (((480, 480),),) * 7,
        (((480, 720), (700, 900)),) * 7,
        (((780, 1020), (480, 720)),) * 7,
        (((-1, 720),),) * 7,
        (((480, 1441),),) * 7,
    ],
    ids=["closed", "six-days", "backwards", "empty", "overlapping", "unsorted", "early", "late"],
)
def test_a_week_that_cannot_be_is_refused_by_name(week):
    with pytest.raises(Invalid, match="week"):
        Hours(ZURICH, week)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "", "../etc/passwd"])
def test_an_unknown_zone_is_refused_by_name(zone):
    with pytest.raises(Invalid, match="zone"):
        Hours(zone, LUNCH_BREAK)
    with pytest.raises(Invalid, match="zone"):
        local(datetime(2026, 1, 1), zone)


@pytest.mark.parametrize("hours", [-1, float("nan"), float("inf"), 1e12])
def test_a_promise_without_a_sensible_length_is_refused(hours):
    with pytest.raises(Invalid, match="promised_hours"):
        due_at(zurich("2026-06-05 09:00"), hours, OFFICE)


@pytest.mark.parametrize("start", ["0001-01-01", "1899-06-01", "2201-06-01", "9999-12-31"])
def test_a_date_that_must_be_a_slip_of_the_pen_is_refused(start):
    with pytest.raises(Invalid, match="Check the date"):
        timetable(OFFICE).add(utc(start), HOUR)


def test_a_promise_that_reaches_past_the_last_year_is_refused_and_not_sought_for_ever():
    with pytest.raises(Invalid, match="Check the date"):
        due_at(zurich("2190-06-05 09:00"), 800_000, Hours(ZURICH, ((),) * 6 + (((480, 540),),)))


def test_an_instant_without_a_zone_and_time_taken_away_are_mistakes():
    with pytest.raises(ValueError, match="carries its zone"):
        timetable(OFFICE).add(datetime(2026, 6, 5), HOUR)
    with pytest.raises(ValueError, match="not taken away"):
        timetable(OFFICE).add(utc("2026-06-05 09:00"), -HOUR)


FRIDAY = "2026-06-05 "


def paused(*pauses: tuple[str, str | None], hours: float = 4, now: str = "2027-01-01") -> datetime:
    """Return when a promise of Friday at nine falls due in Zurich."""
    spans = [(zurich(begins), ends and zurich(ends)) for begins, ends in pauses]
    return due_after_pauses(zurich(FRIDAY + "09:00"), hours, spans, OFFICE, zurich(now))


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ([], "2026-06-05 14:00"),
        ([("2026-06-05 10:00", "2026-06-05 11:30")], "2026-06-05 15:30"),
        ([("2026-06-05 12:00", "2026-06-05 13:00")], "2026-06-05 14:00"),  # over lunch
        ([("2026-06-05 13:30", "2026-06-08 08:30")], "2026-06-08 09:00"),  # over the weekend
        ([("2026-06-05 08:00", "2026-06-05 10:00")], "2026-06-05 15:00"),  # begun before receipt
        ([("2026-06-05 14:00", "2026-06-05 16:00")], "2026-06-05 14:00"),  # begun when due
        ([("2026-06-09 08:00", "2026-06-09 16:00")], "2026-06-05 14:00"),  # begun when late
        (
            [("2026-06-05 11:00", "2026-06-05 13:30"), ("2026-06-05 10:00", "2026-06-05 11:30")],
            "2026-06-05 16:30",  # out of order and overlapping
        ),
        (
            [("2026-06-05 10:00", "2026-06-05 12:00"), ("2026-06-05 10:30", "2026-06-05 11:00")],
            "2026-06-05 16:00",  # one inside the other
        ),
        (
            [("2026-06-05 10:00", "2026-06-05 12:00"), ("2026-06-05 15:00", "2026-06-05 15:30")],
            "2026-06-05 16:30",  # the second one only matters because of the first
        ),
    ],
)
def test_the_clock_stands_still_while_a_report_waits(pauses, due):
    assert paused(*pauses) == zurich(due)


def test_a_pause_without_an_end_lasts_until_now():
    waiting = (FRIDAY + "10:00", None)
    assert paused(waiting, now=FRIDAY + "11:00") == zurich(FRIDAY + "15:00")
    assert paused(waiting, now=FRIDAY + "15:00") == zurich("2026-06-08 09:00")
    assert paused(waiting, now=FRIDAY + "09:30") == zurich(FRIDAY + "14:00")


def test_a_pause_that_ends_before_it_begins_is_refused():
    with pytest.raises(Invalid, match="A pause ends after it begins"):
        paused((FRIDAY + "11:00", FRIDAY + "10:00"))


@property_
@given(
    calendars(),
    instants,
    st.floats(0, 60),
    st.lists(st.tuples(st.floats(-20, 400), st.floats(0, 90)), max_size=5),
)
def test_from_receipt_to_due_what_was_not_paused_is_what_was_promised(hours, start, promise, spans):
    pauses = [(start + a * HOUR, start + a * HOUR + length * HOUR) for a, length in spans]
    due = due_after_pauses(start, promise, pauses, hours, start)
    edges = {min(max(edge, start), due) for pause in pauses for edge in pause}
    slices = pairwise(sorted(edges | {start, due}))
    running = [s for s in slices if not any(a <= s[0] and s[1] <= b for a, b in pauses)]
    table = timetable(hours)
    assert sum((table.between(*s) for s in running), 0 * HOUR) == timedelta(hours=promise)


@pytest.mark.parametrize(
    ("zone", "shown", "instant", "note"),
    [
        (NY, "2026-03-08 01:59:59", "2026-03-08 06:59:59", ""),
        (NY, "2026-03-08 02:00", "2026-03-08 07:00", "skipped"),
        (NY, "2026-03-08 02:30", "2026-03-08 07:30", "skipped"),
        (NY, "2026-03-08 03:00", "2026-03-08 07:00", ""),
        (NY, "2026-11-01 00:59", "2026-11-01 04:59", ""),
        (NY, "2026-11-01 01:00", "2026-11-01 05:00", "doubled"),
        (NY, "2026-11-01 01:59:59", "2026-11-01 05:59:59", "doubled"),
        (NY, "2026-11-01 02:00", "2026-11-01 07:00", ""),
        (ZURICH, "2026-03-29 02:30", "2026-03-29 01:30", "skipped"),
        (ZURICH, "2026-10-25 02:30", "2026-10-25 00:30", "doubled"),
        (ZURICH, "2026-10-25 03:00", "2026-10-25 02:00", ""),
        (LORD_HOWE, "2026-10-04 02:15", "2026-10-03 15:45", "skipped"),
        (LORD_HOWE, "2026-10-04 02:30", "2026-10-03 15:30", ""),
        (LORD_HOWE, "2026-04-05 01:45", "2026-04-04 14:45", "doubled"),
        (LORD_HOWE, "2026-04-05 02:00", "2026-04-04 15:30", ""),
        (AZORES, "2026-03-29 00:00", "2026-03-29 01:00", "skipped"),
        (AZORES, "2026-03-28 23:59", "2026-03-29 00:59", ""),
        (AZORES, "2026-10-25 00:30", "2026-10-25 00:30", "doubled"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 22:00", "skipped"),
    ],
)
def test_a_time_on_the_wall_becomes_one_instant_and_says_if_it_had_to_choose(
    zone, shown, instant, note
):
    naive = datetime.fromisoformat(shown)
    assert local(naive, zone) == (utc(instant), note)
    assert local(naive.replace(fold=1), zone) == (utc(instant), note)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from([*ZONES, "Pacific/Apia", "Africa/Freetown", "Europe/Amsterdam"]),
    st.datetimes(datetime(1880, 1, 1), datetime(2100, 1, 1))
    | around_a_change.map(lambda instant: instant.replace(tzinfo=None)),
)
def test_every_time_on_the_wall_means_what_the_zone_database_says(zone, naive):
    instant, note = local(naive, zone)
    tz = ZoneInfo(zone)
    first, second = (naive.replace(tzinfo=tz, fold=n).astimezone(UTC) for n in (0, 1))
    exists = first.astimezone(tz).replace(tzinfo=None) == naive
    assert instant == first
    assert note == ("skipped" if not exists else "doubled" if first != second else "")


def test_a_time_that_already_has_a_zone_is_a_mistake_and_one_in_the_year_1_a_slip():
    with pytest.raises(ValueError, match="carries no zone"):
        local(utc("2026-01-01"), ZURICH)
    with pytest.raises(Invalid, match="Check the date"):
        local(datetime.min, ZURICH)
