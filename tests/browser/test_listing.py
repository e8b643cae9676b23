"""The list of reports and its map in a real browser: with and without scripts, narrow and wide."""

from __future__ import annotations

import re

import pytest

from civicconnect import settings
from civicconnect.geo import Point
from tests.browser.conftest import on
from tests.browser.test_pages import problems
from tests.conftest import make_settings
from tests.factories import reporter

pytestmark = [pytest.mark.browser, on("postgis"), pytest.mark.usefixtures("filled")]
PLACES = [Point(41.2, -33.4), Point(41.2001, -33.3996), Point(41.2002, -33.4004), Point(41.21, -33.38)]
PATHS = ["/map", "/map?lat=41.2&long=-33.4&zoom=18", "/map?status=closed", "/reports?order=changed",
         "/reports?service=pothole&status=open&area=district:old-town&since=2020-01-01&q=street"]


@pytest.fixture(scope="module")
def filled(site):
    """Put some reports on the map."""
    with settings.bound(make_settings(site.data, site.database)), site.changing() as db:
        make = reporter(db)
        for point in PLACES:
            make(point=point)


def place_of(page):
    """Return latitude, longitude and zoom in the address."""
    found = re.search(r"lat=(-?[\d.]+)&long=(-?[\d.]+)&zoom=(\d+)", page.url)
    assert found, page.url
    return float(found[1]), float(found[2]), int(found[3])


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("en", "light"), ("ar", "light")])
def test_list_and_map_are_accessible_and_narrow(phone, language, scheme):
    visitor = phone(color_scheme=scheme)
    assert [p for path in PATHS for p in problems(visitor, f"/{language}{path}")] == []
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    assert visitor.axe() == []


def test_a_wrong_day_is_said_beside_its_field(phone):
    visitor = phone()
    assert visitor.page.goto("/reports?since=2026-13-01").status == 422
    assert visitor.page.locator("#since-error").is_visible()
    assert visitor.axe() == []
    visitor.complaints.clear()  # the browser notes the status in its console


def test_filters_are_folded_on_a_phone_and_open_on_a_desk(phone):
    visitor = phone(js=False)
    visitor.go("/reports")
    assert visitor.page.locator("#q").is_visible()
    assert not visitor.page.locator("#service").is_visible()
    visitor.page.locator("summary").click()
    visitor.page.locator("#service").select_option("street-light")
    visitor.page.get_by_role("button", name="Show").click()
    assert "service=street-light" in visitor.page.url
    assert "1 set" in visitor.page.locator("summary").inner_text()
    visitor.page.get_by_role("link", name="Take away: Street lamp").click()
    assert "service=" not in visitor.page.url
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    assert visitor.page.locator("#service").is_visible()


def test_without_scripts_each_press_is_a_page_and_each_mark_a_link(phone):
    visitor = phone(js=False)
    visitor.go("/map?lat=41.2&long=-33.4&zoom=17")
    visitor.page.get_by_role("link", name="West").click()
    assert place_of(visitor.page)[1] < -33.4
    visitor.page.get_by_role("link", name="East").click()
    visitor.page.get_by_role("link", name="Closer").click()
    assert place_of(visitor.page)[2] == 18
    visitor.page.locator("svg.overview__marks--narrow a").first.click()
    assert re.search(r"/reports/[A-Z0-9]{8}$", visitor.page.url)


def test_only_the_drawing_for_this_screen_is_seen(phone):
    visitor = phone()
    visitor.go("/map")
    wide, narrow = (visitor.page.locator(f"svg.overview__marks--{size}") for size in ("wide", "narrow"))
    assert (wide.is_visible(), narrow.is_visible()) == (False, True)
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    assert (wide.is_visible(), narrow.is_visible()) == (True, False)


def test_keys_and_buttons_move_the_map_within_the_page(phone):
    visitor = phone(width=1280, height=900)
    page = visitor.page
    visitor.go("/map?lat=41.2&long=-33.4&zoom=16")
    page.locator(".map-part--script").wait_for()
    page.evaluate("window.same = true")
    page.get_by_role("link", name="Closer").click()
    page.wait_for_url("**zoom=17")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda url: "long=-33.4&" not in url)
    assert place_of(page)[1] < -33.4
    page.keyboard.press("-")
    page.wait_for_url("**zoom=16")
    assert page.evaluate("window.same") is True
    assert page.evaluate("document.activeElement.dataset.move") == "wider"
    assert visitor.axe() == []
    page.go_back()
    page.wait_for_url("**zoom=17")
    page.locator("[data-zoom='17']").wait_for()


def test_a_mouse_takes_the_map_along(phone):
    visitor = phone(width=1280, height=900)
    page = visitor.page
    visitor.go("/map?lat=41.2&long=-33.4&zoom=17")
    page.locator(".map-part--script").wait_for()
    box = page.locator(".overview__map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] / 4, y, steps=4)
    page.mouse.up()
    page.wait_for_url(lambda url: "long=-33.4&" not in url)
    lat, long, zoom = place_of(page)
    quarter = 680 / 4 / (256 * 2**17 / 360)  # degrees
    assert (lat, zoom) == (pytest.approx(41.2, abs=1e-4), 17)
    assert long == pytest.approx(-33.4 - quarter, rel=1e-5)


def test_a_mark_is_reached_and_pressed_by_keys(phone):
    visitor = phone(width=1280, height=900)
    visitor.go("/map?lat=41.21&long=-33.38&zoom=18")
    mark = visitor.page.locator("svg.overview__marks--wide a")
    assert mark.get_attribute("aria-label") == "Pothole, 1 Test Street, Received"
    mark.focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/reports/*")


def test_on_paper_there_are_words_instead_of_filters(phone):
    visitor = phone(width=800)
    visitor.go("/reports?service=pothole")
    visitor.page.emulate_media(media="print")
    assert visitor.page.get_by_text("Only: Pothole.").is_visible()
    assert not visitor.page.locator("form.search").is_visible()
    assert not visitor.page.locator(".chips").is_visible()
    assert visitor.page.locator(".report-list li").count() >= len(PLACES)
