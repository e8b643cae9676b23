"""The command that invents a record: the same words, the same record; and never among reports of people."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from civicconnect import clock, db, settings, simulating
from civicconnect.errors import Conflict
from civicconnect.reports import Report
from civicconnect.simulate import Manner
from civicconnect.simulating import Wish

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
WISH = Wish(reports=60, days=20, seed=3, preset="")


def invent(given, at=NOON, wish=WISH, *, live=False):
    with clock.stopped_at(at):
        simulating.simulated(given, wish, live=live)
    return json.loads((given.data_folder / "simulated" / str(wish.seed) / "truth.json").read_text())


def stored():
    with db.reading() as view:
        asked = select(Report.id, Report.received_at, Report.status, Report.closed_at)
        return set(view.execute(asked).tuples())


def test_the_same_words_on_the_same_day_are_the_same_record_whatever_the_hour(database, given):
    truth = invent(given)
    was = stored()
    assert len(was) == 60
    assert invent(given, NOON + timedelta(hours=3)) == truth
    assert stored() == was


def test_every_report_stands_in_the_truth_by_what_it_is_called(database, given):
    invent(given)
    file = given.data_folder / "simulated" / "3" / "truth.csv"
    with file.open(encoding="utf-8", newline="") as out, db.reading() as view:
        assert {row["id"] for row in csv.DictReader(out)} == set(view.scalars(select(Report.external_id)))


@pytest.mark.parametrize("other", [
    (NOON + timedelta(days=1), WISH), (NOON, Wish(61, 20, 3, "")), (NOON, Wish(60, 21, 3, ""))])
def test_another_record_under_the_same_seed_is_refused_and_changes_nothing(database, given, other):
    truth, was = invent(given), stored()
    with pytest.raises(Conflict, match="Seed 3 stands here with 60 reports in 20 days"):
        invent(given, *other)
    assert stored() == was
    again = invent(given, NOON + timedelta(days=9), Wish(60, 20, 3, "", datetime(2026, 11, 25)))  # noqa: DTZ001  a day
    assert again == truth


def test_among_reports_of_people_nothing_is_invented(database, given, db_, make_report):
    make_report()
    for live in (True, False):
        with pytest.raises(Conflict, match="1 reports of people stand here"):
            invent(given, live=live)
    assert db_.scalar(select(func.count()).select_from(Report)) == 1


def test_live_gives_as_many(database, given):
    assert invent(given, wish=Wish(8, 5, 4, ""), live=True)["counts"]["reports"] == 8
    assert len(stored()) == 8


def test_an_extract_of_a_folder_changes_no_installation(database, given, tmp_path):
    was, out = stored(), tmp_path / "out"
    with clock.stopped_at(NOON):
        simulating.extract(settings.home() / "cities" / "larkmouth", out, WISH, Manner("requests.csv.gz"))
        with gzip.open(out / "requests.csv.gz", "rt", encoding="utf-8-sig") as text:
            assert sum(1 for _ in csv.DictReader(text)) >= 60
        with pytest.raises(Conflict, match="is not empty"):
            simulating.extract(None, out, WISH, Manner())
    assert stored() == was
