"""The public list of reports and its map: one filter for all of them, and nothing that is not told."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import dist

import pytest
from geoalchemy2.shape import from_shape
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, box

from civicconnect import clock, geo, reports
from civicconnect.geo import Area, Box, Point
from civicconnect.reports import Filter, Heap
from civicconnect.web import overview
from tests.counting import counted
from tests.factories import HERE

ATOM = "{http://www.w3.org/2005/Atom}"
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
NEAR = f"lat={HERE.lat}&long={HERE.long}&zoom=17"


@pytest.fixture
def make_area(db_):
    """Make an area in the middle of the demo city, beside the ones it has."""
    def make(layer, code, name, **more):
        shape = from_shape(MultiPolygon([box(-33.41, 41.19, -33.39, 41.21)]), 4326)
        db_.add(Area(layer=layer, code=code, name=name, changed_at=MONDAY, shape=shape,
                     **({"names": {}, "valid_from": None, "valid_to": None} | more)))
        db_.flush()
    return make


def marks(page, size="wide"):
    """Return the links drawn on the map: address and words of each."""
    for drawing in page.tree.iter("{http://www.w3.org/2000/svg}svg"):
        if f"overview__marks--{size}" in (drawing.get("class") or ""):
            return {a.get("href"): a.get("aria-label") for a in drawing.iter("{http://www.w3.org/2000/svg}a")}
    raise AssertionError("the page has no map")


def listed(page):
    """Return the references a page lists, in order."""
    items = [li for ul in page.tree.iter("ul") if ul.get("class") == "report-list" for li in ul.iter("li")]
    return [next(li.iter("a")).get("href").rpartition("/")[2] for li in items]


def references(visitor, query):
    """Return what each form of a view holds: the list, the map's list, CSV, GeoJSON and feed."""
    table = csv.DictReader(io.StringIO(visitor.get(f"/reports.csv?{query}").text))
    features = json.loads(visitor.get(f"/reports.geojson?{query}").bytes)["features"]
    feed = ET.fromstring(visitor.get(f"/reports.atom?{query}").bytes)  # noqa: S314  our own
    return [
        set(listed(visitor.get(f"/reports?{query}"))), set(listed(visitor.get(f"/map?{NEAR}&{query}"))),
        {row["service_request_id"] for row in table},
        {feature["properties"]["service_request_id"] for feature in features},
        {entry.findtext(f"{ATOM}id").rpartition("/")[2] for entry in feed.iter(f"{ATOM}entry")},
    ]


def holds(visitor, query, *wanted):
    return references(visitor, query) == [set(wanted)] * 5


def test_every_filter_holds_for_the_list_the_map_the_files_and_the_feed(visitor, db_, staff, make_report):
    with clock.stopped_at(MONDAY):
        pothole = make_report(description="Deep enough for a duck.").reference
    with clock.stopped_at(MONDAY + timedelta(days=2)):
        lamp = make_report(service="street-light", address="7 Other Street").reference
        reports.transition(db_, staff, pothole, "accept", {})
        db_.flush()
        assert holds(visitor, "", pothole, lamp)
        assert holds(visitor, "service=street-light", lamp)
        assert holds(visitor, "department=lighting", lamp)
        assert holds(visitor, "status=open", pothole, lamp)
        assert holds(visitor, "status=accepted", pothole)
        assert holds(visitor, "status=closed")
        assert holds(visitor, "q=duck", pothole)
        assert holds(visitor, "q=other+street", lamp)
        assert holds(visitor, "since=2026-11-24", lamp)
        assert holds(visitor, "until=2026-11-24", pothole)
        assert holds(visitor, "since=2026-11-23&until=2026-11-25", pothole, lamp)
        assert holds(visitor, "area=district:old-town&status=received", lamp)
        assert holds(visitor, "area=district:harbour")


def test_a_day_begins_at_midnight_in_the_city(visitor, make_report):
    # The city's clock shows an hour less: there this is still Monday.
    with clock.stopped_at(datetime(2026, 11, 24, 0, 30, tzinfo=UTC)):
        late = make_report().reference
    assert holds(visitor, "until=2026-11-23", late)
    assert holds(visitor, "since=2026-11-24")


