"""The pages on which a report leaves a desk: asked about, handed over, given to a contractor."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from civicconnect import catalog, clock, media, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.catalog import Answer
from tests.factories import staff_actor
from tests.offers import change_city
from tests.web.test_photos import picture

SIZE = (Answer("size", "hand", "How big?", "Like a hand"),)
ANA = ContactDetails("Ana", "ana@home.example", "555 0101")


@pytest.fixture
def report(db_, make_report):
    change_city(db_, questions={})
    return make_report(description="A hole by the <gate>.", contact=ANA, answers=SIZE)


@pytest.fixture
def desk(signed_in, report):
    """A clerk before the page on which the report is passed on: fill in one of its forms."""
    def fill(form, who="streets", **typed):
        person = signed_in(who)
        page = person.get(f"/staff/reports/{report.reference}/handover")
        return person.post(f"/staff/reports/{report.reference}/{form}", page.form(f"/{form}") | typed)
    return fill


@pytest.fixture
def firm(db_, moderator, report):
    return reports.keep_contractor(
        db_, moderator, report.department_id, "Hall & Sons", "w@hall.example", "en")


@pytest.fixture
def link(db_, desk, report, firm):
    """The address of a contractor's page for the report."""
    def make(**typed):
        assert desk("commission", **({"contractor": str(firm.id), "task": "Fill it."} | typed)).status == 303
        return f"/work/{reports.token_of_work(reports.commission_of(db_, report.number))}"
    return make


def verbs(db_, report):
    db_.expire_all()
    return [entry.verb for entry in reports.timeline(db_, report, internal=True)[2:]]


def own_page(report):
    return f"/reports/{report.reference}?key={reports.own_key(report.id)}"


# A question

def test_a_question_comes_to_the_own_page_and_its_answer_back_to_the_desk(
    desk, signed_in, visitor, someone, report, db_
):
    assert desk("ask", question="Which side?", reads="all").status == 303
    assert "The city has a question" not in visitor.get(f"/reports/{report.reference}").words
    assert "Which side?" in visitor.get(f"/reports/{report.reference}").words
    sender = someone()
    page = sender.get(own_page(report))
    assert "The city has a question Which side?" in page.words
    answered = sender.post(_action(page, "/reply"), page.form("/reply") | {
        "words": "The north side.", "photo": (io.BytesIO(picture(60)), "a.jpg")})
    assert "We have your answer." in sender.follow(answered).words
    seen = signed_in("streets").get(f"/staff/reports/{report.reference}").words
    assert "Its sender has answered." in seen
    assert "The north side." in seen
    db_.expire_all()
    assert len(reports.around(db_, report).photos) == 1


def _action(page, ending):
    return next(f.get("action") for f in page.tree.iter("form") if f.get("action", "").endswith(ending))


def test_what_only_the_sender_is_asked_stays_between_them(desk, visitor, someone, report):
    desk("ask", question="Is it your flat?", reads="sender")
    sender = someone()
    page = sender.get(own_page(report))
    sender.post(_action(page, "/reply"), page.form("/reply") | {
        "words": "Yes, the second floor.", "photo": (io.BytesIO(picture(60)), "a.jpg")})
    public = visitor.get(f"/reports/{report.reference}")
    assert "flat" not in public.text
    assert "second floor" not in public.text
    assert "/media/" not in public.text
    assert "Yes, the second floor." in sender.get(own_page(report)).words


def test_an_answer_that_comes_too_late_stays_typed_and_can_be_added(desk, someone, report, db_):
    desk("ask", question="Which side?", reads="all")
    sender = someone()
    page = sender.get(own_page(report))
    with clock.stopped_at(clock.now() + timedelta(days=15)):
        reports.look_at_questions(db_)
    late = sender.post(_action(page, "/reply"), page.form("/reply") | {"words": "The north side."})
    assert late.status == 409
    assert "Nobody waits for this answer any more." in late.words
    assert late.form("/more")["words"] == "The north side."
    sender.follow(sender.post(_action(late, "/more"), late.form("/more")))
    assert verbs(db_, report) == ["ask", "no_answer", "add"]


