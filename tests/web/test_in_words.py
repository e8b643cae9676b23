"""A place told in words alone: no address, no map, no position."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from civicconnect.reports import Report
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
