"""The desk: the queue in its forms, views, the keyboard's page, what is next, and steps on many reports."""

from __future__ import annotations

import pytest

from civicconnect import jobs, queue, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.app import handlers
from civicconnect.catalog import catalog
from civicconnect.geo import Point
from civicconnect.web import keys
from tests.counting import counted
from tests.factories import limit, put_elsewhere, staff_actor

FORMS = ("", "?as=board", "?as=map", "?as=table", "?as=nonsense", "?holder=me",
         "?why=late&team=x&priority=urgent", "?as=map&lat=41.2&long=-33.4&zoom=14", "?status=closed",
         "?as=board&status=closed", "?as=map&status=all", "?holder=%F0%9F%90%9F&why=%27&page=99999999999")


@pytest.fixture
def clerk(signed_in):
    return signed_in("streets")


@pytest.fixture
def three(make_report):
    return [make_report(description="A deep hole.", point=Point(41.2 + n / 500, -33.4),
                        contact=ContactDetails(email=f"{n}@home.example")).reference for n in range(3)]


@pytest.mark.parametrize("address", FORMS)
def test_every_form_and_filter_of_the_queue_opens_and_asks_little(database, clerk, three, address):
    with counted(database) as asked:
        page = clerk.get(f"/staff/queue{address}")
    assert page.status == 200
    assert len(asked) <= 12, "\n".join(asked)
    if address in ("", "?as=board", "?as=map", "?as=table", "?as=nonsense"):
        assert all(reference in page.words for reference in three)


def test_the_page_says_why_each_line_stands_there_and_the_rule_in_words(clerk, three, db_):
    reports.rank(db_, staff_actor(db_, "streets"), three[2], "urgent")
    me = staff_actor(db_, "streets")
    reports.transition(db_, me, three[1], "close", {"outcome": "fixed", "reason": "Filled."})
    reports.transition(db_, me, three[1], "reopen", {"reason": "It has sunk."})
    page = clerk.get("/staff/queue")
    lines = [row.get("id") for row in page.tree.iter("tr") if row.get("id")]
    assert lines == [three[2], three[1], three[0]]
    words = {row.get("id"): " ".join("".join(row.itertext()).split()) for row in page.tree.iter("tr")}
    assert "Open again" in words[three[1]]
    assert "It has sunk. Reopened" in words[three[1]]
    assert "A deep hole. Report received" in words[three[0]]
    assert "working hours left" in words[three[0]]
    for row in queue.RULE:
        assert row.words in page.words


def test_a_closed_report_is_offered_to_nobody_and_not_taken(clerk, three, db_):
    me = staff_actor(db_, "streets")
    reports.transition(db_, me, three[0], "close", {"outcome": "fixed"})
    page = clerk.get("/staff/queue?status=all")
    taking = [b.get("value").partition("-")[0] for b in page.tree.iter("button") if b.get("name") == "take"]
    assert sorted(taking) == sorted(three[1:])
    closed = clerk.get(f"/staff/reports/{three[0]}")
    assert not [b for b in closed.tree.iter("button") if b.get("name") == "take"]
    answer = clerk.post("/staff/queue/mine", page.form("/sign-out") | {"take": three[0], "back": "report"})
    assert answer.status == 409
    assert "This report is closed." in answer.words
    db_.expire_all()
    assert reports.find(db_, three[0], SYSTEM).assigned_to is None


def test_take_it_assigns_a_line_to_me_and_keeps_the_view(clerk, three, db_):
    page = clerk.get("/staff/queue?q=deep")
    button = next(b for b in page.tree.iter("button") if b.get("value", "").startswith(three[0]))
    fields = page.form("/queue/mine")
    answer = clerk.post("/staff/queue/mine", fields | {"take": button.get("value")})
    assert answer.status == 303
    assert "q=deep" in answer.answer.headers["Location"]
    db_.expire_all()
    assert reports.find(db_, three[0], SYSTEM).assigned_to == queue.staff_id(staff_actor(db_, "streets"))
    again = clerk.post("/staff/queue/mine", fields | {"take": button.get("value")})
    assert again.status == 409  # an old page
    assert clerk.post("/staff/queue/mine", fields | {"take": "NOTHERE1"}).status == 404
    assert three[0] in clerk.get("/staff/queue?holder=me").words


def test_next_goes_through_the_view_that_was_looked_at_last(clerk, three, db_):
    reports.rank(db_, staff_actor(db_, "streets"), three[0], "high")
    clerk.get("/staff/queue?priority=normal")
    seen = [clerk.get(f"/staff/queue/next?after={one}").answer.headers["Location"].rsplit("/", 1)[1]
            for one in (three[1], three[2])]
    assert seen == [three[2], three[1]]
    page = clerk.get(f"/staff/reports/{three[1]}")
    assert f"/staff/queue/next?after={three[1]}" in page.links()
    clerk.get("/staff/queue?why=late")
    nowhere = clerk.get(f"/staff/queue/next?after={three[1]}")
    assert nowhere.answer.headers["Location"].endswith("queue?why=late")


