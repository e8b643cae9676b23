"""The map that moves under the finger: only for those who ask for it, and never in anybody's way."""

from __future__ import annotations

import io
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from civicconnect import geo, reports, settings
from civicconnect.web.extent import street_of
from tests.basemaps import make_basemap
from tests.browser.conftest import Phone, Site, on, running
from tests.browser.test_map import brightness_of
from tests.conftest import make_settings
from tests.factories import HERE, RESIDENT, new_report

pytestmark = [pytest.mark.browser, on("postgis")]
WHERE = "/report?service=pothole&lat=41.2&long=-33.4&look=1&zoom=16"
PATIENCE = 60_000  # milliseconds: software draws here, and the cores are shared
NO_WEBGL = """
const ask = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : ask.call(this, kind, ...rest);
};
"""
SAVES_DATA = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}});"


@pytest.fixture
def resident(phone):
    """A phone on the step that asks where, and what it asked for: `resident(color_scheme="dark")`."""
    made = []

    def make(script: str = "", where: str = WHERE, **options):
        one, asked = phone(**options), []
        made.append(one)
        one.page.on("request", lambda request: asked.append(request.url.removeprefix(one.site.address)))
        if script:
            one.page.add_init_script(script)
        one.go(where)
        one.page.wait_for_load_state("networkidle")
        return one, asked

    yield make
    for one in made:  # what the drawing software says about its own speed
        one.complaints[:] = [said for said in one.complaints if "GL Driver Message" not in said]


def button(one):
    return one.page.get_by_role("button", name="Use the full map")


def has_come(one) -> None:
    """Wait until the full map stands there, and nothing moves."""
    one.page.locator(".report-map--full").wait_for(timeout=PATIENCE)
    one.page.wait_for_load_state("networkidle")


def of_the_map(asked):
    return [path for path in asked if "maplibre" in path or path.startswith("/tiles/") or "full_map" in path]


def place_of(one) -> tuple[float, float, int]:
    """Return latitude, longitude and zoom of the page's address, which names a place that was chosen."""
    query = parse_qs(urlsplit(one.page.url).query)
    assert "look" not in query
    assert query["service"] == ["pothole"]
    return float(query["lat"][0]), float(query["long"][0]), int(query["zoom"][0])


def test_it_comes_only_when_asked_for_from_here_alone_and_says_what_it_is(resident):
    one, asked = resident()
    assert of_the_map(asked) == []
    button(one).click()
    has_come(one)
    found = of_the_map(asked)
    assert any("/maplibre-gl-worker.mjs" in path for path in found)
    assert any(path.startswith("/tiles/ground/15/") for path in found)
    assert any(path.startswith("/tiles/reports/15/") for path in found)
    assert not one.page.locator("input[type=image]").is_visible()
    assert not button(one).is_visible()
    label = one.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.startswith("Map. Arrow keys")
    assert one.axe() == []
    assert one.overflow() <= 0


def test_a_place_is_taken_by_keyboard(resident):
    one, _ = resident()
    button(one).focus()
    one.page.keyboard.press("Enter")
    has_come(one)
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        one.page.keyboard.press(key)
        one.page.wait_for_timeout(600)  # the map glides
    with one.page.expect_navigation(timeout=PATIENCE):
        one.page.keyboard.press("Enter")
    lat, long, zoom = place_of(one)
    assert 41.2005 < lat < 41.205
    assert -33.399 < long < -33.39
    assert zoom == 16
    assert one.page.locator("[name=description]").is_visible()


def test_a_finger_moves_it_and_a_button_takes_the_place(resident):
    one, _ = resident()
    button(one).click()
    has_come(one)
    one.page.get_by_role("button", name="Closer").click()
    one.page.wait_for_timeout(800)
    box = one.page.locator(".full-map canvas").bounding_box()
    one.page.mouse.click(box["x"] + box["width"] / 2 - 100, box["y"] + box["height"] / 2)
    one.page.wait_for_timeout(1500)
    with one.page.expect_navigation(timeout=PATIENCE):
        one.page.get_by_role("button", name="Take this place").click()
    lat, long, zoom = place_of(one)
    pixel = 360 / (512 * 2**16)  # of so many round the world
    assert long == pytest.approx(-33.4 - 100 * pixel, abs=2 * pixel)
    assert lat == pytest.approx(41.2, abs=2 * pixel)
    assert zoom == 17


def test_it_is_dark_where_the_phone_is(resident):
    one, _ = resident(color_scheme="dark")
    button(one).click()
    has_come(one)
    assert 10 < brightness_of(one.page.locator(".full-map canvas")) < 90


def test_without_webgl_the_drawn_map_stays_and_nothing_is_loaded_for_nothing(resident):
    one, asked = resident(NO_WEBGL)
    button(one).click()
    one.page.locator(".report-map__more").wait_for(state="hidden")
    drawing = one.page.locator("input[type=image]")
    assert drawing.evaluate("element => element === document.activeElement")
    assert [path for path in of_the_map(asked) if "/components/" not in path] == []
    one.tap(drawing, position={"x": 40, "y": 40})
    assert place_of(one)[2] == 16


