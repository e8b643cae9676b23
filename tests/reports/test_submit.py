"""A report is taken in once, never lost and never doubled, and shows strangers only what is public."""

from __future__ import annotations

import csv
import io
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DBAPIError

from civicconnect import clock, db, reports, settings
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.accounts.models import ContactRow
from civicconnect.catalog import Answer, catalog
from civicconnect.db import Base
from civicconnect.errors import Conflict, Invalid
from civicconnect.geo import Point
from civicconnect.jobs import Job
from civicconnect.media import Photo
from civicconnect.reports import (
    Closing,
    Event,
    EventText,
    PastReport,
    Report,
    ReportArea,
    ReportPhoto,
    intake,
)
from tests.factories import HERE, RESIDENT, new_report

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANA = ContactDetails("Ana Søndergård", "ana@home.example", "+351 555 0199")
TABLES = [t for t in Base.metadata.sorted_tables if t.name.startswith(("report", "contact", "job"))]


def counts():
    """Return how many rows stand in each table that a report may touch."""
    with db.reading() as view:
        return {t.name: view.scalar(select(func.count()).select_from(t)) for t in TABLES}


def rows(db_):
    offer = catalog(db_)
    db_.flush()
    return {row["service_request_id"]: row for row in reports.public_rows(db_, offer)}


# Once

def test_a_report_is_stored_with_its_events_its_text_its_areas_and_one_job(db_):
    new = new_report(description="Deep.", answers=(Answer("size", "hand", "How big?", "Like a hand"),),
                     photos=(Photo("a" * 64, 40, 30), Photo("b" * 64, 20, 10)), contact=ANA)
    with clock.stopped_at(MONDAY):
        receipt = reports.submit(db_, RESIDENT, new)
    report = reports.find(db_, receipt.reference, RESIDENT)
    assert (receipt.is_new, receipt.number, report.id) == (True, report.number, new.id)
    assert (report.status, report.visibility, report.verification, report.outcome) == (
        "received", "public", "unverified", None)
    assert report.received_at == report.updated_at == MONDAY
    received, routed = reports.timeline(db_, report, internal=True)
    assert (received.verb, received.actor, received.status) == ("receive", "resident", "received")
    assert received.text["description"] == "Deep."
    assert received.text["photos"] == ["a" * 64, "b" * 64]
    beside = reports.around(db_, report)
    assert received.facts["areas"] == [f"{area.layer}:{area.code}" for area in beside.areas]
    assert (routed.verb, routed.facts["department"]) == ("route", "streets")
    assert beside.photos == ("a" * 64, "b" * 64)
    assert [(j.kind, j.payload) for j in db_.scalars(select(Job))] == [
        ("event", {"report": report.number, "seq": 2, "verb": "receive"})]


def test_a_report_keeps_its_promise_in_its_department_s_hours(db_, make_report):
    with clock.stopped_at(MONDAY):
        report = make_report(service="street-light", point=Point(41.2, -33.41))
    [_, routed] = reports.timeline(db_, report, internal=False)
    assert routed.facts["promised_hours"] == 48.0
    assert routed.facts["calendar"] == "crews"
    assert datetime.fromisoformat(routed.facts["due_at"]) == report.due_at
    assert MONDAY + timedelta(hours=48) < report.due_at < MONDAY + timedelta(days=6)


def test_the_same_report_sent_again_gives_the_same_receipt_and_stores_nothing(own_database):
    new = new_report(description="Deep.", contact=ANA, photos=(Photo("a" * 64, 40, 30),))
    with db.transaction() as change:
        first = reports.submit(change, RESIDENT, new)
    before = counts()
    for _ in range(3):
        with db.transaction() as change:
            again = reports.submit(change, RESIDENT, replace(new))
            assert again == replace(first, is_new=False)
    assert counts() == before
    assert before["report"] == before["contact"] == 1


@pytest.mark.parametrize("other", [
    {"description": "Deeper."}, {"service": "pavement"}, {"point": Point(41.2001, -33.4)}, {"address": "2"},
    {"contact": ANA}, {"photos": (Photo("a" * 64, 40, 30),)},
    {"answers": (Answer("size", "hand", "How big?", "Like a hand"),)},
], ids=lambda other: next(iter(other)))
def test_the_same_id_with_other_words_is_refused_and_stores_nothing(db_, other):
    new = new_report(description="Deep.")
    reports.submit(db_, RESIDENT, new)
    before = counts()
    with pytest.raises(Conflict, match="already sent with other words"):
        reports.submit(db_, RESIDENT, replace(new, **other))
    assert counts() == before


