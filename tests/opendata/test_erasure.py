"""What strangers may not read any more leaves the versions that stand, and only that."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from civicconnect import clock, jobs, opendata, reports
from civicconnect.app import handlers
from civicconnect.opendata import erasure
from tests.offers import change_service, make_plain

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HUSH = "hush: call Bob at 555 0199"


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def three(db_, make_report):
    """Three reports in two versions, a day apart; the second report says too much."""
    with clock.stopped_at(MONDAY):
        made = [make_report(description=words, address=where) for words, where in (
            ("=1+1, \"first\"\nline", "'A Street"), (HUSH, "2 B Street"), ("Third.", ""))]
    for day in (0, 1):
        with clock.stopped_at(MONDAY + day * DAY + MINUTE):
            opendata.publish(db_)
    return made


def all_bytes():
    """Return everything that stands at any address of the open data."""
    return b"".join(f.read_bytes() for f in sorted(opendata.newest().folder.parent.rglob("*"))
                    if f.is_file() and not f.name.startswith("."))


def in_parquet(publication, what):
    with duckdb.connect(config={"threads": 1}) as duck:
        return duck.execute(f"SELECT {what} FROM read_parquet(?)",  # noqa: S608
                            [str(publication.file("reports", "parquet"))]).fetchall()


def lines(publication):
    with publication.file("reports", "csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def versions():
    return [opendata.newest(name) for name in erasure.standing()]


def listed():
    return list(csv.DictReader(io.StringIO(opendata.corrections_csv())))


def test_a_hidden_report_leaves_every_version_and_the_others_stay_as_they_were(db_, three, moderator):
    before = [lines(v) for v in versions()]
    hashes = [v.manifest["files"] for v in versions()]
    with clock.stopped_at(MONDAY + 2 * DAY):
        reports.hide(db_, moderator, three[1].reference, "personal")
        assert opendata.reissue(db_) == 2
    for publication, rows, old in zip(versions(), before, hashes, strict=True):
        assert lines(publication) == [r for r in rows if r["service_request_id"] != three[1].reference]
        assert publication.manifest["rows"] == 2
        assert not [name for name in old if publication.manifest["files"][name] == old[name]]
        features = json.loads(publication.file("reports", "geojson").read_text(encoding="utf-8"))["features"]
        assert len(features) == len(in_parquet(publication, "*")) == 2
    assert three[1].reference.encode() not in all_bytes()
    assert opendata.check_hashes() == []
    assert [(r["service_request_id"], r["field"], r["versions"]) for r in listed()] == [
        (three[1].reference, "row", "2")]


def test_a_version_written_anew_differs_in_nothing_else(db_, three, moderator):
    [first, _] = versions()
    text, rows = first.file("reports", "csv").read_bytes(), in_parquet(first, "* EXCLUDE geometry")
    with clock.stopped_at(MONDAY + 2 * DAY):
        reports.hide(db_, moderator, three[2].reference, "personal")
        opendata.reissue(db_)
    [first, _] = versions()
    assert text.startswith(first.file("reports", "csv").read_bytes())
    assert in_parquet(first, "* EXCLUDE geometry") == rows[:2]
    assert first.manifest["as_of"] == "2026-11-23T09:01:00+00:00"
    assert first.manifest["reissued_at"] == "2026-11-25T09:00:00+00:00"


def test_replaced_words_leave_older_versions_and_new_ones_hold_what_stands_now(db_, three, moderator):
    with clock.stopped_at(MONDAY + 2 * DAY):
        reports.rewrite(db_, moderator, three[1].reference, 1, "A hole.", "personal")
        assert opendata.reissue(db_) == 2
        opendata.publish(db_)
    assert HUSH.encode() not in all_bytes()
    assert [lines(v)[1]["description"] for v in versions()] == ["", "", "A hole."]
    assert [lines(v)[1]["address"] for v in versions()] == ["2 B Street"] * 3
    assert [r["field"] for r in listed()] == ["description"]


def test_a_replaced_address_leaves_them_too(db_, three, moderator):
    with clock.stopped_at(MONDAY + 2 * DAY):
        reports.rewrite(db_, moderator, three[1].reference, 1, HUSH, "personal", address="B Street")
        opendata.reissue(db_)
    assert [(lines(v)[1]["address"], lines(v)[1]["description"]) for v in versions()] == [("", HUSH)] * 2


def test_what_its_sender_takes_back_leaves_them_too(db_, three):
    with clock.stopped_at(MONDAY + 2 * DAY):
        reports.redact(db_, three[1], 1, "A hole.")
        opendata.reissue(db_)
    assert HUSH.encode() not in all_bytes()


def test_words_added_later_are_in_no_version_and_change_none(db_, three, moderator):
    reports.add(db_, reports.sender(db_, three[1]), HUSH, ())
    reports.rewrite(db_, moderator, three[1].reference, three[1].events, "", "personal")
    assert opendata.reissue(db_) == 0
    assert listed() == []


def test_it_is_done_once(db_, three, moderator):
    reports.hide(db_, moderator, three[1].reference, "personal")
    assert opendata.reissue(db_) == 2
    stamps = [v.manifest for v in versions()]
    assert opendata.reissue(db_) == 0
    assert [v.manifest for v in versions()] == stamps
    assert [r["versions"] for r in listed()] == ["2"]


def test_a_version_that_was_being_written_meanwhile_is_seen_to_afterwards(db_, three, moderator):
    """A worker read everything, then somebody hid a report, and the version stood last of all."""
    now = MONDAY + 2 * DAY
    with clock.stopped_at(now):
        opendata.publish(db_)
        late = versions()[-1]
        aside = late.folder.with_name("aside")
        late.folder.rename(aside)
    with clock.stopped_at(now + MINUTE / 60):
        reports.hide(db_, moderator, three[1].reference, "personal")
        assert opendata.reissue(db_) == 2
    aside.rename(late.folder)
    with clock.stopped_at(now + MINUTE):
        assert opendata.reissue(db_) == 1
    assert three[1].reference.encode() not in all_bytes()


def test_a_report_shown_again_in_time_stays(db_, three, moderator):
    reports.hide(db_, moderator, three[1].reference, "personal")
    reports.show(db_, moderator, three[1].reference)
    assert opendata.reissue(db_) == 0
    assert len(lines(versions()[0])) == 3


def test_cut_off_in_the_middle_it_does_the_rest(db_, three, moderator, monkeypatch):
    reports.hide(db_, moderator, three[1].reference, "personal")
    moves = iter([True, True])

    def tired(*names):
        next(moves)
        return replaced(*names)

    replaced = erasure.os.replace
    monkeypatch.setattr(erasure.os, "replace", tired)
    with pytest.raises(StopIteration):
        opendata.reissue(db_)
    monkeypatch.undo()
    assert opendata.reissue(db_) == 2
    assert three[1].reference.encode() not in all_bytes()
    assert opendata.check_hashes() == []


def test_the_worker_does_it_within_a_minute(db_, three, moderator):
    reports.hide(db_, moderator, three[1].reference, "personal")
    for seconds in (0, 30):
        with clock.stopped_at(clock.now() + timedelta(seconds=seconds)):
            jobs.drain(handlers())
    assert three[1].reference.encode() not in all_bytes()
    assert len(lines(opendata.newest())) == 2


def test_the_page_lists_what_was_taken_out_and_no_copy_outlives_it(visitor, db_, three, moderator):
    address = f"/data/v/{versions()[0].version}/reports.csv"
    first = visitor.get(address)
    assert "no-cache" in first.answer.headers["Cache-Control"]
    assert "Nothing had to be taken out" in visitor.get("/data").words
    reports.hide(db_, moderator, three[1].reference, "personal")
    opendata.reissue(db_)
    again = visitor.get(address, headers={"If-None-Match": first.answer.headers["ETag"]})
    assert again.status == 200
    assert three[1].reference not in again.text
    assert three[1].reference in visitor.get("/data").words
    assert three[1].reference in visitor.get("/data/corrections.csv").text


@pytest.mark.parametrize(("choices", "goes"), [
    ({}, False), ({"visibility": "private"}, True), ({"place": "rounded"}, True),
    ({"text": "internal"}, True)])
def test_a_report_of_which_less_is_told_leaves_what_tells_more(db_, three, moderator, choices, goes):
    change_service(db_, "tree", **choices)
    with clock.stopped_at(MONDAY + 2 * DAY):
        reports.change_service(db_, moderator, three[1].reference, "tree")
        assert opendata.reissue(db_) == (2 if goes else 0)
        opendata.publish(db_)  # tells what may be told now, and is left as it is
        assert opendata.reissue(db_) == 0
    assert (HUSH.encode() in all_bytes()) == (not choices or choices == {"place": "rounded"})
    old, new = (2 if goes else 3), (2 if choices.get("visibility") else 3)
    assert sorted(len(lines(v)) for v in versions()) == sorted([old, old, new])
