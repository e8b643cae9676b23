"""Bad input gets a sentence beside its field, keeps what was typed, and changes nothing."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from civicconnect import accounts, reports
from civicconnect.app import create_app
from civicconnect.reports import EventText, Report
from tests.journeys.test_from_form_to_export import choose_place, send
from tests.pages import Visitor

GOOD = {"answer-size": "plate", "answer-depth": "4"}


def count(db_) -> int:
    return db_.scalar(select(func.count()).select_from(Report)) or 0


def refused(page, field: str) -> str:
    """Return the sentence beside a field, having seen that the summary leads there."""
    assert page.status == 422
    beside = page.tree.find(f".//*[@id='{field}-error']")
    assert beside is not None, page.words
    assert f"#{field}" in page.links()
    return " ".join("".join(beside.itertext()).split())


@pytest.mark.parametrize(("typed", "field", "words"), [
    ({"answer-size": ""}, "answer-size", "Choose one of these"),
    ({"answer-size": "planet"}, "answer-size", "Choose one of these"),
    ({"answer-depth": "deep"}, "answer-depth", "Write a number"),
    ({"answer-depth": "9" * 600}, "answer-depth", "at most"),
    ({"description": "x" * 4001}, "description", "at most 4000"),
    ({"email": "nobody"}, "email", "e-mail address"),
    ({"email": "ana@city.example\nBcc:all@city.example"}, "email", "e-mail address"),
    ({"lat": ""}, "place", "Tell us where it is"),
    ({"name": "n" * 121}, "name", "too long"),
    ({"lat": "0", "long": "0"}, "place", "outside Larkmouth"),
    ({"lat": "north"}, "place", "Latitude"),
    ({"lat": "nan"}, "place", "Latitude"),
])
def test_a_fault_is_named_beside_its_field_and_nothing_is_saved(visitor, db_, typed, field, words):
    page = visitor.post("/reports", choose_place(visitor).form("/reports") | GOOD
                        | {"description": "Keep me.", "name": "Ana", "email": "ana@home.example"} | typed)
    assert words in refused(page, field)
    kept = page.form("/reports")
    for name, value in ({"description": "Keep me.", "answer-depth": "4"} | typed).items():
        if name not in ("answer-size", "lat", "long"):
            assert kept[name] == value
    assert count(db_) == 0
    assert db_.scalar(select(func.count()).select_from(accounts.Staff)) == 4


@pytest.mark.parametrize(("language", "depth"), [("pl", "3,5"), ("ar", "٣٫٥"), ("en", "3.5")])
def test_a_number_is_taken_as_the_keyboard_of_the_language_writes_it(visitor, db_, language, depth):
    typed = choose_place(visitor).form("/reports") | GOOD | {"answer-depth": depth}
    assert visitor.post(f"/{language}/reports", typed).status == 303
    told = json.loads(db_.scalars(select(EventText.body)).one())
    assert told["answers"][1]["value"] == "3.5"


def test_a_form_open_for_too_long_stands_there_again_and_pressing_send_works(visitor, given, db_, photo_file):
    fields = choose_place(visitor).form("/reports") | GOOD | {
        "description": "Deep.\nVery.", "name": "Ana", "email": "ana@home.example"}
    visitor.client.delete_cookie("civic")
    with photo_file.open("rb") as stream:
        page = visitor.post("/reports", fields | {"photo": (stream, "hole.jpg")})
    assert page.status == 400
    assert "nothing was sent. Send it again." in page.words
    assert "#form" in page.links()
    assert "Choose it again." in page.words
    assert (count(db_), list((given.data_folder / "photos").rglob("*.*"))) == (0, [])
    again = page.form("/reports")
    assert {name: again[name] for name in fields if name not in ("csrf_token", "description")} == {
        name: value for name, value in fields.items() if name not in ("csrf_token", "description")}
    assert again["description"].strip() == "Deep.\nVery."
    assert visitor.post("/reports", again).status == 303
    assert count(db_) == 1


@pytest.mark.parametrize("typed", [{"service": "none"}, {}])
def test_a_late_form_that_cannot_be_shown_again_gives_back_its_words(visitor, db_, typed):
    page = visitor.post("/reports", {"description": "A <deep> hole."} | typed)
    assert page.status == 400
    assert [e.text.strip() for e in page.tree.iter("textarea")] == ["A <deep> hole."]


@pytest.mark.parametrize("typed", ["Mint Lane & Raven Street", "41.2, -33.4"])
def test_the_search_for_a_place_says_what_may_be_typed_and_finds_it(visitor, typed):
    assert "a corner as “Oak & Pine”, or latitude and longitude" in visitor.get("/report").words
    found = visitor.get("/report", query_string={"q": typed})
    assert typed in found.words
    assert any("lat=41." in link and "look" not in link for link in found.links())


@pytest.mark.parametrize("typed", ["8FW4V75V+8Q", "48.8584, 2.2945", "48°51'30\"N 2°17'40\"E"])
def test_a_place_that_was_found_outside_the_city_is_said_to_be_there_and_not_offered(visitor, typed):
    page = visitor.get("/report", query_string={"q": typed})
    assert "This place is outside Larkmouth." in page.words
    assert "Choose the address" not in page.words
    assert page.form("/report", q=typed)["q"] == typed


@pytest.mark.parametrize("service", ["", "&service=pothole"])
def test_who_looks_for_another_place_sees_the_map_where_they_were(visitor, service):
    page = visitor.get(f"/report?lat=41.204&long=-33.396{service}")
    back = next(link for link in page.links() if "look=1" in link)
    where = visitor.get(back).form("/report", move="n")
    assert (float(where["lat"]), float(where["long"]), where["look"]) == (41.204, -33.396, "1")
    assert where.get("service", "") == service.removeprefix("&service=")


def test_an_unknown_service_is_refused(visitor, db_):
    page = send(visitor, service="flying-carpet")
    assert page.status == 422
    assert count(db_) == 0


@pytest.mark.parametrize("typed", [{"id": "not-a-uuid"}, {"id": ""}])
def test_a_damaged_form_says_to_open_it_again(visitor, db_, typed):
    page = send(visitor, **typed)
    assert page.status == 422
    assert "Open it again" in page.words
    assert count(db_) == 0


@pytest.mark.parametrize("as_multipart", [False, True])
def test_characters_that_turn_what_follows_are_taken_out_of_what_was_typed(
        visitor, db_, photo_file, as_multipart):
    turned = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
    kept = "نیم\u200cفاصله \u200eab\u200f 👩\u200d🔧"
    form = choose_place(visitor).form("/reports") | GOOD | {
        "description": f"{turned}{kept}{turned}", "name": turned, "email": "ana@home.example"}
    assert visitor.post("/reports", form | {"do": "look"}).form("/reports")["name"] == ""
    form |= {"photo": (io.BytesIO(photo_file.read_bytes()), "a.jpg")} if as_multipart else {}
    assert visitor.post("/reports", form).status == 303
    report = db_.scalars(select(Report)).one()
    assert report.description == kept
    if not as_multipart:  # the phone tries again with what it kept
        assert visitor.post("/reports", form).status == 303
        assert count(db_) == 1


def test_two_posts_with_one_id_make_one_report(visitor, db_):
    fields = choose_place(visitor).form("/reports") | GOOD
    first, second = visitor.post("/reports", fields), visitor.post("/reports", fields)
    assert first.answer.headers["Location"] == second.answer.headers["Location"]
    assert count(db_) == 1


def test_the_same_id_with_other_words_is_a_conflict(visitor, db_):
    fields = choose_place(visitor).form("/reports") | GOOD
    visitor.post("/reports", fields)
    page = visitor.post("/reports", fields | {"description": "Something else."})
    assert page.status == 409
    assert count(db_) == 1


@pytest.mark.parametrize(("content", "words"), [
    (b"this is no photo", "not a photo we can read"),
    (b"\xff\xd8\xff\xe0" + b"\0" * 400, "damaged"),
    (b"", "not a photo"),
])
def test_a_file_that_is_no_photo_is_refused_beside_the_field(visitor, db_, content, words):
    fields = choose_place(visitor).form("/reports") | GOOD | {"description": "Keep me."}
    page = visitor.post("/reports", fields | {"photo": (io.BytesIO(content), "hole.jpg")})
    assert words in refused(page, "photo")
    assert page.form("/reports")["description"] == "Keep me."
    assert count(db_) == 0


def large(megabytes):
    return io.BytesIO(b"\xff\xd8\xff" + b"\0" * megabytes * 2**20), "a.jpg"


def test_a_photo_that_is_too_large_is_refused_beside_the_field_and_the_words_are_kept(visitor, db_):
    fields = choose_place(visitor).form("/reports") | GOOD | {"description": "Deep."}
    page = visitor.post("/reports", fields | {"photo": large(14)})
    assert "12" in refused(page, "photo")
    assert page.form("/reports")["description"] == "Deep."
    assert count(db_) == 0


def test_what_is_far_too_large_is_refused_whole(database, given, db_):
    visitor = Visitor(create_app(replace(given, photo_megabytes="1"), database))
    page = visitor.post("/reports", choose_place(visitor).form("/reports") | GOOD | {"photo": large(7)})
    assert page.status == 413
    assert "smaller photos" in page.words
    assert count(db_) == 0


def test_a_photo_that_is_no_longer_kept_is_asked_for_again(visitor, db_):
    fields = choose_place(visitor).form("/reports") | GOOD
    page = visitor.post("/reports", fields | {"photo_kept": "forged.token.here"})
    assert "Choose it again" in refused(page, "photo")
    assert count(db_) == 0


def test_a_second_photo_that_is_refused_leaves_the_first_one_chosen(visitor, photo_file, db_):
    fields = choose_place(visitor).form("/reports") | GOOD | {"answer-depth": "deep"}
    first = visitor.post("/reports", fields | {"photo": (io.BytesIO(photo_file.read_bytes()), "a.jpg")})
    kept = first.form("/reports")["photo_kept"]
    again = visitor.post("/reports", first.form("/reports") | {"photo": (io.BytesIO(b"no photo"), "b.jpg")})
    refused(again, "photo")
    assert again.form("/reports")["photo_kept"].split(".")[0] == kept.split(".")[0]


def test_the_same_form_sent_in_another_language_is_the_same_report(visitor, db_):
    fields = choose_place(visitor).form("/reports") | GOOD
    assert visitor.post("/reports", fields).answer.headers["Location"].split("?")[0].endswith(
        visitor.post("/es/reports", fields).answer.headers["Location"].split("?")[0].removeprefix("/es"))
    assert count(db_) == 1


def test_a_chosen_photo_outlives_a_refusal(visitor, db_, photo_file):
    fields = choose_place(visitor).form("/reports") | {"answer-depth": "4"}
    page = visitor.post("/reports", fields | {"photo": (io.BytesIO(photo_file.read_bytes()), "hole.jpg")})
    assert page.status == 422
    kept = page.form("/reports") | GOOD
    assert kept["photo_kept"]
    shown = visitor.follow(visitor.post("/reports", kept))
    assert "Photo of the report" in shown.text


def test_a_program_that_fills_in_the_hidden_field_is_refused(visitor, db_):
    assert send(visitor, website="https://buy.example").status == 422
    assert count(db_) == 0


@pytest.mark.parametrize("address", [
    "/report?lat=91&long=0", "/report?lat=x&long=y", "/report?lat=1e400&long=2",
    "/report?lat=41.2&long=-33.4&zoom=99", "/report?pin.x=-5&pin.y=abc&lat=41.2&long=-33.4&zoom=16",
    "/report?q=%00%27%22%3B--", "/report?service=%F0%9F%92%A9", "/report?q=" + "a" * 5000,
    "/reports?page=-1", "/reports?page=99999999999999", "/reports?q=%25_%5C", "/reports?status=lost",
    "/reports?service=none&department=none", "/reports/%00", "/reports/" + "A" * 500,
    "/map.svg?lat=x&long=1", "/map.svg?lat=41.2&long=-33.4&zoom=-3", "/media/" + "0" * 64 + ".jpg",
    "/media/..%2f..%2fetc.jpg", "/data/reports.exe", "/data/v/..%2f..%2f/reports.csv",
    "/reports?page=²", "/report?zoom=²", "/report?pin.x=²&pin.y=1", "/map.svg?lat=41.2&long=-33.4&zoom=²",
    "/map.svg?lat=41.2&long=-33.4&zoom=" + "9" * 5000, "/staff/queue?page=" + "9" * 5000,
    "/data/v/20261125T000000000000Z/reports.csv", "/report/photo/xyz", "/static/x/../../config.py",
])
def test_no_address_makes_a_server_error(visitor, address):
    assert visitor.get(address).status < 500


def test_a_reference_is_found_however_it_is_typed(visitor):
    address = send(visitor).answer.headers["Location"].split("?")[0]
    reference = address.split("/")[-1]
    assert visitor.get(f"/reports/{reference[:4].lower()}-{reference[4:].lower()}").status == 200
    assert reference in visitor.get(f"/reports?q={reference.lower()}").words


def test_the_same_report_by_its_id_is_the_one_that_was_sent(visitor, db_):
    fields = choose_place(visitor).form("/reports") | GOOD
    visitor.post("/reports", fields)
    found = db_.scalars(select(Report)).one()
    assert found.id == UUID(fields["id"])
    assert found.id != uuid4()
    assert reports.find(db_, found.reference, accounts.SYSTEM).number == found.number
