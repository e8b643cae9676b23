"""A city goes out as the folder that it came in from, and each version of it can be had again."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as example
from hypothesis import strategies as st
from sqlalchemy import select

from civicconnect import city, clock, db, reports, tables
from civicconnect.city.models import CityFile
from civicconnect.db import Base
from civicconnect.errors import Invalid, NotFound
from civicconnect.geo import Point
from tests.city.test_broken_folders import SQUARE, WHOLE, areas, dated
from tests.factories import RESIDENT, new_report

RICH = {
    "city.toml": WHOLE["city.toml"] + """
hosts = ["311.smallham.example"]
storm = { words = { en = "Stay in.", cy = "Arhoswch i mewn." }, begins = "2026-12-01 08:00" }
notices = { controller = "The Council", keep_contact_days = 90 }

[[banner]]
words = { en = "Fair \\"on\\" Sunday", cy = "Ffair\\nfawr" }
begins = 2026-12-01T08:00:00

[[layer]]
code = "ward"
name = { en = "Ward", cy = "Ward" }
""",
    "services.toml": WHOLE["services.toml"] + """
when = { question = "size", option = "large" }

[[service.stopper]]
words = { en = "Call us.", cy = "Ffoniwch ni." }
phone = "112"
when = { question = "size", option = "small" }
""",
    "calendars.toml": """[[calendar]]
code = "office"
holidays = "GB-WLS"
closed = [2026-08-17, { day = 2026-12-24, name = "Christmas Eve" }]
open = [2026-05-04]
hours = { mon = ["08:00-12:00", "13:00-24:00"], sun = "09:00-10:00" }

[[calendar]]
code = "night"
zone = "Europe/Paris"
hours = { sat = ["00:00-24:00"] }
""",
    "templates.toml": """[[template]]
code = "done"
outcome = "fixed"
name = { en = "Done", cy = "Wedi" }
words = { en = "It is filled.", cy = "Mae wedi llenwi." }
""",
    "promises.toml": WHOLE["promises.toml"] + """
