"""Who sees what of a report: its sender all of it at an address with a key, others what is public."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from civicconnect import catalog, reports
from civicconnect.accounts import Actor
from civicconnect.geo import Point, coarsen
from civicconnect.reports import PastReport, Report
from civicconnect.web.telling import is_told_in_full
from tests.factories import new_report
from tests.journeys.test_from_form_to_export import send
from tests.offers import change_service, make_plain
from tests.web.test_photos import picture

SECRET = "Behind the blue door."
ADDRESS = "7 Secret Street"
PRIVATE = {"visibility": "private"}
ROUGH = {"place": "rounded", "text": "internal"}


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def sent(visitor, db_):
    """Send a report to a service with these choices; returns the page's address with its key."""
    def make(photo: bytes = b"", **choices) -> str:
        change_service(db_, "pothole", **choices)
        more = {"photo": (io.BytesIO(photo), "hole.jpg")} if photo else {}
        page = send(visitor, description=SECRET, address=ADDRESS, **more)
        return page.answer.headers["Location"]
    return make


def pictures(page) -> list[str]:
    shown = [e for e in page.tree.iter("ul") if e.get("class") == "photos"]
    return [e.get("src") for part in shown for e in part.iter("img")]


def maps(page) -> list[str]:
    return [e.get("src") for e in page.tree.iter("img") if "map.svg" in e.get("src")]


def test_a_report_that_is_told_in_full_is_read_without_its_key_but_not_changed(sent, visitor):
    address = sent()
    page = visitor.get(address)
    assert "Only you have the address of this page: keep it." in page.words
    assert page.answer.headers["Cache-Control"] == "no-store"
    page = visitor.get(address.split("?")[0])
    assert "Only you" not in page.words
    assert "Take it back" not in page.words
    assert page.answer.headers["Cache-Control"] == "no-cache"
    assert SECRET in page.words


def test_only_its_sender_sees_a_private_report(sent, visitor, someone):
    address = sent(**PRIVATE)
    page = visitor.get(address)
    assert "Only you see this page: keep its address." in page.words
    assert SECRET in page.words
    assert ADDRESS in page.words
    assert page.answer.headers["Cache-Control"] == "no-store"
    assert page.answer.headers["Referrer-Policy"] == "same-origin"
    assert page.answer.headers["X-Robots-Tag"] == "noindex"
    reference = address.split("/")[-1].split("?")[0]
    stranger = someone()
    for wrong in ("", "?key=", "?key=" + "0" * 24, "?key=%F0%9F%92%A9"):
        assert stranger.get(f"/reports/{reference}{wrong}").status == 404
    for public in ("/", "/reports", "/reports.csv", "/reports.geojson"):
        assert reference.encode() not in stranger.get(public).bytes


def test_the_key_of_one_report_opens_no_other(sent, visitor):
    first, second = (sent(**PRIVATE) for _ in range(2))
    key = first.split("key=")[1]
    reference = second.split("/")[-1].split("?")[0]
    assert visitor.get(f"/reports/{reference}?key={key}").status == 404


def test_of_a_report_told_in_part_strangers_see_neither_place_nor_words_nor_photos(sent, visitor, someone):
    address = sent(picture(10), **ROUGH)
    own = visitor.get(address)
    assert "Only you see all of this" in own.words
    assert SECRET in own.words
    assert ADDRESS in own.words
    assert "Like a dinner plate" in own.words
    assert "pin=1" in maps(own)[0]
    stranger = someone().get(address.split("?")[0])
    assert stranger.status == 200
    for hidden in (SECRET, ADDRESS, "Like a dinner plate", "key="):
        assert hidden not in stranger.text
    assert len(pictures(own)) == 1
    assert pictures(stranger) == []
    assert "Told only roughly" in stranger.words
    assert "What was written and photographed, only the city sees" in stranger.words
    assert "pin" not in maps(stranger)[0]
    assert "Report something else here" not in stranger.words
    assert "Old Town" in stranger.words  # the area is told


def test_a_rough_place_is_the_middle_of_its_square(sent, someone):
    stranger = someone().get(sent(**ROUGH).split("?")[0])
    told = dict(part.split("=") for part in maps(stranger)[0].split("?")[1].split("&"))
    assert coarsen(Point(float(told["lat"]), float(told["long"]))) == Point(
        float(told["lat"]), float(told["long"]))


