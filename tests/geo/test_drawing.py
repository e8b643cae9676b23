"""The drawn map: one well-formed picture, of what lies in view and nothing else."""

from __future__ import annotations

import gzip
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from geoalchemy2.shape import from_shape
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box
from shapely.geometry import Point as ShapePoint

from civicconnect import geo
from civicconnect.geo import NEAREST, Address, MapShape, Pin, Point, View
from tests.factories import HERE

SVG = "{http://www.w3.org/2000/svg}"
FAR = Point(-20.0, 60.0)
HOSTILE = [
    "<script>alert(1)</script>", "\"><image href='x'/>", "Fish & Chips Lane", "]]>", "<!--", "&amp;",
    "a\x01b", "bell\x07 \x1b[31m", "\ufffe\uffff", "Rue de l’Église 🕳 شارع",
]


@pytest.fixture
def lay(db_):
    """Lay streets far from the demo city: metres east and north of FAR."""
    def one(name, *steps, kind="street"):
        line = LineString([(FAR.long + e / 104_000, FAR.lat + n / 110_700) for e, n in steps])
        db_.add(MapShape(kind=kind, name=name, shape=from_shape(line, 4326)))
        db_.flush()
    return one


def lay_houses(db_, *houses):
    """Lay house numbers: metres east and north of FAR."""
    for number, east, north in houses:
        place = ShapePoint(FAR.long + east / 104_000, FAR.lat + north / 110_700)
        db_.add(Address(street="Door Lane", number=number, words="", place=from_shape(place, 4326)))
    db_.flush()


def read(drawing):
    return ET.fromstring(drawing)  # noqa: S314  our own drawing; what is asserted is that it parses


def steps(tree):
    """Return every point of every path of the ground, in pixels."""
    paths = [p.get("d") for p in tree.findall(f"{SVG}path")]
    return [tuple(map(float, pair)) for path in paths for pair in re.findall(r"(-?\d+) (-?\d+)", path)]


def written_at(drawing, name):
    """Return the pixel in the middle of a label."""
    (text,) = [text for text in read(drawing).iter(f"{SVG}text") if text.text == name]
    return tuple(map(float, re.findall(r"-?\d+", text.get("transform"))[:2]))


def labels(tree):
    return ["".join(text.itertext()) for text in tree.iter(f"{SVG}text")]


@pytest.mark.parametrize("zoom", range(12, 19))
def test_the_map_is_well_formed_and_small(db_, zoom):
    drawing = geo.draw_map(db_, View(HERE, zoom), [Pin(HERE, "here", "Here")], "Map")
    tree = read(drawing)
    assert tree.tag == f"{SVG}svg"
    assert tree.findtext(f"{SVG}title") == "Map"
    assert len(tree.findall(f"{SVG}path")) > 1
    assert len(gzip.compress(drawing.encode())) < (5_000 if zoom >= 16 else 12_000)


def test_it_needs_no_script_and_no_other_host(db_):
    drawing = geo.draw_map(db_, View(HERE), [Pin(HERE, "here", "Here")], "Map")
    assert "http" not in drawing.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert {element.tag for element in read(drawing).iter()} <= {
        SVG + name for name in ("svg", "title", "style", "rect", "path", "g", "text", "circle")}
    assert not re.search(r"\s(style|on\w+|href)=", drawing)


def test_whatever_has_a_colour_by_day_has_another_one_by_night(db_):
    """The style is the night alone: without it, where a browser refuses it, the map is whole."""
    spots = [Pin(HERE, kind) for kind in ("here", "closed", "received")]
    tree = read(geo.draw_map(db_, View(HERE, 17, 700, 700), spots, "Map"))
    style = tree.findtext(f"{SVG}style")
    assert style.startswith("@media screen and (prefers-color-scheme:dark){")
    night = {(kind, what): colour for kind, what, colour in
             re.findall(r"\.([\w-]+)\{(fill|stroke):(#\w+)\}", style)}
    painted = [(element, what) for element in tree.iter() for what in ("fill", "stroke")
               if element.get(what, "none") != "none"]
    assert len({element.get("class") for element, _ in painted}) > 10
    for element, what in painted:
        colours = [night[key] for kind in element.get("class").split() if (key := (kind, what)) in night]
        assert len(colours) == 1, ET.tostring(element)[-200:]
        assert colours[0] != element.get(what)


