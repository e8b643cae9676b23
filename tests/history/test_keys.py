"""The file of a profile: its keys, its faults, and the document that explains them."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import date

import pytest

from civicconnect import history, settings
from civicconnect.errors import Invalid
from civicconnect.geo import Point
from civicconnect.history.conditions import Condition, Refusal
from civicconnect.history.extract import open_cells
from civicconnect.history.kinds import DONE
from civicconnect.history.profile import NEEDED, OPTIONAL
from tests.history.test_import import PROFILE

KEYS = """
name = "x"
zone = "Europe/Zurich"
grid = "EPSG:2263"
promises = "city"
sentinels = [1970-01-01]
known_by = ["odd"]
[columns]
opened = "opened"
service = "kind"
due = "due"
[statuses]
"Completed - Dup" = "closed duplicate"
[[stand_in]]
lat = 42.3594
long = -71.0587
[[refuse]]
column = "state"
is = "Test"
why = "it was a test"
kind = "test row"
[[service]]
column = ["kind", "detail"]
contains = ["hole", "crater"]
to = "pothole"
[[department]]
column = "kind"
is = "Lift"
to = "Buildings"
"""


def test_every_key_is_read_and_written_again(tmp_path):
    (tmp_path / "x.toml").write_text(KEYS, encoding="utf-8")
    profile = history.read_profile(tmp_path / "x.toml")
    assert profile.sentinels == (date(1970, 1, 1),)
    assert profile.stand_ins == (Point(42.3594, -71.0587),)
    assert profile.refusals == (Refusal(Condition(("state",), ("Test",)), "it was a test", "test row"),)
    (tmp_path / "again.toml").write_text(profile.written, encoding="utf-8")
    assert history.read_profile(tmp_path / "again.toml") == profile


def test_all_faults_of_a_profile_are_told_at_once(tmp_path):
    wrong = (KEYS.replace("EPSG:2263", "EPSG:4326").replace("closed duplicate", "closed twice")
             .replace('is = "Test"\n', "").replace("lat = 42", "lat = 142").replace("1970-01-01", '"soon"')
             .replace('promises = "city"', 'promises = "all"').replace('to = "pothole"', ""))
    (tmp_path / "x.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(Invalid) as refused:
        history.read_profile(tmp_path / "x.toml")
    told = "\n".join(refused.value.fields["profile"])
    for said in ("key 'grid': EPSG:4326 is no grid we read", "closed twice is none of open, closed, ",
                 "key 'refuse.0.is': Write what the cell must say", "key 'stand_in.0.lat'",
                 "Write a day as 1900-01-01", "key 'promises': Write \"record\" or \"city\"",
                 "key 'service.0.to'"):
        assert said in told


def test_a_record_without_due_dates_promises_nothing(tmp_path):
    text = KEYS.replace('promises = "city"', 'promises = "record"').replace('due = "due"\n', "")
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match="promises only where"):
        history.read_profile(tmp_path / "x.toml")


def test_a_rule_must_look_at_a_column_that_is_there(tmp_path):
    profile = replace(PROFILE, refusals=(Refusal(Condition(("stat",), ("x",)), "a test", "refused"),))
    with (tmp_path / "x.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerow([name for name in PROFILE.columns.values() if name])
    with pytest.raises(Invalid, match="No column is called 'stat'"):
        next(open_cells(tmp_path / "x.csv", profile))


# The document

def document():
    return (settings.home() / "docs" / "import.md").read_text(encoding="utf-8")


def test_the_profile_of_the_document_is_one(tmp_path):
    text = re.search(r"```toml\n(.*?)```", document(), re.DOTALL)[1]
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    profile = history.read_profile(tmp_path / "x.toml")
    assert len(profile.conditions) == 3


def test_the_document_tells_every_kind_of_dirt_every_word_and_every_profile():
    told = document()
    for word in (*DONE, *NEEDED, *OPTIONAL):
        assert word in told, word
    for file in (settings.home() / "cities" / "profiles").glob("*.toml"):
        assert f"`{file.stem}`" in told
