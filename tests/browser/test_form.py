"""The form's improvements in a real browser: questions that branch, several photos, a storm, the search."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from civicconnect.catalog.models import CityRow
from tests.browser.conftest import on
from tests.offers import change_city, change_service, give_back, make_plain, offer_of, question, stopper

pytestmark = [pytest.mark.browser, on("spatialite")]
FORM = "/report?lat=41.2&long=-33.4&service="
STORM = {"on": True, "begins": "", "ends": "", "words": {"en": "Stay inside.", "ar": "ابقوا."}}
BANNER = {"words": {"en": "Closed on Monday.", "ar": "مغلق."}, "link": "/terms",
          "begins": "", "ends": ""}
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 3"><path d="M0 0h9v3H0z"/></svg>'


@pytest.fixture(scope="module", autouse=True)
def offer(site) -> Iterator[None]:
    """A city that wishes for nothing but this: a service that branches, one that stops, one kept back."""
    with site.changing() as change:
        before = offer_of(change)
        make_plain(change)
        change_service(change, "road-sign", visibility="private", contact="needed", icon="sign", questions=[
            question("state", words="What is wrong?", options=("missing", "bent")),
            question("lean", words="Does it lean?", when=("state", "bent")),
            question("car", words="Can a car pass?", when=("lean", "yes"), required=False),
        ], stopper=[stopper("Call us at once.", when=("state", "missing"), phone="555 0199", link="/terms")])
        change_service(change, "abandoned-vehicle", stopper=[stopper("Call the police.", phone="555 0110")])
        change_service(change, "graffiti", place="rounded", text="internal", contact="none", photos=1)
    yield
    with site.changing() as change:
        give_back(change, before)


def picture(shade: int, size: tuple[int, int] = (640, 480)) -> dict[str, object]:
    out = BytesIO()
    Image.new("RGB", size, (shade, 80, 60)).save(out, "JPEG")
    return {"name": f"{shade}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_a_question_appears_with_its_answer_and_goes_with_it(phone):
    resident = phone()
    resident.go(FORM + "road-sign")
    page = resident.page
    page.wait_for_selector(".question[hidden]", state="attached")
    assert not page.get_by_text("Does it lean?", exact=True).is_visible()
    page.get_by_label("Bent").check()
    assert page.get_by_text("Does it lean?", exact=True).is_visible()
    assert not page.get_by_text("Only if you answered").first.is_visible()
    page.locator("#answer-lean-yes").check()
    assert page.get_by_text("Can a car pass?").is_visible()
    page.get_by_label("Missing").check()  # hides the second question, and with it what hangs on it
    assert not page.get_by_text("Can a car pass?").is_visible()
    assert page.get_by_role("link", name="Call 555 0199").is_visible()
    assert resident.axe() == []


def test_an_answer_that_stops_is_refused_without_a_script_too(phone):
    resident = phone(js=False)
    resident.go(FORM + "road-sign")
    page = resident.page
    assert page.get_by_text("Only if you answered “Bent” to “What is wrong?”").is_visible()
    page.get_by_label("Missing").check()
    page.get_by_label("Anything else").fill("Keep me.")
    page.get_by_role("button", name="Send the report").click()
    assert page.get_by_role("link", name="Call 555 0199").is_visible()
    assert page.get_by_label("Anything else").input_value() == "Keep me."
    resident.complaints.clear()  # the browser notes the 422 in its console


def test_photos_are_gathered_shrunk_taken_out_and_sent(phone):
    resident = phone()
    resident.go(FORM + "pothole")
    page = resident.page
    field = page.get_by_label("Up to 3 photos (optional)")
    field.set_input_files(picture(10, (3000, 2000)))
    page.get_by_label("Remove this photo: 10.jpg").wait_for()
    field.set_input_files([picture(90), picture(170), picture(250)])  # one too many
    page.get_by_text("At most 3 photos go with this report.").wait_for()
    assert page.get_by_role("button", name="Remove this photo").count() == 3
    assert resident.axe() == []
    page.get_by_label("Remove this photo: 90.jpg").click()
    resident.until("document.querySelector('#photo').files.length === 2")
    page.get_by_label("Like a hand").check()
    page.get_by_role("button", name="Send the report").click()
    page.wait_for_url("**/reports/*")
    shown = page.locator(".photos img")
    assert shown.count() == 2
    assert shown.first.evaluate("i => i.decode().then(() => i.naturalWidth)") > 100
    full = resident.context.request.get(page.locator(".photos a").first.get_attribute("href"))
    assert max(Image.open(BytesIO(full.body())).size) == 2048


def test_a_photo_chosen_before_the_script_arrived_is_gathered_too(phone):
    resident = phone()
    page, held = resident.page, []
    page.route("**/js/components/photo.js", lambda route: held.append(route))
    with page.expect_request("**/js/components/photo.js"):
        page.goto(resident.site.address + FORM + "pothole", wait_until="commit")
    page.get_by_label("Up to 3 photos (optional)").set_input_files(picture(10, (3000, 2000)))
    [script] = held
    script.continue_()
    page.get_by_label("Remove this photo: 10.jpg").wait_for()


def test_only_who_sent_it_sees_a_private_report(phone):
    resident, stranger = phone(), phone()
    resident.go(FORM + "road-sign")
    page = resident.page
    page.get_by_label("Bent").check()
    page.locator("#answer-lean-no").check()
    page.get_by_label("Telephone").fill("555 0101")
    page.get_by_label("Up to 3 photos (optional)").set_input_files(picture(40))
    page.get_by_role("button", name="Send the report").click()
    page.wait_for_url("**/reports/*")
    assert page.get_by_text("Only you see this page: keep its address.").is_visible()
    assert page.locator(".photos img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 100
    assert resident.axe() == []
    assert stranger.page.goto(page.url.split("?")[0]).status == 404
    assert stranger.page.get_by_label("Reference of the report").is_visible()
    stranger.complaints.clear()  # the browser notes the 404 in its console


def test_a_word_finds_the_service(phone):
    resident = phone()
    resident.go("/report?lat=41.2&long=-33.4")
    page = resident.page
    field = page.get_by_label("Describe it in a few words")
    field.fill("crater")  # a keyword, nowhere in the list
    page.get_by_text("Fitting: 1").wait_for()
    assert page.locator(".services__link:visible").all_inner_texts() == ["Pothole"]
    assert resident.axe() == []
    field.fill("qzxjk")
    page.get_by_text("Nothing fits these words").wait_for()
    assert page.locator(".services__group:visible").count() > 3
    assert page.locator(".services__list > li[hidden]").count() == 0
    field.fill("pothole")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Pothole", level=1).wait_for()


def test_words_bring_suggestions_while_they_are_typed_and_go_along(phone):
    resident = phone(width=320)
    resident.go("/report?lat=41.2&long=-33.4")
    page = resident.page
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/report/suggestions" in r.url else None)
    field = page.get_by_label("Describe it in a few words")
    field.press_sequentially("there is a deep hole in our road", delay=10)
    suggestion = page.get_by_role("region", name="This may be it").get_by_role("link").first
    suggestion.wait_for()
    assert suggestion.inner_text() == "Pothole"
    assert page.get_by_role("status").inner_text().startswith("Suggested: ")
    assert len(asked) <= 3  # not at every key
    assert page.locator(".services__all .services__group:visible").count() > 3  # the list stays
    assert resident.axe() == []
    assert resident.overflow() <= 0
    resident.tap(suggestion)
    assert resident.taps == 1
    assert page.get_by_label("Anything else").input_value() == "there is a deep hole in our road"
    resident.tap(page.get_by_role("link", name="Something else"))
    assert field.input_value() == "there is a deep hole in our road"


def test_typed_words_go_along_with_a_service_that_was_not_suggested(phone):
    resident = phone()
    resident.go("/report?lat=41.2&long=-33.4")
    page = resident.page
    page.get_by_label("Describe it in a few words").fill("a deep hole in the road")
    page.get_by_role("region", name="This may be it").wait_for()
    graffiti = page.get_by_text("Graffiti", exact=True)
    page.locator("details.services__group", has=graffiti).locator("summary").click()
    graffiti.click()
    page.get_by_role("heading", name="Graffiti", level=1).wait_for()
    assert page.get_by_label("Anything else").input_value() == "a deep hole in the road"


def test_the_keyboard_reaches_a_suggestion_and_clearing_the_field_takes_it_away(phone):
    resident = phone()
    resident.go("/report?lat=41.2&long=-33.4")
    page = resident.page
    field = page.get_by_label("Describe it in a few words")
    field.fill("a deep hole in the road")
    page.get_by_role("region", name="This may be it").wait_for()
    field.fill("")
    page.get_by_role("region", name="This may be it").wait_for(state="detached")
    assert page.get_by_role("status").inner_text() == ""
    field.fill("a deep hole in the road")
    page.keyboard.press("Enter")  # at once: it asks, and goes to the first
    page.locator(".services__suggested a:focus").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Pothole", level=1).wait_for()


def test_without_a_connection_the_list_is_still_there(phone):
    resident = phone()
    resident.go("/report?lat=41.2&long=-33.4")
    page = resident.page
    page.route("**/report/suggestions*", lambda route: route.abort())
    page.get_by_label("Describe it in a few words").fill("a deep hole in the road")
    page.get_by_text("Nothing fits these words").wait_for()
    assert page.locator(".services__all .services__group:visible").count() > 3
    resident.complaints.clear()  # the browser notes the failure in its console


def test_suggestions_come_without_a_script_too(phone):
    resident = phone(js=False, width=320)
    resident.go("/report?lat=41.2&long=-33.4")
    page = resident.page
    page.get_by_label("Describe it in a few words").fill("a deep hole in the road")
    page.get_by_role("button", name="Suggest").click()
    page.get_by_role("region", name="This may be it").get_by_role("link", name="Pothole").click()
    assert page.get_by_label("Anything else").input_value() == "a deep hole in the road"


@pytest.fixture
def storm(site) -> Iterator[None]:
    """A storm, with everything that a city can put around a page."""
    with site.changing() as change:
        before = offer_of(change)
        city = change.query(CityRow).one()
        city.logo_name, city.logo = "logo.svg", LOGO
        change_city(change, storm=STORM, banner=[BANNER], colours={"brand": "#7a1f5c", "link": "#7a1f5c"})
        change_service(change, "tree", storm="stays", icon="tree")
    yield
    with site.changing() as change:
        give_back(change, before)


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("en", "dark"), ("ar", "dark")])
def test_in_a_storm_pages_say_so_and_stay_accessible_in_the_city_s_colours(phone, storm, language, scheme):
    resident = phone(color_scheme=scheme, width=320)
    found = []
    for path in ("/", "/report?lat=41.2&long=-33.4", FORM + "tree", FORM + "pothole",
                 "/report?service=abandoned-vehicle"):
        resident.go(f"/{language}{path}")
        assert STORM["words"][language] in resident.page.inner_text(".announcements")
        found += [f"{path}: {words}" for words in resident.axe()]
        assert resident.overflow() <= 0
    assert found == []
    logo = resident.page.locator(".site-header img")
    assert logo.evaluate("i => i.decode().then(() => i.naturalWidth)") > 0


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_special_forms_are_accessible_and_narrow(phone, language):
    resident = phone(width=320)
    for path in (FORM + "road-sign", FORM + "graffiti", FORM + "abandoned-vehicle"):
        resident.go(f"/{language}{path}")
        assert resident.axe() == []
        assert resident.overflow() <= 0


def test_a_printed_report_keeps_the_map_and_leaves_out_the_ways_around(phone):
    resident = phone()
    resident.go(FORM + "pothole")
    resident.page.get_by_label("Like a hand").check()
    resident.page.get_by_role("button", name="Send the report").click()
    resident.page.wait_for_url("**/reports/*")
    resident.page.emulate_media(media="print")
    assert resident.page.get_by_alt_text("Map of the place").is_visible()
    assert not resident.page.get_by_role("navigation", name="Main").is_visible()
    assert not resident.page.get_by_text("Report something else here").is_visible()
