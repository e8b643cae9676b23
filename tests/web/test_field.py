"""A round: planned, walked, and told of by a phone that had no connection; each step exactly once."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from civicconnect import clock, reports
from civicconnect.catalog import catalog
from civicconnect.geo import Point
from civicconnect.reports import FieldStep, Round, RoundStop
from tests.counting import counted
from tests.factories import make_colleague, put_elsewhere, staff_actor
from tests.web.test_photos import picture

AS_JSON = {"Accept": "application/json"}
STREET = [Point(41.2, -33.4 + n / 1000) for n in (3, 0, 2, 1)]


@pytest.fixture
def today(db_):
    return catalog(db_).city.day(clock.now())


@pytest.fixture
def walked(db_, staff, make_report, today):
    """A round of today with four reports along a street."""
    me = reports.staff_id_of(staff)
    round_ = reports.make_round(db_, staff, "streets", today, me, start=Point(41.2, -33.401))
    for point in STREET:
        reports.put_on_round(db_, staff, round_, make_report(point=point).reference)
    reports.sort_round(db_, staff, round_)
    db_.flush()
    return round_


@pytest.fixture
def tap(db_, signed_in, walked):
    """Take a step as the phone's queue does: `tap(kind, …)` returns (status, what is answered)."""
    clerk = signed_in("streets")
    token = json.loads(clerk.get("/report/token").bytes)["token"]
    now = 1_800_000_000_000  # what the phone's clock says; it is wrong

    def send(kind, ago=0, stop=0, key=None, who=None, **given):
        """ago    how many minutes before now it was tapped"""
        halt = reports.halts(db_, staff_actor(db_, "supervisor"), walked)[stop]
        person = who or clerk
        own = token if who is None else person.get("/staff/queue").form("/sign-out")["csrf_token"]
        told = {"csrf_token": own, "key": str(key or uuid4()), "seen": str(halt.report.events),
                "kind": kind, "at": str(now - ago * 60_000), "sent": str(now)} | given
        page = person.post(f"/staff/round/stops/{halt.stop.id}/steps", told, headers=AS_JSON)
        db_.expire_all()
        return page.status, json.loads(page.bytes)

    send.clerk, send.token = clerk, token
    return send


def halts(db_, round_):
    return reports.halts(db_, staff_actor(db_, "supervisor"), round_)


def photo(shade):
    return io.BytesIO(picture(shade))


def verbs(db_, report) -> list[str]:
    return [entry.verb for entry in reports.timeline(db_, report, internal=True)]


# Planning

def test_a_round_is_walked_along_the_street_and_its_reports_are_given_to_its_person(db_, staff, walked):
    found = halts(db_, walked)
    assert [halt.point for halt in found] == sorted(STREET, key=lambda point: point.long)
    assert {halt.report.assigned_to for halt in found} == {reports.staff_id_of(staff)}
    assert verbs(db_, found[0].report)[-1] == "assign"
    assert reports.walking_legs(found, walked.start)[1] == pytest.approx(84, abs=1)


def test_a_round_is_made_for_a_person_and_a_day_of_the_reports_that_fit(db_, signed_in, make_report, today):
    inside = [make_report(point=point).reference for point in STREET]
    make_report(service="street-light")  # another department's
    clerk = signed_in("streets")
    fields = clerk.get("/staff/rounds").form("/staff/rounds")
    assert fields["day"] == today.isoformat()
    page = clerk.follow(clerk.post("/staff/rounds", fields | {"service": "pothole", "most": "3"}))
    assert page.words.count("Take off") == 3
    assert sum(reference in page.text for reference in inside) == 3
    again = clerk.post("/staff/rounds", fields | {"service": "pothole", "most": "60"})
    assert clerk.follow(again).words.count("Take off") == 4  # the same round; nothing stands on it twice
    walk = clerk.get("/staff/round")
    assert all(reference in walk.text for reference in inside)


@pytest.mark.parametrize(("wrong", "words"), [
    ({"day": "2001-01-01"}, "Give a day from today on"),
    ({"day": "soon"}, "Give a day from today on"),
    ({"day": "9999-12-31"}, "Give a day from today on"),
    ({"person": "", "team": ""}, "Choose who walks it"),
    ({"person": "999999"}, "Choose somebody who works in this department"),
    ({"team": "x" * 41, "person": ""}, "at most 40"),
    ({"name": "x" * 81}, "at most 80"),
    ({"start": "Qqxxzz"}, "No such address is known"),
    ({"department": "lighting"}, "Choose one of your departments"),
    ({"service": "melted"}, "No open report fits"),
])
def test_what_is_wrong_with_a_round_stands_beside_its_field(signed_in, make_report, db_, wrong, words):
    make_report()
    clerk = signed_in("streets")
    page = clerk.post("/staff/rounds", clerk.get("/staff/rounds").form("/staff/rounds") | wrong)
    assert page.status == 422
    assert words in page.words
    assert db_.scalar(select(func.count()).select_from(Round)) == 0


