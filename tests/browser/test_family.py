"""Merging in a real browser: on a phone without a mouse, in Arabic too, and everybody sees where it went."""

from __future__ import annotations

import pytest

from tests.browser.test_journey import report_a_pothole

pytestmark = pytest.mark.browser


def test_a_clerk_merges_divides_and_plans_on_a_small_screen(phone):
    lead, second = report_a_pothole(phone()), report_a_pothole(phone())
    desk = phone(width=360, height=740)
    page = desk.page
    desk.sign_in("streets")
    desk.go(f"/staff/reports/{lead}/merge")
    assert desk.axe() == []
    assert desk.overflow() <= 0
    page.get_by_label(second).check()
    page.get_by_role("button", name="Merge them into this report").click()
    page.get_by_text("report goes on in this one").first.wait_for()
    assert desk.axe() == []
    assert desk.overflow() <= 0
    stranger = phone()
    stranger.go(f"/reports/{second}")
    stranger.page.locator("section", has_text="The work goes on").get_by_role("link").click()
    stranger.page.wait_for_url(f"**/reports/{lead}")
    assert stranger.axe() == []
    page.locator("li", has_text=second).get_by_role("button", name="Take it out").click()
    page.wait_for_load_state()
    desk.go(f"/staff/reports/{lead}/split")
    assert desk.axe() == []
    assert desk.overflow() <= 0
    page.get_by_role("button", name="One part more").click()
    page.locator("#service-4").wait_for()
    page.fill("#description-1", "A hole.")
    page.fill("#description-4", "A second hole.")
    page.get_by_role("button", name="Divide the report").click()
    page.get_by_text("2 parts, 2 open").wait_for()
    desk.go("/staff/works/new")
    assert desk.axe() == []
    assert desk.overflow() <= 0
    page.fill("#title", "Resurfacing")
    page.fill("#words", "New asphalt.")
    page.fill("#begins", "2100-05-03")
    page.fill("#ends", "2100-05-21")
    page.get_by_label("Pothole", exact=True).check()
    page.fill("#address", "41.2, -33.4")
    page.fill("#reach", "500")
    page.get_by_role("button", name="Save the work").click()
    page.get_by_role("heading", name="Cover reports").wait_for()
    assert desk.axe() == []
    assert desk.overflow() <= 0
    number = page.url.rsplit("/", 1)[1]
    for address in (f"/ar/staff/works/{number}", f"/ar/staff/reports/{lead}/merge", "/ar/staff/works"):
        desk.go(address)
        assert desk.overflow() <= 0, address
