"""The published extract has every kind of dirt, and what is true lies beside it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from civicconnect.errors import Invalid
from civicconnect.history import read_profile
from civicconnect.simulate import spelling, words
from civicconnect.simulate.dirt import RATES, SYSTEMATIC, Dirt, habits
from civicconnect.simulate.extract import Manner, write_extract
from civicconnect.simulate.happen import happen
from civicconnect.simulate.settled import settle
from civicconnect.simulate.wallclock import moment
from tests.simulate.grounds import gather, ground, plan

SEED = 11
LEAK = re.compile(r"@example\.org|555-01\d\d|Done by [A-Z]")


@pytest.fixture(scope="module")
def asked():
    # The days at whose end the clock is set back, so that a closing may seem to lie before its opening.
    return plan(20_000, days=60, ground=ground(5_000), first_day=date(2011, 9, 20))


@pytest.fixture(scope="module")
def folder(asked, tmp_path_factory):
    folder = tmp_path_factory.mktemp("extract")
    write_extract(asked, SEED, folder)
    return folder


@pytest.fixture(scope="module")
def told(folder):
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def table(file):
    content = file.read_bytes()
    text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def seen_in(rows, asked) -> Counter[str]:
    """Count each kind of dirt as a reader sees it who knows nothing but the published rows."""
    seen: Counter[str] = Counter()
    ids, whole = set(), set()
    lats, fallback = asked.places.lat, (f"{asked.fallback.lat:.6f}", f"{asked.fallback.long:.6f}")
    noted = habits(asked, settle(asked, SEED).likeness, Dirt()).midnight
    texts = {text for index in range(3) for text in _texts(asked, index)}
    for row in rows:
        cells, year = tuple(row.values()), row["closed"][:4]
        if row["status"] == spelling.TEST:
            seen["test_row"] += 1
            continue
        seen["exact_copy"] += cells in whole
        seen["repeated_id"] += row["id"] in ids and cells not in whole
        ids.add(row["id"])
        whole.add(cells)
        sentinel = year in ("1900", "2100")
        seen["sentinel_1900"] += year == "1900"
        seen["sentinel_2100"] += year == "2100"
        seen["before"] += bool(row["closed"]) and not sentinel and row["closed"] < row["opened"]
        seen["midnight_closing"] += (row["closed"].endswith(" 00:00:00") and not sentinel
                                     and row["department"] == noted)
        seen["open_with_closing"] += row["status"] == "Open" and bool(row["closed"]) and not sentinel
        seen["closed_without_closing"] += row["status"].strip().lower() == "closed" and not row["closed"]
        seen["status_spelling"] += row["status"] not in ("Open", "Closed")
        seen["missing_coordinates"] += not row["lat"]
        seen["zero_coordinates"] += row["lat"] == "0"
        seen["rounded_coordinates"] += len(row["lat"].partition(".")[2]) == 2
        seen["outside_coordinates"] += bool(row["lat"]) and float(row["lat"]) > lats.max() + 1
        seen["fallback_point"] += (row["lat"], row["long"]) == fallback
        seen["blank_address"] += not row["address"]
        seen["double_blank"] += "  " in row["address"]
        seen["cut_text"] += len(row["text"]) == spelling.CUT and row["text"] not in texts
        seen["blank_category"] += not row["type"]
        seen["non_ascii_category"] += not row["type"].isascii()
        seen["personal_data"] += bool(LEAK.search(row["closing_note"]))
    return seen


def _texts(asked, index):
    return [words.description(service, index, "en", "") for service in asked.services]


def test_every_kind_of_dirt_is_there_and_counted(asked, folder, told):
    dirt, seen = told["dirt"], seen_in(table(folder / "requests.csv"), asked)
    assert seen.pop("before") == dirt["negative_duration"] + dirt.pop("clock_set_back", 0)
    seen["negative_duration"] = dirt["negative_duration"]
    assert dirt.pop("byte_order_mark") == 1
    assert (folder / "requests.csv").read_bytes().startswith("\ufeff".encode())
    assert dict(seen) == dirt
    assert set(dirt) == (set(RATES) | set(SYSTEMATIC)) - {"clock_set_back", "byte_order_mark"}
    assert min(dirt.values()) >= 1


def test_each_piece_of_dirt_is_found_at_its_line(folder, told):
    lines = (folder / "requests.csv").read_text(encoding="utf-8-sig").splitlines()
    pieces = table(folder / "dirt.csv")
    counted = Counter(piece["kind"] for piece in pieces)
    assert counted == {kind: n for kind, n in told["dirt"].items() if kind != "byte_order_mark"}
    for piece in pieces:
        assert lines[int(piece["line"]) - 1].startswith(piece["id"] + ",")


def test_negative_durations_and_midnights_keep_to_one_department_each(asked, folder):
    rows = table(folder / "requests.csv")
    negative = {row["department"] for row in rows if "1901" < row["closed"] < row["opened"]
                and row["closed"][:10] != "2011-11-06"}
    noted = Counter(row["department"] for row in rows if row["closed"].endswith(" 00:00:00")
                    and row["closed"][:4] not in ("1900", "2100"))
    assert len(negative) == 1
    assert max(noted.values()) > 0.99 * noted.total()


def test_the_truth_has_a_row_for_each_report(asked, folder, told):
    rows, truth = gather(happen(asked, SEED)), table(folder / "truth.csv")
    assert [int(row["number"]) for row in truth] == rows["number"].tolist()
    assert [int(row["duplicate_of"] or 0) for row in truth] == rows["duplicate_of"].tolist()
    fixed = [spelling.utc(at) for at in rows["true_fixed_at"].tolist()]
    assert [row["true_fixed_at"] for row in truth] == fixed
    slow = sum("slow" in row["plants"].split() for row in truth)
    assert slow == told["counts"]["slow"] == rows["slow"].sum()
    assert sum(row["vanished"] == "1" for row in truth) == told["counts"]["vanished"]
    published = {row["id"] for row in table(folder / "requests.csv")}
    assert {row["id"] for row in truth} <= published


def test_notes_are_as_long_as_they_were_and_some_say_duplicate(folder):
    notes = [row["closing_note"] for row in table(folder / "requests.csv") if row["closing_note"]]
    found = np.quantile([len(note) for note in notes], [0.1, 0.5, 0.9, 0.99])
    assert found == pytest.approx([25, 55, 101, 276], rel=0.15)
    assert np.mean(["uplicate" in note for note in notes]) == pytest.approx(0.045, abs=0.01)


@pytest.mark.parametrize("times", spelling.TIMES)
def test_the_profile_reads_what_was_written(asked, tmp_path, times):
    asked = replace(asked, wanted=600, days=5)
    clean = Manner(times=times, layouts=2, dirt=Dirt({}, systematic=False, mark=False))
    write_extract(asked, SEED, tmp_path, clean)
    profile = read_profile(tmp_path / "profile.toml")
    rows = gather(happen(asked, SEED))
    published = [*table(tmp_path / "requests-1.csv"), *table(tmp_path / "requests-2.csv")]
    assert len(published) == 600
    for row, opened_at in zip(published, rows["opened_at"].tolist(), strict=True):
        assert profile.instant(row, "opened")[0] == moment(opened_at)
        assert profile.value(row, "service")
    assert {piece["kind"] for piece in table(tmp_path / "dirt.csv")} == {"fallback_point"}


def test_utc_and_the_shifted_fault_differ_by_the_offset(asked, tmp_path):
    asked = replace(asked, wanted=50, days=1)
    written = {}
    for times in spelling.TIMES:
        write_extract(asked, SEED, tmp_path / times, Manner(times=times, dirt=Dirt({}, False, False)))
        written[times] = table(tmp_path / times / "requests.csv")[0]["opened"]
    assert written["utc"].endswith("+00:00")
    assert written["shifted"] == written["local"] + "+00:00"
    assert written["shifted"] < written["utc"]


def test_the_header_changes_half_way(asked, tmp_path):
    write_extract(replace(asked, wanted=400, days=4), SEED, tmp_path, Manner(name="open.csv.gz", layouts=2))
    first, second = table(tmp_path / "open-1.csv.gz"), table(tmp_path / "open-2.csv.gz")
    assert tuple(first[0]) == spelling.COLUMNS
    assert tuple(second[0]) == spelling.LATER
    assert first[-1]["opened"] < second[0]["open_date"]
    assert table(tmp_path / "truth.csv.gz")[-1]["number"] == "400"


def test_the_same_seed_writes_the_same_files(asked, tmp_path):
    asked = replace(asked, wanted=300, days=3)
    for folder in ("one", "two"):
        write_extract(asked, SEED, tmp_path / folder)
    for file in ("requests.csv", "truth.csv", "dirt.csv", "truth.json", "profile.toml"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_manner_there_is_not_is_refused(asked, tmp_path):
    with pytest.raises(Invalid, match="local, utc, shifted"):
        write_extract(asked, SEED, tmp_path, Manner(times="sundial"))