def test_stops_are_moved_by_hand_and_taken_off(db_, signed_in, walked):
    clerk, address = signed_in("streets"), f"/staff/rounds/{walked.id}"
    before = [halt.stop.id for halt in halts(db_, walked)]

    def press(stop, do):
        token = clerk.get(address).form(f"/stops/{stop}")["csrf_token"]
        assert clerk.post(f"/staff/rounds/stops/{stop}", {"csrf_token": token, "do": do}).status == 303
        db_.expire_all()
        return [halt.stop.id for halt in halts(db_, walked)]

    assert press(before[1], "up") == [before[1], before[0], *before[2:]]
    assert press(before[1], "up") == [before[1], before[0], *before[2:]]
    assert press(before[1], "down") == before
    assert press(before[3], "remove") == before[:3]
    assert clerk.post(f"/staff/rounds/stops/{before[0]}", {
        "csrf_token": clerk.get(address).form("/stops")["csrf_token"], "do": "melt"}).status == 422


def test_my_position_puts_the_round_in_order_from_there(db_, signed_in, walked):
    clerk = signed_in("streets")
    fields = clerk.get("/staff/round").form("/order") | {"lat": "41.2", "long": "-33.39"}
    clerk.follow(clerk.post(f"/staff/rounds/{walked.id}/order", fields))
    db_.expire_all()
    assert [halt.point.long for halt in halts(db_, walked)] == sorted((p.long for p in STREET), reverse=True)
    assert clerk.post(f"/staff/rounds/{walked.id}/order", fields | {"lat": "x"}).status == 422


def test_a_report_is_put_on_my_round_from_its_page_and_leaves_the_round_of_another_day(
    db_, signed_in, walked, today
):
    clerk, report = signed_in("streets"), halts(db_, walked)[0].report
    tomorrow = (today + timedelta(days=1)).isoformat()
    fields = clerk.get(f"/staff/reports/{report.reference}").form("/round")
    page = clerk.follow(clerk.post(f"/staff/reports/{report.reference}/round", fields | {"day": tomorrow}))
    assert report.reference in page.text
    db_.expire_all()
    assert len(halts(db_, walked)) == 4  # it is a later day's round as well; today's comes first
    fields = clerk.get(f"/staff/reports/{report.reference}").form("/round")
    clerk.post(f"/staff/reports/{report.reference}/round", fields | {"day": today.isoformat()})
    db_.expire_all()
    assert [len(halts(db_, one)) for one in db_.scalars(select(Round).order_by(Round.id))] == [4, 0]


def test_a_closed_report_and_one_of_another_department_go_on_no_round(
    db_, signed_in, staff, walked, make_report
):
    clerk, closed, light = signed_in("streets"), make_report(), make_report(service="street-light")
    reports.transition(db_, staff, closed.reference, "close", {"outcome": "fixed"})
    fields = clerk.get(f"/staff/rounds/{walked.id}").form(f"/rounds/{walked.id}/stops")
    for reference, status in ((closed.reference, 409), (light.reference, 404), ("NOTHERE1", 404)):
        page = clerk.post(f"/staff/rounds/{walked.id}/stops", fields | {"report": reference})
        assert page.status == status, reference


def test_a_round_leads_only_to_reports_that_its_person_sees(db_, signed_in, staff, make_report, today):
    here, far = make_report(), make_report()
    person, reader = make_colleague(db_, "staff", put_elsewhere(db_, far)), make_colleague(db_, "readonly")
    clerk = signed_in("streets")
    fields = clerk.get("/staff/rounds").form("/staff/rounds")
    page = clerk.post("/staff/rounds", fields | {"person": str(reader)})
    assert (page.status, "Choose somebody who works in this department." in page.words) == (422, True)
    assert f'value="{reader}"' not in page.text
    page = clerk.follow(clerk.post("/staff/rounds", fields | {"person": str(person)}))
    assert far.reference in page.words
    assert here.reference not in page.words
    address = page.answer.request.path
    page = clerk.post(f"{address}/stops", page.form(f"{address}/stops") | {"report": here.reference})
    assert (page.status, page.faults) == (422, [])
    assert "outside the areas of whoever would get it" in page.words
    page = clerk.post("/staff/rounds", fields | {"person": str(person), "report": here.reference})
    assert (page.status, page.faults) == (422, [])
    db_.expire_all()
    assert (here.assigned_to, far.assigned_to) == (None, person)


