"""Words become up to three services: by keywords alone, and by what was learned."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from civicconnect import routing
from civicconnect.catalog import Catalog, City, Group, Service
from civicconnect.catalog.book import Span, Storm
from civicconnect.errors import Conflict
from civicconnect.routing import training
from civicconnect.routing.features import features
from civicconnect.routing.figures import confusion, measure
from civicconnect.routing.training import Lesson
from tests.routing.bench_suggestion import by_keywords, demo_services, texts

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
STORM = Storm(on=True, during=Span(), words={})


def service(code: str, words: str = "", number: int = 0, **more) -> Service:
    told = {"keywords": {"en": words.split()}} | more
    return Service(number, code, "all", "works", {"en": code}, {}, (), True, **told)


def city_of(*services: Service, storm: Storm | None = None) -> Catalog:
    city = City("here", {"en": "Here"}, "UTC", ("en",), "works", "", {}, {}, (0, 0))
    return Catalog(replace(city, storm=storm) if storm else city, {}, {"all": Group(1, "all", {"en": "All"})},
                   {one.code: one for one in services})


def codes(words: str, offer: Catalog, model=None) -> list[str]:
    return [one.service for one in routing.suggest(words, offer, NOW, model)]


MANY = city_of(*(service(code, words) for code, words in {
    "pothole": "hole road asphalt", "lamp": "light dark lantern", "tree": "branch leaves trunk",
    "bin": "rubbish waste litter", "water": "leak pipe burst", "bus": "stop shelter timetable"}.items()))


@pytest.mark.parametrize(("words", "code"), [
    ("a big hole", "pothole"), ("HOLES in the roads!", "pothole"), ("the lantern went out", "lamp"),
    ("branches on the ground", "tree"), ("lïtter everywhere", "bin")])
def test_words_that_the_city_wrote_itself_are_enough(words, code):
    assert codes(words, MANY)[0] == code


@pytest.mark.parametrize(("keyword", "words"), [
    ("路灯", "我家门口的路灯坏了"), ("রাস্তা", "আমাদের রাস্তায় গর্ত"), ("حفرة", "توجد الحفره أمام البيت"),
    ("socavón", "hay un SOCAVON enorme"), ("ถนน", "ถนนหน้าบ้านเป็นหลุม"), ("дорога", "на дороге яма"),
    ("도로", "우리 집 앞 도로가 파였어요")])
def test_every_script_is_read(keyword, words):
    offer = city_of(service("wanted", keywords={"xx": [keyword]}), *list(MANY.services.values())[1:])
    assert codes(words, offer) == ["wanted"]


def test_vowels_that_stand_apart_tell_words_from_each_other():
    assert set(features("কাল").tolist()) != set(features("কল").tolist())  # Bengali: tomorrow, machine


@pytest.mark.parametrize("words", ["", "   ", "?!…", "12345", "qzxjk", "🕳️", "\x00\ud800", "^$" * 3000])
def test_nothing_is_suggested_where_no_word_is_known(words):
    assert routing.suggest(words, MANY, NOW) == []


def test_at_most_three_are_shown_and_none_below_the_confidence():
    alike = city_of(*(service(f"s{n}", "hole road") for n in range(6)))
    shown = routing.suggest("hole", alike, NOW)
    assert len(shown) == 3
    assert all(one.probability >= routing.CONFIDENCE for one in shown)
    many = city_of(*(service(f"s{n}", "hole road") for n in range(12)))
    assert routing.suggest("hole", many, NOW) == []  # each has one chance in twelve


def test_what_rests_or_is_no_longer_offered_is_not_suggested():
    closed = replace(MANY.services["pothole"], active=False)
    stormy = replace(MANY.services["tree"], storm="stays")
    assert "pothole" not in codes("a big hole", city_of(closed, *list(MANY.services.values())[1:]))
    offer = city_of(*(MANY.services | {"tree": stormy}).values(), storm=STORM)
    assert codes("hole in the road", offer) == []
    assert codes("a branch", offer) == ["tree"]


def test_on_texts_that_nothing_was_fitted_on_three_suggestions_find_far_more_than_three_favourites():
    services = demo_services()
    kept = [text for text in texts() if text.language != "fr" and text.template % 2]
    place = {one.code: n for n, one in enumerate(services)}
    usual = [place[code] for code in dict.fromkeys(text.service for text in texts())][:3]
    found = measure(by_keywords(services, [text.words for text in kept]),
                    np.array([place[text.service] for text in kept]), usual)
    assert found.among_three >= 2 * found.usual
    assert found.among_three > 0.6
    assert found.error < 0.15


# What people here say, and no keyword does.
SAYINGS = {"pothole": "zorp blent", "lamp": "quiddle mook", "tree": "fnarr vizzug"}


def taught(count: int = 300, sayings: dict[str, str] = SAYINGS) -> list[Lesson]:
    dice = np.random.default_rng(5)
    filler = [f"filler{n}" for n in range(40)]
    return [Lesson(f"{words} {' '.join(dice.choice(filler, 3))}", code)
            for code, words in (list(sayings.items())[n % len(sayings)] for n in range(count))]


@pytest.fixture(scope="module")
def trained() -> routing.Trained:
    return routing.train(taught(), list(MANY.services.values()), lambda _: None)


def test_what_people_say_is_learned(trained):
    assert codes("vizzug", MANY) == []
    assert codes("vizzug", MANY, trained.model)[0] == "tree"
    assert trained.figures.first > 0.95
    assert trained.figures.error < 0.1


def test_a_service_without_reports_keeps_to_its_keywords(trained):
    assert codes("the pipe has a leak", MANY, trained.model)[0] == "water"
    assert "water" not in trained.model.codes


def test_a_model_for_a_service_that_is_gone_never_suggests_it(trained):
    left = city_of(*(one for code, one in MANY.services.items() if code != "tree"))
    assert "tree" not in codes("vizzug fnarr", left, trained.model)


def test_no_words_of_anybody_and_nothing_rare_is_in_the_model(trained, tmp_path):
    lessons = [*taught(), Lesson("zorp blent said Archibald Featherstonehaugh", "pothole")]
    model = routing.train(lessons, list(MANY.services.values()), lambda _: None).model
    rare = np.setdiff1d(features("Featherstonehaugh"), features("zorp blent filler"))
    assert not np.isin(rare, model.weights.features).any()
    assert b"zorp" not in routing.write_model(tmp_path, model).read_bytes()


@pytest.mark.parametrize("count", [0, 1, training.LEAST - 1])
def test_too_little_is_refused_in_a_sentence(count):
    with pytest.raises(Conflict, match=f"{count} reports have words of people"):
        routing.train(taught(count), list(MANY.services.values()), lambda _: None)


def test_words_about_services_that_are_gone_do_not_count():
    with pytest.raises(Conflict, match="0 reports"):
        routing.train(taught(sayings={"gone": "zorp"}), list(MANY.services.values()), lambda _: None)


def test_learning_twice_gives_the_same(trained):
    again = routing.train(taught(), list(MANY.services.values()), lambda _: None)
    assert again.figures == trained.figures
    assert np.array_equal(again.model.weights.weights, trained.model.weights.weights)


def test_repetitions_are_counted_apart():
    told = [Lesson(f"{words} {n % 7}x", code) for n in range(100) for code, words in SAYINGS.items()]
    found = routing.train(told, list(MANY.services.values()), lambda _: None)
    assert found.figures.tested == 60
    assert found.unheard.tested == 0


def test_a_model_is_numbers_and_names_in_a_file_and_comes_back_as_it_was(trained, tmp_path):
    file = routing.write_model(tmp_path, trained.model)
    with np.load(file, allow_pickle=False) as held:
        assert all(held[name].dtype != object for name in held.files)
    back = routing.read_model(tmp_path)
    assert back.codes == trained.model.codes
    assert back.worths == trained.model.worths
    assert codes("vizzug", MANY, back) == codes("vizzug", MANY, trained.model)


def test_a_new_model_is_read_without_a_restart(trained, tmp_path):
    assert routing.read_model(tmp_path) is None
    file = routing.write_model(tmp_path, trained.model)
    assert routing.read_model(tmp_path) is routing.read_model(tmp_path)
    routing.write_model(tmp_path, replace(trained.model, worths=replace(trained.model.worths, doubt=0.5)))
    os.utime(file, (1, 1))
    assert routing.read_model(tmp_path).worths.doubt == 0.5


@pytest.mark.parametrize("harm", ["empty", "cut", "text", "pickle", "shape", "form", "missing"])
def test_a_damaged_model_is_no_model_and_runs_nothing(trained, tmp_path, harm):
    file = routing.write_model(tmp_path, trained.model)
    with np.load(file) as held:
        parts = dict(held)
    if harm in ("empty", "cut", "text"):
        file.write_bytes({"empty": b"", "cut": file.read_bytes()[:700], "text": b"no model"}[harm])
    elif harm == "missing":
        parts.pop("bias")
        np.savez(file, **parts)
    else:
        changed = {"pickle": {"bias": np.array([print], dtype=object)}, "shape": {"bias": np.zeros(99)},
                   "form": {"form": np.array(999)}}[harm]
        np.savez(file, **parts | changed)
    assert routing.read_model(tmp_path) is None


def test_figures_are_what_they_say():
    said = np.array([[0.8, 0.2, 0.0, 0.0], [0.6, 0.3, 0.1, 0.0], [0.05, 0.05, 0.05, 0.85],
                     [0.3, 0.3, 0.3, 0.1]])
    found = measure(said, np.array([0, 1, 2, 3]), [0], least=0.5)
    assert (found.tested, found.first, found.among_three, found.usual) == (4, 0.25, 0.5, 0.25)
    assert (found.shown, found.right_shown) == (0.75, pytest.approx(1 / 3))
    assert found.error == pytest.approx((2 * 0.325 + 0.6 + 0.3) / 4)  # 0.8 and 0.85 share a bin
    assert confusion(said, np.array([0, 1, 2, 3])).tolist() == [
        [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    assert measure(np.zeros((0, 4)), np.array([], dtype=int), [0]).tested == 0


def record(trained) -> routing.Record:
    matrix = ((10, 2, 1, 0), (3, 8, 0, 0), (0, 1, 3, 0), (4, 0, 0, 20))
    return routing.Record(NOW, 300, 0.1, False, trained.figures, trained.unheard, tuple("abcd"), matrix)


def test_a_record_comes_back_as_it_was(trained, tmp_path):
    assert routing.read_record(tmp_path) is None
    kept = record(trained)
    routing.write_record(tmp_path, kept)
    assert routing.read_record(tmp_path) == kept


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"made_at": "never"}', '{"made_at": 5}', "\udcff"])
def test_a_damaged_record_is_no_record(trained, tmp_path, text):
    file = routing.write_record(tmp_path, record(trained))
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert routing.read_record(tmp_path) is None
    told = json.loads(json.dumps({"made_at": NOW.isoformat(), "matrix": 3}))
    file.write_text(json.dumps(told))
    assert routing.read_record(tmp_path) is None


def test_strangers_see_no_row_of_few_reports_and_none_of_a_private_service(trained):
    shown = routing.published(record(trained), {"d"})
    assert shown.columns == ("a", "b", "")
    assert [(row.meant, row.tested, row.right, row.first) for row in shown.rows] == [
        ("a", 13, 10, (10, 2, 1)), ("b", 11, 8, (3, 8, 0)), ("", 28, 23, (4, 1, 23))]
    assert shown.rows[0].mistaken == (("b", 2), ("", 1))
    assert routing.as_csv(shown).splitlines()[:3] == [
        "service_meant,service_suggested_first,reports", "a,a,10", "a,b,2"]
    assert "(others)" in routing.as_csv(shown)
