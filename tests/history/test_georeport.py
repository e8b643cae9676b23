"""GeoReport requests become rows, whatever a server writes; nothing of a person comes with them."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter

import pytest

from civicconnect import history
from civicconnect.errors import Invalid
from civicconnect.history import georeport
from civicconnect.history.georeport import flat, requests_in

ONE = {"service_request_id": 7, "status": "Open", "service_name": "Pothole", "service_code": "Roads:Holes",
       "requested_datetime": "2026-03-02T08:00:00Z", "lat": 39.10, "long": -86.5}


def rows_of(file):
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def kept(folder, name, content):
    """Write a capture and read it."""
    file = folder / name
    body = content.encode() if isinstance(content, str) else content
    file.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    return list(history.read_capture(file))


def refusal(folder, name, content):
    with pytest.raises(Invalid) as no:
        kept(folder, name, content)
    return str(no.value)


def test_personal_data_stays_outside_wherever_it_stands():
    said = {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.org", "phone": "555-0100",
            "device_id": "d-1", "account_id": "a-1", "name": "Ada Byron", "reporter": {"email": "ada@x.org"}}
    note = {"type": "closed", "datetime": "2026-03-03T08:00:00Z", "description": "Ada said thanks", **said}
    row = flat(ONE | said | {"status": "closed", "notes": [note], "attributes": said,
                             "extended_attributes": said | {"closed_datetime": said, "notes": [said]},
                             "agency_responsible": said, "address": ["Ada Byron"]})
    assert row["closed_datetime"] == "2026-03-03T08:00:00Z"
    assert not any(word in " ".join(row.values()).lower() for word in ("ada", "byron", "555", "d-1", "a-1"))


@pytest.mark.parametrize(("more", "closed"), [
    ({"closed_datetime": "2026-03-02T09:00:00Z"}, "2026-03-02T09:00:00Z"),
    ({"extended_attributes": {"closed_date": "2026-03-02T09:30:00Z"}}, "2026-03-02T09:30:00Z"),
    ({"notes": [{"type": "closed", "datetime": "2026-03-05T09:00:00+02:00"},
                {"type": "follow_on_closed", "datetime": "2026-03-09T09:00:00Z"},
                {"type": "Closed", "datetime": "2026-03-05T08:00:00Z"}, {"type": "closed"}, "closed"]},
     "2026-03-05T08:00:00Z"),
    ({"extended_attributes": {"notes": [{"type": "closed", "datetime": "2026-03-05T09:00:00Z"}]}},
     "2026-03-05T09:00:00Z"),
    ({"notes": "closed on Monday", "extended_attributes": []}, "2026-03-04T08:00:00Z"),
    ({"update_datetime": "2026-03-04T09:00:00Z", "updated_datetime": ""}, "2026-03-04T09:00:00Z"),
    ({"updated_datetime": None}, ""),
])
def test_what_is_closed_was_closed_when_it_says_or_else_when_it_last_changed(more, closed):
    request = ONE | {"status": "CLOSED", "updated_datetime": "2026-03-04T08:00:00Z"} | more
    assert flat(request)["closed_datetime"] == closed


def test_what_is_open_has_no_closing_even_where_it_was_closed_before():
    note = {"type": "closed", "datetime": "2026-03-02T09:00:00Z"}
    row = flat(ONE | {"updated_datetime": "2026-03-04T08:00:00Z", "notes": [note]})
    assert (row["status"], row["closed_datetime"]) == ("open", "")


@pytest.mark.parametrize("wrapped", [
    lambda one: [one], lambda one: one, lambda one: {"service_requests": [one]},
    lambda one: {"service_requests": {"request": [one]}},
])
def test_json_is_read_however_it_is_wrapped_and_figures_as_they_are_written(tmp_path, wrapped):
    text = json.dumps(wrapped(ONE)).replace("39.1", "39.10").replace("-86.5", "-86.500000000000001")
    row, = kept(tmp_path, "x.json", "\ufeff" + text)
    assert (row["service_request_id"], row["status"]) == ("7", "open")
    assert (row["lat"], row["long"]) == ("39.10", "-86.500000000000001")
    assert row["service_code"] == "Roads:Holes"


def test_xml_is_read_with_its_notes_and_without_its_namespaces(tmp_path):
    row, = kept(tmp_path, "x.xml.gz", """<?xml version="1.0" encoding="iso-8859-1"?>
        <service_requests xmlns="urn:theirs"><request><service_request_id> 007 </service_request_id>
        <status>closed</status><service_name>Straße &amp; Weg</service_name><lat/><long>0</long>
        <email>ada@example.org</email><description><![CDATA[a <b> c]]></description>
        <notes><note><type>opened</type><datetime>2026-03-01T08:00:00Z</datetime></note>
        <note><datetime>2026-03-03T08:00:00Z</datetime><type>closed</type></note></notes>
        </request></service_requests>""".encode("iso-8859-1"))
    assert (row["service_request_id"], row["service_name"]) == ("007", "Straße & Weg")
    assert (row["lat"], row["long"], row["description"]) == ("", "0", "a <b> c")
    assert row["closed_datetime"] == "2026-03-03T08:00:00Z"


def test_misspelt_keys_are_understood_and_the_right_ones_come_first():
    row = flat({"service_request_id": "1", "lon": "-73.9", "latitude": 42.8, "request_datetime": "a",
                "updated_datetime": "b", "update_datetime": "c", "zip_code": 12308})
    assert {name: said for name, said in row.items() if said} == {
        "service_request_id": "1", "long": "-73.9", "lat": "42.8", "requested_datetime": "a",
        "updated_datetime": "b", "zipcode": "12308"}


def test_an_empty_list_is_a_list(tmp_path):
    assert kept(tmp_path, "x.json", "[]") == kept(tmp_path, "x.xml", "<service_requests/>") == []


def test_a_request_without_an_id_is_kept_out_and_counted(tmp_path):
    file = tmp_path / "x.json"
    waiting = {"token": "t", "service_request_id": None, "service_name": "Pothole"}
    file.write_text(json.dumps([ONE, waiting, waiting | {"service_request_id": " "}]), encoding="utf-8")
    written = history.write_capture(file, tmp_path / "x.csv")
    assert (written.rows, written.kept_out) == (1, Counter({georeport.NO_ID: 2}))


def test_no_cell_breaks_the_csv_it_comes_into(tmp_path):
    odd = 'a "quoted", cell\r\nof two\x00 lines\ud800\x0b 😀'
    file = tmp_path / "x.json"
    file.write_text(json.dumps([ONE | {"description": odd, "status_notes": "x" * 200_000}]), encoding="utf-8")
    history.write_capture(file, tmp_path / "x.csv")
    row, = rows_of(tmp_path / "x.csv")
    assert row["description"] == 'a "quoted", cell\nof two  lines   😀'
    assert len(row["status_notes"]) == georeport.LONGEST


LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<service_requests><request><service_request_id>&b;</service_request_id></request></service_requests>"""
FILE = """<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><service_requests>&f;</service_requests>"""


