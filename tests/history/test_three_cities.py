"""Three real cities, each drafted from some thousand of its own rows: the draft passes the check unedited,
and with the rows that made it nearly every report that has a place finds its department, and says why."""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select

from civicconnect import city, commands, db, history, settings
from civicconnect.catalog import catalog
from civicconnect.db import Base
from civicconnect.reports import Report
from tests.conftest import SHARED

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the folder with real records is not here")
# Profile, the city's name, requests, boundaries, every how manieth row is taken.
CITIES = {
    "boston_2011h2": ("Boston", ["boston_2011h2"], ["boston_neighborhoods"], 15),
    "los_angeles": ("Los Angeles", [
        "losangeles_2017-12-27_2017-12-31", "losangeles_2018-01-01_2018-01-04",
        "losangeles_2018-12-27_2018-12-31", "losangeles_2020-01-01_2020-01-03",
    ], ["losangeles_council_districts_2012", "losangeles_neighborhood_councils_2019"], 10),
    "new_york": ("New York", ["nyc_one_day_2018-10-21"], ["nyc_community_districts"], 2),
}


def thinned(source: Path, target: Path, every: int) -> Path:
    """Copy a header and every n-th row, as they stand."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as text, \
            target.open("w", encoding="utf-8", newline="") as out:
        rows = csv.reader(text)
        writer = csv.writer(out)
        writer.writerow(next(rows))
        writer.writerows(islice(rows, 0, None, every))
    return target


@pytest.fixture(scope="module", params=CITIES)
def drafted(request, tmp_path_factory) -> tuple[str, list[Path], Path]:
    """A profile's name, the rows and the folder drafted from them."""
    name, files, areas, every = CITIES[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    rows = [thinned(SHARED / "requests" / f"{file}.csv.gz", folder / f"{file}.csv", every) for file in files]
    boundaries = [SHARED / "boundaries" / f"{file}.geojson.gz" for file in areas]
    commands.draft(rows, boundaries, request.param, name, folder / "out")
    return request.param, rows, folder / "out"


@pytest.fixture
def loaded(empty_url, drafted, given):
    """The city in a database of its own."""
    opened = db.open_database(empty_url)
    with db.bound(opened):
        db.migrate(opened, settings.home() / "migrations")
        with db.transaction() as change:
            city.load_city(change, city.check_folder(drafted[2]))
        yield
    opened.engine.dispose()


def test_nearly_every_row_finds_its_department_and_says_why(loaded, drafted, tmp_path):
    name, files, _ = drafted
    profile = commands.profile_named(name)
    tallies = [history.import_csv(file, profile, tmp_path / "v.csv") for file in files]
    assert sum(tally.accepted for tally in tallies) > 0.98 * sum(tally.rows for tally in tallies)

    with db.reading() as view:
        located = select(func.count()).select_from(Report).where(Report.place.is_not(None))
        unclaimed = located.where(Report.department_id == catalog(view).departments["service-desk"].id)
        assert view.scalar(located) > 2500
        assert view.scalar(unclaimed) <= 0.05 * view.scalar(located)
        for why in view.scalars(select(Report.why)):
            assert why["rule"]
            assert why["matched"]


def test_a_draft_without_a_profile_is_the_same_city(drafted, tmp_path):
    name, files, out = drafted
    _, _, areas, _ = CITIES[name]
    boundaries = [SHARED / "boundaries" / f"{file}.geojson.gz" for file in areas]
    commands.draft(files, boundaries, name=CITIES[name][0], out=tmp_path / "out")
    guessed, written = city.check_folder(tmp_path / "out"), city.check_folder(out)
    assert {s["code"] for s in guessed.offer.services} == {s["code"] for s in written.offer.services}
    assert guessed.offer.city["time_zone"] == written.offer.city["time_zone"]
    assert guessed.promises.promises == written.promises.promises
    assert [(r.code, r.department) for r in guessed.rules] == [(r.code, r.department) for r in written.rules]


def test_a_drafted_city_goes_out_comes_in_again_and_goes_out_the_same(loaded):
    with db.reading() as view:
        once = city.dump(view)
    with db.transaction() as change:
        for table in reversed(Base.metadata.sorted_tables):
            change.execute(table.delete())
        city.load_city(change, city.check(once))
    with db.reading() as view:
        assert city.dump(view) == once