def test_where_only_the_area_is_told_there_is_no_map(sent, visitor, someone):
    address = sent(place="area")
    assert len(maps(visitor.get(address))) == 1
    stranger = someone().get(address.split("?")[0])
    assert maps(stranger) == []
    assert "Only the area is told" in stranger.words
    assert SECRET in stranger.words  # only the place is kept back


def test_the_photos_of_a_report_that_is_not_public_open_with_its_key_alone(
        sent, visitor, someone, signed_in):
    [small] = pictures(visitor.get(sent(picture(10), **ROUGH)))
    shown = visitor.get(small)
    assert shown.status == 200
    assert shown.answer.headers["Cache-Control"] == "no-store"
    bare, _, key = small.partition("?")
    stranger = someone()
    for address in (bare, bare + "?key=" + "0" * 24, small.replace("key=", "key=0"),
                    bare + "?" + key.replace("report=", "report=X")):
        assert stranger.get(address).status == 404
    assert signed_in("streets").get(bare).status == 200
    assert signed_in("lighting").get(bare).status == 404


def test_a_key_opens_the_photos_of_its_own_report_only(sent, visitor, someone, db_, make_report):
    address = sent(picture(10), **PRIVATE)
    [small] = pictures(visitor.get(address))
    other = make_report()
    key = reports.own_key(other.id)
    bare = small.split("?")[0]
    assert someone().get(f"{bare}?report={other.reference}&key={key}").status == 404


def test_a_public_photo_is_sent_to_everybody_and_may_be_kept(sent, visitor, someone):
    [small] = pictures(visitor.get(sent(picture(10))))
    answer = someone().get(small).answer
    assert answer.status_code == 200
    assert "max-age=30" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(("choices", "said", "unsaid"), [
    ({}, "Everybody sees it, with its place, words and photos.", "Only the city sees it"),
    ({"photos": 0}, "Everybody sees it, with its place and words.", "photos"),
    ({"contact": "none"}, "Everybody sees it", "Only the city sees your contact details"),
    (PRIVATE, "Only the city sees it. You get an address", "Everybody"),
    ({"place": "rounded"}, "Others see only roughly where it is.", "Your answers, words and photos"),
    ({"place": "area"}, "Others see only the part of the city", "roughly"),
    ({"text": "internal"}, "Your answers, words and photos, only the city sees.", "Everybody can read this"),
])
def test_the_form_says_who_will_see_it_before_it_is_sent(visitor, db_, choices, said, unsaid):
    change_service(db_, "pothole", **choices)
    page = visitor.get("/report?lat=41.2&long=-33.4&service=pothole")
    block = next(e for e in page.tree.iter("div") if e.get("class") == "seen-by")
    assert said in " ".join("".join(block.itertext()).split())
    form = "".join(next(e for e in page.tree.iter("form") if e.get("action") == "/reports").itertext())
    assert unsaid not in form


def test_after_sending_one_can_report_something_else_at_the_same_place(sent, visitor):
    page = visitor.get(sent())
    again = next(a for a in page.links() if a.startswith("/report?lat="))
    assert ADDRESS in visitor.get(again).words


def test_only_all_three_choices_together_tell_everything(db_):
    told = {}
    for choices in ({}, {"visibility": "private"}, {"place": "area"}, {"text": "internal"}):
        usual = {"visibility": "public", "place": "exact", "text": "public"}
        change_service(db_, "pothole", **(usual | choices))
        told[str(choices)] = is_told_in_full(catalog.catalog(db_).service("pothole"))
    assert list(told.values()) == [True, False, False, False]


def test_an_imported_report_says_what_its_record_says_and_where_its_place_is_not_known(visitor, db_):
    past = PastReport(new_report(address="City Hall Square"), "x-1", datetime(2026, 3, 2, 9, tzinfo=UTC),
                      record={"profile": "old-system", "status": "Referred <Out>", "department": "PWDx"},
                      stand_in=True)
    reports.submit_past(db_, Actor("history", "import:old-system"), [past])
    page = visitor.get(f"/reports/{db_.scalar(select(Report.reference))}")
    assert "In the words of the record old-system: Referred <Out> · PWDx" in page.words
    assert "from another system's record" in page.words
    assert "On the map Not known." in page.words
    assert "City Hall Square" in page.words
    assert "map.svg" not in page.text