def test_a_team_has_a_round_too_and_everybody_of_the_department_may_walk_it(
    db_, signed_in, make_report, today
):
    supervisor = staff_actor(db_, "supervisor")
    round_ = reports.make_round(db_, supervisor, "streets", today, team="Van 3")
    report = make_report()
    reports.put_on_round(db_, supervisor, round_, report.reference)
    db_.flush()
    page = signed_in("streets").get("/staff/round")
    assert report.reference in page.text
    assert (report.assigned_to, report.team) == (None, "Van 3")
    assert report.reference not in signed_in("lighting").get("/staff/round").text


# Who may

def test_another_departments_round_is_not_there_and_another_persons_is_not_walked(
    db_, signed_in, tap, walked
):
    stranger, boss = signed_in("lighting"), signed_in("supervisor")
    assert stranger.get(f"/staff/rounds/{walked.id}").status == 404
    assert stranger.get(f"/staff/round?round={walked.id}").status == 404
    assert tap("start", who=stranger)[0] == 404
    assert boss.get(f"/staff/rounds/{walked.id}").status == 200
    seen = boss.get(f"/staff/round?round={walked.id}")
    assert "This is somebody else's round." in seen.words
    assert "Finish" not in seen.words
    status, told = tap("start", who=boss)
    assert (status, told["errors"]["kind"]) == (403, ["This is somebody else's round."])
    assert db_.scalar(select(func.count()).select_from(FieldStep)) == 0


def test_whoever_is_not_signed_in_is_told_so_and_a_form_without_its_token_does_nothing(
    visitor, tap, db_, walked
):
    stop = halts(db_, walked)[0].stop.id
    token = visitor.get("/sign-in").form("/sign-in")["csrf_token"]
    told = {"key": str(uuid4()), "kind": "start", "seen": "3", "csrf_token": token}
    assert visitor.post(f"/staff/round/stops/{stop}/steps", told, headers=AS_JSON).status == 401
    assert visitor.post(f"/staff/round/stops/{stop}/steps", told).status == 302
    assert tap.clerk.post(f"/staff/round/stops/{stop}/steps", {"key": str(uuid4()), "kind": "start"},
                          headers=AS_JSON).status == 400
    assert db_.scalar(select(func.count()).select_from(FieldStep)) == 0


def test_what_somebody_else_did_on_the_phone_waits_until_they_sign_in(db_, tap, staff):
    status, told = tap("start", owner=str(reports.staff_id_of(staff) + 1))
    assert (status, told["signin"]) == (403, True)
    assert tap("start", owner=str(reports.staff_id_of(staff)))[0] == 200


# The steps

def test_the_taps_keep_when_they_were_and_the_time_between_them(db_, tap, walked):
    assert tap("start", ago=90)[1]["state"] == "doing"
    status, told = tap("finish", ago=60)
    assert (status, told["state"], told["seconds"]) == (200, "finished", 1800)
    report = halts(db_, walked)[0].report
    start, finish = reports.timeline(db_, report, internal=True)[-2:]
    assert [start.verb, finish.verb] == ["touch_start", "touch_finish"]
    assert not start.public
    assert finish.occurred_at - start.occurred_at == timedelta(minutes=30)  # however long each was on its way
    assert timedelta(minutes=89) < start.recorded_at - start.occurred_at < timedelta(minutes=91)
    assert not list(reports.check_chains(db_))
    assert "30.0 min on the spot" in tap.clerk.get("/staff/round").words


def test_a_tap_of_the_future_or_of_long_ago_is_brought_within_reason(db_, tap, walked):
    tap("start", ago=-600)
    tap("start", ago=10**6, stop=1)
    first, second, *_ = halts(db_, walked)
    assert abs(first.stop.started_at - clock.now()) < timedelta(minutes=1)
    assert clock.now() - second.stop.started_at < timedelta(days=32)


