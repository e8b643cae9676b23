"""Reports that belong together: merged into a lead, taken out again, divided into parts."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from civicconnect import clock, db, jobs, notify, reports, settings
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.app import handlers
from civicconnect.errors import Conflict, Invalid, NotFound, Refusal
from civicconnect.geo import Point
from civicconnect.media import Photo
from civicconnect.notify import Delivery
from civicconnect.reports import Event, NewPart, Person
from tests.factories import RESIDENT, new_report, staff_actor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Basket:
    """A channel that keeps what is sent."""

    def __init__(self):
        self.letters = []

    def send(self, message):
        self.letters.append(message)

    @property
    def to(self):
        return sorted(letter["To"] for letter in self.letters)


def mail(name):
    return ContactDetails(email=f"{name}@home.example")


def joins(db_, report, name, language="en", *, affected=True):
    person = Person(f"browser of {name}", mail(name) if name else ContactDetails(), language)
    return reports.joined(db_, RESIDENT, report.reference, person, affected=affected)


@pytest.fixture
def post(db_):
    """Work off all events, and send what waits through a channel that keeps it."""
    def work():
        basket = Basket()
        jobs.drain({"event": handlers()["event"], **dict.fromkeys(
            ("deliver", "publish", "reissue"), jobs.Handler(lambda *_: None))})
        waiting = select(Delivery.id).where(Delivery.state == "waiting").order_by(Delivery.id)
        for number in db_.scalars(waiting):
            notify.deliver(db_, number, basket)
        db_.expire_all()
        return basket
    return work


@pytest.fixture
def three(db_, make_report):
    """Three reports of one hole. Five people by e-mail, most of them at more than one; two without."""
    lead = make_report(contact=mail("ana"))
    second = make_report(contact=mail("bea"), language="es")
    third = make_report(contact=mail("ana"), language="pt")
    for report, name in ((lead, "caio"), (second, "caio"), (second, "dora"), (third, "dora"), (third, "eve"),
                         (third, "bea")):
        joins(db_, report, name)
    joins(db_, second, "")  # one tap, no address
    return lead, second, third


def numbers(three):
    return [report.number for report in three]


def merged(db_, staff, three, **more):
    lead, *others = three
    reports.merge(db_, staff, lead.reference, [one.reference for one in others], **more)
    for one in three:
        db_.refresh(one)
    return lead


def words(letter):
    return letter.get_body(("plain",)).get_content()


def test_closing_the_lead_sends_five_letters_to_five_people(db_, staff, three, post):
    lead, second, third = three
    post()
    merged(db_, staff, three)
    post()
    reports.transition(db_, staff, lead.reference, "close", {"outcome": "fixed", "reason": "Filled today."})
    sent = post()
    assert sent.to == [f"{name}@home.example" for name in ("ana", "bea", "caio", "dora", "eve")]
    of = {letter["To"].split("@")[0]: letter for letter in sent.letters}
    told = {name: next(one.reference for one in three if one.reference in of[name]["Subject"]) for name in of}
    assert told == {"ana": lead.reference, "bea": second.reference, "caio": lead.reference,
                    "dora": second.reference, "eve": third.reference}
    assert "/es/reports/" in words(of["bea"])
    assert "> Filled today." in words(of["eve"])
    assert f"Goes on in report: {lead.reference}" in words(of["eve"])
    assert len({letter["Message-ID"] for letter in sent.letters}) == 5
    states = db_.execute(select(Delivery.person, Delivery.state).where(
        Delivery.report_number == lead.number, Delivery.seq == lead.events)).all()
    assert len({person for person, _ in states}) == len(states) == 5
    assert {state for _, state in states} == {"sent"}


def test_each_public_step_of_the_lead_tells_everybody_once_and_working_it_off_twice_nobody(
        db_, staff, three, post):
    lead = merged(db_, staff, three)
    post()
    for verb, given in (("accept", {}), ("plan", {"planned_for": "2100-01-31"}), ("start", {})):
        reports.transition(db_, staff, lead.reference, verb, given)
    assert len(post().letters) == 3 * 5
    for seq, verb in db_.execute(select(Event.seq, Event.verb).where(Event.report_number == lead.number,
                                                                     Event.seq > 2)):
        jobs.enqueue(db_, "event", {"report": lead.number, "seq": seq, "verb": verb})
    assert post().letters == []


def test_the_merge_itself_is_told_once_to_whoever_hears_of_both_repeats(db_, staff, three, post):
    post()
    merged(db_, staff, three, reason="One hole, three reports.")
    sent = post()
    # Ana and Caio at their repeats too; Bea and Dora hear of two, and get one.
    assert sent.to == [f"{name}@home.example" for name in ("ana", "bea", "caio", "dora", "eve")]


def test_people_count_once_at_the_lead(db_, staff, three):
    lead, second, third = three
    assert [one.people for one in three] == [2, 4, 4]
    merged(db_, staff, three)
    assert (lead.people, second.people, third.people) == (6, 4, 4)
    joins(db_, third, "finn")
    db_.refresh(lead)
    assert (lead.people, third.people) == (7, 5)


def test_taking_out_restores_every_row_and_the_timelines_keep_both(db_, staff, three):
    lead, *others = three
    reports.transition(db_, staff, others[0].reference, "wait", {"reason": "The part is ordered."})
    before = reports.state_hash(db_, numbers(three))
    merged(db_, staff, three)
    assert reports.state_hash(db_, numbers(three)) != before
    for one in others:
        reports.take_out(db_, staff, one.reference, seen=one.events)
    for one in three:
        db_.refresh(one)
    assert reports.state_hash(db_, numbers(three)) == before
    for one in others:
        assert [e.verb for e in reports.timeline(db_, one, internal=True)][-2:] == ["close", "separate"]
    assert [e.verb for e in reports.timeline(db_, lead, internal=True)][-4:] == ["merge"] * 2 + ["let_go"] * 2
    assert list(reports.check_chains(db_)) == []
    assert reports.squares_agree(db_)


def test_what_came_to_the_lead_meanwhile_stays_there(db_, staff, three, post):
    lead, second, _ = three
    merged(db_, staff, three)
    joins(db_, lead, "gus")
    reports.take_out(db_, staff, second.reference)
    post()
    reports.transition(db_, staff, lead.reference, "close", {"outcome": "fixed"})
    assert post().to == [f"{name}@home.example" for name in ("ana", "bea", "caio", "dora", "eve", "gus")]
    db_.refresh(second)
    assert (second.status, second.outcome) == ("received", None)


def test_a_report_may_be_taken_out_of_a_closed_lead_and_does_not_close_with_it(db_, staff, three):
    lead, second, _ = three
    merged(db_, staff, three)
    reports.transition(db_, staff, lead.reference, "close", {"outcome": "fixed"})
    reports.take_out(db_, staff, second.reference)
    db_.refresh(second)
    assert second.status == "received"
    with pytest.raises(Conflict, match="not go on in another"):
        reports.take_out(db_, staff, second.reference)


def test_a_letter_that_waits_is_dropped_where_the_report_was_taken_out_before_it_went(
        db_, staff, three, post):
    lead, second, third = three
    merged(db_, staff, three)
    post()
    reports.transition(db_, staff, lead.reference, "close", {"outcome": "fixed"})
    closed_at = lead.events
    jobs.drain({"event": handlers()["event"], **dict.fromkeys(
        ("deliver", "publish"), jobs.Handler(lambda *_: None))})
    reports.take_out(db_, staff, third.reference)
    closing = select(Delivery.state).where(Delivery.report_number == lead.number, Delivery.seq == closed_at)
    post()
    assert sorted(db_.scalars(closing)) == ["dropped"] + ["sent"] * 4


def test_opening_a_merged_report_again_lets_it_stand_on_its_own(db_, staff, three):
    lead, second, _ = three
    merged(db_, staff, three)
    reports.transition(db_, staff, second.reference, "reopen", {"reason": "Another hole."})
    assert reports.lead_of(db_, second) is None
    db_.refresh(lead)
    assert lead.people == 5  # Ana, who sent two of them, Caio, Dora, Eve and Bea
    assert [e.verb for e in reports.timeline(db_, lead, internal=True)][-1] == "let_go"


def test_whoever_takes_back_the_lead_takes_back_no_other(db_, staff, three, post):
    lead, second, third = three
    merged(db_, staff, three)
    post()
    reports.withdraw(db_, lead)
    for one in three:
        db_.refresh(one)
    assert [one.status for one in three] == ["closed", "received", "received"]
    sent = post()
    assert sorted(letter["To"] for letter in sent.letters if "taken it back" in words(letter)) == [
        "ana@home.example", "caio@home.example"]


@pytest.mark.parametrize("why", ["itself", "a repeat", "leads others", "closed", "closed lead", "unknown",
                                 "none chosen", "other department"])
def test_what_cannot_be_merged_is_refused_with_its_reason_and_nothing_changes(
        db_, staff, three, make_report, moderator, why):
    lead, second, third = three
    other = make_report(service="street-light")
    match why:
        case "itself":
            given, said = (lead, [lead]), "No other report"
        case "a repeat":
            merged(db_, staff, (lead, second))
            given, said = (second, [third]), f"reference of that one: {lead.reference}"
        case "leads others":
            merged(db_, staff, (lead, second))
            given, said = (third, [lead]), "Other reports go on in this one"
        case "closed":
            reports.transition(db_, staff, second.reference, "close", {"outcome": "fixed"})
            given, said = (lead, [second]), "not possible while the report is closed"
        case "closed lead":
            reports.transition(db_, staff, lead.reference, "close", {"outcome": "fixed"})
            given, said = (lead, [second]), "That report is closed"
        case "unknown":
            given, said = (lead, ["ZZZZZZZZ"]), "ZZZZZZZZ: There is no such report here"
        case "none chosen":
            given, said = (lead, []), "Choose at least one"
        case "other department":
            given, said = (lead, [other]), "There is no such report here"
    every = [*numbers(three), other.number]
    before = reports.state_hash(db_, every)
    with pytest.raises(Invalid, match=said):
        reports.merge(db_, staff, given[0].reference, [getattr(one, "reference", one) for one in given[1]])
    db_.expire_all()
    assert reports.state_hash(db_, every) == before


def test_only_who_sees_both_departments_merges_across_them(db_, staff, moderator, make_report):
    hole, lamp = make_report(), make_report(service="street-light")
    with pytest.raises(NotFound):
        reports.merge(db_, staff, lamp.reference, [hole.reference])
    reports.merge(db_, moderator, hole.reference, [lamp.reference])
    assert reports.lead_of(db_, lamp).number == hole.number


def test_two_reports_never_go_on_in_each_other(db_, staff, make_report):
    one, other = make_report(), make_report()
    reports.merge(db_, staff, one.reference, [other.reference])
    with pytest.raises(Invalid):
        reports.merge(db_, staff, other.reference, [one.reference])


def test_whoever_has_not_seen_the_last_event_of_either_is_told_so(db_, staff, three):
    lead, second, _ = three
    with pytest.raises(Conflict):
        reports.merge(db_, staff, lead.reference, [second.reference], seen=lead.events - 1)
    with pytest.raises(Invalid, match="Someone else changed"):
        reports.merge(db_, staff, lead.reference, [second.reference], read={second.reference: 1})


def test_of_a_hidden_lead_only_senders_hear_and_none_of_its_words(db_, staff, moderator, three, post):
    lead, second, third = three
    merged(db_, staff, three)
    reports.hide(db_, moderator, lead.reference, "personal")
    post()
    reports.transition(db_, staff, lead.reference, "close", {"outcome": "fixed", "reason": "Bob called."})
    sent = post()
    assert sent.to == ["ana@home.example", "bea@home.example"]
    of = {letter["To"].split("@")[0]: words(letter) for letter in sent.letters}
    assert "Bob called." in of["ana"]  # her own report
    assert "Bob called." not in of["bea"]
    assert lead.reference not in of["bea"]


def test_of_a_hidden_repeat_nobody_but_its_sender_hears_through_the_lead(db_, staff, moderator, three, post):
    lead, second, third = three
    merged(db_, staff, three)
    reports.hide(db_, moderator, third.reference, "personal")
    db_.refresh(lead)
    assert lead.people == 5  # without Eve
    post()
    reports.transition(db_, staff, lead.reference, "close", {"outcome": "fixed"})
    assert post().to == [f"{name}@home.example" for name in ("ana", "bea", "caio", "dora")]


def test_whoever_stops_the_letters_gets_none_by_another_report_of_the_same(db_, staff, three, post):
    lead, second, third = three
    merged(db_, staff, three)
    dora = next(one for one in reports.who_is_told(db_, lead.number) if one.person == reports.person_of(
        "dora@home.example"))
    reports.stop(db_, dora)
    post()
    reports.transition(db_, staff, lead.reference, "start")
    assert post().to == [f"{name}@home.example" for name in ("ana", "bea", "caio", "eve")]


def test_an_answer_from_a_merged_report_is_about_the_lead(db_, staff, three):
    lead, second, _ = three
    merged(db_, staff, three)
    reports.transition(db_, staff, lead.reference, "close", {"outcome": "fixed"})
    bea = reports.known_sender(db_, second)
    assert reports.asked_about(db_, bea).number == lead.number
    reports.answer(db_, bea, "still_there")
    for one in (lead, second):
        db_.refresh(one)
    assert (lead.status, second.status, second.outcome) == ("accepted", "closed", "duplicate")


def test_photos_of_the_repeats_stand_at_the_lead_once_and_only_what_strangers_may_see(
        db_, staff, moderator, make_report):
    same, other, third = (Photo(letter * 64, 40, 30) for letter in "abc")
    lead = make_report(photos=(same,))
    second, hidden = make_report(photos=(same, other)), make_report(photos=(third, other))
    reports.hide(db_, moderator, hidden.reference, "personal")
    reports.merge(db_, staff, lead.reference, [second.reference, hidden.reference])
    assert reports.photos_beside(db_, lead.number, internal=False) == [(second.reference, other.digest)]
    assert reports.photos_beside(db_, lead.number, internal=True) == [
        (second.reference, other.digest), (hidden.reference, third.digest)]


# Parts

TWO = (NewPart("pothole", "A deep hole."), NewPart("street-light", "The lamp above it is dark."))


@pytest.fixture
def parent(db_, make_report):
    with clock.stopped_at(MONDAY):
        report = make_report(contact=mail("ana"), description="A hole, and the lamp is dark.", language="es")
        joins(db_, report, "bea")
    return report


@pytest.fixture
def parts(db_, staff, parent):
    with clock.stopped_at(MONDAY + timedelta(hours=2)):
        made = reports.split(db_, staff, parent.reference, TWO, "Two crews are needed.", seen=parent.events)
    db_.refresh(parent)
    return made


def test_kin_that_lie_outside_of_a_reader_s_field_are_told_apart(db_, staff, parent, parts):
    hole, lamp = parts
    elsewhere = replace(staff, areas=frozenset({999_999}))
    broke_open = replace(staff, opened=frozenset({lamp.number}))
    both = {hole.number, lamp.number}
    for reader, opened in ((staff, {hole.number}), (elsewhere, set()), (broke_open, both), (SYSTEM, both),
                           (None, set())):
        found = reports.kinship(db_, parent, internal=True, reader=reader)
        assert (found.parts, set(found.opened)) == (parts, opened)


def test_each_part_has_its_own_service_department_and_promise_since_the_parent_came_in(
        db_, parent, parts):
    hole, lamp = parts
    assert hole.department_id != lamp.department_id
    assert hole.received_at == lamp.received_at == parent.received_at
    assert (hole.address, hole.language, hole.description) == (parent.address, "es", "A deep hole.")
    assert hole.due_at
    assert reports.kinship(db_, parent, internal=False).parts == parts
    assert reports.kinship(db_, lamp, internal=False).parent.number == parent.number
    assert reports.squares_agree(db_)
    assert list(reports.check_chains(db_)) == []
    entry = reports.timeline(db_, parent, internal=False)[-1]
    assert (entry.verb, entry.facts["parts"]) == ("split", [hole.reference, lamp.reference])


def test_everybody_is_told_once_of_the_dividing_and_then_of_each_part(db_, staff, parent, parts, post):
    sent = post()
    divided = [letter for letter in sent.letters if "Two crews are needed." in words(letter)]
    assert sorted(letter["To"] for letter in divided) == ["ana@home.example", "bea@home.example"]
    assert len(sent.letters) == 3  # and Ana's receipt
    reports.transition(db_, staff, parts[0].reference, "accept")
    assert post().to == ["ana@home.example", "bea@home.example"]


def test_contact_details_are_kept_once_and_go_with_the_parent_s(db_, parent, parts):
    assert {part.contact_id for part in parts} == {parent.contact_id}
    reports.forget_contacts(db_, clock.now() + timedelta(days=1))
    for one in (parent, *parts):
        db_.refresh(one)
        assert one.contact_id is None
        assert reports.who_is_told(db_, one.number) == []


def test_a_parent_is_not_closed_over_open_parts_unless_they_close_with_it(
        db_, staff, moderator, parent, parts, post):
    with pytest.raises(Invalid, match="open parts"):
        reports.transition(db_, staff, parent.reference, "close", {"outcome": "fixed"})
    with pytest.raises(Invalid, match="another department"):
        reports.transition(db_, staff, parent.reference, "close", {"outcome": "fixed", "parts": "close"})
    post()
    reports.transition(db_, moderator, parent.reference, "close",
                       {"outcome": "fixed", "parts": "close", "reason": "All done."})
    for one in (parent, *parts):
        db_.refresh(one)
        assert (one.status, one.outcome) == ("closed", "fixed")
    sent = post()
    assert sent.to == ["ana@home.example", "bea@home.example"]
    assert all(parent.reference in letter["Subject"] for letter in sent.letters)


def test_the_last_part_closes_the_parent_where_all_came_to_the_same_and_one_letter_says_so(
        db_, staff, moderator, parent, parts, post):
    post()
    hole, lamp = parts
    reports.transition(db_, staff, hole.reference, "close", {"outcome": "fixed"})
    assert post().to == ["ana@home.example", "bea@home.example"]
    assert parent.status != "closed"
    reports.transition(db_, moderator, lamp.reference, "close", {"outcome": "fixed"})
    sent = post()
    db_.refresh(parent)
    assert (parent.status, parent.outcome) == ("closed", "fixed")
    assert sent.to == ["ana@home.example", "bea@home.example"]
    assert all(lamp.reference in letter["Subject"] for letter in sent.letters)


def test_parts_that_came_to_different_things_leave_the_last_word_to_somebody(
        db_, staff, moderator, parent, parts):
    hole, lamp = parts
    reports.transition(db_, staff, hole.reference, "close", {"outcome": "fixed"})
    told = {"outcome": "no_action", "reason": "It is private."}
    reports.transition(db_, moderator, lamp.reference, "close", told)
    db_.refresh(parent)
    assert parent.status == "received"
    assert reports.closing.proposed(parts) == "partly_fixed"
    reports.transition(db_, staff, parent.reference, "close", {"outcome": "partly_fixed", "reason": "Half."})


def test_a_dividing_is_taken_back_by_letting_the_parts_go_on_in_their_parent(
        db_, moderator, parent, parts, post):
    post()
    before, divided = (reports.state_hash(db_, numbers) for numbers in (
        [parent.number], [one.number for one in parts]))
    reports.merge(db_, moderator, parent.reference, [one.reference for one in parts], "It is one trouble.")
    assert post().to == ["ana@home.example", "bea@home.example"]
    assert reports.state_hash(db_, [parent.number]) == before
    # From here on it is one report: nobody is asked about its parts, and its people hear once of its end.
    reports.transition(db_, moderator, parent.reference, "close", {"outcome": "fixed"})
    assert (parent.status, post().to) == ("closed", ["ana@home.example", "bea@home.example"])
    for one in parts:
        reports.take_out(db_, moderator, one.reference)
    assert reports.state_hash(db_, [one.number for one in parts]) == divided


def test_a_part_that_is_opened_again_opens_its_parent(db_, staff, moderator, parent, parts):
    hole, _ = parts
    reports.transition(db_, moderator, parent.reference, "close", {"outcome": "fixed", "parts": "close"})
    reports.answer(db_, reports.known_sender(db_, hole), "still_there")
    for one in (parent, *parts):
        db_.refresh(one)
    assert [one.status for one in (parent, *parts)] == ["accepted", "accepted", "closed"]


def test_whoever_takes_the_parent_back_takes_back_its_parts(db_, parent, parts):
    reports.withdraw(db_, parent)
    for one in (parent, *parts):
        db_.refresh(one)
        assert one.outcome == "withdrawn"


def test_a_part_is_never_read_by_more_people_than_its_parent(db_, staff, moderator, parent):
    reports.hide(db_, moderator, parent.reference, "personal")
    made = reports.split(db_, staff, parent.reference, TWO)
    assert {part.visibility for part in made} == {"hidden"}
    assert reports.squares_agree(db_)


@pytest.mark.parametrize(("wanted", "said"), [
    ((), "at least 2 parts"), (TWO[:1], "at least 2 parts"), (TWO * 6, "at most 10"),
    ((TWO[0], NewPart("pothole", " ")), "description-2"), ((TWO[0], NewPart("nothing", "x")), "service-2"),
    ((TWO[0], NewPart("pothole", "Far.", Point(0.0, 0.0), "Sea")), "address-2"),
])
def test_what_cannot_be_a_part_is_said_beside_it_and_nothing_is_made(db_, staff, parent, wanted, said):
    count, seen = reports.count_reports(db_), parent.events
    with pytest.raises(Invalid, match=said), db_.begin_nested():
        reports.split(db_, staff, parent.reference, wanted)
    assert (reports.count_reports(db_), parent.events) == (count, seen)


def test_a_part_takes_photos_of_the_trouble_as_they_stand_and_no_others(db_, staff, moderator, make_report):
    hole, lamp, done = (Photo(letter * 64, 40, 30) for letter in "abc")
    parent = make_report(photos=(hole, lamp))
    reports.transition(db_, staff, parent.reference, "accept", photos=(done,))
    reports.hide_photo(db_, moderator, parent.reference, lamp.digest, "personal")
    assert reports.photos_to_part(db_, parent) == [hole.digest, lamp.digest]
    with pytest.raises(Invalid) as fault:
        reports.split(db_, staff, parent.reference, (replace(TWO[0], photos=(done.digest,)), TWO[1]))
    assert list(fault.value.fields) == ["photos-1"]
    made = reports.split(db_, staff, parent.reference, (
        replace(TWO[0], photos=(lamp.digest, hole.digest)), replace(TWO[1], photos=(lamp.digest,))))
    first, second = (reports.around(db_, part) for part in made)
    assert (first.photos, second.photos) == ((hole.digest, lamp.digest), (lamp.digest,))
    assert first.states == second.states == {lamp.digest: "hidden"}
    reports.show_photo(db_, moderator, made[1].reference, lamp.digest)
    assert reports.around(db_, made[0]).states == reports.around(db_, parent).states == {}


def test_a_report_that_is_hidden_shows_its_photos_at_no_part(db_, staff, moderator, make_report):
    hole, lamp = (Photo(letter * 64, 40, 30) for letter in "ab")
    parent = make_report(photos=(hole, lamp))
    first, second = reports.split(db_, staff, parent.reference, (
        replace(TWO[0], photos=(hole.digest, lamp.digest)), TWO[1]))
    own = Photo("c" * 64, 40, 30)
    reports.transition(db_, staff, first.reference, "accept", photos=(own,))
    reports.hide(db_, moderator, parent.reference, "personal")
    assert reports.around(db_, first).states == {hole.digest: "hidden", lamp.digest: "hidden"}
    assert own.digest in reports.around(db_, first).photos + reports.around(db_, first).finished
    assert not any(reports.photo_is_public(db_, one.digest) for one in (hole, lamp))


def test_no_part_is_divided_and_no_closed_report(db_, staff, parent, parts):
    with pytest.raises(Conflict, match="a part itself"):
        reports.split(db_, staff, parts[0].reference, TWO)
    reports.transition(db_, staff, parts[0].reference, "close", {"outcome": "fixed"})
    with pytest.raises(Conflict, match="closed"):
        reports.split(db_, staff, parts[0].reference, TWO)


def test_every_rule_names_a_step_and_a_sentence():
    verbs = {*reports.lifecycle.BY_VERB, "merge", "separate"}
    for rule in reports.closing.RULES:
        assert rule.verb in verbs
        assert len(rule.words.split()) <= 25


def at_once(*doings):
    """Do some things in transactions of their own at one instant; returns what each came to."""
    here, given, together = db.current(), settings.current(), threading.Barrier(len(doings))

    def do(doing):
        with db.bound(here), settings.bound(given):
            together.wait()
            try:
                with db.transaction() as change:
                    doing(change)
            except Refusal as fault:
                return fault
        return None

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(do, doings))


def test_two_who_merge_the_same_two_at_once_come_to_one_lead(own_database):
    with db.transaction() as change:
        clerk = staff_actor(change, "streets")
        one, other = (reports.submit(change, RESIDENT, new_report()).reference for _ in range(2))
    came = at_once(lambda change: reports.merge(change, clerk, one, [other]),
                   lambda change: reports.merge(change, clerk, other, [one]))
    assert sum(fault is None for fault in came) == 1
    with db.reading() as view:
        found = [reports.find(view, reference, SYSTEM) for reference in (one, other)]
        assert sorted(report.status for report in found) == ["closed", "received"]
        assert len([report for report in found if reports.lead_of(view, report)]) == 1


def test_the_last_two_parts_closed_at_once_close_their_parent_once(own_database):
    with db.transaction() as change:
        clerk = staff_actor(change, "supervisor")
        parent = reports.submit(change, RESIDENT, new_report()).reference
        parts = [part.reference for part in reports.split(change, clerk, parent, TWO)]
    came = at_once(*(lambda change, part=part: reports.transition(
        change, clerk, part, "close", {"outcome": "fixed"}) for part in parts))
    assert came == [None, None]
    with db.reading() as view:
        report = reports.find(view, parent, SYSTEM)
        closings = [entry for entry in reports.timeline(view, report, internal=True) if entry.verb == "close"]
        assert (report.status, len(closings)) == ("closed", 1)


def test_one_photo_hidden_at_two_reports_at_once_is_hidden_once(own_database):
    photo = Photo("a" * 64, 40, 30)
    with db.transaction() as change:
        clerk, boss = staff_actor(change, "streets"), staff_actor(change, "supervisor")
        parent = reports.submit(change, RESIDENT, new_report(photos=(photo,))).reference
        parts = [part.reference for part in reports.split(change, clerk, parent, [
            replace(one, photos=(photo.digest,)) for one in TWO])]
    came = at_once(*(lambda change, at=at: reports.hide_photo(change, boss, at, photo.digest, "personal")
                     for at in (parent, *parts)))
    assert sum(fault is None for fault in came) == 1
    with db.reading() as view:
        for reference in (parent, *parts):
            report = reports.find(view, reference, SYSTEM)
            said = [entry.verb for entry in reports.timeline(view, report, internal=True)]
            assert said.count("photo_hide") == 1
            assert reports.around(view, report).states == {photo.digest: "hidden"}
        assert list(reports.check_chains(view)) == []


def test_a_report_hidden_while_its_photo_is_hidden_at_a_part_ends_with_both_hidden(own_database):
    photo = Photo("a" * 64, 40, 30)
    with db.transaction() as change:
        clerk, boss = staff_actor(change, "streets"), staff_actor(change, "supervisor")
        parent = reports.submit(change, RESIDENT, new_report(photos=(photo,))).reference
        first, second = (part.reference for part in reports.split(change, clerk, parent, [
            replace(one, photos=(photo.digest,)) for one in TWO]))
    came = at_once(lambda change: reports.hide(change, boss, parent, "personal"),
                   *(lambda change, at=at: reports.hide_photo(change, boss, at, photo.digest, "personal")
                     for at in (first, second)))
    assert came[0] is None
    with db.reading() as view:
        assert reports.find(view, parent, SYSTEM).visibility == "hidden"
        for reference in (first, second):
            part = reports.find(view, reference, SYSTEM)
            assert reports.around(view, part).states == {photo.digest: "hidden"}
        assert list(reports.check_chains(view)) == []
