"""A photo first: it starts where its camera wrote that it was taken, and goes along to the end."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import select

from civicconnect.reports import ReportPhoto
from tests.offers import make_plain

LAT, LONG = 2, 4


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


def taken_at(lat=None, long=None, kind="JPEG"):
    """Return a photo whose camera wrote down a place."""
    picture, out = Image.effect_mandelbrot((60, 40), (-2, -1.5, 1, 1.5), 9).convert("RGB"), io.BytesIO()
    exif = Image.Exif()
    if lat is not None:
        gps = exif.get_ifd(0x8825)
        for tag, value, sides in ((LAT, lat, "NS"), (LONG, long, "EW")):
            whole = abs(value)
            minutes = whole % 1 * 60
            gps[tag - 1] = sides[value < 0]
            gps[tag] = (int(whole), int(minutes), round(minutes % 1 * 60, 4))
    picture.save(out, kind, exif=exif.tobytes())
    return out.getvalue()


@pytest.fixture
def start(visitor):
    def send(content):
        page = visitor.get(next(link for link in visitor.get("/").links() if "photo" in link))
        fields = page.form("/report/photo")
        return visitor.post("/report/photo", fields | {"photo": (io.BytesIO(content), "a.jpg")})
    return send


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_starts_where_the_photo_was_taken_and_the_photo_goes_along(visitor, start, db_, kind):
    what = visitor.follow(start(taken_at(41.2, -33.4, kind)))
    assert "Your photo was taken here." in what.words
    details = visitor.get(next(link for link in what.links() if "service=pothole" in link))
    fields = details.form("/reports")
    assert (round(float(fields["lat"]), 4), round(float(fields["long"]), 4)) == (41.2, -33.4)
    sent = visitor.post("/reports", fields | {"answer-size": "plate"})
    assert "Thank you." in visitor.follow(sent).words
    assert len(db_.scalars(select(ReportPhoto.digest)).all()) == 1


@pytest.mark.parametrize("place", [(None, None), (0, 0), (48.1, 11.6), (99, 400)])
def test_without_a_place_of_ours_it_asks_for_one_and_keeps_the_photo(visitor, start, place):
    where = visitor.follow(start(taken_at(*place)))
    assert "Where is it?" in where.words
    found = visitor.get("/report", query_string=where.form("/report", q="") | {"q": "mint lane"})
    what = visitor.get(next(link for link in found.links() if "lat=" in link and "photo=" in link))
    details = visitor.get(next(link for link in what.links() if "service=pothole" in link))
    assert details.form("/reports")["photo_kept"]
    link = next(link for link in details.links() if "service=pothole" in link and "photo=" in link)
    change = visitor.get(link)
    assert change.form("/report", q="")["photo"]


def test_no_photo_and_no_picture_are_refused_beside_the_field(visitor, start):
    fields = visitor.get("/report/photo").form("/report/photo")
    assert "Choose a photo." in visitor.post("/report/photo", fields).words
    assert start(b"no picture").status == 422


def test_a_token_that_is_none_of_ours_is_left_out(visitor):
    page = visitor.get("/report?lat=41.2&long=-33.4&service=pothole&photo=nonsense")
    assert "photo_kept" not in page.form("/reports")