[[promise]]
service = "hole"
priority = "urgent"
hours = 1.5
""",
    "areas/ward.geojson": dated({"valid_to": "2026-12-06"}, {"valid_from": "2026-12-07"}, ),
    "logo.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
}


SLANTED = [[*SQUARE[0][:2], [8, 47.9], *SQUARE[0][3:]]]


def files(**changed):
    return {path: text.encode() for path, text in (WHOLE | changed).items()}


def swapped(path, old, new):
    assert old in WHOLE[path]
    return files(**{path: WHOLE[path].replace(old, new)})


@pytest.fixture
def nowhere(own_database):
    """A database with no city in it."""
    with db.transaction() as change:
        for table in reversed(Base.metadata.sorted_tables):
            change.execute(table.delete())
    return own_database


def load(found):
    with db.transaction() as change:
        return [str(change) for change in city.load_city(change, city.check(found))]


def export():
    with db.reading() as view:
        return city.dump(view)


# In and out

@pytest.mark.parametrize("found", [files(), files(**RICH)], ids=["small", "rich"])
def test_what_goes_out_comes_in_again_and_goes_out_the_same(nowhere, found):
    load(found)
    once = export()
    assert once == city.spell(city.check(found))
    with db.transaction() as change:
        for table in reversed(Base.metadata.sorted_tables):
            change.execute(table.delete())
    assert export() == {}
    load(once)
    assert export() == once


def test_nothing_that_a_rich_folder_says_is_lost(nowhere):
    load(files(**RICH))
    out = {path: tomllib.loads(text.decode()) for path, text in export().items() if path.endswith(".toml")}
    town, [service] = out["city.toml"], out["services.toml"]["service"]
    assert town["banner"] == [{"words": {"en": 'Fair "on" Sunday', "cy": "Ffair\nfawr"},
                               "begins": "2026-12-01 08:00"}]
    assert town["notices"] == {"controller": "The Council", "keep_contact_days": 90}
    assert service["question"][1]["when"] == {"question": "size", "option": "large"}
    assert service["stopper"] == [{"when": {"question": "size", "option": "small"}, "phone": "112",
                                   "words": {"en": "Call us.", "cy": "Ffoniwch ni."}}]
    office, night = out["calendars.toml"]["calendar"]
    assert office["hours"] == {"mon": ["08:00-12:00", "13:00-24:00"], "sun": ["09:00-10:00"]}
    assert (office["holidays"], [day["day"].isoformat() for day in office["closed"]]) == (
        "GB-WLS", ["2026-08-17", "2026-12-24"])
    assert night["zone"] == "Europe/Paris"
    assert "zone" not in office
    assert out["promises.toml"]["promise"][2] == {"service": "hole", "priority": "urgent", "hours": 1.5}
    drawn = json.loads(export()["areas/ward.geojson"])["features"]
    assert [f["properties"].get("valid_from") for f in drawn] == [None, "2026-12-07"]


def test_the_demo_city_goes_out_as_it_was_read(database, given):
    with db.reading() as view:
        assert city.dump(view) == city.spell(city.check_folder(given.city_folder))


def test_what_is_gone_from_the_folder_is_gone_from_the_export(nowhere):
    load(files())
    less = swapped("rules.toml", 'area = "ward:north"\n', "") | {
        "promises.toml": b'[[promise]]\nservice = "hole"\nhours = 40\n'}
    del less["areas/ward.geojson"], less["map/streets.geojson"], less["addresses.csv"]
    load(less)
    assert export() == city.spell(city.check(less))


PLAIN = st.one_of(st.text(), st.integers(-2**53, 2**53), st.booleans(), st.dates(),
                  st.floats(allow_nan=False, allow_infinity=False), st.lists(st.text(), max_size=3),
                  st.dictionaries(st.text(), st.text(), max_size=3))
ROW = st.dictionaries(st.text(), PLAIN, max_size=4)


@example(st.dictionaries(st.text(), st.one_of(PLAIN, st.lists(ROW, min_size=1, max_size=3)), max_size=5))
def test_whatever_is_written_as_toml_is_read_back(table):
    assert tomllib.loads(tables.toml(table, "A head.")) == table


# Comparing

@pytest.mark.parametrize(("changed", "said"), [
    (swapped("services.toml", '"Hole"', '"Pit"'),
     "services.toml, [[service]] hole: name.en: “Hole” becomes “Pit”."),
    (swapped("promises.toml", "40", "30"), "promises.toml, [[promise]] hole: hours: “40” becomes “30”."),
    (swapped("rules.toml", '"large" }', '"small" }'),
     "rules.toml, [[rule]] large-holes: answers.option: “large” becomes “small”."),
    (swapped("calendars.toml", "13:00", "14:00"), "calendars.toml, [[calendar]] office: hours.mon: "
     "“[\"08:00-12:00\", \"13:00-17:00\"]” becomes “[\"08:00-12:00\", \"14:00-17:00\"]”."),
    (swapped("city.toml", "Europe/London", "Europe/Paris"),
     "city.toml: time_zone: “Europe/London” becomes “Europe/Paris”."),
    (swapped("services.toml", '"Small"', '"Tiny"'),
     "services.toml, [[service]] hole: question size, option small, words.en: “Small” becomes “Tiny”."),
    (files(**{"areas/ward.geojson": areas(("north", "Polygon", SLANTED))}),
     "areas/ward.geojson, north: redrawn."),
    (files(**{"addresses.csv": "street,number,long,lat\nRoad,2,7.5,47.5\n"}),
     "addresses.csv: 1 lines more, 1 lines less."),
    (files(**{"departments.toml": WHOLE["departments.toml"] +
              '[[department]]\ncode = "trees"\ncalendar = "office"\nname = { en = "T", cy = "T" }\n'}),
     "departments.toml, [[department]] trees: new."),
    (files(**{"templates.toml": RICH["templates.toml"]}), "templates.toml, [[template]] done: new."),
    (files(**{"logo.svg": RICH["logo.svg"]}), "logo.svg: new."),
], ids=lambda case: case[:40] if isinstance(case, str) else "")
def test_a_difference_is_said_in_a_sentence(changed, said):
    old, new = city.spell(city.check(files())), city.spell(city.check(changed))
    assert [str(change) for change in city.differences(old, new)] == [said]
    assert len(city.differences(new, old)) == 1
    assert city.differences(new, new) == []


def test_another_order_is_a_difference_too(nowhere):
    load(files())
    first, second = WHOLE["departments.toml"].split("\n\n")
    turned = files(**{"departments.toml": f"{second}\n{first}\n"})
    assert load(turned) == ["departments.toml, [[department]]: the same rows in another order."]
    assert export() == city.spell(city.check(turned))


# Versions

def test_each_loading_that_changes_something_is_a_version_and_can_be_had_again(nowhere):
    load(files())
    first = export()
    assert load(swapped("services.toml", '"Hole"', '"Pit"')) == [
        "services.toml, [[service]] hole: name.en: “Hole” becomes “Pit”."]
    assert load(swapped("services.toml", '"Hole"', '"Pit"')) == []
    with db.reading() as view:
        newest, oldest = city.versions(view)
        assert (newest.number, oldest.number) == (2, 1)
        assert newest.changes == ("services.toml, [[service]] hole: name.en: “Hole” becomes “Pit”.",)
        assert city.content_of(view, 1) == first
        assert city.content_of(view, 2) == export()
        # The files that did not change are kept once.
        assert len(view.scalars(select(CityFile.digest)).all()) == len(first) + 1
        with pytest.raises(NotFound, match="no version 3"):
            city.content_of(view, 3)


def test_a_version_that_is_loaded_again_is_a_new_one(nowhere):
    load(files())
    load(swapped("promises.toml", "40", "30"))
    with db.reading() as view:
        first = city.content_of(view, 1)
    load(first)
    assert export() == first
    with db.reading() as view:
        assert [version.number for version in city.versions(view)] == [3, 2, 1]


# Storm mode

def test_storm_mode_is_switched_by_hand_and_the_next_start_leaves_it_so(own_database, given):
    with db.transaction() as change:
        city.load_city(change, city.check_folder(given.city_folder), "a stamp")
    with db.transaction() as change:
        stormy = city.with_storm(city.check(city.dump(change)), on=True, until="2026-12-01 08:00")
        said = [str(c) for c in city.load_city(change, stormy, made_by="storm mode")]
    assert "city.toml: storm.on new: “true”." in said
    with db.reading() as view:
        assert city.check(city.dump(view)).offer.city["storm"]["ends"] == "2026-12-01 08:00"
        assert city.versions(view)[0].made_by == "storm mode"
    with pytest.raises(Invalid, match="is no time on the city's clock"):
        city.with_storm(stormy, on=True, until="soon")


# Borders that move

MONDAY = datetime(2026, 12, 7, tzinfo=UTC)
WEST = [[[7, 47], [7.6, 47], [7.6, 48], [7, 48], [7, 47]]]
EAST = [[[7.6, 47], [8, 47], [8, 48], [7.6, 48], [7.6, 47]]]


def moved_border():
    """Return the city whose eastern ward takes over a strip of the western one from Monday on."""
    further = [[[7.4, 47], [8, 47], [8, 48], [7.4, 48], [7.4, 47]]]
    less = [[[7, 47], [7.4, 47], [7.4, 48], [7, 48], [7, 47]]]
    drawn = json.loads(areas(("west", "Polygon", WEST), ("east", "Polygon", EAST),
                             ("west", "Polygon", less), ("east", "Polygon", further)))
    for feature, days in zip(drawn["features"], [{"valid_to": "2026-12-06"}] * 2 + [
            {"valid_from": "2026-12-07"}] * 2, strict=True):
        feature["properties"] |= days
    plain = {"promises.toml": '[[promise]]\nservice = "hole"\nhours = 40\n', "rules.toml": ""}
    before = areas(("west", "Polygon", WEST), ("east", "Polygon", EAST))
    after = json.dumps(drawn)
    return files(**plain | {"areas/ward.geojson": before}), files(**plain | {"areas/ward.geojson": after})


def test_a_report_of_sunday_and_one_of_tuesday_at_the_same_place_are_in_different_wards(nowhere, given):
    before, after = moved_border()
    load(before)
    here = {"service": "hole", "point": Point(47.5, 7.5)}
    made = {}

    def report(name, at):
        with clock.stopped_at(at), db.transaction() as change:
            made[name] = reports.submit(change, RESIDENT, new_report(**here)).reference

    def wards():
        with db.reading() as view:
            offer = reports.desk(view).catalog
            rows = {row["service_request_id"]: row for row in reports.public_rows(view, offer)}
        return {name: rows[reference]["area_ward"] for name, reference in made.items()}

    report("last week", MONDAY - timedelta(days=8))
    old = wards()
    load(after)  # said today, true from Monday on
    report("sunday, in the last minute", MONDAY - timedelta(minutes=1))
    report("monday, in the first", MONDAY)
    report("tuesday", MONDAY + timedelta(days=1, hours=12))
    assert old == {"last week": "west"}
    assert wards() == {"last week": "west", "sunday, in the last minute": "west",
                       "monday, in the first": "east", "tuesday": "east"}