@pytest.mark.parametrize("words", HOSTILE, ids=ascii)
def test_whatever_a_street_a_pin_or_the_title_is_called_stays_words(db_, lay, words):
    lay(words, (-240, 0), (240, 0))
    tree = read(geo.draw_map(db_, View(FAR), [Pin(Point(FAR.lat + 0.0005, FAR.long), "here", words)], words))
    kept = "".join(c for c in words if c >= " " and c not in "\ufffe\uffff")
    assert labels(tree) == [kept]
    assert tree.findtext(f"{SVG}title") == kept
    assert tree.findtext(f"{SVG}g[last()]/{SVG}title") == kept


@pytest.mark.parametrize("zoom", [12, 14, 16, 18])
@pytest.mark.parametrize("centre", [HERE, Point(41.19, -33.385), Point(41.24, -33.44)], ids=str)
def test_nothing_is_drawn_outside_the_picture(db_, zoom, centre):
    view = View(centre, zoom, 200, 140)
    tree = read(geo.draw_map(db_, view))
    # Lines go on a little past the edge, so that their rounded ends do not show.
    for x, y in steps(tree):
        assert -21 <= x <= view.width + 21
        assert -21 <= y <= view.height + 21
    for text in tree.iter(f"{SVG}text"):
        x, y = map(float, re.match(r"translate\((-?\d+) (-?\d+)\)", text.get("transform")).groups())
        assert 0 < x < view.width
        assert 0 < y < view.height


def test_a_street_that_ends_before_the_picture_is_not_drawn(db_, lay):
    lay("Gone", (480, 0), (900, 0))
    empty = geo.draw_map(db_, View(FAR))
    lay("There", (-300, 0), (300, 0))
    assert steps(read(empty)) == []
    assert steps(read(geo.draw_map(db_, View(FAR)))) != []


def test_a_street_lies_where_its_points_lie(db_, lay):
    lay("Straight", (0, 0), (50, 50))
    view = View(FAR, 18, 400, 400)
    first, last = steps(read(geo.draw_map(db_, view)))[:2]
    assert first == (200, 200)
    fifty = 50 / view.metres_across * view.width
    assert last == pytest.approx((200 + fifty, 200 - fifty), abs=1.5)


def test_each_name_is_written_once_and_no_two_names_meet(db_):
    found = labels(read(geo.draw_map(db_, View(HERE, 16, 700, 700))))
    assert len(found) > 3
    assert len(found) == len(set(found))


def test_a_street_too_short_for_its_name_stays_without(db_, lay):
    lay("A Name Much Longer Than The Lane", (0, 0), (20, 0))
    assert labels(read(geo.draw_map(db_, View(FAR)))) == []


def test_two_streets_that_run_side_by_side_do_not_share_the_place_of_a_name(db_, lay):
    for north in (0, 12, 24):
        lay(f"North by {north} Metres", (-500, north), (500, north))
    texts = read(geo.draw_map(db_, View(FAR, 16, 720, 300))).iter(f"{SVG}text")
    spots = [tuple(map(float, re.findall(r"-?\d+", text.get("transform"))[:2])) for text in texts]
    assert len(spots) == 3
    for i, (x, y) in enumerate(spots):
        assert all(abs(x - a) > 60 or abs(y - b) >= 13 for a, b in spots[:i])


def test_a_name_stands_inside_its_lake_or_nowhere(db_):
    for name, size in (("Wide Water", 0.0024), ("Little Water", 0.0001)):
        east = FAR.long - 0.003 if name == "Wide Water" else FAR.long + 0.0005
        db_.add(MapShape(kind="water", name=name, shape=from_shape(
            box(east, FAR.lat, east + size, FAR.lat + size / 3), 4326)))
    db_.flush()
    assert labels(read(geo.draw_map(db_, View(FAR)))) == ["Wide Water"]


