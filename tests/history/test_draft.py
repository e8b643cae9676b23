"""A first city from a small record: what is promised, who answers, and what a person must look at."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime, timedelta

import pytest
import shapely

from civicconnect import city, commands, history
from civicconnect.errors import Conflict, Invalid
from civicconnect.history import firsts, record
from civicconnect.sla.load import LONGEST_HOURS
from tests.factories import HERE
from tests.history.records import HEADER, STEP, row, square, two_districts, write_areas, write_csv

MONDAY = datetime(2026, 3, 2, 8)


@pytest.fixture
def drafted(tmp_path):
    """Draft a city from rows; returns {path: text}, which has passed the check."""
    def run(*rows, header=HEADER, areas=None, **more):
        requests = write_csv(tmp_path / "lark_bay_2026-03.csv", rows, header)
        areas = areas or [two_districts(tmp_path / "lark_bay_wards.geojson")]
        files = history.draft_city([requests], areas, "Lark Bay", **more)
        city.check({path: text.encode() for path, text in files.items() if not path.startswith("review/")})
        return files
    return run


def promises(files):
    return {p["service"]: p["hours"] for p in tomllib.loads(files["promises.toml"]).get("promise", [])}


def rules(files):
    return [(r["code"], r["department"], r["services"], r.get("area"))
            for r in tomllib.loads(files["rules.toml"]).get("rule", [])]


def times(number, hours, **more):
    """Return a row that was closed after so many business hours."""
    days, rest = divmod(hours, 9)
    return row(number, opened=str(MONDAY), closed=str(MONDAY + timedelta(days=days, hours=rest)), **more)


# What is drafted

def test_departments_services_areas_and_the_limit_are_there(drafted):
    files = drafted(row(1), row(2, type="pothole", agency="STREETS"), row(3),
                    row(4, type="Lamp", agency="Lights"))
    assert [d["name"]["en"] for d in tomllib.loads(files["departments.toml"])["department"]] == [
        "Lights", "Streets", "Service Desk"]
    services = tomllib.loads(files["services.toml"])["service"]
    assert [(s["code"], s["name"]["en"], s["department"]) for s in services] == [
        ("pothole", "Pothole", "streets"), ("lamp", "Lamp", "lights")]
    wards = json.loads(files["areas/wards.geojson"])["features"]
    assert [f["properties"] for f in wards] == [{"code": "1", "name": "West"}, {"code": "2", "name": "East"}]
    told = tomllib.loads(files["city.toml"])
    assert (told["slug"], told["limit_layer"], told["catch_all"]) == ("lark-bay", "city", "service-desk")


def test_a_place_rounded_over_the_edge_is_inside_the_limit_and_one_far_off_is_not(drafted):
    files = drafted(row(1))
    [drawn] = json.loads(files["areas/city.geojson"])["features"]
    limit = shapely.from_geojson(json.dumps(drawn["geometry"]))
    west = HERE.long - STEP / 2
    assert limit.contains(shapely.Point(west - 0.00005, HERE.lat))
    assert not limit.contains(shapely.Point(west - 0.002, HERE.lat))
    assert limit.is_valid


def test_the_same_files_make_the_same_folder_to_the_byte(drafted):
    rows = [row(n, type=f"Thing {n % 7}", agency=f"Office {n % 3}") for n in range(200)]
    assert drafted(*rows) == drafted(*rows)


def test_many_services_without_groups_are_grouped_by_who_answers(drafted):
    files = drafted(*(row(n, type=f"Thing {n}", agency=f"Office {n % 2}") for n in range(30)))
    groups = [g["name"]["en"] for g in tomllib.loads(files["services.toml"])["group"]]
    assert groups == ["Office 0", "Office 1"]
    assert "regroup them" in files["review/README.md"]


def test_names_in_other_scripts_stay_apart(drafted):
    files = drafted(row(1, type="道路の穴"), row(2, type="街灯"), row(3, type="Straße"), row(4, type="Λάμπα"))
    services = tomllib.loads(files["services.toml"])["service"]
    assert len({s["code"] for s in services}) == len(services) == 4
    assert {s["name"]["en"] for s in services} == {"道路の穴", "街灯", "Straße", "Λάμπα"}


def test_what_the_import_reads_is_what_was_drafted(drafted, tmp_path):
    files = drafted(row(1), row(2, type="Lamp"))
    written = tmp_path / "profile.toml"
    written.write_text(files["review/profile.toml"], encoding="utf-8")
    read = history.read_profile(written)
    assert read.columns["service"] == "type"
    assert read.name == "lark-bay"


# Promises

def test_a_promise_is_kept_by_eight_of_ten_and_the_open_ones_count(drafted):
    # Hours 1 to 16 are closed, four stay open: the sixteenth of twenty. Of the closed alone it were the 13th.
    rows = [times(n, n) for n in range(1, 17)] + [row(n, closed="") for n in range(17, 21)]
    files = drafted(*rows)
    assert promises(files) == {"pothole": 16.0}
    assert "# 8 of 10 were closed within it, counted on 20 rows" in files["promises.toml"]


def test_the_records_own_due_dates_go_before_what_was_kept(drafted):
    due = [times(n, n) | {"due": "2026-03-03 17:00:00"} for n in range(1, 21)]
    files = drafted(*due, header=(*HEADER, "due"))
    assert promises(files) == {"pothole": 18.0}
    assert "the record's own 20 due dates" in files["promises.toml"]


def test_a_day_without_an_hour_is_kept_until_it_ends(drafted):
    days = [row(n, opened="2026-03-02", closed="2026-03-03") for n in range(20)]
    assert promises(drafted(*days)) == {"pothole": 18.0}


@pytest.mark.parametrize(("rows", "why"), [
    ([times(n, 1) for n in range(19)], "fewer than 20 rows with times: Pothole (19)"),
    ([times(n, 1) for n in range(15)] + [row(n, closed="") for n in range(15, 25)],
     "fewer than 8 of 10 were closed while the record lasts: Pothole (15 of 25)"),
    ([row(n, closed="") for n in range(25)], "none was closed while the record lasts: Pothole"),
], ids=["few", "slow", "never"])
def test_where_nothing_can_be_promised_the_review_says_why(drafted, rows, why):
    files = drafted(*rows)
    assert promises(files) == {}
    assert f"No promise, {why}\n" in files["review/README.md"]


def test_a_closing_still_to_come_is_none(drafted):
    rows = [times(n, 1) for n in range(20)] + [row(n, closed="2100-01-01 00:00:00") for n in range(20, 60)]
    assert promises(drafted(*rows)) == {}


@pytest.mark.parametrize(("due", "hours"), [
    ("2190-01-01 12:00:00", firsts.MOST_HOURS), ("2026-03-02 08:00:01", firsts.LEAST_HOURS)])
def test_a_promise_is_never_longer_or_shorter_than_a_folder_may_say(drafted, due, hours):
    files = drafted(*(row(n, due=due) for n in range(20)), header=(*HEADER, "due"))
    assert promises(files) == {"pothole": hours}


def test_the_longest_promise_is_the_one_the_check_allows():
    assert firsts.MOST_HOURS == LONGEST_HOURS


# Who answers

def test_each_service_has_its_rule_and_an_area_with_a_department_of_its_own_one_before_it(drafted):
    east = HERE.long + STEP
    rows = [row(n) for n in range(60)] + [row(n, agency="Harbour", long=east) for n in range(60, 90)]
    rows += [row(90, long=east)]
    files = drafted(*rows)
    assert rules(files) == [
        ("to-pothole-in-2", "harbour", ["pothole"], "wards:2"), ("to-pothole", "streets", ["pothole"], None)]
    assert "# 30 of 31 rows in East" in files["rules.toml"]
    assert "Pothole is split: Streets 67.0 %, Harbour 33.0 %" in files["review/README.md"]


@pytest.mark.parametrize("elsewhere", [19, 27], ids=["too few rows", "not nearly all of them"])
def test_an_area_without_enough_to_say_gets_no_rule(drafted, elsewhere):
    east = HERE.long + STEP
    rows = [row(n) for n in range(60)]
    rows += [row(n, agency="Harbour", long=east) for n in range(100, 100 + elsewhere)]
    rows += [row(n, long=east) for n in range(200, 204)] if elsewhere > 20 else []
    assert [area for *_, area in rules(drafted(*rows))] == [None]


def test_the_catch_all_gets_only_what_nobody_claims(drafted):
    files = drafted(row(1), row(2, agency=""), row(3, agency=""), row(4, type="Ghost", agency=""))
    assert rules(files) == [("to-pothole", "streets", ["pothole"], None)]
    services = {s["code"]: s["department"] for s in tomllib.loads(files["services.toml"])["service"]}
    assert services == {"pothole": "streets", "ghost": "service-desk"}
    assert "Nobody is named for Ghost: the catch-all `service-desk` gets them." in files["review/README.md"]


def test_a_citys_own_service_desk_is_not_the_catch_all(drafted):
    files = drafted(row(1, agency="Service Desk"))
    assert tomllib.loads(files["city.toml"])["catch_all"] == "service-desk-2"
    assert rules(files) == [("to-pothole", "service-desk", ["pothole"], None)]


def test_a_department_is_named_as_most_rows_name_it(drafted):
    named = ["Department of Streets", "Department of Streets", "Streets, Unit 4"]
    files = drafted(*(row(n, agency="DOS", agency_name=name) for n, name in enumerate(named)),
                    header=(*HEADER, "agency_name"))
    assert tomllib.loads(files["departments.toml"])["department"][0] == {
        "code": "dos", "calendar": "office", "name": {"en": "Department of Streets"}}
    assert "Named in several ways: Department of Streets; Streets, Unit 4" in files["review/README.md"]


# What a person must look at

def test_the_review_counts_what_is_not_right(drafted):
    spread = [row(n, lat=HERE.lat + n / 100_000) for n in range(60)]
    crowd = [row(n, lat=HERE.lat + 0.003) for n in range(60, 90)]
    odd = [row(90, lat=10, long=10), row(91, lat="", long=""), row(92, lat="north"), row(93, opened="soon"),
           row(94, closed="2026-03-01 09:00:00"), row(95, type="POTHOLE"), row(96, type="Potholes")]
    told = drafted(*spread, *crowd, *odd)["review/README.md"]
    for words in (
        "Times are read in the zone Atlantic/Azores, whose town is nearest.",
        "| opened | `opened` | 2026-03-02 08:00:00; soon |",
        "1 row (1.0 %): 'opened' is 'soon', which is no time in this profile, for example",
        "1 row (1.0 %): it was closed before it was opened",
        "Without a place: 1 row of 97 (1.0 %).",
        "Outside the city's limit, which is all areas and a margin of 55 m: 1 place of 95 (1.1 %).",
        f"On the one point {HERE.lat + 0.003:.3f}, {HERE.long}: 30 places of 95 (31.6 %).",
        "Spelt in 2 ways: Pothole; POTHOLE",
        "Nearly the same name: Pothole / Potholes",
        "Nobody named the columns.",
        "The languages: there is only one.",
    ):
        assert words in told, words


def test_boundaries_that_touch_no_row_are_told(drafted, tmp_path):
    wards = two_districts(tmp_path / "wards.geojson")
    far = write_areas(tmp_path / "parishes.geojson", [({"code": "x", "name": "Far"}, square(300))])
    told = drafted(row(1), areas=[wards, far])["review/README.md"]
    assert "**No row lies in any area of `parishes`.**" in told
    assert "`wards` covers 2.0 times the ground of `parishes`" in told


def test_the_zone_that_was_given_is_not_in_doubt(drafted):
    files = drafted(row(1), zone="Europe/Zurich")
    assert tomllib.loads(files["city.toml"])["time_zone"] == "Europe/Zurich"
    assert "zone" not in files["review/README.md"]


# Many rows

def test_rows_are_let_go_once_they_are_counted(tmp_path):
    tracemalloc = pytest.importorskip("tracemalloc")
    wide = (row(n, note="x" * 4000, lat=HERE.lat + n % 900 / 1e5) for n in range(8000))
    file = write_csv(tmp_path / "wide.csv", wide, (*HEADER, "note"))
    assert file.stat().st_size > 30_000_000
    areas = [two_districts(tmp_path / "wards.geojson")]
    profile = history.guess.guess_profile([file], "X", "UTC").profile
    tracemalloc.start()
    history.draft_city([file], areas, "X", profile)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000


def test_a_full_point_is_found_among_more_points_than_are_kept(monkeypatch):
    monkeypatch.setattr(record, "DISTINCT", 50)
    crowds = record._Crowds()
    for n in range(5000):
        crowds.add(history.record.Point(n / 1000, 1) if n % 10 else HERE)
    [(point, rows)] = crowds.fullest()
    assert point == HERE
    assert 300 < rows <= 500


# The command

@pytest.fixture
def files(tmp_path):
    requests = write_csv(tmp_path / "lark_bay_requests_2026.csv", [row(1), row(2)])
    return [requests], [two_districts(tmp_path / "lark_bay_wards.geojson")]


def test_the_name_is_the_files_and_the_folder_the_names(files, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(commands.settings, "base", lambda: tmp_path)
    commands.draft(*files)
    out = tmp_path / "cities" / "lark-bay-requests"
    assert city.check_folder(out).offer.city["name"] == {"en": "Lark Bay Requests"}
    told = capsys.readouterr().out
    assert "It is in order: 2 departments, 1 services, 3 areas." in told
    assert f"--profile {out / 'review' / 'profile.toml'}" in told
    with pytest.raises(Conflict, match="exists already"):
        commands.draft(*files)


def test_a_folder_that_cannot_be_written_to_its_end_is_not_there_at_all(files, tmp_path, monkeypatch):
    out = tmp_path / "cities" / "lark-bay"
    monkeypatch.setattr(history, "draft_city", lambda *_: {"city.toml": "", "city.toml/rules.toml": ""})
    with pytest.raises(OSError, match="city.toml"):
        commands.draft(*files, out=out)
    assert list(out.parent.iterdir()) == []


BROKEN = [
    ("empty.csv", b"", "empty.csv is empty"),
    ("blank.csv", b"\n\n \n", "blank.csv is empty"),
    ("header.csv", b"id,opened,type\n", "header.csv has a header and no row below it"),
    ("other.csv", b"colour,size\nred,3\nblue,4\n",
     "other.csv has no column we know for the time it was opened. Looked for createddate, .*"
     "the file has colour, size"),
    ("untyped.csv", b"id,opened\n1,2026-03-02\n2,2026-03-03\n", "no column we know for what was asked for"),
    ("nul.csv", b"\x00\x01\x02\x00" * 50, "nul.csv is no text"),
    ("nuls.csv", b"id,opened,type\n1,2026-03-02,Po\x00thole\n",
     r"can be read \(the row holds a NUL character\)"),
    ("sixteen.csv", "id,opened,type\n1,2026-03-02,Pothole\n".encode("utf-16"), "is written in UTF-16"),
    ("latin.csv", "id,opened,Catégorie\n1,2026-03-02,Pothole\n".encode("latin-1"), "is not written in UTF-8"),
    ("latins.csv", "id,opened,type\n1,2026-03-02,Éclairage\n".encode("latin-1"),
     r"can be read \(the row is not written in UTF-8\)"),
    ("sheet.csv", b"PK\x03\x04 and so on\n", "is a zip or Excel file"),
    ("cut.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab", "cannot be read"),
    ("none.csv", None, "There is no file"),
]


@pytest.mark.parametrize(("name", "content", "said"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_requests_that_cannot_be_read_are_a_sentence_and_leave_nothing(files, tmp_path, name, content, said):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Invalid, match=said):
        commands.draft([file], files[1], name="X", out=tmp_path / "out" / "x")
    assert not (tmp_path / "out").exists()


METRES = {"type": "Polygon", "coordinates": [[[234000, 900000], [235000, 900000], [235000, 901000],
                                              [234000, 900000]]]}


@pytest.mark.parametrize(("content", "said"), [
    (b"", "is not a GeoJSON FeatureCollection"), (b"POLYGON((0 0, 1 1))", "is not a GeoJSON"),
    (b'{"type": "Polygon"}', "is not a GeoJSON"), (b"[1, 2]", "is not a GeoJSON"),
    (b'{"features": [{"geometry": {"type": "Blob"}}]}', "is not a GeoJSON"),
    (b"[" * 100_000, "is not a GeoJSON"), ('{"é": 1}'.encode("latin-1"), "is not a GeoJSON"),
    (b'{"features": []}', "draws no district"),
    (b'{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}', "draws no district"),
    (json.dumps({"features": [{"geometry": METRES}], "crs": {"properties": {"name": "EPSG:99986"}}}).encode(),
     r"not drawn in degrees \(a corner is at 234000, 900000, EPSG:99986\); export it as longitude, latitude "
     r"\(EPSG:4326\)"),
    (None, "There is no file"),
], ids=["empty", "words", "no features", "a list", "no shape", "nested", "latin", "none", "points", "metres",
        "gone"])
def test_boundaries_that_cannot_be_read_are_a_sentence_and_leave_nothing(files, tmp_path, content, said):
    file = tmp_path / "odd.geojson"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Invalid, match=said) as refused:
        commands.draft(files[0], [file], name="X", out=tmp_path / "out" / "x")
    assert list(refused.value.fields) == ["areas"]
    assert not (tmp_path / "out").exists()


def test_no_row_that_fits_a_profile_is_a_sentence(files, tmp_path):
    profile = history.guess.guess_profile(files[0], "X", "UTC").profile
    bad = write_csv(tmp_path / "bad.csv", [row(1, type=""), row(2, type="")])
    with pytest.raises(Invalid, match="No row can be read with the profile 'x': no service is named"):
        history.draft_city([bad], files[1], "X", profile)


def test_a_zone_stands_in_the_profile_where_there_is_one(files):
    profile = history.guess.guess_profile(files[0], "X", "UTC").profile
    with pytest.raises(Invalid, match="reads its times in UTC; change it there"):
        history.draft_city(*files, "X", profile, zone="Europe/Zurich")
    with pytest.raises(Invalid, match="is no time zone"):
        history.draft_city(*files, "X", zone="Mars/Olympus")
