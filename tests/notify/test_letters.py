"""Letters: each public step to each person once, in their language, text and HTML from one source."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from civicconnect import clock, jobs, notify, reports
from civicconnect.accounts import ContactDetails
from civicconnect.app import handlers
from civicconnect.errors import NotFound
from civicconnect.jobs import Job
from civicconnect.media import Photo
from civicconnect.notify import Delivery, Refused
from civicconnect.reports import Person
from tests.factories import RESIDENT
from tests.pages import faults_of

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANA = ContactDetails("Ana", "ana@home.example")
BEA = ContactDetails("", "bea@home.example")


@pytest.fixture(autouse=True)
def monday():
    with clock.stopped_at(MONDAY):
        yield


@pytest.fixture
def report(make_report):
    return make_report(description="A hole.", contact=ANA)


@pytest.fixture
def step(db_, staff, report):
    def take(verb, **given):
        return reports.transition(db_, staff, report.reference, verb, given)
    return take


def sent():
    """Work off what is due and return the letters in the folder, the oldest first."""
    jobs.drain(handlers())
    return [message_from_bytes(file.read_bytes(), policy=default)
            for file in reversed(notify.letterbox().letters())]


def words(message):
    return message.get_body(("plain",)).get_content()


def html(message):
    return message.get_body(("html",)).get_content()


def follow(db_, report, contact=BEA, language="en", **how):
    return reports.joined(db_, RESIDENT, report.reference, Person("b", contact, language),
                          **({"affected": True} | how))


def test_the_receipt_goes_to_whoever_sent_the_report(db_, report):
    follow(db_, report)
    [letter] = sent()
    assert letter["To"] == "ana@home.example"
    assert letter["Subject"].startswith("Thank you. We have your report. ")
    assert report.reference in letter["Subject"]
    assert "Streets and Paving looks after it." in words(letter)
    assert f"/en/reports/{report.reference}?key={reports.own_key(report.id)}" in words(letter)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-CivicConnect"]


def test_only_a_photo_of_the_city_is_one_of_the_work(db_, staff, make_report):
    hole, done = Photo("a" * 64, 40, 30, 5), Photo("b" * 64, 40, 30, -1)
    report = make_report(description="A hole.", contact=ANA, photos=(hole,))
    [receipt] = sent()
    assert "sent a photo of the work" not in words(receipt)
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"}, photos=(done,))
    assert "The city sent a photo of the work." in words(sent()[-1])


def test_each_public_step_goes_to_everybody_once(db_, report, step):
    follow(db_, report)
    sent()
    for verb, given in (("accept", {}), ("plan", {"planned_for": "2026-11-30"}), ("start", {}),
                        ("wait", {"reason": "The part is ordered."}), ("resume", {}),
                        ("close", {"outcome": "fixed", "reason": "Done."}), ("reopen", {"reason": "Sunk."})):
        step(verb, **given)
    letters = sent()[1:]
    assert len(letters) == 2 * 7
    assert {letter["To"] for letter in letters} == {"ana@home.example", "bea@home.example"}
    assert "Planned for: Nov 30, 2026" in words(next(m for m in letters if "has planned" in words(m)))
    assert "> The part is ordered." in words(next(m for m in letters if "cannot go on" in words(m)))
    states = db_.scalars(select(Delivery.state)).all()
    assert (len(states), set(states)) == (15, {"sent"})
    for letter in letters:
        assert faults_of(html(letter).replace(' style="', ' class="')) == []
        assert re.findall(r"https?://[^\s\"<]+", words(letter))
        for address in re.findall(r"https?://[^\s<]+", words(letter)):
            assert address.replace("&", "&amp;") in html(letter)


def test_an_event_that_comes_twice_sends_no_second_letter(db_, report, step):
    step("accept")
    [event] = [e for e in reports.timeline(db_, report, internal=True) if e.verb == "accept"]
    jobs.enqueue(db_, "event", {"report": report.number, "seq": event.seq, "verb": "accept"})
    assert len(sent()) == 2
    assert notify.plan(db_, report.number, event.seq, "accept") == 0


def test_notes_looks_and_additions_are_told_to_nobody(db_, staff, report):
    reports.note(db_, staff, report.reference, "Ana is angry.")
    reports.contact(db_, staff, report.reference)
    reports.add(db_, reports.sender(db_, report), "More.", ())
    assert len(sent()) == 1


def test_the_closing_asks_whether_it_is_fixed(db_, report, step):
    step("close", outcome="fixed")
    letter = sent()[-1]
    key = reports.key_of(reports.sender(db_, report))
    assert "Is it fixed?" in words(letter)
    for says in ("fixed", "still_there", "cannot_tell"):
        assert f"/en/follow/{key}/fixed?says={says}" in words(letter)
    assert letter["List-Unsubscribe"].strip() == f"<http://localhost:8311/en/follow/{key}/stop>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_closing_that_mended_nothing_does_not_ask(db_, report, step):
    step("close", outcome="invalid", reason="It is a shadow.")
    assert "Is it fixed?" not in words(sent()[-1])


@pytest.mark.parametrize(("language", "said"), [
    ("es", "Bache"), ("ar", "حفرة"), ("en", "Pothole"), ("xx", "Pothole")])
def test_a_letter_speaks_the_language_of_whoever_gets_it(db_, report, step, language, said):
    follow(db_, report, language=language)
    sent()
    step("close", outcome="fixed")
    letter = next(m for m in sent() if m["To"] == "bea@home.example")
    assert said in words(letter)
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in html(letter)
    # The whole, its text, and its HTML.
    assert [part["Content-Language"] for part in letter.walk()] == [language] * 3


def test_a_letter_about_a_private_report_tells_others_no_place(db_, report, step):
    report.place_told, report.address = "area", "7 Secret Street"
    follow(db_, report)
    sent()
    step("accept")
    told = {m["To"]: words(m) for m in sent()[1:]}
    assert "7 Secret Street" in told["ana@home.example"]
    assert "7 Secret Street" not in told["bea@home.example"]


def test_who_stopped_the_letters_gets_none_not_even_one_already_asked_for(db_, report, step):
    bea = follow(db_, report)
    sent()
    step("accept")
    reports.stop(db_, bea)
    assert [m["To"] for m in sent()[1:]] == ["ana@home.example"]
    step("start")
    assert [m["To"] for m in sent()[2:]] == ["ana@home.example"]


def test_words_from_outside_make_no_header_and_no_markup(db_, make_report, step):
    make_report(address="1 <b>Test</b> Street\r\nBcc: all@home.example", contact=ANA)
    letter = sent()[-1]
    assert letter["Bcc"] is None
    assert "<b>" not in html(letter)


def test_letters_about_one_report_make_one_thread(db_, report, step):
    step("accept")
    first, second = sent()
    assert first["References"] == second["References"] == f"<{report.reference}@localhost>"
    assert first["Message-ID"] != second["Message-ID"]


class Broken:
    """A mail server that is away the first times, and may then refuse."""

    def __init__(self, away, refuses=False):
        self.away, self.refuses, self.letters = away, refuses, []

    def send(self, message):
        if self.away:
            self.away -= 1
            raise OSError("nobody answers")
        if self.refuses:
            raise Refused("550 no such address")
        self.letters.append(message)


def deliver(db_, server):
    """Try all letters until none is due, an hour apart."""
    done = {**handlers(), "deliver": jobs.Handler(
        lambda view, asked: notify.deliver(view, asked["delivery"], server), reads=True)}
    for hour in range(8):
        with clock.stopped_at(MONDAY + timedelta(hours=5 * hour)):
            jobs.drain(done)


def test_a_letter_waits_for_a_server_that_is_away(db_, report):
    server = Broken(away=3)
    deliver(db_, server)
    assert len(server.letters) == 1
    assert db_.scalars(select(Delivery.state)).all() == ["sent"]
    assert db_.scalars(select(Job.attempts).where(Job.kind == "deliver")).all() == [4]


def test_a_refusal_for_good_is_written_down_and_not_tried_again(db_, report):
    server = Broken(away=0, refuses=True)
    deliver(db_, server)
    row = db_.scalars(select(Delivery)).one()
    assert (row.state, row.tries, row.error) == ("failed", 1, "550 no such address")
    assert db_.scalars(select(Job.state).where(Job.kind == "deliver")).all() == ["done"]
    assert dict(notify.count_sent(db_, report.number)) == {2: (0, 1)}


def test_my_reports_come_by_a_link_to_the_address_that_was_given(db_, report):
    notify.ask_for_my_reports(db_, " Ana@Home.example ", "es")
    notify.ask_for_my_reports(db_, "stranger@home.example", "es")
    letter = sent()[-1]
    assert (len(sent()), letter["To"]) == (2, "ana@home.example")
    token = re.search(r"/es/me\?token=([\w-]+)", words(letter))[1]
    assert [r.number for _, r in reports.reports_of(db_, reports.person_of_token(token))] == [report.number]
    with clock.stopped_at(MONDAY + timedelta(hours=2)), pytest.raises(NotFound):
        reports.person_of_token(token)


def test_the_folder_keeps_letters_for_a_month(db_, report):
    assert len(sent()) == 1
    with clock.stopped_at(MONDAY + timedelta(days=31)):
        notify.letterbox().thin_out()
    assert notify.letterbox().letters() == []
