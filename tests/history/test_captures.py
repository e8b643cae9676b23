"""Every capture of a real endpoint becomes a CSV and comes in by the profile, on both engines."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter

import pytest

from civicconnect import commands, history, settings
from civicconnect.errors import Invalid
from civicconnect.history import georeport
from civicconnect.history.georeport import COLUMNS
from tests.conftest import SHARED
from tests.history.real import everything, undone, write_city

CAPTURES = SHARED / "open311"
pytestmark = pytest.mark.skipif(not CAPTURES.exists(), reason="the folder with captures is not here")
EAST = "open311_requests_2019_bloomington_brookline_peoria.tsv.gz"
WEST = "open311_requests_2019_boston_chicago_sanfrancisco.tsv.gz"
# file, city: rows, different ids, closed. Counted with json and csv alone, without this product.
KNOWN = {
    ("boston_requests_2026-03-11.json.gz", ""): (50, 50, 10),
    ("chicago_requests_2019-01-29.json.gz", ""): (50, 50, 3),
    ("chicago_requests_extended_2014.json.gz", ""): (50, 50, 49),
    ("schenectady_requests_2019.json.gz", ""): (13, 13, 1),
    ("toronto_requests_2018_sample.xml", ""): (2, 2, 0),
    (EAST, "Bloomington_IN"): (1000, 1000, 857),
    (EAST, "Brookline, MA"): (1079, 1079, 706),
    (EAST, "Peoria_IL"): (73, 73, 61),
    # Who gathered these asked for one page again and again: most rows stand there several times.
    (WEST, "Boston_MA"): (1000, 200, 430),
    (WEST, "Chicago, IL"): (1194, 199, 708),
    (WEST, "San Francisco_CA"): (1000, 200, 535),
}


def only(city):
    return {"city": city} if city else {}


def rows_of(file):
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.mark.parametrize(("name", "city"), KNOWN)
def test_every_capture_becomes_a_csv_with_all_its_requests(tmp_path, name, city):
    rows, ids, closed = KNOWN[name, city]
    out = tmp_path / "requests.csv"
    written = history.write_capture(CAPTURES / name, out, only(city))
    found = rows_of(out)
    assert (written.rows, len(found)) == (rows, rows)
    assert tuple(found[0]) == COLUMNS
    assert len({row["service_request_id"] for row in found}) == ids
    assert sum(bool(row["closed_datetime"]) for row in found) == closed
    assert all(row["requested_datetime"] and row["service_name"] for row in found)
    assert written.kept_out == Counter()
    assert history.is_capture(CAPTURES / name)
    assert not (tmp_path / "requests.csv.part").exists()


def test_a_table_of_several_cities_is_never_written_as_one(tmp_path):
    assert history.cities_in(CAPTURES / EAST).total() == 2152
    assert history.cities_in(CAPTURES / WEST).total() == 3194
    for wrong in ({}, {"city": "Larkmouth"}):
        with pytest.raises(Invalid, match=r"'Bloomington_IN' \(1,000\), 'Brookline, MA' \(1,079\)"):
            history.write_capture(CAPTURES / EAST, tmp_path / "x.csv", wrong)
    assert list(tmp_path.iterdir()) == []


def test_no_name_no_address_no_number_of_a_reporter_is_ever_read(tmp_path):
    file = CAPTURES / "boston_requests_2026-03-11.json.gz"
    requests = json.loads(gzip.decompress(file.read_bytes()))
    private = set()
    for request in requests:
        extended = request["extended_attributes"]
        private |= {str(extended[key]) for key in ("name", "first_name", "last_name", "email", "phone")
                    if extended.get(key)}
    assert {"fake@gmail.com", "1111111", "Fake Fake"} <= private
    history.write_capture(file, tmp_path / "requests.csv")
    text = (tmp_path / "requests.csv").read_text(encoding="utf-8")
    assert [said for said in private if said in text] == []
    cells = {cell for row in rows_of(tmp_path / "requests.csv") for cell in row.values()}
    told = {georeport.cell(request.get(name)) for request in requests for name in COLUMNS}
    assert cells <= told  # the times of closing are those of the last change
    assert not any(request["token"] in text for request in requests)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The demo city once more, with every service that any of the captures asks for."""
    asked = {row["service_name"] for name, city in KNOWN
             for row in history.read_capture(CAPTURES / name, only(city))}
    return write_city(tmp_path_factory.mktemp("asked") / "city", sorted(asked))


@pytest.fixture(scope="module")
def everywhere(engine, templates, folder, tmp_path_factory):
    with everything(engine, templates, folder, tmp_path_factory.mktemp(engine)) as opened:
        yield opened


@pytest.fixture
def town(everywhere, given):
    with undone(everywhere):
        yield


@pytest.mark.parametrize(("name", "city"), KNOWN)
def test_every_capture_comes_in_by_the_profile_and_a_second_time_adds_nothing(town, tmp_path, name, city):
    rows, ids, closed = KNOWN[name, city]
    out = tmp_path / "requests.csv"
    history.write_capture(CAPTURES / name, out, only(city))
    chosen = history.choose_profile(out, settings.home() / "cities" / "profiles")
    assert (chosen.profile.name, chosen.guessed) == ("open311", False)
    profile = commands.profile_named("open311")
    papers = history.files_for(out, tmp_path)
    first = history.import_csv(out, profile, papers.verdicts)
    assert first.rows == rows == first.accepted + first.rejected
    assert (first.new, first.rejected) == (ids, rows - ids), first.reasons
    assert first.figures.told(closings=True, places=True)["closed"] == closed
    again = history.import_csv(out, profile, papers.verdicts)
    assert (again.new, again.already_there, again.rejected) == (0, first.new, first.rejected)