@pytest.mark.parametrize("query", [
    "service=nothing", "department=nothing", "status=nothing", "area=nothing", "area=district:nothing",
    "area=';--", "area=:::", "q=%25", "q=_", "q=%5C", "q=" + "x" * 5000, "area=" + "9" * 5000,
])
def test_what_there_is_not_matches_nothing_and_can_be_taken_away(visitor, make_report, query):
    make_report()
    assert holds(visitor, query)
    for path in ("/reports", "/map"):
        page = visitor.get(f"{path}?{query}")
        assert page.status == 200
        chips = [a for a in page.tree.iter("a") if a.get("class") == "chip"]
        assert [chip.get("href") for chip in chips] == [path]


@pytest.mark.parametrize(("query", "words"), [
    ("since=2026-13-01", "Write the day as year-month-day, like 2026-11-30."),
    ("until=yesterday", "Write the day as year-month-day, like 2026-11-30."),
    ("since=20261101", "Write the day as year-month-day, like 2026-11-30."),
    ("until=2026-W49-1", "Write the day as year-month-day, like 2026-11-30."),
    ("since=%D9%A2026-11-01", "Write the day as year-month-day, like 2026-11-30."),
    ("since=2026-11-30&until=2026-11-01", "The last day lies before the first one."),
])
def test_a_day_that_is_none_is_said_beside_its_field(visitor, make_report, query, words):
    make_report()
    for path in ("/reports", "/map"):
        page = visitor.get(f"{path}?{query}")
        assert page.status == 422
        assert words in page.words
        assert listed(page) == []
        # What is beside a field is in sight.
        assert next(page.tree.iter("details")).get("open") is not None
    for path in ("/reports.csv", "/reports.geojson", "/reports.atom"):
        refused = visitor.get(f"{path}?{query}")
        assert refused.status == 422
        assert words in refused.words


@pytest.mark.parametrize("query", ["since=0001-01-01", "until=9999-12-31"])
def test_the_ends_of_the_calendar_leave_nothing_out(visitor, make_report, query):
    assert holds(visitor, query, make_report().reference)


@pytest.mark.parametrize("query", [
    "page=-1", "page=0", "page=99999999", "page=abc", "page=" + "9" * 400, "page=%C2%B2", "rows=-5",
    "rows=99999999999", "order=nothing", "order=';--", "zoom=abc", "zoom=-1", "zoom=99999999999",
    "lat=41.2", "long=-33.4", "lat=&long=", "lat=90&long=180&zoom=18", "lat=-90&long=-180&zoom=11",
    "lat=0&long=180&zoom=abc", "lat=1e-300&long=-0", "service=%F0%9F%95%B3&q=%F0%9F%95%B3",
])
def test_no_address_breaks_a_page(visitor, make_report, query):
    make_report()
    for path in ("/reports", "/map", "/reports.csv", "/reports.geojson", "/reports.atom"):
        assert visitor.get(f"{path}?{query}").status == 200, path


@pytest.mark.parametrize("place", ["lat=nan&long=1", "lat=91&long=0", "lat=1&long=inf", "lat=x&long=y",
                                   "lat=1e999&long=0", "lat=1&long=-180.5"])
def test_a_place_that_is_none_is_refused_with_a_sentence(visitor, place):
    for path in ("/map", "/map.svg"):
        page = visitor.get(f"{path}?{place}")
        assert page.status == 422
        assert "Latitude goes from -90 to 90" in page.words


def test_a_page_beyond_the_last_one_is_the_last(visitor, make_report):
    made = [make_report().reference for _ in range(22)]
    first, last = visitor.get("/reports"), visitor.get("/reports?page=77")
    assert "22 reports" in first.words
    assert "Page 2 of 2" in last.words
    assert listed(first) + listed(last) == made[::-1]
    assert listed(visitor.get("/reports?page=-3")) == listed(first)
    assert listed(visitor.get("/reports?rows=200")) == made[::-1]
    assert listed(visitor.get(f"/map?{NEAR}&page=99")) == listed(last)


