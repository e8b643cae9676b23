"""An extract comes in row by row: accepted or rejected with the reason, and never twice."""

from __future__ import annotations

import csv
import gzip
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from civicconnect import accounts, db, history, jobs, reports
from civicconnect.errors import Invalid
from civicconnect.history import Profile, extract, importer, kinds, reader
from civicconnect.reports import Report, intake
from tests.factories import HERE

ROOT = Path(__file__).parent.parent.parent
HEADER = ("id", "opened", "closed", "type", "lat", "long", "where", "channel", "note")
PROFILE = Profile(
    name="test", zone="America/New_York", time_format="iso", departments={}, areas={},
    columns={"id": "id", "opened": "opened", "closed": "closed", "due": "", "service": "type", "group": "",
             "department": "", "channel": "channel", "address": "where", "lat": "lat", "long": "long",
             "note": "note"},
    channels={"Phone Call": "call"},
)
GOOD = {"id": "1", "opened": "2026-03-02 09:00:00", "closed": "2026-03-02 15:30:00", "type": "Pothole",
        "lat": str(HERE.lat), "long": str(HERE.long), "where": "1 Harbour Street", "channel": "Phone Call",
        "note": "Filled by J. Miller."}


def write(file, *rows, header=HEADER, mark="", encoding="utf-8"):
    lines = [header, *([row.get(name, "") for name in header] for row in rows)]
    with file.open("w", encoding=encoding, newline="") as out:
        out.write(mark)
        csv.writer(out).writerows(lines)
    return file


@pytest.fixture
def bring(database, tmp_path):
    """Import rows given as dictionaries; returns the tally and [(line, id, verdict, kind, reason)]."""
    def run(*rows, profile=PROFILE, file=None):
        file = file or write(tmp_path / "extract.csv", *rows)
        tally = history.import_csv(file, profile, tmp_path / "verdicts.csv")
        with (tmp_path / "verdicts.csv").open(encoding="utf-8", newline="") as told:
            return tally, [tuple(row) for row in csv.reader(told)][1:]
    return run


def stored(external="1"):
    with db.reading() as view:
        reference = view.scalar(select(Report.reference).where(Report.external_id == external))
        return reports.find(view, reference, accounts.SYSTEM)


def entries(report):
    with db.reading() as view:
        return reports.timeline(view, report, internal=True)


# One good row

def test_a_row_becomes_a_report_that_was_received_routed_and_closed(bring):
    tally, verdicts = bring(GOOD)
    assert (tally.rows, tally.new, tally.already_there, tally.rejected) == (1, 1, 0, 0)
    assert verdicts == [("2", "1", "accepted", "", "")]
    report = stored()
    assert report.received_at == datetime(2026, 3, 2, 14, 0, tzinfo=UTC)  # New York is five hours behind
    assert report.closed_at == datetime(2026, 3, 2, 20, 30, tzinfo=UTC)
    assert (report.status, report.outcome, report.source, report.address) == (
        "closed", None, "call", "1 Harbour Street")
    assert [(e.verb, e.actor, e.source, e.occurred_at) for e in entries(report)] == [
        ("receive", "import:test", "call", report.received_at),
        ("route", "system", "call", report.received_at),
        ("close", "import:test", "call", report.closed_at)]
    assert report.due_at is not None  # promised as a report made today would be
    assert report.why["department"] == "streets"
    with db.reading() as view:
        assert list(reports.check_chains(view)) == []


def test_a_note_of_the_other_system_is_for_colleagues_only(bring, visitor, signed_in):
    bring(GOOD)
    reference = stored().reference
    assert "J. Miller" not in visitor.get(f"/reports/{reference}").words
    assert "J. Miller" not in visitor.get("/reports.csv").text
    assert "J. Miller" in signed_in("streets").get(f"/staff/reports/{reference}").words


def test_many_rows_ask_for_one_publication_and_no_letters(bring):
    bring(*(GOOD | {"id": str(n)} for n in range(50)))
    with db.reading() as view:
        asked = view.scalars(select(jobs.Job)).all()
    assert [(job.kind, job.payload["verb"]) for job in asked] == [("event", "import")]


def test_a_row_without_a_channel_says_that_nobody_knows_how_it_came(bring, visitor):
    bring(GOOD | {"channel": ""})
    assert stored().source == "unknown"
    assert "the record does not say how" in visitor.get(f"/reports/{stored().reference}").words


