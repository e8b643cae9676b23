"""What a phone's queue is answered when it sends a form in somebody's name."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy import func, select

from civicconnect.app import create_app
from civicconnect.reports import Report
from tests.journeys.test_from_form_to_export import choose_place
from tests.offers import change_service, make_plain
from tests.pages import Visitor

GOOD = {"answer-size": "plate", "answer-depth": "4"}
AS_JSON = {"Accept": "application/json"}


def read(page):
    return json.loads(page.bytes)


def count(db_) -> int:
    return db_.scalar(select(func.count()).select_from(Report)) or 0


def test_the_queue_is_told_the_reference_and_the_address_that_only_the_sender_has(visitor, someone, db_):
    make_plain(db_)
    change_service(db_, "pothole", visibility="private")
    answer = visitor.post("/reports", choose_place(visitor).form("/reports") | GOOD, headers=AS_JSON)
    told = read(answer)
    assert answer.status == 201
    assert answer.answer.headers["Cache-Control"] == "no-store"
    assert told["reference"] in visitor.get(told["url"]).words
    assert someone().get(told["url"].split("?")[0]).status == 404


def test_the_same_report_sent_twice_is_answered_alike(visitor, db_):
    fields = choose_place(visitor).form("/reports") | GOOD
    answers = [visitor.post("/reports", fields, headers=AS_JSON) for _ in range(2)]
    assert [read(answer) for answer in answers] == [read(answers[0])] * 2
    assert count(db_) == 1
    other = visitor.post("/reports", fields | {"description": "Other words."}, headers=AS_JSON)
    assert other.status == 409
    assert "already sent" in read(other)["errors"]["form"][0]


def test_faults_are_told_by_field_in_the_language_of_the_address(visitor, db_):
    fields = choose_place(visitor).form("/reports")
    answer = visitor.post("/ar/reports", fields, headers=AS_JSON)
    assert answer.status == 422
    assert read(answer)["errors"]["answer-size"] == ["اختر واحدًا من هذه الخيارات."]
    lost = visitor.post("/reports", fields | GOOD | {"service": "flying-carpet"}, headers=AS_JSON)
    assert lost.status == 422
    assert "service" in read(lost)["errors"]
    assert count(db_) == 0


def test_too_much_at_once_is_no_fault_of_the_report(visitor, database, given):
    strict = Visitor(create_app(replace(given, posts_an_hour="1"), database))
    fields = choose_place(strict).form("/reports") | GOOD
    assert strict.post("/reports", fields, headers=AS_JSON).status == 201
    answer = strict.post("/reports", fields, headers=AS_JSON)
    assert answer.status == 429
    assert int(answer.answer.headers["Retry-After"]) > 0
    assert set(read(answer)) == {"said"}


def test_a_browser_is_answered_with_a_page_as_before(visitor):
    fields = choose_place(visitor).form("/reports") | GOOD
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    sent = visitor.post("/reports", fields, headers=browser)
    assert sent.status == 303
    assert "sent=1" in sent.answer.headers["Location"]
    assert visitor.get("/reports/NOTHERE1", headers=AS_JSON).answer.mimetype == "text/html"
