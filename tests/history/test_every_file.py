"""Every real file comes in, on both engines, and says of itself what is known of it.

In the suite the figures are those of all rows, read without writing, and the first rows of each file go into
the database. With CIVIC_LONG_TESTS=1 all rows of all files do: 605,464 on each engine.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from civicconnect import commands, db, history
from civicconnect.history import kinds
from civicconnect.history.extract import open_cells
from civicconnect.history.figures import Figures
from civicconnect.reports import Event, Report
from tests.conftest import SHARED
from tests.history.real import (
    KNOWN,
    beginning,
    brought,
    everything,
    known_columns,
    services_asked,
    undone,
    write_city,
)

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the folder with real records is not here")
LONG = bool(os.environ.get("CIVIC_LONG_TESTS"))
PART = None if LONG else 1000  # rows of each file that go into the database


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    asked = (name for known in KNOWN.values() for name in services_asked(known))
    return write_city(tmp_path_factory.mktemp("everywhere") / "city", asked)


@pytest.fixture(scope="module")
def everywhere(engine, templates, folder, tmp_path_factory):
    with everything(engine, templates, folder, tmp_path_factory.mktemp(engine)) as opened:
        yield opened


@pytest.fixture(scope="module")
def spatialite(templates, folder, tmp_path_factory):
    with everything("spatialite", templates, folder, tmp_path_factory.mktemp("hall")) as opened:
        yield opened


@pytest.fixture
def hall(spatialite, given):
    """Such a database where a test asks only for what the city offers: one engine is enough."""
    with db.bound(spatialite):
        yield


@pytest.fixture
def town(everywhere, given):
    """The same; whatever the test does is undone."""
    with undone(everywhere):
        yield


@pytest.mark.parametrize("name", KNOWN)
def test_all_rows_say_of_themselves_what_is_known(hall, name, tmp_path):
    known = KNOWN[name]
    tallies = brought(known.paths, commands.profile_named(known.profile), tmp_path, dry=True)
    figures = Figures()
    for tally in tallies:
        figures.add(tally.figures)
        assert tally.accepted + tally.rejected == tally.rows
        assert sum(tally.reasons.values()) == tally.rejected
    assert sum(t.rows for t in tallies) == known.rows
    assert sum(t.new for t in tallies) == known.accepted
    assert sum(t.once.copies for t in tallies) == known.copies
    if known.distinct is not None:
        assert sum(t.once.distinct_ids for t in tallies) == known.distinct
        assert sum(t.once.repeated_ids for t in tallies) == known.repeated
    told = figures.told(closings=known.closed is not None, places=known.placeless is not None)
    assert (told["first_opening"], told["last_opening"]) == (known.first, known.last)
    assert (told["closed"], told["without_a_closing_time"]) == (known.closed, known.not_closed)
    assert (told["closed_before_opened"], told["without_a_place"]) == (known.negative, known.placeless)
    assert (told["median_is_in"], told["at_a_stand_in_place"] or 0) == (known.unit, known.stand_ins)
    assert known.median is None or round(told["median_of_the_closed"], 2) == known.median
    for kind, rows in known.dirt:
        assert sum(tally.dirt[kind] for tally in tallies) == rows
    with db.reading() as view:
        assert view.scalar(select(func.count()).select_from(Report)) == 0


def test_the_truth_stands_in_a_file_beside(hall, tmp_path):
    brought(KNOWN["one day"].paths, commands.profile_named("new_york"), tmp_path, dry=True)
    told = json.loads((tmp_path / "nyc_one_day_2018-10-21.truth.json").read_text(encoding="utf-8"))
    dirt = told.pop("dirt")
    assert told == {
        "file": "nyc_one_day_2018-10-21.csv.gz", "profile": "new_york", "rows": 6765, "accepted": 6765,
        "rejected": 0, "distinct_ids": 6765, "repeated_ids": 0, "exact_copies": 0,
        "first_opening": "2018-10-21 00:00:00", "last_opening": "2018-10-22 02:41:00", "closed": 2441,
        "without_a_closing_time": 4324, "closed_before_opened": 0, "median_of_the_closed": 1.8167,
        "median_is_in": "hours", "without_a_place": 115, "at_a_stand_in_place": 0}
    assert dirt["no place"] == {"rows": 115, "done": kinds.DONE["no place"]}
    assert dirt["open with a closing time"]["rows"] == 117


@dataclass
class Counted:
    """What stands in a file, counted by hand: the first row of each id, no closing before its opening."""

    rows: int = 0
    accepted: int = 0
    not_closed: int = 0
    placeless: int = 0
    waits: tuple[timedelta, ...] = ()


def counted_by_hand(files, profile) -> Counted:
    """Count a set's rows with nothing of the importer but its list of columns."""
    found, waits = Counted(), []
    for file in files:
        rows = open_cells(file)
        _, header = next(rows)
        key, opened, closed, lat = (known_columns(profile, header, word)
                                    for word in ("id", "opened", "closed", "lat"))
        seen = set()
        for _, cells in rows:
            found.rows += 1
            id_ = tuple(cells) if key is None else cells[key]
            began = plainly(cells[opened])
            ended = plainly(cells[closed]) if closed is not None else None
            if id_ in seen or (ended and ended < began):
                continue
            seen.add(id_)
            found.accepted += 1
            found.placeless += lat is None or not cells[lat]
            found.not_closed += ended is None
            waits += [ended - began] if ended else []
    found.waits = tuple(waits)
    return found


def plainly(text: str) -> datetime | None:
    for written in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%y %H:%M"):
        try:
            return datetime.strptime(text, written)
        except ValueError:
            continue
    return None


@pytest.mark.parametrize("name", KNOWN)
def test_rows_come_in_once_and_the_database_says_the_same(town, name, tmp_path):
    known, profile = KNOWN[name], commands.profile_named(KNOWN[name].profile)
    files = [beginning(file, tmp_path, PART) for file in known.paths]
    by_hand = counted_by_hand(files, profile)
    assert not LONG or (by_hand.rows, by_hand.accepted) == (known.rows, known.accepted)
    first = brought(files, profile, tmp_path)
    assert sum(t.rows for t in first) == by_hand.rows
    assert sum(t.new for t in first) == by_hand.accepted == by_hand.rows - sum(t.rejected for t in first)
    with db.reading() as view:
        assert in_the_database(view, profile) == (
            by_hand.accepted, by_hand.not_closed, by_hand.placeless, by_hand.accepted,
            median(by_hand.waits) if by_hand.waits else None)
    for papers, tally in zip((history.files_for(file, tmp_path) for file in files), first, strict=True):
        with papers.rejects.open(encoding="utf-8", newline="") as rejected:
            assert sum(1 for _ in csv.reader(rejected)) == 1 + tally.rejected
    again = brought(files, profile, tmp_path)
    assert [(t.new, t.already_there, t.rejected) for t in again] == [(0, t.new, t.rejected) for t in first]


def in_the_database(view, profile) -> tuple[int, int, int, int, timedelta | None]:
    """Return (reports, open, without a place, named by this import, median of the closed on the wall)."""
    zone = ZoneInfo(profile.zone)
    rows = view.execute(select(Report.received_at, Report.closed_at, Report.place.is_(None))).all()
    events = view.scalar(select(func.count()).select_from(Event).where(
        Event.verb == "receive", Event.actor == f"import:{profile.name}"))
    waits = [closed.astimezone(zone).replace(tzinfo=None) - received.astimezone(zone).replace(tzinfo=None)
             for received, closed, _ in rows if closed]
    return (len(rows), len(rows) - len(waits), sum(row[2] for row in rows), events,
            median(waits) if waits else None)