def test_a_row_without_a_closing_is_open(bring):
    bring(GOOD | {"closed": ""})
    report = stored()
    assert (report.status, report.closed_at, report.first_response_at) == ("received", None, None)


def test_a_row_without_a_place_comes_in_without_one(bring):
    bring(GOOD | {"lat": "", "long": ""}, GOOD | {"id": "2", "lat": "0", "long": "0"})
    with db.reading() as view:
        assert view.scalars(select(Report.place)).all() == [None, None]


def test_a_row_outside_the_city_comes_in_and_lies_in_no_area(bring):
    tally, _ = bring(GOOD | {"lat": "10", "long": "10"})
    assert tally.new == 1
    with db.reading() as view:
        assert view.scalar(select(func.count()).select_from(reports.ReportArea)) == 0


def test_a_channel_nobody_described_is_kept_as_a_code(bring):
    bring(GOOD | {"channel": "City Hall Counter!"})
    assert stored().source == "city-hall-counter"


def test_a_services_code_is_as_good_as_its_name(bring):
    tally, _ = bring(GOOD | {"type": "pothole"}, GOOD | {"id": "2", "type": "  Pothole "})
    assert tally.new == 2


# Rejected rows

@pytest.mark.parametrize(("wrong", "reason"), [
    ({"id": ""}, "the row has no id"),
    ({"opened": ""}, "the row has no opening time"),
    ({"opened": "yesterday"}, "'opened' is 'yesterday', which is no time in this profile"),
    ({"opened": "2026-02-30 10:00"}, "'opened' is '2026-02-30 10:00', which is no time in this profile"),
    ({"closed": "soon"}, "'closed' is 'soon', which is no time in this profile"),
    ({"closed": "2026-03-01 09:00:00"}, "it was closed before it was opened"),
    ({"type": "Dragon"}, "no service of this city is called 'Dragon'"),
    ({"type": ""}, "no service of this city is called ''"),
    ({"lat": "north"}, "'north, -33.4' is no place in degrees"),
    ({"lat": "91"}, "'91, -33.4' is no place in degrees"),
    ({"lat": "nan"}, "'nan, -33.4' is no place in degrees"),
    ({"opened": "0001-01-01T00:00:00+05:00"},
     "'opened' is '0001-01-01T00:00:00+05:00', and no report is that old or that far ahead"),
    ({"closed": "9999-12-31"}, "'closed' is '9999-12-31', and no report is that old or that far ahead"),
    ({"where": "Harbour\0Street"}, "the row holds a NUL character"),
    ({"long": "inf"}, "'41.2, inf' is no place in degrees"),
], ids=lambda value: str(value)[:40])
def test_a_row_that_cannot_be_a_report_says_why_and_the_others_come_in(bring, wrong, reason):
    tally, verdicts = bring(GOOD | {"id": "before"}, GOOD | wrong, GOOD | {"id": "after"})
    assert (tally.rows, tally.new, tally.rejected) == (3, 2, 1)
    line, id_, verdict, kind, why = verdicts[1]
    assert (line, id_, verdict, why) == ("3", wrong.get("id", "1"), "rejected", reason)
    assert tally.reasons == {kind: 1}
    assert kind in kinds.REJECTING


def test_an_id_that_stands_twice_counts_once(bring):
    tally, verdicts = bring(GOOD, GOOD | {"where": "Elsewhere"})
    assert (tally.accepted, tally.rejected) == (1, 1)
    assert verdicts[1][2:] == ("rejected", "repeated id", "the id stands in the file before")
    assert stored().address == "1 Harbour Street"


def test_a_row_of_another_length_is_rejected(bring, tmp_path):
    file = write(tmp_path / "ragged.csv", GOOD)
    with file.open("a", encoding="utf-8") as out:
        out.write("2,2026-03-02 09:00:00\r\n3" + ",x" * 20 + "\r\n")
    tally, verdicts = bring(file=file)
    assert (tally.rows, tally.accepted) == (3, 1)
    assert {v[4] for v in verdicts[1:]} == {"the row has more or fewer cells than the header"}


def test_a_row_in_another_encoding_is_rejected_alone(bring, tmp_path):
    other = GOOD | {"id": "é2", "where": "Rue Général"}
    file = write(tmp_path / "mixed.csv", GOOD, other, encoding="latin-1")
    tally, verdicts = bring(file=file)
    assert (tally.new, tally.rejected) == (1, 1)
    assert verdicts[1] == ("3", r"\udce92", "rejected", "damaged row",
                           "the row is not written in UTF-8")


