"""What a city offers: read as plain values, loaded from a folder, and never taken from old reports."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from civicconnect import catalog, city, clock, reports, settings
from civicconnect.accounts import SYSTEM
from civicconnect.catalog.models import CityRow, DepartmentRow, ServiceRow
from civicconnect.errors import Invalid, NotFound
from tests.counting import counted
from tests.factories import RESIDENT, new_report


@pytest.fixture
def rows(given):
    """The demo city's offer, checked; a function that leaves one thing out or changes it."""
    found = city.check_folder(given.city_folder).offer

    def change(**parts):
        told = {"city": found.city, "departments": found.departments, "groups": found.groups,
                "services": found.services}
        return catalog.CatalogRows(**told | parts)

    change.all = found
    return change


# Reading

def test_the_catalogue_keeps_the_order_the_city_gave(db_, rows):
    read = catalog.catalog(db_)
    assert list(read.services) == [row["code"] for row in rows.all.services]
    assert list(read.groups) == [row["code"] for row in rows.all.groups]
    assert list(read.departments) == [row["code"] for row in rows.all.departments]


def test_the_catalogue_is_what_the_folder_says(db_, rows):
    read, [pothole] = catalog.catalog(db_), [r for r in rows.all.services if r["code"] == "pothole"]
    service = read.service("pothole")
    assert (service.name, service.hint) == (pothole["name"], pothole["hint"])
    assert (service.group, service.department, service.active) == ("streets", "streets", True)
    assert [(q.code, q.kind, q.required) for q in service.questions] == [
        ("size", "one_of", True), ("depth", "number", False)]
    assert [code for code, _ in service.questions[0].options] == ["hand", "plate", "wheel"]
    assert read.city.slug == "larkmouth"
    assert read.city.centre == (41.2, -33.4)
    assert read.department_codes[read.departments["parks"].id] == "parks"


def test_the_catalogue_is_read_in_three_statements(database, db_):
    with counted(database) as seen:
        catalog.catalog(db_)
    assert len(seen) == 3


def test_what_reads_alike_is_built_once_and_a_row_changed_by_any_way_is_believed(db_):
    before = catalog.catalog(db_)
    assert catalog.catalog(db_) is before
    db_.execute(update(ServiceRow).where(ServiceRow.code == "pothole").values(hint={"en": "How deep?"}))
    assert catalog.catalog(db_).service("pothole").hint == {"en": "How deep?"}
    assert before.service("pothole").hint != {"en": "How deep?"}


def test_before_a_city_is_loaded_the_refusal_says_what_to_type(db_):
    db_.execute(delete(CityRow))
    with pytest.raises(NotFound, match="civic city load"):
        catalog.catalog(db_)
    assert catalog.loaded_stamp(db_) == ""


def test_a_service_nobody_offers_is_not_found(db_):
    with pytest.raises(NotFound, match="no service is called moon"):
        catalog.catalog(db_).service("moon")


@pytest.mark.parametrize(("language", "said"), [
    ("es", "Bache"), ("en", "Pothole"), ("fr", "Pothole"), ("", "Pothole")])
def test_words_are_said_in_a_language_or_in_the_first_the_city_wrote(language, said):
    assert catalog.words({"en": "Pothole", "es": "Bache"}, language) == said


def test_where_there_are_no_words_nothing_is_said():
    assert catalog.words({}, "en") == ""
    assert catalog.words({"en": "", "es": "Bache"}, "en") == ""


# Loading

def test_a_service_that_is_gone_from_the_folder_is_no_longer_offered_and_keeps_its_reports(
        db_, rows, make_report):
    report = make_report()
    catalog.load(db_, rows(services=tuple(r for r in rows.all.services if r["code"] != "pothole")))
    read = catalog.catalog(db_)
    offered = [service.code for _, services in read.offered(clock.now()) for service in services]
    assert "pothole" not in offered
    assert "tree" in offered
    assert read.service_codes[reports.find(db_, report.reference, SYSTEM).service_id] == "pothole"
    with pytest.raises(Invalid) as fault:
        reports.submit(db_, RESIDENT, new_report(service="pothole"))
    assert fault.value.fields == {"service": ["Choose what your report is about."]}
    catalog.load(db_, rows.all)
    assert catalog.catalog(db_).services["pothole"].active