def test_the_next_page_keeps_the_filter_the_order_and_the_number_of_rows(visitor, make_report):
    for _ in range(21):
        make_report()
    links = visitor.get("/reports?service=pothole&order=oldest").links()
    assert "/reports?page=2&service=pothole&order=oldest" in links
    links = visitor.get(f"/map?service=pothole&{NEAR}").links()
    assert "/map?page=2&service=pothole&lat=41.2&long=-33.4&zoom=17" in links


def test_three_orders(visitor, db_, staff, make_report):
    made = []
    for number in range(3):
        with clock.stopped_at(MONDAY + timedelta(hours=number)):
            made.append(make_report().reference)
    with clock.stopped_at(MONDAY + timedelta(hours=5)):
        reports.transition(db_, staff, made[1], "accept", {})
    db_.flush()
    assert listed(visitor.get("/reports")) == made[::-1]
    assert listed(visitor.get("/reports?order=oldest")) == made
    assert listed(visitor.get("/reports?order=changed")) == [made[1], made[2], made[0]]


def test_what_is_set_is_counted_and_each_can_be_taken_away(visitor, make_report):
    make_report()
    page = visitor.get("/reports?service=pothole&status=open&q=street&since=2026-01-02&order=oldest")
    assert "3 set" in page.words
    chips = {" ".join("".join(a.itertext()).split()): a.get("href") for a in page.tree.iter("a")
             if a.get("class") == "chip"}
    assert chips["Take away: Pothole ×"] == "/reports?status=open&q=street&since=2026-01-02&order=oldest"
    assert set(chips) == {"Take away: Pothole ×", "Take away: Open ×", "Take away: “street” ×",
                          "Take away: from Jan 2, 2026 ×"}
    # Closed until somebody opens it; the words to search for stay outside.
    details = next(page.tree.iter("details"))
    assert details.get("open") is None
    assert [e for e in details.iter("input") if e.get("name") == "q"] == []
    assert page.form("/reports") == {"q": "street", "service": "pothole", "status": "open", "outcome": "",
                                     "area": "", "department": "", "since": "2026-01-02", "until": "",
                                     "order": "oldest"}


def test_a_printed_page_says_in_words_what_it_holds(visitor, make_report):
    make_report()
    with clock.stopped_at(MONDAY):
        words = visitor.get("/reports?service=pothole&status=open").words
    assert "Reports in Larkmouth, as they stood on Nov 23, 2026, 8:00 AM. Only: Pothole, Open." in words


def areas_offered(page):
    """Return the areas to choose from, by layer."""
    select = next(e for e in page.tree.iter("select") if e.get("name") == "area")
    return {group.get("label"): [option.text for option in group.iter("option")]
            for group in select.iter("optgroup")}


def test_areas_are_offered_by_layer_the_ones_that_still_hold_first(visitor, make_area):
    make_area("precinct", "10", "Precinct 10")
    make_area("precinct", "2", "Precinct 2")
    make_area("precinct", "1", "Precinct 1", valid_to=date(2020, 5, 31))
    make_area("precinct", "3", "Precinct Three", valid_to=date(2020, 5, 31))
    make_area("precinct", "3", "Precinct 3", valid_from=date(2020, 6, 1))
    offered = areas_offered(visitor.get("/reports"))
    assert offered["Precinct"] == ["Precinct 2", "Precinct 3", "Precinct 10",
                                   "Precinct 1 (until May 31, 2020)"]
    assert "Old Town" in offered["District"]
    assert list(offered) == ["District", "Precinct", "Ward"]


def test_areas_and_layers_are_called_as_the_language_calls_them(visitor, make_report):
    make_report()
    page = visitor.get("/es/reports?area=district:old-town")
    assert "Casco Antiguo" in areas_offered(page)["Distrito"]
    assert "Casco Antiguo" in " ".join("".join(li.itertext()) for li in page.tree.iter("li"))
    assert "Old Town" not in page.words


