"""Staff enter a report for somebody else: whatever is typed stays, nothing is made twice."""

from __future__ import annotations

import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from civicconnect import accounts, clock, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.catalog import catalog
from civicconnect.geo import Address, Point
from civicconnect.reports import Event, Report
from tests.factories import HERE, staff_actor
from tests.offers import change_service, question, stopper
from tests.reports.test_family import post  # noqa: F401  a fixture

SPOT = f"{HERE.lat},{HERE.long},1 Test Street"


def count(db_) -> int:
    return db_.scalar(select(func.count()).select_from(Report)) or 0


@pytest.fixture
def clerk(signed_in):
    return signed_in("streets")


@pytest.fixture
def desk(clerk):
    """The form before a clerk: `desk(do="send", service="pothole")` posts it and returns the page."""
    def send(**typed):
        fields = clerk.get("/staff/new").form("/staff/new") | {"place": SPOT, "service": "pothole",
                                                               "answer-size": "plate"}
        return clerk.post("/staff/new", fields | typed)
    return send


def made(db_) -> Report:
    db_.expire_all()
    return db_.scalars(select(Report)).one()


def test_a_telephone_call_becomes_a_report_step_by_step_without_any_script(clerk, db_):
    number, street = db_.execute(select(Address.number, Address.street).limit(1)).one()
    fields = clerk.get("/staff/new").form("/staff/new")
    found = clerk.post("/staff/new", fields | {
        "do": "find", "q": f"{number} {street}", "description": "A deep one."})
    assert found.status == 200
    places = [e for e in found.tree.iter("input") if e.get("name") == "place"]
    assert any(e.get("value").endswith(f"{number} {street}") for e in places), found.words
    fields = found.form("/staff/new") | {"place": places[0].get("value"), "service": "pothole", "do": "look"}
    asked = clerk.post("/staff/new", fields)
    assert "How big is the hole?" in asked.words
    assert "Nothing open within 250 metres." in asked.words
    assert asked.form("/staff/new")["description"] == "A deep one."
    sent = clerk.post("/staff/new", asked.form("/staff/new") | {"answer-size": "plate", "do": "send"})
    page = clerk.follow(sent)
    report = made(db_)
    assert f"{report.reference[:4]} {report.reference[4:]}" in page.words
    told = (report.source, report.description, report.address)
    assert told == ("call", "A deep one.", f"{number} {street}")
    first = reports.timeline(db_, report, internal=True)[0]
    assert (first.source, first.actor.split(":")[0]) == ("call", "staff")


@pytest.mark.parametrize("source", ["call", "counter", "email", "letter", "staff"])
def test_the_timeline_says_how_it_came_in(desk, db_, source):
    assert desk(do="send", source=source).status == 303
    assert {event.source for event in db_.scalars(select(Event))} == {source}


@pytest.mark.parametrize(("typed", "field", "words"), [
    ({"source": "pigeon"}, "source", "Choose how it came in"),
    ({"place": ""}, "place", "Tell us where it is"),
    ({"place": "0,0,Elsewhere"}, "place", "outside Larkmouth"),
    ({"place": "north"}, "place", "Latitude"),
    ({"service": ""}, "service", "Choose what your report is about"),
    ({"answer-size": ""}, "answer-size", "Choose one of these"),
    ({"description": "x" * 4001}, "description", "at most 4000"),
    ({"note": "x" * 4001}, "note", "at most 4000"),
    ({"phone": "555 0101"}, "consent", "Ask whether we may keep"),
    ({"email": "nobody", "consent": "yes"}, "email", "e-mail address"),
    ({"received": "yesterday"}, "received", "Give a time from"),
    ({"received": "2001-01-01T10:00"}, "received", "Give a time from"),
    ({"received": "2100-01-01T10:00"}, "received", "Give a time from"),
    ({"id": "damaged"}, "form", "Open it again"),
    ({"photo_kept": "forged"}, "photo", "no longer kept"),
])
def test_a_fault_stands_beside_its_field_and_nothing_typed_is_lost(desk, db_, typed, field, words):
    given = {"description": "Keep me.", "note": "Keep me too.", "name": ""} | typed
    page = desk(do="send", **given)
    assert page.status == 422
    beside = page.tree.find(f".//*[@id='{field}-error']")
    assert words in " ".join(beside.itertext())
    assert f"#{field}" in page.links()
    kept = page.form("/staff/new")
    for name, value in given.items():
        if name not in ("source", "place", "service", "answer-size", "id", "photo_kept"):
            assert kept[name] == value, name
    assert count(db_) == 0


