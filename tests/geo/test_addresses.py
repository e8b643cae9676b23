"""Finding a place by its address, and saying a place back in words."""

from __future__ import annotations

from time import monotonic

import pytest
from sqlalchemy import func, select

from civicconnect import db, geo
from civicconnect.geo import Address, Point
from civicconnect.geo.addresses import fold
from tests.factories import HERE

# Far from the demo city. A thousandth of a degree of latitude is some 111 m.
FAR = Point(-20.0, 60.0)


@pytest.fixture
def house(db_):
    """Put up houses: `house("Élan Street", "7", north=0.001)`."""
    def build(street, number="", north=0.0, east=0.0):
        encode = geo.encoder(db_)
        place = encode(Point(FAR.lat + north, FAR.long + east))
        words = fold(f"{number} {street}")
        db.copy_in(db_, "address", ("street", "number", "words", "place"), [(street, number, words, place)])
    return build


def labels(db_, words, limit=8):
    return [place.label for place in geo.find_addresses(db_, words, limit)]


# Finding

@pytest.mark.parametrize("typed", [
    "qästra", "QASTRA", "qastra strasse", "  strasse   qast ", "7 Qästra", "Qästra-Straße 7",
    "qa\u0308stra", "ＱＡＳＴＲＡ", "strasse 7 qastra", "qast'ra str., 7",
])
def test_accents_case_order_and_punctuation_do_not_matter(db_, house, typed):
    house("Qästra Straße", "7")
    assert labels(db_, typed) == ["7 Qästra Straße"]


def test_every_word_typed_must_be_there(db_, house):
    house("Quillon Upper Road", "1")
    house("Quillon Lower Road", "1")
    assert labels(db_, "quillon upper") == ["1 Quillon Upper Road"]
    assert labels(db_, "quillon upper lower") == []
    assert labels(db_, "quillon road") == ["1 Quillon Lower Road", "1 Quillon Upper Road"]


def test_a_word_may_be_the_beginning_of_one_and_not_its_middle(db_, house):
    house("Quillon Road", "1")
    assert labels(db_, "quil ro") == ["1 Quillon Road"]
    assert labels(db_, "illon") == []


def test_a_number_is_a_whole_house_number(db_, house):
    for number in ("1", "12", "123"):
        house("Quillon Road", number)
    assert labels(db_, "12 quillon") == ["12 Quillon Road"]
    assert labels(db_, "quillon 12") == ["12 Quillon Road"]


def test_without_a_number_a_street_is_answered_once(db_, house):
    for number in ("1", "3", "5"):
        house("Quillon Road", number)
    assert labels(db_, "quillon road") == ["1 Quillon Road"]


def test_where_no_house_has_the_number_the_nearest_numbers_are_offered(db_, house):
    for number in ("2", "8", "10", "30", ""):
        house("Quillon Road", number)
    assert labels(db_, "9 quillon", limit=2) == ["8 Quillon Road", "10 Quillon Road"]
    assert labels(db_, "9 quillon")[-1] == "Quillon Road"
    assert labels(db_, "9 nowhere") == []


def test_no_more_are_answered_than_were_asked_for(db_, house):
    for n in range(30):
        house(f"Quillon {n:02} Road")
    assert len(labels(db_, "quillon", limit=5)) == 5


def test_a_place_is_where_its_house_stands(db_, house):
    house("Quillon Road", "4", north=0.25, east=-0.5)
    [place] = geo.find_addresses(db_, "4 quillon road")
    assert (place.point.lat, place.point.long) == pytest.approx((FAR.lat + 0.25, FAR.long - 0.5))


@pytest.mark.parametrize("typed", [
    "", " ", "\t\n", "...", "!?", "%", "_", "%%%", "\\", "'", "--", "\x00", "💥", "፩ quillon", "²  quillon",
    "quillon' OR '1'='1", "'; DROP TABLE address; --", "quillon%", "qu_llon road", "\\' UNION SELECT 1",
    "quillon\" AND 1=0", "quillon) OR (1=1", "9" * 400 + " quillon", "🕳" * 300,
])
def test_whatever_is_typed_is_only_words(db_, house, typed):
    before = db_.scalar(select(func.count()).select_from(Address))
    house("Quillon Road", "4")
    found = labels(db_, typed)
    assert set(found) <= {"4 Quillon Road"}
    if not any(c.isalnum() for c in typed):
        assert found == []
    assert db_.scalar(select(func.count()).select_from(Address)) == before + 1


@pytest.mark.parametrize("typed", ["a" * 10_000, "road " * 2_000, "1 " * 5_000, "é" * 10_000, "a%_" * 3_400])
def test_ten_thousand_letters_are_answered_within_a_second(db_, typed):
    began = monotonic()
    labels(db_, typed)
    assert monotonic() - began < 1


# Saying it back

def test_a_place_is_described_by_the_nearest_address(db_, house):
    house("Near Road", "1", north=0.0003)  # 33 m
    house("Other Road", "2", east=0.00034)  # 36 m: at 20 degrees a degree of longitude is shorter
    assert geo.describe(db_, FAR) == "1 Near Road"
    house("Next Road", "3", east=-0.0003)  # 31 m
    assert geo.describe(db_, FAR) == "3 Next Road"


def test_a_street_corner_without_a_number_is_described_by_its_name(db_, house):
    house("Corner of A and B")
    assert geo.describe(db_, FAR) == "Corner of A and B"


@pytest.mark.parametrize(("metres", "words"), [(39, "9 Road"), (149, "9 Road"), (599, "9 Road"), (620, "")])
def test_an_address_reaches_six_hundred_metres_and_no_further(db_, house, metres, words):
    house("Road", "9", north=metres / 110_700)  # metres in a degree of latitude at 20 degrees
    assert geo.describe(db_, FAR) == words


def test_nowhere_near_an_address_there_is_nothing_to_say(db_):
    assert geo.describe(db_, FAR) == ""


def test_somewhere_is_the_nearest_address_or_the_point_itself(db_, house):
    assert geo.somewhere(db_, FAR) == geo.Place("", FAR)
    house("Near Road", "1", north=0.01)
    assert geo.somewhere(db_, FAR).label == "1 Near Road"
    assert geo.somewhere(db_, HERE).label != ""
