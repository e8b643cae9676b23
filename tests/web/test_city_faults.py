"""What a check of the city says, put beside the field of the form that it is about."""

from __future__ import annotations

import pytest

from civicconnect import city, geo
from civicconnect.errors import Invalid
from civicconnect.web import city_sheet
from civicconnect.web.city_fields import show
from civicconnect.web.city_forms import SECTIONS, THINGS
from civicconnect.web.city_sheet import CITY, Page, Sheet
from tests.city.test_broken_folders import BANNER, STOPPER, WHOLE

LANGUAGES = ("en", "cy")
MORE = {"city.toml": WHOLE["city.toml"] + BANNER, "services.toml": WHOLE["services.toml"] + STOPPER}
FILES = {path: text.encode() for path, text in (WHOLE | MORE).items()}
LONG = "x" * 10_000
WORDS = {"words.en": "So?", "words.cy": "Felly?"}
# page, what is typed, the field it stands beside, what is said
CASES = [
    ("services/hole", {"name.cy": ""}, "name.cy", "in Welsh too"),
    ("services/hole", {"name.cy": LONG}, "name.cy", "at most 4000"),
    ("services/hole", {"hint.en": ""}, "hint.en", "in English too"),
    ("services/hole", {"photos": "9"}, "photos", "From 0 to 5"),
    ("services/hole", {"photos": "1.5"}, "photos", "Write a number"),
    ("services/hole", {"begins": "2027-02-30 08:00"}, "begins", "Write day and time"),
    ("services/hole", {"begins": "2027-02-01 08:00", "ends": "2027-01-01 08:00"}, "ends", "before it begins"),
    ("services/hole", {"department": "moon"}, "department", "no department is called 'moon'"),
    ("services/hole", {"group": "moon"}, "group", "no group is called 'moon'"),
    ("services/hole", {"group": ""}, "group", "Fill this in"),
    ("services/hole", {"priority": "soon"}, "priority", "is none of"),
    ("services/hole", {"icon": "../x"}, "icon", "An icon is named"),
    ("services/", {"code": "Pot, hole: 7", "name.en": "A", "name.cy": "B", "group": "streets",
                   "department": "desk"}, "code", "Use small letters"),
    ("services/", {"name.cy": "Twll", "group": "streets", "department": "desk"}, "code", "Fill this in"),
    ("services/", {"code": "hole", "name.en": "A", "name.cy": "B", "group": "streets", "department": "desk"},
     "code", "This code is taken"),
    ("services/hole/questions/size", {"words.cy": ""}, "words.cy", "in Welsh too"),
    ("services/hole/questions/size", {"option.1.words.cy": ""}, "option.1.words.cy", "in Welsh too"),
    ("services/hole/questions/size", {"option.0.code": "large"}, "option.1.code", "This code is taken"),
    ("services/hole/questions/size", {"option.0.priority": "now"}, "option.0.priority", "is none of"),
    ("services/hole/questions/size", {"when": "size=large"}, "when", "No question before this one"),
    ("services/hole/questions/size", {"when": "depth=x"}, "when", "No question before this one"),
    ("services/hole/questions/size", {"kind": "notice"}, "required", "Nothing is asked here"),
    ("services/hole/questions/size", {"kind": "riddle"}, "kind", "is none of"),
    ("services/hole/questions/depth", {"kind": "one_of"}, "option", "Add the options"),
    ("services/hole/questions/", {"code": "size", "kind": "text", **WORDS}, "code", "This code is taken"),
    ("services/hole/questions/", {"kind": "text", "words.en": "So?"}, "words.cy", "in Welsh too"),
    ("services/hole/stoppers/1", {"link": "javascript:alert(1)"}, "link", "begins with https://"),
    ("services/hole/stoppers/1", {"when": "size=vast"}, "when", "No question before this one"),
    ("services/hole/stoppers/", {"words.en": "No"}, "words.cy", "in Welsh too"),
    ("groups/streets", {"name.cy": ""}, "name.cy", "in Welsh too"),
    ("departments/roads", {"calendar": "moon"}, "calendar", "no calendar is called 'moon'"),
    ("departments/roads", {"email": "roads"}, "email", "like name@example.com"),
    ("departments/roads", {"phone": "5" * 61}, "phone", "at most 60"),
    ("calendars/office", {"hours.mon": "8-12"}, "hours.mon", "“8-12” is no opening time"),
    ("calendars/office", {"hours.mon": "08:00-12:00, 11:00-13:00"}, "hours.mon", "without overlap"),
    ("calendars/office", {"hours.mon": "08:00-25:00"}, "hours.mon", "without overlap"),
    ("calendars/office", {"hours.mon": ""}, "hours.mon", "Fill this in"),
    ("calendars/office", {"closed": "2026-13-45 Never"}, "closed", "is no day"),
    ("calendars/office", {"closed": "some day"}, "closed", "“some day” is no day"),
    ("calendars/office", {"closed": "2026-12-24\n2026-12-24 Eve"}, "closed", "stands there twice"),
    ("calendars/office", {"open": "2026-01-01 Extra"}, "open", "“2026-01-01 Extra” is no day. Write one as"),
    ("calendars/office", {"open": "2026-12-25"}, "open", "among the closed days"),
    ("calendars/office", {"holidays": "ZZ"}, "holidays", "No public holidays"),
    ("calendars/office", {"zone": "Mars/Base"}, "zone", "This is no time zone"),
    ("calendars/", {"code": "c" * 41, "hours.mon": "08:00-12:00"}, "code", "at most 40"),
    ("calendars/", {"code": "office", "hours.mon": "08:00-12:00"}, "code", "This code is taken"),
    ("promises/hole", {"promise.0.hours": "0"}, "promise.0.hours", "more than 0"),
    ("promises/hole", {"promise.0.hours": "-3"}, "promise.0.hours", "more than 0"),
    ("promises/hole", {"promise.0.hours": "999999999"}, "promise.0.hours", "more than 0"),
    ("promises/hole", {"promise.0.area": "moon:crater"}, "promise.0.area", "no area is called"),
    ("promises/hole", {"promise.0.hours": "nan"}, "promise.0.hours", "Write a number"),
    ("promises/hole", {"promise.0.priority": "soon"}, "promise.0.priority", "is none of"),
    ("promises/hole", {"promise.2.hours": "4", "promise.2.area": "ward:north"}, "promise.2.hours", "twice"),
    ("promises/hole", {"promise.1.hours": "four"}, "promise.1.hours", "Write a number"),
    ("promises/hole", {"promise.2.note": "No hours"}, "promise.2.hours", "Fill this in"),
    ("banners/1", {"begins": "2028-01-01 00:00"}, "ends", "before it begins"),
    ("banners/1", {"words.cy": ""}, "words.cy", "in Welsh too"),
    ("banners/1", {"link": "//evil.example"}, "link", "begins with https://"),
    ("banners/", {"begins": "soon", **WORDS}, "begins", "Write day and time"),
    ("words/colours", {"colours.brand": "#a0d8ef"}, "colours.brand", "has a contrast of 1.5 to 1"),
    ("words/colours", {"colours.link": "teal"}, "colours.link", "Write a colour as"),
    ("words/about", {"languages": ""}, "languages", "Fill this in"),
    ("words/about", {"languages": "en, cy, en"}, "languages", "stands there twice"),
    ("words/about", {"languages": "English"}, "languages", "by its code"),
    ("words/about", {"languages": "en, cy, de"}, "form", "no words in 'de'"),
    ("words/about", {"catch_all": "moon"}, "catch_all", "no department is called 'moon'"),
    ("words/about", {"name.cy": ""}, "name.cy", "in Welsh too"),
    ("words/contact", {"contact.phone": "5" * 61}, "contact.phone", "at most 60"),
    ("words/contact", {"contact.email": "x"}, "contact.email", "like name@example.com"),
    ("words/contact", {"contact.email": "x@y z"}, "contact.email", "like name@example.com"),
    ("words/contact", {"contact.website": "javascript:alert(1)"}, "contact.website", "begins with https://."),
    ("words/contact", {"contact.website": "www.smallham.example"}, "contact.website", "begins with https://."),
    ("words/contact", {"contact.website": "/about"}, "contact.website", "begins with https://."),
    ("words/notices", {"notices.keep_contact_days": "0"}, "notices.keep_contact_days", "1 day to 100 years"),
    ("words/notices", {"notices.keep_contact_days": "many"}, "notices.keep_contact_days", "Write a number"),
    ("words/notices", {"notices.law.en": "We may."}, "notices.law.cy", "in Welsh too"),
    ("words/storm", {"storm.begins": "soon"}, "storm.begins", "Write day and time"),
    ("words/storm", {"storm.begins": "2027-02-01 08:00", "storm.ends": "2027-01-01 08:00"}, "storm.ends",
     "before it begins"),
]


