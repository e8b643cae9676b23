"""Whatever stands in a cell of any layout we know becomes a report, or a rejection in a sentence."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import uuid5
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from civicconnect import commands, history
from civicconnect import settings as ours
from civicconnect.geo import Point
from civicconnect.history.extract import open_cells
from civicconnect.history.instants import Clock, read_time
from civicconnect.history.kinds import DONE, REJECTING
from civicconnect.history.places import Places, Written
from civicconnect.history.reader import NAMESPACE, Offer, Reader
from tests.conftest import SHARED
from tests.history.real import REQUESTS

real = pytest.mark.skipif(not SHARED.exists(), reason="the folder with real records is not here")
PROFILES = {file.stem: history.read_profile(file)
            for file in sorted((ours.home() / "cities" / "profiles").glob("*.toml"))}
OFFER = Offer({"Pothole": "pothole", "pothole": "pothole", "elevator": "elevator"}, "en")
# What people, machines and accidents put into cells.
TEMPTING = st.sampled_from([
    "", " ", "0", "-0", "Pothole", "elevator", "2018-10-21", "2018-10-21 00:59:59", "10/21/18 0:59",
    "12/31/2017 11:59:58 PM", "2018-02-29", "1900-01-01", "2100-01-01", "9999-12-31T23:59:59-12:00",
    "2018-W42-7", "2018-10-21T02:30:00.123456+05:45", "24:00", "2026-03-08 02:30", "1e308", "-1e400", "nan",
    "inf", "1_000", "١٢٣", "198,161", "1,017,901", "12,5", "2683920", "1245604", "(41.8, -87.6)",
    "POINT (-87.6 41.8)", "POINT (1e999 2)", "=1+1", "Closed", "open", "Closed - Testing", "\x1f", "\ufeff",
    "\N{RIGHT-TO-LEFT OVERRIDE}x", "道路", "a" * 5000, "\0", "\udc80", "a\nb",
])
CELLS = TEMPTING | st.text(max_size=40) | st.dates().map(str) | st.datetimes().map(str) | st.floats().map(str)


def header_of(profile):
    """Return a header that has everything a profile names, in the first of its ways."""
    named = [names[0] for names in profile.named.values() if names]
    return list(dict.fromkeys([*named, *(name for rule in profile.conditions
                                         for name in profile.columns_of(rule)[:1])]))


def some_row(profile, header):
    """Draw a row in which everything is odd, or a good one of which some cells are."""
    width = st.just(len(header)) | st.integers(1, len(header) + 2)
    good = {profile.named["opened"][0]: "2018-10-21", profile.named["service"][0]: "Pothole"}
    good |= {names[0]: "7" for names in [profile.named.get("id")] if names}
    spoiled = st.dictionaries(st.integers(0, len(header) - 1), CELLS, max_size=5).map(
        lambda odd: [odd.get(n, good.get(name, "")) for n, name in enumerate(header)])
    return spoiled | width.flatmap(lambda n: st.lists(CELLS, min_size=n, max_size=n))


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_text_in_any_cell_is_a_report_or_a_sentence(name, data):
    profile = PROFILES[name]
    header = header_of(profile)
    rows = data.draw(st.lists(some_row(profile, header), max_size=6))
    reader = Reader(profile, header, OFFER)
    leaf = reader.read([(line, cells) for line, cells in enumerate(rows, 2)])
    assert [verdict.line for verdict in leaf.verdicts] == list(range(2, len(rows) + 2))
    own = {rule.kind for rule in profile.refusals}
    for verdict in leaf.verdicts:
        assert set(verdict.kinds) <= DONE.keys() | own
        if verdict.past is None:
            assert verdict.kinds[0] in REJECTING | own
            assert len(verdict.reason) > 10
            continue
        assert not verdict.reason
        new = verdict.past.new
        assert new.id == uuid5(NAMESPACE, f"{profile.name}:{verdict.id}")
        assert new.service in OFFER.services.values()
        assert verdict.past.received_at.utcoffset() is not None
        if new.point:
            assert abs(new.point.lat) <= 90
            assert abs(new.point.long) <= 180
        if verdict.past.closing:
            assert verdict.past.closing.at >= verdict.past.received_at
    assert leaf.figures.not_closed + len(leaf.figures.waited) + leaf.figures.negative <= len(rows)


@pytest.mark.parametrize("written", ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%y %H:%M", "%d %b %Y %H:%M:%S",
                                     "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S.%f", "%b %d, %Y, %I:%M %p"])
@settings(max_examples=80, deadline=None)
@given(instant=st.datetimes(datetime(1969, 1, 1), datetime(2067, 12, 31)), noise=st.text(max_size=3))
def test_a_time_read_in_two_parts_is_what_strptime_reads(written, instant, noise):
    """Also where noise stands behind it, and it is no time."""
    for text in (instant.strftime(written), " ".join((instant.strftime(written) + noise).split())):
        try:
            expected = datetime.strptime(text, written)
        except ValueError:
            expected = None
        assert read_time(text, (written,)) == expected


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Zurich", "Australia/Sydney",
                                  "Australia/Lord_Howe"])
def test_every_quarter_of_an_hour_of_a_year_is_read_as_docs_import_md_says(zone):
    clock, kinds = Clock(zone, ("iso",)), set()
    for quarter in range(365 * 24 * 4):
        wall = datetime(2026, 1, 1) + quarter * timedelta(minutes=15)
        read = clock.read(wall.isoformat(sep=" "))
        shown = read.at.astimezone(ZoneInfo(zone))
        kinds.add(read.kind)
        if read.kind == "skipped":  # moved on by as much as the clock was
            before = ZoneInfo(zone).utcoffset(wall - timedelta(hours=3))
            assert shown.replace(tzinfo=None) - wall == shown.utcoffset() - before > timedelta(0)
        else:  # the clock showed it, and of two times this is the first
            assert (shown.replace(tzinfo=None), shown.fold) == (wall, 0)
    assert kinds == {"", "skipped", "doubled"}


@pytest.mark.parametrize(("grid", "file", "profile", "x", "y"), [
    ("EPSG:3435", "chicago_sanitation_2011_2014", "chicago_sanitation", "X_Coordinate", "Y_Coordinate"),
    ("EPSG:2263", "nyc_one_day_2018-10-21", "new_york", "X Coordinate (State Plane)",
     "Y Coordinate (State Plane)"),
    ("EPSG:2263", "nyc_elevator_2024", "new_york_elevators", "x_coordinate_state_plane",
     "y_coordinate_state_plane"),
])
@real
def test_feet_of_a_state_plane_lie_where_the_degrees_do(grid, file, profile, x, y):
    degrees = commands.profile_named(profile)
    feet = replace(degrees, grid=grid, columns={**degrees.columns, "lat": y, "long": x, "place": ""})
    rows = open_cells(REQUESTS / f"{file}.csv.gz", degrees)
    _, header = next(rows)
    batch = list(islice(rows, 7000))
    offer = AnyService({}, "en")
    compared = 0
    for one, other in zip(Reader(degrees, header, offer).read(batch).verdicts,
                          Reader(feet, header, offer).read(batch).verdicts, strict=True):
        if one.past and other.past and other.past.new.point:
            assert apart(one.past.new.point, other.past.new.point) < 2
            compared += 1
    assert compared > 6000


class AnyService(Offer):
    def find(self, name: str) -> str:
        return "pothole"


def apart(a: Point, b: Point) -> float:
    """Return metres between two near places."""
    north = (a.lat - b.lat) * 111_320
    return math.hypot(north, (a.long - b.long) * 111_320 * math.cos(math.radians(a.lat)))


@pytest.mark.parametrize(("grid", "lat", "long", "said"), [
    ("EPSG:2263", "198,161", "1,017,901", Point(40.710519, -73.878620)),
    ("EPSG:2263", "198161", "1017901.0", Point(40.710519, -73.878620)),
    ("EPSG:3435", "1872509.02087899", "1165166.51552093", Point(41.805763, -87.669757)),
    ("lv95", "1100000", "2700000", Point(46.044130, 8.730497)),
    ("EPSG:2056", "1100000", "2700000", Point(46.044130, 8.730497)),
    ("EPSG:2263", "40.7", "-73.9", "'40.7, -73.9' is no place in the grid EPSG:2263"),
    ("EPSG:2263", "1e300", "1e300", "'1e300, 1e300' is no place in the grid EPSG:2263"),
    ("", "198,161", "1,017,901", "'198,161, 1,017,901' is no place in degrees"),
    ("", "41,2", "-33,4", Point(41.2, -33.4)),
])
def test_figures_of_a_grid(grid, lat, long, said):
    found = Places(grid).read([Written(lat, long), Written("", "")])
    assert found[1].kind == "no place"
    if isinstance(said, str):
        assert found[0].fault == said
    else:
        assert apart(found[0].point, said) < 0.2


def test_a_reader_in_another_process_reads_the_same():
    profile = PROFILES["boston_2011h2"]
    header = header_of(profile)
    cells = ["2011-07-01 01:32:33" if name == profile.columns["opened"] else "Pothole" for name in header]
    reader = Reader(profile, header, OFFER)
    first = reader.read([(2, cells)])
    assert pickle.loads(pickle.dumps(reader)).read([(2, cells)]) == first  # noqa: S301  our own
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301
