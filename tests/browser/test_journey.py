"""From a phone to the open data, in a real browser: with and without scripts, by finger and by key."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import on
from tests.factories import Staff

pytestmark = pytest.mark.browser
REFERENCE = re.compile(r"/reports/([0-9A-Z]{8})")


def report_a_pothole(phone, photo=None) -> str:
    """Report from the first page on; returns the reference."""
    phone.go("/")
    phone.tap(phone.page.locator("main").get_by_role("button", name="Report a problem"))
    phone.tap(phone.page.locator("input[type=image]"), position={"x": 150, "y": 120})
    pothole = phone.page.locator("a.services__link", has_text=re.compile("^Pothole$"))
    if not pothole.is_visible():  # many services: its group opens first
        phone.tap(phone.page.locator("details.services__group", has=pothole).locator("summary"))
    phone.tap(pothole)
    phone.tap(phone.page.get_by_label("Like a dinner plate"))
    if photo:
        phone.taps += 2  # the field, and a picture in the phone's own list
        phone.page.get_by_label("Up to 3 photos (optional)").set_input_files(photo)
    phone.tap(phone.page.get_by_role("button", name="Send the report"))
    phone.page.wait_for_url("**/reports/*")
    assert phone.page.get_by_role("heading", name="Thank you").is_visible()
    found = REFERENCE.search(phone.page.url)
    assert found
    return found.group(1)


def tab_to(page, locator, most=120) -> None:
    """Press Tab until something has the focus, as a person without a mouse does."""
    for _ in range(most):
        if locator.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab never arrives there")


def close_by_keyboard(desk, reference: str, who: str) -> None:
    """Sign in, find the report in the queue and close it, without touching a mouse."""
    page, person = desk.page, Staff.named(who)
    desk.go("/sign-in")
    tab_to(page, page.locator("#email"))
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/queue")
    tab_to(page, page.locator("#q"))
    page.keyboard.type(reference)
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    tab_to(page, page.locator("tbody a").first)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/staff/reports/{reference}")
    tab_to(page, page.locator("summary", has_text="Close"))
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#close-outcome"))
    page.keyboard.type("Fixed")
    tab_to(page, page.locator("#close-reason"))
    page.keyboard.type("Filled.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".preview button[name=verb]:focus").wait_for()  # first what the resident will read
    page.keyboard.press("Enter")
    page.locator(".timeline", has_text="Closed: Fixed").last.wait_for()
    page.locator(".preview").wait_for(state="detached")


@pytest.mark.parametrize("js", [True, False], ids=["with scripts", "without scripts"])
def test_a_report_travels_from_the_phone_to_the_open_data(phone, site, tmp_path, js):
    resident = phone(js=js)
    reference = report_a_pothole(resident)
    assert resident.taps <= 12
    assert "Streets and Paving looks after it." in resident.page.inner_text("main")

    close_by_keyboard(phone(js=js, width=1280, height=800), reference, "streets")
    live = site.row("/reports.csv", reference)
    assert live is not None
    assert (live["status"], live["outcome"]) == ("closed", "fixed")
    assert 0 <= float(live["hours_to_close"]) < 0.1
    site.wait_for(lambda: site.row("/data/reports.csv", reference) == live, 60)


def test_a_photo_travels_too(phone, site, photo_file):
    resident = phone()
    report_a_pothole(resident, photo_file)
    assert resident.taps <= 12
    picture = resident.page.get_by_alt_text("Photo of the report")
    assert picture.evaluate("i => i.decode().then(() => i.naturalWidth)") > 100


def test_another_departments_staff_do_not_see_the_report(phone):
    reference = report_a_pothole(phone())
    desk = phone()
    person = Staff.named("lighting")
    desk.go("/sign-in")
    desk.page.fill("#email", person.email)
    desk.page.fill("#password", person.password)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**/staff/queue")
    assert reference not in desk.page.inner_text("main")
    assert desk.page.goto(f"/staff/reports/{reference}").status == 404
    desk.complaints.clear()  # the browser notes the 404 in its console


@on("spatialite")
def test_what_was_typed_and_the_photo_survive_a_refusal(phone, photo_file):
    resident = phone(js=False)
    resident.go("/report?lat=41.2&long=-33.4&service=pothole")
    page = resident.page
    page.get_by_label("Anything else").fill("Beside the crossing.")
    page.get_by_label("Up to 3 photos (optional)").set_input_files(photo_file)
    page.get_by_role("button", name="Send the report").click()
    page.get_by_text("Choose one of these.").first.wait_for()
    assert page.get_by_label("Anything else").input_value() == "Beside the crossing."
    assert page.get_by_label("Send photo 1").is_checked()
    page.get_by_label("Like a hand").check()
    page.get_by_role("button", name="Send the report").click()
    assert page.get_by_alt_text("Photo of the report").is_visible()
    resident.complaints.clear()  # the browser notes the 422 in its console


@on("spatialite")
@pytest.mark.parametrize("js", [True, False], ids=["with scripts", "without scripts"])
def test_a_tap_means_the_same_place_however_large_the_map_is_shown(phone, js):
    chosen = []
    for width in (320, 390, 1280):
        resident = phone(js=js, width=width)
        resident.go("/report")
        box = resident.page.locator("input[type=image]").bounding_box()
        resident.tap(resident.page.locator("input[type=image]"),
                     position={"x": box["width"] * 0.7, "y": box["height"] * 0.3})
        where = dict(pair.split("=") for pair in resident.page.url.split("?")[1].split("&"))
        chosen.append((float(where["lat"]), float(where["long"])))
    for lat, long in chosen[1:]:
        assert abs(lat - chosen[0][0]) < 0.0003  # 30 metres: what one pixel is, at this width
        assert abs(long - chosen[0][1]) < 0.0004


@on("spatialite")
def test_a_phone_that_knows_where_it_is_fills_in_the_place(phone):
    resident = phone(geolocation={"latitude": 41.2, "longitude": -33.4}, permissions=["geolocation"])
    resident.go("/report")
    resident.tap(resident.page.get_by_role("button", name="Use my position"))
    resident.page.get_by_role("heading", name="What is it?").wait_for()


@on("spatialite")
def test_an_address_is_found_without_the_map(phone):
    resident = phone(js=False)
    resident.go("/report")
    resident.page.get_by_label("Street and number").fill("weir bank 1")
    resident.page.keyboard.press("Enter")
    resident.page.locator(".choices a").first.click()
    resident.page.get_by_role("heading", name="What is it?").wait_for()
