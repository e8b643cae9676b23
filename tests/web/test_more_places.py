"""A trouble in more than one place is one report: all along a street, or at further addresses."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from civicconnect import clock, geo, reports
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


def test_a_report_is_found_by_each_of_its_places(visitor, further):
    page = visitor.follow(send(visitor, also=[place.label for place in further]))
    reference = re.search(r"/reports/(\w{8,})", page.text)[1]
    for place in further:
        assert reference in visitor.get("/reports", query_string={"q": place.label}).words


def test_a_trouble_all_along_a_street_is_told_so(visitor, db_):
    street = extent.street_of(geo.describe(db_, HERE))
    assert street
    page = visitor.get(AT)
    assert f"All along {street}" in page.words
    shown = visitor.follow(send(visitor, along=street))
    assert f"All along {street}" in shown.words


def test_all_along_a_street_is_told_in_the_reader_s_language_and_kept_in_none(visitor, db_):
    street = extent.street_of(geo.describe(db_, HERE))
    form = visitor.get(f"/ar{AT}").form("/reports")
    preview = visitor.post("/ar/reports", form | SIZE | {"along": street, "do": "look"})
    assert f"على امتداد {street}" in preview.words
    sent = visitor.post("/ar/reports", preview.form("/reports"))
    shown = visitor.follow(sent)
    assert f"على امتداد {street}" in shown.words
    report = db_.scalars(select(Report)).one()
    assert report.address == street
    assert f"All along {street}" in visitor.get(f"/reports/{report.reference}").words
    assert "على" not in visitor.get("/reports.csv").answer.get_data(as_text=True)
    on = next(link for link in shown.links() if "report?" in link and "address=" in link)
    assert f"على امتداد {street}" in visitor.get(f"{on}&service=pothole").words


@pytest.mark.parametrize("along", ["BUY VIAGRA http://spam.example", "Weir Bank", "12 Mint Lane", "Lane"])
def test_only_the_street_of_the_address_is_one_to_go_along(visitor, db_, along):
    address = geo.describe(db_, HERE)
    assert extent.street_of(address) not in ("Weir Bank", "")
    shown = visitor.follow(send(visitor, along=along))
    report = db_.scalars(select(Report)).one()
    assert report.address == address
    assert "All along" not in shown.words
    assert "along" not in json.loads(db_.scalars(select(EventText.body)).one())


def test_what_is_no_street_of_the_city_is_not_offered_to_go_along(visitor):
    typed = {"lat": HERE.lat, "long": HERE.long, "service": "pothole"}
    for address in ("Spam Casino 1", "41.2, -33.4", "Lane"):
        assert "All along" not in visitor.get("/report", query_string=typed | {"address": address}).words
    for address in ("8 Mint Lane", "Mint Lane 8b", "8 mint ln", "8 Mint Lane (Harbour)"):
        assert "All along Mint Lane" in visitor.get(
            "/report", query_string=typed | {"address": address}).words


def test_an_address_that_is_not_there_is_said_beside_the_fields_and_everything_typed_stays(visitor, db_):
    before = db_.scalar(select(func.count()).select_from(Report))
    page = send(visitor, also=["999 No Such Street At All"], description="Holes everywhere.")
    assert page.status == 422
    assert "We found no address '999 No Such Street At All' in the city." in page.words
    fields = page.form("/reports")
    assert fields["description"] == "Holes everywhere."
    assert "999 No Such Street At All" in page.text
    assert db_.scalar(select(func.count()).select_from(Report)) == before


@pytest.mark.parametrize(("typed", "label"), [
    ("99999 Weir Bank", "118 Weir Bank"), ("8888 Mint Lane", "63 Mint Lane"),
    ("12a Harbour View Road", "12b Harbour View Road"), ("12 Harbour View Road", "12a Harbour View Road"),
])
def test_a_house_of_another_number_is_not_what_was_typed(typed, label):
    assert not extent._is_meant(typed, label)


@pytest.mark.parametrize(("typed", "label"), [
    ("12 oak st", "12 Oak Street"), ("Oak Street 12", "12 Oak Street"), ("12 A Weir Bank", "12a Weir Bank"),
    ("١٢ شارع الزيتون", "12 شارع الزيتون"), ("41°12'N 33°24'W", "41.2, -33.4"),
    ("7 42nd street", "7 42nd Street"),
])
def test_a_house_of_that_number_is_meant_however_it_is_written(typed, label):
    assert extent._is_meant(typed, label)


def test_a_number_that_no_house_has_is_asked_about(visitor):
    page = send(visitor, also=["99999 Weir Bank"])
    assert page.status == 422
    assert "We found no address '99999 Weir Bank' in the city. Did you mean" in page.words


def test_a_further_place_outside_the_city_is_none(visitor):
    page = send(visitor, also=["48.8584, 2.2945"])
    assert page.status == 422
    assert "We found no address '48.8584, 2.2945' in the city." in page.words


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


def pins_of(visitor, page) -> tuple[str, str, int]:
    """Return the words and the address of a page's map, and how many pins stand on it."""
    (picture,) = [one for one in page.tree.iter("img") if "/map.svg" in (one.get("src") or "")]
    drawing = visitor.client.get(picture.get("src"))
    assert drawing.status_code == 200
    spots = re.findall(r'translate\((-?\d+) (-?\d+)\)"><path d="M0 0C-4', drawing.text)
    assert all(0 < int(x) < 360 and 30 < int(y) < 300 for x, y in spots), "a pin is out of view"
    return picture.get("alt"), drawing.text, len(spots)


