"""The command that invents a record: the same words, the same record; and never among reports of people."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from civicconnect import clock, db, settings, simulate, simulating
from civicconnect.errors import Conflict, Invalid
from civicconnect.reports import Event, EventText, Follower, Report, ReportArea
from civicconnect.reports.models import ReportBlock, ReportSquare
from civicconnect.simulate import Manner, door
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


def truth_of(given, seed):
    folder = given.data_folder / "simulated" / str(seed)
    return (folder / "truth.csv").read_bytes(), (folder / "truth.json").read_bytes()


@pytest.mark.parametrize(("first", "then"), [(True, True), (False, True), (True, False)])
def test_lived_or_in_bulk_a_second_time_adds_nothing(database, given, capsys, first, then):
    wish = Wish(40, 5, 4, "")
    invent(given, wish=wish, live=first)
    was, truth = stored(), truth_of(given, 4)
    invent(given, wish=wish, live=then)
    assert (stored(), truth_of(given, 4)) == (was, truth)
    assert "40 reports, 0 of them new" in capsys.readouterr().out


@pytest.mark.parametrize("live", [True, False])
def test_one_that_was_cut_off_while_it_was_lived_goes_on_so(database, given, monkeypatch, capsys, live):
    wish = Wish(40, 5, 4, "")
    step, left = door._step, iter(range(9))

    def die(*words):
        if next(left, None) is None:
            raise KeyboardInterrupt
        step(*words)

    with monkeypatch.context() as patched:
        patched.setattr(door, "_step", die)
        with pytest.raises(KeyboardInterrupt):
            invent(given, wish=wish, live=True)
    assert not (given.data_folder / "simulated" / "4" / "truth.csv").exists()
    invent(given, wish=wish, live=live)
    assert ("begun with --live" in capsys.readouterr().out) is not live
    was, truth = stored(), truth_of(given, 4)
    with db.transaction() as change:
        for table in (Follower, ReportArea, EventText, Event, ReportSquare, ReportBlock, Report):
            change.execute(delete(table))
    invent(given, wish=wish, live=True)
    assert (stored(), truth_of(given, 4)) == (was, truth)


def test_words_of_which_nothing_came_stand_in_nobodys_way(database, given, monkeypatch):
    def fail(*_, **__):
        raise Invalid({"as_of": ["It cannot happen."]})

    with monkeypatch.context() as patched:
        patched.setattr(simulate, "load_history", fail)
        with pytest.raises(Invalid):
            invent(given)
    assert invent(given, wish=Wish(30, 9, 3, ""))["counts"]["reports"] == len(stored()) == 30
    with pytest.raises(Conflict, match="Seed 3 stands here with 30 reports in 9 days"):
        invent(given)


@pytest.mark.parametrize(("until", "days"), [("9999-12-31", 5), ("0001-01-05", 20_000), ("1905-01-01", 9000)])
def test_a_time_of_which_no_record_tells_is_a_sentence(database, given, until, days):
    with pytest.raises(Invalid, match="A record lies between 1900 and 2199"):
        invent(given, wish=Wish(100, days, 3, "", datetime.fromisoformat(until)))


def test_an_extract_of_two_files_names_a_command_for_each(database, tmp_path, capsys):
    with clock.stopped_at(NOON):
        simulating.extract(None, tmp_path / "out", WISH, Manner("requests.csv.gz", layouts=2))
    out = tmp_path / "out"
    told = capsys.readouterr().out.splitlines()
    for n in (1, 2):
        assert f"  civic import {out / f'requests-{n}.csv.gz'} --profile {out / 'profile.toml'}" in told


def test_an_extract_of_a_folder_changes_no_installation(database, given, tmp_path):
    was, out = stored(), tmp_path / "out"
    with clock.stopped_at(NOON):
        simulating.extract(settings.home() / "cities" / "larkmouth", out, WISH, Manner("requests.csv.gz"))
        with gzip.open(out / "requests.csv.gz", "rt", encoding="utf-8-sig") as text:
            assert sum(1 for _ in csv.DictReader(text)) >= 60
        with pytest.raises(Conflict, match="is not empty"):
            simulating.extract(None, out, WISH, Manner())
    assert stored() == was
