"""Without a connection: the form, drafts, the queue. The server is really stopped, and pages are closed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Error, Page, Route, expect
from sqlalchemy import select

from civicconnect import db, reports
from civicconnect.db import Database
from civicconnect.reports import Report
from tests.browser.conftest import Phone, free_port, on, wait_until_ready
from tests.offers import change_service, make_plain, question, stopper

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
FORM = "/en/report?lat=41.2&long=-33.4&service=pothole"
ARE_KEPT = """caches.keys().then(async (names) => {
  const kept = await Promise.all(["form", "phone", "offer"].map((part) => caches.match(`/kept/${part}`)));
  return kept.every((answer) => answer?.url.includes(LANGUAGE));
})"""


@dataclass
class Product:
    """The product on a port of its own, which a test starts and stops."""

    env: dict[str, str]
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, refusals: int = 0) -> None:
        """Start it; so many posts are answered with 503."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "shaky.py"), str(self.port), str(refusals)], env=self.env,
                stdout=log, stderr=log)
        wait_until_ready(self.address, self.log, [self.process], "/healthz")  # it has no worker

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def refused(self) -> int:
        return self.log.read_text().count("refused\n")


@pytest.fixture
def product(own_database, own_settings, tmp_path) -> Iterator[Product]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("CIVIC_")} | {
        "CIVIC_DATA": str(tmp_path), "CIVIC_DATABASE_URL": own_settings.database_url,
        "CIVIC_SECRET_KEY": "s" * 40, "CIVIC_CONTACT_KEY": "c" * 40, "CIVIC_POSTS_AN_HOUR": "10000"}
    with db.transaction() as change:
        make_plain(change)
        change_service(change, "road-sign", contact="none", photos=1, questions=[
            question("state", words="What is wrong?", options=("missing", "bent")),
            question("lean", words="Does it lean?", when=("state", "bent")),
        ], stopper=[stopper("Call us at once.", when=("state", "missing"), phone="555 0199")])
        change_service(change, "abandoned-vehicle", stopper=[stopper("Call the police.", phone="555 0110")])
    made = Product(env, free_port(), tmp_path / "log")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def handy(browser, product) -> Iterator[Phone]:
    """One person's phone that knows where it is."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, base_url=product.address, locale="en-GB",
        permissions=["geolocation"], geolocation={"latitude": 41.2, "longitude": -33.4})
    context.set_default_timeout(15000)
    one = Phone(context, None, product)
    context.on("page", lambda page: listen(one, page))
    yield one
    context.close()
    assert one.complaints == []


def listen(one: Phone, page: Page) -> None:
    # That nothing answers, and what a refusal's status is, the browser notes in its console.
    page.on("console", lambda m: one.complaints.append(f"{m.type}: {m.text}")
            if m.type in ("error", "warning") and "Failed to load resource" not in m.text else None)
    page.on("pageerror", lambda e: one.complaints.append(f"error: {e}"))
    page.on("request", lambda r: one.complaints.append(f"asked another host: {r.url}")
            if not r.url.startswith((one.site.address, "data:", "blob:")) else None)


def open_page(one: Phone, path: str) -> Page:
    one.page = one.context.new_page()
    one.page.goto(path)
    return one.page


def open_and_keep(one: Phone, path: str = "/en/") -> Page:
    """Open a page with a connection, and wait until the form is kept for later."""
    page = open_page(one, path)
    for _ in range(150):
        if page.evaluate(ARE_KEPT.replace("LANGUAGE", repr(path[:4]))):
            return page
        page.wait_for_timeout(100)
    raise AssertionError("the form is not kept for later")


def cut_off(one: Phone, product: Product) -> None:
    """Stop the product once every open page has what it asked for: a page cut off while it loads says so."""
    for page in one.context.pages:
        page.wait_for_load_state()
        Phone(one.context, page, one.site).until("performance.getEntriesByName('started').length")
    product.stop()


def picture(shade: int, size: tuple[int, int] = (800, 600)) -> dict[str, object]:
    out = BytesIO()
    Image.effect_noise(size, shade).convert("RGB").save(out, "JPEG")
    return {"name": f"{shade}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def choose(page: Page, service: str) -> None:
    page.get_by_label("Say it in a word").fill(service)
    page.locator(".services__link:visible", has_text=service).first.click()


def write_pothole(page: Page, words: str, photo: dict[str, object]) -> None:
    """Write a report into the form that needs no connection, with the phone's own position."""
    choose(page, "Pothole")
    page.get_by_role("button", name="Use my position").click()
    page.get_by_text("Your position goes with the report.").wait_for()
    page.get_by_label("Like a hand").check()
    page.get_by_label("Anything else").fill(words)
    page.get_by_label("Up to 3 photos (optional)").set_input_files(photo)
    page.get_by_role("button", name="Remove this photo").wait_for()


