"""Without a mouse, without eyes, with a thumb: a place is pinned and a report sent by keys, everything has a
name in the order of the page, and what is pressed is large enough."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import on
from tests.browser.test_journey import tab_to

pytestmark = [pytest.mark.browser, on("spatialite")]
SENT = re.compile(r"/reports/[0-9A-Z]{8}\?.*sent=1")
PRESSED = {"button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "DisclosureTriangle"}
LEAST = 44  # CSS pixels: WCAG 2.2, 2.5.5
RESIDENT = ["/", "/report", "/report?lat=41.2&long=-33.4", "/report?lat=41.2&long=-33.4&service=pothole",
            "/reports", "/map", "/report/photo", "/me"]

UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
# A link in a sentence is as tall as its line; 2.5.5 leaves it out, and what the browser draws itself.
SMALL = """least => {
  const seen = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const inWords = (e) => e.tagName === "A" && getComputedStyle(e).display === "inline"
    && [...e.parentElement.childNodes].some((n) => n !== e && n.textContent.trim());
  const pressed = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  return [...document.querySelectorAll(pressed)].filter((e) => seen(e) && !inWords(e)
      && !e.closest(".trap, .govuk-visually-hidden, svg") && !e.matches(".govuk-skip-link")).flatMap((e) => {
    // Where a link covers all of what it stands in, that is what a thumb hits.
    const cover = getComputedStyle(e, "::after").position === "absolute" ? [e.offsetParent] : [];
    const boxes = [e, ...cover, ...(e.labels || [])].map((one) => one.getBoundingClientRect())
      .filter((b) => b.width);
    const height = Math.max(...boxes.map((b) => b.height)), width = Math.max(...boxes.map((b) => b.width));
    const name = `${e.tagName} ${(e.textContent || e.name || "").trim().slice(0, 30)} ${e.className}`;
    return Math.round(height) >= least && Math.round(width) >= least ? []
      : [`${name}: ${Math.round(width)} x ${Math.round(height)}`];
  });
}"""


def spoken(phone) -> list[tuple[str, str]]:
    """Return role and name of all that a screen reader reads out, in its order."""
    session = phone.context.new_cdp_session(phone.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    found = {node["nodeId"]: node for node in nodes}
    told: list[tuple[str, str]] = []

    def walk(node) -> None:
        if not node.get("ignored"):
            told.append((node["role"]["value"], node.get("name", {}).get("value", "").strip()))
        for child in node.get("childIds", []):
            if child in found:
                walk(found[child])

    walk(nodes[0])
    return told


def test_a_pin_is_set_and_a_report_sent_by_keys_alone(phone):
    one = phone(width=1280, height=800)
    page = one.page
    one.go("/report")
    tab_to(page, page.get_by_role("button", name="Closer", exact=True).first)
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    tab_to(page, page.locator("input[name=pin]"))
    page.keyboard.press("Enter")  # takes the middle of the map
    page.wait_for_url("**lat=*")
    page.wait_for_load_state()
    pothole = page.locator("a.services__link", has_text=re.compile("^Pothole$"))
    if not pothole.is_visible():
        tab_to(page, page.locator("details.services__group", has=pothole).locator("summary"))
        page.keyboard.press("Enter")
    tab_to(page, pothole)
    page.keyboard.press("Enter")
    page.wait_for_url("**service=pothole*")
    tab_to(page, page.get_by_label("Like a hand"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Send the report"))
    page.keyboard.press("Enter")
    page.wait_for_url(SENT)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_screen_reader_meets_everything_by_name_and_the_place_before_what_follows_from_it(phone, language):
    one = phone()
    one.go(f"/{language}/report?lat=41.2&long=-33.4")
    steps = {}
    for path in ("/report", "/report?lat=41.2&long=-33.4", "/report?lat=41.2&long=-33.4&service=pothole"):
        one.go(f"/{language}{path}")
        steps[path] = told = spoken(one)
        assert [(role, name) for role, name in told if role in PRESSED and not name] == []
        roles = [role for role, _ in told]
        assert roles.index("banner") < roles.index("main") < roles.index("contentinfo")
        first_heading = roles.index("heading")
        assert roles.index("main") < first_heading
    where = [role for role, _ in steps["/report"]]
    # The search for an address comes before the map, and the map before its buttons: none needs eyes.
    pin = [n for n, (role, name) in enumerate(steps["/report"]) if role == "button" and name.count(" ") > 2]
    assert where.index("textbox") < pin[0]
    last = steps["/report?lat=41.2&long=-33.4&service=pothole"]
    asked = [n for n, (role, _) in enumerate(last) if role == "radio"]
    buttons = [n for n, (role, _) in enumerate(last) if role == "button"]
    assert asked
    assert asked[-1] < buttons[-1]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_a_thumb_presses_is_large_enough(phone, language):
    one = phone()
    found = []
    for path in RESIDENT:
        one.go(f"/{language}{path}")
        one.page.evaluate(UNFOLD)
        found += [f"{path}: {words}" for words in one.page.evaluate(SMALL, LEAST)]
    assert not found, "\n".join(found)