def test_the_same_step_again_gets_the_same_answer_and_is_there_once(db_, tap, walked):
    key = uuid4()
    first = tap("start", ago=5, key=key)
    assert tap("start", ago=5, key=key, sent="1800000600000") == first  # an hour later
    report = halts(db_, walked)[0].report
    assert verbs(db_, report).count("touch_start") == 1
    status, told = tap("finish", key=key)
    assert status == 409
    assert "sent before, with other words" in told["errors"]["kind"][0]


def test_the_same_step_gets_its_answer_after_the_report_went_elsewhere(db_, tap, walked):
    key = uuid4()
    first = tap("close", key=key, outcome="fixed")
    report = halts(db_, walked)[0].report
    report.department_id = catalog(db_).departments["lighting"].id
    db_.flush()
    stop = select(RoundStop.id).where(RoundStop.report_number == report.number)
    page = tap.clerk.post(f"/staff/round/stops/{db_.scalar(stop)}/steps", {
        "csrf_token": tap.token, "key": str(key), "kind": "close", "seen": "1", "outcome": "fixed"},
        headers=AS_JSON)
    assert (page.status, json.loads(page.bytes)) == first
    fresh = tap.clerk.post(f"/staff/round/stops/{db_.scalar(stop)}/steps", {
        "csrf_token": tap.token, "key": str(uuid4()), "kind": "start", "seen": "1"}, headers=AS_JSON)
    assert fresh.status == 404
    assert "no longer in your department" in json.loads(fresh.bytes)["errors"]["kind"][0]


def test_a_step_that_overtook_the_one_before_it_is_told_to_wait(db_, tap):
    before = uuid4()
    status, told = tap("finish", after=str(before))
    assert status == 425
    assert "said" in told
    tap("start", key=before, ago=3)
    assert tap("finish", after=str(before))[0] == 200


def test_a_report_is_closed_with_words_and_a_photo_and_the_time_is_taken(db_, tap, walked, visitor):
    tap("start", ago=12)
    status, told = tap("close", ago=2, outcome="partly_fixed", reason="The rest on Monday.",
                       photo=(photo(80), "after.jpg"))
    assert (status, told["state"], told["seconds"], told["status"]) == (200, "done", 600, "closed")
    report = halts(db_, walked)[0].report
    assert verbs(db_, report)[-3:] == ["touch_start", "touch_finish", "close"]
    assert len(reports.around(db_, report).finished) == 1
    assert "The rest on Monday." in visitor.get(f"/reports/{report.reference}").words
    assert "Work begun" not in visitor.get(f"/reports/{report.reference}").words


def test_photos_from_before_and_after_the_work_stand_where_they_belong(db_, tap, walked):
    assert tap("photo", stage="before", photo=(photo(80), "one.jpg"))[0] == 200
    key = uuid4()
    assert tap("photo", stage="after", key=key, photo=(photo(20), "two.jpg"))[0] == 200
    beside = reports.around(db_, halts(db_, walked)[0].report)
    assert (len(beside.photos), len(beside.finished)) == (1, 1)
    assert tap("photo", stage="after")[0] == 422
    assert tap("photo", stage="melted", photo=(photo(60), "x.jpg"))[0] == 422


def test_whoever_could_not_get_in_says_why_and_the_report_stays_open(db_, tap, walked, visitor):
    assert tap("no_access", note="The gate is locked.")[1]["state"] == "no_access"
    report = halts(db_, walked)[0].report
    assert report.status == "received"
    assert "The gate is locked." in tap.clerk.get(f"/staff/reports/{report.reference}").words
    assert "gate" not in visitor.get(f"/reports/{report.reference}").words


def test_a_round_is_finished_when_nothing_is_left_to_do(db_, tap, walked):
    for stop in range(4):
        tap("close", stop=stop, outcome="not_found")
    assert db_.get(Round, walked.id).finished_at is not None


@pytest.mark.parametrize(("kind", "odd", "status"), [
    ("melt", {}, 422), ("close", {}, 422), ("close", {"outcome": "no_action"}, 422), ("finish", {}, 422),
    ("start", {"key": "x"}, 422), ("start", {"after": "x"}, 422), ("drop", {}, 422),
    ("no_access", {"note": "x" * 4001}, 422), ("start", {"at": "²", "sent": "-1", "seen": "x"}, 200),
    ("start", {"at": "9" * 40}, 200),
])
def test_odd_steps_are_refused_and_never_break(db_, tap, walked, kind, odd, status):
    before = halts(db_, walked)[0].report.events
    assert tap(kind, **odd)[0] == status
    if status == 422:
        assert halts(db_, walked)[0].report.events == before