def send(page: Page) -> None:
    page.get_by_role("button", name="Send the report").click()


def states(page: Page) -> list[str]:
    return page.locator(".phone__state .status:visible").all_inner_texts()


def came_in(database: Database) -> list[tuple[str, int]]:
    """Return what the city has: of each report its words, and how many photos."""
    with db.bound(database), db.reading() as view:
        return sorted((report.description, len(reports.around(view, report).photos))
                      for report in view.scalars(select(Report)))


def test_three_reports_written_without_a_server_arrive_once_each(handy, product, own_database):
    open_and_keep(handy)
    cut_off(handy, product)
    for number in (1, 2, 3):
        page = handy.page
        began = time.monotonic()
        page.goto("/en/report")
        page.get_by_role("heading", name="What is it?").wait_for()
        assert time.monotonic() - began < 2
        size = (3000, 2000) if number == 1 else (800, 600)
        write_pothole(page, f"Hole {number}", picture(30 * number, size))
        send(page)
        page.get_by_role("heading", name="Your report is safe on this phone").wait_for()
    page.get_by_role("link", name="See what this phone holds").click()
    expect(page.locator(".phone__list > li")).to_have_count(3)
    assert states(page) == ["Waits to be sent"] * 3
    page.close()
    product.start(refusals=2)
    page = open_page(handy, "/en/")
    page.get_by_role("link", name="A report on this phone waits to be sent.").wait_for()
    for _ in range(400):
        if product.refused() == 2:
            break
        page.wait_for_timeout(100)
    assert product.refused() == 2
    page.close()
    page = open_page(handy, "/en/report/phone")
    expect(page.locator(".phone__list .status--accepted:visible")).to_have_count(3, timeout=60000)
    assert came_in(own_database) == [("Hole 1", 1), ("Hole 2", 1), ("Hole 3", 1)]
    page.locator(".phone__report").first.click()
    page.get_by_text(re.compile("Hole [123]")).first.wait_for()
    assert page.locator(".photos img").count() == 1


def test_an_answer_that_is_lost_doubles_nothing_in_two_tabs(handy, product, own_database):
    page = open_page(handy, FORM)
    page.get_by_label("Like a hand").check()
    page.get_by_label("Anything else").fill("Once.")
    page.get_by_label("Up to 3 photos (optional)").set_input_files(picture(50))

    def lose(route: Route) -> None:
        """Let the report through, and the answer not."""
        route.fetch()
        route.abort()

    handy.context.route("**/en/reports", lose)
    send(page)
    page.get_by_role("heading", name="Your report is safe on this phone").wait_for()
    assert came_in(own_database) == [("Once.", 1)]
    handy.context.unroute("**/en/reports")
    others = [open_page(handy, "/en/report/phone") for _ in range(2)]
    for other in others:
        other.get_by_role("button", name="Send now").click(no_wait_after=True)
    for other in others:
        other.get_by_text("Sent", exact=True).wait_for()
    assert came_in(own_database) == [("Once.", 1)]
    page.wait_for_url("**/en/reports/*")  # the form that waited shows the report


@on("spatialite")
def test_a_photo_that_is_small_only_after_send_was_pressed_takes_nothing_back(handy, product):
    open_and_keep(handy)
    cut_off(handy, product)
    page = handy.page
    page.goto("/en/report?lat=41.2&long=-33.4&service=pothole")
    page.get_by_label("Anything else").fill("In a hurry.")
    page.get_by_label("Up to 3 photos (optional)").set_input_files(picture(60, (3000, 2000)))
    send(page)
    page.get_by_role("heading", name="Your report is safe on this phone").wait_for()
    page.wait_for_timeout(2000)  # longer than making it small takes
    page.goto("/en/report/phone")
    page.locator(".phone__list > li").wait_for()
    assert states(page) == ["Waits to be sent"]


