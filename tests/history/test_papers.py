"""What is written beside an import: a verdict on each row, the rejected rows to correct, and the truth."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from civicconnect import db, history, jobs
from civicconnect.history.conditions import Condition, Refusal
from civicconnect.history.kinds import DONE
from civicconnect.history.once import Once
from civicconnect.history.reader import Verdict
from civicconnect.reports import Event, Report
from tests.history.test_import import GOOD, HEADER, PROFILE, write


def read_csv(file):
    with file.open(encoding="utf-8", newline="", errors="surrogateescape") as text:
        return list(csv.reader(text))


def reports_there():
    with db.reading() as view:
        return view.scalar(select(func.count()).select_from(Report))


DIRTY = (
    GOOD, GOOD, GOOD | {"where": "Elsewhere"}, GOOD | {"id": "2", "closed": "2026-01-01"},
    GOOD | {"id": "3", "lat": "", "long": ""}, GOOD | {"id": "4", "type": "Dragon"},
    GOOD | {"id": "5", "opened": "2026-03-08 02:30:00", "closed": ""}, GOOD | {"id": "6", "channel": "Test"},
    GOOD | {"id": "7", "lat": "0", "long": "0.0"},
)
TESTS = replace(PROFILE, refusals=(
    Refusal(Condition(("channel",), ("test",)), "it was made to try their system", "test row"),))


def test_the_truth_says_what_was_done_to_each_kind_of_dirt(database, tmp_path):
    file = write(tmp_path / "x.csv", *DIRTY)
    history.import_csv(file, TESTS, history.files_for(file, tmp_path).verdicts)
    told = json.loads((tmp_path / "x.truth.json").read_text(encoding="utf-8"))
    assert (told["rows"], told["accepted"], told["rejected"]) == (9, 4, 5)
    assert (told["distinct_ids"], told["repeated_ids"], told["exact_copies"]) == (7, 2, 1)
    assert (told["closed"], told["without_a_closing_time"], told["closed_before_opened"]) == (7, 1, 1)
    assert (told["median_of_the_closed"], told["median_is_in"], told["without_a_place"]) == (6.5, "hours", 2)
    assert {kind: dirt["rows"] for kind, dirt in told["dirt"].items()} == {
        "closed before opened": 1, "exact copy": 1, "repeated id": 1, "no place": 1, "unknown service": 1,
        "skipped": 1, "test row": 1, "place at 0, 0": 1}
    assert told["dirt"]["test row"]["done"] == "rejected: it was made to try their system"
    assert told["dirt"]["no place"]["done"] == DONE["no place"]


def test_rejected_rows_are_corrected_and_brought_again(database, tmp_path):
    file = write(tmp_path / "x.csv", *DIRTY)
    history.import_csv(file, TESTS, history.files_for(file, tmp_path).verdicts)
    rejected = read_csv(tmp_path / "x.rejects.csv")
    assert rejected[0] == ["rejected_line", "rejected_because", *HEADER]
    assert [row[:3] for row in rejected[1:]] == [
        ["3", "the same row stands in the file before", "1"], ["4", "the id stands in the file before", "1"],
        ["5", "it was closed before it was opened", "2"],
        ["7", "no service of this city is called 'Dragon'", "4"],
        ["9", "it was made to try their system", "6"]]
    text = (tmp_path / "x.rejects.csv").read_text(encoding="utf-8")
    (tmp_path / "x.rejects.csv").write_text(text.replace("Dragon", "Pothole"), encoding="utf-8")
    again = tmp_path / "x.rejects.csv"
    tally = history.import_csv(again, TESTS, history.files_for(again, tmp_path).verdicts)
    assert (tally.rows, tally.new, tally.already_there, tally.rejected) == (5, 1, 1, 3)
    left = read_csv(tmp_path / "x.rejects.rejects.csv")
    assert left[0] == rejected[0]  # the two columns are not put there twice
    assert [row[2] for row in left[1:]] == ["1", "2", "6"]


def test_a_row_without_an_id_is_the_same_row_when_it_is_brought_again(database, tmp_path):
    """The columns that were put before its cells are none of its own."""
    profile = replace(PROFILE, columns={**PROFILE.columns, "id": ""})
    file = write(tmp_path / "x.csv", GOOD, GOOD)
    history.import_csv(file, profile, history.files_for(file, tmp_path).verdicts)
    again = tmp_path / "x.rejects.csv"
    tally = history.import_csv(again, profile, history.files_for(again, tmp_path).verdicts)
    assert (tally.rows, tally.new, tally.already_there) == (1, 0, 1)


def test_a_row_of_another_length_or_encoding_is_kept_as_it_came(database, tmp_path):
    file = write(tmp_path / "x.csv", GOOD)
    odd = b"2,2026-03-02,,Pothole,,,Caf\xe9,,\r\n3,x\r\n4" + b",y" * 12 + b"\r\n"
    file.write_bytes(file.read_bytes() + odd)
    history.import_csv(file, PROFILE, history.files_for(file, tmp_path).verdicts)
    kept = (tmp_path / "x.rejects.csv").read_bytes().splitlines(keepends=True)
    assert b"".join(line.split(b",", 2)[2] for line in kept[1:]) == odd


def test_a_dry_run_tells_what_would_come_in_and_writes_nothing(database, tmp_path):
    file = write(tmp_path / "x.csv", *DIRTY)
    history.import_csv(write(tmp_path / "y.csv", GOOD), TESTS, tmp_path / "y.verdicts.csv")
    dry = history.import_csv(file, TESTS, tmp_path / "dry.verdicts.csv", dry=True)
    assert (dry.new, dry.already_there, dry.rejected, reports_there()) == (3, 1, 5, 1)
    wet = history.import_csv(file, TESTS, tmp_path / "wet.verdicts.csv")
    assert (wet.new, wet.already_there, wet.dirt, reports_there()) == (3, 1, dry.dirt, 4)
    for kind in ("verdicts.csv", "rejects.csv", "truth.json"):
        assert (tmp_path / f"dry.{kind}").read_bytes() == (tmp_path / f"wet.{kind}").read_bytes()


def test_a_second_time_asks_for_no_publication(database, tmp_path):
    file = write(tmp_path / "x.csv", *DIRTY)
    history.import_csv(file, TESTS, tmp_path / "v.csv")
    with db.transaction() as change:
        change.query(jobs.Job).delete()
    history.import_csv(file, TESTS, tmp_path / "v.csv")
    with db.reading() as view:
        assert view.scalar(select(func.count()).select_from(jobs.Job)) == 0


def test_what_the_record_says_besides_stands_on_the_timeline(database, tmp_path):
    file = write(tmp_path / "x.csv", GOOD)
    history.import_csv(file, replace(PROFILE, departments={"": "Public Works"}), tmp_path / "v.csv")
    with db.reading() as view:
        facts = view.scalar(select(Event.facts).where(Event.verb == "receive"))
    assert facts["record"] == {"profile": "test"}


@pytest.mark.parametrize(("name", "stem"), [
    ("x.csv", "x"), ("x.csv.gz", "x"), ("x.rejects.csv", "x.rejects"), ("a.b.csv", "a.b"), ("x.txt", "x.txt"),
])
def test_papers_are_named_after_the_file(tmp_path, name, stem):
    found = history.files_for(tmp_path / name, tmp_path / "imports")
    assert [file.name for file in (found.verdicts, found.rejects, found.truth)] == [
        f"{stem}.verdicts.csv", f"{stem}.rejects.csv", f"{stem}.truth.json"]
    assert history.beside(tmp_path / "verdicts.csv").truth.name == "truth.json"


# What stands in a file more than once

def verdict(line, key, cells, readable):
    """Return a row's verdict; any object stands for its report."""
    return Verdict(line, str(key), key, cells, object() if readable else None,  # type: ignore[arg-type]
                   () if readable else ("unreadable time",))