def test_other_reports_have_other_references(db_, make_report):
    made = {make_report().reference for _ in range(30)}
    assert len(made) == 30
    assert set("".join(made)) <= set("23456789BCDFGHJKMNPQRTVWXZ")
    assert {len(reference) for reference in made} == {8}


@pytest.fixture
def together(own_database, given):
    """Send reports from several threads in one instant; returns what came of each."""
    def send(*sent):
        start, came_of = threading.Barrier(len(sent)), []

        def one(new):
            with db.bound(own_database), settings.bound(given):
                start.wait()
                try:
                    with db.transaction() as change:
                        came_of.append(reports.submit(change, RESIDENT, new))
                except Exception as fault:  # noqa: BLE001  the test looks at it
                    came_of.append(fault)

        threads = [threading.Thread(target=one, args=(new,)) for new in sent]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return came_of
    return send


def test_the_same_report_sent_twice_in_one_instant_is_one_report(together):
    for n in range(5):
        new = new_report(description=f"Deep {n}.")
        came_of = together(new, replace(new), replace(new), replace(new))
        assert len({(receipt.reference, receipt.number) for receipt in came_of}) == 1
        assert sorted(receipt.is_new for receipt in came_of) == [False, False, False, True]
    stored = counts()
    assert [stored[n] for n in ("report", "report_event", "report_event_text", "job")] == [5, 10, 5, 5]


def test_contact_details_sent_twice_in_one_instant_are_kept_once(together):
    for n in range(5):
        new = new_report(description=f"Deep {n}.", contact=ANA)
        together(new, replace(new), replace(new))
    assert counts()["contact"] == 5


def test_two_with_one_id_and_other_words_in_one_instant_are_one_report_and_one_refusal(together):
    for _ in range(5):
        new = new_report(description="Deep.")
        came_of = together(new, replace(new, description="Shallow."))
        assert sorted(type(result).__name__ for result in came_of) == ["Conflict", "Receipt"]
    assert counts()["report"] == 5


def test_many_different_reports_in_one_instant_are_all_kept(together):
    came_of = together(*(new_report(description=f"Deep {n}.", contact=ANA) for n in range(12)))
    assert all(receipt.is_new for receipt in came_of), came_of
    assert counts()["report"] == counts()["contact"] == 12
    with db.reading() as view:
        assert list(reports.check_chains(view)) == []


# Refused

@pytest.mark.parametrize("point", [Point(48.2, 16.4), Point(41.2, -30.0), Point(-90, 180)], ids=str)
def test_a_place_outside_the_city_is_refused_and_nothing_is_stored(own_database, point):
    before = counts()

    def send():
        with db.transaction() as change:
            reports.submit(change, RESIDENT, new_report(point=point, contact=ANA))

    with pytest.raises(Invalid) as fault:
        send()
    assert fault.value.fields == {"place": [
        "This place is outside Larkmouth. Choose a place inside the city; for one beyond it, ask the council "
        "that looks after it."]}
    assert counts() == before
    assert before["contact"] == 0


@pytest.mark.parametrize(("wrong", "fields"), [
    ({"service": "moon"}, {"service"}), ({"service": ""}, {"service"}), ({"point": None}, {"place"}),
    ({"description": "x" * 4001}, {"description"}), ({"address": "x" * 301}, {"address"}),
    ({"service": "moon", "point": None, "description": "x" * 4001, "address": "x" * 301},
     {"service", "place", "description", "address"}),
], ids=lambda value: "+".join(sorted(value)))
def test_what_is_wrong_is_named_field_by_field_and_nothing_is_stored(db_, wrong, fields):
    before = counts()
    with pytest.raises(Invalid) as fault:
        reports.submit(db_, RESIDENT, new_report(contact=ANA, **wrong))
    assert set(fault.value.fields) == fields
    assert counts() == before