@pytest.mark.parametrize("lost", ["**/vendor/maplibre/maplibre-gl.mjs", "**/tiles/ground/**"])
def test_where_a_part_of_it_is_lost_the_drawn_map_stays(resident, lost):
    one, _ = resident(service_workers="block")  # or it asks, and nobody can stop it
    one.page.route(lost, lambda route: route.abort())
    button(one).click()
    one.page.locator(".report-map__more").wait_for(state="hidden", timeout=PATIENCE)
    assert one.page.locator("input[type=image]").is_visible()
    assert one.page.locator(".full-map").count() == 0
    assert one.axe() == []
    one.complaints.clear()  # the browser notes in its console what was lost


def test_who_saves_data_or_runs_no_script_is_not_offered_it(resident):
    for one, _ in (resident(SAVES_DATA), resident(js=False)):
        assert one.page.locator("input[type=image]").is_visible()
        assert button(one).count() == 0


@pytest.mark.parametrize("width", [320, 1280])
def test_a_pin_can_be_moved_on_it_once_there_is_one_also_where_pages_begin_at_the_right(resident, width):
    one, _ = resident(where="/ar/report?lat=41.2&long=-33.4", width=width)
    one.page.locator("details:has(.report-map) summary").click()
    one.page.locator(".report-map__more button").click()
    has_come(one)
    assert one.axe() == []
    assert one.overflow() <= 0
    with one.page.expect_navigation(timeout=PATIENCE):
        one.page.locator(".full-map__take").click()
    query = parse_qs(urlsplit(one.page.url).query)
    assert (float(query["lat"][0]), float(query["long"][0])) == (41.2, -33.4)


@pytest.fixture
def city_with_map(engine, templates, tmp_path):
    """A product of its own, whose city has a street map."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "CIVIC_BASEMAP").write_text(str(make_basemap(tmp_path / "streets.pmtiles")))
    with templates(engine).copy(tmp_path) as url, running(tmp_path, url) as address:
        yield Site(address, tmp_path, url)


@pytest.mark.parametrize("way", ["well", "with its tiles lost"])
def test_a_city_with_a_street_map_shows_it_and_without_its_tiles_our_own(browser, city_with_map, way):
    context = browser.new_context(viewport={"width": 360, "height": 640}, service_workers="block")
    one, asked, said = Phone(context, context.new_page(), city_with_map), [], []
    one.page.on("request", lambda request: asked.append(request.url.removeprefix(one.site.address)))
    one.page.on("console", lambda message: said.append(message.text))
    if way != "well":
        one.page.route("**/tiles/basemap/**", lambda route: route.fulfill(status=503))
    one.go(WHERE)
    one.page.wait_for_load_state("networkidle")
    assert of_the_map(asked) == []
    button(one).click()
    has_come(one)
    tiles = [path for path in asked if path.startswith("/tiles/")]
    assert any(path.startswith("/tiles/basemap/15/") and "?v=" in path for path in tiles)
    assert any(path.startswith("/tiles/ground/") for path in tiles) is (way != "well")
    credit = one.page.get_by_text("© The map makers & friends")
    assert credit.count() == (1 if way == "well" else 0)
    assert [path for path in asked if not path.startswith(("/", "blob:", "data:"))] == []
    assert [words for words in said if "Content Security Policy" in words] == []
    assert one.axe() == []
    picture = one.page.locator(".full-map canvas").screenshot()
    context.close()
    if way == "well":
        (city_with_map.data / "seen.png").write_bytes(picture)
        # The archive's street runs from west to east through the middle of each tile, its park is green.
        colours = set(Image.open(io.BytesIO(picture)).convert("RGB").getdata())
        assert {(255, 233, 176), (188, 220, 234), (216, 232, 207)} & colours


def test_all_places_of_a_report_are_marked_on_its_full_map(phone, site):
    with settings.bound(make_settings(site.data, site.database)), site.changing() as change:
        start = geo.somewhere(change, HERE)
        other = geo.somewhere(change, geo.Point(HERE.lat + 0.004, HERE.long))
        street = street_of(start.label)
        reference = reports.submit(change, RESIDENT, new_report(
            address=f"All along {street} · {other.label}", also=(other,), along=street)).reference
    one = phone()
    one.go(f"/reports/{reference}")
    words = f"Map with these places marked: All along {street} · {other.label}"
    drawing = one.page.get_by_role("img", name=words)
    assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth)") == 360
    button(one).click()
    has_come(one)
    pins = one.page.locator(".maplibregl-marker")
    assert pins.count() == 2
    stage = one.page.locator(".full-map").bounding_box()
    for box in (pin.bounding_box() for pin in pins.all()):
        assert stage["x"] <= box["x"] <= stage["x"] + stage["width"] - box["width"]
        assert stage["y"] <= box["y"] <= stage["y"] + stage["height"] - box["height"]
    assert one.page.get_by_role("img", name=other.label).count() >= 1
    red = Image.open(io.BytesIO(one.page.locator(".full-map canvas").screenshot())).convert("RGB")
    assert any(r > 180 and g < 150 and b < 140 for r, g, b in red.getdata()), "the street is not marked"
    assert not one.page.locator(".full-map__take").count()
    assert one.axe() == []
    assert one.overflow() <= 0
    one.complaints[:] = [said for said in one.complaints if "GL Driver Message" not in said]