def test_a_view_is_kept_shared_counted_and_removed(clerk, someone, signed_in, three):
    page = clerk.get("/staff/queue?q=deep&holder=nobody")
    form = page.form("/staff/views")
    assert clerk.post("/staff/views", form | {"name": " ", "share": ""}).status == 422
    clerk.follow(clerk.post("/staff/views", form | {"name": "Holes", "share": ""}))
    page = clerk.follow(clerk.post("/staff/views", form | {"name": "Our <holes>", "share": "streets"}))
    assert "Our <holes>" in page.words
    words = clerk.get("/staff/views").words
    assert "Holes 3" in words
    assert "Our <holes> 3" in words
    assert "for everybody in Streets and Paving" in words
    assert "Holes" not in signed_in("lighting").get("/staff/views").words
    boss = signed_in("supervisor").get("/staff/views")
    assert "Our <holes>" in boss.words
    assert "Holes 3" not in boss.words.replace("Our <holes> 3", "")
    other = signed_in("lighting")
    removal = clerk.get("/staff/views").form("/remove")
    address = next(f.get("action") for f in clerk.get("/staff/views").tree.iter("form")
                   if f.get("action", "").endswith("/remove"))
    token = other.get("/staff/queue").form("/sign-out")
    assert other.post(address, token).status == 404
    assert clerk.follow(clerk.post(address, removal)).status == 200
    assert other.post("/staff/views", token | {"name": "x", "view": "", "share": "streets"}).status == 403


def test_counts_are_asked_alone_and_say_nothing_to_strangers(clerk, visitor, three):
    answer = clerk.client.get("/staff/queue/counts?why=late")
    assert (answer.status_code, "desk-counts" in answer.text) == (200, True)
    assert visitor.client.get("/staff/queue/counts").status_code == 204


def test_single_keys_can_be_switched_off(clerk):
    page = clerk.get("/staff/keys")
    assert all(str(key.words) in page.words for key in keys.KEYS)
    page = clerk.follow(clerk.post("/staff/keys", page.form("/staff/keys") | {"keys": "off"}))
    assert "Single keys are off" in page.words
    assert "data-off" in clerk.get("/staff/queue").text
    clerk.follow(clerk.post("/staff/keys", page.form("/staff/keys") | {"keys": "on"}))
    assert "data-off" not in clerk.get("/staff/queue").text


def test_many_reports_are_closed_from_the_queue_and_taken_back(clerk, three, db_):
    page = clerk.get("/staff/queue")
    ticked = [box.get("value") for box in page.tree.iter("input") if box.get("name") == "report"]
    assert len(ticked) == 3
    form = page.form("/staff/bulk")
    none = clerk.post("/staff/bulk", form | {"of": "selected"})
    assert none.status == 422
    assert "Select at least one report." in none.words
    page = clerk.follow(clerk.post("/staff/bulk", form | {"of": "view"}))
    assert "3 reports at once" in page.words
    address = page.answer.request.path
    wrong = clerk.post(address, page.form(address) | {"action": "step", "verb": "close"})
    assert wrong.status == 422
    assert "Choose what came of it." in wrong.words
    page = clerk.follow(clerk.post(address, page.form(address) | {
        "action": "step", "verb": "close", "outcome": "fixed", "reason": "Filled on <Tuesday>."}))
    for said in ("3 reports", "3 people, ten minutes later", "Filled on <Tuesday>.", "Do it for 3 reports"):
        assert said in page.words
    page = clerk.follow(clerk.post(f"{address}/run", page.form("/run")))
    assert "0 of 3 done" in page.words
    assert 'http-equiv="refresh"' in page.text
    jobs.drain(handlers())
    page = clerk.get(address)
    assert "3 changed" in page.words
    assert "http-equiv" not in page.text
    db_.expire_all()
    assert {reports.find(db_, one, SYSTEM).status for one in three} == {"closed"}
    clerk.follow(clerk.post(f"{address}/undo", page.form("/undo")))
    jobs.drain(handlers())
    page = clerk.get(address)
    assert "Taken back 3 put back" in page.words
    db_.expire_all()
    assert {reports.find(db_, one, SYSTEM).status for one in three} == {"received"}
    assert queue.count(db_, staff_actor(db_, "streets"), queue.Desk(), catalog(db_)).total == 3