@on("spatialite")
def test_what_was_typed_comes_back_with_its_photos_until_it_is_sent(handy, own_database):
    page = open_page(handy, FORM)
    page.get_by_label("Like a dinner plate").check()
    page.get_by_label("Anything else").fill("Beside the crossing.")
    page.get_by_label("Up to 3 photos (optional)").set_input_files([picture(20), picture(60, (3000, 2000))])
    page.get_by_text("Your contact details (optional)").click()
    page.get_by_label("E-mail").fill("ana@home.example")
    page.get_by_text("Saved on this phone.").wait_for()
    handy.until("[...document.querySelector('#photo').files].every((file) => file.size < 2e6)")
    page.wait_for_timeout(1000)  # until it is kept as small as it became
    page.close()
    page = open_page(handy, "/en/")
    page.get_by_role("link", name="A report on this phone is not finished.").wait_for()
    page.goto(FORM)
    page.get_by_text("Saved on this phone.").wait_for()
    assert page.get_by_label("Anything else").input_value() == "Beside the crossing."
    assert page.get_by_label("Like a dinner plate").is_checked()
    assert page.get_by_label("E-mail").input_value() == "ana@home.example"
    expect(page.get_by_role("button", name="Remove this photo")).to_have_count(2)
    page.get_by_label("Remove this photo: 20.jpg").click()
    page.wait_for_timeout(800)
    page.reload()
    expect(page.get_by_role("button", name="Remove this photo")).to_have_count(1)
    send(page)
    page.get_by_role("heading", name="Thank you").wait_for()
    assert came_in(own_database) == [("Beside the crossing.", 1)]
    full = handy.context.request.get(page.locator(".photos a").get_attribute("href"))
    assert max(Image.open(BytesIO(full.body())).size) == 2048
    page.goto(FORM)
    assert page.get_by_label("Anything else").input_value() == ""
    page.goto("/en/report/phone")
    page.get_by_text("Sent", exact=True).wait_for()


@on("spatialite")
def test_what_was_typed_goes_along_to_another_place_and_another_service(handy, own_database):
    page = open_page(handy, FORM)
    page.get_by_label("Like a dinner plate").check()
    page.get_by_label("Anything else").fill("Beside the crossing.")
    page.get_by_label("Up to 3 photos (optional)").set_input_files(picture(30))
    page.get_by_text("Saved on this phone.").wait_for()
    page.locator("#place a").click()
    page.get_by_label("Street and number").fill("41.203, -33.401")
    page.keyboard.press("Enter")
    page.locator(".choices a").first.click()
    page.get_by_text("Saved on this phone.").wait_for()
    assert page.locator("[name=lat]").input_value() == "41.203"
    assert page.get_by_label("Anything else").input_value() == "Beside the crossing."
    assert page.get_by_label("Like a dinner plate").is_checked()
    page.get_by_role("link", name="Something else").click()
    page.get_by_label("Describe it in a few words").fill("road sign")
    page.locator(".services__link:visible", has_text="Road sign").first.click()
    page.get_by_text("Saved on this phone.").wait_for()
    assert page.get_by_label("Anything else").input_value() == "Beside the crossing."
    expect(page.get_by_role("button", name="Remove this photo")).to_have_count(1)
    page.get_by_label("Bent").check()
    page.locator("#answer-lean-no").check()
    send(page)
    page.get_by_role("heading", name="Thank you").wait_for()
    assert came_in(own_database) == [("Beside the crossing.", 1)]
    with db.bound(own_database), db.reading() as view:
        [report] = view.scalars(select(Report))
        assert reports.around(view, report).point.lat == pytest.approx(41.203)
    page.goto("/en/report/phone")
    page.get_by_text("Sent", exact=True).wait_for()
    assert states(page) == ["Sent"]


@on("spatialite")
@pytest.mark.parametrize("way", ["at once", "without a server"])
def test_what_is_sent_from_its_preview_leaves_no_draft_and_waits_like_any_other(
        handy, product, own_database, way):
    page = open_page(handy, FORM)
    page.get_by_label("Like a hand").check()
    page.get_by_label("Anything else").fill("Looked at first.")
    page.get_by_label("Up to 3 photos (optional)").set_input_files(picture(90))
    page.get_by_text("Saved on this phone.").wait_for()
    page.get_by_role("button", name="See what everybody will see").click()
    page.get_by_role("heading", name="What everybody will see").wait_for()
    page.wait_for_load_state("networkidle")
    assert not page.locator(".waiting").is_visible()  # it is being finished here
    if way != "at once":
        cut_off(handy, product)
    send(page)
    if way != "at once":
        page.get_by_role("heading", name="Your report is safe on this phone").wait_for()
        assert not page.get_by_role("heading", name="What everybody will see").is_visible()
        assert handy.axe() == []
        product.start()
        page = open_page(handy, "/en/report/phone")
        page.get_by_role("button", name="Send now").click()
    else:
        page.get_by_role("heading", name="Thank you").wait_for()
        page.goto("/en/report/phone")
    page.get_by_text("Sent", exact=True).wait_for()
    assert states(page) == ["Sent"]
    assert not page.locator(".waiting").is_visible()
    assert came_in(own_database) == [("Looked at first.", 1)]


