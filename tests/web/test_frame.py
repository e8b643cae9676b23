"""What stands around every page: announcements, colours, logo, notices, and pages that say no."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import abort
from sqlalchemy import select

from civicconnect import catalog, clock
from civicconnect.app import create_app
from civicconnect.catalog.models import CityRow
from tests.offers import change_city, change_service, make_plain
from tests.pages import Visitor

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BANNER = {"words": {"en": "Closed on Monday.", "es": "Cerrado el lunes."}, "link": "/terms",
          "begins": "", "ends": ""}


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


def region(page) -> str:
    found = page.tree.find(".//section[@class='announcements']")
    return "" if found is None else " ".join("".join(found.itertext()).split())


def test_a_banner_stands_above_every_page_in_its_language(visitor, signed_in, db_):
    change_city(db_, banner=[BANNER])
    for address in ("/", "/report", "/reports", "/data", "/sign-in", "/nowhere"):
        assert region(visitor.get(address)) == "Closed on Monday. Read more"
    assert "Cerrado el lunes." in region(visitor.get("/es/"))
    assert "Closed on Monday." in region(signed_in("streets").get("/staff/queue"))


def test_a_banner_is_shown_on_the_city_s_own_clock_only(visitor, db_):
    city = catalog.catalog(db_).city
    now = city.wall(clock.now())
    for begins, ends, shown in (("", now, False), (now, "", True), ("2999-01-01 00:00", "", False)):
        change_city(db_, banner=[BANNER | {"begins": begins, "ends": ends}])
        assert bool(region(visitor.get("/"))) == shown


def sheets(page) -> list[str]:
    return [e.get("href") for e in page.tree.iter("link") if "theme.css" in e.get("href")]


def test_a_city_s_colours_come_at_an_address_that_changes_with_them(visitor, db_):
    assert sheets(visitor.get("/")) == []
    change_city(db_, colours={"brand": "#7a1f5c"})
    [address] = sheets(visitor.get("/es/"))
    assert address.startswith("/theme.css?v=")
    sheet = visitor.get(address)
    assert "--city-brand:#7a1f5c;" in sheet.text
    assert sheet.answer.mimetype == "text/css"
    assert "immutable" in sheet.answer.headers["Cache-Control"]
    change_city(db_, colours={"brand": "#123456"})
    [newer] = sheets(visitor.get("/"))
    assert newer != address
    assert visitor.get(address).answer.headers["Cache-Control"] == "no-cache"  # an old stamp is not for good


def test_a_logo_stands_in_the_header_and_can_do_nothing_by_itself(visitor, db_):
    assert visitor.get("/logo").status == 404
    row = db_.scalars(select(CityRow)).one()
    row.logo_name, row.logo = "logo.svg", DRAWING
    db_.flush()
    assert [e.get("src") for e in visitor.get("/ar/").tree.iter("img")][0].split("?")[0] == "/logo"
    answer = visitor.get("/logo").answer
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = visitor.client.get("/logo", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_foot_of_every_page_says_how_to_reach_the_city(visitor, db_):
    links = visitor.get("/").links()
    assert {"tel:5550140", "mailto:hello@larkmouth.example", "https://www.larkmouth.example",
            "/privacy", "/terms", "/accessibility", "/data"} <= set(links)
    change_city(db_, contact={"website": "javascript:alert(1)"})
    assert [a for a in visitor.get("/").links() if "javascript" in a] == []


# Notices

def test_the_privacy_notice_says_what_the_product_does_and_what_the_city_wrote(visitor, db_):
    change_service(db_, "graffiti", visibility="private")
    change_service(db_, "tree", place="rounded")
    change_city(db_, notices={
        "controller": "Larkmouth, City Hall", "officer": "Ida Reed, privacy@larkmouth.example",
        "authority": "The Authority for Data", "law": {"en": "The Larkmouth Act."}, "keep_contact_days": 90})
    told = visitor.get("/privacy").words
    for said in ("Larkmouth, City Hall", "Ida Reed", "The Authority for Data", "The Larkmouth Act.",
                 "erased after 90 days", "one cookie, named civic", "removed after 3 days",
                 "Only the city sees reports of these kinds: Graffiti",
                 "Others see only a part of reports of these kinds: Tree or branch"):
        assert said in told


def test_where_the_city_wrote_nothing_the_notices_invent_nothing_and_say_whom_to_ask(visitor, db_):
    told = visitor.get("/privacy").words
    assert "The city has not written here on which law this rests" in told
    assert "hello@larkmouth.example" in told.split("Ask here:")[1]
    assert "at most" not in told
    assert "no terms of its own" in visitor.get("/terms").words
    change_city(db_, contact={})
    for address in ("/privacy", "/terms", "/accessibility"):
        assert "The city gave no address for this" in visitor.get(address).words


def test_the_terms_are_the_city_s_own_where_it_has_some(visitor, db_):
    change_city(db_, notices={"terms": {"en": "No insults.\nNo names.", "es": "Sin insultos."}})
    told = visitor.get("/terms").words
    assert "No insults." in told
    assert "no terms of its own" not in told
    assert "call 112" in told
    assert "Sin insultos." in visitor.get("/es/terms").words


def test_the_accessibility_statement_names_level_limits_tests_and_whom_to_tell(visitor, db_):
    change_city(db_, notices={"accessibility": "access@larkmouth.example"})
    told = visitor.get("/accessibility").words
    for said in ("2.2 at level AA", "meets it in part", "axe-core", "keyboard", "access@larkmouth.example",
                 "Nov 26, 2026"):
        assert said in told


def test_one_cookie_is_set_and_only_with_a_form(visitor):
    assert "Set-Cookie" not in visitor.get("/").answer.headers
    assert "Set-Cookie" not in visitor.get("/report").answer.headers
    cookies = visitor.get("/report?lat=41.2&long=-33.4&service=pothole").answer.headers.getlist("Set-Cookie")
    assert [c.split("=")[0] for c in cookies] == ["civic"]
    assert "expires" not in cookies[0].lower()  # it goes with the browser


# Refusals

@pytest.mark.parametrize(("address", "status"), [
    ("/reports?q=%00", 400), ("/nowhere", 404), ("/reports/NOTHERE2", 404), ("/report?lat=0&long=0", 422)])
def test_a_refusal_looks_like_the_site_and_leads_on(visitor, address, status):
    page = visitor.get(address)
    assert page.status == status
    assert "hello@larkmouth.example" in page.words
    assert {"/report", "/reports", "/"} <= set(page.links())


@pytest.mark.parametrize("code", [400, 403, 404, 405, 409, 413, 422, 429, 500, 503])
def test_every_refusal_says_what_to_do(database, given, code):
    app = create_app(given, database)

    @app.get(f"/refuse-{code}")
    def refuse():
        abort(code)

    page = Visitor(app).get(f"/refuse-{code}")
    assert page.status == code
    assert {"/report", "/reports", "/"} <= set(page.links())
    assert len(page.tree.find(".//main//p").text.split()) > 4
    assert ("Retry-After" in page.answer.headers) == (code in (429, 503))
    assert ("555 0140" in page.words.split("Report a problem", 2)[1]) == (code >= 500)


def test_a_reference_can_be_searched_where_nothing_was_found(visitor, make_report):
    reference = make_report().reference
    page = visitor.get("/reports/NOTHERE2")
    fields = page.form("/reports") | {"q": f"{reference[:4].lower()}-{reference[4:].lower()}"}
    assert reference in visitor.get("/reports", query_string=fields).words


def test_a_button_that_is_none_says_to_use_those_of_the_page(visitor):
    page = visitor.client.post("/report", data={})
    assert page.status_code in (400, 405)


def test_who_sends_too_much_is_told_how_long_to_wait(database, given):
    visitor = Visitor(create_app(replace(given, posts_an_hour="1"), database))
    fields = visitor.get("/report?lat=41.2&long=-33.4&service=pavement").form("/reports")
    visitor.post("/reports", fields)
    page = visitor.post("/reports", fields)
    assert page.status == 429
    assert 3500 < int(page.answer.headers["Retry-After"]) <= 3601
    assert "Wait 60 minutes" in page.words or "Wait 61 minutes" in page.words


def test_two_cities_of_one_process_compile_a_template_once(given, database):
    one, other = (create_app(given, database).jinja_env.get_template("layout/page.html") for _ in range(2))
    assert one is not other
    assert one.root_render_func.__code__ is other.root_render_func.__code__
