"""After the sending, in a real browser: me too, follow, taken back, still there; also without scripts."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default

import pytest
from PIL import Image

from civicconnect import accounts, reports
from tests.browser.test_journey import report_a_pothole
from tests.factories import staff_actor

pytestmark = pytest.mark.browser
WAYS = pytest.mark.parametrize(("js", "tongue"), [(True, ""), (False, "/ar"), (True, "/ar")],
                               ids=["scripts", "plain rtl", "scripts rtl"])


@pytest.fixture
def picture(tmp_path):
    file = tmp_path / "hole.jpg"
    Image.effect_mandelbrot((1200, 900), (-2, -1.5, 1, 1.5), 30).convert("RGB").save(file)
    return file


def report_with(phone, tongue: str, photo) -> str:
    """Report a pothole with a photo in a language, by what is pressed and not by its words."""
    page = phone.page
    phone.go(f"{tongue}/")
    sound(phone, js=False)
    phone.tap(page.locator("main a.govuk-button"))
    phone.tap(page.locator("input[type=image]"), position={"x": 150, "y": 120})
    pothole = page.locator("a.services__link[href*='service=pothole']")
    if not pothole.is_visible():
        phone.tap(page.locator("details.services__group", has=pothole).locator("summary"))
    phone.tap(pothole)
    page.locator("input[name=answer-size]").first.check()
    page.locator("#photo").set_input_files(photo)
    page.locator("form[action$='/reports'] button:not([name]):not([type])").click()
    page.locator(".govuk-panel--confirmation").wait_for()
    return re.search(r"/reports/([0-9A-Z]{8})", page.url)[1]


def unfold(page, form: str):
    """Return the small form that leads to an address ending so, with what hides it opened."""
    part = page.locator(f"form[action$='{form}']")
    folded = page.locator("details:not([open])", has=part)
    if folded.count():
        folded.locator("> summary").click()
    return part


def press(phone, form: str):
    """Tap the button of a small form."""
    part = unfold(phone.page, form)
    with phone.page.expect_navigation():  # it looks first whether anybody answers
        phone.tap(part.locator("button").first)
    return phone.page


def typed(phone, form: str, name: str, words: str) -> None:
    unfold(phone.page, form).locator(f"[name={name}]").fill(words)


def letters(site, to: str):
    """Return the letters to an address, the newest first."""
    files = sorted((site.data / "letters").glob("*.eml"), reverse=True)
    read = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    return [letter.get_body(("plain",)).get_content() for letter in read if letter["To"] == to]


def sound(phone, *, js: bool) -> None:
    assert phone.overflow() == 0
    if js:
        assert phone.axe() == []


@WAYS
def test_heard_afterwards(phone, site, picture, js, tongue):
    sender = phone(js=js)
    reference = report_with(sender, tongue, picture)
    own = sender.page.url.replace(site.address, "")
    assert own.startswith(f"{tongue}/reports/{reference}?")
    assert sender.page.locator(".photos img").count() == 1
    sender.go(own)
    sound(sender, js=js)

    neighbour = phone(js=js)
    neighbour.go(f"{tongue}/reports/{reference}")
    sound(neighbour, js=js)
    press(neighbour, "/me-too")
    assert "/follow/" in neighbour.page.url
    sound(neighbour, js=js)

    friend, address = phone(js=js), f"bea{reference.lower()}@home.example"
    friend.go(f"{tongue}/reports/{reference}")
    typed(friend, "/follow", "email", address)
    press(friend, "/follow")
    site.wait_for(lambda: bool(letters(site, address)), 20)

    typed(sender, "/words", "words", "By a door.")
    press(sender, "/words")
    assert "By a door." in sender.page.inner_text("dl")

    with site.changing() as change:
        clerk = staff_actor(change, "streets")
        reports.transition(change, clerk, reference, "close", {"outcome": "fixed"})
    site.wait_for(lambda: "says=still_there" in letters(site, address)[0], 20)

    link = re.search(r"(/\w+/follow/\S+says=cannot_tell)", letters(site, address)[0])[1]
    friend.page.goto(site.address + link)
    if js:  # whoever tapped it in the letter need not tap again
        friend.page.wait_for_url("**thanks=fixed")
    else:
        press(friend, "/fixed")
    sender.go(own)
    sound(sender, js=js)
    part = sender.page.locator("form[action$='/fixed']")
    with sender.page.expect_navigation():
        sender.tap(part.locator("button[value=still_there]"))
    sound(sender, js=js)
    with site.changing() as view:
        found = reports.find(view, reference, accounts.SYSTEM)
        assert (found.status, found.verification, found.people) == ("accepted", "disputed", 2)
        assert list(reports.check_chains(view)) == []


def test_the_finished_work_is_shown_to_whoever_reported_it(phone, site, picture):
    sender = phone()
    reference = report_a_pothole(sender)
    desk = phone(width=1280, height=800)
    desk.sign_in("streets")
    desk.go(f"/staff/reports/{reference}")
    desk.tap(desk.page.locator("summary", has_text="Close"))
    desk.page.select_option("#close-outcome", "fixed")
    desk.page.locator("#close-photo").set_input_files(picture)
    sound(desk, js=True)
    desk.tap(desk.page.locator("button.step__look[value=close]"))  # first what the resident will read
    desk.tap(desk.page.locator(".preview button[name=verb]"))
    desk.page.locator(".timeline", has_text="Closed: Fixed").last.wait_for()
    sender.go(sender.page.url.replace(site.address, ""))
    assert sender.page.get_by_role("heading", name="The finished work").is_visible()
    assert sender.page.locator("img[alt='Photo 1 of the finished work']").count() == 1
