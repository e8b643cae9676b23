"""City settings in a real browser: a phone's width, the keyboard alone, and the form in Spanish at once."""

from __future__ import annotations

import pytest

from tests.browser.conftest import on

pytestmark = [pytest.mark.browser, on("postgis")]


@pytest.fixture
def desk(phone):
    """An administrator before a phone."""
    one = phone()
    one.sign_in("admin")
    return one


def walk_to(page, selector, most=120):
    """Press Tab until something has the focus."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by the keyboard")


def test_a_service_is_renamed_by_keyboard_on_a_phone_and_is_in_the_spanish_form_at_once(desk, phone):
    page = desk.page
    desk.go("/staff/city")
    assert desk.axe() == []
    assert desk.overflow() <= 0
    for link in ("[href$='/staff/city/services']", "[href$='/staff/city/services/graffiti']"):
        walk_to(page, link)
        page.keyboard.press("Enter")
        page.wait_for_load_state()
        page.locator("h1").wait_for()
        assert desk.axe() == [], link
        assert desk.overflow() <= 0, link
    walk_to(page, "[name='name.es']")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Pintada en la pared")
    page.keyboard.press("Enter")  # without a reason: it is said beside the field, and nothing is lost
    page.locator("#reason-error").wait_for()
    assert desk.axe() == []
    assert page.input_value("[name='name.es']") == "Pintada en la pared"
    desk.complaints.clear()  # the browser notes the status 422 in its console
    walk_to(page, "#reason")
    page.keyboard.type("So people say it.")
    page.keyboard.press("Enter")
    page.get_by_text("Saved as version").wait_for()
    stranger = phone()
    stranger.go("/es/report/offline")
    assert stranger.page.get_by_text("Pintada en la pared").count() > 0
    desk.go("/staff/city/words/colours")
    page.fill("[name='colours.brand']", "#a0d8ef")
    page.get_by_text("Choose a darker one").wait_for()
    page.fill("[name='colours.brand']", "#0b4f6c")
    page.get_by_text("8.9 to 1 on the page: it can be read.").wait_for()
    desk.go("/staff/city/services/street-light/questions/fault")
    assert desk.axe() == []
    assert desk.overflow() <= 0
