"""The demo city shows all that a folder may say, and stands there as an export would write it."""

from __future__ import annotations

import re
import tomllib
from itertools import chain

import pytest
from marshmallow import fields

from civicconnect import city, settings
from civicconnect.catalog import shapes

FOLDER = settings.home() / "cities" / "larkmouth"
FOUND = city.check_folder(FOLDER)
OFFER = FOUND.offer
SERVICES = {row["code"]: row for row in OFFER.services}
ARABIC = re.compile(r"[\u0600-\u06ff]")
ICONS = {file.stem for file in (settings.home() / "static" / "img" / "icons").glob("*.svg")}


def test_the_folder_is_what_an_export_writes():
    files, spelled = city.read_folder(FOLDER), city.spell(FOUND)
    assert files.keys() == spelled.keys()
    assert [path for path in sorted(files) if files[path] != spelled[path]] == []


def test_the_city_has_eight_departments_and_forty_services_within_two_looks():
    assert (len(OFFER.departments), len(SERVICES), len(OFFER.groups)) == (8, 40, 9)
    for group in OFFER.groups:
        assert 1 < len([s for s in SERVICES.values() if s["group"] == group["code"]]) < 9, group["code"]
    at_work = {s["department"] for s in SERVICES.values()} | {rule.department for rule in FOUND.rules}
    assert at_work == {row["code"] for row in OFFER.departments}


def keys(schema):
    """Yield the names of a schema's keys, and of those within them."""
    for name, field in schema.fields.items():
        yield name
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from keys(inner.schema)


def used(table):
    """Yield the keys that stand in a TOML file, those of rows and tables within it too."""
    for name, value in table.items():
        yield name
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, dict):
                yield from used(row)


ALL = [*OFFER.city["languages"], *OFFER.city["languages_in_part"]]
MARKS = str.maketrans("؟？。।۔", "??...")  # how other scripts write ours
WRITTEN = {file.stem: set(used(tomllib.loads(file.read_text(encoding="utf-8"))))
           for file in FOLDER.glob("*.toml")}
SCHEMAS = {"city": (shapes.City(),), "departments": (shapes.Department(),), "templates": (shapes.Template(),),
           "owners": (shapes.Owner(),),
           "services": (shapes.Group(), shapes.Service())}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_demo_city_uses_every_key(name):
    known = set(chain.from_iterable(map(keys, SCHEMAS[name])))
    # Storm mode is off, no host name is its own, photos are shown at once, and no service has a season.
    unused = {"city": {"hosts", "on", "photos", "first_look"}, "services": {"begins", "ends"}}
    assert known - WRITTEN[name] == unused.get(name, set())


def test_the_document_names_every_key():
    told = set(re.findall(r"`(?:\[\[)?(?:\w+\.)?(\w+)(?:\]\])?(?: = [^`]*)?`",
                          (settings.home() / "docs" / "city-folder.md").read_text(encoding="utf-8")))
    languages = set(ALL)
    days = {"tue", "wed", "thu", "fri", "sat"}
    wanted = set().union(*WRITTEN.values(), *(keys(s) for schemas in SCHEMAS.values() for s in schemas))
    assert wanted - told - languages - days == {"day"}


@pytest.mark.parametrize(("key", "values"), [
    ("priority", {"low", "normal", "high", "urgent"}), ("visibility", {"public", "private"}),
    ("place", set(shapes.PLACES)), ("text", {"public", "internal"}), ("storm", {"stops", "stays", "only"}),
    ("contact", {"optional", "needed", "none"}), ("photos", {0, 1, 3, 5}),
])
def test_every_choice_a_service_has_is_shown(key, values):
    assert {service[key] for service in SERVICES.values()} == values


def test_questions_branch_rank_and_stop():
    asked = [q for s in SERVICES.values() for q in s["question"]]
    assert {q["kind"] for q in asked} == set(shapes.KINDS)
    assert len([q for q in asked if q["when"]]) > 10
    assert {o["priority"] for q in asked for o in q["option"]} >= {"", "normal", "high", "urgent"}
    stoppers = [s for service in SERVICES.values() for s in service["stopper"]]
    assert all(s["phone"] or s["link"] for s in stoppers)
    never_taken = [code for code, s in SERVICES.items() if any(t["when"] is None for t in s["stopper"])]
    assert never_taken == ["gas-smell"]


def test_what_stops_is_heard_of_before_anything_else_is_asked():
    """A stopper that hangs on an answer shows it beside a question that must be answered."""
    for service in SERVICES.values():
        must = {q["code"] for q in service["question"] if q["required"]}
        assert {s["when"]["question"] for s in service["stopper"] if s["when"]} <= must, service["code"]


def test_a_private_report_tells_strangers_neither_words_nor_contact():
    private = [s for s in SERVICES.values() if s["visibility"] == "private"]
    assert len(private) > 4
    assert {s["text"] for s in private} == {"internal"}