def test_a_question_without_words_is_refused_beside_its_field_and_a_template_speaks(desk, report, db_):
    page = desk("ask", question=" ")
    assert (page.status, "Write the question" in page.words) == (422, True)
    assert desk("ask", question=" ", template="ask-still-there").status == 303
    assert "Is it still there?" in reports.timeline(db_, report, internal=True)[-1].text["question"]


# Another department, or outside

@pytest.mark.parametrize(("typed", "words"), [
    ({"to": "", "why": "Theirs."}, "Choose who looks after it next."),
    ({"to": "department:moon", "why": "Theirs."}, "Choose who looks after it next."),
    ({"to": "department:lighting", "why": ""}, "Tell the resident why"),
    ({"to": "other", "name": "", "why": "Theirs."}, "Say who looks after it next."),
    ({"to": "owner:power", "why": " "}, "Tell the resident why"),
    ({"to": "nobody", "why": ""}, "Tell the resident why"),
    ({"to": "x" * 5000, "why": "y" * 5000}, "Choose who looks after it next.")])
def test_not_ours_cannot_be_saved_without_a_next_owner_or_a_reason(desk, report, db_, typed, words):
    page = desk("hand-over", **typed)
    assert page.status == 422
    assert words in page.words
    assert page.form("/hand-over")["why"] == typed["why"]
    assert verbs(db_, report) == []


def test_the_next_department_has_it_and_the_page_of_all_says_from_where_and_why(
    desk, signed_in, visitor, report
):
    page = desk("hand-over", to="department:lighting", why="The cable is theirs.")
    clerk = signed_in("streets")
    assert f"Report {report.reference} is with Street Lighting now." in clerk.follow(page).words
    assert clerk.get(f"/staff/reports/{report.reference}").status == 404
    public = visitor.get(f"/reports/{report.reference}").words
    assert "From Streets and Paving to Street Lighting." in public
    assert "The cable is theirs." in public
    assert "Street Lighting looks after it." in public
    assert signed_in("lighting").get(f"/staff/reports/{report.reference}").status == 200


def test_nobody_sees_where_a_report_went_that_they_did_not_hand_over(desk, signed_in, report):
    desk("hand-over", to="department:lighting", why="Theirs.")
    assert signed_in("lighting").get(f"/staff/handed-over/{report.reference}").status == 404


def test_outside_the_city_the_resident_reads_whom_to_ask(desk, visitor, report):
    assert desk("hand-over", to="owner:power", why="It is their pole.").status == 303
    public = visitor.get(f"/reports/{report.reference}")
    for words in ("Handed over", "Now with Island Power", "555 0191", "It is their pole."):
        assert words in public.words
    assert "https://www.power.example/faults" in public.links()


def test_of_two_at_once_the_second_keeps_every_word(desk, signed_in, report):
    clerk = signed_in("streets")
    address = f"/staff/reports/{report.reference}"
    fields = clerk.get(f"{address}/handover").form("/hand-over")
    desk("ask", question="Which side?")
    page = clerk.post(f"{address}/hand-over", fields | {"to": "department:parks", "why": "A tree."})
    assert page.status == 409
    assert "Someone else changed this report" in page.words
    again = page.form("/hand-over")
    assert (again["to"], again["why"]) == ("department:parks", "A tree.")


def test_the_third_hop_comes_to_the_supervisor_s_list_and_is_decided_there(
    signed_in, moderator, report, db_, desk
):
    for department in ("lighting", "parks", "water"):
        reports.hand_over(db_, moderator, report.reference, department, "Not ours.")
    chief = signed_in("supervisor")
    assert "Tasks: 1 waits" in chief.get("/staff/queue").words
    page = chief.get("/staff/tasks")
    assert "Handed over 3 times." in page.words
    assert any(link.endswith(f"/{report.reference}/handover#settle") for link in page.links())
    assert desk("settle", "supervisor", department="streets", why="The road is theirs.").status == 303
    assert "Nothing waits." in chief.get("/staff/tasks").words
    page = desk("hand-over", to="department:parks", why="A tree.")
    assert (page.status, "A supervisor has decided" in page.words) == (409, True)


def test_a_clerk_decides_nothing_for_good(signed_in, report):
    clerk = signed_in("streets")
    page = clerk.get(f"/staff/reports/{report.reference}/handover")
    assert not [f for f in page.tree.iter("form") if f.get("action", "").endswith("/settle")]
    fields = page.form("/hand-over") | {"department": "parks", "why": "A tree."}
    assert clerk.post(f"/staff/reports/{report.reference}/settle", fields).status == 403