def test_what_was_sent_cannot_be_tried_out_against_what_is_kept(db_, given):
    new = new_report(contact=ANA)
    with settings.bound(replace(given, contact_key="another" * 8)):
        other = intake.fingerprint(new)
    assert intake.fingerprint(new) == intake.fingerprint(replace(new)) != other


def test_the_longest_texts_are_taken(db_, make_report):
    report = make_report(description="é🕳" * 2000, address="x" * 300)
    assert len(reports.timeline(db_, report, internal=False)[0].text["description"]) == 4000


@pytest.mark.parametrize("words", [
    "'; DROP TABLE report; --", "<script>alert(1)</script>", "\\N", "NULL", "\u202eetirw", "a\r\nb\tc", "{}",
    "%s %(x)s", "ليلًا", "🕳" * 10, "\\x00", "line\u2028separator", "\ufeffbom",
], ids=ascii)
def test_words_come_back_as_they_were_written(db_, make_report, words):
    report = make_report(description=words, address=words)
    db_.expire_all()
    assert (report.description, report.address) == (words, words)
    [received, _] = reports.timeline(db_, report, internal=False)
    assert received.text["description"] == received.text["address"] == words
    assert rows(db_)[report.reference]["description"] == words


# Formulas

@pytest.mark.parametrize("formula", [
    "=HYPERLINK(\"http://x\",\"y\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=",
    "＝1+1", "＋1", "－1", "＠A",
], ids=ascii)
def test_no_spreadsheet_runs_what_a_resident_wrote(db_, make_report, formula):
    report = make_report(description=formula, address=formula)
    row = rows(db_)[report.reference]
    shown = reports.columns(reports.layers(db_, "city"))
    out = io.StringIO()
    csv.writer(out).writerows([[c.name for c in shown], reports.as_text(row, shown)])
    [read] = csv.DictReader(io.StringIO(out.getvalue()))
    assert read["description"] == f"'{formula}"
    assert read["address"] == f"'{formula}"
    assert row["description"] == formula  # the record itself keeps what was written


def test_numbers_below_zero_stay_numbers_in_a_spreadsheet(db_, make_report):
    reference = make_report().reference
    row = rows(db_)[reference]
    shown = reports.columns(reports.layers(db_, "city"))
    cells = dict(zip((c.name for c in shown), reports.as_text(row, shown), strict=True))
    assert float(cells["long"]) == HERE.long < 0


@given_that(st.text("=+-@\t\r\n '\"a1＝", max_size=6))
def test_no_cell_somebody_typed_begins_like_a_formula(words):
    typed = reports.Column("description", "text", "", typed=True)
    [cell] = reports.as_text({"description": words}, [typed])
    assert cell[:1] not in tuple("=+-@\t\r\n＝＋－＠")
    assert cell in (words, f"'{words}")


# Only what is public

HUSH = ("Søndergård", "ana@home", "0199", "hush-note", "hush-closing", "hush-by")


def test_contact_details_and_notes_are_in_nothing_that_strangers_see(db_, staff, make_report):
    report = make_report(description="A hole.", contact=ANA)
    reports.note(db_, staff, report.reference, "hush-note: the owner rang.")
    reports.contact(db_, staff, report.reference)
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed", "reason": "Filled."})
    outside = reports.timeline(db_, report, internal=False)
    told = repr([rows(db_), outside, reports.around(db_, report)])
    assert "Filled." in told
    assert "A hole." in told
    for hush in HUSH:
        assert hush not in told
    assert [entry.verb for entry in outside] == ["receive", "route", "close"]
    shown = reports.columns(reports.layers(db_, "city"))
    assert set(rows(db_)[report.reference]) == {column.name for column in shown}


def test_the_closing_note_of_another_system_stays_among_colleagues(db_):
    new = new_report(id=uuid4(), source="call", description="A hole.")
    closing = Closing(MONDAY + timedelta(hours=5), "fixed", "hush-closing by Bob")
    past = PastReport(new, "x-1", MONDAY, closing)
    assert reports.submit_past(db_, RESIDENT, [past]) == 1
    report = db_.scalars(select(Report).where(Report.id == new.id)).one()
    outside = reports.timeline(db_, report, internal=False)
    assert [entry.verb for entry in outside] == ["receive", "route", "close"]
    assert "hush" not in repr([outside, rows(db_)])
    inside = reports.timeline(db_, report, internal=True)
    assert inside[-1].text == {"note": "hush-closing by Bob"}
    assert list(reports.check_chains(db_)) == []


