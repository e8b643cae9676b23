"""A round on a phone whose server is really stopped: each step arrives once, and both sides show."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error, expect

from civicconnect import catalog, clock, db, media, reports
from civicconnect.geo import Point
from civicconnect.reports import Round
from tests.browser.conftest import Phone, on
from tests.browser.test_offline import cut_off, handy, open_page, picture, product  # noqa: F401  fixtures
from tests.factories import RESIDENT, Staff, new_report, staff_actor

pytestmark = pytest.mark.browser
KEPT = "This round is on the phone"


@pytest.fixture
def references(own_database, own_settings, photo_file, tmp_path) -> list[str]:
    """Three stops of today's round of somebody of the streets department; the first one with a photo."""
    with photo_file.open("rb") as stream:
        photo = media.accept(media.Store(tmp_path / "photos"), stream, media.Limits(), field="photo")
    with db.transaction() as change:
        me = staff_actor(change, "streets")
        today = catalog.catalog(change).city.day(clock.now())
        round_ = reports.make_round(change, me, "streets", today, reports.staff_id_of(me),
                                    start=Point(41.2, -33.401))
        for n in range(3):
            new = new_report(point=Point(41.2, -33.4 + n / 1000), photos=(photo,) if n == 0 else ())
            reports.put_on_round(change, me, round_, reports.submit(change, RESIDENT, new).reference)
        reports.sort_round(change, me, round_)
        return [halt.report.reference for halt in reports.halts(change, me, round_)]


