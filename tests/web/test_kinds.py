"""Questions of every kind: several of some, a day, and a notice that asks nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from civicconnect.catalog import catalog
from civicconnect.reports import Report
from tests.offers import change_service, make_plain, question, stopper

ASK = "/report?lat=41.2&long=-33.4&service=pothole"


@pytest.fixture(autouse=True)
def asked(db_):
    make_plain(db_)
    change_service(db_, "pothole", questions=[
        question("what", "several_of", words="What lies there?", options=("glass", "bags", "needles")),
        question("sharp", words="Is anybody hurt?", when=("what", "needles")),
        question("since", "date", required=False, words="Since which day?"),
        question("care", "notice", required=False, words="Do not touch it."),
    ], stopper=[stopper("Call at once.", when=("sharp", "yes"), phone="555 0190")])
    what = catalog(db_).services["pothole"].questions[0]
    assert what.kind == "several_of"


@pytest.fixture
def fields(visitor):
    return visitor.get(ASK).form("/reports")


def test_several_are_chosen_and_frozen_in_their_words(visitor, fields, db_):
    page = visitor.get(ASK)
    assert "Choose all that fit." in page.words
    assert "Do not touch it." in page.words
    sent = visitor.post("/reports", fields | {"answer-what": ["glass", "bags", "glass"],
                                              "answer-since": "2026-11-20"})
    assert "Glass; Bags" in visitor.follow(sent).words
    kept = db_.scalars(select(Report.answers)).one()
    assert [(a["code"], a["value"], a["answer"]) for a in kept] == [
        ("what", "glass,bags", "Glass; Bags"), ("since", "2026-11-20", "2026-11-20")]


def test_one_of_several_answers_leads_on_to_a_question_and_to_a_stopper(visitor, fields):
    refused = visitor.post("/reports", fields | {"answer-what": ["glass", "needles"]})
    assert refused.status == 422
    assert "Choose one of these." in refused.words
    again = refused.form("/reports")
    assert again["answer-what"]
    assert refused.text.count("checked") == 2
    stopped = visitor.post("/reports", fields | {"answer-what": ["glass", "needles"], "answer-sharp": "yes"})
    assert "Call at once." in stopped.words


def test_a_telephone_number_keeps_its_order_between_words_of_arabic(visitor, fields):
    typed = fields | {"answer-what": ["needles"], "answer-sharp": "yes"}
    marked = "\N{LEFT-TO-RIGHT ISOLATE}555 0190\N{POP DIRECTIONAL ISOLATE}"
    stopped = visitor.post("/ar/reports", typed)
    both = (*stopped.tree.iter("a"), *stopped.tree.iter("p"))
    said = [element for element in both if "555 0190" in "".join(element.itertext())]
    assert len(said) >= 3  # the button, the summary, and beside the question
    assert all(marked in "".join(element.itertext()) for element in said if element.find(".//bdi") is None)
    [button] = [element for element in said if element.get("href") == "tel:5550190"]
    assert [(bdi.get("dir"), bdi.text) for bdi in button.iter("bdi")] == [("ltr", "555 0190")]
    assert "Call at once. 555 0190" in visitor.post("/reports", typed).words


@pytest.mark.parametrize(("typed", "sentence"), [
    ({}, "Choose one of these."), ({"answer-what": ["glass", "gold"]}, "Choose one of these."),
    ({"answer-what": "glass,gold"}, "Choose one of these."),
    ({"answer-what": "glass", "answer-since": "yesterday"}, "Give the day, like 2026-11-30."),
    ({"answer-what": "glass", "answer-since": "20261130"}, "Give the day, like 2026-11-30."),
    ({"answer-what": "glass", "answer-since": "2026-02-30"}, "Give the day, like 2026-11-30."),
])
def test_what_is_none_of_them_is_refused_beside_its_question(visitor, fields, typed, sentence):
    refused = visitor.post("/reports", fields | typed)
    assert refused.status == 422
    assert sentence in refused.words
