"""Finding a place by what somebody typed, and saying a place back in words."""

from __future__ import annotations

import pytest
from shapely.geometry import LineString, MultiLineString, MultiPolygon, box
from sqlalchemy import func, select

from civicconnect import db, geo
from civicconnect.geo import Address, Ground, Point
from civicconnect.geo.load import AreaRow
from civicconnect.geo.places import metres
from tests.counting import counted
from tests.factories import HERE

# Far from the demo city, at the equator: a thousandth of a degree is some 111 m both ways.
CENTRE = Point(0.0, 60.0)
NUMBER = 0.00008  # degrees from one number to the next across the street
MOST_QUESTIONS = 8  # to the database, for one search


def at(east, north):
    """Return the place so many thousandths of a degree from the centre."""
    return Point(round(CENTRE.lat + north / 1000, 6), round(CENTRE.long + east / 1000, 6))


def line(*places):
    return LineString([(p.long, p.lat) for p in (at(*place) for place in places)])


def row(street, numbers, north, east=0.0):
    """Return the houses of a street that runs east, each number at its place, odd ones to the north."""
    for number in numbers.split():
        figures = int("".join(c for c in number.split("-")[0] if c.isdecimal()))
        side = 0.1 if figures % 2 else -0.1
        yield street, number, at(east + figures * NUMBER * 1000, north + side)


TOWN = Ground(
    addresses=(
        *row("Oak Street", "1 3 5 11 2 4 8 10 12 12b 14-18 20", 0),
        *row("Oak Avenue", "1 3 5 7", 5),
        *row("Pine Street", "1 2", 8),
        *row("1st Battery Street", "1 18 26", 10),
        *row("42nd Street", "7 42", 12),
        *row("Calle 8", "3 12", 14),
        *row("Calle Mayor", "12 14", 16),
        *row("Avenida São João", "100 102", 18),
        *row("Rue de la Paix", "4 6", 20),
        *row("Saint Mary's Lane", "9", 22),
        *row("MacArthur Boulevard", "5", 24),
        *row("Linden Straße", "7", 26),
        *row("Hauptstraße", "12", 28),
        *row("شارع الزيتون", "12", 30),
        *row("شارع النخيل", "3", 32),
        *row("Rock and Roll Road", "6", 34),
        *row("Chestnut Hill Road", "30", 36),
        *row("Commonwealth Avenue", "77", 38),
        *row("E Street", "5", 40),
        *row("N 5th Avenue", "5", 42),
        ("The Old Pier", "", at(0, 44)),
    ),
    shapes=(
        ("main", "Oak Street", line((-1, 0), (10, 0))),
        ("street", "Pine Street", line((3, -2), (3, 8))),
        ("street", "Oak Avenue", line((-1, 5), (2.99, 5))),  # it ends a metre before Pine Street
        ("street", "Calle Mayor", line((0, 16), (9, 16))),
        ("path", "Calle 8", line((1, 14), (1, 17))),
        ("street", "Avenida São João", line((4, 15), (4, 19))),
        ("street", "Rue de la Paix", line((5, -1), (5, 21))),
        ("street", "شارع الزيتون", line((0, 30), (9, 30))),
        ("street", "شارع النخيل", line((2, 29), (2, 33))),
        ("street", "Rock and Roll Road", line((6, -1), (6, 34))),
        ("street", "Rock Road", line((7, -1), (7, 1))),
        ("street", "Loop Lane", MultiLineString([line((7.5, -1), (7.5, 1)), line((9.5, -1), (9.5, 1))])),
        ("street", "E Street", line((0, 40), (9, 40))),
        ("street", "Unbuilt Way", line((0, 50), (4, 50))),
        ("street", "", line((0, 0), (0, 9))),
        ("park", "Oak Park", line((0, 0), (0, 9)).buffer(0.001)),
    ),
)


@pytest.fixture(scope="module")
def standing(engine, templates, tmp_path_factory):
    """The town, in a database that these tests only read."""
    with templates(engine).copy(tmp_path_factory.mktemp("town")) as url:
        opened = db.open_database(url)
        with db.bound(opened), db.transaction() as change:
            geo.load(change, TOWN)
        yield opened
        opened.engine.dispose()


@pytest.fixture
def town(standing):
    with db.bound(standing), db.reading() as view:
        yield view