def test_what_another_tab_chose_meanwhile_is_shown_and_not_done(clerk, three, db_):
    form = clerk.get("/staff/queue").form("/staff/bulk")
    page = clerk.follow(clerk.post("/staff/bulk", form | {"of": "view"}))
    address = page.answer.request.path
    one = clerk.follow(clerk.post(address, page.form(address) | {"action": "note", "note": "Same man."}))
    clerk.post(address, page.form(address) | {"action": "priority", "priority": "urgent"})
    answer = clerk.post(f"{address}/run", one.form("/run"))
    assert answer.status == 409
    for said in ("Here it is as it stands now.", "Set the priority", "Do it for 3 reports"):
        assert said in answer.words
    jobs.drain(handlers())
    db_.expire_all()
    assert {report.events for report in (reports.find(db_, one, SYSTEM) for one in three)} == {2}
    clerk.follow(clerk.post(f"{address}/run", answer.form("/run")))
    jobs.drain(handlers())
    db_.expire_all()
    assert {reports.find(db_, one, SYSTEM).priority for one in three} == {"urgent"}


def test_bulk_pages_are_their_makers_own(clerk, signed_in, visitor, three):
    page = clerk.get("/staff/queue")
    address = clerk.post("/staff/bulk", page.form("/staff/bulk") | {"of": "view"}).answer.headers["Location"]
    assert signed_in("supervisor").get(address).status == 200
    other = signed_in("lighting")
    token = other.get("/staff/queue").form("/sign-out")
    for path in (address, f"{address}/run", f"{address}/undo"):
        assert other.post(path, token).status == 404, path
        assert clerk.post(path, {}).status == 400, path
    assert other.get(address).status == 404
    assert visitor.get(address).status == 302
    assert clerk.get("/staff/bulk/99999999999999999999999999").status == 404
    early = clerk.post(f"{address}/run", page.form("/sign-out"))
    assert early.status == 422
    assert clerk.post(f"{address}/undo", page.form("/sign-out")).status == 409


@pytest.mark.parametrize(("typed", "words"), [
    ({"action": "service", "service": "nope"}, "Choose what the report is about."),
    ({"action": "assign", "person": "²"}, "Choose somebody who works in this department."),
    ({"action": "assign", "person": "99999999999999"}, "Choose somebody who works in this department."),
])
def test_what_nobody_offers_is_refused_beside_its_field_and_promises_nothing(clerk, three, typed, words):
    form = clerk.get("/staff/queue").form("/staff/bulk")
    page = clerk.follow(clerk.post("/staff/bulk", form | {"of": "view"}))
    address = page.answer.request.path
    answer = clerk.post(address, page.form(address) | typed)
    assert (answer.status, answer.faults) == (422, [])
    assert words in answer.words
    assert "Do it for" not in clerk.get(address).words


def test_whose_work_it_becomes_is_asked_in_few_statements_however_many_departments_one_sees(
    database, db_, signed_in, three
):
    boss, person = signed_in("supervisor"), queue.staff_id(staff_actor(db_, "streets"))
    form = boss.get("/staff/queue").form("/staff/bulk")
    page = boss.follow(boss.post("/staff/bulk", form | {"of": "view"}))
    address = page.answer.request.path
    boss.post(address, page.form(address) | {"action": "assign", "person": str(person)})
    for who in (boss, signed_in("admin")):
        with counted(database) as asked:
            assert "Changes 3 reports" in who.get(address).words
        assert len(asked) <= 12, "\n".join(asked)


def test_whoever_only_looks_at_a_bulk_is_offered_nothing_to_press(clerk, signed_in, three):
    def seen():
        page = boss.get(address)
        assert not [form for form in page.tree.iter("form") if "/staff/bulk" in form.get("action", "")]
        return page.words

    boss, form = signed_in("supervisor"), clerk.get("/staff/queue").form("/staff/bulk")
    address = clerk.post("/staff/bulk", form | {"of": "view"}).answer.headers["Location"]
    assert "3 reports at once Nothing yet." in seen()
    page = clerk.follow(clerk.post(address, clerk.get(address).form(address) | {
        "action": "step", "verb": "wait", "reason": "A part."}))
    assert "Changes 3 reports" in seen()
    clerk.post(f"{address}/run", page.form("/run"))
    jobs.drain(handlers())
    assert "3 changed" in seen()
    assert clerk.get(address).form("/undo")


def test_a_supervisor_of_another_ward_finds_no_bulk_and_none_of_its_words(clerk, signed_in, three, db_):
    form = clerk.get("/staff/queue").form("/staff/bulk")
    page = clerk.follow(clerk.post("/staff/bulk", form | {"of": "view"}))
    address = page.answer.request.path
    page = clerk.follow(clerk.post(address, page.form(address) | {"action": "note", "note": "Same man."}))
    clerk.post(f"{address}/run", page.form("/run"))
    boss = signed_in("supervisor")
    assert f'href="{address}"' in boss.get("/staff/bulk").text
    there = put_elsewhere(db_, reports.find(db_, three[0], SYSTEM))
    limit(db_, "supervisor", there)
    assert boss.get(f"/staff/reports/{three[1]}").status == 404
    assert boss.get(address).status == 404
    assert f'href="{address}"' not in boss.get("/staff/bulk").text