def test_the_name_of_a_water_keeps_off_the_pier(db_):
    sea, pier = box(FAR.long - 0.003, FAR.lat - 0.002, FAR.long + 0.003, FAR.lat + 0.002), box(
        FAR.long - 0.001, FAR.lat - 0.0003, FAR.long + 0.001, FAR.lat + 0.0003)
    db_.add(MapShape(kind="water", name="Sea", shape=from_shape(sea, 4326)))
    db_.flush()
    middle = written_at(geo.draw_map(db_, View(FAR)), "Sea")
    db_.add(MapShape(kind="pier", name="Pier", shape=from_shape(pier, 4326)))
    db_.flush()
    beside = written_at(geo.draw_map(db_, View(FAR)), "Sea")
    assert abs(middle[1] - 150) < 20
    assert abs(beside[1] - 150) > 20 or abs(beside[0] - 180) > 60


def test_close_by_the_houses_have_their_numbers(db_, lay):
    lay("Door Lane", (-200, 0), (200, 0))
    lay_houses(db_, ("1", 0, 12), ("12B", 14, -12), ("", 40, 12))
    assert labels(read(geo.draw_map(db_, View(FAR, 16)))) == ["Door Lane"]
    assert labels(read(geo.draw_map(db_, View(FAR, 18)))) == ["Door Lane", "1", "12B"]


def test_a_house_with_many_doors_is_written_once(db_):
    lay_houses(db_, *((str(number), number / 10, 0) for number in range(1, 40)))
    assert labels(read(geo.draw_map(db_, View(FAR, 18)))) == ["1"]


def test_a_lake_is_filled_and_a_street_is_a_line(db_, lay):
    lay("Shore Road", (-100, -100), (100, -100))
    lake = box(FAR.long - 0.0005, FAR.lat, FAR.long + 0.0005, FAR.lat + 0.0005)
    db_.add(MapShape(kind="water", name="", shape=from_shape(lake, 4326)))
    db_.flush()
    water, edge, street = read(geo.draw_map(db_, View(FAR))).findall(f"{SVG}path")
    assert water.get("class") == "water"
    assert water.get("d").endswith("Z")
    assert (edge.get("fill"), street.get("fill")) == ("none", "none")
    assert float(edge.get("stroke-width")) > float(street.get("stroke-width"))


views = st.builds(View, st.builds(Point, st.floats(-80, 80), st.floats(-179, 179)), st.integers(10, 18),
                  st.integers(50, 900), st.integers(50, 900))


@settings(deadline=None)
@given(views, st.floats(0, 1), st.floats(0, 1))
def test_the_place_under_a_pixel_is_drawn_at_that_pixel(view, right, down):
    x, y = right * view.width, down * view.height
    place = view.point_at(x, y)
    [[back_x, back_y]] = view.pixels(np.array([[place.long, place.lat]]))
    assert (back_x, back_y) == pytest.approx((x, y), abs=0.75)  # places are kept to a tenth of a metre


@settings(deadline=None)
@given(views)
def test_the_corners_of_a_view_are_the_corners_of_its_box(view):
    north_west, south_east = view.point_at(0, 0), view.point_at(view.width, view.height)
    assert (north_west.long, north_west.lat) == pytest.approx((view.box.west, view.box.north), abs=1e-6)
    assert (south_east.long, south_east.lat) == pytest.approx((view.box.east, view.box.south), abs=1e-6)
    middle = view.point_at(view.width / 2, view.height / 2)
    assert (middle.lat, middle.long) == pytest.approx((view.centre.lat, view.centre.long), abs=1e-6)


@pytest.mark.parametrize("points", [
    [HERE], [HERE, Point(HERE.lat, HERE.long + 0.03)], [HERE, Point(HERE.lat + 0.02, HERE.long)],
    [HERE, HERE], [HERE, Point(HERE.lat + 4, HERE.long + 4)]])
def test_a_view_around_some_points_is_the_nearest_that_has_them_all(points):
    view = View(points[0], NEAREST, 360, 300).holding(points)
    if view.zoom > 10:
        assert all(view.box.holds(point) for point in points)
    assert view.zoom == 17 or not all(
        View(view.centre, view.zoom + 2, 360, 300).box.holds(point) for point in points)
