"""An import killed anywhere and run again leaves what an undisturbed one leaves, to the last byte.

The places are drawn at random from a seed: after so many calls of any function, between two batches or in
the middle of a transaction.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from civicconnect import clock, db, history, reports
from tests.factories import HERE
from tests.history.test_import import GOOD, PROFILE, write

ROOT = Path(__file__).parent.parent.parent
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROWS, BATCH = 400, 50
KILLED = """
import os, random, signal, sys
from datetime import datetime
from pathlib import Path
from civicconnect import clock, db, history, settings
from civicconnect.history import importer
from tests.history.test_import import PROFILE

seed, moment = int(sys.argv[3]), sys.argv[4]
importer.BATCH = 50
chance = random.Random(seed)
batch, calls = chance.randrange(1, 8), chance.randrange(1, 4000)

def after_so_many_calls(frame, event, argument):
    global calls
    calls -= event == "call"
    if calls < 0:
        os.kill(os.getpid(), signal.SIGKILL)

def progress(tally):
    if tally.rows >= 50 * batch:
        sys.setprofile(after_so_many_calls)

def run():
    history.import_csv(Path(sys.argv[1]), PROFILE, Path(sys.argv[2]), progress)

with settings.bound(settings.load()), db.bound(db.open_database(settings.load().url_of_database)):
    if moment:
        with clock.stopped_at(datetime.fromisoformat(moment)):
            run()
    else:
        run()
"""
# What stands in the columns below differs from one import to the other even where nobody was killed.
NUMBERED, WHEN, HASHED = {"number", "report_number"}, {"recorded_at"}, {"hash", "head"}


def dirty_rows():
    """Return rows of all sorts: open, closed, without a place, off the map, twice, backwards."""
    start = datetime(2026, 1, 5, 8, 0)
    rows = [GOOD | {"id": str(n), "opened": str(start + timedelta(minutes=7 * n)),
                    "closed": str(start + timedelta(minutes=9 * n + 5)) if n % 3 else "",
                    "lat": str(HERE.lat + (n % 40 - 20) / 4000)} for n in range(ROWS)]
    for n in range(7, ROWS, 41):
        rows[n] |= {"lat": "", "long": ""}
        rows[n - 1] = rows[n - 3]
        rows[n - 2] |= {"id": rows[n - 4]["id"]}
        rows[n + 1] |= {"closed": "2025-01-01 08:00:00"}
    return rows


def everything(view, left_out):
    """Return one hash over all rows that an import writes, in the order of the reports' ids."""
    asked = ("SELECT * FROM report r ORDER BY r.id",
             "SELECT r.id AS report_id, e.* FROM report_event e JOIN report r ON r.number = e.report_number "
             "ORDER BY r.id, e.seq",
             "SELECT r.id AS report_id, t.* FROM report_event_text t JOIN report r ON "
             "r.number = t.report_number ORDER BY r.id, t.seq",
             "SELECT r.id AS report_id, a.* FROM report_area a JOIN report r ON r.number = a.report_number "
             "ORDER BY r.id, a.area_id")
    digest = hashlib.sha256()
    for sql in asked:
        rows = view.execute(text(sql))
        kept = [name for name in rows.keys() if name not in left_out]  # noqa: SIM118  it is no dictionary
        for row in rows.mappings():
            digest.update(repr([str(row[name]) for name in kept]).encode())
        digest.update(b"\n\n")
    return digest.hexdigest()


def emptied():
    with db.transaction() as change:
        for table in ("report_area", "report_event_text", "report_event", "report"):
            change.execute(text(f"DELETE FROM {table}"))  # noqa: S608


@pytest.mark.parametrize(("seed", "stopped"), [(1, True), (2, True), (3, False)])
def test_killed_at_a_random_moment_and_resumed_it_is_the_same_database(
    own_database, own_settings, tmp_path, monkeypatch, seed, stopped,
):
    monkeypatch.setattr(history.importer, "BATCH", BATCH)
    file = write(tmp_path / "extract.csv", *dirty_rows())
    left_out = NUMBERED if stopped else NUMBERED | WHEN | HASHED

    def whole(name):
        if not stopped:
            return history.import_csv(file, PROFILE, tmp_path / name)
        with clock.stopped_at(NOON):
            return history.import_csv(file, PROFILE, tmp_path / name)

    undisturbed = whole("undisturbed.verdicts.csv")
    with db.reading() as view:
        expected = everything(view, left_out)
    emptied()

    env = {"CIVIC_DATA": str(tmp_path), "CIVIC_DATABASE_URL": own_settings.database_url,
           "CIVIC_SECRET_KEY": "s" * 40, "CIVIC_CONTACT_KEY": "c" * 40, "PATH": os.environ["PATH"],
           "PYTHONPATH": str(ROOT)}
    words = [str(file), str(tmp_path / "x.verdicts.csv"), str(seed), NOON.isoformat() if stopped else ""]
    done = subprocess.run([sys.executable, "-c", KILLED, *words], env=env, cwd=ROOT, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (tmp_path / "x.truth.json").exists()  # half a truth is none

    resumed = whole("x.verdicts.csv")
    assert 0 < resumed.already_there < resumed.accepted == undisturbed.new
    with db.reading() as view:
        assert everything(view, left_out) == expected
        assert list(reports.check_chains(view)) == []
    for kind in ("verdicts.csv", "rejects.csv", "truth.json"):
        assert (tmp_path / f"x.{kind}").read_bytes() == (tmp_path / f"undisturbed.{kind}").read_bytes()
