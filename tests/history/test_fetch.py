"""An endpoint is asked politely and to its end, whatever it heeds."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from civicconnect import clock, history
from civicconnect.errors import Invalid
from civicconnect.history import polite
from civicconnect.history.georeport import COLUMNS
from civicconnect.history.windows import written
from tests.history.loopback import END, START, YEAR, all_of, ask, every, ids, open_town, send, told

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def out(tmp_path):
    return tmp_path / "requests.csv"


def test_a_paged_endpoint_is_read_page_by_page_and_window_by_window(out):
    with open_town(*every(24, count=365, start=YEAR), limit=30) as town:
        done = ask(town, out, since=YEAR, page_size=25, jurisdiction="city.example")
    assert sorted(ids(out)) == all_of(town)
    assert (done.rows, done.new, done.kept_out, done.reached, done.told) == (365, 365, 0, None, ())
    assert done.asked == len(town.asked)
    path, query = town.asked[0]
    assert path == "/open311/v2/requests.json"
    assert query == {"jurisdiction_id": "city.example", "start_date": "2025-01-01T00:00:00Z",
                     "end_date": "2025-03-31T00:00:00Z", "page": "1", "page_size": "25"}
    with out.open(encoding="utf-8", newline="") as text:
        assert tuple(next(csv.reader(text))) == COLUMNS
    assert "ada@example.org" not in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("limit", [50, 200, 1000])
def test_one_that_ignores_pages_is_asked_for_smaller_windows(out, limit):
    with open_town(*every(1, count=1200), limit=limit, pages=False) as town:
        done = ask(town, out)
    assert sorted(ids(out)) == all_of(town)
    assert done.told == ()
    assert sum(query["page"] != "1" for _, query in town.asked) == 1  # it is tried once


def test_it_halves_no_window_whose_answer_is_smaller_than_another(out):
    busy, quiet = every(1, count=1500, start=YEAR), every(24, count=40)  # a round number, and no limit
    with open_town(*busy, *quiet, limit=500, pages=False) as town:
        ask(town, out, since=YEAR)
    assert sorted(ids(out)) == all_of(town)
    assert sum(query["start_date"] >= "2025-12" for _, query in town.asked) == 1


def test_many_requests_in_one_second_cannot_be_parted_and_that_is_told(out):
    with open_town(*[START + timedelta(days=3)] * 80, limit=50, pages=False) as town:
        done = ask(town, out)
    assert done.rows == 50
    assert any("some may be missing" in sentence for sentence in done.told)
    assert len(town.asked) < 120


@pytest.mark.parametrize("pages", [True, False])
@pytest.mark.parametrize("count", [7, 40])
def test_one_that_ignores_dates_is_not_asked_again_and_again(out, pages, count):
    with open_town(*every(6, count=count), limit=10, pages=pages, dates=False) as town:
        done = ask(town, out, since=YEAR)
    assert len(ids(out)) == (count if pages else min(count, 10)) == done.rows
    assert any("does not look at dates" in sentence for sentence in done.told)
    assert len(town.asked) < 12


def test_what_it_shows_of_other_years_stays_out(out):
    with open_town(*every(24, count=5), datetime(2019, 5, 1, tzinfo=UTC), dates=False) as town:
        ask(town, out)
    assert sorted(ids(out)) == ["R-0", "R-1", "R-2", "R-3", "R-4"]


def test_one_that_looks_at_the_day_and_not_at_the_hour_gives_each_day_once(out):
    with open_town(*every(2, count=700), limit=100, pages=False, by_day=True) as town:
        ask(town, out)
    assert sorted(ids(out)) == all_of(town)
    with open_town(*every(0.1, count=500), limit=100, pages=False, by_day=True) as town:
        done = ask(town, out.with_name("busy.csv"))
    assert done.told
    assert len(town.asked) < 150


@pytest.mark.parametrize("behind", ["", "last", "first"])
def test_a_day_that_two_windows_share_ends_none_of_them(out, behind):
    """Whole pages of it are known already where the oldest come first; what follows is asked for too."""
    with open_town(*every(0.5, count=5000, start=YEAR), limit=20, by_day=True, oldest=True,
                   behind=behind) as town:
        done = ask(town, out, since=YEAR)
    assert sorted(ids(out)) == all_of(town)
    assert (done.rows, done.told) == (5000, ())
    assert len(town.asked) < 290


def test_pages_of_known_requests_in_any_order_come_to_an_end(out):
    with open_town(*every(6, count=60), limit=10) as town:
        town.faults = {n: lambda h, n=n: send(h, 200, json.dumps(
            [told(*town.rows[(n * 7 + k) % 60]) for k in range(10)]).encode()) for n in range(1, 400)}
        assert ask(town, out).rows == 60
    assert len(town.asked) < 30


def test_it_is_patient_with_a_busy_server_and_pauses_before_every_question(out):
    pauses = []
    with open_town(*every(24, count=3)) as town:
        busy = format_datetime(datetime(2026, 5, 1, 12, 1, tzinfo=UTC), usegmt=True)
        town.faults = {1: lambda h: send(h, 503, b"", Retry_After="7"),
                       2: lambda h: send(h, 429, b"", Retry_After=busy)}
        with clock.stopped_at(datetime(2026, 5, 1, 12, tzinfo=UTC)):
            done = ask(town, out, pauses=pauses, pause=1.5)
    assert done.rows == 3
    assert pauses == [7.0, 60.0, 1.5]
    assert set(town.agents) == {polite.AGENT}
    assert polite.AGENT.startswith("CivicConnect/")


def test_after_five_tries_it_gives_up_and_later_goes_on(out):
    pauses = []
    with open_town(*every(24, count=3)) as town:
        town.faults = dict.fromkeys(range(1, 6), lambda h: send(h, 502, b""))
        with pytest.raises(Invalid, match="5 tries, at last: 502 Bad Gateway. Start again later"):
            ask(town, out, pauses=pauses)
        assert (pauses, len(town.asked), ids(out)) == ([2.0, 4.0, 8.0, 16.0], 5, [])
        assert ask(town, out).rows == 3


def test_who_asks_for_a_long_rest_is_left_alone(out):
    with open_town() as town:
        town.faults = {1: lambda h: send(h, 429, b"", Retry_After="7200")}
        with pytest.raises(Invalid, match="a rest of 120 minutes"):
            ask(town, out)
    assert len(town.asked) == 1


def test_one_that_knows_only_xml_is_asked_for_xml(out):
    with open_town(*every(24, count=30), limit=12, form="xml") as town:
        ask(town, out)
    assert sorted(ids(out)) == all_of(town)
    assert [path[-4:] for path, _ in town.asked] == ["json", *[".xml"] * 4]


def test_a_page_behind_the_last_may_be_no_page_at_all(out):
    with open_town(*every(24, count=3)) as town:
        town.faults = {2: lambda h: send(h, 404, b"[]")}
        assert ask(town, out).rows == 3


@pytest.mark.parametrize(("status", "body", "words"), [
    (403, b'[{"code": 403, "description": "Ask us for a key."}]', "403 Forbidden. Ask us for a key."),
    (400, b"<errors><error><code>400</code><description>No such city.</description></error></errors>",
     "400 Bad Request. No such city."),
    (410, b"<html>gone</html>", "refuses with 410 Gone."),
    (200, b"<html><body>Welcome</body></html>", "a document 'html'"),
    (200, b"\x00\xff garbage", "not JSON in UTF-8"),
    (200, b'{"error": "sorry"}', "holds no service requests"),
    (200, b"<!DOCTYPE x [<!ENTITY a 'b'>]><service_requests/>", "declares a document type"),
])
def test_a_refusal_or_garbage_ends_it_with_a_sentence(out, status, body, words):
    with open_town() as town:
        town.faults = dict.fromkeys((1, 2), lambda h: send(h, status, body))
        with pytest.raises(Invalid) as no:
            ask(town, out)
    assert words in str(no.value)
    assert len(town.asked) <= 2


def test_an_answer_that_never_ends_is_not_read_to_its_end(out, monkeypatch):
    monkeypatch.setattr(polite, "LARGEST", 2**16)
    with open_town() as town:
        town.faults = {1: lambda h: send(h, 200, b" " * (2**16 + 1))}
        with pytest.raises(Invalid, match="larger than"):
            ask(town, out)


def test_it_does_not_follow_to_another_host(out):
    with open_town(*every(24, count=3)) as town, open_town() as other:
        for number, location in enumerate((
                other.base, "http://localhost/x", "https://city.example/x", "file:///etc/passwd", "//[x"), 1):
            town.faults = {number: lambda h, to=location: send(h, 302, b"", Location=to)}
            with pytest.raises(Invalid, match="which is another host"):
                ask(town, out)
        assert other.asked == []
        town.faults = {6: lambda h: send(h, 301, b"", Location=h.path.replace("/requests", "/v2/requests"))}
        assert ask(town, out).rows == 3
        assert town.asked[6][0] == "/open311/v2/v2/requests.json"


def test_one_that_sends_in_a_circle_is_left(out):
    with open_town() as town:
        town.faults = dict.fromkeys(range(1, 9), lambda h: send(h, 302, b"", Location=h.path))
        with pytest.raises(Invalid, match="from one address to the next"):
            ask(town, out)
    assert len(town.asked) == 4


def test_a_name_may_not_lead_into_a_network_that_is_not_public(out, monkeypatch):
    with open_town() as town:
        monkeypatch.setattr("socket.getaddrinfo", lambda host, port, *_, **__: [
            (2, 1, 6, "", ("127.0.0.1", port))])
        town.base = town.base.replace("127.0.0.1", "city.example")
        with pytest.raises(Invalid, match="city.example lies at 127.0.0.1, in a network that is not public"):
            ask(town, out)
    assert town.asked == []


@pytest.mark.parametrize(("host", "near"), [
    ("127.0.0.1", True), ("10.1.2.3", True), ("192.168.1.1", True), ("169.254.169.254", True),
    ("100.64.0.1", True), ("::1", True), ("fe80::1%eth0", True), ("fd00::1", True), ("::ffff:10.0.0.1", True),
    ("0.0.0.0", True), ("localhost", True), ("LOCALHOST", True),  # noqa: S104  no address to listen on
    ("93.184.215.14", False), ("2606:2800:21f::1", False), ("city.example", False),
])
def test_what_is_not_public(host, near):
    assert polite._is_near(host) is near


@pytest.mark.parametrize("base", [
    "", "city.example", "ftp://city.example", "file:///etc/passwd", "http://", "https://ada:pw@city.example",
    "http://city.example:0", "http://city.example:x", "http://[x", "https://city.example/a b",
    "https://zürich.example", "https://city.example/\r\nX: y",
])
def test_an_address_that_is_none_is_refused_before_anything_is_asked(out, base):
    with pytest.raises(Invalid, match="is no address"):
        history.fetch(history.Endpoint(base, START, END), out)
    assert not out.exists()


def test_the_address_of_a_resource_stands_for_its_endpoint(out):
    with open_town(*every(24, count=3)) as town:
        town.base += "/requests.json?status=open"
        assert ask(town, out).rows == 3


def break_off(handler):
    """Send the first half of what was promised."""
    body = json.dumps([told(START + timedelta(days=n), f"R-{n}") for n in range(5)]).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[:len(body) // 2])


def test_a_page_that_breaks_off_is_asked_for_again(out):
    with open_town(*every(24, count=30), limit=5) as town:
        town.faults = {3: break_off}
        ask(town, out)
    assert sorted(ids(out)) == all_of(town)


def test_one_that_cannot_be_reached_is_named(out):
    with open_town() as town:
        pass
    with pytest.raises(Invalid, match=r"127\.0\.0\.1 gives no answer: 5 tries, at last: .*refused"):
        ask(town, out)


def test_a_file_of_somebody_else_is_left_as_it_is(out):
    out.write_text("id,opened\n1,2\n", encoding="utf-8")
    with pytest.raises(Invalid, match="is there already"):
        history.fetch(history.Endpoint("http://127.0.0.1:9/", START, END), out)
    assert out.read_text(encoding="utf-8") == "id,opened\n1,2\n"
    with pytest.raises(Invalid, match="lies behind the last"):
        history.fetch(history.Endpoint("http://127.0.0.1:9/", END, START), out.with_name("other.csv"))


def test_requests_without_an_id_are_counted_once_however_often_they_are_shown(out):
    waiting = [{"token": f"t{n}", "service_request_id": None, "requested_datetime": written(START),
                "description": str(n)} for n in range(3)]
    body = json.dumps([told(START, "R-0"), *waiting]).encode()
    with open_town(limit=5) as town:
        town.faults = dict.fromkeys((1, 2), lambda h: send(h, 200, body))
        seen = []
        done = ask(town, out, progress=seen.append)
    assert (done.rows, done.kept_out) == (1, 3)
    assert [now.reached for now in seen] == [START, None]


def test_a_page_of_nothing_but_requests_without_an_id_or_a_token_ends_nothing(out):
    waiting = [{"service_name": "Pothole", "requested_datetime": written(START), "description": str(n)}
               for n in range(3)]
    with open_town(*every(24, count=30), limit=10) as town:
        town.faults = {2: lambda h: send(h, 200, json.dumps(waiting).encode())}
        done = ask(town, out)
    assert (done.rows, done.kept_out) == (20, 3)


def test_until_is_now_where_nobody_says(out):
    with open_town(*every(24, count=3)) as town, clock.stopped_at(END):
        ask(town, out, until=None)
        town.rows.append((END + timedelta(days=5), "R-5"))
    assert town.asked[-1][1]["end_date"] == "2026-03-01T00:00:00Z"


def certify(key_file, proof_file):
    """Write a key and a certificate that nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    proof = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file.write_bytes(key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    proof_file.write_bytes(proof.public_bytes(Encoding.PEM))


def test_who_cannot_prove_who_it_is_is_asked_nothing(out, tmp_path):
    key, proof = tmp_path / "key.pem", tmp_path / "proof.pem"
    certify(key, proof)
    with open_town(proof=(proof, key)) as town:
        with pytest.raises(Invalid, match="localhost does not prove who it is: self-signed certificate"):
            ask(town, out)
        assert town.asked == []


def test_a_fetched_file_is_read_by_its_profile(out):
    with open_town(*every(24, count=3)) as town:
        ask(town, out)
    chosen = history.choose_profile(out, ROOT / "cities" / "profiles")
    assert (chosen.profile.name, history.count_rows(out, chosen.profile)) == ("open311", 3)
