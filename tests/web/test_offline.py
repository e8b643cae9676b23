"""What a phone is given for the time without a connection."""

from __future__ import annotations

import io
import json
import re

import html5lib
import pytest
from flask_wtf.csrf import CSRFProtect
from PIL import Image
from sqlalchemy import func, inspect, select

from civicconnect.app import create_app
from civicconnect.catalog.models import ServiceRow
from civicconnect.reports import Report
from tests.journeys.test_from_form_to_export import choose_place
from tests.offers import change_city, change_service, make_plain, question, stopper
from tests.pages import Visitor

GOOD = {"answer-size": "plate", "answer-depth": "4"}
BIG = 250  # services
AS_JSON = {"Accept": "application/json"}


def read(page):
    return json.loads(page.bytes)


def fields(offer, code: str) -> str:
    """Return the markup that the script puts into the form for a service."""
    return "".join(offer["parts"][at] for at in offer["services"][code]["fields"])


def count(db_) -> int:
    return db_.scalar(select(func.count()).select_from(Report)) or 0


# The app on the home screen

def test_the_manifest_names_the_city_in_its_words_and_colour(visitor, db_):
    make_plain(db_)
    change_city(db_, colours={"brand": "#7a1f5c"})
    page = visitor.get("/ar/report")
    [link] = [e for e in page.tree.iter("link") if e.get("rel") == "manifest"]
    answer = visitor.get(link.get("href"))
    told = read(answer)
    assert answer.answer.mimetype == "application/manifest+json"
    assert (told["name"], told["lang"], told["dir"]) == ("لاركماوث", "ar", "rtl")
    assert (told["id"], told["scope"], told["start_url"]) == ("/", "/", "/ar/")
    assert told["theme_color"] == "#7a1f5c"
    for icon in told["icons"]:
        picture = Image.open(io.BytesIO(visitor.get(icon["src"]).bytes))
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
        assert picture.getpixel((1, 1)) == (0x7a, 0x1f, 0x5c)


def test_there_is_no_icon_of_every_size(visitor):
    assert visitor.get("/icon-5000.png").status == 404


# The worker

def test_the_worker_stands_at_the_root_and_names_files_that_are_there(visitor):
    answer = visitor.get("/sw.js").answer
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    code = answer.get_data(as_text=True)
    given = json.loads(re.search(r"work\((.*)\);", code).group(1))
    imported = re.search('from "(.*)"', code).group(1)
    assert given["stamp"] in imported
    for address in [imported, *given["files"]]:
        assert visitor.get(address).status == 200, address
    assert any("theme.css" in address for address in given["files"])


def test_there_is_one_worker_for_all_languages(visitor):
    for language in ("en", "ar"):
        [line] = [e for e in visitor.get(f"/{language}/report").tree.iter("aside") if e.get("data-worker")]
        assert line.get("data-worker") == "/sw.js"
        assert line.get("data-form") == f"/{language}/report/offline"


def test_the_desk_brings_no_worker(signed_in):
    assert "sw.js" not in signed_in("streets").get("/staff/queue").text


# The form and the offer

@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_form_holds_every_service_and_area_in_the_language_of_the_page(visitor, language):
    page = visitor.get(f"/{language}/report/offline")
    services = [a for a in page.links() if "service=" in a]
    offer = read(visitor.get(f"/{language}/report/offer.json"))
    assert offer["language"] == language
    assert len(services) == len(offer["services"]) > 20
    areas = {e.get("value"): e.text for e in page.tree.find(".//select[@id='area']").iter("option")}
    assert len(areas) > 5
    assert not any(key.startswith("city:") for key in areas)  # the city's own limit is no choice
    assert page.answer.headers["Cache-Control"] == "no-cache"


