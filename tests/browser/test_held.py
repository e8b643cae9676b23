"""What is pressed about a report while the server is stopped stays as typed, and goes once it is back."""

from __future__ import annotations

import pytest

from civicconnect import accounts, db, media, reports
from civicconnect.accounts import ContactDetails
from tests.browser.test_afterwards import unfold
from tests.browser.test_offline import cut_off, handy, open_page, product  # noqa: F401  fixtures
from tests.factories import RESIDENT, new_report, staff_actor

pytestmark = pytest.mark.browser


def test_me_too_follow_still_there_and_redact_are_pressed_without_a_server_and_count_once(
    browser, handy, product, own_database, photo_file, tmp_path  # noqa: F811  fixtures
):
    with db.transaction() as change:
        with photo_file.open("rb") as stream:
            photo = media.accept(media.Store(tmp_path / "photos"), stream, media.Limits(), field="photo")
        make = [reports.submit(change, RESIDENT, new_report(
            description="Ana Lopez lives there.", photos=(photo,), contact=ContactDetails(email=email)
        )).reference for email in ("a@home.example", "b@home.example", "c@home.example", "d@home.example")]
        joined, followed, closed, told = (reports.find(change, one, accounts.SYSTEM) for one in make)
        reports.transition(change, staff_actor(change, "streets"), closed.reference, "close",
                           {"outcome": "fixed"})
        keys = {one: reports.key_of(reports.sender(change, one)) for one in (closed, told)}
        ways = [(f"/ar/reports/{joined.reference}", "/me-too", {}, ""),
                (f"/en/reports/{followed.reference}", "/follow", {"email": "eve@home.example"}, ""),
                (f"/en/follow/{keys[closed]}", "/fixed", {}, "[value=still_there]"),
                (f"/ar/follow/{keys[told]}", "/words", {"words": "Somebody lives there."}, "")]
    pages = []
    for address, form, given, which in ways:
        pages.append((open_page(handy, address), form, given, which))
    cut_off(handy, product)
    for page, form, given, which in pages:
        page.bring_to_front()
        part = unfold(page, form)
        for name, words in given.items():
            part.locator(f"[name={name}]").fill(words)
        part.locator(f"button{which}").first.click()
        said = page.locator(f"form[action$='{form}'] > .govuk-inset-text[role=status]")
        said.wait_for()
        if form == "/words":
            assert page.locator("#words-1-words").input_value() == "Somebody lives there."
        handy.page = page
        assert handy.axe() == []
        assert handy.overflow() <= 0
    product.start()
    for page, *_ in pages:
        page.locator(".govuk-notification-banner--success").wait_for(timeout=30_000)
    with db.reading() as view:
        found = [reports.find(view, one, accounts.SYSTEM) for one in make]
        assert [one.people for one in found] == [2, 1, 1, 1]
        assert (found[2].status, found[2].verification) == ("accepted", "disputed")
        assert found[3].description == "Somebody lives there."
        assert reports.circle(view, staff_actor(view, "supervisor"), found[1]).people == 2
        assert [[e.verb for e in reports.timeline(view, one, internal=True)][2:] for one in found] == [
            ["support"], [], ["close", "answer", "dispute"], ["erase"]]
        assert list(reports.check_chains(view)) == []