@pytest.fixture
def settle(db_):
    """Make the ground of the test's database: `settle([("Street", "7", point)], [("Street", line)])`."""
    def build(addresses=(), lines=()):
        geo.load(db_, Ground(addresses=tuple(addresses), shapes=tuple(("street", *each) for each in lines)))
    return build


def labels(view, words, limit=8):
    return [place.label for place in geo.find_addresses(view, words, limit)]


def first(view, words):
    found = geo.find_addresses(view, words)
    return found[0] if found else None


# House numbers

@pytest.mark.parametrize(("typed", "label"), [
    ("12 Oak Street", "12 Oak Street"), ("Oak Street 12", "12 Oak Street"), ("oak st 12", "12 Oak Street"),
    ("OAK STR. 12", "12 Oak Street"), ("Oak Street, 12", "12 Oak Street"), ("12,oak street", "12 Oak Street"),
    ("oak street no. 12", "12 Oak Street"), ("oak street nº 12", "12 Oak Street"),
    ("oak st #12", "12 Oak Street"),
    ("oakst 12", "12 Oak Street"), ("12 oak", "12 Oak Street"), ("street oak 12", "12 Oak Street"),
    ("12b oak st", "12b Oak Street"), ("12 B Oak Street", "12b Oak Street"),
    ("oak street 12-b", "12b Oak Street"),
    ("12c Oak Street", "12 Oak Street"), ("12 oak st apt 4", "12 Oak Street"),
    ("12 oak st, unit 7", "12 Oak Street"),
    ("14-18 oak street", "14-18 Oak Street"), ("16 oak street", "14-18 Oak Street"),
    ("14 oak street", "14-18 Oak Street"), ("14–18 Oak Street", "14-18 Oak Street"),
    ("7 oak ave", "7 Oak Avenue"), ("av. oak 7", "7 Oak Avenue"), ("7 oak av", "7 Oak Avenue"),
    ("1 1st battery st", "1 1st Battery Street"), ("18 first battery street", "18 1st Battery Street"),
    ("1st battery street 18", "18 1st Battery Street"), ("1st battery st", "1st Battery Street"),
    ("42nd street 7", "7 42nd Street"), ("7 42 street", "7 42nd Street"), ("42 42nd st", "42 42nd Street"),
    ("Calle 8 #12", "12 Calle 8"), ("calle 8", "Calle 8"), ("c/ mayor 12", "12 Calle Mayor"),
    ("C/Mayor, 14", "14 Calle Mayor"), ("cl mayor 14", "14 Calle Mayor"), ("mayor 14", "14 Calle Mayor"),
    ("avda sao joao 100", "100 Avenida São João"), ("Av. São João, nº 102", "102 Avenida São João"),
    ("4, rue de la Paix", "4 Rue de la Paix"), ("4 r. paix", "4 Rue de la Paix"),
    ("6 rue paix", "6 Rue de la Paix"),
    ("9 st marys ln", "9 Saint Mary's Lane"), ("9 Saint Mary’s Lane", "9 Saint Mary's Lane"),
    ("hauptstr 12", "12 Hauptstraße"), ("Hauptstr.12", "12 Hauptstraße"),
    ("HAUPTSTRASSE 12", "12 Hauptstraße"),
    ("5 e street", "5 E Street"), ("5 n 5th ave", "5 N 5th Avenue"),
    ("5 north fifth avenue", "5 N 5th Avenue"),
    ("12 شارع الزيتون", "12 شارع الزيتون"), ("شارع الزيتون ١٢", "12 شارع الزيتون"),
    ("زيتون 12", "12 شارع الزيتون"),
    ("ش الزيتون رقم 12", "12 شارع الزيتون"), ("１２ ＯＡＫ ＳＴＲＥＥＴ", "12 Oak Street"),
])
def test_a_house_is_found_as_people_write_it(town, typed, label):
    assert first(town, typed).label == label


def test_a_place_is_where_its_house_stands(town):
    found = first(town, "77 commonwealth avenue")
    assert found.point == next(p for s, n, p in TOWN.addresses if (s, n) == ("Commonwealth Avenue", "77"))


def test_the_house_typed_comes_before_those_of_other_streets(town):
    assert labels(town, "5 oak")[:2] == ["5 Oak Street", "5 Oak Avenue"]
    assert labels(town, "5 oak avenue")[:2] == ["5 Oak Avenue", "5 Oak Street"]
    assert labels(town, "12 oak avenue")[0].endswith("Oak Avenue")


