"""The resident's pages: accessible, no wider than a small phone, light, under the strict policy."""

from __future__ import annotations

import pytest

from tests.browser.conftest import on

pytestmark = [pytest.mark.browser, on("postgis")]
FORM = "/report?lat=41.2&long=-33.4&service=pothole"
RESIDENT = ["/", "/report", "/report?lat=41.2&long=-33.4", FORM,
            "/report?lat=41.2&long=-33.4&words=hole+in+road", "/report?q=weir", "/reports", "/performance",
            "/performance/suggestion", "/data", "/sign-in", "/privacy", "/terms", "/accessibility",
            "/report/offline", "/report/phone"]


def problems(phone, path: str) -> list[str]:
    phone.page.set_viewport_size({"width": 320, "height": 640})
    phone.go(path)
    found = [f"{path}: {words}" for words in phone.axe()]
    return found + ([f"{path}: {phone.overflow()} px too wide"] if phone.overflow() > 0 else [])


@pytest.fixture(scope="module")
def reference(site, browser) -> str:
    """A report with everything a page can show."""
    context = browser.new_context(base_url=site.address)
    page = context.new_page()
    page.goto("/report?lat=41.2&long=-33.4&service=pothole")
    page.get_by_label("Like a dinner plate").check()
    page.get_by_label("Anything else").fill("averyveryverylongwordwithoutanybreak" * 6)
    page.get_by_role("button", name="Send the report").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    found = page.url.split("/")[-1].split("?")[0]
    context.close()
    return found


# What test_every_page.py opens once, here in its steps and by night. Colours are the same in every language.
@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("ar", "light")])
def test_residents_pages_are_accessible_and_narrow(phone, site, reference, language, scheme):
    site.wait_for(lambda: site.row("/data/reports.csv", reference) is not None, 60)
    visitor = phone(color_scheme=scheme)
    paths = [*RESIDENT, f"/reports/{reference}", f"/reports/{reference}?sent=1"]
    assert [p for path in paths for p in problems(visitor, f"/{language}{path}")] == []


def test_a_table_is_read_on_a_phone_row_by_row_and_no_name_is_broken(phone):
    visitor = phone(width=320)
    visitor.go("/es/languages")
    names = visitor.page.locator(".stack tbody th")
    tall = names.evaluate_all("them => them.filter((e) => e.offsetHeight > 48).map((e) => e.innerText)")
    assert (names.count() > 5, tall) == (True, [])
    assert visitor.page.locator(".stack thead").evaluate("e => e.offsetWidth") <= 1


def test_refusals_are_pages_too(phone):
    visitor = phone()
    for path, status in (("/reports/NOTHERE1", 404), ("/report?lat=0&long=0", 422), ("/nowhere", 404)):
        assert visitor.page.goto(path).status == status
        assert visitor.axe() == []
        assert visitor.overflow() <= 0
    visitor.complaints.clear()  # the browser notes each status in its console


@pytest.mark.parametrize(("path", "most"), [("/report", 45), (FORM, 45)])
def test_the_first_load_of_the_form_weighs_at_most_45_kilobytes(phone, path, most):
    """Bytes as they travel, compressed, headers included; nothing is in the cache yet."""
    visitor = phone()
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("Network.enable")
    sizes: dict[str, float] = {}
    named: dict[str, str] = {}
    session.on("Network.requestWillBeSent",
               lambda event: named.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished",
               lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    visitor.go(path)
    visitor.page.wait_for_load_state("networkidle")
    assert len(sizes) >= 5
    told = "\n".join(f"{size / 1024:6.1f} KB {named[key]}" for key, size in sizes.items())
    scripts = sum(size for key, size in sizes.items() if "/static/" in named[key] and "/js/" in named[key])
    assert sum(sizes.values()) <= most * 1024, told
    assert scripts <= 10 * 1024, told
