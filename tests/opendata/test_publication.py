"""The publication: three files with the same rows, a hash of each, and versions that never change."""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import duckdb
import pytest
from sqlalchemy import update

from civicconnect import clock, db, geo, jobs, opendata, reports, settings
from civicconnect.accounts import ContactDetails
from civicconnect.app import handlers
from civicconnect.catalog import catalog
from civicconnect.opendata import versions
from civicconnect.reports import Closing, PastReport, Report
from tests.factories import HERE, RESIDENT, new_report, staff_actor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WORDS = [
    "Plain.", "", "with, comma", "with \"quotes\"", "two\r\nlines", "line\nfeed", "carriage\rreturn",
    "tab\there", "=1+1", "'=1+1", "NULL", "null", "\\N", "nan", "true", "2026-01-01", " blanks around ",
    "\"", "\"\"", "'", "ليلًا", "🕳", "Ünï", "a;b|c", "trailing\\", "\u2028", "#comment", "x" * 3000, "-",
    "0007", "1e5", "\ufeffmark",
]


def read_csv(publication):
    with publication.file("reports", "csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_parquet(publication, what="*"):
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        found = engine.execute(f"SELECT {what} FROM read_parquet(?)",  # noqa: S608
                               [str(publication.file("reports", "parquet"))])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read_geojson(publication):
    return json.loads(publication.file("reports", "geojson").read_text(encoding="utf-8"))["features"]


def spelled(value):
    """Return a value of the Parquet file as the CSV spells it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value).lower() if isinstance(value, bool) else str(value)


def guarded(name, text):
    """Return a text of the other formats as the CSV guards it from spreadsheets."""
    return f"'{text}" if name in ("address", "description") and text[:1] in ("=", "-") else text


@pytest.fixture
def record(db_):
    """Reports of every kind: open, closed, imported, hidden, without a promise, with hostile words."""
    with clock.stopped_at(MONDAY):
        kinds = ("pothole", "tree", "something-else")
        past = [
            PastReport(new_report(description=words, address=words[:200], service=kinds[n % 3],
                                  point=None if n == 2 else HERE), f"x-{n}", MONDAY - n * DAY,
                       Closing(MONDAY - n * DAY + MINUTE, "fixed", "hush: by Bob") if n % 2 else None)
            for n, words in enumerate(WORDS)
        ]
        reports.submit_past(db_, RESIDENT, past)
        boss = staff_actor(db_, "supervisor")
        hush = ContactDetails("Hush", "hush@home.example")
        made = [reports.submit(db_, RESIDENT, new_report(contact=hush)).reference for _ in range(3)]
        reports.transition(db_, boss, made[0], "close", {"outcome": "fixed", "reason": "Done."})
        reports.note(db_, boss, made[1], "hush: the owner rang.")
        db_.execute(update(Report).where(Report.reference == made[2]).values(visibility="hidden"))
    return made[2]


@pytest.fixture
def published(db_, record):
    """A version of that record."""
    with clock.stopped_at(MONDAY + MINUTE):
        return opendata.publish(db_)


@pytest.fixture
def version(db_, make_report):
    """A version with one report in it."""
    with clock.stopped_at(MONDAY):
        make_report(description="A hole.")
    with clock.stopped_at(MONDAY + MINUTE):
        return opendata.publish(db_)


# The files

def test_all_three_files_hold_the_same_rows(db_, published):
    as_csv, parquet, features = read_csv(published), read_parquet(published), read_geojson(published)
    assert {len(as_csv), len(parquet), len(features), published.manifest["rows"]} == {len(WORDS) + 2}
    for line, row, feature in zip(as_csv, parquet, features, strict=True):
        geometry = row.pop("geometry")
        assert (geometry is None) == (row["lat"] is None) == (feature["geometry"] is None)
        assert {name: guarded(name, spelled(value)) for name, value in row.items()} == line
        told = dict(feature["properties"])
        if feature["geometry"]:
            assert feature["geometry"]["type"] == "Point"
            told["long"], told["lat"] = feature["geometry"]["coordinates"]
        else:
            told["long"] = told["lat"] = None
        assert {name: guarded(name, spelled(value)) for name, value in told.items()} == line


def test_they_hold_every_public_report_and_only_what_is_public(db_, record, published):
    offer = catalog(db_)
    live = reports.public_rows(db_, offer, as_of=MONDAY + MINUTE)
    rows = {row["service_request_id"]: row for row in live}
    shown = reports.columns(reports.layers(db_, "city"))
    found = {row["service_request_id"]: row for row in read_csv(published)}
    assert set(found) == set(rows)
    assert record not in found
    for reference, row in rows.items():
        assert list(found[reference].values()) == reports.as_text(row, shown)
    for file in published.folder.iterdir():
        assert b"hush" not in file.read_bytes().lower(), file.name


def test_what_residents_wrote_comes_back_from_the_files(published):
    told = {row["description"] for row in read_parquet(published, "description")}
    assert told - {None} == set(WORDS) - {""}
    assert {f["properties"]["description"] for f in read_geojson(published)} == told


@pytest.mark.parametrize("words", ["-30 cm deep", "=1+1", "+1 Street", "@home", "＝1", "'=1+1", "'quoted'"])
def test_only_the_csv_is_guarded_from_spreadsheets(db_, make_report, visitor, words):
    make_report(description=words, address=words)
    made = opendata.publish(db_)
    [line], [row], [feature] = read_csv(made), read_parquet(made), read_geojson(made)
    [live] = json.loads(visitor.get("/reports.geojson").bytes)["features"]
    as_csv = words if words.startswith("'") else f"'{words}"
    for column in ("address", "description"):
        assert line[column] == as_csv
        assert {row[column], feature["properties"][column], live["properties"][column]} == {words}
    assert as_csv in visitor.get("/reports.csv").text
    assert sorted(file.name for file in made.folder.iterdir()) == [
        "manifest.json", "reports.csv", "reports.geojson", "reports.parquet"]


def areas(code):
    wide = [[[-34, 41], [-33, 41], [-33, 42], [-34, 42], [-34, 41]]]
    feature = {"type": "Feature", "properties": {"code": code},
               "geometry": {"type": "Polygon", "coordinates": wide}}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def publish_with(db_, layer):
    """Publish a report in a city whose ground has one layer besides its limit, and the faults of that."""
    ground, faults = geo.check({"areas/city.geojson": areas("c"), f"areas/{layer}.geojson": areas("here")})
    geo.load(db_, ground)
    reports.submit(db_, RESIDENT, new_report())
    return opendata.publish(db_), faults


def test_a_layer_with_a_hyphen_is_a_column_of_all_three_files(db_):
    made, faults = publish_with(db_, "council-district")
    assert faults == []
    assert read_csv(made)[0]["area_council-district"] == "here"
    assert read_parquet(made)[0]["area_council-district"] == "here"
    assert read_geojson(made)[0]["properties"]["area_council-district"] == "here"
    assert opendata.query(made, "SELECT count(*) AS n FROM reports")["n"] == [1]


@pytest.mark.parametrize("layer", ["o'x", "Ward 2024", 'a"b', "a;--", "select", "a}, b"])
def test_layers_named_before_there_was_a_rule_are_published_too(db_, layer):
    made, _ = publish_with(db_, layer)
    assert read_csv(made)[0][f"area_{layer}"] == "here"
    assert read_parquet(made)[0][f"area_{layer}"] == "here"
    assert read_geojson(made)[0]["properties"][f"area_{layer}"] == "here"


def test_the_columns_are_those_of_the_dictionary_with_their_types(db_, published):
    [dataset] = opendata.dictionary(reports.columns(reports.layers(db_, "city")))
    types = {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "yes_no": "BOOLEAN",
             "instant": "TIMESTAMP WITH TIME ZONE"}
    with duckdb.connect() as engine:
        found = engine.execute("DESCRIBE SELECT * FROM read_parquet(?)",
                               [str(published.file("reports", "parquet"))]).fetchall()
    *columns, geometry = [(name, kind) for name, kind, *_ in found]
    assert columns == [(c.name, types[c.kind]) for c in dataset.columns]
    assert geometry[0] == "geometry"
    assert geometry[1].startswith("GEOMETRY")
    assert list(read_csv(published)[0]) == [c.name for c in dataset.columns]
    assert all(c.words and c.empty for c in dataset.columns)


def test_a_laptop_reads_the_geometry_without_any_extension(published):
    rows = read_parquet(published, "lat, long, CAST(geometry AS VARCHAR) AS shape")
    assert {row["shape"] for row in rows} == {f"POINT ({HERE.long} {HERE.lat})", None}


def test_an_empty_record_is_published_as_empty_files(db_):
    made = opendata.publish(db_)
    assert made.manifest["rows"] == 0
    assert (read_csv(made), read_parquet(made), read_geojson(made)) == ([], [], [])


# Versions

def test_the_manifest_tells_the_bytes_and_the_hash_of_each_file(version):
    told = json.loads((version.folder / "manifest.json").read_text(encoding="utf-8"))
    assert told == version.manifest
    assert set(told["files"]) == {"reports.csv", "reports.geojson", "reports.parquet"}
    for name, facts in told["files"].items():
        content = (version.folder / name).read_bytes()
        assert facts == {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    assert datetime.fromisoformat(told["as_of"]) == MONDAY + MINUTE
    assert told["version"] == version.version == "20261123T090100000000Z"


def test_a_version_never_changes_whatever_happens_after_it(db_, version, make_report):
    before = {file.name: file.read_bytes() for file in version.folder.iterdir()}
    make_report(description="Later.")
    with clock.stopped_at(MONDAY + 2 * MINUTE):
        later = opendata.publish(db_)
    assert later.manifest["rows"] == version.manifest["rows"] + 1
    assert {file.name: file.read_bytes() for file in version.folder.iterdir()} == before
    assert opendata.newest() == later
    assert opendata.newest(version.version) == version


def test_a_version_is_not_written_over_by_another_of_the_same_instant(db_, version, make_report):
    before = {file.name: file.read_bytes() for file in version.folder.iterdir()}
    make_report()
    with clock.stopped_at(MONDAY + MINUTE), pytest.raises(OSError, match="not empty"):
        opendata.publish(db_)
    assert {file.name: file.read_bytes() for file in version.folder.iterdir()} == before
    assert sorted(file.name for file in version.folder.parent.iterdir()) == [version.version, "newest"]


def test_the_same_record_gives_the_same_rows_again(db_, version):
    with clock.stopped_at(MONDAY + MINUTE * 2):
        again = opendata.publish(db_)
    for name in ("reports.csv", "reports.geojson"):
        assert again.manifest["files"][name] == version.manifest["files"][name]


def test_an_older_version_that_is_finished_later_does_not_become_the_newest(db_, version):
    with clock.stopped_at(MONDAY):
        older = opendata.publish(db_)
    assert older.version < version.version
    assert opendata.newest() == version


def test_a_version_that_the_disk_has_no_room_for_leaves_nothing(db_, version):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with clock.stopped_at(MONDAY + 2 * MINUTE), pytest.raises(OSError, match="File too large"):
            opendata.publish(db_)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(file.name for file in version.folder.parent.iterdir()) == [version.version, "newest"]
    assert opendata.newest() == version


def test_what_a_killed_worker_left_half_written_is_swept_away_a_day_later(db_, version):
    home = version.folder.parent
    for name, age in ((".draft-old", 2), (".draft-new", 0)):
        (home / name).mkdir()
        (home / name / "reports.csv").write_text("half")
        at = (MONDAY - age * DAY).timestamp()
        os.utime(home / name, (at, at))
    with clock.stopped_at(MONDAY + 2 * MINUTE):
        opendata.publish(db_)
    assert [path.name for path in home.glob(".draft-*")] == [".draft-new"]


HOSTILE = [
    "../x", "..", ".", "/etc/passwd", "20261123T090100000000Z/../../seals", "newest", "%2e%2e", "Z", "T", "x",
    " ", "20261123T090100000000Z\n", "20261123", ".draft-x", "20991231T000000000000Z", "manifest.json",
    "\u0662",
]


def test_a_version_that_is_none_is_none(version):
    outside = version.folder.parent.parent / "x"
    outside.mkdir()
    (outside / "manifest.json").write_text("{}")
    assert {name: opendata.newest(name) for name in HOSTILE} == dict.fromkeys(HOSTILE)
    assert opendata.newest(version.version) == version


def test_before_the_first_version_there_is_none(given):
    assert opendata.newest() is None
    assert opendata.newest("20261123T090100000000Z") is None
    assert opendata.check_hashes() == []


def test_the_newest_five_and_the_first_of_each_day_are_kept(db_):
    made = []
    for day in range(3):
        for n in range(4):
            with clock.stopped_at(MONDAY + day * DAY + n * MINUTE):
                made.append(opendata.publish(db_).version)
    kept = sorted(p.name for p in (settings.current().data_folder / "publication").iterdir() if p.is_dir())
    assert kept == [made[0], made[4], *made[-5:]]
    assert opendata.newest().version == made[-1]


def test_the_first_of_each_hour_is_kept_for_two_days_and_of_each_day_for_ever(db_):
    home, start = settings.current().data_folder / "publication", MONDAY - 3 * DAY
    made = [(start + n * 7 * MINUTE).strftime("%Y%m%dT%H%M%S%fZ") for n in range(3 * 24 * 60 // 7)]
    for name in made:
        (home / name).mkdir()
    with clock.stopped_at(MONDAY):
        made.append(opendata.publish(db_).version)
    kept = {p.name for p in home.iterdir() if p.is_dir()}
    since = (MONDAY - 2 * DAY).strftime("%Y%m%dT%H%M%S%fZ")
    hours, days = {}, {}
    for name in made:
        hours.setdefault(name[:11], name)
        days.setdefault(name[:8], name)
    assert kept == {*made[-5:], *days.values(), *(n for n in hours.values() if n > since)}
    assert len(kept) == 49 + (4 - 2) + (5 - 1)  # hours; days, two of them among the hours; the newest


def test_what_a_killed_worker_left_half_removed_is_swept_away(db_, version):
    half = version.folder.with_name(".gone-20261122T090000000000Z")
    half.mkdir()
    (half / "manifest.json").write_text("{")
    assert opendata.check_hashes() == []
    with clock.stopped_at(MONDAY + 2 * MINUTE):
        opendata.publish(db_)
    assert not half.exists()


# Citing

def publish_often(db_, *moments):
    made = []
    for moment in moments:
        with clock.stopped_at(moment):
            reports.submit(db_, RESIDENT, new_report())
            made.append(opendata.publish(db_))
    return made


def test_the_version_to_cite_is_the_newest_that_is_kept_for_ever(db_, visitor):
    assert opendata.citable() is None
    made = publish_often(db_, MONDAY, MONDAY + MINUTE, *(MONDAY + DAY + n * MINUTE for n in range(7)))
    assert opendata.citable() == made[2]
    page = visitor.get("/data")
    assert "To cite, use the version of Nov 24, 2026" in page.words
    assert "with 3 rows. It is kept for ever" in page.words
    assert "Version " + made[-1].version + ", 9 rows." in page.words
    [address] = [link for link in page.links() if link.startswith("/data/v/")]
    assert made[2].version in address
    assert len(visitor.get(address).text.splitlines()) == 4


def test_a_version_that_is_gone_says_so_and_where_the_others_are(db_, visitor):
    made = publish_often(db_, *(MONDAY + n * MINUTE for n in range(8)))
    page = visitor.get(f"/data/v/{made[1].version}/reports.csv")
    assert page.status == 404
    assert "This version is no longer kept. The page Open data has the newest one" in page.words
    for kept in (made[0], *made[-5:]):
        assert visitor.get(f"/data/v/{kept.version}/reports.csv").status == 200


@pytest.mark.parametrize("address", ["x/reports.csv", "20991231T000000000000Z/reports.csv",
                                     "20261123T090100000000Z/manifest.json"])
def test_an_address_that_never_held_a_version_is_no_page(version, visitor, address):
    page = visitor.get(f"/data/v/{address}")
    assert page.status == 404
    assert "no longer kept" not in page.words
    assert "There is no such page" in page.words


# Hashes

def test_a_version_that_is_cleared_away_while_it_is_checked_is_no_fault(db_, monkeypatch):
    made = publish_often(db_, MONDAY, MONDAY + MINUTE)
    read, checked = versions.sha256, []

    def cleared_away(file):
        if file.parent == made[0].folder and file.parent.is_dir():
            file.parent.rename(file.parent.with_name(".gone"))
        checked.append(file.parent.name)
        return read(file)

    monkeypatch.setattr(versions, "sha256", cleared_away)
    assert opendata.check_hashes() == []
    assert set(checked) == {version.version for version in made}


def test_a_changed_byte_is_found_and_named(db_, version):
    assert opendata.check_hashes() == []
    dice = random.Random(5)  # noqa: S311  the same bytes at each run
    for name in version.manifest["files"]:
        file = version.folder / name
        whole = file.read_bytes()
        for _ in range(5):
            at = dice.randrange(len(whole))
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            assert opendata.check_hashes() == [
                f"open data {version.version}: {name} is not the file that was published"]
        file.write_bytes(whole)
    assert opendata.check_hashes() == []


def test_a_file_that_is_gone_is_found_and_named(version):
    version.file("reports", "csv").unlink()
    assert opendata.check_hashes() == [
        f"open data {version.version}: reports.csv is not the file that was published"]


# The job

def test_several_changes_in_a_row_make_one_version(db_, staff, make_report):
    with clock.stopped_at(MONDAY):
        report = make_report()
        for verb in ("accept", "start"):
            reports.transition(db_, staff, report.reference, verb)
        jobs.drain(handlers())
        assert opendata.newest() is None
    with clock.stopped_at(MONDAY + MINUTE):
        jobs.drain(handlers())
    assert len([p for p in opendata.newest().folder.parent.iterdir() if p.is_dir()]) == 1
    assert read_csv(opendata.newest())[0]["status_detail"] == "in_progress"


def test_a_step_that_strangers_never_see_makes_no_version(db_, staff, make_report):
    with clock.stopped_at(MONDAY):
        report = make_report(contact=ContactDetails(email="ana@home.example"))
    with clock.stopped_at(MONDAY + MINUTE):
        jobs.drain(handlers())
        jobs.drain(handlers())
    with clock.stopped_at(MONDAY + 2 * MINUTE):
        jobs.drain(handlers())
        first = opendata.newest()
        reports.note(db_, staff, report.reference, "Only for us.")
        reports.contact(db_, staff, report.reference)
    with clock.stopped_at(MONDAY + 4 * MINUTE):
        jobs.drain(handlers())
    assert opendata.newest() == first


# Zones

ZONED = """
import sys
import duckdb
with duckdb.connect() as engine:
    print(engine.execute("SELECT current_setting('TimeZone')").fetchone()[0])
    for column in ("requested_datetime", "closed_datetime"):
        print(engine.execute(f"SELECT epoch_us({column}) FROM read_parquet(?)", [sys.argv[1]]).fetchone()[0])
"""


def test_instants_are_the_same_ones_whatever_zone_the_machines_are_in(own_settings):
    zone = "America/St_Johns"  # three and a half hours behind
    with db.transaction() as change:
        past = PastReport(new_report(), "x-1", MONDAY, Closing(MONDAY + timedelta(hours=5), "fixed"))
        reports.submit_past(change, RESIDENT, [past])
    environ = os.environ | {"TZ": zone} | {
        f"CIVIC_{key.upper()}": str(value) for key, value in vars(own_settings).items()}
    done = subprocess.run([sys.executable, "-m", "civicconnect.cli", "publish"], env=environ, text=True,
                          cwd=settings.home(), capture_output=True)
    assert done.returncode == 0, done.stderr
    made = opendata.newest()
    read = subprocess.run([sys.executable, "-c", ZONED, str(made.file("reports", "parquet"))], text=True,
                          env=environ, capture_output=True, check=True)
    told_zone, *told = read.stdout.split()
    assert told_zone == zone  # the reader really is elsewhere
    five_hours = 5 * 3600 * 10**6
    assert [int(t) - int(MONDAY.timestamp() * 10**6) for t in told] == [0, five_hours]
    [line] = read_csv(made)
    assert line["requested_datetime"] == "2026-11-23T09:00:00Z"
    assert line["hours_to_close"] == "5.0"
    assert read_geojson(made)[0]["properties"]["closed_datetime"] == "2026-11-23T14:00:00Z"


def test_a_figure_is_asked_of_the_files_alone(db_, published):
    found = opendata.query(published, "SELECT count(*) AS n, min(requested_datetime) AS first FROM reports")
    assert int(found["n"][0]) == published.manifest["rows"]
    assert str(found["first"][0]).startswith(str((MONDAY - (len(WORDS) - 1) * DAY).date()))
    quoted = replace(published, folder=published.folder.rename(published.folder.with_name("it's")))
    assert opendata.query(quoted, "SELECT count(*) AS n FROM reports")["n"] == found["n"]


# Bad luck

def test_a_damaged_manifest_is_named_and_the_version_before_is_shown(db_, visitor):
    with clock.stopped_at(clock.now() - timedelta(minutes=9)):
        before = opendata.publish(db_)
    after = opendata.publish(db_)
    for damage in (b"{bad", b"{}", b"\xff", b"[]"):
        (after.folder / "manifest.json").write_bytes(damage)
        assert opendata.newest().version == before.version
        for path in ("/data", "/performance", "/data/reports.csv"):
            assert visitor.get(path).status == 200
        assert opendata.check_hashes() == [
            f"open data {after.version}: manifest.json is not the file that was published"]


def test_a_clock_that_once_ran_ahead_does_not_hold_the_data_back(db_):
    with clock.stopped_at(clock.now() + timedelta(days=3650)):
        opendata.publish(db_)
    assert opendata.newest() is None
    made = opendata.publish(db_)
    assert opendata.newest().version == made.version