def sign_in(one: Phone) -> None:
    page, person = open_page(one, "/en/sign-in"), Staff.named("streets")
    page.fill("#email", person.email)
    page.fill("#password", person.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/queue")


def steps_of(reference: str) -> list[str]:
    """Return what stands on a report's timeline since it was put on the round."""
    with db.reading() as view:
        report = reports.find(view, reference, staff_actor(view, "supervisor"))
        return [entry.verb for entry in reports.timeline(view, report, internal=True)][3:]


def is_kept(page) -> bool:
    return bool(page.evaluate("caches.has('field')"))


def test_a_round_goes_on_without_a_server_and_each_step_arrives_once(
    handy, product, own_database, references  # noqa: F811  a fixture
):
    sign_in(handy)
    page = handy.page
    page.goto("/en/staff/round")
    page.get_by_text(KEPT).wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    assert handy.axe() == []
    assert handy.overflow() <= 0
    cut_off(handy, product)

    page.goto("/en/staff/round")
    page.get_by_text("No connection. What you do stays on the phone").wait_for()
    first, second, third = (page.locator(".stop", has_text=reference) for reference in references)
    assert first.locator(".photos img").evaluate("one => one.complete && one.naturalWidth > 0")
    shown = "one => one.decode().then(() => one.naturalWidth > 0)"
    assert page.locator(".round__map img").evaluate(shown)
    first.locator("summary", has_text="Map").click()
    assert first.locator(".report-map img").evaluate(shown)
    for button in page.locator(".stop button:visible, .stop summary:visible, .stop__ways a").all():
        assert button.bounding_box()["height"] >= 44
    first.get_by_role("button", name="Start").click()
    first.get_by_text("Being worked on", exact=True).wait_for()
    first.get_by_role("button", name="Finish").click()
    first.locator("summary", has_text="Photo").click()
    first.locator("[id$=any-photo]").set_input_files(picture(60))
    first.get_by_role("button", name="After the work").click()
    expect(first.locator(".step-line")).to_have_count(3)
    first.locator("summary", has_text="Close it").click()
    first.get_by_label("What came of it?").select_option("partly_fixed")
    first.get_by_role("button", name="Close it").click()  # and the words are missing: nothing is kept yet
    first.get_by_label("Start from").select_option(index=1)
    words = first.get_by_label("What the resident will read").input_value()
    assert words
    first.get_by_label("What the resident will read").fill(f"{words} The rest on Monday.")
    first.get_by_label("What came of it?").select_option("partly_fixed")
    first.get_by_role("button", name="Close it").click()
    second.get_by_role("button", name="Start").click()
    second.locator("summary", has_text="It cannot be done").click()
    second.get_by_role("button", name="Nothing there: close it").click()
    third.locator("summary", has_text="Close it").click()
    third.get_by_role("button", name="Close it").click()
    expect(page.locator(".step-line")).to_have_count(7)
    assert handy.axe() == []
    assert handy.overflow() <= 0
    page.reload()  # all of it is still there
    expect(page.locator(".step-line")).to_have_count(7)
    first.get_by_text("Closed", exact=True).first.wait_for()
    page.close()

    with db.transaction() as change:  # a colleague was faster
        reports.transition(change, staff_actor(change, "supervisor"), references[2], "close",
                           {"outcome": "no_action", "reason": "Private ground."})
    product.start(refusals=2)
    page = open_page(handy, "/en/staff/round")
    first, second, third = (page.locator(".stop", has_text=reference) for reference in references)
    third.get_by_text("What happened meanwhile").wait_for(timeout=60000)
    expect(page.locator(".round__count")).to_have_text("Needs you (1)", timeout=60000)
    assert product.refused() == 2
    assert steps_of(references[0]) == ["touch_start", "touch_finish", "photos", "close"]
    assert steps_of(references[1]) == ["touch_start", "touch_finish", "close"]
    assert steps_of(references[2]) == ["close"]
    assert "Private ground." in third.locator(".both__theirs").inner_text()
    assert third.locator(".both__mine").inner_text() == "Closed: Fixed"
    assert handy.axe() == []
    assert handy.overflow() <= 0
    third.get_by_role("button", name="Drop mine").click()  # without a reason: nothing happens
    third.get_by_label("Or drop mine").fill("She was faster.")
    third.get_by_role("button", name="Drop mine").click()
    page.locator(".round__queue").wait_for(state="hidden")
    assert steps_of(references[2]) == ["close", "field_drop"]
    page.reload()
    expect(page.locator(".step-line")).to_have_count(0)
    with db.reading() as view:
        assert view.query(Round).one().finished_at is not None
        assert len(reports.around(view, reports.find(
            view, references[0], staff_actor(view, "supervisor"))).finished) == 1

    page.get_by_text(KEPT).wait_for()
    assert is_kept(page)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/en/")
    assert not is_kept(page)
    cut_off(handy, product)
    with pytest.raises(Error, match="net::ERR_"):
        page.goto("/en/staff/round")


@on("spatialite")
def test_a_session_that_ended_keeps_what_was_done_and_asks_to_sign_in(
    handy, product, own_database, references  # noqa: F811  a fixture
):
    sign_in(handy)
    page = handy.page
    page.goto("/en/staff/round")
    page.get_by_text(KEPT).wait_for()
    handy.context.clear_cookies()
    page.locator(".stop").first.get_by_role("button", name="Start").click()
    page.get_by_text("Sign in again: what you did is kept.").wait_for()
    assert steps_of(references[0]) == []
    page.locator(".round__signin a").click()
    person = Staff.named("streets")
    page.fill("#email", person.email)
    page.fill("#password", person.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/round")
    page.get_by_text("Sent", exact=True).wait_for()
    expect(page.locator(".stop").first.get_by_role("button", name="Finish")).to_be_visible()
    assert steps_of(references[0]) == ["touch_start"]
    # What the server refuses is put right in its form, and is one step.
    stop = page.locator(".stop").first
    stop.locator("summary", has_text="Close it").click()
    stop.get_by_label("What came of it?").select_option("duplicate")
    stop.get_by_label("Reference of the report it repeats").fill("NOTHERE1")
    stop.get_by_role("button", name="Close it").click()
    stop.get_by_text("No other report has this reference.").wait_for()
    stop.get_by_role("button", name="Correct it").click()
    assert stop.get_by_label("Reference of the report it repeats").input_value() == "NOTHERE1"
    stop.get_by_label("What came of it?").select_option("fixed")
    assert not stop.get_by_label("Reference of the report it repeats").is_visible()
    stop.get_by_role("button", name="Close it").click()
    expect(stop.locator(".step-line .status--accepted:visible")).to_have_count(2)
    assert steps_of(references[0]) == ["touch_start", "touch_finish", "close"]
    # What is kept goes with the day.
    page.goto("/en/staff/rounds")  # or the page of the round would still be keeping itself
    page.evaluate("""caches.open("field").then((kept) => kept.put("/kept/round-until", new Response("1")))""")
    page.goto("/en/staff/rounds")
    handy.until("caches.has('field').then((is) => !is)")
