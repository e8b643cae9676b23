"""A real Chromium, and the product's own processes to talk to: web and worker, once per engine."""

from __future__ import annotations

import csv
import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from civicconnect import db
from civicconnect.db import Db
from tests.factories import Staff

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
AXE = (HERE / "vendor" / "axe.min.js").read_text(encoding="utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]


@dataclass(frozen=True)
class Site:
    """A running product."""

    address: str
    data: Path
    database: str  # its address: a test may change what the city offers

    @contextmanager
    def changing(self) -> Iterator[Db]:
        """Change what the city offers, as a new folder would."""
        opened = db.open_database(self.database)
        with db.bound(opened), db.transaction() as change:
            yield change
        opened.engine.dispose()

    def read(self, path: str) -> str:
        with urllib.request.urlopen(self.address + path, timeout=20) as answer:  # noqa: S310  our own server
            return answer.read().decode()

    def row(self, path: str, reference: str) -> dict[str, str] | None:
        """Return a report's row in a published CSV; None where it is not there yet."""
        try:
            rows = csv.DictReader(io.StringIO(self.read(path)))
        except urllib.error.HTTPError as answer:
            answer.close()
            if answer.code == 404:  # before the first publication
                return None
            raise
        return next((row for row in rows if row["service_request_id"] == reference), None)

    def wait_for(self, is_there: Callable[[], bool], seconds: float) -> float:
        """Ask until it is there; return how many seconds that took, or fail."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if is_there():
                return time.monotonic() - began
            time.sleep(0.25)  # the other side is a process: asking again is all there is
        raise AssertionError(f"not there within {seconds} seconds")


def on(engine: str) -> pytest.MarkDecorator:
    """Mark what runs on one engine: what a browser makes of a page, where the page is tested on both.

    The journeys from one person to another run on both.
    """
    return pytest.mark.parametrize("engine", [engine], indirect=True)


@pytest.fixture(scope="session")
def site(engine, templates, tmp_path_factory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(f"site-{engine}")
    with templates(engine).copy(folder) as url, running(folder, url) as address:
        yield Site(address, folder, url)


@contextmanager
def running(folder: Path, url: str) -> Iterator[str]:
    """Start web and worker on a database, and stop them."""
    for name in ("photos", "publication", "seals"):
        (folder / name).mkdir(exist_ok=True)
    port = free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("CIVIC_")} | {
        "CIVIC_DATA": str(folder), "CIVIC_DATABASE_URL": url, "CIVIC_PORT": str(port),
        "CIVIC_SECRET_KEY": "s" * 40, "CIVIC_CONTACT_KEY": "c" * 40,
        "CIVIC_POSTS_AN_HOUR": "10000", "CIVIC_TRIES_AN_HOUR": "10000",
    }
    with (folder / "log").open("wb") as log:
        started = [
            subprocess.Popen([sys.executable, "-m", "civicconnect.cli", word], cwd=ROOT, env=env,
                             stdout=log, stderr=log)
            for word in ("serve", "worker")
        ]
    try:
        address = f"http://localhost:{port}"
        wait_until_ready(address, folder / "log", started)
        yield address
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_until_ready(
    address: str, log: Path, started: list[subprocess.Popen[bytes]], path: str = "/readyz"
) -> None:
    """Ask until the product answers: it is another process, so asking again is all there is."""
    for _ in range(240):
        dead = [p for p in started if p.poll() is not None]
        if dead:
            raise AssertionError(f"the product did not start: {log.read_text()[-3000:]}")
        try:
            urllib.request.urlopen(address + path, timeout=5).close()  # noqa: S310  our own server
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
        else:
            return
    raise AssertionError(f"the product was not ready within a minute: {log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise RuntimeError("Chromium is not installed; ./civic test installs it.")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=QUIET)
        yield started
        started.close()


@dataclass
class Phone:
    """One person's browser, and everything it complained about."""

    context: BrowserContext
    page: Page
    site: Site
    taps: int = 0
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        answer = self.page.goto(self.site.address + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    def sign_in(self, who: str) -> None:
        """Sign in as one of the demo city's staff; it ends at the queue."""
        person = Staff.named(who)
        self.go("/sign-in")
        self.page.fill("#email", person.email)
        self.page.fill("#password", person.password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/staff/queue")

    def tap(self, locator, **options) -> None:
        self.taps += 1
        locator.click(**options)
        self.page.wait_for_load_state()

    def until(self, words: str) -> None:
        """Wait until a JavaScript expression holds.

        Page.wait_for_function compiles it anew at each look, which the page's own policy forbids from
        the second look on.
        """
        assert self.page.evaluate(f"""new Promise((done) => {{
            const end = Date.now() + 15000;
            const look = async () => {{
                if (await ({words})) return done(true);
                if (Date.now() > end) return done(false);
                setTimeout(look, 50);
            }};
            look();
        }})"""), f"it did not come to hold within 15 seconds: {words}"

    def axe(self) -> list[str]:
        """Return what axe-core finds against WCAG 2.2 A and AA on the page as it stands."""
        session = self.context.new_cdp_session(self.page)
        session.send("Runtime.evaluate", {"expression": AXE})
        found = session.send("Runtime.evaluate", {
            # Of what passes it would tell every element.
            "expression": f"axe.run({{runOnly: {LEVELS!r}, resultTypes: ['violations']}})"
                          ".then(r => r.violations.map("
                          "v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(' | ')))",
            "awaitPromise": True, "returnByValue": True,
        })
        return list(found["result"]["value"])

    def overflow(self) -> int:
        """Return how many pixels the page is wider than the screen."""
        return int(self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def phone(browser, site) -> Iterator[Callable[..., Phone]]:
    """Make phones: `phone(js=False, width=320)`. Each is asked at the end what it complained about."""
    made: list[Phone] = []

    def make(*, js: bool = True, width: int = 360, height: int = 640, **options) -> Phone:
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=js, locale="en-GB",
            base_url=site.address, **options)
        context.set_default_timeout(15000)
        one = Phone(context, context.new_page(), site)
        one.page.on("console", lambda m: one.complaints.append(f"{m.type}: {m.text}")
                    if m.type in ("error", "warning") else None)
        one.page.on("pageerror", lambda e: one.complaints.append(f"error: {e}"))
        one.page.on("request", lambda r: one.complaints.append(f"asked another host: {r.url}")
                    if not r.url.startswith((site.address, "data:", "blob:")) else None)
        made.append(one)
        return one

    yield make
    for one in made:
        one.context.close()
        assert one.complaints == []
