"""The queue and the report page: what is next, what may be done, what is owed for it."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from civicconnect import clock, jobs, media, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.app import handlers
from civicconnect.geo import Point
from tests.counting import counted
from tests.factories import staff_actor
from tests.offers import change_service, make_template
from tests.web.test_photos import picture


@pytest.fixture
def steps(signed_in, make_report):
    """A clerk before a report: take a step, get the page."""
    report = make_report()
    clerk = signed_in("streets")
    address = f"/staff/reports/{report.reference}"

    def take(verb, **given):
        fields = clerk.get(address).form("/steps", verb=verb)
        return clerk.post(f"{address}/steps", fields | {"verb": verb} | given)

    take.clerk, take.address, take.reference = clerk, address, report.reference
    return take


def test_every_step_of_the_lifecycle_has_its_button(steps):
    for verb, given in (("accept", {}), ("plan", {"planned_for": "2100-01-31"}), ("start", {}),
                        ("wait", {"reason": "The part is ordered."}), ("resume", {}),
                        ("close", {"outcome": "fixed"}), ("reopen", {"reason": "It is back."})):
        assert "alert" not in steps.clerk.follow(steps(verb, **given)).text, verb
    words = steps.clerk.get(steps.address).words
    for said in ("Accepted", "Work planned", "Planned for Jan 31, 2100", "Work started",
                 "The part is ordered.", "Work resumed", "Closed: Fixed", "Reopened", "It is back."):
        assert said in words


@pytest.mark.parametrize("verb", ["", "fly"])
@pytest.mark.parametrize("form", ["steps", "preview"])
def test_a_form_that_comes_without_its_button_says_what_to_do(steps, form, verb):
    fields = steps.clerk.get(steps.address).form("/steps", verb="close")
    page = steps.clerk.post(f"{steps.address}/{form}", fields | {"verb": verb, "reason": "Soon."})
    assert page.status == 422
    assert "Choose the step." in page.words
    assert 'href="#verb"' in page.text
    assert 'id="verb"' in page.text


def test_who_may_not_is_told_why_and_whom_to_ask(signed_in):
    refused = signed_in("streets").get("/staff/moderation")
    assert refused.status == 403
    assert "Your role may not moderate. Ask a supervisor." in refused.words


@pytest.mark.parametrize(("verb", "typed", "words"), [
    ("plan", {"planned_for": ""}, "Give the day it is planned for"),
    ("plan", {"planned_for": "2001-01-01"}, "today or later"),
    ("plan", {"planned_for": "tomorrow"}, "today or later"),
    ("wait", {"reason": "  "}, "Tell the resident why"),
    ("close", {"outcome": ""}, "Choose what came of it"),
    ("close", {"outcome": "melted"}, "Choose what came of it"),
    ("close", {"outcome": "no_action"}, "Tell the resident why"),
    ("close", {"outcome": "duplicate", "lead": "NOTHERE1"}, "No other report has this reference"),
    ("close", {"outcome": "handed_over"}, "Name who looks after it next"),
    ("close", {"outcome": "no_action", "reason": "x" * 2001}, "at most 2000"),
])
def test_what_a_step_owes_is_asked_for_beside_its_field(steps, verb, typed, words):
    page = steps(verb, **typed)
    assert page.status == 422
    assert words in page.words
    for name, value in typed.items():
        assert page.form("/steps", verb=verb)[name] == value or name == "outcome"


def test_a_step_on_an_old_page_is_refused_with_what_happened(steps, signed_in):
    old = steps.clerk.get(steps.address).form("/steps", verb="accept")
    steps("close", outcome="fixed")
    page = steps.clerk.post(f"{steps.address}/steps", old | {"verb": "accept"})
    assert page.status == 409
    assert "Someone else changed this report" in page.words
    assert "Closed: Fixed" in page.words


def test_a_double_click_takes_the_step_once(steps, db_):
    fields = steps.clerk.get(steps.address).form("/steps", verb="accept")
    first = steps.clerk.post(f"{steps.address}/steps", fields | {"verb": "accept"})
    second = steps.clerk.post(f"{steps.address}/steps", fields | {"verb": "accept"})
    assert (first.status, second.status) == (303, 409)
    db_.expire_all()
    assert reports.find(db_, steps.reference, SYSTEM).events == 3


def test_an_unknown_step_is_refused(steps):
    fields = steps.clerk.get(steps.address).form("/steps", verb="accept")
    assert steps.clerk.post(f"{steps.address}/steps", fields | {"verb": "explode"}).status in (403, 422)


def test_an_internal_note_stays_internal(steps, visitor):
    fields = steps.clerk.get(steps.address).form("/notes")
    steps.clerk.follow(steps.clerk.post(f"{steps.address}/notes", fields | {"note": "Same man as ever."}))
    assert "Same man as ever." in steps.clerk.get(steps.address).words
    for path in (f"/reports/{steps.reference}", "/reports.csv", "/reports.geojson"):
        page = visitor.get(path)
        assert b"Same man" not in page.bytes
        assert b"Internal" not in page.bytes


def test_an_empty_note_says_so(steps):
    fields = steps.clerk.get(steps.address).form("/notes")
    page = steps.clerk.post(f"{steps.address}/notes", fields | {"note": " "})
    assert page.status == 422
    assert "Write a note" in page.words


def test_the_late_ones_come_first_and_say_so(signed_in, make_report):
    now = clock.now()
    with clock.stopped_at(now - timedelta(days=60)):
        late = make_report().reference
    fresh = make_report().reference
    words = signed_in("streets").get("/staff/queue").words
    assert words.index(late) < words.index(fresh)
    assert "2 reports, 1 late" in words


@pytest.mark.parametrize(("path", "most"), [("/staff/queue", 14), ("/reports", 10), ("/", 10)])
def test_a_list_asks_the_database_equally_often_however_long_it_is(
    database, signed_in, make_report, path, most
):
    clerk = signed_in("streets")
    make_report()
    clerk.get(path)
    with counted(database) as few:
        clerk.get(path)
    for _ in range(20):
        make_report(point=Point(41.2, -33.4))
    with counted(database) as many:
        clerk.get(path)
    assert len(many) == len(few) <= most


def test_a_report_page_asks_the_database_equally_often_however_long_its_timeline(database, steps):
    steps.clerk.get(steps.address)
    with counted(database) as few:
        steps.clerk.get(steps.address)
    for _ in range(5):
        steps("wait", reason="One more part.")
        steps("resume")
    with counted(database) as many:
        steps.clerk.get(steps.address)
    assert len(many) == len(few) <= 16


# Words to start from

@pytest.fixture
def prepared(db_):
    """A reply for closing, one for accepting, one for another service."""
    make_template(db_, "our-filled", "close", outcome="fixed", words={
        "en": "{reference}: {service}, {address}, {department}. {unknown} {0}", "es": "Hecho: {service}."})
    make_template(db_, "our-seen", "accept", words={"en": "We have seen it."})
    make_template(db_, "our-lamp", "close", services=["street-light"], words={"en": "The lamp is new."})


@pytest.mark.usefixtures("prepared")
def test_a_reply_is_sent_as_the_city_wrote_it_where_nothing_was_typed(steps):
    page = steps.clerk.follow(steps("close", template="our-filled"))
    assert f"{steps.reference}: Pothole, 1 Test Street, Streets and Paving. {{unknown}} {{0}}" in page.words
    assert "Closed: Fixed" in page.words


@pytest.mark.usefixtures("prepared")
def test_what_was_typed_and_chosen_goes_before_the_reply(steps):
    page = steps.clerk.follow(steps("close", template="our-filled", reason="My own.", outcome="no_action"))
    assert "Closed: No action" in page.words
    assert "My own." in page.words
    assert "{unknown}" not in page.tree.findtext(".//ol[@class='timeline']/..")


@pytest.mark.usefixtures("prepared")
def test_a_step_that_owes_nothing_has_words_too(steps):
    assert "We have seen it." in steps.clerk.follow(steps("accept", template="our-seen")).words
    assert "And again." in steps.clerk.follow(steps("start", reason="And again.")).words


@pytest.mark.usefixtures("prepared")
def test_replies_of_other_services_are_not_offered(steps):
    options = [o.get("value") for o in steps.clerk.get(steps.address).tree.iter("option")]
    assert "our-filled" in options
    assert "our-lamp" not in options


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("code", ["our-lamp", "nothing", "x" * 500, ""])
def test_a_reply_that_is_not_offered_says_nothing(steps, code):
    assert "Choose what came of it" in steps("close", template=code).words


@pytest.mark.usefixtures("prepared")
def test_the_reply_speaks_the_language_of_the_report(signed_in, make_report):
    report = make_report(language="es")
    page = signed_in("streets").get(f"/staff/reports/{report.reference}")
    assert "They read Spanish." in page.words
    (option,) = [o for o in page.tree.iter("option") if o.get("value") == "our-filled"]
    assert (option.get("data-words"), option.get("data-leads")) == ("Hecho: Bache.", "fixed")


@pytest.mark.usefixtures("prepared")
def test_a_reply_says_no_more_of_the_place_than_strangers_are_told(signed_in, make_report, db_):
    change_service(db_, "pothole", place="rounded")
    page = signed_in("streets").get(f"/staff/reports/{make_report().reference}")
    (option,) = [o for o in page.tree.iter("option") if o.get("value") == "our-filled"]
    assert "the place you named" in option.get("data-words")
    assert "Test Street" not in option.get("data-words")


@pytest.mark.usefixtures("prepared")
def test_a_filled_place_is_not_filled_again(signed_in, make_report):
    page = signed_in("streets").get(f"/staff/reports/{make_report(address='{department}').reference}")
    (option,) = [o for o in page.tree.iter("option") if o.get("value") == "our-filled"]
    assert ": Pothole, {department}, Streets" in option.get("data-words")


def test_every_step_says_who_reads_its_words(steps):
    page = steps.clerk.get(steps.address)
    verbs = [b.get("value") for b in page.tree.iter("button") if b.get("name") == "verb"]
    for verb in verbs:
        hint = page.tree.find(f".//*[@id='{verb}-reason-hint']")
        assert "The resident will read this" in "".join(hint.itertext()), verb
        assert page.tree.find(f".//label[@for='{verb}-reason']") is not None
    assert {"accept", "plan", "start", "wait", "close"} <= set(verbs)


# What the desk shows of a report

@pytest.mark.parametrize(("choices", "words"), [
    ({}, "Who sees it Everybody."), ({"visibility": "private"}, "Not public: only the city sees it."),
    ({"place": "rounded"}, "only roughly where it is"), ({"place": "area"}, "only the part of the city"),
    ({"text": "internal"}, "Answers, words and photos, only the city sees."),
])
def test_the_page_says_who_else_sees_the_report(signed_in, make_report, db_, choices, words):
    change_service(db_, "pothole", **choices)
    assert words in signed_in("streets").get(f"/staff/reports/{make_report().reference}").words


def test_an_urgent_report_says_so_in_the_queue_and_on_its_page(signed_in, make_report, db_):
    make_report()
    clerk = signed_in("streets")
    assert clerk.get("/staff/queue").tree.find(".//*[@class='priority priority--urgent']") is None
    change_service(db_, "pothole", priority="urgent")
    report = make_report()
    assert clerk.get("/staff/queue").tree.find(".//*[@class='priority priority--urgent']").text == "Urgent"
    assert "Priority Urgent" in clerk.get(f"/staff/reports/{report.reference}").words


@pytest.mark.parametrize(("who", "status"), [("streets", 200), ("lighting", 404), (None, 404)])
def test_photos_of_a_private_report_open_for_its_department_only(
    visitor, signed_in, make_report, db_, given, photo_file, who, status
):
    photo = media.accept(media.Store(given.data_folder / "photos"), io.BytesIO(photo_file.read_bytes()))
    change_service(db_, "pothole", visibility="private")
    make_report(photos=(photo,))
    person = signed_in(who) if who else visitor
    for kind in ("jpg", "webp"):
        answer = person.client.get(f"/media/{photo.digest}.{kind}")
        assert answer.status_code == status
        answer.close()


def test_waiting_stops_the_clock_at_the_desk_and_in_the_open_data(signed_in, make_report, db_):
    now = clock.now()
    with clock.stopped_at(now - timedelta(days=50)):
        report = make_report()
    with clock.stopped_at(now - timedelta(days=50) + timedelta(hours=1)):
        reports.transition(db_, staff_actor(db_, "streets"), report.reference, "wait", {"reason": "A part."})
    assert report.due_at < now
    clerk = signed_in("streets")
    assert "late" not in clerk.get("/staff/queue").words
    assert "Late" not in clerk.get(f"/staff/reports/{report.reference}").words
    head, row = (line.split(",") for line in clerk.get("/reports.csv").bytes.decode().splitlines())
    assert row[head.index("on_time")] == ""
    with clock.stopped_at(now + timedelta(days=30)):  # beyond the longest wait the clock runs on
        assert "1 late" in clerk.get("/staff/queue").words
        head, row = (line.split(",") for line in clerk.get("/reports.csv").bytes.decode().splitlines())
        assert row[head.index("on_time")] == "false"


# The inbox in the queue's heading

def test_the_queue_says_how_many_letters_wait(signed_in, db_):
    clerk = signed_in("streets")
    assert "letter" not in clerk.get("/staff/queue").words
    reports.receive(db_, reports.NewLetter("<1>", ContactDetails(), "Lamp", "It is dark."))
    page = clerk.get("/staff/queue")
    assert "Inbox: 1 letter waits" in page.words


def test_a_closing_shows_the_finished_work_and_how_many_letters_went(signed_in, make_report, visitor, db_):
    report = make_report(contact=ContactDetails(email="ana@home.example"))
    clerk = signed_in("streets")
    page = clerk.get(f"/staff/reports/{report.reference}")
    fields = page.form("/steps", verb="close") | {"verb": "close", "outcome": "fixed"}
    refused = clerk.post(f"/staff/reports/{report.reference}/steps",
                         fields | {"outcome": "", "photo": (io.BytesIO(picture(9)), "done.jpg")})
    kept = refused.form("/steps", verb="close")["photo_kept"]
    clerk.post(f"/staff/reports/{report.reference}/steps", fields | {"photo_kept": kept})
    jobs.drain(handlers())
    staff_page = clerk.get(f"/staff/reports/{report.reference}").words
    assert staff_page.count("1 letter sent") == 2  # the receipt and the closing
    assert "The finished work" in visitor.get(f"/reports/{report.reference}").words
