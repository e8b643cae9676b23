"""Several photos: each kept through refusals, each to be left out, one bad one never costs the others."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from civicconnect.reports import Report, ReportPhoto
from tests.journeys.test_from_form_to_export import choose_place
from tests.offers import change_service

GOOD = {"answer-size": "plate", "answer-depth": "4"}
BAD = {"answer-size": "plate", "answer-depth": "deep"}


def picture(shade: int) -> bytes:
    """Return a small photo; another shade is another photo."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 40)).save(out, "JPEG")
    return out.getvalue()


def post(visitor, fields, photos=(), kept=()):
    """Send a form with several files of one name, as browsers do."""
    data = MultiDict(fields | {"photo": [FileStorage(io.BytesIO(content), name, "photo")
                                         for name, content in photos], "photo_kept": list(kept)})
    boundary, body = encode_multipart(data)
    return visitor._read(visitor.client.post(
        "/reports", data=body, content_type=f"multipart/form-data; boundary={boundary}"))


def kept(page) -> list[str]:
    """Return the names under which a page carries photos along, those that are ticked."""
    return [e.get("value") for e in page.tree.iter("input")
            if e.get("name") == "photo_kept" and e.get("checked") is not None]


def said(page) -> str:
    return " ".join("".join(page.tree.find(".//*[@id='photo-error']").itertext()).split())


def digests(db_) -> list[str]:
    return list(db_.scalars(select(ReportPhoto.digest).order_by(ReportPhoto.position)))


@pytest.fixture
def fields(visitor) -> dict[str, str]:
    found = choose_place(visitor).form("/reports") | GOOD
    found.pop("photo_kept", None)
    return found


THREE = [("a.jpg", picture(10)), ("b.jpg", picture(120)), ("c.jpg", picture(240))]


def test_three_photos_stand_on_the_page_in_their_order(visitor, fields, db_):
    shown = visitor.get(post(visitor, fields, THREE).answer.headers["Location"].split("?")[0])
    addresses = [e.get("href") for e in shown.tree.iter("a") if "/media/" in (e.get("href") or "")]
    assert [a.split("/")[-1] for a in addresses] == [f"{d}.jpg" for d in digests(db_)]
    assert len(set(addresses)) == 3
    assert "Photo 3 of the report" in [e.get("alt") for e in shown.tree.iter("img")]
    assert visitor.get(addresses[2]).answer.mimetype == "image/jpeg"


def test_the_field_asks_for_as_many_as_the_service_takes(visitor, db_):
    for most, label in ((0, None), (1, "A photo (optional)"), (5, "Up to 5 photos (optional)")):
        change_service(db_, "pothole", photos=most)
        page = choose_place(visitor)
        field = page.tree.find(".//input[@id='photo']")
        assert (field is not None) == bool(most)
        if field is not None:
            assert label in page.words
            assert (field.get("multiple") is not None) == (most > 1)


def test_all_photos_outlive_a_refusal_and_one_can_be_left_out(visitor, fields, db_):
    page = post(visitor, fields | BAD, THREE)
    assert page.status == 422
    tokens = kept(page)
    assert len(tokens) == 3
    own = post(visitor, fields, kept=[tokens[0], tokens[2]]).answer.headers["Location"]
    assert visitor.get(own.split("?")[0]).text.count("/media/") == 4  # two, small and large
    assert len(digests(db_)) == 2


def test_one_bad_photo_is_named_and_the_good_ones_are_kept(visitor, fields, db_):
    page = post(visitor, fields, [THREE[0], ("holiday.jpg", b"no photo"), THREE[1]])
    assert page.status == 422
    assert "holiday.jpg: This file is not a photo we can read" in said(page)
    assert "#photo" in page.links()
    assert len(kept(page)) == 2
    assert db_.scalar(select(func.count()).select_from(Report)) == 0
    again = post(visitor, fields, kept=kept(page))
    assert again.status == 303
    assert len(digests(db_)) == 2


def test_the_same_photo_twice_counts_once(visitor, fields, db_):
    first = post(visitor, fields | BAD, [THREE[0], ("copy.jpg", THREE[0][1])])
    assert len(kept(first)) == 1
    assert post(visitor, fields, [THREE[0]], kept=kept(first)).status == 303
    assert len(digests(db_)) == 1


def test_too_many_photos_are_refused_and_the_first_ones_kept(visitor, fields, db_):
    page = post(visitor, fields, [*THREE, ("d.jpg", picture(200))])
    assert page.status == 422
    assert "At most 3 photos" in said(page)
    assert len(kept(page)) == 3
    assert digests(db_) == []


def test_more_photos_than_fit_beside_the_kept_ones_are_refused(visitor, fields):
    first = post(visitor, fields | BAD, THREE[:2])
    page = post(visitor, fields, [THREE[2], ("d.jpg", picture(200))], kept=kept(first))
    assert "At most 3 photos" in said(page)
    assert len(kept(page)) == 3


def test_a_service_without_photos_refuses_one_and_takes_the_form_without(visitor, fields, db_):
    change_service(db_, "pothole", photos=0)
    page = post(visitor, fields, THREE[:1])
    assert page.status == 422
    assert "No photo goes with this report" in page.words
    assert kept(page) == []
    assert post(visitor, fields).status == 303


def test_a_forged_name_brings_no_photo(visitor, fields, db_):
    first = post(visitor, fields | BAD, THREE[:1])
    page = post(visitor, fields, kept=["forged", kept(first)[0]])
    assert page.status == 422
    assert "Choose it again" in said(page)
    assert len(kept(page)) == 1


def test_the_same_form_with_its_photos_sent_twice_is_one_report(visitor, fields, db_):
    first, second = (post(visitor, fields, THREE) for _ in range(2))
    assert first.answer.headers["Location"] == second.answer.headers["Location"]
    assert post(visitor, fields, THREE[:2]).status == 409  # another photo less is another report
    assert db_.scalar(select(func.count()).select_from(Report)) == 1