def test_a_report_of_a_former_area_is_found_by_it(visitor, db_, make_report, make_area):
    report = make_report()
    make_area("district", "gone", "Gone District", valid_to=date(2020, 1, 1))
    area = db_.query(Area).where(Area.code == "gone").one()
    db_.add(reports.ReportArea(report_number=report.number, area_id=area.id))
    db_.flush()
    assert holds(visitor, "area=district:gone", report.reference)


# What strangers are told of a place ----------------------------------------


def told(db_, report, how):
    report.place_told = how
    db_.flush()
    reports.recount(db_)
    return report.reference


def seen_at(visitor, point, zoom=18):
    """Return the addresses of the marks in a small view around a point."""
    return marks(visitor.get(f"/map?lat={point.lat}&long={point.long}&zoom={zoom}"))


CORNER = Point(41.2000, -33.4000)  # of four squares: what lies just inside one is told a square's half away
TRUE, COARSE = Point(41.2001, -33.3999), Point(41.20125, -33.39875)
BESIDE = Point(41.1990, -33.4012)  # its view holds TRUE and not COARSE
BEYOND = Point(41.2022, -33.3976)  # its view holds COARSE and not TRUE


def test_the_squares_of_this_test_are_the_ones_of_the_product():
    assert geo.coarsen(TRUE) == COARSE
    for centre, is_there, is_not in ((BESIDE, TRUE, COARSE), (BEYOND, COARSE, TRUE)):
        view = overview.Look(Filter(), centre, 18, is_chosen=True).view().box
        assert view.holds(is_there)
        assert not view.holds(is_not)


def test_an_exact_place_is_marked_where_it_is(visitor, make_report):
    reference = make_report(point=TRUE).reference
    assert seen_at(visitor, BESIDE) == {f"/reports/{reference}": "Pothole, 1 Test Street, Received"}
    assert seen_at(visitor, BEYOND) == {}


def test_a_rounded_place_is_marked_where_it_is_told_and_nowhere_else(visitor, db_, make_report):
    reference = told(db_, make_report(point=TRUE), "rounded")
    assert seen_at(visitor, BESIDE) == {}
    assert seen_at(visitor, BEYOND) == {f"/reports/{reference}": "Pothole, Received"}
    page = visitor.get(f"/map?lat={BESIDE.lat}&long={BESIDE.long}&zoom=18")
    assert listed(page) == []
    assert "0 reports in view." in page.words
    assert "1 Test Street" not in visitor.get("/reports").words


def test_two_rounded_places_of_one_square_cannot_be_told_apart(visitor, db_, make_report):
    told(db_, make_report(point=TRUE), "rounded")
    told(db_, make_report(point=Point(41.2024, -33.3976)), "rounded")
    [words] = seen_at(visitor, COARSE).values()
    assert words == "2 reports, 2 of them open"


def test_a_map_opened_alone_may_turn_dark_and_nothing_else(visitor):
    policy = visitor.get("/map.svg?lat=41.2&long=-33.4").answer.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; sandbox"



@pytest.mark.parametrize("where", [TRUE, COARSE, Point(41.3, -33.3)], ids=str)
def test_a_report_told_by_its_area_is_on_no_map_and_only_counted(visitor, db_, make_report, where):
    reference = told(db_, make_report(point=TRUE), "area")
    page = visitor.get(f"/map?lat={where.lat}&long={where.long}&zoom=18")
    assert marks(page) == {}
    assert listed(page) == []
    assert "0 reports in view. 1 more is told only by its area, or its place is not known." in page.words
    shown = visitor.get("/reports")
    assert listed(shown) == [reference]
    assert "1 Test Street" not in shown.words
    assert "Pothole, Old Town, Bridge Ward" in shown.words


def test_a_report_without_a_place_is_counted_with_those(visitor, db_, make_report):
    make_report().place = None
    db_.flush()
    reports.recount(db_)
    assert "0 reports in view. 1 more is told only" in visitor.get("/map").words