OPEN, LONG = "a quotation mark is opened in it and not closed", "a cell has more than 131,072 characters"


@pytest.mark.parametrize("mark", [",", ";"])
@pytest.mark.parametrize(("row", "column", "cell", "why"), [
    (250, "type", '"Pothole', OPEN), (250, "note", '"Filled', OPEN), (242, "id", '"', OPEN),
    (598, "note", '"x', OPEN), (599, "where", '"x', OPEN), (599, "note", '"x', OPEN),
    (250, "note", "x" * 140_000, LONG), (250, "where", '"' + "x" * 140_000 + '"', LONG),
])
def test_a_cell_without_an_end_costs_its_own_line(bring, tmp_path, row, column, cell, why, mark):
    """Neither the rows it would swallow, nor those of several lines around it."""
    rows = many(600)
    rows[240] = rows[240] | {"note": 'two\nlines, "quoted"'}
    rows[590] = rows[590] | {"note": "two\r\nlines"}
    file = write(tmp_path / "x.csv", *rows)
    with file.open(encoding="utf-8", newline="") as told:
        lines = [mark.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' if {*cell} & set('\n",;') else cell
                           for cell in cells) for cells in csv.reader(told)]
    lines[row + 1] = mark.join([*(cell if name == column else rows[row].get(name, "") for name in HEADER)])
    file.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8", newline="")
    tally, verdicts = bring(file=file)
    assert (tally.rows, tally.new, tally.rejected) == (600, 599, 1)
    at = row + 2 + (row >= 240) + (row >= 590)
    assert verdicts[row][0] == str(at)
    assert verdicts[row][2:] == ("rejected", "damaged row", why)
    assert verdicts[-1][0] == "603"
    assert bring(file=file)[0].already_there == 599


def test_a_long_text_of_many_lines_is_a_row_and_an_endless_one_is_not(bring, tmp_path):
    file = write(tmp_path / "x.csv", *many(3), GOOD | {"id": "4", "note": "x\n" * 299},
                 GOOD | {"id": "5", "note": "x\n" * 300 + "x"}, GOOD | {"id": "6", "note": "last\nlines"})
    tally, verdicts = bring(file=file)
    assert [v[0] for v in verdicts if v[2] == "accepted"] == ["2", "3", "4", "304", str(304 + 301 + 2)]
    assert (tally.accepted, tally.rejected, tally.rows) == (5, 301, 306)
    assert verdicts[4][4] == OPEN


@given(rows=st.lists(st.lists(st.text('ab,"\n\r', max_size=6), min_size=2, max_size=3), max_size=8),
       tail=st.sampled_from(["", '"\n', 'a,"b\r\n', '"a\n,b\n']))
def test_rows_that_are_in_order_are_read_as_ever_also_behind_one_that_is_not(tmp_path_factory, rows, tail):
    file = tmp_path_factory.getbasetemp() / "any.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("a", "b"), *rows])
    whole = list(extract.open_cells(file))
    assert [cells for _, cells in whole] == [["a", "b"], *rows]
    with file.open("a", encoding="utf-8", newline="") as out:
        out.write(tail)
    found = list(extract.open_cells(file))
    assert found[:len(whole)] == whole
    assert [isinstance(cells, extract.Broken) for _, cells in found[len(whole):][:1]] == [True] * bool(tail)


# Files as people have them

