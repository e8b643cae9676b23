"""A city's folder is loaded whole or not at all, and what is wrong with it is said: file, where, what."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import select

from civicconnect import catalog, city, clock, db, running, settings
from civicconnect.db import Base
from civicconnect.errors import Conflict, Invalid

SQUARE = [[[7, 47], [8, 47], [8, 48], [7, 48], [7, 47]]]
ELSEWHERE = [[[9, 47], [9.5, 47], [9.5, 48], [9, 48], [9, 47]]]
BOW_TIE = [[[7, 47], [8, 48], [8, 47], [7, 48], [7, 47]]]


def areas(*drawn):
    features = [{"type": "Feature", "properties": {"code": code},
                 "geometry": {"type": kind, "coordinates": corners}} for code, kind, corners in drawn]
    return json.dumps({"type": "FeatureCollection", "features": features})


def dated(*rows):
    """Return two drawings or more of the same ward, each with its days."""
    drawn = json.loads(areas(*[("north", "Polygon", SQUARE)] * len(rows)))
    for feature, days in zip(drawn["features"], rows, strict=True):
        feature["properties"] |= days
    return json.dumps(drawn)


STOPPER = """
[[service.stopper]]
when = { question = "size", option = "large" }
words = { en = "Call us.", cy = "Ffoniwch ni." }
"""
TEMPLATE = """[[template]]
code = "done"
outcome = "fixed"
services = ["hole"]
name = { en = "Done", cy = "Wedi" }
words = { en = "It is filled.", cy = "Mae wedi llenwi." }
"""
BANNER = '''
[[banner]]
words = { en = "Fair on Sunday", cy = "Ffair" }
begins = "2026-12-01 08:00"
ends = "2026-12-02 08:00"
'''


# A whole city, as small as one can be.
WHOLE = {
    "city.toml": """slug = "smallham"
time_zone = "Europe/London"
languages = ["en", "cy"]
catch_all = "desk"
limit_layer = "city"
name = { en = "Smallham", cy = "Bychan" }
centre = { lat = 47.5, long = 7.5 }
colours = { brand = "#0b5a6f" }
""",
    "departments.toml": """[[department]]
code = "desk"
calendar = "office"
name = { en = "Desk", cy = "Desg" }

[[department]]
code = "roads"
calendar = "office"
name = { en = "Roads", cy = "Ffyrdd" }
""",
    "services.toml": """[[group]]
code = "streets"
name = { en = "Streets", cy = "Strydoedd" }

[[service]]
code = "hole"
group = "streets"
department = "roads"
name = { en = "Hole", cy = "Twll" }
hint = { en = "In the road.", cy = "Yn y ffordd." }

[[service.question]]
code = "size"
kind = "one_of"
required = true
words = { en = "How big?", cy = "Pa mor fawr?" }
option = [
  { code = "small", words = { en = "Small", cy = "Bach" } },
  { code = "large", words = { en = "Large", cy = "Mawr" } },
]

[[service.question]]
code = "depth"
kind = "number"
words = { en = "How deep?", cy = "Pa mor ddwfn?" }
""",
    "calendars.toml": """[[calendar]]
code = "office"
closed = [2026-12-25]

[calendar.hours]
mon = ["08:00-12:00", "13:00-17:00"]
""",
    "promises.toml": """[[promise]]
service = "hole"
hours = 40

[[promise]]
service = "hole"
area = "ward:north"
hours = 20
""",
    "rules.toml": """[[rule]]