@pytest.mark.parametrize("path", ["ask", "hand-over", "settle", "commission", "commission/end",
                                  "commission/publish"])
def test_another_department_and_strangers_pass_nothing_on(signed_in, visitor, report, db_, path):
    address = f"/staff/reports/{report.reference}/{path}"
    clerk = signed_in("lighting")
    token = clerk.get("/staff/queue").form("/sign-out")["csrf_token"]
    typed = {"question": "?", "to": "department:parks", "why": "x", "department": "parks"}
    assert clerk.post(address, typed | {"csrf_token": token}).status in (403, 404, 422)
    assert clerk.post(address, typed).status == 400
    assert visitor.post(address, {"csrf_token": visitor.get("/sign-in").form("/sign-in")["csrf_token"]}
                        ).status in (302, 401)
    assert verbs(db_, report) == []


# A contractor

def test_a_contractor_accepts_tells_and_finishes_without_an_account(link, someone, signed_in, report, db_):
    address, firm = link(with_words="1"), someone()
    page = firm.get(address)
    for words in ("Fill it.", "Like a hand", "1 Test Street", "A hole by the <gate>.",
                  "Streets and Paving asks you"):
        assert words in page.words
    for secret in ("Ana", "ana@home", "555 0101"):
        assert secret not in page.text
    assert page.answer.headers["Cache-Control"] == "no-store"
    for _ in range(2):
        firm.follow(firm.post(f"{address}/accept", page.form("/accept")))
    page = firm.get(address)
    firm.follow(firm.post(f"{address}/comment", page.form("/comment") | {
        "note": "Closed on Tuesday.", "for": "all"}))
    done = page.form("/done") | {"note": "Two bags.", "photo": (io.BytesIO(picture(60)), "a.jpg")}
    firm.follow(firm.post(f"{address}/done", done))
    assert firm.post(f"{address}/done", page.form("/done")).status == 303
    assert verbs(db_, report) == ["commission", "work_accept", "work_note", "work_done"]
    clerk = signed_in("streets")
    page = clerk.get(f"/staff/reports/{report.reference}")
    assert "Closed on Tuesday." in page.words
    assert "A contractor says that it is done" in page.words
    clerk.post(f"/staff/reports/{report.reference}/commission/publish", page.form("/publish"))
    assert "Closed on Tuesday." in someone().get(f"/reports/{report.reference}").words
    assert "Two bags." not in someone().get(f"/reports/{report.reference}").words


def test_what_a_contractor_is_not_shown_their_link_does_not_send(link, someone, report, db_, given):
    store, limits = media.Store(given.data_folder / "photos"), media.Limits(bytes=10**7)
    photo = media.accept(store, io.BytesIO(picture(60)), limits)
    reports.add(db_, reports.sender(db_, report), "", [photo])
    firm = someone()
    address = link()
    page = firm.get(address)
    assert "A hole by" not in page.text  # the words were not ticked
    [sent] = [e.get("src") for e in page.tree.iter("img") if "/work/" in e.get("src", "")]
    assert firm.get(sent).status == 200
    db_.expire_all()
    reports.hide_photo(db_, staff_actor(db_, "supervisor"), report.reference, photo.digest, "personal", "")
    assert firm.get(sent).status == 404
    assert "/work/" not in [e.get("src") for e in firm.get(address).tree.iter("img")]


def test_a_link_that_was_taken_back_says_so_and_a_guessed_one_is_no_page(link, desk, someone, report, db_):
    address, firm = link(), someone()
    fields = firm.get(address).form("/accept")
    desk("commission/end")
    posted = [firm.post(f"{address}/{what}", fields) for what in ("accept", "done", "comment", "refuse")]
    for page in (firm.get(address), *posted):
        assert page.status == 410
        assert "The city has taken this work back." in page.words
    for guess in ("0" * 48, "x", "%00"):
        assert firm.get(f"/work/{guess}").status in (400, 404)
    assert verbs(db_, report) == ["commission", "work_revoke"]
    assert firm.post(f"{address}/accept", {}).status == 400


