"""A trouble in more than one place is one report: all along a street, or at further addresses."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from civicconnect import clock, geo
from civicconnect.reports import EventText, Report, ReportArea
from civicconnect.web import extent
from tests.factories import HERE
from tests.pages import Visitor

SIZE = {"answer-size": "hand"}
AT = f"/report?lat={HERE.lat}&long={HERE.long}&service=pothole"


@pytest.fixture
def further(db_):
    """Two addresses of the city, away from its middle."""
    found = {}
    for north, east in ((0.004, 0.0), (0.012, 0.004), (0.0, 0.012), (-0.004, 0.008)):
        place = geo.somewhere(db_, geo.Point(HERE.lat + north, HERE.long + east))
        known = geo.find_addresses(db_, place.label, limit=1)
        if place.label and known and known[0].label == place.label:
            found[place.label] = known[0]
    assert len(found) >= 2, "the demo city has too few addresses around its middle"
    return list(found.values())[:2]


def send(visitor: Visitor, **more):
    form = visitor.get(AT).form("/reports")
    return visitor.post("/reports", form | SIZE | more)


def test_further_addresses_are_told_with_the_first_and_the_report_lies_in_the_parts_of_all(
        db_, visitor, further):
    alone = visitor.follow(send(visitor))
    page = visitor.follow(send(visitor, also=[place.label for place in further]))
    for place in further:
        assert place.label in page.words
        assert place.label not in alone.words
    one, both = db_.scalars(select(Report).order_by(Report.number.desc()).limit(2)).all()[::-1]
    def areas_of(report):
        return set(db_.scalars(select(ReportArea.area_id).where(ReportArea.report_number == report.number)))

    today = clock.now().date()
    inside = {a.id for place in further for a in geo.areas_at(db_, place.point, today)}
    assert areas_of(both) == areas_of(one) | inside
    assert both.department_id == one.department_id
    kept = json.loads(db_.scalar(select(EventText.body).where(
        EventText.report_number == both.number, EventText.seq == 1)))
    assert [place["address"] for place in kept["also"]] == [place.label for place in further]


def test_a_trouble_all_along_a_street_is_told_so(visitor, db_):
    street = extent.street_of(geo.describe(db_, HERE))
    assert street
    page = visitor.get(AT)
    assert f"All along {street}" in page.words
    shown = visitor.follow(send(visitor, along=street))
    assert f"All along {street}" in shown.words


def test_an_address_that_is_not_there_is_said_beside_the_fields_and_everything_typed_stays(visitor, db_):
    before = db_.scalar(select(func.count()).select_from(Report))
    page = send(visitor, also=["999 No Such Street At All"], description="Holes everywhere.")
    assert page.status == 422
    assert "We found no address '999 No Such Street At All' in the city." in page.words
    fields = page.form("/reports")
    assert fields["description"] == "Holes everywhere."
    assert "999 No Such Street At All" in page.text
    assert db_.scalar(select(func.count()).select_from(Report)) == before


def test_the_preview_names_all_places_and_sends_them(visitor, further):
    form = visitor.get(AT).form("/reports")
    looked = visitor.post("/reports", form | SIZE | {"also": further[0].label, "do": "look"})
    assert further[0].label in looked.words
    sent = visitor.follow(visitor.post("/reports", looked.form("/reports")))
    assert further[0].label in sent.words


def test_six_further_places_are_too_many(visitor):
    page = send(visitor, also=[f"{n} Mill Street" for n in range(1, 7)])
    assert page.status == 422
    assert "Name at most 5 further places." in page.words


@pytest.mark.parametrize(("address", "street"), [
    ("8 Mint Lane", "Mint Lane"), ("Mint Lane 8b", "Mint Lane"), ("Rua do Cais, 12", "Rua do Cais"),
    ("41.2, -33.4", ""), ("Mint Lane", "Mint Lane"), ("", ""),
])
def test_a_street_is_an_address_without_its_number(address, street):
    assert extent.street_of(address) == street