def test_a_double_press_makes_one_report_with_one_note(clerk, db_):
    fields = clerk.get("/staff/new").form("/staff/new") | {
        "place": SPOT, "service": "pothole", "answer-size": "plate", "do": "send", "note": "Third call."}
    first, second = clerk.post("/staff/new", fields), clerk.post("/staff/new", fields)
    assert first.answer.headers["Location"] == second.answer.headers["Location"]
    notes = [e for e in reports.timeline(db_, made(db_), internal=True) if e.verb == "note"]
    assert [(n.text, n.public, n.source) for n in notes] == [({"note": "Third call."}, False, "call")]


def test_the_same_form_with_other_words_is_a_conflict_that_keeps_them(clerk, db_):
    fields = clerk.get("/staff/new").form("/staff/new") | {
        "place": SPOT, "service": "pothole", "answer-size": "plate", "do": "send"}
    clerk.post("/staff/new", fields)
    page = clerk.post("/staff/new", fields | {"description": "Something else."})
    assert page.status == 409
    assert page.form("/staff/new")["description"] == "Something else."
    assert count(db_) == 1


def test_a_letter_of_three_days_ago_is_promised_from_then(desk, db_, make_report):
    now = clock.now()
    at = (now - timedelta(days=3)).replace(second=0, microsecond=0)
    zone = ZoneInfo(catalog(db_).city.time_zone)
    desk(do="send", source="letter", received=at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"))
    report = made(db_)
    events = reports.timeline(db_, report, internal=True)
    assert report.received_at == at
    assert {e.occurred_at for e in events} == {at}
    assert all(e.recorded_at >= now for e in events)
    with clock.stopped_at(at):
        assert make_report().due_at == report.due_at


def test_contact_details_are_kept_only_where_the_resident_agreed_and_the_service_asks(desk, db_):
    change_service(db_, "pothole", contact="none")
    desk(do="send", name="Ana", email="ana@home.example", consent="yes")
    assert made(db_).contact_id is None


def test_whoever_left_an_address_is_told_before_they_ever_open_its_page(desk, db_, visitor, post):  # noqa: F811  a fixture
    desk(do="send", name="Ana", email="ana@home.example", consent="yes", language="es")
    report = made(db_)
    (letter,) = post().letters
    assert letter["To"] == "ana@home.example"
    assert "/es/reports/" in letter.get_body(("plain",)).get_content()
    assert visitor.get(f"/reports/{report.reference}?key={reports.own_key(report.id)}").status == 200
    reports.transition(db_, staff_actor(db_, "streets"), report.reference, "close",
                       {"outcome": "fixed", "reason": "Filled."})
    assert post().to == ["ana@home.example"]


def test_whoever_left_no_address_or_did_not_agree_gets_no_letter(desk, db_, post):  # noqa: F811  a fixture
    desk(do="send", phone="555 0101", consent="yes")
    assert reports.known_sender(db_, made(db_)) is None
    assert post().letters == []


def test_a_service_that_needs_a_contact_asks_the_clerk_for_it(desk, db_):
    change_service(db_, "pothole", contact="needed")
    page = desk(do="send")
    assert "we need to reach you" in page.words
    assert desk(do="send", phone="555 0101", consent="yes").status == 303
    contact = accounts.read_contact(db_, made(db_).contact_id)
    assert contact.details == ContactDetails(phone="555 0101")


def test_a_stopper_is_read_out_and_the_report_is_taken_all_the_same(desk, db_):
    change_service(db_, "pothole", stopper=[stopper("Call the motorway office.", phone="555 0123")])
    page = desk(do="look")
    assert "Read this out first Call the motorway office. 555 0123" in page.words
    assert desk(do="send").status == 303
    assert count(db_) == 1


def test_what_hangs_on_an_answer_is_asked_as_for_residents(desk, db_):
    change_service(db_, "pothole", questions=[
        question("lane"), question("which", "text", when=("lane", "yes"), words="Which lane?")])
    page = desk(do="send", **{"answer-lane": "yes"})
    assert "Answer this question." in page.words
    assert desk(do="send", **{"answer-lane": "no", "answer-which": "left"}).status == 303
    assert [a["code"] for a in made(db_).answers] == ["lane"]


def test_a_photo_stays_through_every_step(clerk, desk, db_, photo_file):
    page = desk(do="look", photo=(io.BytesIO(photo_file.read_bytes()), "hole.jpg"))
    fields = page.form("/staff/new")
    assert fields["photo_kept"]
    page = clerk.post("/staff/new", fields | {"service": "", "do": "look"})
    page = clerk.post("/staff/new", page.form("/staff/new") | {"service": "pothole", "do": "look"})
    clerk.post("/staff/new", page.form("/staff/new") | {"answer-size": "plate", "do": "send"})
    assert len(reports.around(db_, made(db_)).photos) == 1


def test_more_photos_than_the_service_takes_are_refused_and_none_goes_where_none_may(
    clerk, desk, db_, photo_file
):
    change_service(db_, "pothole", photos=0)
    kept = desk(do="look", service="pavement",
                photo=(io.BytesIO(photo_file.read_bytes()), "hole.jpg")).form("/staff/new")
    page = clerk.post("/staff/new", kept | {"service": "pothole", "do": "look"})
    assert "No photo goes with this report" in page.words
    assert page.form("/staff/new")["photo_kept"]
    clerk.post("/staff/new", page.form("/staff/new") | {"answer-size": "plate", "do": "send"})
    assert reports.around(db_, made(db_)).photos == ()


# What is reported there already

@pytest.fixture
def around(desk):
    """The words that stand beside the form."""
    def look(**typed):
        page = desk(do="look", **typed)
        return " ".join(" ".join(page.tree.find(".//aside").itertext()).split()), page
    return look


def metres_north(metres):
    return Point(HERE.lat + metres / 111_195, HERE.long)


def test_open_reports_around_stand_beside_the_same_service_first(around, make_report):
    near = make_report(service="pavement", point=metres_north(20)).reference
    same = make_report(point=metres_north(180)).reference
    far = make_report(point=metres_north(320)).reference
    words, _ = around()
    assert words.index(same) < words.index(near)
    assert "180 m away" in words
    assert far not in words


def test_a_closed_report_is_not_named(around, make_report, db_, staff):
    closed = make_report()
    reports.transition(db_, staff, closed.reference, "close", {"outcome": "fixed"})
    assert closed.reference not in around()[0]


@pytest.mark.parametrize(("choices", "is_named"), [
    ({}, True), ({"visibility": "private"}, False), ({"place": "rounded"}, False), ({"place": "area"}, False),
])
def test_another_departments_report_is_named_only_where_everybody_knows_its_place(
    around, make_report, db_, choices, is_named
):
    change_service(db_, "street-light", **choices)
    told = make_report(service="street-light", point=metres_north(30), description="Secret words.").reference
    words, page = around()
    assert (told in words) == is_named
    assert "Secret words." not in words
    assert f"/staff/reports/{told}" not in page.links()


def test_they_mean_this_one_adds_a_note_and_makes_no_second_report(clerk, around, make_report, db_, visitor):
    there = make_report(service="street-light", point=metres_north(30))
    _, page = around(description="It flickers now.", note="Elderly caller.")
    fields = page.form("/staff/new", same=there.reference)
    done = clerk.follow(clerk.post("/staff/new", fields | {"same": there.reference}))
    assert "The note stands on the report" in done.words
    assert count(db_) == 1
    db_.expire_all()
    last = reports.timeline(db_, there, internal=True)[-1]
    assert (last.verb, last.public, last.source) == ("note", False, "call")
    assert last.text["note"].splitlines() == [
        "Somebody else asked about this (Telephone).", "It flickers now.", "Elderly caller."]
    assert "Elderly" not in visitor.get(f"/reports/{there.reference}").words


def test_they_mean_one_that_was_closed_meanwhile_says_so_and_keeps_the_form(desk, make_report, db_, staff):
    there = make_report()
    reports.transition(db_, staff, there.reference, "close", {"outcome": "fixed"})
    page = desk(same=there.reference, description="Keep me.")
    assert page.status == 409
    assert page.form("/staff/new")["description"] == "Keep me."


@pytest.mark.parametrize("same", ["NOTHERE1", "x" * 300])
def test_they_mean_one_that_is_not_there_is_refused(desk, same):
    page = desk(same=same)
    assert page.status == 422
    assert "no longer there" in page.words


def test_they_mean_a_private_one_of_another_department_is_refused(desk, make_report, db_):
    change_service(db_, "street-light", visibility="private")
    hidden = make_report(service="street-light")
    assert desk(same=hidden.reference).status == 422
    db_.expire_all()
    assert reports.find(db_, hidden.reference, SYSTEM).events == 2


# What is shown when it is done

def test_a_private_report_of_another_department_is_handed_over_with_its_key(clerk, desk, db_, visitor):
    change_service(db_, "street-light", visibility="private", questions=[])
    page = clerk.follow(desk(do="send", service="street-light"))
    report = made(db_)
    assert f"key={reports.own_key(report.id)}" in page.text
    assert visitor.get(f"/reports/{report.reference}?key={reports.own_key(report.id)}").status == 200
    assert "Open it at the desk" not in page.words
    assert clerk.get(f"/staff/new/{report.reference}").status == 404
    assert clerk.get(f"/staff/new/{report.reference}?key=guessed").status == 404


def test_a_public_report_is_handed_over_by_its_plain_address(clerk, desk, db_):
    page = clerk.follow(desk(do="send"))
    assert [link.split("/reports/")[1] for link in page.links() if "/reports/" in link] == [
        made(db_).reference, made(db_).reference]  # for everybody, and at the desk