def test_a_past_report_is_taken_in_once_and_as_it_was(db_):
    made = [PastReport(new_report(description=f"Hole {n}."), f"x-{n}", MONDAY - timedelta(days=n))
            for n in range(5)]
    assert reports.submit_past(db_, RESIDENT, made[:3]) == 3
    assert reports.submit_past(db_, RESIDENT, made) == 2
    assert reports.submit_past(db_, RESIDENT, []) == 0
    found = db_.execute(select(Report.external_id, Report.received_at).order_by(Report.external_id)).tuples()
    assert dict(found.all()) == {f"x-{n}": MONDAY - timedelta(days=n) for n in range(5)}
    assert db_.scalar(select(func.count()).select_from(Event)) == 10
    assert db_.scalar(select(func.count()).select_from(EventText)) == 5
    assert db_.scalar(select(func.count()).select_from(Job)) == 0
    assert db_.scalar(select(func.count()).select_from(ReportPhoto)) == 0
    assert db_.scalar(select(func.count()).select_from(ContactRow)) == 0
    assert list(reports.check_chains(db_)) == []


@pytest.mark.parametrize("odd", [
    "\\N", "\\.", "\\", "a\tb", "a\nb", "a\r\nb",
    "x\n\\.\n7\tFORGED\t", "\v\f\u2028\x85", "=1+1", "'; DROP TABLE report"])
def test_no_sign_in_a_record_ends_its_cell_or_its_row(db_, odd):
    new = new_report(address=odd, description=odd)
    actor = Actor("history", f"import:{odd}"[:80])
    past = PastReport(new, odd, MONDAY, Closing(MONDAY, "fixed", odd), record={"status": odd})
    assert reports.submit_past(db_, actor, [past, PastReport(new_report(), "next", MONDAY)]) == 2
    found = db_.execute(select(Report.address, Report.description, Report.external_id)
                        .where(Report.id == new.id)).one()
    assert found == (odd, odd, odd)
    report = db_.scalars(select(Report).where(Report.id == new.id)).one()
    told = reports.timeline(db_, report, internal=True)
    assert told[-1].text == {"note": odd}
    assert (told[0].facts["record"], told[0].actor) == ({"status": odd}, actor.name)
    assert db_.scalar(select(func.count()).select_from(Report)) == 2
    assert list(reports.check_chains(db_)) == []


def test_of_a_batch_what_stands_in_its_midst_is_left_and_a_taken_reference_is_another(db_):
    made = [PastReport(new_report(id=uuid4()), f"y-{n}", MONDAY) for n in range(4)]
    assert reports.submit_past(db_, RESIDENT, made[1:2]) == 1
    db_.execute(update(Report).values(reference=reports.reference_from(made[2].new.id)))
    db_.expire_all()
    assert reports.submit_past(db_, RESIDENT, made) == 3
    found = dict(db_.execute(select(Report.external_id, Report.reference)).tuples().all())
    assert set(found) == {f"y-{n}" for n in range(4)}
    assert len(set(found.values())) == 4
    assert found["y-3"] == reports.reference_from(made[3].new.id)
    assert list(reports.check_chains(db_)) == []
    assert reports.squares_agree(db_)
    with pytest.raises(DBAPIError), db_.begin_nested():  # references are checked again
        db_.execute(insert(ReportArea).values(report_number=10**9, area_id=10**9))


def test_what_was_composed_for_a_city_that_has_changed_since_is_not_stored(db_):
    press = reports.press(db_)
    [sheet] = reports.compose(press, RESIDENT, [PastReport(new_report(), "x-1", MONDAY)], MONDAY)
    for other in (sheet._replace(areas=(*sheet.areas, 10**9)),
                  sheet._replace(spot=((0, 0, 10**9, 1, True, True), *sheet.spot[1:]))):
        with pytest.raises(Conflict, match="changed while its record came in"):
            reports.store(db_, [other])
    assert reports.store(db_, [sheet]) == 1
    assert list(reports.check_chains(db_)) == []
    with pytest.raises(DBAPIError), db_.begin_nested():  # checked again once the copies are done
        db_.execute(insert(ReportArea).values(report_number=10**9, area_id=10**9))