# Two at one report

def test_one_who_closes_what_a_colleague_closed_is_shown_both_sides(db_, tap, walked):
    halt = halts(db_, walked)[0]
    seen = halt.report.events
    boss = staff_actor(db_, "supervisor")
    ended = {"outcome": "no_action", "reason": "Not ours."}
    reports.transition(db_, boss, halt.report.reference, "close", ended)
    key = uuid4()
    assert tap("start", seen=str(seen), ago=9)[0] == 200  # that somebody was there is true all the same
    status, told = tap("close", key=key, outcome="fixed", seen=str(seen))
    assert status == 409
    assert told["status"] == "Closed"
    [theirs] = told["since"]
    assert (theirs["what"], theirs["who"], theirs["words"]) == (
        "Closed: No action", "supervisor", "Not ours.")
    report = halts(db_, walked)[0].report
    assert report.outcome == "no_action"
    status, told = tap("close", key=key, outcome="fixed", seen=str(told["events"]))
    assert (status, told["since"]) == (409, [])  # closed is closed, also for one who has seen it
    status, told = tap("drop", key=key, of="close", outcome="fixed", why="Somebody was faster.")
    assert status == 200
    last = reports.timeline(db_, report, internal=True)[-1]
    assert (last.verb, last.facts["outcome"]) == ("field_drop", "fixed")
    assert last.text["note"] == "Somebody was faster."


def test_who_claims_to_have_seen_what_has_not_happened_yet_has_seen_nothing(db_, tap, walked):
    halt = halts(db_, walked)[0]
    reports.note(db_, staff_actor(db_, "supervisor"), halt.report.reference, "Call them first.")
    status, told = tap("close", seen="9999999", outcome="fixed")
    assert status == 409
    assert told["since"][-1]["words"] == "Call them first."
    assert halts(db_, walked)[0].report.status != "closed"


def test_ones_own_steps_are_no_news_but_a_colleagues_note_is(db_, tap, walked):
    halt = halts(db_, walked)[0]
    seen = str(halt.report.events)
    tap("start", seen=seen, ago=9)
    tap("finish", seen=seen, ago=5)
    reports.note(db_, staff_actor(db_, "supervisor"), halt.report.reference, "Call them first.")
    key = uuid4()
    status, told = tap("close", seen=seen, key=key, outcome="fixed")
    assert status == 409
    assert [one["words"] for one in told["since"]] == ["Call them first."]
    assert tap("close", seen=str(told["events"]), key=key, outcome="fixed")[0] == 200


def test_without_scripts_both_sides_are_a_page_from_which_one_sends_again_or_drops(db_, signed_in, walked):
    clerk, halt = signed_in("streets"), halts(db_, walked)[0]
    old = clerk.get("/staff/round").form(f"/stops/{halt.stop.id}/steps", kind="close")
    reports.note(db_, staff_actor(db_, "supervisor"), halt.report.reference, "Call them first.")
    address = f"/staff/round/stops/{halt.stop.id}/steps"
    page = clerk.post(address, old | {"outcome": "fixed", "reason": "Done.", "photo": (photo(80), "a.jpg")})
    assert page.status == 409
    assert "Call them first." in page.words
    assert "Closed: Fixed" in page.words
    empty = clerk.post(address, page.form("/steps", kind="drop"))
    assert empty.status == 422
    assert clerk.follow(clerk.post(address, page.form("/steps", kind="close"))).status == 200
    db_.expire_all()
    report = halts(db_, walked)[0].report
    assert (report.status, report.outcome) == ("closed", "fixed")
    assert len(reports.around(db_, report).finished) == 1


def test_without_scripts_a_stop_is_worked_by_forms_and_a_double_click_counts_once(db_, signed_in, walked):
    clerk, stop = signed_in("streets"), halts(db_, walked)[0].stop.id
    address = f"/staff/round/stops/{stop}/steps"
    start = clerk.get("/staff/round").form(address, kind="start")
    assert [clerk.post(address, start).status for _ in range(2)] == [303, 303]
    close = clerk.get("/staff/round").form(address, kind="close")
    page = clerk.post(address, close | {"outcome": "no_action"})
    assert page.status == 422
    assert "Tell the resident why" in page.words
    db_.expire_all()
    assert verbs(db_, halts(db_, walked)[0].report).count("touch_start") == 1