def sheet_at(address):
    """Return the sheet of an address: "services/hole/questions/size"; a last name left out is a new row."""
    things, name, *inner = address.split("/")
    if things == "words":
        return Sheet(CITY, SECTIONS[name][1], "", "")
    if inner:
        thing = THINGS[inner[0]]
        return Sheet((("service", name), (thing.kind, inner[1])), thing.form, "", "", thing)
    return Sheet(((THINGS[things].kind, name),), THINGS[things].form, "", "", THINGS[things])


def faults_of(db, address, typed, app):
    """Return the faults of a form by its fields, and what stands in them."""
    book, sheet = city.Book(FILES, geo.check(FILES)[0], 1), sheet_at(address)
    row = book.find(sheet.spot)
    shown = show(sheet.fields, row, LANGUAGES)
    with app.test_request_context(method="POST", data=shown | typed):
        page = Page(book.as_it_stands(), city_sheet.read(sheet.fields, shown | typed, row, LANGUAGES))
        page.at = city_sheet.apply(db, book, sheet, page.row, "save")
        with pytest.raises(Invalid) as fault:
            book.check()
        city_sheet.place(fault.value, sheet, book, page)
        return page.faults, show(sheet.fields, page.row, LANGUAGES)


def test_each_fault_stands_beside_its_field_and_what_was_typed_is_kept(app, db_):
    for address, typed, field, said in CASES:
        found, shown = faults_of(db_, address, typed, app)
        assert field in found, (address, typed, found)
        assert said in " ".join(map(str, found[field])), (address, typed, found[field])
        assert {name: shown[name] for name in typed} == typed, address
        assert list(found)[0] == ("form" if "form" in found else field), (address, typed, found)