@pytest.mark.parametrize("visibility", ["private", "hidden"])
def test_what_is_not_public_is_in_no_view_and_no_count(visitor, db_, make_report, visibility):
    report = make_report(point=TRUE, description="A secret duck.")
    report.visibility = visibility
    db_.flush()
    for how in ("exact", "rounded", "area"):
        told(db_, report, how)
        assert holds(visitor, "")
        assert holds(visitor, "q=duck")
        page = visitor.get(f"/map?lat={TRUE.lat}&long={TRUE.long}&zoom=16")
        assert marks(page) == marks(page, "narrow") == {}
        assert "0 reports in view." in page.words
        assert "more is told" not in page.words
        for path in ("/reports", "/map", "/reports.csv", "/reports.geojson", "/reports.atom"):
            assert report.reference.encode() not in visitor.get(path).bytes
            assert b"duck" not in visitor.get(path).bytes


def test_words_that_are_not_told_are_not_in_the_feed(visitor, db_, make_report):
    report = make_report(description="A secret duck.")
    report.text_told = False
    told(db_, report, "rounded")
    feed = visitor.get("/reports.atom").bytes
    assert report.reference.encode() in feed
    assert b"duck" not in feed
    assert b"Test Street" not in feed


# The map ---------------------------------------------------------------------


def test_open_and_closed_differ_by_words_and_by_shape(visitor, db_, staff, make_report):
    make_report(point=Point(41.2, -33.4005))
    closed = make_report(point=Point(41.2, -33.3995))
    reports.transition(db_, staff, closed.reference, "close", {"outcome": "fixed"})
    db_.flush()
    page = visitor.get("/map?lat=41.2&long=-33.4&zoom=18")
    said = [f"Pothole, 1 Test Street, {status}" for status in ("Closed", "Received")]
    assert sorted(marks(page).values()) == said
    shapes = {a.get("aria-label").rpartition(" ")[2]: {e.tag.rpartition("}")[2] for e in a}
              for a in page.tree.iter("{http://www.w3.org/2000/svg}a")}
    assert "rect" in shapes["Closed"]
    assert "rect" not in shapes["Received"]


def test_reports_near_each_other_are_one_number_that_leads_closer_until_they_fall_apart(visitor, make_report):
    made = {make_report(point=Point(41.2, -33.4 + step * 0.0004)).reference for step in range(3)}
    address = "/map?lat=41.2&long=-33.4&zoom=12"
    [(address, words)] = marks(visitor.get(address)).items()
    assert words == "3 reports, 3 of them open"
    while len(found := marks(visitor.get(address))) == 1:
        [address] = found
    assert {link.rpartition("/")[2] for link in found} == made


def test_reports_at_one_and_the_same_place_lead_to_their_list(visitor, make_report):
    made = [make_report().reference for _ in range(3)]
    [address] = marks(visitor.get("/map?lat=41.2&long=-33.4&zoom=13"))
    assert "zoom=18" in address
    [address] = marks(visitor.get(address))
    assert address.endswith("#in-view")
    assert listed(visitor.get(address.partition("#")[0])) == made[::-1]


def test_the_map_moves_by_links_and_stops_at_both_ends(visitor):
    page = visitor.get("/map?service=pothole&lat=41.2&long=-33.4&zoom=18")
    moves = {a.get("aria-label"): a.get("href") for a in page.tree.iter("a") if a.get("data-move")}
    assert list(moves) == ["West", "North", "South", "East", "Wider"]
    assert moves["Wider"] == "/map?service=pothole&lat=41.2&long=-33.4&zoom=17"
    there = re.fullmatch(r"/map\?service=pothole&lat=(.*)&long=(.*)&zoom=18", moves["West"])
    assert float(there[1]) == pytest.approx(41.2)
    assert float(there[2]) < -33.4
    farthest = visitor.get("/map?lat=41.2&long=-33.4&zoom=2")
    assert "Wider" not in farthest.text
    assert "Closer" in farthest.text
    assert visitor.get(moves["North"]).status == 200