@pytest.mark.parametrize(("name", "content", "words"), [
    ("x.xml", LAUGHS, "declares a document type"),
    ("x.xml", FILE, "declares a document type"),
    ("x.json", LAUGHS, "declares a document type"),
    ("x.xml", "<a>" * 100_000, "elements stand in each other"),
    ("x.xml", "<service_requests><request>", "not plain XML"),
    ("x.xml", '<?xml version="1.0" encoding="klingon"?><service_requests/>', "not plain XML"),
    ("x.xml", "<html><body>Sorry</body></html>", "a document 'html'"),
    ("x.xml", "<services><service/></services>", "a document 'services'"),
    ("x.json", "[" * 200_000, "not JSON"),
    ("x.json", "{", "not JSON"),
    ("x.json", b"[\"\xff\"]", "not JSON in UTF-8"),
    ("x.json", "", "not JSON"),
    ("x.json", "7", "holds no service requests"),
    ("x.json", "[null]", "holds no service requests"),
    ("x.json", '[{"service_code": "1", "service_name": "Pothole"}]', "holds no service requests"),
    ("x.json", '[{"code": 404, "description": "No such city."}]', "it says: No such city."),
    ("x.xml", "<errors><error><code>403</code><description>Ask for a key.</description></error></errors>",
     "it says: Ask for a key."),
    ("x.tsv", "city\tid\nX\t1\n", "has no columns service_request_id and requested_datetime"),
    ("x.tsv", "service_request_id\trequested_datetime\n" + "x" * 200_000 + "\t\n", "field larger"),
])
def test_a_bad_file_is_refused_with_a_sentence(tmp_path, name, content, words):
    said = refusal(tmp_path, name, content)
    assert said.startswith(f"file: {name} cannot be read as GeoReport requests: ")
    assert words in said


def test_a_file_that_is_damaged_missing_or_too_large_is_refused(tmp_path, monkeypatch):
    (tmp_path / "half.json.gz").write_bytes(gzip.compress(json.dumps([ONE] * 50).encode())[:60])
    (tmp_path / "no.xml.gz").write_bytes(b"<service_requests/>")
    for name in ("half.json.gz", "no.xml.gz"):
        with pytest.raises(Invalid, match="cannot be read"):
            list(history.read_capture(tmp_path / name))
    with pytest.raises(Invalid, match="There is no file"):
        list(history.read_capture(tmp_path / "none.json"))
    monkeypatch.setattr(georeport, "LARGEST", 2**20)
    assert "larger than 1 MB" in refusal(tmp_path, "bomb.json.gz", b" " * (2**20 + 1))


def test_a_part_of_a_table_is_chosen_by_its_city_and_by_nothing_private(tmp_path):
    file = tmp_path / "x.json"
    file.write_text(json.dumps([ONE]), encoding="utf-8")
    with pytest.raises(Invalid, match="not by email"):
        list(history.read_capture(file, {"email": "ada@example.org"}))


def test_an_ordinary_table_is_no_capture(tmp_path):
    (tmp_path / "x.tsv").write_text("id\topened\n1\t2\n", encoding="utf-8")
    (tmp_path / "no.tsv.gz").write_bytes(b"id\topened\n")
    names = ("x.tsv", "no.tsv.gz", "none.tsv", "x.csv", "x.csv.gz")
    assert [name for name in names if history.is_capture(tmp_path / name)] == []
    assert history.is_capture(tmp_path / "x.JSON.GZ")


def test_an_answer_is_told_by_how_it_begins_and_not_by_its_address():
    assert requests_in(b"\xef\xbb\xbf \n<service_requests/>", "x.json") == []
    assert requests_in(b"\n []", "x.xml") == []
