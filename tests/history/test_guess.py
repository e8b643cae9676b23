"""Columns told from a file alone: for real cities as somebody wrote them by hand, and for invented ones."""

from __future__ import annotations

import pytest

from civicconnect import commands
from civicconnect.errors import Invalid
from civicconnect.geo import Point
from civicconnect.history.guess import guess_profile
from civicconnect.history.profile import several
from civicconnect.history.times import find_formats, shape
from civicconnect.history.zones import zone_near
from tests.conftest import SHARED
from tests.history.records import write_csv

REQUESTS = SHARED / "requests"
real = pytest.mark.skipif(not SHARED.exists(), reason="the folder with real records is not here")
MATTER = ("id", "opened", "closed", "due", "service", "group", "department", "department_name", "channel",
          "address", "lat", "long", "note")


def guess(*files):
    return guess_profile(files, "X", "UTC")


@real
@pytest.mark.parametrize(("name", "profile"), [
    ("boston_2011h2", "boston_2011h2"), ("losangeles_2017-12-27_2017-12-31", "los_angeles"),
    ("losangeles_2018-01-01_2018-01-04", "los_angeles"), ("losangeles_2018-12-27_2018-12-31", "los_angeles"),
    ("losangeles_2020-01-01_2020-01-03", "los_angeles"), ("nyc_one_day_2018-10-21", "new_york"),
    ("chicago_sanitation_2011_2014", "chicago_sanitation"), ("zurich_zueriwieneu_2016_2025", "zurich"),
])
def test_a_real_file_is_understood_as_the_person_did_who_wrote_its_profile(name, profile):
    found = guess(REQUESTS / f"{name}.csv.gz").profile
    wrote = commands.profile_named(profile)
    for word in MATTER:
        assert set(found.named[word]) <= set(wrote.named[word]), word
        assert bool(found.named[word]) == bool(wrote.named[word]), word
    assert set(several(found.time_format)) <= set(several(wrote.time_format))
    assert found.grid == wrote.grid
    for theirs, ours in found.channels.items():
        assert wrote.channels[theirs] == ours


@real
def test_four_layouts_of_one_city_become_one_profile():
    found = guess(*sorted(REQUESTS.glob("losangeles_*.csv.gz"))).profile
    wrote = commands.profile_named("los_angeles")
    assert found.named["id"] == ("SRNumber", "srnumber")
    for word in MATTER:
        assert found.columns[word] == wrote.columns[word], word
    assert found.time_format == wrote.time_format


@pytest.mark.parametrize(("header", "cells", "expected"), [
    ("service_request_id,status,service_name,service_code,requested_datetime,updated_datetime,"
     "expected_datetime,agency_responsible,address,lat,long,status_notes",
     ["1", "open", "Sidewalk", "57", "2019-11-14T00:21:08-05:00", "2019-11-15T00:21:08-05:00",
      "2019-11-20T00:00:00-05:00", "Streets", "9 W 11th St", "39.17", "-86.54", "Filed"],
     {"id": "service_request_id", "opened": "requested_datetime", "service": "service_name",
      "due": "expected_datetime", "department": "agency_responsible", "address": "address", "lat": "lat",
      "long": "long", "note": "status_notes", "closed": ""}),
    ("Ticket ID,Category,Subcategory,Date Created,Date Closed,Dept,Location",
     ["7", "Roads", "Pothole", "10/21/2018 2:05 PM", "10/22/2018 9:00 AM", "DPW", "1 Main St (41.2, -33.4)"],
     {"id": "Ticket ID", "opened": "Date Created", "closed": "Date Closed", "service": "Subcategory",
      "group": "Category", "department": "Dept", "place": "Location", "lat": "", "address": ""}),
    ("CaseNumber,RequestType,CreatedOn,CompletedOn,the_geom,Street Address",
     ["A-1", "Lamp", "2020/01/05", "2020/01/06", "POINT (-33.4 41.2)", "3 Quay"],
     {"id": "CaseNumber", "service": "RequestType", "opened": "CreatedOn", "closed": "CompletedOn",
      "place": "the_geom", "address": "Street Address"}),
    ("Datum,Kategorie,E,N,Adresse",
     ["21.10.2018 14:05", "Beleuchtung", "2683920", "1245604", "Seestrasse 3"],
     {"opened": "Datum", "service": "Kategorie", "long": "E", "lat": "N", "address": "Adresse", "id": ""}),
], ids=["open311", "with am and pm", "well-known text", "in metres"])
def test_an_invented_header_is_understood(tmp_path, header, cells, expected):
    names = header.split(",")
    # A second service and more ids, as every record has them.
    rows = [dict(zip(names, cells, strict=True)) for _ in range(6)]
    for n, row in enumerate(rows):
        row[names[0]] = row[names[0]] if names[0] == "Datum" else f"{cells[0]}{n}"
        service = expected["service"]
        row[service] = "Other thing" if n == 5 else row[service]
    found = guess(write_csv(tmp_path / "x.csv", rows, names)).profile
    assert {word: found.columns[word] for word in expected} == expected