def test_the_map_begins_with_the_whole_city_or_the_area_that_is_chosen(visitor, db_):
    def shown(address):
        part = next(e for e in visitor.get(address).tree.iter("div") if e.get("data-component") == "overview")
        centre = Point(float(part.get("data-lat")), float(part.get("data-long")))
        return overview.Look(Filter(), centre, int(part.get("data-zoom")), is_chosen=True).view().box

    city = geo.extent(db_, "city")
    district = geo.extent(db_, "district", "old-town")
    for address, wanted in (("/map", city), ("/map?area=district:old-town", district),
                            # Whoever looked elsewhere and then chose an area wants to see the area.
                            ("/map?area=district:old-town&lat=41.3&long=-33.2&zoom=18", district)):
        box_ = shown(address)
        assert box_.holds(Point(wanted.south, wanted.west))
        assert box_.holds(Point(wanted.north, wanted.east))
    assert not shown("/map?area=district:old-town").holds(Point(city.south, city.west))


def test_the_list_below_holds_exactly_what_is_in_view(visitor, make_report):
    inside = make_report(point=Point(41.2, -33.4)).reference
    make_report(point=Point(41.21, -33.38))
    page = visitor.get(f"/map?{NEAR}")
    assert listed(page) == [inside]
    assert "1 report in view, 1 of them open." in page.words


def test_a_wide_view_of_many_reports_lists_the_newest_of_them(visitor, make_report, monkeypatch):
    monkeypatch.setattr(reports.places, "WIDE", 5)  # else it takes thousands
    far = Point(41.21, -33.38)
    made = [make_report(point=far if number % 3 else HERE).reference for number in range(9)]
    assert listed(visitor.get("/map")) == made[::-1]
    monkeypatch.setattr(reports.places, "WIDE", 2)
    assert listed(visitor.get(f"/map?{NEAR}")) == [made[6], made[3], made[0]]
    monkeypatch.setattr(reports.places, "NEWEST", 4)  # not enough of them in view
    assert listed(visitor.get("/map")) == made[::-1]


def test_the_ground_is_drawn_twice_for_the_same_places(visitor):
    page = visitor.get("/map?lat=41.2&long=-33.4&zoom=15")
    [wide] = [e.get("src") for e in page.tree.iter("img") if "map.svg" in (e.get("src") or "")]
    [narrow] = [e.get("srcset") for e in page.tree.iter("source")]
    for address, size, zoom in ((wide, "wide", 15), (narrow, "narrow", 14)):
        drawing = visitor.get(address)
        width, height = overview.SIZES[size]
        assert f"zoom={zoom}" in address
        assert f'viewBox="0 0 {width} {height}"'.encode() in drawing.bytes
    look = overview.Look(Filter(), HERE, 15, is_chosen=True)
    assert look.view("narrow").box == pytest.approx(look.view("wide").box)


def heap(lat, long, count, open_):
    return Heap(count, min(open_, count), Point(lat, long), Box(long, lat, long, lat), 1)


heaps = st.lists(st.builds(heap, st.floats(41.19, 41.21), st.floats(-33.41, -33.39),
                           st.integers(1, 5000), st.integers(0, 5000)), max_size=150)


@settings(deadline=None)
@given(heaps, st.sampled_from(list(overview.SIZES)), st.integers(overview.WIDEST, overview.NEAREST))
def test_no_two_marks_are_nearer_than_a_thumb_and_none_is_lost(found, size, zoom):
    view = overview.Look(Filter(), HERE, zoom, is_chosen=True).view(size)
    drawn = overview.apart(found, view)
    spots = [spot for _, spot in drawn]
    assert all(dist(a, b) >= overview.APART for at, a in enumerate(spots) for b in spots[:at])
    assert sum(one.count for one, _ in drawn) == sum(one.count for one in found)
    assert sum(one.open for one, _ in drawn) == sum(one.open for one in found)


