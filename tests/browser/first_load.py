"""How heavy the resident's pages are at the first visit, and how long until they answer, on a slow line.

    python -m tests.browser.first_load

Each page is opened in a browser that was never there: nothing kept, no service worker. The line carries
400 kbit/s and takes 400 ms for a turn, the processor works six times slower, both by the browser's own
brakes. Where the machine is busy with other things a page is slowed already: how much is measured before
each visit, and the brake is that much lighter, so that it is six times in all. A page answers when all its
scripts have run and a tap on its main control, made then, was heard. Kilobytes are those that travelled
until the page was quiet, compressed and with their headers.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from civicconnect import db, reports, settings
from tests.browser.conftest import QUIET, running
from tests.conftest import fill, make_settings
from tests.factories import RESIDENT, new_report

KBIT, TURN, SLOWER = 400, 400, 6  # per second, milliseconds, times
PLACE = "service=pothole&lat=41.2&long=-33.4"
PAGES = {  # address, and what a person taps first
    "where it is, with the drawn map": ("/report?look=1&lat=41.2&long=-33.4&zoom=16", "main #q"),
    "the form itself": (f"/report?{PLACE}", "main textarea"),
    "the form in Arabic": (f"/ar/report?{PLACE}", "main textarea"),
    "a report's page, with the drawn map": ("/reports/{reference}", "main h1"),
}
# What the page is asked for once its scripts have run: when that was, and how long a tap waits to be heard.
TAPPED = """(control) => new Promise((done) => {
  const [{ startTime }] = performance.getEntriesByName("started");
  control.addEventListener("pointerdown", ({ timeStamp }) => done([
    startTime, performance.now() - timeStamp,
    performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0]), { once: true });
})"""


# How much slower than its own quickest a page works just now: equal pieces of work, of some milliseconds.
BUSY = """() => {
  const took = [], end = performance.now() + 700;
  let sum = 0;
  while (performance.now() < end) {
    const began = performance.now();
    for (let i = 0; i < 3e6; i++) sum += i % 7;
    took.push(performance.now() - began);
  }
  took.sort((a, b) => a - b);
  const quick = took[Math.floor(took.length / 10)];
  return sum ? took.reduce((a, b) => a + b) / took.length / quick : 1;
}"""


@dataclass(frozen=True)
class Visit:
    """What one first visit took."""

    kilobytes: float
    requests: int
    painted: float  # seconds
    answers: float
    busy: float = 1.0  # how much slower than alone the machine was


def visit(browser: Browser, address: str, control: str, *, slow: bool = True) -> Visit:
    """Open a page as somebody who was never here before."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, locale="en-GB")
    page = context.new_page()
    brakes = context.new_cdp_session(page)
    arrived: dict[str, float] = {}
    brakes.on("Network.loadingFinished",
              lambda event: arrived.update({event["requestId"]: event["encodedDataLength"]}))
    brakes.send("Network.enable")
    busy = max(1.0, page.evaluate(BUSY))
    if slow:
        brake(brakes, busy)
    page.goto(address, wait_until="commit", timeout=60_000)
    started, waited, painted = when_it_answers(page, brakes, control)
    page.wait_for_load_state("networkidle", timeout=60_000)
    context.close()
    return Visit(sum(arrived.values()) / 1000, len(arrived), painted / 1000, (started + waited) / 1000, busy)


def brake(brakes: CDPSession, busy: float) -> None:
    """Make the line and the processor of a page slow; `busy` is how much slower it is by itself."""
    brakes.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": TURN, "downloadThroughput": KBIT * 1000 / 8,
        "uploadThroughput": KBIT * 1000 / 8})
    brakes.send("Emulation.setCPUThrottlingRate", {"rate": max(1, SLOWER / busy)})


def when_it_answers(page: Page, brakes: CDPSession, control: str) -> tuple[float, float, float]:
    """Return when all scripts had run, how long a tap then waited, and when something was painted."""
    page.evaluate("""new Promise((done) => {
        const look = () => performance.getEntriesByName("started").length ? done() : setTimeout(look, 10);
        look();
    })""")
    one = page.locator(control).first
    one.scroll_into_view_if_needed()
    box = one.bounding_box()
    assert box is not None
    brakes.send("Runtime.evaluate", {"expression": f"window.civicHeard = ({TAPPED})("
                                     f"document.querySelector({control!r}))"})
    touch = [{"x": box["x"] + min(box["width"] / 2, 40), "y": box["y"] + min(box["height"] / 2, 20)}]
    brakes.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touch})
    brakes.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    told = brakes.send("Runtime.evaluate", {"expression": "window.civicHeard", "awaitPromise": True,
                                            "returnByValue": True})
    started, waited, painted = told["result"]["value"]
    return started, waited, painted


@contextmanager
def town() -> Iterator[tuple[str, str]]:
    """Serve the demo city with one report in it; yields its address and the report's reference."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'city.sqlite'}"
        fill(url, folder)
        opened = db.open_database(url)
        with settings.bound(make_settings(folder, url)), db.bound(opened), db.transaction() as change:
            reference = reports.submit(change, RESIDENT, new_report()).reference
        opened.engine.dispose()
        with running(folder, url) as address:
            yield address, reference


@click.command()
@click.option("--times", default=7, show_default=True, help="Visits to each page; the median is told.")
def measure(times: int) -> None:
    """Print the table of docs/proof/first-load.md."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with town() as (address, reference), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=QUIET)
        click.echo("| page | KB | requests | first words, s | answers, s | quickest to slowest | busy |")
        click.echo("|---|---|---|---|---|---|---|")
        for name, (path, control) in PAGES.items():
            where = address + path.format(reference=reference)
            visit(browser, where, control, slow=False)  # the server packs its files at the first asking
            seen = [visit(browser, where, control) for _ in range(times)]
            median = statistics.median
            click.echo(
                f"| {name} | {median(one.kilobytes for one in seen):.1f} | "
                f"{median(one.requests for one in seen):.0f} | {median(one.painted for one in seen):.2f} | "
                f"{median(one.answers for one in seen):.2f} | {min(one.answers for one in seen):.2f} to "
                f"{max(one.answers for one in seen):.2f} | {median(one.busy for one in seen):.1f} |")
        browser.close()


if __name__ == "__main__":
    measure()