def test_who_refuses_without_a_reason_is_asked_for_one(link, someone, report, db_):
    address, firm = link(), someone()
    page = firm.post(f"{address}/refuse", firm.get(address).form("/refuse") | {"reason": ""})
    assert (page.status, "Say why" in page.words) == (422, True)
    gone = firm.post(f"{address}/refuse", page.form("/refuse") | {"reason": "No roller."})
    assert firm.follow(gone).status == 410
    assert verbs(db_, report) == ["commission", "work_refuse"]


@pytest.mark.parametrize(("typed", "words"), [
    ({"task": ""}, "Write what is to be done"), ({"due_on": "tomorrow"}, "Give the day by which"),
    ({"contractor": ""}, "Choose a contractor"), ({"contractor": "٣"}, "Choose a contractor")])
def test_what_a_commission_lacks_is_said_beside_its_field(desk, firm, report, typed, words):
    page = desk("commission", **({"contractor": str(firm.id), "task": "Fill it."} | typed))
    assert page.status == 422
    assert words in page.words


def test_supervisors_keep_the_list_of_contractors_and_clerks_do_not(signed_in, db_):
    chief, clerk = signed_in("supervisor"), signed_in("streets")
    assert clerk.get("/staff/contractors").status == 403
    page = chief.get("/staff/contractors")
    fields = page.form("/contractors") | {"name": "Hall", "email": "w@hall.example", "department": "streets"}
    wrong = chief.post("/staff/contractors", fields | {"email": "hall"})
    for _ in range(2):
        assert chief.post("/staff/contractors", fields).status == 303
    assert chief.get("/staff/contractors").text.count("w@hall.example") == 1
    assert (wrong.status, wrong.form("/contractors")["name"]) == (422, "Hall")
    chief.follow(chief.post("/staff/contractors", fields))
    made = db_.scalars(select(reports.Contractor)).one()
    address = f"/staff/contractors/{made.id}"
    changed = chief.get("/staff/contractors").form(f"/contractors/{made.id}") | {"trusted": "1"}
    del changed["active"]
    chief.follow(chief.post(address, changed))
    db_.expire_all()
    assert (made.trusted, made.active, made.name) == (True, False, "Hall")
    assert clerk.post(address, {"csrf_token": clerk.get("/staff/queue").form("/sign-out")["csrf_token"]} | {
        "name": "Mine", "email": "a@b.example", "department": "streets"}).status == 403
    assert chief.post("/staff/contractors/99999999999999999999", fields).status == 404


# Tasks

def test_a_task_is_ticked_off_by_those_it_is_for(signed_in, db_, report):
    reports.raise_task(db_, report, "escalated", "supervisor", {"rule": "slow"})
    task = db_.scalars(select(reports.Task)).one()
    clerk, chief = signed_in("streets"), signed_in("supervisor")
    assert "Nothing waits." in clerk.get("/staff/tasks").words
    token = {"csrf_token": clerk.get("/staff/queue").form("/sign-out")["csrf_token"]}
    assert clerk.post(f"/staff/tasks/{task.id}/done", token).status == 403
    assert signed_in("lighting").post(f"/staff/tasks/{task.id}/done", {}).status == 400
    fields = chief.get("/staff/tasks").form(f"/{task.id}/done")
    for _ in range(2):
        chief.follow(chief.post(f"/staff/tasks/{task.id}/done", fields))
    assert chief.post("/staff/tasks/99999999999999999999/done", fields).status == 404


def test_every_page_is_sound_in_a_language_that_runs_from_right_to_left(signed_in, link, someone, report):
    for path in (f"/ar/staff/reports/{report.reference}/handover", "/ar/staff/tasks", "/ar/staff/contractors",
                 f"/ar/staff/reports/{report.reference}"):
        assert signed_in("supervisor").get(path).status == 200
    assert someone().get(f"/ar{link()}").status == 200


def test_the_export_tells_how_often_a_report_was_handed_over(desk, visitor, report, db_):
    desk("hand-over", to="department:lighting", why="Theirs.")
    db_.expire_all()
    assert reports.find(db_, report.reference, SYSTEM).hops == 1
    rows = visitor.get("/reports.csv").bytes.decode().splitlines()
    assert rows[1].split(",")[rows[0].split(",").index("hops")] == "1"
    assert catalog.owners(db_, "street-light")[0].code == "power"
