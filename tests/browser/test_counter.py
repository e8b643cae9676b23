"""At the counter with scripts: what hangs on a choice stands there at once, and nothing typed is lost."""

from __future__ import annotations

import pytest

from tests.browser.conftest import on

pytestmark = [pytest.mark.browser, on("postgis")]


@pytest.fixture
def desk(phone):
    """Somebody of the streets department before a wide screen."""
    one = phone(width=1280, height=900)
    one.sign_in("streets")
    return one


def test_a_call_is_entered_without_leaving_the_page(desk, photo_file):
    page = desk.page
    desk.go("/staff/new")
    page.fill("#description", "Beside the crossing.")
    page.fill("#q", "weir bank 1")
    page.keyboard.press("Enter")
    page.locator("input[name=place]").first.wait_for()
    assert page.evaluate("document.activeElement.id") == "q"
    page.locator("input[name=place]").first.check()
    page.get_by_role("heading", name="Reported there already").wait_for()
    page.select_option("#service", "pothole")
    page.get_by_label("Like a dinner plate").check()
    page.set_input_files("#photo", photo_file)
    page.select_option("#service", "pavement")
    page.get_by_label("Send photo 1").wait_for()
    page.select_option("#service", "pothole")
    page.get_by_label("Like a dinner plate").check()
    assert page.url.endswith("/staff/new")
    assert page.input_value("#description") == "Beside the crossing."
    page.get_by_role("button", name="Take the report in").click()
    page.get_by_role("heading", name="The report is taken in").wait_for()
    page.get_by_role("link", name="Open it at the desk").click()
    page.get_by_alt_text("Photo of the report").wait_for()
    assert "Beside the crossing." in page.inner_text("main")


def test_words_to_start_from_go_into_the_field_and_only_the_outcome_s_fields_stand_there(desk):
    page = desk.page
    desk.go("/staff/new")
    page.fill("#q", "41.2, -33.4")
    page.keyboard.press("Enter")
    page.locator("input[name=place]:checked").wait_for()
    page.select_option("#service", "pavement")
    page.get_by_role("button", name="Take the report in").click()
    page.get_by_role("link", name="Open it at the desk").click()
    page.locator("summary", has_text="Close").click()
    assert not page.locator("#close-lead").is_visible()
    page.select_option("#close-outcome", "duplicate")
    assert page.locator("#close-lead").is_visible()
    page.fill("#close-reason", "My own words.")
    page.select_option("#close-template", index=1)
    told = page.input_value("#close-reason")
    assert told.startswith("My own words.\n\n")
    assert len(told) > 30
    assert desk.axe() == []