@pytest.mark.parametrize(("separator", "mark"), [
    (",", ""), (";", ""), ("\t", ""), ("|", ""), (";", "\N{ZERO WIDTH NO-BREAK SPACE}")],
    ids=["comma", "semicolon", "tab", "bar", "semicolon and mark"])
def test_separators_marks_and_line_ends_within_a_cell_are_understood(tmp_path, separator, mark):
    rows = [{"id": n, "opened": "2026-03-02", "type": "Pothole, deep", "lat": "41,25", "lon": "-33,4",
             "resolution": 'said "done"\nand left; twice'} for n in range(3)]
    file = write_csv(tmp_path / "x.csv", rows, list(rows[0]), separator, mark)
    found = guess(file)
    assert found.profile.columns["id"] == "id"
    assert found.profile.columns["note"] == "resolution"
    assert found.profile.point(rows[0]) == Point(41.25, -33.4)
    assert found.examples["service"] == ("Pothole, deep",)
    assert found.examples.get("note") == ()  # it may name people


def test_files_that_lack_a_column_of_the_others_are_read_all_the_same(tmp_path):
    one = write_csv(tmp_path / "one.csv", [{"id": 1, "opened": "2026-03-02", "type": "A", "dept": "X"}],
                    ("id", "opened", "type", "dept"))
    two = write_csv(tmp_path / "two.csv", [{"ID": 2, "Opened": "3/2/26 8:00", "Type": "A"}],
                    ("ID", "Opened", "Type"))
    found = guess(one, two).profile
    assert found.columns["id"] == ("id", "ID")
    assert found.columns["department"] == ("dept", "")
    assert set(found.time_format) == {"iso", "%m/%d/%y %H:%M"}


@pytest.mark.parametrize(("values", "formats", "order"), [
    (["21/10/2018", "03/01/2019"], ("%d/%m/%Y",), "told"),
    (["10/21/2018", "03/01/2019"], ("%m/%d/%Y",), "told"),
    (["21.10.2018 14:05", "01.02.2019 00:00"], ("%d.%m.%Y %H:%M",), "told"),
    (["01/03/2018", "02/03/2018", "05/03/2018"], ("%d/%m/%Y",), "near"),
    (["03/01/2018", "03/02/2018", "03/05/2018"], ("%m/%d/%Y",), "near"),
    (["03/03/2018"], ("%m/%d/%Y",), "assumed"),
    (["10/21/18 0:00"], ("%m/%d/%y %H:%M",), "told"),
    (["12/31/2017 11:59:58 PM", "01/01/2018"], ("%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p"), "told"),
    (["2018-10-21", "2018-10-21T10:00:00Z", "2018-10-21 10:00:00.123"], ("iso",), ""),
    (["2018/10/21 9:05"], ("%Y/%m/%d %H:%M",), ""),
    (["21-Oct-2018", "3-Nov-2018"], ("%d-%b-%Y",), ""),
    (["October 21, 2018 4:05 PM"], ("%B %d, %Y %I:%M %p",), ""),
])
def test_times_tell_how_they_are_written(values, formats, order):
    found = find_formats(values)
    assert (found.formats, found.order) == (formats, order)


@pytest.mark.parametrize("value", ["", "1-870704831", "02108", "20181021", "617-555-1234", "13/13/2018",
                                   "2018-13-01", "31.12", "0/0/2018", "now", "May be 5, 2018"])
def test_what_is_no_time_is_not_taken_for_one(value):
    assert shape(value) == ""


@pytest.mark.parametrize(("header", "cells", "said"), [
    ("id,when,what", "1,2026-03-02,Hole",
     "x.csv has no column we know for the time it was opened. .*has id, when"),
    ("id,opened,what", "1,2026-03-02,Hole",
     "no column we know for what was asked for. .*docs/import.md"),
    ("id,opened,type", "1,soon,Hole", "no column we know for the time it was opened"),
])
def test_a_column_that_is_not_there_is_asked_for(tmp_path, header, cells, said):
    (tmp_path / "x.csv").write_text(f"{header}\n{cells}\n", encoding="utf-8")
    with pytest.raises(Invalid, match=said):
        guess(tmp_path / "x.csv")


@pytest.mark.parametrize(("lat", "long", "zone"), [
    (42.3, -71.1, "America/New_York"), (34, -118.3, "America/Los_Angeles"), (41.9, -87.7, "America/Chicago"),
    (29.8, -95.4, "America/Chicago"), (39.2, -86.5, "America/Indiana/Indianapolis"),
    (47.4, 8.5, "Europe/Zurich"), (50.6, 8.7, "Europe/Berlin"), (52.4, 4.9, "Europe/Amsterdam"),
    (-33.9, 151.2, "Australia/Sydney"), (19.1, 72.9, "Asia/Kolkata"),
])
def test_a_zone_is_told_from_a_place(lat, long, zone):
    assert zone_near(Point(lat, long)) == zone