def test_a_number_that_no_house_has_lies_between_its_neighbours_on_the_same_side(town):
    [place, *_] = geo.find_addresses(town, "6 oak street")
    assert place.label == "6 Oak Street"
    assert metres(place.point, at(6 * NUMBER * 1000, -0.1)) < 1
    [place, *_] = geo.find_addresses(town, "9 Oak St")
    assert place.label == "9 Oak Street"
    assert metres(place.point, at(9 * NUMBER * 1000, 0.1)) < 1
    assert {"8 Oak Street", "10 Oak Street"} <= set(labels(town, "9 Oak St"))


def test_beyond_the_last_number_the_nearest_houses_are_offered(town):
    assert labels(town, "30 oak street")[:2] == ["20 Oak Street", "11 Oak Street"]
    assert labels(town, "9999999 oak street")[0] == "20 Oak Street"


def test_between_houses_far_apart_nobody_knows_where_a_number_is(settle, db_):
    settle([("Long Road", "2", at(0, 0)), ("Long Road", "8", at(5, 0)), ("Long Road", "1", at(0, 1))])
    assert labels(db_, "4 long road") == ["2 Long Road", "1 Long Road"]


def test_a_tower_with_hundreds_of_addresses_still_shows_the_one_typed(settle, db_):
    settle([("High Street", f"12-{n}", at(0, n / 100)) for n in range(1, 600)])
    assert labels(db_, "12-577 high street")[0] == "12-577 High Street"
    assert len(labels(db_, "12 high street")) == 8


def test_two_houses_with_one_address_are_both_offered_when_they_are_far_apart(settle, db_):
    settle([("Hill Road", "4", at(0, 0)), ("Hill Road", "4", at(0.2, 0)), ("Hill Road", "4", at(30, 0))])
    assert [place.point for place in geo.find_addresses(db_, "4 hill road")] == [at(0, 0), at(30, 0)]


def test_places_with_the_same_words_are_told_apart_by_their_district(db_):
    def area(layer, code, west, east):
        return AreaRow(layer, code, code.title(), None, None, MultiPolygon([box(west, -1, east, 1)]))

    geo.load(db_, Ground(
        areas=(area("limit", "whole", 59.9, 60.2), area("ward", "one", 59.99, 60.01),
               area("ward", "two", 60.015, 60.03)),
        addresses=(("Hill Road", "4", at(1, 0)), ("Hill Road", "4", at(5, 0)), ("Hill Road", "4", at(20, 0)),
                   ("Hill Road", "4", at(90, 0)), ("Hall Road", "4", at(1, 3))),
    ))
    assert labels(db_, "4 hill road") == [
        "4 Hill Road (One)", "4 Hill Road (One)", "4 Hill Road (Two)", "4 Hill Road", "4 Hall Road"]


def test_a_street_alone_is_answered_once_about_its_middle(town):
    [place, *_] = geo.find_addresses(town, "oak street")
    assert place == geo.Place("Oak Street", at(4.5, 0))
    assert labels(town, "oak street").count("Oak Street") == 1
    assert first(town, "chestnut hill").point == at(30 * NUMBER * 1000, 35.9)  # no line: by its only house


def test_a_street_without_houses_and_a_place_without_a_number_are_found(town):
    assert first(town, "unbuilt way") == geo.Place("Unbuilt Way", at(2, 50))
    assert labels(town, "12 unbuilt way")[0] == "Unbuilt Way"
    assert first(town, "old pier") == geo.Place("The Old Pier", at(0, 44))
    assert "Oak Park" not in labels(town, "oak park")  # a park of the map is no street


# Slips of the finger

@pytest.mark.parametrize(("typed", "label"), [
    ("Oka Stret", "Oak Street"), ("Batery", "1st Battery Street"),
    ("battrey stret 18", "18 1st Battery Street"),
    ("comonwelth avnue 77", "77 Commonwealth Avenue"), ("Chesnut Hil", "Chestnut Hill Road"),
    ("30 hill chestnutt rd", "30 Chestnut Hill Road"), ("ooak street 12", "12 Oak Street"),
    ("oal street 12", "12 Oak Street"), ("avenida sao jaoo", "Avenida São João"),
    ("rue de la pax", "Rue de la Paix"),
    ("batt", "1st Battery Street"), ("comm 77", "77 Commonwealth Avenue"), ("chest hi", "Chestnut Hill Road"),
    ("mac arthur blvd", "MacArthur Boulevard"), ("5 mac artur boulevard", "5 MacArthur Boulevard"),
    ("lindenstr 7", "7 Linden Straße"), ("lindenstrasse", "Linden Straße"),
    ("chestnuthill road", "Chestnut Hill Road"),
    ("الزيتن", "شارع الزيتون"), ("oak avenue 20", "7 Oak Avenue"), ("oak boulevard", "Oak Street"),
])
def test_a_slip_of_the_finger_is_forgiven(town, typed, label):
    assert label in labels(town, typed)[:3]
    assert labels(town, typed)[0] == label


