"""Moderation in a real browser: a flag, a box drawn on a photo, and everything gone within a minute."""

from __future__ import annotations

import pytest

from tests.browser.conftest import on
from tests.browser.test_journey import report_a_pothole

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(phone):
    """Somebody who may moderate, before a wide screen."""
    one = phone(width=1280, height=900)
    one.sign_in("supervisor")
    return one


def test_a_photo_is_blurred_by_drawing_and_a_report_is_gone_within_a_minute(phone, desk, site, photo_file):
    reference = report_a_pothole(phone(), photo_file)
    stranger = phone()
    stranger.go(f"/reports/{reference}")
    before = stranger.page.locator(".photos img").get_attribute("src")
    stranger.tap(stranger.page.locator("#flag summary"))
    stranger.page.select_option("#flag-reason", "personal")
    assert stranger.axe() == []
    assert stranger.overflow() <= 0
    stranger.tap(stranger.page.get_by_role("button", name="Tell the city"))
    stranger.page.get_by_text("Somebody of the city looks at it.").wait_for()

    page = desk.page
    desk.go("/staff/queue")
    page.get_by_role("link", name="Moderation").click()
    page.get_by_role("link", name=reference).click()
    assert desk.axe() == []
    page.get_by_alt_text("Photo 1: hide or blur it").click()
    picture = page.locator(".blur__picture")
    picture.wait_for()
    edge = picture.bounding_box()
    page.mouse.move(edge["x"] + edge["width"] * 0.25, edge["y"] + edge["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(edge["x"] + edge["width"] * 0.75, edge["y"] + edge["height"] * 0.75, steps=4)
    page.mouse.up()
    drawn = [float(page.input_value(f"#{side}-0")) for side in ("x", "y", "width", "height")]
    assert drawn == pytest.approx([25, 50, 50, 25], abs=1)
    assert page.locator(".blur__box:visible").count() == 1
    page.fill("#x-1", "0")  # the next one by figures
    page.fill("#y-1", "0")
    page.fill("#width-1", "10")
    page.fill("#height-1", "10")
    assert page.locator(".blur__box:visible").count() == 2
    page.select_option("#blur-because", "personal")
    assert desk.axe() == []
    page.get_by_role("button", name="Blur", exact=True).click()
    page.wait_for_url("**/moderation")

    stranger.go(f"/reports/{reference}")
    after = stranger.page.locator(".photos img").get_attribute("src")
    assert after != before
    site.wait_for(lambda: site.row("/data/reports.csv", reference) is not None, 60)
    page.locator("summary", has_text="Hide it").click()
    page.select_option("#hide-because", "personal")
    page.get_by_role("button", name="Hide it").click()
    page.get_by_role("button", name="Show it again").wait_for()
    for path in ("/reports.csv", "/data/reports.csv"):
        site.wait_for(lambda path=path: site.row(path, reference) is None, 60)
    assert stranger.page.goto(f"/reports/{reference}").status == 404
    # Out of this browser's own store as well.
    site.wait_for(lambda: stranger.page.goto(after).status == 404, 60)
    stranger.complaints.clear()  # the browser notes each status in its console


@on("postgis")
@pytest.mark.parametrize("width", [320, 1280])
def test_the_moderators_pages_are_accessible_and_narrow(phone, desk, width, photo_file):
    reference = report_a_pothole(phone(), photo_file)
    desk.page.set_viewport_size({"width": width, "height": 800})
    for path in ("/staff/moderation", "/staff/moderation/blocks", f"/staff/reports/{reference}/moderation"):
        desk.go(path)
        for summary in desk.page.locator("main summary").all():
            summary.click()
        assert desk.axe() == [], path
        assert desk.overflow() <= 0, path
    desk.page.get_by_alt_text("Photo 1: hide or blur it").click()
    desk.page.locator(".blur__picture").wait_for()
    assert desk.axe() == []
    assert desk.overflow() <= 0