@on("spatialite")
def test_what_was_typed_before_the_script_arrived_is_kept_too(handy):
    page, held = handy.context.new_page(), []
    handy.page = page
    page.route("**/js/components/draft.js", lambda route: held.append(route))
    with page.expect_request("**/js/components/draft.js"):
        page.goto(FORM, wait_until="commit")
    page.get_by_label("Anything else").fill("Quick.")
    page.get_by_label("Up to 3 photos (optional)").set_input_files(picture(40))
    [script] = held
    script.continue_()
    page.unroute("**/js/components/draft.js")
    page.get_by_text("Saved on this phone.").wait_for()
    page.reload()
    expect(page.get_by_role("button", name="Remove this photo")).to_have_count(1)
    assert page.get_by_label("Anything else").input_value() == "Quick."


@on("spatialite")
def test_a_draft_that_is_deleted_is_gone(handy):
    page = open_page(handy, FORM)
    page.get_by_label("Anything else").fill("Never mind.")
    page.get_by_text("Saved on this phone.").wait_for()
    with page.expect_navigation():
        page.get_by_role("button", name="Delete it").click()
    assert page.get_by_label("Anything else").input_value() == ""
    page.goto("/en/report/phone")
    page.get_by_text("There is nothing here yet.").wait_for()


@on("spatialite")
def test_what_the_server_refuses_is_shown_and_put_right(handy, product, own_database):
    open_and_keep(handy)
    cut_off(handy, product)
    page = handy.page
    page.goto("/en/report?lat=41.2&long=-33.4")
    choose(page, "Pothole")  # and the size is not answered
    page.get_by_label("Anything else").fill("Which size?")
    page.get_by_label("Up to 3 photos (optional)").set_input_files(picture(70))
    send(page)
    page.get_by_role("heading", name="Your report is safe on this phone").wait_for()
    page.close()
    product.start()
    page = open_page(handy, "/en/report/phone")
    page.get_by_role("button", name="Send now").click()
    page.get_by_text("Needs you", exact=True).wait_for()
    assert page.get_by_text("Choose one of these.").is_visible()
    assert page.get_by_role("link", name="A report on this phone needs you.").is_visible()
    assert handy.axe() == []
    page.get_by_role("link", name="Go on writing").click()
    page.get_by_role("alert").get_by_role("link", name="Choose one of these.").wait_for()
    assert handy.axe() == []
    page.get_by_label("Like a hand").check()
    send(page)
    page.get_by_role("heading", name="Thank you").wait_for()
    assert came_in(own_database) == [("Which size?", 1)]


@on("spatialite")
def test_what_the_server_refused_goes_along_to_another_language(handy, own_database):
    page = open_page(handy, "/en/report?lat=41.2&long=-33.4&service=pothole")
    page.get_by_label("Anything else").fill("Which size?")
    send(page)  # and the size is not answered
    page.get_by_role("alert").get_by_role("link", name="Choose one of these.").wait_for()
    page.get_by_role("link", name="Español").click()
    page.wait_for_url("**/es/report?**")
    expect(page.locator("#description")).to_have_value("Which size?")
    assert page.get_by_role("alert").count() == 0  # what was said in English
    page.locator("#answer-size-hand").check()
    page.get_by_role("button", name="Ver lo que verá todo el mundo").click()
    page.get_by_role("button", name="Polski").click()
    page.wait_for_url("**/pl/reports")
    assert page.get_by_text("Which size?").is_visible()
    assert handy.axe() == []
    page.locator("#turned > .govuk-button").first.click()
    page.wait_for_url("**/pl/reports/*")
    assert came_in(own_database) == [("Which size?", 0)]