def test_a_step_at_a_stop_that_was_taken_off_meanwhile_is_kept_all_the_same(db_, tap, staff, walked):
    stop = halts(db_, walked)[0].stop
    stop.state = "removed"
    db_.flush()
    page = tap.clerk.post(f"/staff/round/stops/{stop.id}/steps", {
        "csrf_token": tap.token, "key": str(uuid4()), "kind": "start", "seen": "3"}, headers=AS_JSON)
    assert page.status == 200
    db_.expire_all()
    assert db_.get(RoundStop, stop.id).state == "doing"


# The pages

@pytest.mark.parametrize("address", ["/staff/round", "/staff/rounds", "/staff/rounds/{id}"])
def test_a_round_asks_at_most_twelve_times_however_long_it_is(
    database, db_, signed_in, staff, walked, make_report, address
):
    clerk = signed_in("streets")
    for n in range(12):
        reports.put_on_round(db_, staff, walked, make_report(point=Point(41.2, -33.39 + n / 900)).reference)
    db_.flush()
    with counted(database) as asked:
        assert clerk.get(address.format(id=walked.id)).status == 200
    assert len(asked) <= 12, "\n".join(asked)


def test_the_round_is_drawn_in_walking_order_and_for_nobody_who_may_not_see_it(
        db_, signed_in, visitor, tap, walked):
    page = tap.clerk.get("/staff/round")
    address = next(e.get("src") for e in page.tree.iter("img") if "round/map.svg" in e.get("src"))
    drawing = tap.clerk.get(address).bytes.decode()
    assert re.findall(r">(\d)</text>", drawing) == ["1", "2", "3", "4"]
    points = [float(one.partition(",")[0])
              for one in re.findall(r'points="([^"]+)" class="way"', drawing)[0].split()]
    assert points == sorted(points)  # eastwards, as they walk
    assert len(points) == 5  # the first is where the round begins
    for reference in (halt.report.reference for halt in halts(db_, walked)):
        assert reference in drawing
    assert tap("start")[0] == 200
    again = tap.clerk.get("/staff/round")
    assert address not in [e.get("src") for e in again.tree.iter("img")]  # a phone asks for it anew
    assert signed_in("lighting").get(address).status == 404
    assert visitor.get(address).status == 302


def test_a_stop_is_closed_with_prepared_words_of_the_resident_s_language(
        db_, tap, make_report, staff, walked):
    spanish = make_report(point=Point(41.2, -33.39), language="es")
    reports.put_on_round(db_, staff, walked, spanish.reference)
    stop = [halt.report.reference for halt in halts(db_, walked)].index(spanish.reference)
    page = tap.clerk.get("/staff/round")
    own = next(e for e in page.tree.iter("li") if e.get("data-reference") == spanish.reference)
    offered = [e for e in own.iter("option") if e.get("data-leads") is not None]
    words = {e.get("data-leads"): e.get("value") for e in offered}
    assert "El agujero está tapado" in words["fixed"]
    assert tap("close", stop=stop, outcome="fixed", template=words["fixed"])[0] == 200
    said = reports.timeline(db_, spanish, internal=True)[-1]
    assert (said.verb, said.text["reason"]) == ("close", words["fixed"])


def test_a_round_holds_sixty_stops_and_no_more(db_, staff, walked, make_report, monkeypatch):
    monkeypatch.setattr(reports.rounds, "MOST_STOPS", 4)
    with pytest.raises(reports.rounds.Conflict):
        reports.put_on_round(db_, staff, walked, make_report().reference)


def test_something_new_is_reported_from_where_one_stands(signed_in):
    page = signed_in("streets").get("/staff/new?lat=41.2&long=-33.4")
    assert page.form("/staff/new")["place"].startswith("41.2,-33.4,")
    assert page.form("/staff/new")["source"] == "staff"
    assert signed_in("streets").get("/staff/new?lat=x&long=-33.4").status == 422


def test_the_round_says_until_when_a_phone_may_keep_it(db_, signed_in, walked):
    page = signed_in("streets").get("/staff/round")
    assert page.answer.headers["Cache-Control"] == "no-store"
    [root] = [e for e in page.tree.iter("div") if e.get("data-component") == "round"]
    assert root.get("data-until").endswith("+00:00")
    assert sum(link.startswith("geo:41.2,-33.") for link in page.links()) == 4


def test_someone_without_a_round_is_told_so(signed_in):
    assert "You have no round today." in signed_in("lighting").get("/staff/round").words