@given(rows=st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4), st.booleans()), max_size=60),
       batch=st.integers(1, 9))
def test_the_first_row_that_can_be_read_counts(rows, batch):
    """However the file is cut into batches: compared with one pass over plain sets. 0 is no id."""
    verdicts = [verdict(n, key, key * 10 + cells, readable and key > 0)
                for n, (key, cells, readable) in enumerate(rows)]
    once, judged = Once(), []
    for start in range(0, len(verdicts), batch):
        judged += once.judge(verdicts[start:start + batch])
    ids, cells, taken, said = Counter(), Counter(), set(), []
    for row in verdicts:
        if row.key and row.past and row.key in taken:
            said.append("exact copy" if cells[row.cells] else "repeated id")
        else:
            said.append(None)
        if row.past:
            taken.add(row.key)
        if row.key:
            ids[row.key] += 1
            cells[row.cells] += 1
    assert [None if now == was else now.kinds[0]
            for now, was in zip(judged, verdicts, strict=True)] == said
    assert (once.distinct_ids, once.repeated_ids) == (len(ids), ids.total() - len(ids))
    assert once.copies == cells.total() - len(cells)


def test_a_million_ids_take_little_room():
    once = Once()
    keys = np.random.default_rng(1).integers(1, 2**63, 100_000).tolist()
    for start in range(0, len(keys), 5000):
        once.judge([verdict(n, key, key, True) for n, key in enumerate(keys[start:start + 5000])])
    kept = sum(run.nbytes for hashes in (once._ids, once._cells, once._taken) for run in hashes.runs)
    assert kept == 24 * len(keys)
    assert len(once._ids.runs) < 18
    assert once.judge([verdict(1, keys[77], keys[77], True)])[0].kinds == ("exact copy",)


def test_rows_are_counted_for_the_bar_without_reading_them(tmp_path):
    rows = [GOOD, GOOD | {"where": '5 "Old\nQuay", \n\n"x"'}, GOOD | {"where": '"'}]
    file = write(tmp_path / "x.csv", *rows)
    with file.open("a", encoding="utf-8") as out:
        out.write("\r\n\r\n1,2\r\n3")
    assert history.count_rows(file, PROFILE) == 5