code = "large-holes"
department = "desk"
services = ["hole"]
area = "ward:north"
answers = { question = "size", option = "large" }
""",
    "areas/city.geojson": areas(("city", "Polygon", SQUARE)),
    "areas/ward.geojson": areas(("north", "Polygon", SQUARE)),
    "addresses.csv": "street,number,long,lat\nRoad,1,7.5,47.5\n",
    "map/streets.geojson": areas(("road", "LineString", [[7, 47], [8, 48]])),
}


def gone(_):
    return None


def swap(old, new):
    """Return the change of one passage of a file."""
    def change(text):
        assert old in text
        return text.replace(old, new, 1)
    return change


def put(new):
    return lambda _: new


def more(added):
    return lambda text: text.encode() + added if isinstance(added, bytes) else text + added


# What is done to which file, and what is said of it: the file, where in it, and a word of the reason.
BROKEN = [
    # files
    ("city.toml", gone, "city.toml", "begins with one"),
    ("departments.toml", gone, "departments.toml", "missing from the folder"),
    ("services.toml", gone, "services.toml", "missing from the folder"),
    ("calendars.toml", gone, "calendars.toml", "missing from the folder"),
    ("promises.toml", gone, "promises.toml", "missing from the folder"),
    ("rules.toml", gone, "rules.toml", "missing from the folder"),
    ("areas/city.geojson", gone, "city.toml, key 'limit_layer'", "there is no areas/city.geojson"),
    ("rulez.toml", put(""), "rulez.toml", "nobody reads this file"),
    ("map/rivers.geojson", put(areas()), "map/rivers.geojson", "nobody draws this file"),
    ("services.toml", more("# \u00e9".encode("latin-1")), "services.toml",
     "is not UTF-8; save the file as UTF-8"),
    ("city.toml", lambda text: text.encode("utf-16"), "city.toml", "is not UTF-8"),
    ("addresses.csv", more("Caf\u00e9,2,7.5,47.5\n".encode("cp1252")), "addresses.csv", "not UTF-8"),
    ("addresses.csv", more("Ro\x00ad,2,7.5,47.5\n"), "addresses.csv", "NUL"),
    ("areas/ward.geojson", swap('"north"', '"north\\u0000"'), "areas/ward.geojson", "NUL"),
    # TOML
    ("city.toml", more("languages ="), "city.toml", "Invalid value"),
    ("services.toml", swap("[[group]]", "[[group]"), "services.toml", "line 1"),
    ("rules.toml", more("x = " + "[" * 5000), "rules.toml", ""),
    ("departments.toml", swap("[[department]]", "[department]"), "departments.toml", ""),
    ("calendars.toml", put('[calendar]\ncode = "office"\n'), "calendars.toml", "with two brackets"),
    ("promises.toml", put("promise = [5]\n"), "promises.toml, [[promise]] 1", "Invalid input type"),
    # keys
    ("city.toml", more('mayor = "Ann"\n'), "city.toml, key 'mayor'", "Unknown field"),
    ("departments.toml", swap("calendar", "calender"),
     "departments.toml, [[department]] desk, key 'calender'",
     "Unknown field"),
    ("services.toml", more('[[servce]]\ncode = "x"\n'), "services.toml", "unknown key 'servce'"),
    ("services.toml", swap("required = true", "requierd = true"),
     "services.toml, [[service]] hole, key 'question.0.requierd'", "Unknown field"),
    ("calendars.toml", swap("mon =", "monday ="), "calendars.toml, [[calendar]] office, key 'hours.monday'",
     "Unknown"),
    ("rules.toml", swap("area =", "aera ="), "rules.toml, [[rule]] large-holes, key 'aera'", "Unknown field"),
    ("city.toml", swap("slug", "slugg"), "city.toml, key 'slug'", "Missing data"),
    ("services.toml", swap('group = "streets"\n', ""), "services.toml, [[service]] hole, key 'group'",
     "Missing data"),
    # values
    ("city.toml", swap("Europe/London", "Europe/Smallham"), "city.toml, key 'time_zone'", "no time zone"),
    ("city.toml", swap("lat = 47.5", "lat = 475"), "city.toml, key 'centre.lat'", "-90"),
    ("city.toml", swap("#0b5a6f", "teal"), "city.toml, key 'colours.brand.value'",
     "Write a colour as #0b5a6f"),
    ("city.toml", swap('["en", "cy"]', "[]"), "city.toml, key 'languages'", "Shorter than minimum length"),
    ("city.toml", swap("smallham", "Small Ham"), "city.toml, key 'slug'", "lower case letters"),
    ("departments.toml", swap('"desk"', '"d\u00e9sk"'),
     "departments.toml, [[department]] d\u00e9sk, key 'code'",
     "lower case letters"),
    ("services.toml", swap('"number"', '"colour"'), "services.toml, [[service]] hole, key 'question.1.kind'",
     "one of"),
    ("promises.toml", swap("40", "0"), "promises.toml, [[promise]] hole, key 'hours'", "more than 0"),
    ("promises.toml", swap("40", "-8"), "promises.toml, [[promise]] hole, key 'hours'", "more than 0"),
    ("promises.toml", swap("40", "1e9"), "promises.toml, [[promise]] hole, key 'hours'", "at most 50000"),
    ("promises.toml", swap("40", "nan"), "promises.toml, [[promise]] hole, key 'hours'", "not permitted"),
    ("promises.toml", swap("40", '"two days"'), "promises.toml, [[promise]] hole, key 'hours'",
     "Not a valid number"),
    ("promises.toml", swap("ward:north", "north"), "promises.toml, [[promise]] hole north, key 'area'",
     "layer:code"),
    ("calendars.toml", swap("08:00-12:00", "8-12"), "calendars.toml, [[calendar]] office, key 'hours.mon'",
     "'8-12' is no opening time"),
    ("calendars.toml", swap("08:00", "08:75"), "calendars.toml, [[calendar]] office, key 'hours.mon'",
     "no opening time"),
    ("calendars.toml", swap("13:00", "11:00"), "calendars.toml, [[calendar]] office", "no overlap"),
    ("calendars.toml", swap("17:00", "25:00"), "calendars.toml, [[calendar]] office", "0..1440"),
    ("calendars.toml", swap('mon = ["08:00-12:00", "13:00-17:00"]', ""),
     "calendars.toml, [[calendar]] office",
     "open on at least one"),
    ("calendars.toml", swap('closed', 'zone = "Mars/Base"\nclosed'), "calendars.toml, [[calendar]] office",
     "no time zone"),
    ("calendars.toml", swap("2026-12-25", '"2026-12-25"'),
     "calendars.toml, [[calendar]] office, key 'closed.0'",
     "without quotation marks"),
    ("calendars.toml", swap("2026-12-25", "2026-12-25T00:00:00"),
     "calendars.toml, [[calendar]] office, key 'closed.0'", "is no day"),
    ("calendars.toml", swap("2026-12-25", "2026-12-25, 2026-12-25"),
     "calendars.toml, [[calendar]] office, key 'closed'", "a day stands twice"),
    # names that lead nowhere, and names that lead to two places
    ("city.toml", swap('"desk"', '"front"'), "city.toml, key 'catch_all'", "no department is called 'front'"),
    ("departments.toml", swap('"office"', '"shifts"'), "departments.toml, [[department]] desk",
     "no calendar is called 'shifts' in calendars.toml"),
    ("services.toml", swap('department = "roads"', 'department = "rods"'), "services.toml, [[service]] hole",
     "no department is called 'rods'"),
    ("services.toml", swap('group = "streets"', 'group = "roads"'), "services.toml, [[service]] hole",
     "no group is called 'roads'"),
    ("rules.toml", swap('"desk"', '"moon"'), "rules.toml, [[rule]] large-holes",
     "no department is called 'moon'"),
    ("rules.toml", swap('["hole"]', '["hoel"]'), "rules.toml, [[rule]] large-holes",
     "no service is called 'hoel'"),
    ("rules.toml", swap("ward:north", "ward:south"), "rules.toml, [[rule]] large-holes",
     "no area is called 'ward:south'"),
    ("rules.toml", swap('"large" }', '"huge" }'), "rules.toml, [[rule]] large-holes",
     "asks 'size' with the option 'huge'"),
    ("promises.toml", swap('"hole"', '"tree"'), "promises.toml, [[promise]] tree",
     "no service has this code"),
    ("promises.toml", swap("ward:north", "ward:south"), "promises.toml, [[promise]] hole",
     "no area is called 'ward:south'"),
    ("promises.toml", more('[[promise]]\nservice = "hole"\nhours = 1\n'), "promises.toml, [[promise]] hole",
     "promised twice"),
    ("departments.toml", swap('"roads"', '"desk"'), "departments.toml, [[department]] desk",
     "the code stands twice"),
    ("services.toml", more('[[group]]\ncode = "streets"\nname = { en = "A", cy = "B" }\n'),
     "services.toml, [[group]] streets", "the code stands twice"),
    ("services.toml", swap('"depth"', '"size"'), "services.toml, [[service]] hole, question size",
     "the code stands twice"),
    ("services.toml", swap('"large"', '"small"'),
     "services.toml, [[service]] hole, question size, option small",
     "the code stands twice"),
    ("calendars.toml", more('\n[[calendar]]\ncode = "office"\nhours = { tue = ["08:00-09:00"] }\n'),
     "calendars.toml, [[calendar]] office", "the code stands twice"),
    ("rules.toml", more('[[rule]]\ncode = "large-holes"\ndepartment = "desk"\n'),
     "rules.toml, [[rule]] large-holes", "the code stands twice"),
    ("services.toml", swap('"number"', '"one_of"'), "services.toml, [[service]] hole, question depth",
     "'one_of' needs options"),
    # languages
    ("city.toml", swap(', cy = "Bychan"', ""), "city.toml, key 'name'", "no words in 'cy'"),
    ("departments.toml", swap(', cy = "Desg"', ""), "departments.toml, [[department]] desk, key 'name'",
     "no words in 'cy'"),
    ("services.toml", swap(', cy = "Twll"', ""), "services.toml, [[service]] hole, key 'name'",
     "no words in 'cy'"),
    ("services.toml", swap("Yn y ffordd.", ""), "services.toml, [[service]] hole, key 'hint'",
     "no words in 'cy'"),
    ("services.toml", swap(', cy = "Pa mor fawr?"', ""),
     "services.toml, [[service]] hole, question size, key 'words'", "no words in 'cy'"),
    ("services.toml", swap(', cy = "Mawr"', ""),
     "services.toml, [[service]] hole, question size, option large",
     "no words in 'cy'"),
    # what a city decides beyond the least
    ("services.toml", swap('code = "hole"', 'code = "hole"\npriority = "soon"'),
     "services.toml, [[service]] hole, key 'priority'", "'soon' is none of low, normal, high, urgent"),
    ("services.toml", swap('code = "hole"', 'code = "hole"\nplace = "secret"'),
     "services.toml, [[service]] hole, key 'place'", "'secret' is none of exact, rounded, area"),
    ("services.toml", swap('code = "hole"', 'code = "hole"\nvisibility = "hidden"'),
     "services.toml, [[service]] hole, key 'visibility'", "none of public, private"),
    ("services.toml", swap('code = "hole"', 'code = "hole"\nphotos = 9'),
     "services.toml, [[service]] hole, key 'photos'", "From 0 to 5 photos"),
    ("services.toml", swap('code = "hole"', 'code = "hole"\nicon = "../x"'),
     "services.toml, [[service]] hole, key 'icon'", "An icon is named"),
    ("services.toml",
     swap('kind = "number"', 'kind = "number"\nwhen = { question = "size", option = "huge" }'),
     "services.toml, [[service]] hole, question depth, key 'when'",
     "is called 'size' and has the option 'huge'"),
    ("services.toml",
     swap('kind = "one_of"', 'kind = "one_of"\nwhen = { question = "depth", option = "x" }'),
     "services.toml, [[service]] hole, question size, key 'when'", "no question before it is called 'depth'"),
    ("services.toml", more(STOPPER.replace('"large"', '"vast"')),
     "services.toml, [[service]] hole, stopper 1", "has the option 'vast'"),
    ("services.toml", more(STOPPER.replace(', cy = "Ffoniwch ni."', "")),
     "services.toml, [[service]] hole, stopper 1, key 'words'", "no words in 'cy'"),
    ("services.toml", more(STOPPER + 'link = "javascript:alert(1)"\n'),
     "services.toml, [[service]] hole, stopper 1, key 'link'", "begins with https://"),
    ("services.toml", swap('"Large", cy = "Mawr" }', '"Large", cy = "Mawr" }, priority = "now"'),
     "services.toml, [[service]] hole, key 'question.0.option.1.priority'", "'now' is none of"),
    ("templates.toml", put(TEMPLATE.replace('"fixed"', '"mended"')), "templates.toml, [[template]] done",
     "'mended' is none of fixed"),
    ("templates.toml", put(TEMPLATE.replace('["hole"]', '["pit"]')), "templates.toml, [[template]] done",
     "no service is called 'pit'"),
    ("templates.toml", put(TEMPLATE * 2), "templates.toml, [[template]] done", "the code stands twice"),
    ("templates.toml", put(TEMPLATE.replace(', cy = "Mae wedi llenwi."', "")),
     "templates.toml, [[template]] done, key 'words'", "no words in 'cy'"),
    ("templates.toml", put(TEMPLATE.replace("template", "letter")), "templates.toml", "unknown key 'letter'"),
    ("city.toml", more(BANNER.replace("2026-12-02", "2026-11-30")), "city.toml, [[banner]] 1",
     "it ends before it begins"),
    ("city.toml", more(BANNER.replace("2026-12-02", "2026-02-30")), "city.toml, key 'banner.0.ends'",
     "is no time on the city's clock"),
    ("city.toml", more(BANNER.replace(', cy = "Ffair"', "")), "city.toml, [[banner]] 1, key 'words'",
     "no words in 'cy'"),
    ("city.toml", more('storm = { begins = "tomorrow" }\n'), "city.toml, key 'storm.begins'",
     "'tomorrow' is no time"),
    ("city.toml", more('storm = { words = { en = "Stay in." } }\n'), "city.toml, key 'storm.words'",
     "no words in 'cy'"),
    ("city.toml", more('hosts = ["https://311.smallham.example"]\n'), "city.toml, key 'hosts.0'",
     "Write a host name"),
    ("city.toml", swap("#0b5a6f", "#a0d8ef"), "city.toml, key 'colours.brand'", "Choose a darker one"),
    ("city.toml", swap("brand =", "border ="), "city.toml, key 'colours.border'", "nobody uses this colour"),
    ("city.toml", swap('["en", "cy"]', '["en", "cy", "en"]'), "city.toml, key 'languages'",
     "'en' stands twice"),
    ("city.toml", more('contact = { email = "x" }\n'), "city.toml, key 'contact.email'", "name@example.com"),
    ("city.toml", more('contact = { website = "javascript:alert(1)" }\n'), "city.toml, key 'contact.website'",
     "begins with https://"),
    ("departments.toml", more('email = "roads"\n'), "departments.toml, [[department]] roads, key 'email'",
     "name@example.com"),
    ("city.toml", more("notices = { keep_contact_days = 0 }\n"), "city.toml, key 'notices.keep_contact_days'",
     "1 day to 100 years"),
    ("city.toml", more('[[layer]]\ncode = "parish"\nname = { en = "Parish", cy = "Plwyf" }\n'),
     "city.toml, [[layer]] parish", "there is no areas/parish.geojson"),
    ("city.toml", more('contact = { fax = "1" }\n'), "city.toml, key 'contact.fax'", "Unknown field"),
    ("logo.svg", put("<svg><script>alert(1)</script></svg>"), "logo.svg", "holds a script"),
    ("logo.svg", put("GIF89a"), "logo.svg", "no SVG drawing"),
    ("logo.png", put("<svg></svg>"), "logo.png", "no PNG picture"),
    ("logo.svg", put("<svg>" + " " * 200_000), "logo.svg", "at most 100 KB"),
    ("calendars.toml", swap("closed", 'holidays = "ZZ"\nclosed'), "calendars.toml, [[calendar]] office",
     "No public holidays are known for"),
    ("calendars.toml", swap("closed", "open = [2026-12-25]\nclosed"),
     "calendars.toml, [[calendar]] office, key 'open'", "stands under 'closed' as well"),
    ("calendars.toml", swap("2026-12-25", "{ date = 2026-12-25 }"),
     "calendars.toml, [[calendar]] office, key 'closed.0'", "Write a day as"),
    ("promises.toml", swap("hours = 40", 'hours = 40\npriority = "soon"'), "promises.toml, [[promise]] hole",
     "'soon' is none of low, normal, high, urgent"),
    # the ground
    ("areas/ward.geojson", put(areas(("north", "Polygon", ELSEWHERE))), "areas/ward.geojson, north",
     "lies outside the city's limit"),
    ("areas/ward.geojson", put(dated({}, {"valid_from": "2026-12-07"})), "areas/ward.geojson, north",
     "drawn twice for 2026-12-07"),
    ("areas/ward.geojson", put(dated({"valid_to": "2026-12-07"}, {"valid_from": "2026-12-07"})),
     "areas/ward.geojson, north", "end with 'valid_to' the day before"),
    ("areas/ward.geojson", put(dated({"names": ["Gogledd"]})), "areas/ward.geojson, feature 1 (north)",
     "one a language"),
    ("areas/ward.geojson", put(dated({"valid_from": "2026-12-07", "valid_to": "2026-12-01"})),
     "areas/ward.geojson, feature 1", "ends before it begins"),
    ("areas/ward.geojson", put(areas(("north", "Polygon", BOW_TIE))), "areas/ward.geojson, feature 1 (north)",
     "Self-intersection"),
    ("areas/ward.geojson", put(areas(("north", "Polygon", SQUARE), ("north", "Polygon", SQUARE))),
     "areas/ward.geojson, feature 2", "stands twice"),
    ("areas/ward.geojson", put(areas(("north", "Point", [7, 47]))), "areas/ward.geojson, feature 1 (north)",
     "an area is a Polygon"),
    ("areas/ward.geojson", swap("7, 47", "2600000, 1200000"), "areas/ward.geojson, feature 1 (north)", ""),
    ("areas/ward.geojson", put("{"), "areas/ward.geojson", "not a GeoJSON FeatureCollection"),
    ("areas/city.geojson", put(areas()), "city.toml, key 'limit_layer'", "there is no areas/city.geojson"),
    ("map/streets.geojson", put("road"), "map/streets.geojson", "not a GeoJSON FeatureCollection"),
    ("addresses.csv", more("Road,2,here,there\n"), "addresses.csv, line 3", "needs street"),
    ("addresses.csv", swap("street,", "strasse,"), "addresses.csv, line 2", "needs street"),
]


def names(case):
    return f"{case[0]}-{case[3] or case[2]}"


@pytest.fixture
def write(tmp_path):
    """Write a city's folder, with one change."""
    def one(path="", change=None, folder="small"):
        home = tmp_path / folder
        for name in {*WHOLE, *filter(None, [path])}:
            content = WHOLE.get(name, "")
            content = change(content if name in WHOLE else "") if name == path else content
            if content is None:
                continue
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return home
    return one


