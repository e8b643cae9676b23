"""A profile may name several columns and formats, one column for both coordinates, and a grid in metres."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from civicconnect import db, history
from civicconnect.errors import Invalid
from civicconnect.geo import Point
from civicconnect.history.extract import open_rows
from civicconnect.history.profile import Unreadable
from civicconnect.reports import Report
from tests.factories import HERE
from tests.history.records import write_csv
from tests.history.test_import import PROFILE

WRITTEN = """
name = "x"
zone = "Europe/Zurich"
time_format = ["iso", "%d.%m.%Y"]
[columns]
id = ["Number", "number"]
opened = "opened"
service = ["detail", "kind"]
note = ["note", ""]
place = "where"
[departments]
"" = "Streets"
"""


@pytest.fixture
def written(tmp_path):
    def write(text=WRITTEN):
        (tmp_path / "x.toml").write_text(text, encoding="utf-8")
        return history.read_profile(tmp_path / "x.toml")
    return write


def test_the_first_column_that_a_row_fills_counts(written):
    profile = written()
    assert profile.value({"detail": " ", "kind": "Lamp"}, "service") == "Lamp"
    assert profile.value({"detail": "Lamp out", "kind": "Lamp"}, "service") == "Lamp out"
    assert profile.value({"number": "7"}, "id") == "7"
    assert profile.department({}) == "Streets"


def test_the_first_format_that_fits_reads_a_time(written):
    profile = written()
    for text in ("2026-03-02", "02.03.2026"):
        assert profile.instant({"opened": text}, "opened") == (datetime(2026, 3, 1, 23, tzinfo=UTC), "")
    with pytest.raises(Unreadable, match="'opened' is '3/2/2026', which is no time in this profile"):
        profile.instant({"opened": "3/2/2026"}, "opened")


@pytest.mark.parametrize(("cell", "point"), [
    ("(41.2, -33.4)", Point(41.2, -33.4)), ("POINT (-33.4 41.2)", Point(41.2, -33.4)),
    ("41.2,-33.4", Point(41.2, -33.4)), ("1 Quay 5\nOld Town\n(41.2, -33.4)", Point(41.2, -33.4)),
    ("point(-33.4 41.2)", Point(41.2, -33.4)), ("", None), ("1 Quay 5", None), ("(0, 0)", None),
])
def test_one_column_may_hold_both_coordinates(written, cell, point):
    assert written().point({"where": cell}) == point


def test_coordinates_beyond_degrees_are_no_place(written):
    with pytest.raises(Unreadable, match="'234000, 900000' is no place in degrees"):
        written().point({"where": "(234000, 900000)"})


def test_the_swiss_grid_is_read_in_metres():
    grid = replace(PROFILE, grid="lv95")
    # The example of swisstopo's approximate formulas.
    point = grid.point({"lat": "1100000", "long": "2700000"})
    assert (point.lat, point.long) == (pytest.approx(46.044130, abs=1e-5), pytest.approx(8.730497, abs=1e-5))
    with pytest.raises(Unreadable, match="is no place in the grid LV95"):
        grid.point({"lat": "47.4", "long": "8.5"})


def test_a_file_must_have_one_of_the_names_unless_an_empty_one_stands_last(written, tmp_path):
    profile = written()
    header = ("number", "opened", "kind", "where")
    assert len(list(open_rows(write_csv(tmp_path / "a.csv", [{"number": 1}], header), profile))) == 1
    with pytest.raises(Invalid) as refused:
        next(open_rows(write_csv(tmp_path / "b.csv", [{}], ("number", "where")), profile))
    assert refused.value.fields == {"file": [
        "No column is called 'opened'; the profile 'x' names it.",
        "No column is called 'detail' or 'kind'; the profile 'x' names it."]}


@pytest.mark.parametrize(("key", "said"), [
    ('grid = "lv03"', "lv03 is no grid we read"), ("time_format = 7", "Write a name in quotation marks"),
    ("time_format = []", "Write a name in quotation marks"), ('zone2 = "x"', "Unknown field"),
])
def test_a_slip_in_a_profile_is_named(written, key, said):
    text = WRITTEN.replace('time_format = ["iso", "%d.%m.%Y"]', key)
    with pytest.raises(Invalid, match=said):
        written(text)


def test_a_profile_reads_back_as_it_was_written(written, tmp_path):
    profile = replace(written(), grid="lv95", channels={"Phone \"A\"": "call", "Größe": "web"})
    (tmp_path / "again.toml").write_text(profile.written, encoding="utf-8")
    assert history.read_profile(tmp_path / "again.toml") == profile


def test_a_row_without_an_id_is_known_by_all_its_cells(database, tmp_path):
    profile = replace(PROFILE, columns={**PROFILE.columns, "id": ""})
    rows = [{"opened": f"2026-03-0{day} 09:00:00", "type": "Pothole", "lat": HERE.lat, "long": HERE.long}
            for day in (2, 3, 3)]
    file = write_csv(tmp_path / "x.csv", rows, ("opened", "closed", "type", "lat", "long", "where", "channel",
                                                "note"))
    first = history.import_csv(file, profile, tmp_path / "v.csv")
    assert (first.new, first.rejected, first.reasons) == (2, 1, {"exact copy": 1})
    again = history.import_csv(file, profile, tmp_path / "v.csv")
    assert (again.new, again.already_there) == (0, 2)


def test_two_layouts_of_one_system_come_in_with_one_profile(database, tmp_path):
    columns = {**PROFILE.columns, "id": ("Number", "number"), "closed": ("closed", "")}
    profile = replace(PROFILE, columns=columns, time_format=("iso", "%m/%d/%Y %I:%M %p"))
    rest = ("opened", "type", "lat", "long", "where", "channel", "note")
    one = write_csv(tmp_path / "1.csv", [{"Number": 1, "opened": "2026-03-02 14:30", "type": "Pothole"}],
                    ("Number", "closed", *rest))
    two = write_csv(tmp_path / "2.csv", [{"number": 2, "opened": "03/02/2026 02:30 PM", "type": "Pothole"}],
                    ("number", *rest), separator=";")
    for file in (one, two):
        assert history.import_csv(file, profile, tmp_path / "v.csv").new == 1
    with db.reading() as view:
        assert len({report.received_at for report in view.query(Report)}) == 1
