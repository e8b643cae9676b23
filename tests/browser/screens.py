"""Pictures of every page of the demo, small and large, light and dark, for docs/screens.

    civic run                                      # in another window
    python -m tests.browser.screens var docs/screens
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import QUIET

WIDTHS = {360: 640, 1280: 800}
TALLEST = 1600  # of a picture; the rest of a long list shows nothing new
PLACE = "lat=41.2&long=-33.4"
PAGES = {
    "home": "/", "where": "/report", "found": "/report?q=street+12", "what": f"/report?{PLACE}",
    "details": f"/report?{PLACE}&service=pothole", "report": "/reports/{reference}",
    "reports": "/reports?status=open", "map": "/map", "performance": "/performance", "data": "/data",
    "privacy": "/privacy", "terms": "/terms", "accessibility": "/accessibility", "sign-in": "/sign-in",
    "not-found": "/reports/NOTHERE1", "refused": "/report?lat=0&long=0", "home-es": "/es/", "home-pt": "/pt/",
    "what-ar": f"/ar/report?{PLACE}",
}
STAFF = {"queue": "/staff/queue", "staff-report": "/staff/reports/{reference}", "counter": "/staff/new",
         "inbox": "/staff/inbox"}


def take(page: Page, file: Path) -> None:
    """Keep a picture of the page as it stands."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    picture.crop((0, 0, picture.width, min(picture.height, TALLEST))).save(file, quality=55, method=6)


def sign_in(page: Page, base: str, person: dict[str, str]) -> None:
    page.goto(f"{base}/sign-in")
    page.fill("#email", person["email"])
    page.fill("#password", person["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/queue")


def main(data: Path, out: Path) -> None:
    told: dict[str, Any] = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    base = told["base_url"]
    clerk = next(user for user in told["users"] if user["department"] == "streets")
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        for width, height in WIDTHS.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport={"width": width, "height": height},
                                              color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]
                page = context.new_page()
                page.goto(f"{base}/reports?service=pothole&status=open")
                address = page.locator(".report-list a").first.get_attribute("href") or ""
                reference = address.rpartition("/")[2]
                for pages in (PAGES, STAFF):
                    if pages is STAFF:
                        sign_in(page, base, clerk)
                    for name, path in pages.items():
                        page.goto(base + path.replace("{reference}", reference))
                        page.wait_for_load_state("networkidle")
                        take(page, out / f"{name}-{width}-{scheme}.webp")
                context.close()
        browser.close()
    names = [*PAGES, *STAFF]
    rows = [f"| {name} | " + " | ".join(f"![{name}, {width} px, {scheme}]({name}-{width}-{scheme}.webp)"
            for width in WIDTHS for scheme in ("light", "dark")) + " |" for name in names]
    head = ["# Every page of the demo", "", "Made by `python -m tests.browser.screens var docs/screens`.", "",
            "| page | 360 px, light | 360 px, dark | 1280 px, light | 1280 px, dark |",
            "|---|---|---|---|---|"]
    (out / "README.md").write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
