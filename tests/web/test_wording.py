"""The words staff start from, on the screen: who may change them, what is checked, what is kept."""

from __future__ import annotations

import pytest

from civicconnect import catalog, city
from civicconnect.catalog import ease
from tests.offers import make_template

LONG = ("We have looked at the hole that you told us of and we will come back to it as soon as the crew that "
        "does such work in this part of the city has finished the work it does now.")


@pytest.fixture
def editor(signed_in):
    return signed_in("admin")


def spoken(page):
    return [e.get("name").partition("-")[2] for e in page.tree.iter("textarea")]


def filled(page, **more):
    fields = page.form("/templates/new")
    for code in spoken(page):
        fields |= {f"name-{code}": f"Name {code}", f"words-{code}": f"Words {code}: {{reference}}."}
    return fields | {"code": "ours", "reason": "For the clerks."} | more


def test_a_template_is_added_used_changed_and_taken_away(editor, signed_in, make_report, db_):
    fields = filled(editor.get("/staff/templates/new"), outcome="fixed")
    assert "Name en" in editor.follow(editor.post("/staff/templates/new", fields)).words
    report = make_report()
    options = {o.get("value"): o for o in signed_in("streets").get(
        f"/staff/reports/{report.reference}").tree.iter("option")}
    assert options["ours"].get("data-words") == f"Words en: {report.reference}."
    assert b'code = "ours"' in city.dump(db_)["templates.toml"]

    fields = editor.get("/staff/templates/ours").form("/templates/ours")
    editor.follow(editor.post("/staff/templates/ours", fields | {
        "words-en": "Other words.", "reason": "Shorter."}))
    page = editor.get("/staff/templates/ours")
    assert "admin" in page.words
    assert "What stood there before" in page.words
    assert "Words en: {reference}." in page.words
    fields = page.form("/templates/ours") | {"reason": "Nobody uses it."}
    editor.follow(editor.post("/staff/templates/ours/remove", fields))
    assert editor.get("/staff/templates/ours").status == 404
    kept = [(c.before != {}, c.after != {}) for c in catalog.template_changes(db_, "ours")]
    assert kept == [(True, False), (True, True), (False, True)]


def test_all_of_staff_read_the_templates_and_only_the_city_s_editors_change_them(signed_in, visitor):
    for who in ("streets", "supervisor"):
        person = signed_in(who)
        assert "Put right" in person.get("/staff/templates").words
        page = person.get("/staff/templates/fixed")
        assert "We have been there" in page.words
        token = person.get("/staff/queue").form("/sign-out")
        assert person.get("/staff/templates/new").status == 403
        assert person.post("/staff/templates/fixed", token).status == 403
        assert person.post("/staff/templates/fixed/remove", token).status == 403
    assert visitor.get("/staff/templates").status == 302


@pytest.mark.parametrize(("wrong", "words"), [
    ({"code": "Not a code"}, "Use small letters, digits"), ({"code": "fixed"}, "of this name already"),
    ({"words-es": " "}, "every language of the city"),
    ({"words-en": "Dear {name},"}, "Nothing can be put in for {name}"),
    ({"services": "moonlight"}, "services that the city offers"), ({"verb": "explode"}, "is none of"),
    ({"outcome": "melted"}, "is none of"),
    ({"verb": "start", "outcome": "fixed"}, "Only closing has an outcome"),
    ({"words-en": "On {planned_for}."}, "Only planning has a day"), ({"words-en": "x" * 4001}, "4000"),
])
def test_what_cannot_be_meant_is_said_beside_its_field_and_what_was_typed_stays(editor, wrong, words):
    page = editor.post("/staff/templates/new", filled(editor.get("/staff/templates/new"), **wrong))
    assert page.status == 422
    assert words in page.words
    assert page.form("/templates/new")["name-en"] == "Name en"


def test_words_that_are_too_long_are_refused_in_the_language_of_the_page(editor):
    fields = filled(editor.get("/es/staff/templates/new"), **{"words-en": "x" * 4001})
    page = editor.post("/es/staff/templates/new", fields)
    assert page.status == 422
    assert "Use como máximo 4000 caracteres." in page.words
    assert "Longer than" not in page.words


def test_each_step_that_words_are_for_is_named_in_words(editor, signed_in, make_report):
    listed = editor.get("/es/staff/templates")
    assert {"ask", "close"}.isdisjoint(h.text for h in listed.tree.iter("h2"))
    chosen = next(e for e in editor.get("/staff/templates/ask-where").tree.iter("select")
                  if e.get("name") == "verb")
    assert not [o for o in chosen.iter("option") if o.text == o.get("value")]
    make_report()
    clerk = signed_in("streets")
    form = clerk.get("/staff/queue").form("/staff/bulk")
    page = clerk.follow(clerk.post("/staff/bulk", form | {"of": "view"}))
    offered = next(e for e in page.tree.iter("select") if e.get("name") == "template")
    values = [o.get("value") for o in offered.iter("option")]
    assert "fixed" in values
    assert "ask-where" not in values  # in bulk nobody is asked


