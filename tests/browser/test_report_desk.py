"""The report page in a real browser: a letter is read before it goes out, by keyboard, light and dark."""

from __future__ import annotations

from datetime import timedelta

import pytest

from civicconnect import clock, reports, settings
from civicconnect.accounts import ContactDetails
from civicconnect.reports import Person
from tests.browser.conftest import on
from tests.browser.test_journey import tab_to
from tests.conftest import make_settings
from tests.factories import RESIDENT, new_report, staff_actor

pytestmark = [pytest.mark.browser, on("spatialite")]


@pytest.fixture
def reference(site):
    """A report with all a page can show: people in three languages, notes, the same before, others near."""
    ana = ContactDetails(email="ana@home.example")
    with settings.bound(make_settings(site.data, site.database)), site.changing() as change:
        clerk = staff_actor(change, "streets")
        for days in (200, 90):
            with clock.stopped_at(clock.now() - timedelta(days=days)):
                old = reports.submit(change, RESIDENT, new_report(contact=ana)).reference
                reports.transition(change, clerk, old, "close", {"outcome": "fixed"})
        made = reports.submit(change, RESIDENT, new_report(
            contact=ana, description="averyverylongwordwithoutanybreak" * 4, language="es")).reference
        for email, language in (("bo@home.example", "en"), ("cy@home.example", "ar")):
            person = Person(contact=ContactDetails(email=email), language=language)
            reports.give_address(
                change, reports.joined(change, RESIDENT, made, person, affected=True), person.contact)
        reports.transition(change, clerk, made, "accept", {"reason": "We come on Tuesday."})
        reports.note(change, clerk, made, "Mind the dog.")
    return made


def signed_in(phone, **options):
    one = phone(**options)
    one.sign_in("streets")
    return one


@pytest.mark.parametrize("js", [True, False], ids=["with scripts", "without scripts"])
def test_a_clerk_reads_the_letters_by_keyboard_and_only_then_they_go_out(phone, site, reference, js):
    desk = signed_in(phone, js=js, width=360)
    page = desk.page
    desk.go(f"/staff/reports/{reference}")
    tab_to(page, page.locator("summary", has_text="Close").first)
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#close-outcome"))
    page.keyboard.type("Fixed")
    tab_to(page, page.locator("#close-reason"))
    page.keyboard.type("Filled.")
    tab_to(page, page.locator(".step__look:focus, form:has(#close-reason) .step__look"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="This will tell 3 people").wait_for()
    assert page.locator(".letter[lang=ar]").get_attribute("dir") == "rtl"
    assert desk.overflow() <= 0
    if js:
        assert desk.axe() == []
        page.fill("#close-reason", "Filled and level.")
        assert page.locator(".preview").count() == 0  # other words: another look
        page.locator("form:has(#close-reason) .step__look").press("Enter")
        page.get_by_role("heading", name="This will tell 3 people").wait_for()
    button = page.get_by_role("button", name="Close and tell 3 people")
    assert button.evaluate("b => b === document.activeElement")
    page.keyboard.press("Enter")
    page.locator(".timeline", has_text="Closed: Fixed").wait_for()
    row = site.row("/reports.csv", reference)
    assert row is not None
    assert row["status"] == "closed"


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "en"), ("light", "ar")])
def test_the_desk_s_pages_are_accessible_narrow_and_told_apart_without_colours(
    phone, reference, scheme, language
):
    desk = signed_in(phone, width=320, color_scheme=scheme)
    for path in (f"/staff/reports/{reference}", f"/staff/reports/{reference}/print?notes=1",
                 "/staff/templates", "/staff/templates/fixed"):
        desk.go(f"/{language}{path}")
        assert desk.axe() == [], path
        assert desk.overflow() <= 0, path
    desk.go(f"/{language}/staff/reports/{reference}")
    for summary in desk.page.locator("main summary").all():
        summary.click()
    assert desk.axe() == []
    assert desk.overflow() <= 0
    edges = [desk.page.locator(box).evaluate("b => getComputedStyle(b).borderTopStyle")
             for box in (".box--out", ".box--in", ".timeline__event--internal .timeline__body")]
    assert edges == ["solid", "dashed", "dashed"]
    desk.page.emulate_media(media="print")
    assert not desk.page.locator(".box--in").is_visible()
    assert not desk.page.locator(".timeline__event--internal").first.is_visible()
