"""What everybody will see, before it is sent, and what in it may be personal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicconnect import reports
from civicconnect.web.personal import Likely, personal
from tests.journeys.test_from_form_to_export import choose_place
from tests.offers import change_service, make_plain
from tests.web.test_photos import picture

GOOD = {"answer-size": "plate", "answer-depth": "4"}


@pytest.fixture(autouse=True)
def plain(request):
    if "visitor" in request.fixturenames:
        make_plain(request.getfixturevalue("db_"))


def look(visitor, **typed):
    return visitor.post("/reports", choose_place(visitor).form("/reports") | GOOD | {"do": "look"} | typed)


def test_the_preview_shows_what_the_public_will_and_sends_nothing(visitor, db_):
    page = look(visitor, description="Deep. Call Ana at 555 01 99 00 or ana@home.example, car AB-123-CD.",
                name="Ana", email="ana@home.example", photo=(io.BytesIO(picture(10)), "a.jpg"))
    assert "What everybody will see" in page.words
    for told in ("A telephone number: 555 01 99 00", "An e-mail address: ana@home.example",
                 "A number plate: AB-123-CD", "A name: Ana"):
        assert told in page.words
    assert "Like a dinner plate" in page.words
    assert page.text.count("/report/photo/") == 1
    assert reports.count_reports(db_) == 0
    fields = page.form("/reports")
    changed = visitor.post("/reports", fields | {"do": "change"})
    assert changed.form("/reports")["description"].startswith("Deep. Call Ana")
    assert changed.form("/reports")["photo_kept"]
    lost = visitor.post("/reports", fields | {"do": "change", "photo_kept": "too old"})
    assert "A photo is no longer kept here. Choose it again." in lost.words
    sent = visitor.follow(visitor.post("/reports", fields))
    assert "Thank you." in sent.words
    assert reports.count_reports(db_) == 1


def test_the_preview_of_a_report_told_in_part_tells_no_more(visitor, db_):
    change_service(db_, "pothole", place="rounded", text="internal")
    page = look(visitor, description="By the blue door.", address="7 Secret Street")
    shown = " ".join("".join(page.tree.find(".//dl").itertext()).split())
    assert "blue door" not in shown
    assert "Secret" not in shown
    assert "Dinner" not in shown.title()


def test_what_is_wrong_is_said_before_any_preview(visitor):
    page = look(visitor, **{"answer-size": ""})
    assert page.status == 422
    assert "Choose one of these." in page.words


def turned(page, language) -> tuple[str, dict[str, str]]:
    """Return where the button of a language posts its form again, and what it adds to it."""
    (button,) = [b for b in page.tree.iter("button") if b.get("formaction") == f"/{language}/reports"]
    (form,) = [form for form in page.tree.iter("form") if form.get("id") == button.get("form")]
    assert (form.get("method"), form.get("action").endswith("/reports")) == ("post", True)
    return button.get("formaction"), {button.get("name"): button.get("value")}


def test_what_was_refused_is_shown_in_another_language_with_everything_typed(visitor, db_):
    page = look(visitor, description="By the door.", email="nobody",
                photo=(io.BytesIO(picture(10)), "a.jpg"))
    assert page.status == 422
    assert not [link for link in page.links() if link == "/es/"]
    before = page.form("/reports")
    where, turn = turned(page, "es")
    spanish = visitor.post(where, before | {"description": "By the blue door."} | turn)
    assert (spanish.status, spanish.tree.get("lang")) == (200, "es")
    after = spanish.form("/es/reports")
    for name in ("id", "lat", "long", "address", "service", "answer-size", "email", "photo_kept"):
        assert after[name] == before[name] != "", name
    assert after["description"] == "By the blue door."
    where, turn = turned(spanish, "ar")
    assert visitor.post(where, after | turn).form("/ar/reports")["description"] == "By the blue door."


def test_the_preview_is_shown_in_another_language(visitor, db_):
    page = look(visitor, description="By the door.", photo=(io.BytesIO(picture(10)), "a.jpg"))
    where, turn = turned(page, "es")
    spanish = visitor.post(where, page.form("/reports") | turn)
    assert (spanish.status, spanish.tree.get("lang")) == (200, "es")
    assert "By the door." in spanish.words
    assert reports.count_reports(db_) == 0
    sent = visitor.post("/es/reports", spanish.form("/es/reports"))
    assert "By the door." in visitor.follow(sent).words
    assert reports.count_reports(db_) == 1


def test_a_form_that_was_asked_for_has_links_to_its_other_languages(visitor):
    page = choose_place(visitor)
    assert any(link.startswith("/es/report?") and "service=pothole" in link for link in page.links())


@pytest.mark.parametrize(("text", "found"), [
    ("My name is Ana Silva.", [("name", "Ana Silva")]), ("Me llamo José.", [("name", "José")]),
    ("меня зовут Иван", [("name", "Иван")]), ("اسمي ليلى", [("name", "ليلى")]),
    ("Ask Mr. Smith about it", [("name", "Smith")]), ("Ask Mr about it", []),
    ("+351 912 345 678", [("phone", "+351 912 345 678")]), ("(555) 014-0199", [("phone", "555) 014-0199")]),
    ("a.b@c.example", [("email", "a.b@c.example")]), ("Van 12-ABC-3 again", [("plate", "12-ABC-3")]),
    ("ABC 1234", [("plate", "ABC 1234")]),
    ("It broke on 2026-11-26.", []), ("A hole, 40 cm deep, 12 Oak Street, since 3 weeks.", []),
    ("Lamp 4711 is dark", []), ("The pan is full of 1.234.567 leaves", []), ("", []),
])
def test_what_may_be_personal_is_found(text, found):
    assert [(one.kind, one.words) for one in personal(text)] == found


@given(st.text(max_size=300), st.text(max_size=20))
def test_any_text_can_be_looked_through(text, name):
    assert all(isinstance(one, Likely) and one.words in text for one in personal(text, name)
               if one.kind != "name" or len(text.casefold()) == len(text))