def test_whoever_saves_second_sees_both_sides(editor, signed_in):
    first = editor.get("/staff/templates/fixed").form("/templates/fixed") | {"reason": "Clearer."}
    editor.post("/staff/templates/fixed", first | {"words-en": "Mended."})
    page = editor.post("/staff/templates/fixed", first | {"words-en": "Repaired."})
    assert page.status == 409
    side = next(e for e in page.tree.iter("section") if e.get("class") == "sides")
    said = "".join(side.itertext())
    assert "Mended." in said
    assert "Repaired." in said
    assert page.form("/templates/fixed")["words-en"] == "Repaired."


def test_words_that_are_hard_to_read_are_said_to_be_and_kept_all_the_same(editor):
    editor.follow(editor.post("/staff/templates/new", filled(editor.get("/staff/templates/new"), **{
        "words-en": LONG})))
    assert "Hard to read: 40 words in a sentence." in editor.get("/staff/templates/ours").words
    assert "hard in: English" in editor.get("/staff/templates").words


@pytest.mark.parametrize(("said", "language", "is_hard"), [
    ("It is done. Thank you.", "en", False), (LONG, "en", True), ("", "en", False),
    ("{address}", "en", False),
    ("The municipality acknowledges infrastructure deficiencies necessitating comprehensive "
     "interdepartmental coordination. Administrative responsibilities notwithstanding, remediation "
     "commences immediately following authorisation.", "en", True),
    ("كنّا في المكان وأصلحنا الأمر. شكرًا لأنكم أخبرتمونا.", "ar", False), ("كلمة " * 26, "ar", True),
    ("我们到过那里。", "zh-Hans", False), ("我们" * 31, "zh-Hans", True), ("…" * 500, "es", False),
])
def test_ease_is_counted_by_sentences_and_in_english_by_long_words_too(said, language, is_hard):
    assert ease(said, language).is_hard is is_hard


@pytest.mark.usefixtures("prepared_fields")
def test_fields_are_filled_and_a_template_that_needs_what_is_not_known_is_not_offered(
    signed_in, make_report, db_
):
    report = make_report(language="es")
    report.due_at = None
    db_.flush()
    clerk = signed_in("streets")
    page = clerk.get(f"/staff/reports/{report.reference}")
    options = {o.get("value"): o.get("data-words") for o in page.tree.iter("option")}
    assert "our-due" not in options
    assert "our-day" not in {o for o in options if options[o] and "{planned_for}" not in options[o]}
    fields = page.form("/steps", verb="plan")
    clerk.follow(clerk.post(f"/staff/reports/{report.reference}/steps", fields | {
        "verb": "plan", "planned_for": "2100-01-31", "template": "our-day"}))
    assert "Vendremos el 31 ene 2100 (Larkmouth)." in clerk.get(f"/staff/reports/{report.reference}").words


@pytest.fixture
def prepared_fields(db_):
    make_template(db_, "our-due", "accept", words={"en": "By {due}.", "es": "Antes de {due}."})
    make_template(db_, "our-day", "plan", words={"en": "On {planned_for}.",
                                                 "es": "Vendremos el {planned_for} ({city})."})
    make_template(db_, "our-odd", "close", words={"en": "On {planned_for}."})


def test_each_change_is_a_version_of_the_city_and_going_back_brings_the_template_back(editor, db_):
    address, before = "/staff/templates/fixed", city.dump(db_)
    fields = editor.get(address).form(address) | {"words-en": "Mended."}
    fields.pop("services")  # it is for every service
    refused = editor.post(address, fields)
    assert (refused.status, "Say why" in refused.words) == (422, True)
    assert refused.form(address)["words-en"] == "Mended."
    assert city.versions(db_) == city.versions(db_, before=city.newest_version(db_) + 1)
    number = city.newest_version(db_)
    editor.follow(editor.post(address, fields | {"reason": "Shorter."}))
    newest = city.versions(db_)[0]
    assert (newest.number, newest.reason) == (number + 1, "Shorter.")
    assert newest.made_by.startswith("staff:")
    assert len(newest.changes) == 1
    assert newest.changes[0].startswith("templates.toml, [[template]] fixed: words.en: “We have been there")
    assert city.content_of(db_, newest.number) == city.dump(db_)
    assert editor.post(address, fields | {"seen": "1", "reason": "x"}).status == 303
    assert city.newest_version(db_) == newest.number  # nothing was changed
    old = editor.get(address).form(address)
    back = editor.get(f"/staff/city/versions/{number}").form("/back") | {"reason": "The old one was kinder."}
    editor.follow(editor.post(f"/staff/city/versions/{number}/back", back))
    assert city.dump(db_) == before
    seen_another = editor.post(address, old | {"words-en": "Repaired.", "reason": "x"})
    assert seen_another.status == 409
