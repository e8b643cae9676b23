"""A place told in words alone: no address, no map, no position."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from civicconnect import reports
from civicconnect.reports import EventText, Report
from tests.journeys.test_from_form_to_export import choose_place
from tests.offers import make_plain

GOOD = {"answer-size": "plate", "answer-depth": "4"}
DOOR = "By the blue door"


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def area(visitor):
    """Return the first part of the city that the form offers."""
    options = visitor.get("/report").tree.findall(".//select[@id='area']//option")
    return next(o.get("value") for o in options if o.get("value"))


def ask(visitor, **query):
    return visitor.get("/report", query_string=query)


def test_words_and_a_part_of_the_city_are_enough(visitor, db_, area):
    what = ask(visitor, area=area, address=DOOR)
    assert DOOR in what.words
    link = next(link for link in what.links() if "service=pothole" in link)
    page = visitor.get(link)
    assert "looks after this here." in page.words
    sent = visitor.post("/reports", page.form("/reports") | GOOD)
    own = visitor.follow(sent)
    assert DOOR in own.words
    assert 'alt="Map of the place"' not in own.text
    report = db_.scalars(select(Report)).one()
    assert (report.place, report.address) == (None, DOOR)
    row = visitor.get("/reports.csv").bytes.decode()
    assert f",{area.split(':')[1]}" in row
    assert ",none," in row
    assert visitor.get("/map").status == 200


def test_what_is_missing_is_said_beside_its_field(visitor, area):
    choose = "Choose the part of the city from the list."
    for query, sentence in (({"area": "", "address": DOOR}, choose),
                            ({"area": "moon:x", "address": DOOR}, choose),
                            ({"area": area, "address": " "}, "Say where it is")):
        page = ask(visitor, **query)
        assert page.status == 422
        assert sentence in page.words
        assert page.form("/report", address=query["address"])["area"] in (area, "")


def test_a_form_whose_area_was_changed_is_refused_and_kept(visitor, area):
    page = ask(visitor, area=area, address=DOOR, service="pothole")
    fields = page.form("/reports") | GOOD | {"area": "moon:x", "description": "Deep."}
    refused = visitor.post("/reports", fields)
    assert refused.status == 422
    assert refused.form("/reports")["description"] == "Deep."


def test_words_about_the_place_are_looked_at_and_taken_back_like_others(visitor, db_, area):
    place = "By the blue door of Ana, 0170 123 45 67"
    page = visitor.get(next(link for link in ask(visitor, area=area, address=place).links()
                            if "service=pothole" in link))
    fields = page.form("/reports") | GOOD | {"description": "Deep.", "name": "Ana"}
    preview = visitor.post("/reports", fields | {"do": "look"})
    for told in ("A telephone number: 0170 123 45 67", "A name: Ana"):
        assert told in preview.words
    own = visitor.follow(visitor.post("/reports", fields))
    form = own.form("/words")
    assert (form["words"], form["place"]) == ("Deep.", place)
    action = next(form.get("action") for form in own.tree.iter("form")
                  if form.get("action", "").endswith("/words"))
    too_long = visitor.post(action, form | {"place": "x" * 201})
    assert "Use at most 200 characters." in too_long.words
    assert too_long.form("/words")["place"] == "x" * 201
    changed = visitor.follow(visitor.post(action, form | {"place": " By the  blue door "}))
    assert changed.form("/words")["place"] == DOOR
    everybody = visitor.get("/reports.csv").bytes.decode()
    assert DOOR in everybody
    assert "0170" not in everybody
    assert not [body for body in db_.scalars(select(EventText.body)) if "0170" in body]
    assert list(reports.check_chains(db_)) == []
    gone = visitor.follow(visitor.post(action, form | {"place": ""}))
    assert DOOR not in gone.words


def test_the_citys_own_address_is_not_rewritten_as_words(visitor, db_):
    typed = choose_place(visitor).form("/reports") | GOOD | {"description": "A hole."}
    sent = visitor.follow(visitor.post("/reports", typed))
    assert "place" not in sent.form("/words")
    report = db_.scalars(select(Report)).one()
    before = report.address
    reports.redact(db_, report, 1, "Deep.", (), "At my house")
    assert (report.description, report.address) == ("Deep.", before)