def test_a_group_without_a_service_to_offer_is_not_shown(db_, rows):
    db_.execute(update(ServiceRow).where(ServiceRow.code.in_(("street-light", "traffic-light"))).values(
        active=False))
    assert "lights" not in [group.code for group, _ in catalog.catalog(db_).offered(clock.now())]


def test_loading_a_second_time_leaves_every_id(db_, rows):
    ids = select(DepartmentRow.code, DepartmentRow.id).order_by(DepartmentRow.id)
    before = db_.execute(ids).all(), catalog.catalog(db_)
    catalog.load(db_, rows.all)
    assert (db_.execute(ids).all(), catalog.catalog(db_)) == before


def test_the_stamp_of_the_folder_is_kept(db_, rows):
    catalog.load(db_, rows.all, "a" * 64)
    assert catalog.loaded_stamp(db_) == "a" * 64


def test_the_database_keeps_one_city_row(db_, rows):
    catalog.load(db_, rows(city=dict(rows.all.city) | {"slug": "elsewhere"}))
    assert db_.scalars(select(CityRow.slug)).all() == ["elsewhere"]


# Answers

def answer(db_, given, service="pothole", language="en"):
    return catalog.answers(catalog.catalog(db_).service(service), given, language)


def test_answers_are_frozen_in_the_words_the_resident_saw(db_):
    size, depth = answer(db_, {"size": "plate", "depth": " 7.5 "}, language="es")
    assert size == catalog.Answer("size", "plate", "¿Qué tamaño tiene el agujero?", "Como un plato")
    assert (depth.value, depth.answer) == ("7.5", "7.5")


@pytest.mark.parametrize(("typed", "kept"), [
    ("3,5", "3.5"), ("3.5", "3.5"), ("٣٫٥", "3.5"), ("۳٫۵", "3.5"), ("৩.৫", "3.5"), ("３", "3"),
    ("12", "12"), ("4,", "4"), (",5", "0.5"), (".5", "0.5"), ("1,500", "1.500"),
])
def test_a_number_is_understood_as_people_write_it_and_kept_in_one_spelling(db_, typed, kept):
    depth = answer(db_, {"size": "hand", "depth": typed})[1]
    assert (depth.value, depth.answer) == (kept, kept)


def test_a_question_that_need_not_be_answered_is_left_out(db_):
    assert [a.code for a in answer(db_, {"size": "hand", "depth": "  "})] == ["size"]


def test_an_answer_nobody_asked_for_is_dropped(db_):
    assert [a.code for a in answer(db_, {"size": "hand", "colour": "red"})] == ["size"]


@pytest.mark.parametrize(("given", "faults"), [
    ({}, {"answer-size": ["Choose one of these."]}),
    ({"size": "house"}, {"answer-size": ["Choose one of these."]}),
    ({"size": "Like a hand"}, {"answer-size": ["Choose one of these."]}),
    ({"size": "", "depth": "deep"}, {"answer-size": ["Choose one of these."],
                                     "answer-depth": ["Write a number, for example 3."]}),
    ({"size": "hand", "depth": "1.2.3"}, {"answer-depth": ["Write a number, for example 3."]}),
    ({"size": "hand", "depth": "-3"}, {"answer-depth": ["Write a number, for example 3."]}),
    ({"size": "hand", "depth": "3²"}, {"answer-depth": ["Write a number, for example 3."]}),
    *(({"size": "hand", "depth": typed}, {"answer-depth": ["Write a number, for example 3."]})
      for typed in ("1,500.5", "1.500,5", "1,500,000", "1 500", "٬", ",", "3,5 cm")),
    ({"size": "hand", "depth": "."}, {"answer-depth": ["Write a number, for example 3."]}),
    ({"size": "hand", "depth": "9" * 501}, {"answer-depth": ["Use at most 500 characters."]}),
])
def test_every_answer_that_will_not_do_is_named_beside_its_question(db_, given, faults):
    with pytest.raises(Invalid) as fault:
        answer(db_, given)
    assert fault.value.fields == faults


def test_the_demo_city_asks_in_all_its_languages():
    offer = city.check_folder(settings.home() / "cities" / "larkmouth").offer
    for service in offer.services:
        for question in service["question"]:
            for words in [question["words"], *(option["words"] for option in question["option"])]:
                spoken = {*offer.city["languages"], *offer.city["languages_in_part"]}
                assert set(words) == spoken, service["code"]
