"""A form that was not taken gives back its words, and whoever signs in then lands on a page."""

from __future__ import annotations

import re

import pytest

from civicconnect import accounts, reports, settings
from civicconnect.accounts import SYSTEM
from civicconnect.web.city_forms import SECTIONS, THINGS
from civicconnect.web.untaken import is_prose
from tests.factories import Staff, staff_actor

LARGE = ("text", "long_words", "days")  # kinds of the city's fields that stand in large boxes


@pytest.fixture
def ended(signed_in, make_report, db_):
    """A clerk with a report's page open whose session was ended elsewhere, and that page."""
    clerk = signed_in("streets")
    address = f"/staff/reports/{make_report().reference}"
    page = clerk.get(address)
    accounts.end_sessions(db_, reports.staff_id_of(staff_actor(db_, "streets")))
    return clerk, page, address


def again(clerk, page):
    """Sign in by the form of a page, and return where that leads."""
    form = next(f for f in page.tree.iter("form") if "/sign-in" in f.get("action"))
    answer = clerk.post(form.get("action"), page.form("/sign-in") | {
        "email": Staff.named("streets").email, "password": Staff.named("streets").password})
    return answer.answer.headers["Location"]


def test_whose_session_ended_gets_back_what_they_typed_and_lands_on_the_page_they_were_on(ended, db_):
    clerk, page, address = ended
    note = "Two holes.\n<b>Bring</b> the big roller."
    answer = clerk.post(f"{address}/notes", page.form("/notes") | {"note": note},
                        headers={"Referer": f"http://localhost{address}?step=close"})
    assert answer.status == 401
    assert "this was not saved. Copy it, sign in and send it again." in answer.words
    held = next(e for e in answer.tree.iter("textarea"))
    assert held.text.strip() == note
    assert held.get("readonly") is not None
    assert again(clerk, answer) == f"{address}?step=close"
    assert "Two holes." not in clerk.get(address).words


@pytest.mark.parametrize("before", [
    "", "https://elsewhere.example/staff/queue", "http://localhost//elsewhere.example",
    "http://localhost/none", "http://localhost{address}/notes"])
def test_a_form_without_a_page_of_ours_before_it_leads_to_the_nearest_page(ended, before):
    clerk, page, address = ended
    headers = {"Referer": before.format(address=address)} if before else {}
    answer = clerk.post(f"/es{address}/notes", page.form("/notes") | {"note": " "}, headers=headers)
    assert answer.status == 302
    assert again(clerk, clerk.follow(answer)) == f"/es{address}"


@pytest.mark.parametrize(("wished", "lands"), [
    ("/staff/me", "/staff/me"), ("/es/staff/queue?q=a", "/es/staff/queue?q=a"),
    ("/staff/reports/7KD4MNPQ/notes", "/staff/reports/7KD4MNPQ"), ("/staff/bulk/7/run", "/staff/bulk/7"),
    ("/sign-out", "/staff"), ("//es/staff", "/staff"), ("/nowhere/at/all", "/staff"),
    ("/%2Felsewhere.example", "/staff")])
def test_signing_in_leads_to_a_page_and_never_to_the_address_of_a_form(visitor, wished, lands):
    assert again(visitor, visitor.get("/sign-in", query_string={"next": wished})) == lands


def test_words_of_a_form_on_another_site_are_not_shown_as_ours(ended, visitor):
    clerk, page, address = ended
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    told = page.form("/notes") | {"note": "Call 555 0199 now."}
    assert clerk.post(f"{address}/notes", told, headers=elsewhere).status == 302
    for path in (f"{address}/notes", "/reports"):
        answer = visitor.post(path, told | {"description": "Call 555 0199 now."}, headers=elsewhere)
        assert answer.status == 400
        assert "555 0199" not in answer.text


def test_a_stale_page_of_staff_gives_back_what_was_typed_and_writes_nothing(signed_in, make_report, db_):
    clerk, report = signed_in("streets"), make_report()
    told = clerk.get(f"/staff/reports/{report.reference}").form("/notes")
    for token in ("", "stale"):
        answer = clerk.post(f"/staff/reports/{report.reference}/notes", told | {
            "csrf_token": token, "note": "It is <deep>.", "password": "a long password", "code": "123456 7"})
        assert answer.status == 400
        assert "The page had been open for too long." in answer.words
        assert [e.text.strip() for e in answer.tree.iter("textarea")] == ["It is <deep>."]
    db_.expire_all()
    assert reports.find(db_, report.reference, SYSTEM).events == 2


def test_every_large_field_of_a_form_is_one_whose_words_are_given_back():
    named = {name for file in (settings.home() / "templates").rglob("*.html")
             for name in re.findall(r'<textarea[^>]*? name="([^"]+)"', file.read_text(encoding="utf-8"))}
    told = {"question", "task", "why", "note", "reason", "words"}  # those of the macros
    told |= {field.path for _, form in SECTIONS.values() for field in form if field.kind in LARGE}
    told |= {field.path for thing in THINGS.values() for field in thing.form if field.kind in LARGE}
    assert {"note", "description"} < named
    assert {name for name in named | told if name != "{{ name }}" and not is_prose(name)} == set()
    secrets = ("password", "csrf_token", "code", "credential", "photo_kept", "token", "key")
    assert not any(map(is_prose, secrets))