def test_all_places_have_a_pin_on_the_map_and_stand_in_its_words(visitor, further):
    words, _, pins = pins_of(visitor, visitor.follow(send(visitor)))
    assert (words, pins) == ("Map of the place", 1)
    page = visitor.follow(send(visitor, also=[place.label for place in further]))
    words, _, pins = pins_of(visitor, page)
    assert pins == 3
    assert words.startswith("Map with these places marked: ")
    assert all(place.label in words for place in further)


def test_a_street_is_drawn_as_far_as_it_goes(visitor, db_):
    street = extent.street_of(geo.describe(db_, HERE))
    page = visitor.follow(send(visitor, along=street))
    words, drawing, pins = pins_of(visitor, page)
    assert pins == 1
    assert f"All along {street}" in words
    assert re.search(r'<g opacity=".6"><path d="M[^"]{9,}"[^>]*class="along"', drawing)
    assert 'class="along"' not in pins_of(visitor, visitor.follow(send(visitor)))[1]


def test_colleagues_see_the_same_pins_on_the_screen_and_on_paper(visitor, signed_in, further):
    page = visitor.follow(send(visitor, also=[place.label for place in further]))
    reference = re.search(r"/reports/(\w{8,})", page.text)[1]
    colleague = signed_in("supervisor")
    for where in (f"/staff/reports/{reference}", f"/staff/reports/{reference}/print"):
        assert pins_of(colleague, colleague.get(where))[2] == 3, where


def test_a_contractor_sees_the_same_pins_and_may_ask_for_the_full_map(
        visitor, db_, staff, moderator, further):
    page = visitor.follow(send(visitor, also=[place.label for place in further]))
    report = reports.find(db_, re.search(r"/reports/(\w{8,})", page.text)[1], staff)
    firm = reports.keep_contractor(
        db_, moderator, report.department_id, "Hall & Sons", "work@hall.example", "en")
    given = reports.commission(db_, staff, report.reference, firm.id, "Fill them.",
                               clock.now().date() + timedelta(days=3))
    work = visitor.get(f"/work/{reports.token_of_work(given)}")
    words, _, pins = pins_of(visitor, work)
    assert pins == 3
    assert all(place.label in words for place in further)
    assert "Use the full map" in work.text


def test_the_form_shows_what_was_typed_when_it_comes_back_and_before_it_is_sent(visitor, further):
    form = visitor.get(AT).form("/reports")
    back = visitor.post("/reports", form | SIZE | {"also": [further[0].label, "1 No Such Street At All"]})
    assert back.status == 422
    assert pins_of(visitor, back)[2] == 2
    looked = visitor.post("/reports", form | SIZE | {"also": further[0].label, "do": "look"})
    assert pins_of(visitor, looked)[2] == 2


def test_further_places_are_told_where_the_place_is_and_nowhere_else(visitor, further, db_):
    sent = send(visitor, also=[place.label for place in further])
    own = visitor.follow(sent)
    report = db_.scalars(select(Report).order_by(Report.number.desc()).limit(1)).one()
    public = f"/reports/{report.reference}"
    assert pins_of(visitor, visitor.get(public))[2] == 3
    for told in ("rounded", "area", "stand_in"):
        report.place_told = told
        db_.flush()
        page = visitor.get(public)
        assert "also=" not in page.text, told
    assert own.status == 200


def test_an_address_that_the_city_rewrote_takes_the_further_places_with_it(visitor, further, db_, moderator):
    send(visitor, also=[place.label for place in further], description="Holes.")
    report = db_.scalars(select(Report).order_by(Report.number.desc()).limit(1)).one()
    public = f"/reports/{report.reference}"
    reports.rewrite(db_, moderator, report.reference, 1, "A hole.", "personal")
    db_.flush()
    assert pins_of(visitor, visitor.get(public))[2] == 3
    reports.rewrite(db_, moderator, report.reference, 1, "A hole.", "personal", address="Candle Row")
    db_.flush()
    page = visitor.get(public)
    assert "also=" not in page.text
    assert not any(place.label in page.text for place in further)


def test_who_takes_out_their_own_words_keeps_the_places(visitor, further, db_):
    send(visitor, also=[place.label for place in further], description="Ana wrote it.")
    report = db_.scalars(select(Report).order_by(Report.number.desc()).limit(1)).one()
    reports.redact(db_, report, 1, "")
    db_.flush()
    assert pins_of(visitor, visitor.get(f"/reports/{report.reference}"))[2] == 3


@pytest.mark.parametrize(("query", "status"), [
    ("also=x", 422), ("also=1", 422), ("also=99,0", 422), ("also=41.2,-33.4,7", 422), ("also=nan,1", 422),
    ("along=No+Such", 200), ("along=" + "x" * 500, 200), ("also=-80,170&also=80,-170", 200),
    ("&".join(["also=41.2,-33.41"] * 50), 200)])
def test_what_is_asked_of_a_drawn_map_is_checked(visitor, query, status):
    answer = visitor.client.get(f"/map.svg?lat=41.2&long=-33.4&pin=1&{query}")
    assert answer.status_code == status
    assert answer.text.count("<path d=\"M0 0C-4") <= 6
