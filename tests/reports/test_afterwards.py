"""After the sending: words taken back for good, more of them, a withdrawal, and whether it is fixed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from civicconnect import clock, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.errors import Conflict, Invalid, NotFound
from civicconnect.media import Photo
from civicconnect.reports import EventText, Person, Report, ReportPhoto
from civicconnect.reports.squares import agree
from tests.factories import RESIDENT

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOLE, SIGN = Photo("a" * 64, 40, 30, 5), Photo("b" * 64, 40, 30, -1)


@pytest.fixture(autouse=True)
def noon():
    with clock.stopped_at(NOON):
        yield


@pytest.fixture
def report(make_report):
    return make_report(description="By Ana Silva's door.", photos=(HOLE,),
                       contact=ContactDetails(email="ana@home.example"))


@pytest.fixture
def closed(db_, staff, report):
    return reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})


def neighbour(db_, report, number):
    return reports.joined(db_, RESIDENT, report.reference, Person(f"browser {number}"), affected=True)


def last(db_, report):
    return reports.timeline(db_, report, internal=True)[-1]


def sound(db_):
    return list(reports.check_chains(db_)) == [] and agree(db_)


def test_whoever_sent_a_report_is_written_down_once_and_gets_letters(db_, report):
    ana = reports.sender(db_, report)
    assert (ana.role, ana.is_told) == ("sent", True)
    assert ana.person == reports.person_of(" ANA@home.example")
    assert [one.id for one in reports.who_is_told(db_, report.number)] == [ana.id]
    assert reports.sender(db_, report).id == ana.id
    assert reports.find_follower(db_, reports.key_of(ana)).id == ana.id


@pytest.mark.parametrize("key", ["", "1", "1-", "0-0", "1-" + "0" * 24, "²-x", "9" * 40 + "-x"])
def test_a_wrong_key_opens_nothing(db_, report, key):
    with pytest.raises(NotFound):
        reports.find_follower(db_, key)


def test_distinct_people_are_counted_and_nobody_twice(db_, report):
    for number in (1, 2, 1, 2):
        neighbour(db_, report, number)
    reports.joined(db_, RESIDENT, report.reference,
                   Person("browser 3", ContactDetails(email="ana@home.example")), affected=True)
    db_.refresh(report)
    assert report.people == 3  # the sender is one of them, with whatever browser
    assert [e.verb for e in reports.timeline(db_, report, internal=False)].count("support") == 2
    assert sound(db_)


def test_following_needs_an_address_and_counts_nobody(db_, report):
    with pytest.raises(Invalid, match="e-mail"):
        reports.joined(db_, RESIDENT, report.reference, Person("b"), affected=False)
    bea = Person("b", ContactDetails(email="bea@home.example"))
    follower = reports.joined(db_, RESIDENT, report.reference, bea, affected=False)
    assert (follower.role, report.people) == ("follows", 1)
    assert reports.joined(db_, RESIDENT, report.reference, bea, affected=True).id == follower.id
    assert (follower.role, report.people) == ("affected", 2)


def test_who_gives_an_address_later_stays_one_person(db_, report):
    bea = ContactDetails(email="bea@home.example")
    known = reports.joined(db_, RESIDENT, report.reference, Person("phone", bea), affected=True)
    other = neighbour(db_, report, 7)
    assert report.people == 3
    assert reports.give_address(db_, other, bea).id == other.id  # whoever types an address may be anybody
    db_.refresh(report)
    assert (report.people, other.role) == (2, "left")
    reports.stop(db_, known)
    assert known.id not in [one.id for one in reports.who_is_told(db_, report.number)]


def test_words_and_photos_are_added_for_everybody_to_see(db_, report):
    reports.add(db_, reports.sender(db_, report), " It grew.\r\n", (SIGN, HOLE))
    entry = last(db_, report)
    assert (entry.verb, entry.text) == ("add", {"words": "It grew.", "photos": [SIGN.digest]})
    assert reports.around(db_, report).photos == (HOLE.digest, SIGN.digest)
    db_.execute(update(Report).values(text_told=False))
    db_.refresh(report)
    assert reports.timeline(db_, report, internal=False)[-1].text == {}
    with pytest.raises(Invalid):
        reports.add(db_, reports.sender(db_, report), " ", ())
    with pytest.raises(Invalid):
        reports.add(db_, reports.sender(db_, report), "x" * 4001, ())
    assert sound(db_)


def test_taken_back_words_are_gone_from_every_table_and_the_chain_holds(db_, report):
    reports.add(db_, reports.sender(db_, report), "Call 555 0199.", (SIGN,))
    seqs = [seq for seq, _ in reports.own_words(db_, report)]
    reports.redact(db_, report, seqs[0], "By a blue door.")
    reports.redact(db_, report, seqs[1], "", {SIGN.digest})
    reports.redact(db_, report, seqs[0], "By a door.")
    kept = " ".join(db_.scalars(select(EventText.body)))
    assert not [word for word in ("Silva", "555", "blue", SIGN.digest) if word in kept]
    assert report.description == "By a door."
    assert list(db_.scalars(select(ReportPhoto.digest))) == [HOLE.digest]
    assert [words.get("description", words.get("words")) for _, words in reports.own_words(db_, report)] == [
        "By a door.", None]
    assert sound(db_)


def test_taking_back_nothing_writes_nothing(db_, report):
    before = report.events
    reports.redact(db_, report, 1, "By Ana Silva's door.", {SIGN.digest})
    assert report.events == before
    with pytest.raises(NotFound):
        reports.redact(db_, report, 9, "")


def test_the_sender_withdraws_an_open_report(db_, report):
    reports.withdraw(db_, report, "It is mended.")
    assert (report.status, report.outcome, report.closed_at) == ("closed", "withdrawn", NOON)
    assert last(db_, report).text == {"reason": "It is mended."}
    assert reports.withdraw(db_, report, "Once more.").events == 3  # a second tap
    with pytest.raises(Conflict):
        neighbour(db_, report, 1)
    assert sound(db_)


def test_still_there_from_the_sender_reopens(db_, closed):
    ana = reports.sender(db_, closed)
    assert reports.can_answer(closed, NOON)
    reports.answer(db_, ana, "still_there", "Look again.", (SIGN,))
    assert (closed.status, closed.verification, closed.closed_at) == ("accepted", "disputed", None)
    entries = reports.timeline(db_, closed, internal=False)
    assert [e.verb for e in entries[-2:]] == ["answer", "dispute"]
    assert entries[-2].text == {"words": "Look again.", "photos": [SIGN.digest]}
    assert sound(db_)


def test_two_others_reopen_and_one_alone_does_not(db_, closed):
    first, second = neighbour(db_, closed, 1), neighbour(db_, closed, 2)
    for _ in range(2):
        reports.answer(db_, first, "still_there")
    assert (closed.status, closed.verification) == ("closed", "disputed")
    reports.answer(db_, second, "still_there")
    assert closed.status == "accepted"


def test_a_changed_mind_counts_and_the_next_closing_starts_anew(db_, staff, closed):
    first, second = neighbour(db_, closed, 1), neighbour(db_, closed, 2)
    reports.answer(db_, first, "still_there")
    reports.answer(db_, first, "fixed")
    assert (closed.verification, reports.said_by(db_, first)) == ("confirmed", "fixed")
    reports.answer(db_, second, "cannot_tell")
    assert closed.verification == "confirmed"
    reports.answer(db_, reports.sender(db_, closed), "still_there")
    reports.transition(db_, staff, closed.reference, "close", {"outcome": "fixed"})
    assert (closed.verification, reports.said_by(db_, first)) == ("unverified", "")
    reports.answer(db_, second, "still_there")
    assert closed.status == "closed"  # who said so of the closing before does not count again


@pytest.mark.parametrize("outcome", [{"outcome": "invalid", "reason": "No."},
                                     {"outcome": "handed_over", "next_owner": "The island."}])
def test_nobody_is_asked_where_nothing_was_mended(db_, staff, report, outcome):
    reports.transition(db_, staff, report.reference, "close", outcome)
    assert not reports.can_answer(report, NOON)
    with pytest.raises(Conflict):
        reports.answer(db_, reports.sender(db_, report), "fixed")


def test_after_three_months_it_is_a_new_report(db_, closed):
    assert not reports.can_answer(closed, NOON + timedelta(days=91))
    with pytest.raises(Invalid):
        reports.answer(db_, reports.sender(db_, closed), "perhaps")


def test_who_has_to_do_with_a_repeat_hears_of_the_first(db_, staff, make_report, report):
    bea = ContactDetails(email="bea@home.example")
    again = make_report(contact=bea)
    ana_too = Person("b", ContactDetails(email="ana@home.example"))
    reports.joined(db_, RESIDENT, again.reference, ana_too, affected=True)
    told = {"outcome": "duplicate", "lead": report.reference}
    reports.transition(db_, staff, again.reference, "close", told)
    db_.refresh(report)
    assert (report.people, again.people) == (2, 2)
    assert {one.person for one in reports.who_is_told(db_, report.number)} == {
        reports.person_of("ana@home.example"), reports.person_of("bea@home.example")}


def test_erased_contact_details_leave_nobody_to_write_to(db_, report):
    with clock.stopped_at(NOON + timedelta(days=1)):
        reports.forget_contacts(db_, clock.now())
    assert reports.who_is_told(db_, report.number) == []
    assert reports.find(db_, report.reference, SYSTEM).contact_id is None