def test_what_was_typed_right_comes_before_what_was_nearly_typed(settle, db_):
    settle([("Pine Road", "5", at(0, 0)), ("Pane Road", "5", at(0, 3)), ("Pin Road", "5", at(0, 6))])
    for name in ("Pine", "Pane", "Pin"):
        assert labels(db_, f"5 {name} road")[0] == f"5 {name} Road"
    assert set(labels(db_, "5 pine road")) == {"5 Pine Road", "5 Pin Road", "5 Pane Road"}


@pytest.mark.parametrize("typed", ["xylophone", "zzz 12", "12", "st", "fourteen"])
def test_what_is_nothing_like_a_street_finds_none(settle, db_, typed):
    settle([("Oak Road", "12", at(0, 0))])
    assert labels(db_, typed) == []


@pytest.mark.parametrize("typed", [
    "12 Oak Street, Larkmouth", "12 Oak Street, Larkmouth 02134", "12 oak street larkmouth",
    "12 oak street 02134",
    "Larkmouth, Oak Street 12", "larkmouth oak street 12", "Oak Street 12; 02134 Larkmouth; Country",
    "Rose Cottage, 12 Oak Street", "12 oka stret larkmouth",
])
def test_the_city_and_the_postcode_may_be_typed_too(town, typed):
    assert first(town, typed).label == "12 Oak Street"


def test_no_more_are_answered_than_were_asked_for(settle, db_):
    settle([(f"Quillon {n:02} Road", "1", at(0, n)) for n in range(30)])
    assert len(labels(db_, "quillon", limit=5)) == 5
    assert len(labels(db_, "1 quillon")) == 8


def test_longer_streets_come_first_among_equals(settle, db_):
    settle([("Elm Lane", "1", at(0, 0)), *((("Elm Way", str(n), at(n / 9, 3))) for n in range(9))])
    assert labels(db_, "elm") == ["Elm Way", "Elm Lane"]


# Crossings

@pytest.mark.parametrize("typed", [
    "Oak Street & Pine Street", "oak st and pine st", "corner of Oak and Pine", "Oak / Pine", "oak/pine",
    "oak y pine",
    "esquina de Oak y Pine", "en la esquina de oak con pine", "esquina da Oak com Pine", "oak e pine",
    "angle de Oak et Pine", "à l'angle de oak et de pine", "au coin de oak et pine",
    "intersection of pine & oak",
    "Oak @ Pine", "oak at pine", "oka stret & pien", "Oak & Pine, Larkmouth",
    "the corner of oak street and pine",
    "زاوية Oak و Pine", "تقاطع oak وpine",
])
def test_a_crossing_is_where_two_streets_meet(town, typed):
    [place, *_] = geo.find_addresses(town, typed)
    assert set(place.label.split(" & ")) == {"Oak Street", "Pine Street"}
    assert metres(place.point, at(3, 0)) < 2


def test_a_crossing_is_called_in_the_order_typed(town):
    assert first(town, "pine & oak st").label == "Pine Street & Oak Street"


def test_streets_that_only_nearly_touch_on_the_map_meet(town):
    assert metres(first(town, "oak avenue & pine street").point, at(3, 5)) < 5


@pytest.mark.parametrize(("typed", "place"), [
    ("c/ mayor y calle 8", (1, 16)), ("Calle Mayor/Calle 8", (1, 16)), ("calle mayor e av são joão", (4, 16)),
    ("rue de la paix et calle mayor", (5, 16)), ("شارع الزيتون وشارع النخيل", (2, 30)),
    ("تقاطع شارع الزيتون مع شارع النخيل", (2, 30)), ("rock and roll road & oak street", (6, 0)),
    ("oak street and rock and roll road", (6, 0)), ("rock road and oak street", (7, 0)),
])
def test_a_crossing_is_found_in_any_language(town, typed, place):
    assert metres(first(town, typed).point, at(*place)) < 2


