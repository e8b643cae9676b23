"""A real city's half year: drafted from its own record, imported whole, and its figures as known elsewhere.

The expected numbers come from the profile of the record, counted without this product: 58,251 rows,
a median of 27.56 hours with open reports counted, 22.2 hours where they are left out.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import func, select

from civicconnect import city, commands, db, history, measures, opendata, settings
from civicconnect.catalog import catalog
from civicconnect.reports import Report
from tests.conftest import SHARED

RECORD = SHARED / "requests" / "boston_2011h2.csv.gz"
AREAS = SHARED / "boundaries" / "boston_neighborhoods.geojson.gz"
ROWS = 58_251
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the folder with real records is not here")


@pytest.fixture(scope="module")
def drafted(tmp_path_factory) -> Path:
    """A city folder drafted from the record."""
    folder = tmp_path_factory.mktemp("draft") / "boston"
    commands.draft([RECORD], [AREAS], "boston_2011h2", "Boston", folder)
    return folder


def test_the_draft_passes_the_check_as_it_is(drafted):
    found = city.check(city.read_folder(drafted))
    assert len(found.offer.services) > 100
    assert len(found.ground.areas) > 20


@pytest.fixture
def boston(empty_url, drafted, given):
    """The city in a database of its own."""
    opened = db.open_database(empty_url)
    with db.bound(opened):
        db.migrate(opened, settings.home() / "migrations")
        with db.transaction() as change:
            city.load_city(change, city.check_folder(drafted))
        yield
    opened.engine.dispose()


def test_the_half_year_comes_in_whole_and_its_figures_are_the_known_ones(boston, tmp_path):
    profile = commands.profile_named("boston_2011h2")
    verdicts = tmp_path / "verdicts.csv"
    tally = history.import_csv(RECORD, profile, verdicts)
    assert (tally.rows, tally.accepted + tally.rejected, tally.already_there) == (ROWS, ROWS, 0)
    with verdicts.open(encoding="utf-8", newline="") as told:
        assert sum(1 for _ in csv.DictReader(told)) == ROWS

    with db.reading() as view:
        stored = view.scalar(select(func.count()).select_from(Report))
        assert stored == tally.new
        located = select(func.count()).select_from(Report).where(Report.place.is_not(None))
        catch_all = located.where(Report.department_id == catalog(view).departments["service-desk"].id)
        assert view.scalar(catch_all) <= 0.05 * view.scalar(located)
        published = opendata.publish(view)
    figures = measures.performance(published)
    assert figures.overall.reports == stored
    assert figures.overall.median_hours == pytest.approx(27.56, rel=0.02)

    again = history.import_csv(RECORD, profile, verdicts)
    assert (again.new, again.already_there, again.rejected) == (0, tally.new, tally.rejected)