def said_of(folder):
    with pytest.raises(Invalid) as fault:
        city.check_folder(folder)
    return [sentence for sentences in fault.value.fields.values() for sentence in sentences]


def test_the_city_all_others_are_broken_from_is_in_order(write):
    found = city.check_folder(write())
    assert [service["code"] for service in found.offer.services] == ["hole"]


@pytest.mark.parametrize(("path", "change", "where", "reason"), BROKEN, ids=map(names, BROKEN))
def test_a_broken_folder_is_refused_with_the_file_the_place_and_why(write, path, change, where, reason):
    said = said_of(write(path, change))
    assert [s for s in said if where in s and reason in s], said
    assert all(s.endswith(".") for s in said), said


def test_there_are_many_ways_to_break_a_folder():
    assert len(BROKEN) >= 60


def test_a_file_that_is_too_large_is_named_and_never_read(write):
    folder = write()
    with (folder / "addresses.csv").open("r+b") as file:
        file.truncate(city.folder.LARGEST_FILE + 1)  # a hole: it takes no room on the disk
    with pytest.raises(Invalid) as fault:
        city.read_folder(folder)
    assert fault.value.fields == {"addresses.csv": ["larger than 100 MB; split it or simplify it."]}


@pytest.mark.parametrize("folder", ["nowhere", "empty", "file"])
def test_a_folder_that_is_none_is_refused(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("city")
    with pytest.raises(Invalid, match=r"holds no city.toml; a city's folder begins with one"):
        city.read_folder(tmp_path / folder)


def test_every_fault_of_every_file_is_said_at_once(write):
    folder = write("rules.toml", swap('"desk"', '"moon"'))
    (folder / "promises.toml").write_text('[[promise]]\nservice = "tree"\nhours = 0\n')
    (folder / "areas" / "ward.geojson").write_text("{")
    said = said_of(folder)
    for file in ("rules.toml", "promises.toml", "areas/ward.geojson"):
        assert any(s.startswith(file) for s in said), said


def test_a_file_that_begins_with_the_mark_of_some_editors_is_read(write):
    folder = write("departments.toml", lambda text: b"\xef\xbb\xbf" + text.encode())
    assert len(city.check_folder(folder).offer.departments) == 2


# The database

def content():
    """Return a hash of every row of every table but the jobs."""
    digest = sha256()
    with db.reading() as view:
        for name, table in sorted(Base.metadata.tables.items()):
            if name not in ("job", "worker_beat"):
                digest.update(f"\n{name}".encode())
                for row in view.execute(select(table).order_by(*table.primary_key)):
                    digest.update(repr(tuple(map(str, row))).encode())
    return digest.hexdigest()


def load(folder):
    return running.prepare(replace(settings.current(), city=str(folder)), db.current())


@pytest.fixture
def small_town(own_database, write):
    """The small city in a database of its own."""
    with db.transaction() as change:
        for table in reversed(Base.metadata.sorted_tables):
            change.execute(table.delete())
    load(write())
    return own_database


def test_no_broken_folder_changes_anything_in_the_database(small_town, write):
    before = content()
    for number, (path, change, _, _) in enumerate(BROKEN):
        with pytest.raises(Invalid):
            load(write(path, change, f"broken {number}"))
    assert content() == before
    assert before != sha256().hexdigest()


def test_a_folder_loaded_a_second_time_changes_nothing(small_town, write):
    before = content()
    assert not load(write())  # the stamp says so, and nothing is even checked
    with clock.stopped_at(clock.now()), db.transaction() as change:  # and what it spares us changes nothing
        city.load_city(change, city.check_folder(write()), catalog.loaded_stamp(change))
    assert content() == before


def test_a_folder_put_right_loads_and_is_what_it_says(small_town, write):
    assert load(write("services.toml", swap('"Hole"', '"Pit"'), "other"))
    with db.reading() as view:
        assert catalog.catalog(view).service("hole").name == {"en": "Pit", "cy": "Twll"}


def test_a_database_keeps_to_its_city(small_town, write):
    before = content()
    with pytest.raises(Conflict, match="holds the city 'smallham', the folder describes 'bigham'"):
        load(write("city.toml", swap("smallham", "bigham"), "big"))
    assert content() == before


def test_a_load_that_fails_in_its_middle_leaves_the_old_city(small_town, write):
    before = content()
    checked = city.check_folder(write("services.toml", swap('"Hole"', '"Pit"'), "other"))
    torn = replace(checked, rules=(replace(checked.rules[0], department=None),))
    with pytest.raises(Exception, match="(?i)null"), db.transaction() as change:
        city.load_city(change, torn)
    assert content() == before


def test_the_demo_city_is_in_order_and_its_stamp_moves_with_every_letter():
    files = city.read_folder(settings.home() / "cities" / "larkmouth")
    assert city.check(files).offer.city["slug"] == "larkmouth"
    changed = files | {"rules.toml": files["rules.toml"] + b" "}
    assert city.stamp(files) == city.stamp(dict(reversed(files.items())))
    assert city.stamp(changed) != city.stamp(files)
    moved = {path: content for path, content in files.items() if path != "rules.toml"}
    assert city.stamp(moved | {"rule.toml": files["rules.toml"]}) != city.stamp(files)


def test_every_city_that_comes_with_the_product_is_in_order():
    folders = [f.parent for f in (settings.home() / "cities").glob("*/city.toml")]
    assert folders
    for folder in folders:
        assert city.check_folder(folder)
