"""What the public pages say, and the headers of every answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from civicconnect import clock, jobs, opendata, reports
from civicconnect.app import create_app
from civicconnect.web.headers import POLICY
from tests.factories import RESIDENT, new_report
from tests.journeys.test_from_form_to_export import publish
from tests.pages import Visitor


def test_every_answer_carries_the_policy(visitor):
    for address in ("/", "/report", "/nowhere", "/healthz", "/reports.csv", "/staff/queue"):
        headers = visitor.get(address).answer.headers
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
    assert "unsafe" not in POLICY


def test_cookies_are_for_the_server_alone(visitor):
    cookie = visitor.get("/sign-in").answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_cookies_travel_only_encrypted_where_the_address_is_https(database, given):
    app = create_app(replace(given, base_url="https://city.example"), database)
    assert "Secure" in Visitor(app).get("/sign-in").answer.headers["Set-Cookie"]


def test_staff_pages_are_never_kept_by_a_shared_browser(signed_in):
    assert signed_in("streets").get("/staff/queue").answer.headers["Cache-Control"] == "no-store"


def test_a_flood_of_reports_from_one_address_is_slowed_down(database, given):
    visitor = Visitor(create_app(replace(given, posts_an_hour="2"), database))
    statuses = [visitor.post("/reports", visitor.get("/report?lat=41.2&long=-33.4&service=pavement")
                             .form("/reports")).status for _ in range(4)]
    assert statuses[-1] == 429
    assert statuses[0] != 429


def test_healthz_is_alive_and_readyz_names_what_is_missing(visitor):
    assert visitor.get("/healthz").status == 200
    unready = visitor.get("/readyz")
    assert unready.status == 503
    assert unready.answer.get_json() == {"database": True, "worker": False, "disk": True}
    jobs.beat("here")
    assert visitor.get("/readyz").status == 200


def test_before_the_first_publication_the_pages_say_so(visitor):
    assert "Come back in a minute" in visitor.get("/performance").words
    assert "Come back in a minute" in visitor.get("/data").words
    assert visitor.get("/data/reports.csv").status == 404


def test_performance_counts_the_open_ones_and_shows_its_query(visitor, db_, staff):
    start = clock.now() - timedelta(days=10)
    for number in range(40):
        with clock.stopped_at(start):
            receipt = reports.submit(db_, RESIDENT, new_report())
        if number < 30:
            with clock.stopped_at(start + timedelta(hours=10)):
                reports.transition(db_, staff, receipt.reference, "close", {"outcome": "fixed"})
    db_.flush()
    with clock.stopped_at(clock.now()):
        opendata.publish(db_)
    page = visitor.get("/performance")
    assert page.tree.find(".//*[@data-figure='median_hours']").get("data-hours") == "10.0"
    assert "not reached" in page.words
    assert "40 reports 10 of them still open" in page.words
    assert "FROM reports" in page.words


def test_a_few_reports_give_no_figure(visitor, db_):
    reports.submit(db_, RESIDENT, new_report())
    db_.flush()
    opendata.publish(db_)
    assert "fewer than 30 reports: no figure yet" in visitor.get("/performance").words


def test_the_dictionary_names_every_column_of_the_file(visitor, db_):
    reports.submit(db_, RESIDENT, new_report())
    db_.flush()
    opendata.publish(db_)
    header = visitor.get("/data/reports.csv").text.splitlines()[0].split(",")
    explained = [e.text for e in visitor.get("/data").tree.iter("code")]
    assert explained == header
    assert "area_district" in header
    assert not {"name", "email", "phone", "contact"} & set(header)


def test_the_same_view_as_a_list_a_csv_and_geojson(visitor, make_report):
    pothole, lamp = make_report().reference, make_report(service="street-light").reference
    query = "?service=street-light"
    assert lamp in visitor.get("/reports" + query).words
    assert pothole not in visitor.get("/reports" + query).words
    assert lamp in visitor.get("/reports.csv" + query).text
    assert pothole not in visitor.get("/reports.csv" + query).text
    features = json.loads(visitor.get("/reports.geojson" + query).bytes)["features"]
    assert [f["properties"]["service_request_id"] for f in features] == [lamp]
    assert features[0]["geometry"]["coordinates"] == [-33.4, 41.2]


def test_a_formula_in_a_description_is_text_in_a_spreadsheet(visitor, make_report):
    make_report(description='=HYPERLINK("http://evil.example")', address="+1 Street")
    text = visitor.get("/reports.csv").text
    assert "'=HYPERLINK" in text
    assert "'+1 Street" in text


def test_words_from_outside_are_shown_as_words(visitor, make_report):
    report = make_report(description="<script>alert(1)</script>", address='"><img src=x>')
    page = visitor.get(f"/reports/{report.reference}")
    assert "<script>alert(1)</script>" in page.words
    assert [i for i in page.tree.iter("img") if i.get("src") == "x"] == []


def test_a_hidden_report_is_nowhere(visitor, db_, make_report):
    report = make_report(description="To be hidden.")
    report.visibility = "hidden"
    db_.flush()
    opendata.publish(db_)
    assert visitor.get(f"/reports/{report.reference}").status == 404
    for path in ("/", "/reports", "/reports.csv", "/reports.geojson", "/data/reports.csv",
                 "/data/reports.geojson"):
        assert report.reference.encode() not in visitor.get(path).bytes


def test_the_worker_publishes_what_changed(visitor, make_report):
    reference = make_report().reference
    publish()
    assert reference in visitor.get("/data/reports.csv").text


def test_a_version_keeps_its_bytes(visitor, db_, make_report):
    make_report()
    db_.flush()
    first = opendata.publish(db_)
    address = f"/data/v/{first.version}/reports.csv"
    before = visitor.get(address).bytes
    make_report()
    db_.flush()
    opendata.publish(db_)
    assert visitor.get(address).bytes == before != visitor.get("/data/reports.csv").bytes
    # Asked after at each look: something may have to be taken out of it, and then of every copy.
    headers = visitor.get(address).answer.headers
    assert "no-cache" in headers["Cache-Control"]
    with visitor.client.get(address, headers={"If-None-Match": headers["ETag"]}) as again:
        assert again.status_code == 304


def test_a_nul_in_any_of_several_values_is_refused(visitor):
    form = visitor.get("/report?lat=41.2&long=-33.4&service=pothole").form("/reports")
    for also in (["1 Mint Lane", "\0"], ["\0", "1 Mint Lane"]):
        assert visitor.client.post("/reports", data=form | {"also": also}).status_code == 400
        assert visitor.client.get("/reports", query_string={"q": also}).status_code == 400