@pytest.mark.parametrize("mark", ["", "\N{ZERO WIDTH NO-BREAK SPACE}"], ids=["plain", "marked"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(bring, tmp_path, mark):
    tally, _ = bring(file=write(tmp_path / "marked.csv", GOOD, mark=mark))
    assert tally.new == 1


def test_a_gzipped_file_reads_like_a_plain_one(bring, tmp_path):
    packed = tmp_path / "extract.csv.gz"
    packed.write_bytes(gzip.compress(write(tmp_path / "plain.csv", GOOD).read_bytes()))
    assert bring(file=packed)[0].new == 1


def test_gzipped_data_are_read_whatever_the_file_is_called(bring, tmp_path):
    file = write(tmp_path / "plain.csv", GOOD)
    file.write_bytes(gzip.compress(file.read_bytes()))
    assert bring(file=file)[0].new == 1


def test_columns_that_nobody_reads_may_share_a_name(bring, tmp_path):
    assert bring(file=write(tmp_path / "x.csv", GOOD, header=(*HEADER, "more", "more")))[0].new == 1


@pytest.mark.parametrize("mark", ["'", "\u2019", " ", "\u2009", "\u202f", "\N{NO-BREAK SPACE}"])
def test_figures_of_a_grid_may_be_parted_in_thousands(bring, mark):
    grid = replace(PROFILE, grid="EPSG:2056")
    bring(GOOD | {"long": "2683000", "lat": "1247000.5"},
          GOOD | {"id": "2", "long": f"2{mark}683{mark}000", "lat": f"1{mark}247{mark}000.5"}, profile=grid)
    with db.reading() as view:
        one, other = (reports.around(view, stored(called)).point for called in "12")
    assert one == other is not None


def test_a_cell_may_hold_line_ends_quotes_and_any_script(bring):
    bring(GOOD | {"where": '5 "Old\nQuay", 東京 \U0001f30a'})
    assert stored().address == '5 "Old Quay", 東京 \U0001f30a'


def broken_gzip(file):
    file.write_bytes(gzip.compress(",".join(HEADER).encode() + os.urandom(9000).hex().encode())[:-40])


@pytest.mark.parametrize(("name", "make", "said"), [
    ("none.csv", lambda file: None, "There is no file"),
    ("empty.csv", lambda file: file.write_bytes(b""), r"empty\.csv is empty"),
    ("marked.csv", lambda file: file.write_bytes(b"\xef\xbb\xbf"), r"marked\.csv is empty"),
    ("blank.csv", lambda file: file.write_bytes(b"\n \r\n\n"), r"blank\.csv is empty"),
    ("twice.csv", lambda file: write(file, GOOD, header=(*HEADER, "opened")), "Two columns are called"),
    ("other.csv", lambda file: write(file, {}, header=("a", "b")), "No column is called 'opened'"),
    ("cut.csv.gz", broken_gzip, "cannot be read"),
    ("fake.csv.gz", lambda file: file.write_bytes(b"id,opened\n1,2\n"), "cannot be read"),
    ("nul.csv", lambda file: file.write_bytes(b"PK\x03\x04\x00\x00" * 50), "No column is called"),
])
def test_a_file_that_cannot_be_read_is_a_sentence_and_adds_nothing(bring, tmp_path, name, make, said):
    make(tmp_path / name)
    with pytest.raises(Invalid, match=said):
        bring(file=tmp_path / name)
    with db.reading() as view:
        assert view.scalar(select(func.count()).select_from(Report)) == 0


# Local clocks

@pytest.mark.parametrize(("zone", "told", "instant", "remark"), [
    ("America/New_York", "2026-03-08 02:30:00", "2026-03-08T07:30:00", "skipped"),
    ("America/New_York", "2026-11-01 01:30:00", "2026-11-01T05:30:00", "doubled"),
    ("Europe/Zurich", "2026-03-29 02:15:00", "2026-03-29T01:15:00", "skipped"),
    ("Europe/Zurich", "2026-10-25 02:15:00", "2026-10-25T00:15:00", "doubled"),
    ("Australia/Sydney", "2026-10-04 02:30:00", "2026-10-03T16:30:00", "skipped"),
    ("Australia/Sydney", "2026-04-05 02:30:00", "2026-04-04T15:30:00", "doubled"),
    # An island whose clock changes by half an hour.
    ("Australia/Lord_Howe", "2026-10-04 02:10:00", "2026-10-03T15:40:00", "skipped"),
    ("Australia/Lord_Howe", "2026-04-05 01:45:00", "2026-04-04T14:45:00", "doubled"),
    ("Asia/Kolkata", "2026-03-29 02:15:00", "2026-03-28T20:45:00", ""),
])
def test_a_time_on_the_wall_is_read_in_the_citys_zone(bring, zone, told, instant, remark):
    _, verdicts = bring(GOOD | {"opened": told, "closed": ""}, profile=replace(PROFILE, zone=zone))
    assert stored().received_at == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert verdicts == [("2", "1", "accepted", remark, "")]


def test_a_time_that_names_its_offset_is_taken_at_its_word(bring):
    bring(GOOD | {"opened": "2026-03-02T09:00:00+05:30", "closed": ""})
    assert stored().received_at == datetime(2026, 3, 2, 3, 30, tzinfo=UTC)


def test_another_way_to_write_times(bring):
    american = replace(PROFILE, time_format="%m/%d/%Y %I:%M:%S %p")
    bring(GOOD | {"opened": "03/02/2026 01:00:00 PM", "closed": ""}, profile=american)
    assert stored().received_at == datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


# Again

def fingerprint(view):
    """Return everything an import writes, without the moment it was written."""
    asked = ("SELECT id, reference, status, received_at, closed_at, due_at, department_id "
             "FROM report ORDER BY id",
             "SELECT r.id, e.seq, e.verb, e.occurred_at, e.facts, e.commitment FROM report_event e "
             "JOIN report r ON r.number = e.report_number ORDER BY r.id, e.seq",
             "SELECT r.id, t.seq, t.salt, t.body FROM report_event_text t "
             "JOIN report r ON r.number = t.report_number ORDER BY r.id, t.seq")
    return [[tuple(map(str, row)) for row in view.execute(text(sql))] for sql in asked]


def many(count):
    start = datetime(2026, 1, 5, 8, 0)
    return [GOOD | {"id": str(n), "opened": str(start + timedelta(minutes=7 * n)),
                    "closed": str(start + timedelta(minutes=9 * n + 5)) if n % 3 else "",
                    "lat": str(HERE.lat + (n % 40 - 20) / 4000)} for n in range(count)]


def test_a_second_time_adds_nothing(bring):
    rows = many(60)
    bring(*rows)
    with db.reading() as view:
        before = fingerprint(view)
    tally, _ = bring(*rows)
    assert (tally.rows, tally.new, tally.already_there, tally.accepted) == (60, 0, 60, 60)
    with db.reading() as view:
        assert fingerprint(view) == before


def test_a_longer_file_adds_only_what_is_new(bring):
    bring(*many(20))
    tally, _ = bring(*many(35))
    assert (tally.new, tally.already_there) == (15, 20)


def test_two_profiles_may_use_one_id_for_two_reports(bring):
    bring(GOOD)
    tally, _ = bring(GOOD, profile=replace(PROFILE, name="other"))
    assert tally.new == 1


def test_the_same_record_is_the_same_report_in_every_installation(bring):
    bring(GOOD)
    assert stored().id == uuid5(reader.NAMESPACE, "test:1")
    assert stored().reference == intake.reference_from(uuid5(reader.NAMESPACE, "test:1"))


def test_batches_are_whole(database, tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "BATCH", 7)
    told = []
    file = write(tmp_path / "x.csv", *many(20))
    tally = history.import_csv(file, PROFILE, tmp_path / "v.csv", lambda now: told.append(now.rows))
    assert (told, tally.new) == ([7, 14, 20], 20)


KILLED = """
import os, signal, sys
from pathlib import Path
from civicconnect import db, history, settings
from civicconnect.history import importer
from tests.history.test_import import PROFILE

importer.BATCH = 50
def progress(tally):
    if tally.rows >= 150:
        os.kill(os.getpid(), signal.SIGKILL)
with settings.bound(settings.load()), db.bound(db.open_database(settings.load().url_of_database)):
    history.import_csv(Path(sys.argv[1]), PROFILE, Path(sys.argv[2]), progress)
"""


def test_killed_in_the_middle_and_run_again_it_is_as_if_nothing_had_happened(
    own_database, own_settings, tmp_path,
):
    file = write(tmp_path / "extract.csv", *many(400))
    env = {"CIVIC_DATA": str(tmp_path), "CIVIC_DATABASE_URL": own_settings.database_url,
           "CIVIC_SECRET_KEY": "s" * 40, "CIVIC_CONTACT_KEY": "c" * 40, "PATH": "/usr/bin:/bin",
           "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(file), str(tmp_path / "v.csv")],
                          env=env, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with db.reading() as view:
        assert view.scalar(select(func.count()).select_from(Report)) == 150
    tally = history.import_csv(file, PROFILE, tmp_path / "v.csv")
    assert (tally.new, tally.already_there, tally.rejected) == (250, 150, 0)
    with db.reading() as view:
        assert list(reports.check_chains(view)) == []
        assert view.scalar(select(func.count()).select_from(Report)) == 400