@on("spatialite")
def test_questions_branch_and_stop_without_a_connection_too(handy, product):
    open_and_keep(handy)
    cut_off(handy, product)
    page = handy.page
    page.goto("/en/report?service=abandoned-vehicle")
    page.get_by_text("Call the police.").wait_for()
    assert not page.get_by_role("button", name="Send the report").is_visible()
    page.get_by_role("button", name="Something else").click()
    choose(page, "Road sign")
    page.get_by_label("Missing").check()
    page.get_by_role("link", name="Call 555 0199").wait_for()
    page.get_by_label("Bent").check()
    page.get_by_text("Does it lean?", exact=True).wait_for()
    assert page.get_by_text("This report is anonymous.").is_visible()
    assert not page.get_by_label("E-mail").is_visible()


@on("spatialite")
@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("ar", "light")])
def test_the_pages_without_a_connection_are_accessible_and_narrow(browser, handy, product, language, scheme):
    page = open_and_keep(handy, f"/{language}/")
    page.emulate_media(color_scheme=scheme)
    cut_off(handy, product)
    found = []

    def look() -> None:
        for width in (320, 360):
            page.set_viewport_size({"width": width, "height": 640})
            assert handy.overflow() <= 0
        found.extend(handy.axe())

    page.goto(f"/{language}/report")
    page.locator(".services__group").first.wait_for()
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    look()
    page.goto(f"/{language}/report?lat=41.2&long=-33.4&service=pothole")
    page.locator("#description").fill("…")
    page.locator(".saved__line").wait_for()
    look()
    page.locator(".away form > button").click()
    page.locator(".saved__waits").wait_for()
    look()
    page.goto("/es/reports")  # the language that was used last is what the phone has
    page.locator(".phone__list > li").wait_for()
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(".phone__away").is_visible()
    look()
    assert found == []


@on("spatialite")
def test_nothing_of_the_desk_and_nothing_personal_is_kept(handy, product):
    page = open_and_keep(handy, "/en/")
    page.goto(FORM)
    page.get_by_label("Like a hand").check()
    send(page)
    page.get_by_role("heading", name="Thank you").wait_for()
    page.goto("/en/sign-in")
    kept = page.evaluate("""caches.keys()
        .then((names) => Promise.all(names.map((name) => caches.open(name).then((cache) => cache.keys()))))
        .then((found) => found.flat().map((key) => new URL(key.url).pathname))""")
    assert kept
    assert {path for path in kept if not path.startswith(("/static/", "/kept/"))} <= {"/theme.css", "/logo"}
    cut_off(handy, product)
    with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
        page.goto("/en/staff/queue")


@on("spatialite")
def test_the_worker_sends_while_no_page_is_open(handy, product, own_database):
    handy.context.grant_permissions(["geolocation", "background-sync"])
    page = open_and_keep(handy)
    session = handy.context.new_cdp_session(page)
    registered: list[str] = []
    session.on("ServiceWorker.workerRegistrationUpdated",
               lambda event: registered.extend(r["registrationId"] for r in event["registrations"]))
    session.send("ServiceWorker.enable")
    cut_off(handy, product)
    page.goto("/en/report")
    write_pothole(page, "Asleep.", picture(80))
    send(page)
    page.get_by_role("heading", name="Your report is safe on this phone").wait_for()
    page.goto("about:blank")
    product.start()
    session.send("ServiceWorker.dispatchSyncEvent", {
        "origin": product.address, "registrationId": registered[0], "tag": "reports", "lastChance": False})
    for _ in range(100):
        if came_in(own_database):
            break
        page.wait_for_timeout(100)
    assert came_in(own_database) == [("Asleep.", 1)]
    page.goto("/en/report/phone")
    page.get_by_text("Sent", exact=True).wait_for()


@on("spatialite")
def test_a_new_release_takes_over_with_the_form_it_needs(handy, product):
    """Another file, another stamp: the new worker keeps the form anew before the old one leaves."""
    page = open_and_keep(handy)
    before = page.evaluate("caches.keys()")
    cut_off(handy, product)
    product.env["CIVIC_TEST_STAMP"] = "another"
    product.start()
    page.reload()
    for _ in range(100):
        if page.evaluate("caches.keys()") not in (before, []) and page.evaluate(
                ARE_KEPT.replace("LANGUAGE", "'/en/'")) and len(page.evaluate("caches.keys()")) == 1:
            break
        page.wait_for_timeout(100)
    assert page.evaluate("caches.keys()") == ["civic-another-1"]
    cut_off(handy, product)
    page.goto("/en/report")
    page.get_by_role("heading", name="What is it?").wait_for()
    choose(page, "Pothole")
    page.get_by_label("Like a hand").check()