def test_the_offer_asks_what_the_form_with_a_connection_asks(visitor, db_):
    make_plain(db_)
    change_service(db_, "road-sign", contact="needed", photos=1, questions=[
        question("state", words="What is wrong?", options=("missing", "bent")),
        question("lean", words="Does it lean?", when=("state", "bent")),
    ], stopper=[stopper("Call us at once.", when=("state", "missing"), phone="555 0199")])
    change_service(db_, "tree", stopper=[stopper("Trees are the forester's.", phone="555 0110")])
    offer = read(visitor.get("/report/offer.json"))
    there = visitor.get("/report?lat=41.2&long=-33.4&service=road-sign").form("/reports")
    root = html5lib.parse(f"<form>{fields(offer, 'road-sign')}</form>", namespaceHTMLElements=False)
    here = {e.get("name") for tag in ("input", "textarea") for e in root.iter(tag) if e.get("name")}
    assert set(there) - here == {"csrf_token", "id", "lat", "long", "address", "area", "service",
                                 "also"}  # further places are looked up while they are typed
    assert here - set(there) == {"answer-state", "answer-lean", "photo"}
    assert 'Call <bdi dir="ltr">555 0199</bdi>' in fields(offer, "road-sign")
    assert offer["services"]["tree"]["is_stopped"]
    assert "Trees are the forester&#39;s." in fields(offer, "tree")


def test_what_rests_in_a_storm_is_not_in_the_offer(visitor, db_):
    make_plain(db_)
    change_city(db_, storm={"on": True, "begins": "", "ends": "", "words": {"en": "Stay inside."}})
    change_service(db_, "tree", storm="stays")
    assert list(read(visitor.get("/report/offer.json"))["services"]) == ["tree"]


@pytest.mark.parametrize("address", ["/report/offline", "/report/phone", "/report/offer.json"])
def test_what_has_not_changed_is_not_sent_again(visitor, address):
    etag = visitor.get(address).answer.headers["ETag"]
    assert visitor.client.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_what_is_kept_says_nothing_of_who_asked(visitor):
    for address in ("/report/offline", "/report/phone", "/report/offer.json"):
        page = visitor.get(address)
        assert "Set-Cookie" not in page.answer.headers
        assert "csrf" not in page.bytes.decode()


# The token

def test_a_token_is_given_to_our_own_pages_alone_and_never_kept(visitor):
    page = visitor.get("/report/token", headers={"Sec-Fetch-Site": "same-origin"})
    assert read(page)["token"]
    assert page.answer.headers["Cache-Control"] == "no-store"
    assert page.answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in page.answer.headers
    for site in ("cross-site", "same-site", "none"):
        assert visitor.get("/report/token", headers={"Sec-Fetch-Site": site}).status == 403


def test_a_report_written_yesterday_is_sent_with_a_token_of_today(database, given, db_):
    app = create_app(given, database)
    assert isinstance(app.extensions["csrf"], CSRFProtect)
    visitor, later = Visitor(app), Visitor(app)
    fields = choose_place(visitor).form("/reports") | GOOD
    stale = later.post("/reports", fields, headers=AS_JSON)
    assert stale.status == 400
    assert "errors" not in read(stale)  # nothing for the person to correct: it is tried again
    fresh = read(later.get("/report/token"))["token"]
    assert later.post("/reports", fields | {"csrf_token": fresh}, headers=AS_JSON).status == 201
    assert count(db_) == 1


# How much a phone keeps

def test_a_big_city_fits_on_a_small_phone(visitor, db_, given):
    """Everything the worker keeps is below 2 MB, unpacked, and a twentieth of that on the way."""
    make_plain(db_)
    template = db_.scalars(select(ServiceRow).where(ServiceRow.code == "pothole")).one()
    same = {c.key: getattr(template, c.key) for c in inspect(ServiceRow).columns}
    for number in range(BIG - db_.scalar(select(func.count()).select_from(ServiceRow))):
        questions = [question(f"q{n}", words=f"What is the matter with part {n} of thing {number}?",
                              options=("one", "two", "three", "none of them")) for n in range(3)]
        db_.add(ServiceRow(**same | {"id": None, "code": f"kind-{number}", "questions": questions}))
    db_.flush()
    given_ = json.loads(re.search(r"work\((.*)\);", visitor.get("/sw.js").text).group(1))
    kept = ["/es/report/offline", "/es/report/phone", "/es/report/offer.json", *given_["files"]]
    sizes = {address: size(visitor, address) for address in kept}
    assert len(read(visitor.get("/report/offer.json"))["services"]) == BIG
    assert sum(sizes.values()) < 2_000_000, sizes
    assert sum(size(visitor, address, "br") for address in kept) < 100_000


def size(visitor, address: str, packing: str = "") -> int:
    """Return how many bytes an answer has as it travels."""
    with visitor.client.get(address, headers={"Accept-Encoding": packing}) as answer:
        return len(answer.data)