def test_streets_that_meet_twice_have_two_corners(town):
    found = geo.find_addresses(town, "oak street & loop lane")[:2]
    assert [place.label for place in found] == ["Oak Street & Loop Lane"] * 2
    assert {place.point for place in found} == {at(7.5, 0), at(9.5, 0)}


def test_and_may_be_a_word_of_the_street(town):
    assert first(town, "rock and roll road").label == "Rock and Roll Road"
    assert first(town, "6 rock and roll rd").label == "6 Rock and Roll Road"


def test_where_two_streets_of_the_map_do_not_meet_both_are_offered(town):
    assert set(labels(town, "oak street & calle mayor")[:2]) == {"Oak Street", "Calle Mayor"}


def test_without_a_map_a_corner_is_where_the_houses_of_both_come_nearest(settle, db_):
    # Some 111 m a thousandth: the nearest houses are 44 m apart, those of the third street 78.
    settle([*(("Elm Way", str(n), at(n * 0.2, 0)) for n in range(1, 9)),
            *(("Ash Way", str(n), at(1.0, 0.2 + n * 0.2)) for n in range(1, 9)),
            ("Fir Way", "1", at(0.2, -0.7))])
    [place] = geo.find_addresses(db_, "elm & ash")[:1]
    assert place == geo.Place("Elm Way & Ash Way", at(1.0, 0.2))
    assert labels(db_, "elm & fir") == ["Elm Way", "Fir Way"]


# Coordinates and Plus Codes

@pytest.mark.parametrize(("typed", "point"), [
    ("41.2, -33.4", Point(41.2, -33.4)), ("41.2 -33.4", Point(41.2, -33.4)),
    (" 41.2,-33.4 ", Point(41.2, -33.4)),
    ("41.2° N, 33.4° W", Point(41.2, -33.4)), ("N 41.2 W 33.4", Point(41.2, -33.4)),
    ("41,2; -33,4", Point(41.2, -33.4)),
    ("geo:41.2,-33.4", Point(41.2, -33.4)), ("41.2, −33.4", Point(41.2, -33.4)),
    ("41 N 33 W", Point(41.0, -33.0)),
    ("٤١٫٢، -٣٣٫٤", Point(41.2, -33.4)), ("۴۱٫۲, -۳۳٫۴", Point(41.2, -33.4)),
    ("\u200e41.2, −33.4", Point(41.2, -33.4)), ("\u206641.2\u2069, \u2066-33.4\u2069", Point(41.2, -33.4)),
    ("41°12′0″N 33°24′0″W", Point(41.2, -33.4)), ("41°12'00\"N 33°24'00\"W", Point(41.2, -33.4)),
    ("41° 12' 0'' n, 33° 24' 0'' w", Point(41.2, -33.4)), ("41º12’0”N33º24’0”W", Point(41.2, -33.4)),
    ("41°12'N 33°24.0'W", Point(41.2, -33.4)), ("-41°12', 33°24'", Point(-41.2, 33.4)),
    ("33.4° W, 41.2° N", Point(41.2, -33.4)),
    ("lat 41.2 long -33.4", Point(41.2, -33.4)), ("Lat: 41.2, Lon: -33.4", Point(41.2, -33.4)),
    ("lng=-33.4 lat=41.2", Point(41.2, -33.4)), ("latitude 41 longitude -33", Point(41.0, -33.0)),
])
def test_coordinates_are_a_place(town, typed, point):
    assert geo.find_addresses(town, typed) == [geo.Place(f"{point.lat:g}, {point.long:g}", point)]


@pytest.mark.parametrize("typed", ["91.5, 10.5", "41.2, 181.0", "12 14", "41.2", "41.2, ", "1.2.3, 4.5.6",
                                   "12° 14°", "41°72' N 33° W", "-33.4 lat 41.2", "91°12'N 33°24'W"])
def test_what_cannot_be_degrees_is_looked_up_as_words(town, typed):
    assert not any(", " in label for label in labels(town, typed))


def test_a_plus_code_is_a_place_and_a_short_one_is_in_this_city(town):
    for code, point in (("7FG49QCJ+2V", Point(20.370062, 2.782188)),
                        ("\u200e7FG٤9QCJ+2V", Point(20.370062, 2.782188)),
                        ("7fg49qcj+2vx", Point(20.370113, 2.782234)),
                        ("8FVC2222+22 somewhere", Point(47.000063, 8.000063))):
        assert metres(first(town, code).point, point) < 0.5
    assert metres(first(town, "2222+22 larkmouth").point, Point(0.000063, 60.000063)) < 0.5
    south = first(town, "X2X2+X2")  # from here to the equator's other side the first letters change
    assert (south.label, south.point.lat) == ("-0.000062, 60.000062", pytest.approx(-0.0000625, abs=1e-6))