def test_every_icon_that_is_named_is_drawn_and_takes_its_colour_from_the_page():
    named = {row["icon"] for row in chain(OFFER.groups, OFFER.services)}
    assert "" not in named
    assert named <= ICONS
    for name in named:
        drawing = (settings.home() / "static" / "img" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        assert 'viewBox="0 0 24 24"' in drawing
        assert 'stroke="currentColor"' in drawing
        assert "#" not in drawing


def told():
    """Yield everything a resident reads: where it stands, and its words by language."""
    yield from ((f"{row['code']}.name", row["name"]) for row in
                chain(OFFER.departments, OFFER.groups, OFFER.services, OFFER.templates, OFFER.city["layer"]))
    yield from ((f"{row['code']}.words", row["words"]) for row in OFFER.templates)
    yield from (("banner", banner["words"]) for banner in OFFER.city["banner"])
    yield "storm", OFFER.city["storm"]["words"]
    yield from ((key, OFFER.city["notices"][key]) for key in ("law", "terms"))
    yield "questions.reason", OFFER.city["questions"]["reason"]
    for code, service in SERVICES.items():
        yield f"{code}.hint", service["hint"]
        yield from ((f"{code}.stopper", stopper["words"]) for stopper in service["stopper"])
        for question in service["question"]:
            yield f"{code}.{question['code']}", question["words"]
            yield from ((f"{code}.{option['code']}", option["words"]) for option in question["option"])


def test_everything_is_said_in_four_languages_and_what_leads_to_a_report_in_all():
    assert OFFER.city["languages"] == ["en", "es", "pt", "ar"]
    for where, words in told():
        in_part = where.split(".")[0] in {t["code"] for t in OFFER.templates}
        assert list(words) == (OFFER.city["languages"] if in_part else ALL), where
        assert not [text for text in words.values() if re.search(r"^\s|  |[\t\n]|\s$", text)], where
    for code, service in SERVICES.items():
        assert list(service["keywords"]) == OFFER.city["languages"], code
        assert all(len(found) > 2 for found in service["keywords"].values()), code


def test_arabic_is_in_arabic_and_a_sentence_ends_alike_everywhere():
    for where, words in told():
        assert ARABIC.search(words["ar"]), where
        assert not any(ARABIC.search(words[language]) for language in ("en", "es", "pt")), where
        ends = {text[-1].translate(MARKS) for text in words.values()}
        assert len(ends & {".", "?"}) == 0 or len(ends) == 1, f"{where}: {ends}"
        assert words["es"].count("?") == words["es"].count("¿"), where


def test_hints_and_options_are_short_enough_for_a_phone():
    for where, words in told():
        most = 60 if where.endswith(".name") else 150 if where.endswith(".hint") else 520
        assert max(map(len, words.values())) <= most, where
    for service in SERVICES.values():
        for question in service["question"]:
            for option in question["option"]:
                assert max(map(len, option["words"].values())) <= 60, (service["code"], option["code"])


def test_there_are_words_to_start_from_for_every_outcome_and_for_waiting_planning_and_asking():
    assert {t["outcome"] for t in OFFER.templates if t["verb"] == "close"} == set(shapes.OUTCOMES)
    assert {t["verb"] for t in OFFER.templates} == {"accept", "close", "wait", "plan", "ask"}
    assert len(OFFER.templates) > 13


def test_what_can_be_promised_is_promised():
    promised = {to.service for to, _, _ in FOUND.promises.promises}
    assert set(SERVICES) - promised == {"something-else", "gas-smell"}
    assert any(to.area for to, _, _ in FOUND.promises.promises)
    priorities = {to.priority for to, _, _ in FOUND.promises.promises}
    assert priorities == {None, "high", "urgent"}
    hours = {to: hours for to, hours, _ in FOUND.promises.promises}
    for to, found in hours.items():
        if to.priority:
            assert found < hours[to._replace(priority=None, area=None)], to


def test_an_urgent_answer_has_a_promise_of_hours():
    urgent = {code for code, s in SERVICES.items() for q in s["question"] for o in q["option"]
              if o["priority"] == "urgent"}
    promised = {to.service for to, hours, _ in FOUND.promises.promises
                if to.priority == "urgent" and hours <= 4}
    assert urgent - promised == {"shelter"}  # all of it is promised within three


def test_one_calendar_is_open_at_any_hour_and_the_others_keep_the_holidays():
    calendars = {code: row.hours for code, row in FOUND.promises.calendars.items()}
    assert set(calendars) == {row["calendar"] for row in OFFER.departments} == {"office", "crews", "watch"}
    assert calendars["watch"].week == (((0, 1440),),) * 7
    assert calendars["office"].week == (((480, 1020),),) * 5 + ((),) * 2
    assert calendars["crews"].week == (((420, 1140),),) * 6 + ((),)
    for code in ("office", "crews"):
        assert calendars[code].holidays
        assert FOUND.promises.calendars[code].names["2026-08-17"] == "Harbour Day"


def test_most_rules_say_why():
    assert len(FOUND.rules) > 15
    assert len([rule for rule in FOUND.rules if rule.note]) > len(FOUND.rules) / 2


def test_the_logo_is_small_and_asks_for_nothing():
    drawing = (FOLDER / "logo.svg").read_text(encoding="utf-8")
    assert len(drawing) < 4096
    assert "href" not in drawing
