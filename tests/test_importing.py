"""The command that brings in a record: what it reads stays, and what it writes has a name of its own."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from civicconnect import importing
from civicconnect.errors import Invalid
from civicconnect.importing import Wish
from tests.history.loopback import END, START, open_town, send, told
from tests.history.test_import import GOOD, write

PROFILE = """
name = "test"
zone = "America/New_York"
time_format = "iso"
[columns]
id = "id"
opened = "opened"
closed = "closed"
service = "type"
lat = "lat"
long = "long"
"""


@pytest.fixture
def profile(tmp_path):
    file = tmp_path / "p.toml"
    file.write_text(PROFILE, encoding="utf-8")
    return file


def bring(given, source, **words):
    importing.import_from(given, str(source), Wish(**words))


@pytest.mark.parametrize(("source", "verdicts"), [
    ("y.csv", "y.csv"), ("y.csv", "folder/../y.csv"), ("y.csv", "linked.csv"), ("y.csv", "hard.csv"),
    ("big.rejects.csv", "big.verdicts.csv"), ("y.csv", "p.toml"), ("requests.json", "requests.json"),
])
def test_papers_are_never_written_over_what_is_read(database, given, tmp_path, profile, source, verdicts):
    (tmp_path / "folder").mkdir()
    file = tmp_path / source
    if file.suffix == ".json":
        file.write_text("[]", encoding="utf-8")
    else:
        write(file, *(GOOD | {"id": str(n)} for n in range(9)))
        (tmp_path / "linked.csv").symlink_to(file)
        os.link(file, tmp_path / "hard.csv")
    there = {name: name.read_bytes() for name in tmp_path.iterdir() if name.is_file()}
    with pytest.raises(Invalid, match="which is read; take another name for the verdicts"):
        bring(given, file, profile=str(profile), verdicts=tmp_path / verdicts)
    assert {name: name.read_bytes() for name in tmp_path.iterdir() if name.is_file()} == there


def test_requests_without_an_id_are_told_of(database, given, capsys):
    waiting = {"token": "t", "requested_datetime": f"{START:%Y-%m-%d}", "service_name": "Pothole"}
    with open_town() as town:
        town.faults = {1: lambda h: send(h, 200, json.dumps([told(START, "R-0"), waiting]).encode())}
        bring(given, town.base, since=START, until=END, pause=0)
    assert "1 kept out: it has no service_request_id, perhaps not yet" in capsys.readouterr().out


def test_captures_of_two_years_have_papers_of_their_own(database, given, tmp_path):
    for year, packed in ((2018, ""), (2019, ""), (2020, ".gz")):
        body = json.dumps([told(START, f"R-{year}")]).encode()
        file = tmp_path / f"req.{year}.json{packed}"
        file.write_bytes(gzip.compress(body) if packed else body)
        bring(given, file)
    for year in (2018, 2019, 2020):
        text = (given.data_folder / "imports" / f"req.{year}.open311.csv").read_text(encoding="utf-8")
        assert f"R-{year}" in text
