"""One report before a clerk: who is told and what they read, both sides of a conflict, what recurs."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import func, select

from civicconnect import clock, jobs, reports
from civicconnect.accounts import ContactDetails
from civicconnect.app import handlers
from civicconnect.reports import Event, Person
from tests.counting import counted
from tests.factories import HERE, RESIDENT, staff_actor
from tests.web.test_staff import prepared, steps

__all__ = ["prepared", "steps"]
LINK = re.compile(r"http\S+")


@pytest.fixture
def told(db_, make_report):
    """A report that four people hear of, in three languages."""
    report = make_report(contact=ContactDetails(email="ana@home.example"), language="es")
    for email, language, affected in (("bo@home.example", "en", True), ("cy@home.example", "en", False),
                                      ("di@home.example", "ar", False)):
        person = Person(contact=ContactDetails(email=email), language=language)
        reports.give_address(db_, reports.joined(db_, RESIDENT, report.reference, person, affected=affected),
                             person.contact)
    jobs.drain(handlers())
    return report


def look(clerk, report, verb, **given):
    address = f"/staff/reports/{report.reference}"
    fields = clerk.get(address).form("/steps", verb=verb)
    return clerk.post(f"{address}/preview", fields | {"verb": verb} | given)


def letters(given):
    files = sorted((given.data_folder / "letters").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=default) for file in files]


def shown_letters(page):
    return ["".join(e.itertext()) for e in page.tree.iter("div") if e.get("class") == "letter__words"]


def test_before_a_step_the_clerk_sees_who_is_told_and_the_very_letters(told, signed_in, db_, given):
    clerk = signed_in("streets")
    assert "It will tell 4 people" in clerk.get(f"/staff/reports/{told.reference}").words
    before = db_.scalar(select(func.count()).select_from(Event))
    page = look(clerk, told, "close", outcome="fixed", reason="The hole is filled.")
    assert page.status == 200
    assert "This will tell 4 people" in page.words
    assert "On the public page, everybody reads: Closed: Fixed" in page.words
    assert db_.scalar(select(func.count()).select_from(Event)) == before
    sent_before = len(letters(given))
    fields = page.form("/steps", verb="close")
    clerk.follow(clerk.post(f"/staff/reports/{told.reference}/steps", fields | {"verb": "close"}))
    jobs.drain(handlers())
    sent = letters(given)[sent_before:]
    assert len(sent) == 4
    plain = {LINK.sub("…", m.get_body(("plain",)).get_content()).replace("\r", "").strip()
             for m in sent}
    assert sorted(text.strip() for text in shown_letters(page)) == sorted(plain)
    assert "ha cerrado" in " ".join(plain)


def test_a_preview_tells_neither_an_address_nor_a_link_that_is_somebody_s_own(told, signed_in):
    page = look(signed_in("streets"), told, "close", outcome="fixed")
    assert "home.example" not in page.text
    assert reports.own_key(told.id) not in page.text
    assert "/follow/" not in page.text.replace("/follow\"", "")


def test_a_preview_says_what_is_owed_and_keeps_what_was_typed(told, signed_in):
    page = look(signed_in("streets"), told, "close", outcome="no_action", reason="")
    assert page.status == 422
    assert "Tell the resident why" in page.words
    assert page.form("/steps", verb="close")["outcome"] == "no_action"


def test_other_words_than_those_looked_at_are_shown_again_before_they_go_out(told, signed_in, db_):
    clerk = signed_in("streets")
    fields = look(clerk, told, "close", outcome="fixed", reason="One.").form("/steps", verb="close")
    address = f"/staff/reports/{told.reference}/steps"
    page = clerk.post(address, fields | {"verb": "close", "reason": "Two."})
    assert page.status == 200
    assert any("Two." in words for words in shown_letters(page))
    db_.expire_all()
    assert told.status == "received"
    clerk.follow(clerk.post(address, page.form("/steps", verb="close") | {"verb": "close"}))
    db_.expire_all()
    assert told.status == "closed"


@pytest.mark.usefixtures("prepared")
def test_a_preview_fills_in_the_words_the_city_prepared(steps, make_report, signed_in):
    page = look(signed_in("streets"), make_report(), "close", template="our-filled")
    assert "Pothole, 1 Test Street, Streets and Paving" in page.form("/steps", verb="close")["reason"]
    assert "This will tell nobody by letter" in page.words


def test_a_preview_of_another_department_s_report_is_not_there(told, signed_in):
    clerk = signed_in("lighting")
    token = clerk.get("/staff/queue").form("/sign-out")
    assert clerk.post(f"/staff/reports/{told.reference}/preview", token | {"verb": "close"}).status == 404


def test_the_public_page_says_nothing_of_a_private_report(signed_in, make_report, db_):
    report = make_report()
    report.visibility = "private"
    db_.flush()
    page = look(signed_in("streets"), report, "start", reason="Soon.")
    assert "The public page says nothing of it." in page.words


def test_whoever_comes_second_sees_both_sides_and_keeps_what_they_typed(steps, signed_in):
    old = steps.clerk.get(steps.address).form("/steps", verb="wait")
    other = signed_in("supervisor")
    fields = other.get(steps.address).form("/steps", verb="start")
    other.post(f"{steps.address}/steps", fields | {"verb": "start", "reason": "We begin today."})
    page = steps.clerk.post(f"{steps.address}/steps", old | {"verb": "wait", "reason": "A part is missing."})
    assert page.status == 409
    side = next(e for e in page.tree.iter("section") if e.get("class") == "sides")
    said = " ".join("".join(side.itertext()).split())
    assert "We begin today." in said
    assert "supervisor" in said
    assert "A part is missing." in said
    fields = page.form("/steps", verb="wait")
    assert fields["reason"] == "A part is missing."
    assert "alert" not in steps.clerk.follow(steps.clerk.post(
        f"{steps.address}/steps", fields | {"verb": "wait"})).text


def test_what_was_typed_is_shown_even_where_its_step_is_gone(steps):
    old = steps.clerk.get(steps.address).form("/steps", verb="plan")
    steps("close", outcome="fixed")
    page = steps.clerk.post(f"{steps.address}/steps", old | {"verb": "plan", "planned_for": "2100-01-31",
                                                             "reason": "In spring."})
    assert page.status == 409
    assert "In spring." in page.words
    assert "Nothing was sent." in page.words


def test_colleagues_are_called_by_their_names(steps, db_):
    steps("accept")
    clerk = staff_actor(db_, "streets")
    reports.assign(db_, clerk, steps.reference, int(clerk.name.partition(":")[2]), "Night crew")
    page = steps.clerk.get(steps.address)
    story = "".join(next(e for e in page.tree.iter("ol") if e.get("class") == "timeline").itertext())
    assert "staff:" not in story
    assert story.count("streets") == 3  # who accepted, who gave it away, and to whom
    assert "Night crew" in story


def test_a_stranger_reads_no_colleague_s_name(steps, visitor):
    steps("accept")
    assert "streets" not in "".join(
        next(e for e in visitor.get(f"/reports/{steps.reference}").tree.iter("ol")).itertext())


def test_the_fourth_time_at_a_spot_says_so_and_since_when(signed_in, make_report, db_):
    now = clock.now()
    for days in (300, 200, 100):
        with clock.stopped_at(now - timedelta(days=days)):
            old = make_report()
            reports.transition(db_, staff_actor(db_, "streets"), old.reference, "close", {"outcome": "fixed"})
    page = signed_in("streets").get(f"/staff/reports/{make_report().reference}")
    assert "Reported 4 times at this spot since" in page.words
    assert "as: Fixed" in page.words
    assert f"/staff/reports/{old.reference}" in " ".join(page.links())


def test_other_reports_of_a_person_are_counted_and_linked_where_the_clerk_may_open_them(
    signed_in, make_report, db_
):
    ana = ContactDetails(name="Ana", email="ana@home.example")
    report, other = make_report(contact=ana), make_report(contact=ana)
    hers = make_report(contact=ana, service="street-light")
    make_report(contact=ContactDetails(email="bo@home.example"))
    page = signed_in("streets").get(f"/staff/reports/{report.reference}")
    assert "They sent 2 other reports." in page.words
    person = next(e for e in page.tree.iter("section") if e.get("aria-labelledby") == "person")
    found = [a.get("href") for a in person.iter("a")]
    assert found == [f"/staff/reports/{other.reference}"]
    assert "home.example" not in page.text
    everywhere = signed_in("supervisor").get(f"/staff/reports/{report.reference}")
    assert f"/staff/reports/{hers.reference}" in everywhere.links()


def test_the_page_asks_at_most_twelve_times_however_much_there_is(
    signed_in, make_report, told, db_, database
):
    for n in range(30):
        make_report(contact=ContactDetails(email="ana@home.example"))
        reports.joined(db_, RESIDENT, told.reference, Person(str(n)), affected=True)
    clerk = signed_in("streets")
    with counted(database) as asked:
        assert clerk.get(f"/staff/reports/{told.reference}").status == 200
    assert len(asked) <= 12, "\n".join(asked)


def test_a_street_is_looked_at_where_the_city_says(signed_in, make_report):
    page = signed_in("streets").get(f"/staff/reports/{make_report(point=HERE).reference}")
    link = next(a for a in page.tree.iter("a") if "streets.larkmouth.example" in (a.get("href") or ""))
    assert link.get("href").endswith("look?at=41.200000,-33.400000")
    assert "noopener" in link.get("rel")


def test_a_note_sent_twice_stands_once_and_a_new_one_again(steps, db_):
    def notes():
        report = reports.find(db_, steps.reference, staff_actor(db_, "streets"))
        return [e.text["note"] for e in reports.timeline(db_, report, internal=True) if e.verb == "note"]

    first = steps.clerk.get(steps.address).form("/notes") | {"note": "Mind the dog."}
    for _ in range(3):
        assert steps.clerk.post(f"{steps.address}/notes", first).status == 303
    assert notes() == ["Mind the dog."]
    second = steps.clerk.get(steps.address).form("/notes") | {"note": "Mind the dog."}
    steps.clerk.post(f"{steps.address}/notes", second)
    assert notes() == ["Mind the dog."] * 2
    steps.clerk.post(f"{steps.address}/notes", second | {"note": "And the cat."})  # the page was gone back to
    assert notes()[2:] == ["And the cat."]


# On paper

def test_on_paper_stand_the_report_and_a_code_but_no_internal_word_unless_wished_for(steps):
    fields = steps.clerk.get(steps.address).form("/notes")
    steps.clerk.post(f"{steps.address}/notes", fields | {"note": "Mind the dog."})
    page = steps.clerk.get(f"{steps.address}/print")
    assert steps.reference in page.words
    assert "Mind the dog." not in page.words
    assert not [b for b in page.tree.iter("button") if b.get("name") == "verb"]
    assert "Mind the dog." in steps.clerk.get(f"{steps.address}/print?notes=1").words


def test_the_code_leads_to_the_public_page_or_where_there_is_none_to_the_desk(steps, signed_in, db_):
    public = f"http://localhost:8311/reports/{steps.reference}"
    assert public in steps.clerk.get(f"/ar{steps.address}/print").words
    made = steps.clerk.client.get(f"{steps.address}/code.svg")
    assert made.mimetype == "image/svg+xml"
    assert b"<path" in made.data
    assert signed_in("lighting").client.get(f"{steps.address}/code.svg").status_code == 404
    report = reports.find(db_, steps.reference, staff_actor(db_, "streets"))
    report.visibility = "private"
    db_.flush()
    assert f"http://localhost:8311/staff/reports/{steps.reference}" in steps.clerk.get(
        f"{steps.address}/print").words
