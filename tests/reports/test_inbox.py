"""Letters wait for a person; what they said goes when its time is over; a partner's post counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from civicconnect import accounts, clock, reports
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.accounts.models import ContactRow
from civicconnect.catalog import catalog
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.geo import Address
from civicconnect.media import Photo
from civicconnect.reports import Incoming, NewLetter, guess
from tests.factories import new_report

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANA = ContactDetails("Ana", "ana@home.example")
PHOTO = Photo("a" * 64, 40, 30)
READER = Actor("staff", "staff:9", frozenset({"queue", "step", "note", "see_all"}))


@pytest.fixture
def arrive(db_):
    """Let letters come in: `arrive(words="…")` returns the row."""
    def one(message_id="<one@home.example>", **told):
        wanted = {"sender": ANA, "subject": "A pothole", "words": "There is a hole.",
                  "photos": (PHOTO,)} | told
        number = reports.receive(db_, NewLetter(message_id, **wanted))
        return db_.get(Incoming, number) if number else None
    return one


def test_a_letter_waits_and_the_same_one_comes_only_once(db_, arrive):
    arrive()
    assert arrive() is None
    assert reports.count_waiting(db_) == 1
    assert reports.is_known(db_, "<one@home.example>")
    assert not reports.is_known(db_, "<two@home.example>")


def test_nobody_reads_the_sender_or_the_message_s_id_in_the_table(db_, arrive):
    row = arrive()
    told = " ".join(str(getattr(row, c.key)) for c in Incoming.__table__.columns)
    assert "ana" not in told.casefold()
    assert "one@home" not in told


def test_letters_wait_in_the_order_they_came(db_, arrive):
    for n in (2, 0, 1):
        with clock.stopped_at(MONDAY + timedelta(hours=n)):
            arrive(f"<{n}>", subject=str(n))
    assert [one.subject for one in db_.scalars(reports.waiting_letters())] == ["0", "1", "2"]


def test_taken_it_leads_to_its_report_and_waits_no_more(db_, arrive, staff, make_report):
    row, report = arrive(), make_report()
    reports.take(db_, staff, row.id, report.reference)
    reports.take(db_, staff, row.id, report.reference)  # a second press changes nothing
    assert (row.state, row.report_number, row.decided_by) == ("taken", report.number, staff.name)
    assert reports.count_waiting(db_) == 0


def test_what_a_colleague_decided_stands(db_, arrive, staff, make_report):
    row = arrive()
    reports.drop(db_, staff, row.id, "An advertisement.")
    for decide in (lambda: reports.take(db_, staff, row.id, make_report().reference),
                   lambda: reports.drop(db_, staff, row.id, "Another reason.")):
        with pytest.raises(Conflict, match="A colleague"):
            decide()
    assert (row.state, row.reason) == ("dropped", "An advertisement.")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_putting_a_letter_away_needs_a_reason(db_, arrive, staff, reason):
    row = arrive()
    with pytest.raises(Invalid):
        reports.drop(db_, staff, row.id, reason)
    assert row.state == "waiting"


def test_who_may_not_enter_reports_reads_no_letters(db_, arrive, make_report):
    row, reference = arrive(), make_report().reference
    for refused in (lambda: reports.find_letter(db_, READER, row.id),
                    lambda: reports.take(db_, READER, row.id, reference),
                    lambda: reports.drop(db_, READER, row.id, "No."),
                    lambda: reports.enter(db_, READER, new_report()),
                    lambda: reports.ask_again(db_, READER, reference, "Again.", "call")):
        with pytest.raises(NotAllowed):
            refused()


def test_a_letter_that_is_not_there_is_not_found(db_, staff):
    for missing in (lambda: reports.find_letter(db_, staff, 10**9),
                    lambda: reports.drop(db_, staff, 10**9, "No.")):
        with pytest.raises(NotFound):
            missing()


# Forgetting

def test_what_was_decided_long_ago_loses_its_words_sender_and_photos_and_stays_known(
    db_, arrive, staff, make_report
):
    with clock.stopped_at(MONDAY):
        old, taken, waiting = arrive("<1>"), arrive("<2>"), arrive("<3>")
        reports.drop(db_, staff, old.id, "An advertisement.")
        reports.take(db_, staff, taken.id, make_report().reference)
    with clock.stopped_at(MONDAY + timedelta(days=20)):
        young = arrive("<4>")
        reports.drop(db_, staff, young.id, "An advertisement.")
    assert reports.forget_incoming(db_, MONDAY + timedelta(days=1)) == 2
    db_.expire_all()
    for row, is_kept in ((old, False), (taken, False), (waiting, True), (young, True)):
        assert bool(row.words) == bool(row.subject) == bool(row.contact_id) == is_kept
        assert bool(reports.photos_of_letters(db_, [row.id])) == is_kept
    assert old.reason == "An advertisement."
    assert db_.scalar(select(func.count()).select_from(ContactRow)) == 2
    assert arrive("<1>") is None
    assert reports.forget_incoming(db_, MONDAY + timedelta(days=1)) == 0


def test_the_janitor_keeps_the_photos_of_letters_until_they_are_forgotten(db_, arrive, staff):
    with clock.stopped_at(MONDAY):
        row = arrive()
        assert reports.photo_is_kept(db_, PHOTO.digest)
        reports.drop(db_, staff, row.id, "No.")
    reports.forget_incoming(db_, MONDAY + timedelta(days=31))
    assert not reports.photo_is_kept(db_, PHOTO.digest)


# Guessing

@pytest.mark.parametrize(("told", "service"), [
    ("There is a POTHOLE.", "pothole"), ("Hay un socavón en la calzada", "pothole"),
    ("The lamp flickers, the bulb is gone", "street-light"),
    ("Please call me back.", ""), ("", ""), ("x" * 10_000, ""),
])
def test_the_one_service_whose_words_are_there_is_guessed(db_, told, service):
    assert guess.service(catalog(db_), told, MONDAY) == service


def test_where_two_services_are_as_good_none_is_guessed(db_):
    assert guess.service(catalog(db_), "a pothole and a street lamp", MONDAY) == ""


def test_an_address_is_guessed_where_number_and_street_are_written(db_):
    number, street = db_.execute(select(Address.number, Address.street).order_by(Address.id).limit(1)).one()
    for told in (f"There is a hole outside {number} {street} since Monday.",
                 f"{street} {number}: a hole", f"For 3 days now, at {number} {street.upper()}, it is dark"):
        assert guess.address(db_, told) == f"{number} {street}", told


@pytest.mark.parametrize("told", ["", "It is 3 days now.", "Call 555 0101 after 12 noon", "9 " * 5000])
def test_where_no_address_is_written_none_is_guessed(db_, told):
    assert guess.address(db_, told) == ""


# A partner's post

def test_a_post_is_known_by_partner_and_id_and_another_body_is_a_conflict(db_, make_report):
    report = make_report()
    assert reports.posted(db_, "app", "msg_1", "f" * 64) is None
    for _ in range(2):
        reports.remember_post(db_, "app", "msg_1", "f" * 64, report.number)
    assert reports.posted(db_, "app", "msg_1", "f" * 64).reference == report.reference
    assert reports.posted(db_, "other", "msg_1", "f" * 64) is None
    with pytest.raises(Conflict):
        reports.posted(db_, "app", "msg_1", "e" * 64)
    assert reports.count_waiting(db_) == 0


def test_partners_have_a_key_each_that_stands_nowhere_in_plain(db_):
    key = accounts.add_partner(db_, "harbour-app")
    assert key.startswith("whsec_")
    (row,) = accounts.list_partners(db_)
    assert key.removeprefix("whsec_").encode() not in row.sealed
    with pytest.raises(Conflict):
        accounts.add_partner(db_, "harbour-app")
    accounts.remove_partner(db_, "harbour-app")
    with pytest.raises(NotFound):
        accounts.remove_partner(db_, "harbour-app")


@pytest.mark.parametrize("name", ["", "Harbour", "a b", "-x", "x" * 41, "é"])
def test_a_partner_s_name_is_plain(db_, name):
    with pytest.raises(Invalid):
        accounts.add_partner(db_, name)