def test_however_many_reports_the_map_has_two_hundred_marks_at_most():
    width, height = overview.SIZES["wide"]
    # Every square of the grid holds one, each in its middle: the most there can be.
    squares = (width // overview.SQUARE + 1) * (height // overview.SQUARE + 1)
    assert squares <= 200


# Feed, cost ------------------------------------------------------------------


def test_the_feed_is_atom_with_the_newest_change_first(visitor, db_, staff, make_report):
    made = []
    for number in range(52):
        with clock.stopped_at(MONDAY + timedelta(minutes=number)):
            made.append(make_report(description="<b>5 & 6</b> \x01]]>").reference)
    with clock.stopped_at(MONDAY + timedelta(hours=2)):
        reports.transition(db_, staff, made[0], "close", {"outcome": "fixed"})
    db_.flush()
    answer = visitor.get("/es/reports.atom?service=pothole")
    assert answer.answer.mimetype == "application/atom+xml"
    feed = ET.fromstring(answer.bytes)  # noqa: S314  our own
    assert feed.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert feed.findtext(f"{ATOM}{name}")
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Larkmouth"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"].endswith("/es/reports.atom?service=pothole")
    assert links["self"].startswith("http://localhost")
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 50
    names = [entry.findtext(f"{ATOM}id") for entry in entries]
    # An entry is the same one in every language.
    assert names[0].endswith(f"/reports/{made[0]}")
    assert "/es/" not in names[0]
    assert len(set(names)) == 50
    changed = [datetime.fromisoformat(entry.findtext(f"{ATOM}updated")) for entry in entries]
    assert all(a >= b for a, b in pairwise(changed))
    assert datetime.fromisoformat(feed.findtext(f"{ATOM}updated")) == changed[0]
    assert datetime.fromisoformat(entries[0].findtext(f"{ATOM}published")) == MONDAY
    assert entries[0].findtext(f"{ATOM}summary").startswith("Cerrado: ")
    assert entries[1].findtext(f"{ATOM}summary").endswith("<b>5 & 6</b> ]]>")


def test_an_unchanged_feed_is_not_sent_again(visitor, make_report):
    make_report()
    tag = visitor.get("/reports.atom").answer.headers["ETag"]
    again = visitor.client.get("/reports.atom", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    make_report()
    assert visitor.get("/reports.atom", headers={"If-None-Match": tag}).status == 200


def test_an_empty_feed_is_one_too(visitor):
    feed = ET.fromstring(visitor.get("/reports.atom").bytes)  # noqa: S314  our own
    assert feed.findall(f"{ATOM}entry") == []
    assert feed.findtext(f"{ATOM}updated")


@pytest.mark.parametrize("address", ["/reports", f"/map?{NEAR}", "/map", "/reports.atom", "/reports.csv",
                                     "/reports.geojson"])
def test_a_view_costs_the_same_however_much_it_shows(visitor, database, make_report, address):
    def statements():
        with counted(database) as asked:
            visitor.get(address)
        return len(asked)

    make_report()
    few = statements()
    for number in range(15):
        service = ("pothole", "street-light")[number % 2]
        make_report(point=Point(41.2 + number * 0.0002, -33.4), service=service)
    assert abs(statements() - few) <= 1  # whether any stands alone on the map
    assert few <= 12


def test_links_lead_to_the_same_view_in_every_form(visitor, make_report):
    make_report()
    links = visitor.get("/reports?service=pothole&order=oldest").links()
    for path in ("/map", "/reports.csv", "/reports.geojson", "/reports.atom"):
        assert f"{path}?service=pothole&order=oldest" in links
    assert "/reports?service=pothole" in visitor.get("/map?service=pothole").links()


def test_what_came_of_it_and_what_people_found_choose_reports(visitor, db_, staff, make_report):
    fixed, dropped, _open = make_report(), make_report(), make_report()
    reports.transition(db_, staff, fixed.reference, "close", {"outcome": "fixed"})
    reports.transition(db_, staff, dropped.reference, "close", {"outcome": "invalid", "reason": "No."})
    reports.answer(db_, reports.sender(db_, fixed), "fixed")
    for outcome, wanted in (("fixed", fixed), ("invalid", dropped), ("confirmed", fixed)):
        page = visitor.get(f"/reports?outcome={outcome}")
        assert "1 report " in page.words
        assert wanted.reference in page.words
        assert "1 report in view" in visitor.get(f"/map?outcome={outcome}").words
        assert visitor.get(f"/reports.csv?outcome={outcome}").bytes.count(b"\r\n") == 2
    for nothing in ("disputed", "nonsense", "%F0%9F%92%A9"):
        assert "0 reports" in visitor.get(f"/reports?outcome={nothing}").words