# Whatever is typed

NASTY = [
    "", " ", "\t\n", "...", "!?", "%", "_", "%%%", "\\", "'", "--", "\x00", "💥", "፩ oak", "²  oak", "& &",
    "/", "&",
    "oak' OR '1'='1", "'; DROP TABLE address; --", "oak%", "o_k street", "\\' UNION SELECT 1",
    "oak\" AND 1=0",
    "oak) OR (1=1", "9" * 400 + " oak", "🕳" * 300, "a" * 10_000, "road " * 2_000, "1 " * 5_000, "é" * 10_000,
    "a%_" * 3_400, "oak " * 60, "oak & " * 50, "1," * 100, "oak, " * 40, "and " * 50, "و" * 200,
    "\u202eteerts kao 21",
    "\u200f12 شارع\u200f", "ﷺ" * 200, "e\u0301" * 150, "1" + " " * 198 + "2", "-1 oak street", "0 oak street",
    "999999999999 oak street", "१२ oak street", "\ud800", "12 oak street\ud800", "corner of",
    "corner of & and", "c/ / c/",
    "2222+22", "+", "88888888+88", "٣" * 50, "st st st st st st st st", "n n n 5 5 5 s s s",
]


@pytest.mark.parametrize("typed", NASTY, ids=range(len(NASTY)))
def test_whatever_is_typed_is_only_words_and_asks_the_database_little(standing, town, typed):
    geo.find_addresses(town, "oak")  # the streets are read
    with counted(standing) as asked:
        found = geo.find_addresses(town, typed)
    assert len(asked) <= MOST_QUESTIONS
    assert len(found) <= 8
    assert town.scalar(select(func.count()).select_from(Address)) == len(TOWN.addresses)


@pytest.mark.parametrize(("typed", "count"), [
    ("12 oak street", 2), ("oak street", 1), ("oka stret", 1), ("oak & pine", 2), ("41.2, -33.4", 1),
    ("12 calle 8", 3), ("nowhere", 1), ("12 oak street, larkmouth", 2),
])
def test_a_search_asks_the_database_few_questions(standing, town, typed, count):
    geo.find_addresses(town, "oak")
    with counted(standing) as asked:
        geo.find_addresses(town, typed)
    assert len(asked) <= count


# Saying it back

def test_a_place_is_described_by_the_nearest_address(settle, db_):
    houses = [("Near Road", "1", at(0, 0.3)), ("Other Road", "2", at(0.32, 0))]
    settle(houses)
    assert geo.describe(db_, CENTRE) == "1 Near Road"
    settle([*houses, ("Next Road", "3", at(-0.28, 0))])
    assert geo.describe(db_, CENTRE) == "3 Next Road"


def test_a_street_corner_without_a_number_is_described_by_its_name(settle, db_):
    settle([("Corner of A and B", "", CENTRE)])
    assert geo.describe(db_, CENTRE) == "Corner of A and B"
    assert first(db_, "corner of a and b").label == "Corner of A and B"


@pytest.mark.parametrize(("east", "north", "words"), [
    (39, 0, "9 Road"), (149, 0, "9 Road"), (599, 0, "9 Road"), (420, 420, "9 Road"), (0, 620, ""),
    (440, 440, ""),
])
def test_an_address_reaches_six_hundred_metres_and_no_further(settle, db_, east, north, words):
    # Metres in a degree at the equator: 111,320 of longitude, 110,574 of latitude.
    settle([("Road", "9", Point(CENTRE.lat + north / 110_574, CENTRE.long + east / 111_320))])
    assert geo.describe(db_, CENTRE) == words


def test_nowhere_near_an_address_there_is_nothing_to_say(settle, db_):
    settle()
    assert geo.describe(db_, CENTRE) == ""


def test_somewhere_is_the_nearest_address_or_the_point_itself(settle, db_):
    assert geo.somewhere(db_, HERE).label != ""
    settle([("Near Road", "1", at(0, 10)), ("Far Road", "1", at(0, 20))])
    assert geo.somewhere(db_, CENTRE).label == "1 Near Road"
    assert geo.somewhere(db_, CENTRE, reach_metres=1000) == geo.Place("", CENTRE)
