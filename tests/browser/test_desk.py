"""The desk in a real browser: by keyboard alone, at two widths, and a bulk step whose page follows it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from civicconnect import catalog, clock, reports, settings
from civicconnect.catalog import catalog as read
from civicconnect.reports import Report
from tests.browser.conftest import on
from tests.conftest import make_settings
from tests.factories import RESIDENT, new_report

pytestmark = pytest.mark.browser
MOST_KEYS = 12  # fewer than this a report


@pytest.fixture
def desk(phone):
    """A clerk of the lighting department, before a wide screen."""
    one = phone(width=1280, height=900)
    one.sign_in("lighting")
    return one


@pytest.fixture
def lamps(site):
    """Four dark lamps, whose references it returns in the order of the queue."""
    with settings.bound(make_settings(site.data, site.database)), site.changing() as change:
        made = [reports.submit(change, RESIDENT, new_report(service="street-light", description="Dark."))
                for _ in range(4)]
        assert catalog.templates(change, "street-light")
        return [one.reference for one in made]


def stands(site, reference):
    with site.changing() as view:
        report = view.scalars(select(Report).where(Report.reference == reference)).one()
        last = reports.timeline(view, report, internal=True)[-1]
        return report.status, report.outcome, report.assigned_to is not None, last.text.get("reason", "")


def test_open_assign_answer_close_next_takes_fewer_than_twelve_keys(desk, lamps, site):
    page, pressed = desk.page, 0

    def press(*keys: str) -> None:
        nonlocal pressed
        for key in keys:
            pressed += 1
            page.keyboard.press(key)

    desk.go("/staff/queue?q=dark")
    page.locator("tr[data-row]").first.wait_for()
    desk.until("document.querySelector('[data-component=keys]')")
    desk.page.wait_for_load_state("networkidle")
    first = page.locator("tr[data-row]").first.get_attribute("id")
    press("j")
    assert page.evaluate("document.activeElement.href").endswith(first)
    press("Enter")
    page.wait_for_url(f"**/staff/reports/{first}")
    page.wait_for_load_state("networkidle")
    press("a")
    page.locator(".queue__take").wait_for(state="detached")
    page.wait_for_load_state("networkidle")
    press("c")
    # Words to start from answer the resident, and say what came of it.
    assert page.evaluate("document.activeElement.name") == "template"
    press("l")
    press("Control+Enter")  # shows who is told, and what they read
    page.locator(".preview").wait_for()
    press("Control+Enter")
    page.get_by_text("Closed: Fixed").first.wait_for()
    page.wait_for_load_state("networkidle")
    press("n")
    page.wait_for_url(lambda address: not address.endswith(first) and "/staff/reports/" in address)
    assert pressed < MOST_KEYS, pressed
    status, outcome, is_assigned, words = stands(site, first)
    assert (status, outcome, is_assigned) == ("closed", "fixed", True)
    assert words.startswith("The light works again")
    assert page.url.rsplit("/", 1)[1] in lamps
    # In a field keys write, and do nothing else.
    page.wait_for_load_state("networkidle")
    page.locator("#note").press_sequentially("an nice note")
    assert page.locator("#note").input_value() == "an nice note"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    assert desk.axe() == []
    page.keyboard.press("Escape")
    press("g", "q")
    page.wait_for_url("**/staff/queue")


def test_a_bulk_step_is_followed_and_taken_back_without_a_reload(desk, lamps, site):
    page = desk.page
    desk.go("/staff/queue?q=dark")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Do something with the selected (2)").wait_for()
    page.keyboard.press("b")
    page.wait_for_url("**/staff/bulk/*")
    assert desk.axe() == []
    page.get_by_label("Set the priority").check()
    page.locator("#priority").select_option("urgent")
    page.get_by_role("button", name="Show what would change").click()
    assert desk.axe() == []
    page.get_by_role("button", name="Do it for 2 reports").click()
    page.get_by_text("2 changed").wait_for(timeout=60_000)
    page.get_by_role("button", name="Take it all back").click()
    page.get_by_text("2 put back").wait_for(timeout=60_000)
    with site.changing() as view:
        found = view.scalars(select(Report.priority).where(Report.reference.in_(lamps)))
        assert set(found) == {"normal"}
        assert read(view).services


@on("spatialite")
@pytest.mark.parametrize("width", [320, 1280])
def test_the_desk_is_accessible_in_each_form_and_at_each_width(desk, lamps, width):
    desk.page.set_viewport_size({"width": width, "height": 900})
    for path in ("/staff/queue", "/staff/queue?as=board&holder=nobody", "/staff/queue?as=map",
                 "/staff/queue?as=table", "/staff/views", "/staff/keys", "/staff/bulk"):
        desk.go(path)
        for summary in desk.page.locator("main summary").all():
            summary.click()
        assert desk.axe() == [], path
        assert desk.overflow() <= 0, path


@on("spatialite")
@pytest.mark.parametrize("tongue", ["es", "ru", "ar", "ur"])
def test_by_when_stays_within_a_small_screen_in_every_language(desk, lamps, site, tongue):
    with site.changing() as change:
        change.execute(update(Report).where(Report.reference.in_(lamps)).values(
            due_at=clock.now() - timedelta(days=100)))
    desk.page.set_viewport_size({"width": 360, "height": 640})
    desk.go(f"/{tongue}/staff/queue?q=dark")
    # Whether the widest word of the table stays within it, at either end of the line.
    assert desk.page.evaluate("(e => e.scrollWidth - e.clientWidth)(document.querySelector('.scroll'))") <= 0
    assert desk.page.evaluate("""[...document.querySelectorAll('.due')].every((due) => {
        const inner = due.getBoundingClientRect(), outer = due.closest('td').getBoundingClientRect();
        return inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
    })""")
