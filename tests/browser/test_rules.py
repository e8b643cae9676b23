"""The rules in a real browser: drafted, tried on past reports and saved on a narrow screen."""

from __future__ import annotations

import pytest

from tests.browser.test_journey import report_a_pothole
from tests.factories import Staff

pytestmark = pytest.mark.browser


def test_a_rule_is_drafted_tried_and_saved(phone, photo_file):
    reference = report_a_pothole(phone(), photo_file)
    desk, person = phone(), Staff.named("admin")
    page = desk.page
    desk.go("/sign-in")
    page.fill("#email", person.email)
    page.fill("#password", person.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/queue")
    page.get_by_role("link", name="Who answers").click()
    assert desk.axe() == []
    assert desk.overflow() <= 0
    page.get_by_role("button", name="Change the rules in a draft").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Add a rule").click()
    page.fill("#code", "all-holes")
    page.select_option("#department", "water")
    page.get_by_text("What it is about").click()
    page.get_by_label("Pothole").check()
    page.get_by_text("When it came in").click()
    page.fill("#from-0", "00:00")
    page.fill("#to-0", "00:00")
    page.get_by_text("What lies near").click()
    page.select_option("#place", "first")
    assert desk.axe() == []
    assert desk.overflow() <= 0
    page.get_by_role("button", name="Put it into the draft").click()
    page.get_by_text("Give two times").first.wait_for()
    assert desk.axe() == []
    page.fill("#from-0", "")
    page.fill("#to-0", "")
    page.get_by_role("button", name="Put it into the draft").click()
    page.get_by_text("New: all-holes").wait_for()
    assert desk.axe() == []
    assert desk.overflow() <= 0
    page.get_by_role("link", name="Try it on the last reports").click()
    page.get_by_role("link", name=reference).wait_for()
    assert desk.axe() == []
    assert desk.overflow() <= 0
    desk.go("/staff/rules/draft")
    page.fill("#reason", "Holes are water.")
    page.keyboard.press("Enter")
    page.get_by_text("Holes are water.").first.wait_for()
    assert desk.axe() == []
    desk.go(f"/staff/reports/{reference}")
    page.get_by_text("It is about something else").first.click()
    assert desk.axe() == []
    assert desk.overflow() <= 0
