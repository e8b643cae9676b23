"""A passkey: made at the desk, then all that is needed to sign in. And the pages of people, looked at."""

from __future__ import annotations

import pytest

from tests.browser.conftest import on

pytestmark = [pytest.mark.browser, on("postgis")]
PAGES = ("/staff/people", "/staff/me", "/staff/me/codes", "/staff/audit", "/staff/break-glass",
         "/ar/staff/people")


def test_a_passkey_is_made_once_and_signs_in(phone):
    desk = phone(width=1280, height=900)
    page = desk.page
    chrome = desk.context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    chrome.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})
    desk.sign_in("lighting")
    desk.go("/staff/me")
    page.get_by_label("What you call this phone").fill("The desk")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("The desk · since").wait_for()
    desk.context.clear_cookies()
    desk.go("/sign-in?next=/staff/me")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="My account").wait_for()
    assert page.url.endswith("/staff/me")
    assert page.get_by_text("Passkey · since").count() == 1


def test_the_pages_of_people_and_rights_are_for_everybody(phone):
    narrow = phone(width=360, height=740)
    for path in ("/sign-in", "/sign-in/link"):
        narrow.go(path)
        assert narrow.axe() == [], path
        assert narrow.overflow() <= 0, path
    narrow.sign_in("admin")
    narrow.go("/staff/people")
    first = narrow.page.locator("tbody th a").last.get_attribute("href")
    for path in (*PAGES, first):
        narrow.go(path)
        assert narrow.axe() == [], path
        assert narrow.overflow() <= 0, path
