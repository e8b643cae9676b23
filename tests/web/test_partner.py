"""A partner's post: signed, once, and refused in JSON with the name of each field."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from civicconnect import accounts, reports
from civicconnect.accounts import SYSTEM
from civicconnect.app import create_app
from civicconnect.reports import Report
from tests.factories import HERE
from tests.offers import change_service, stopper

GOOD = {"service_code": "pothole", "lat": HERE.lat, "long": HERE.long, "address": "1 Test Street",
        "description": "A deep one.", "answers": {"size": "plate", "depth": 4}, "language": "es",
        "external_id": "H-17", "contact": {"name": "Ana", "email": "ana@home.example"}}


def count(db_) -> int:
    return db_.scalar(select(func.count()).select_from(Report)) or 0


@pytest.fixture
def key(db_) -> str:
    return accounts.add_partner(db_, "harbour-app")


def signed(key: str, body: bytes, message_id="msg_1", at: float | None = None) -> dict[str, str]:
    """Sign a body as the specification says, without the library that checks it."""
    stamp = str(int(time.time() if at is None else at))
    secret = base64.b64decode(key.removeprefix("whsec_"))
    mac = hmac.new(secret, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": message_id, "webhook-timestamp": stamp,
            "webhook-signature": "v1," + base64.b64encode(mac).decode()}


@pytest.fixture
def post(app, key):
    """Post a body: `post({...})` returns status and JSON."""
    def send(body, message_id="msg_1", at=None, kind="application/json", **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        made = signed(key, raw, message_id, at) | {k.replace("_", "-"): v for k, v in headers.items()}
        answer = app.test_client().post("/intake/partner", data=raw, headers=made, content_type=kind)
        assert answer.mimetype == "application/json"
        return answer.status_code, answer.get_json()
    return send


def faults(answer) -> dict[str, str]:
    status, told = answer
    assert set(told) == {"errors"}
    return {one["field"]: one["message"] for one in told["errors"]} | {"status": status}


def test_a_post_becomes_a_report_of_that_partner(post, db_, visitor):
    status, told = post(GOOD)
    report = reports.find(db_, told["reference"], SYSTEM)
    assert (status, told["url"]) == (201, f"http://localhost:8311/reports/{report.reference}")
    assert (report.source, report.external_id, report.language) == ("partner", "H-17", "es")
    first, second = reports.timeline(db_, report, internal=True)
    assert (first.actor, first.source, second.actor) == ("partner:harbour-app", "partner", "system")
    assert accounts.read_contact(db_, report.contact_id).details.email == "ana@home.example"
    assert visitor.get(f"/reports/{report.reference}").status == 200


def test_it_is_no_import_though_it_has_a_number_of_its_own(post, visitor):
    reference = post(GOOD)[1]["reference"]
    row = next(line for line in visitor.get("/reports.csv").bytes.decode().splitlines() if reference in line)
    assert "Imported" not in row
    assert "H-17" not in row


def test_a_private_report_is_answered_with_the_address_that_shows_it(post, db_):
    change_service(db_, "pothole", visibility="private")
    _, told = post(GOOD)
    report = reports.find(db_, told["reference"], SYSTEM)
    assert told["url"].endswith(f"?key={reports.own_key(report.id)}")


def test_the_same_post_again_is_the_same_answer_even_when_nothing_is_offered_any_more(post, db_):
    first = post(GOOD)
    change_service(db_, "pothole", stopper=[stopper("Call instead.")])
    assert post(GOOD) == first
    assert count(db_) == 1


def test_the_same_id_with_another_body_is_a_conflict(post, db_):
    post(GOOD)
    assert faults(post(GOOD | {"description": "Another."}))["status"] == 409
    assert count(db_) == 1
    assert post(GOOD | {"description": "Another."}, "msg_2")[0] == 201


@pytest.mark.parametrize("headers", [
    {"webhook_signature": "v1,AAAA"}, {"webhook_signature": ""}, {"webhook_signature": "v1"},
    {"webhook_signature": "v1,é"}, {"webhook_signature": "v2,AAAA v1,%%%"}, {"webhook_signature": "," * 500},
    {"webhook_timestamp": "yesterday"}, {"webhook_timestamp": "nan"}, {"webhook_timestamp": "9" * 400},
    {"webhook_timestamp": ""}, {"webhook_id": "msg_other"}, {"webhook_id": ""},
])
def test_a_signature_that_does_not_fit_is_refused_without_saying_why(post, db_, headers):
    assert faults(post(GOOD, **headers)) == {"": "The signature does not fit.", "status": 401}
    assert count(db_) == 0


@pytest.mark.parametrize("seconds", [-310, 310])
def test_a_post_outside_of_five_minutes_is_refused(post, seconds):
    assert faults(post(GOOD, at=time.time() + seconds))["status"] == 401


def test_a_removed_partner_is_refused_and_another_one_is_not(post, db_, key, app):
    other = accounts.add_partner(db_, "tram-app")
    accounts.remove_partner(db_, "harbour-app")
    assert faults(post(GOOD))["status"] == 401
    raw = json.dumps(GOOD).encode()
    answer = app.test_client().post("/intake/partner", data=raw, headers=signed(other, raw),
                                    content_type="application/json")
    assert answer.status_code == 201


@pytest.mark.parametrize(("change", "field", "words"), [
    ({"service_code": "flying-carpet"}, "service_code", "Choose what your report is about"),
    ({"service_code": None}, "service_code", ""), ({"service_code": 7}, "service_code", ""),
    ({"lat": "north"}, "lat", ""), ({"lat": 91}, "lat", "Latitude"),
    ({"lat": 0, "long": 0}, "lat", "outside"),
    ({"answers": {"size": "planet"}}, "answers.size", "Choose one of these"),
    ({"answers": {}}, "answers.size", "Choose one of these"),
    ({"answers": []}, "answers", ""),
    ({"answers": {"size": True}}, "answers.size", ""),
    ({"answers": {"size": ["plate", "hand"]}}, "answers.size", "Choose"),
    ({"answers": {"size": [1]}}, "answers.size", ""), ({"answers": {"size": []}}, "answers.size", ""),
    ({"description": "x" * 4001}, "description", "at most 4000"),
    ({"description": "a\0b"}, "description", "U+0000"),
    ({"address": "x" * 301}, "address", "at most 300"),
    ({"language": "xx"}, "language", "Choose one of"),
    ({"external_id": "x" * 121}, "external_id", ""), ({"contact": "Ana"}, "contact", ""),
    ({"contact": {"email": "nobody"}}, "contact.email", "e-mail address"),
    ({"contact": {"email": "a@b.example\nBcc:c@d.example"}}, "contact.email", "e-mail address"),
    ({"photo_urls": ["http://elsewhere.example/a.jpg"]}, "photo_urls", "Unknown field"),
])
def test_every_fault_is_named_by_its_field(post, db_, change, field, words):
    found = faults(post(GOOD | change))
    assert found["status"] == 422
    assert words in found[field]
    assert count(db_) == 0


@pytest.mark.parametrize("raw", [
    b"", b"{", b"[]", b"null", b'"x"', b"[" * 20_000, b'{"lat": NaN}', b'{"description": "\\ud800"}',
    b"\xef\xbb\xbf{}",
])
def test_what_is_no_such_json_is_refused(post, raw):
    assert faults(post(raw))["status"] == 422


def test_bytes_that_are_no_text_are_refused(post):
    assert faults(post(b"\xff\xfe"))["status"] == 401  # the library signs texts only


def test_a_stopper_says_what_to_do_instead(post, db_):
    change_service(db_, "pothole", stopper=[stopper("Call the motorway office.", when=("size", "plate"))])
    assert faults(post(GOOD))["answers.size"] == "Call the motorway office."


def test_another_kind_of_content_is_refused(post):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"):
        assert faults(post(GOOD, kind=kind))["status"] == 415


def test_too_large_a_body_is_refused(post):
    assert faults(post(GOOD | {"description": "x" * 70_000}))["status"] == 413


def test_an_id_that_is_too_long_is_refused(post):
    assert "webhook-id" in faults(post(GOOD, "m" * 201))


def test_posts_are_limited_and_the_refusal_is_json(database, given, key):
    strict = create_app(replace(given, posts_an_hour="2"), database).test_client()
    raw = json.dumps(GOOD).encode()
    answers = [strict.post("/intake/partner", data=raw, headers=signed(key, raw),
                           content_type="application/json") for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 201, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert answers[2].get_json()["errors"]


def test_no_cookie_and_no_token_are_needed_here_and_everywhere_else_they_are(post, app):
    assert post(GOOD)[0] == 201
    assert app.test_client().post("/reports", data={}).status_code == 400
