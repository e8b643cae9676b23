"""Every page that the map of addresses knows: accessible in English and Arabic, narrow, easy to hit.

Nobody keeps a list of pages here. A stranger and an administrator follow every link from every address that
needs nothing to be opened, through a city that has one of everything; an address of the map that they do not
come by fails the test until it is led to from a page, from LETTERS, or named in ELSEWHERE with the test that
opens it.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import html5lib
import pytest
from passlib.totp import TOTP
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect

from civicconnect import accounts, catalog, clock, media, queue, reports, settings
from civicconnect.accounts import ContactDetails
from civicconnect.reports import NewLetter
from civicconnect.web import language
from tests.browser.conftest import Phone, on
from tests.browser.test_keyboard import LEAST, SMALL, UNFOLD
from tests.conftest import make_settings
from tests.factories import HERE, RESIDENT, new_report, staff_actor
from tests.web.matrix import NOT_OURS

pytestmark = [pytest.mark.browser, on("spatialite")]
MOST = 3  # addresses of one kind that are read for further links
THERE = "test_there_to_the_desk_out_again_and_refused"
# Pages that only a moment leads to, and the test that opens them there.
ELSEWHERE = {
    "entrance.code": "test_the_page_that_asks_for_a_code_too",
    "sign_on.back": THERE,
    "sign_on.begin": THERE,
    "sign_on.by_hand": THERE,
}
# A letter as a mail program shows it, in a sandbox where no script runs, and so no axe.
SCRIPTLESS = {"mailbox.show"}
# Pictures, tiles and tables that no plain link leads to.
FILES = {"field.drawn_round", "performance.suggestion_csv", "resident.kept", "tiles.tile"}


@dataclass
class Found:
    """What was come by: of each kind of page the first address, and the kinds that are none or lead to one.

    files    pictures, tables, parts of a page
    """

    pages: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    doors: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)


def walk(one: Phone, known: Map, starts: list[str], before: Found) -> Found:
    """Follow every link of our own from some addresses, as whoever holds this browser.

    before    what somebody else came by: of such a page one is enough for its further links
    """
    found, waiting, asked = Found(), deque(starts), Counter(dict.fromkeys(before.pages, MOST - 1))
    seen, here = set(starts), known.bind("localhost")
    while waiting:
        address = waiting.popleft()
        endpoint = endpoint_of(here, address)
        if endpoint is None or endpoint in found.files | before.files | NOT_OURS or asked[endpoint] >= MOST:
            continue
        asked[endpoint] += 1
        answer = one.context.request.get(one.site.address + address, max_redirects=0)
        leads = [answer.headers["location"]] if 300 <= answer.status < 400 else []
        kind = answer.headers.get("content-type", "")
        if answer.status == 200 and kind.startswith("text/html") and "<html" in (text := answer.text()):
            found.pages.setdefault(endpoint, address)
            leads = list(links(text))
        elif answer.status == 200:
            found.files.add(endpoint)
        elif leads:
            found.doors.add(endpoint)
        else:
            found.refused[endpoint] = answer.status
        for lead in leads:
            parts = urlsplit(urljoin(one.site.address + address, lead))
            whole = parts.path + (f"?{parts.query}" if parts.query else "")
            if f"{parts.scheme}://{parts.netloc}" == one.site.address and whole not in seen:
                seen.add(whole)
                waiting.append(whole)
    return found


def links(page: str) -> Iterator[str]:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    for tag, name in (("a", "href"), ("img", "src"), ("input", "src"), ("link", "href"), ("form", "action")):
        yield from (one.get(name) for one in tree.iter(tag)
                    if one.get(name) and (tag != "form" or one.get("method", "get") == "get"))


def endpoint_of(here, address: str) -> str | None:
    """Return what answers at an address, in whatever language it is asked; None for nothing of ours."""
    path = urlsplit(address).path
    first, _, rest = path.lstrip("/").partition("/")
    try:
        return here.match(f"/{rest}" if first in language.SPOKEN else path, "GET")[0]
    except RequestRedirect:
        return None
    except HTTPException:
        return None


def faults(one: Phone, address: str, *, is_for_all: bool) -> list[str]:
    """Return what is wrong with a page, everything on it unfolded, in both directions of writing.

    is_for_all    whether thumbs press it: the desk has a mouse, and tables that would not fit a screen
    """
    found = []
    bare = re.sub(rf"^/({'|'.join(language.SPOKEN)})(?=/)", "", address)
    for tongue in ("en", "ar"):
        one.go(f"/{tongue}{bare}")
        one.page.evaluate(UNFOLD)
        said = one.axe() + (one.page.evaluate(SMALL, LEAST) if is_for_all else [])
        said += [f"{one.overflow()} px too wide"] if one.overflow() > 0 else []
        found += [f"/{tongue}{bare}: {words}" for words in said]
    return found


@pytest.fixture(scope="module")
def letters(site, photo_file) -> list[str]:
    """Fill the city with one of everything, and return the addresses that only letters and phones lead to."""
    (site.data / "demo.json").write_text("{}")  # so that the demo's own pages are there
    with settings.bound(make_settings(site.data, site.database)), site.changing() as db_:
        chief, clerk, admin = (staff_actor(db_, who) for who in ("supervisor", "streets", "admin"))
        with photo_file.open("rb") as stream:
            photo = media.accept(media.Store(site.data / "photos"), stream, media.Limits(), field="photo")
        ana = ContactDetails("Ana", "ana@home.example", "555 0101")
        sent = new_report(description="A hole.", contact=ana, photos=(photo,))
        report = reports.find(db_, reports.submit(db_, RESIDENT, sent).reference, accounts.SYSTEM)
        reports.flag(db_, RESIDENT, report.reference, reports.Person("d" * 32), "personal")
        firm = reports.keep_contractor(
            db_, chief, report.department_id, "Hall & Sons", "work@hall.example", "en").id
        today = catalog.catalog(db_).city.day(clock.now())
        work = reports.commission(db_, clerk, report.reference, firm, "Fill it.", today + timedelta(days=3),
                                  with_photos=True)
        round_ = reports.make_round(db_, admin, "streets", today, reports.staff_id_of(clerk), start=HERE)
        reports.put_on_round(db_, admin, round_, report.reference)
        reports.plan_work(db_, admin, reports.NewWork(
            "streets", "New asphalt", "From kerb to kerb.", today, today + timedelta(days=9), ("pothole",),
            points=(HERE,)))
        reports.receive(db_, NewLetter("<one@home.example>", ana, "Lamp", "It is dark.", (photo,)))
        many = queue.begin_selected(db_, admin, [(report.reference, report.events)])
        lost = reports.submit(db_, RESIDENT, new_report()).reference
        reports.hand_over(db_, admin, lost, "lighting", "The cable is theirs.")
        guest = accounts.invite(db_, admin, "guest@larkmouth.example", "Guest",
                                accounts.Rights("staff", ("streets",)))
        key = reports.key_of(reports.sender(db_, report))
        return [
            f"/reports/{report.reference}?key={reports.own_key(report.id)}", f"/follow/{key}",
            f"/follow/{key}/fixed", f"/follow/{key}/stop", f"/work/{reports.token_of_work(work)}",
            f"/staff/new/{report.reference}", f"/staff/bulk/{many}", f"/staff/handed-over/{lost}",
            f"/sign-in/invitation/{accounts.make_link(db_, guest.id, accounts.INVITE)}",
            f"/sign-in/link/{accounts.make_link(db_, guest.id, accounts.SIGN_IN)}",
        ]


def test_every_page_is_accessible_in_english_and_arabic_narrow_and_easy_to_hit(
        phone, site, letters, furnished):
    known = furnished.url_map
    rules = [rule for rule in known.iter_rules() if "GET" in rule.methods and rule.endpoint not in NOT_OURS]
    starts = [rule.rule for rule in rules if not rule.arguments] + letters
    stranger, admin = phone(width=320), phone(width=320)
    admin.sign_in("admin")
    admin.go("/staff/rules")
    admin.page.locator("form[action$='/rules/draft'] button").click()
    for_all = walk(stranger, known, starts, Found())
    for_staff = walk(admin, known, starts, for_all)
    opened = [*for_all.pages, *for_all.files, *for_staff.pages, *for_staff.files, *for_staff.doors]
    reached = {*opened, *FILES, *ELSEWHERE}
    missing = {rule.endpoint: rule.rule for rule in rules if rule.endpoint not in reached}
    assert not missing, f"nothing leads to {missing}; refused: {for_staff.refused}"
    wrong = []
    for one, found, before in ((stranger, for_all, Found()), (admin, for_staff, for_all)):
        for endpoint in found.pages.keys() - before.pages.keys() - SCRIPTLESS:
            wrong += faults(one, found.pages[endpoint], is_for_all=one is stranger)
    assert not wrong, "\n".join(wrong)


def test_the_page_that_asks_for_a_code_too(phone, site, furnished):
    one, secret = phone(width=320), accounts.new_totp_secret()
    given = make_settings(site.data, site.database)
    with settings.bound(given), site.changing() as db_, furnished.app_context():
        person = accounts.add_staff(db_, "careful@larkmouth.example", "a long password", "staff", ["streets"])
        db_.flush()
        accounts.set_totp(db_, person, secret, TOTP(key=secret).generate().token)
    one.go("/sign-in")
    one.page.fill("#email", "careful@larkmouth.example")
    one.page.fill("#password", "a long password")
    one.page.keyboard.press("Enter")
    one.page.wait_for_url("**/sign-in/code")
    assert faults(one, "/sign-in/code", is_for_all=True) == []
