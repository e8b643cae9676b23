"""The rules on screen: read, drafted, tried, saved with a reason, and brought back."""

from __future__ import annotations

import pytest

from civicconnect import city, reports, routing
from tests.offers import make_plain
from tests.places import within

RULES = "/staff/rules"


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def admin(signed_in):
    return signed_in("admin")


def draft(admin):
    page = admin.get(RULES)
    return admin.follow(admin.post(f"{RULES}/draft", page.form("/draft")))


def add(admin, **fields):
    page = admin.get(f"{RULES}/draft/rule")
    return admin.post(f"{RULES}/draft/rule", page.form("/draft/rule") | fields)


def save(admin, reason="The crews asked for it."):
    fields = admin.get(f"{RULES}/draft").form("/draft/save")
    return admin.post(f"{RULES}/draft/save", fields | {"reason": reason})


@pytest.mark.parametrize(("who", "status"), [("admin", 200), ("supervisor", 200), ("streets", 403)])
def test_who_may_read_the_rules(signed_in, who, status):
    visitor = signed_in(who)
    for path in ("", "/versions", "/versions/1"):
        assert visitor.get(RULES + path).status == status
    assert ("Who answers" in visitor.get("/staff/queue").words) == (status == 200)


def test_only_whoever_may_change_the_city_drafts(signed_in, admin, visitor):
    fields = admin.get(RULES).form("/draft")
    assert "Change the rules" not in signed_in("supervisor").get(RULES).words
    for path in ("/draft", "/draft/order", "/draft/rule", "/draft/save", "/draft/rebase", "/draft/throw-away",
                 "/versions/1/restore"):
        assert signed_in("supervisor").post(RULES + path, fields).status in (400, 403)
    for path in ("/draft", "/draft/rule", "/draft/dry-run"):
        assert signed_in("supervisor").get(RULES + path).status == 403
    assert visitor.get(RULES).status == 302


def test_the_rules_are_read_in_their_order_with_why(admin):
    words = admin.get(RULES).words
    assert words.index("bare-wires") < words.index("harbour-lamps")
    assert "It lies in: Harbour" in words
    assert "The lamps on the quays hang on the harbour's own cables." in words


def test_a_rule_goes_from_the_form_to_a_report(admin, db_, make_report):
    assert "It began as version" in draft(admin).words
    page = admin.follow(add(admin, code="my-holes", department="water", services="pothole",
                            areas="district:harbour", place="first", note="Trucks of the port."))
    assert page.words.index("my-holes") < page.words.index("bare-wires")
    assert "New: my-holes" in page.words
    page = admin.follow(save(admin))
    assert "The crews asked for it." in page.words
    assert "admin" in page.words
    report = make_report(point=within(db_, "harbour"))
    assert (report.why["rule"], report.why["rules_version"]) == ("my-holes", routing.rule_book(db_).version)
    words = admin.get(f"/staff/reports/{report.reference}").words
    assert "Rule my-holes, because of: Pothole, Harbour and Holm." in words
    assert "Rule my-holes" in admin.get(f"/reports/{report.reference}").words
    assert "Go on with your draft" not in admin.get(RULES).words


def test_a_draft_is_tried_on_past_reports_before_it_is_saved(admin, db_, make_report):
    moved = make_report(point=within(db_, "harbour"))
    draft(admin)
    add(admin, code="my-holes", department="water", services="pothole", place="first")
    add(admin, code="deep-holes", department="parks", services="pothole", areas="district:harbour")
    add(admin, code="by-letter", department="parks", services="pothole", sources="letter", place="first")
    page = admin.get(f"{RULES}/draft/dry-run")
    assert "1 report, from" in page.words
    assert "1 would go to another department." in page.words
    assert moved.reference in page.words
    assert "It never decides: rule my-holes takes all that fits it." in page.words
    assert "Nothing fits it." in page.words
    assert routing.rule_book(db_).rule("my-holes") is None
    db_.refresh(moved)
    assert moved.events == 2


@pytest.mark.parametrize(("fields", "words"), [
    ({"code": ""}, "Name it with a-z"), ({"code": "Ö"}, "Name it with a-z"), ({"code": "service"}, "Name it"),
    ({"department": ""}, "Choose who answers"), ({"department": "moon"}, "No department is called 'moon'"),
    ({"services": "hoel"}, "No service is called"), ({"areas": "ward:moon"}, "No area is called"),
    ({"answer": "colour=red"}, "No service of its asks"),
    ({"near": "rails", "metres": "5"}, "no layer of things"),
    ({"metres": "20"}, "Choose what must lie near"), ({"near": "rails", "metres": "far"}, "Give a distance"),
    ({"near": "rails", "metres": "nan"}, "Give a distance"), ({"from-0": "22:00"}, "Give two times"),
    ({"from-0": "9pm", "to-0": "x"}, "Give two times"), ({"days": "someday"}, "A day is one of"),
    ({"sources": "pigeon"}, "No report comes in by"), ({"priorities": "now"}, "A priority is one of"),
    ({"note": "x" * 501}, "at most 500"), ({"code": "bare-wires"}, "Another rule is called so"),
])
def test_what_is_wrong_with_a_rule_stands_beside_its_field(admin, fields, words):
    draft(admin)
    page = add(admin, **({"code": "mine", "department": "water"} | fields))
    assert page.status == 422
    assert words in page.words


def test_rules_are_changed_moved_and_taken_out(admin, db_):
    draft(admin)
    page = admin.get(f"{RULES}/draft/rule?code=harbour-lamps")
    fields = page.form("/draft/rule")
    assert (fields["department"], fields["areas"]) == ("water", "district:harbour")
    page = admin.follow(admin.post(f"{RULES}/draft/rule", fields | {
        "department": "lighting", "from-0": "22:00", "to-0": "06:00", "days": "sat"}))
    assert "It came in at: 22:00-06:00" in page.words
    assert "It came in on: Saturday" in page.words
    for do in ("up", "remove"):
        fields = admin.get(f"{RULES}/draft").form("/draft/order", code="harbour-lamps")
        page = admin.follow(admin.post(f"{RULES}/draft/order", fields | {"do": do}))
        assert ("Tried at another place" in page.words) == (do == "up")
    assert "Gone: harbour-lamps" in page.words
    admin.follow(save(admin))
    assert routing.rule_book(db_).rule("harbour-lamps") is None


def test_an_older_page_of_ones_own_draft_is_refused(admin):
    old = draft(admin).form("/draft/order", code="bare-wires")
    add(admin, code="mine", department="water")
    page = admin.post(f"{RULES}/draft/order", old | {"do": "remove"})
    assert page.status == 409
    assert "in another window" in page.words
    assert "bare-wires" in page.words


def test_a_draft_made_on_an_older_version_shows_both_sides(admin, db_):
    draft(admin)
    add(admin, code="mine", department="water", services="pothole")
    book = routing.rule_book(db_)
    routing.load(db_, book.rules[1:], "staff:1", "Not needed.")
    page = save(admin)
    assert page.status == 409
    for words in ("came in force while you were at version", "Gone: bare-wires", "New: mine", "Not needed."):
        assert words in page.words
    page = admin.follow(admin.post(f"{RULES}/draft/rebase", page.form("/rebase") | {"keep": "mine"}))
    assert "New: bare-wires" in page.words  # the draft has it still, and says so
    assert save(admin).status == 303
    assert routing.rule_book(db_).rule("mine")


@pytest.mark.parametrize(("reason", "words"), [("", "Say why"), ("x" * 501, "Say why")])
def test_a_version_needs_a_reason(admin, reason, words):
    draft(admin)
    add(admin, code="mine", department="water")
    page = save(admin, reason)
    assert page.status == 422
    assert words in page.words


def test_nothing_changed_is_no_version(admin):
    draft(admin)
    assert "Nothing is changed yet." in save(admin).words


def test_an_earlier_version_is_brought_back_as_a_new_one(admin, db_):
    before = routing.rule_book(db_)
    draft(admin)
    add(admin, code="mine", department="water")
    admin.follow(save(admin))
    page = admin.get(f"{RULES}/versions/{before.version}")
    fields = page.form("/restore")
    path = f"{RULES}/versions/{before.version}/restore"
    assert "Say why" in admin.post(path, fields).words
    page = admin.follow(admin.post(path, fields | {"reason": "It was wrong."}))
    assert f"(version {before.version} brought back)" in page.words
    assert "Gone: mine" in page.words
    assert routing.rule_book(db_).rules == before.rules
    again = admin.post(path, fields | {"reason": "Once more."})
    assert again.status == 409
    assert "It was wrong." in admin.get(f"{RULES}/versions").words


def test_each_change_is_a_version_of_the_city_too_and_going_back_there_undoes_it(admin, db_):
    rules, first = routing.rule_book(db_).rules, city.newest_version(db_)
    draft(admin)
    add(admin, code="mine", department="water")
    admin.follow(save(admin))
    kept = city.versions(db_)[0]
    assert (kept.number, kept.reason) == (first + 1, "The crews asked for it.")
    assert kept.changes == ("rules.toml, [[rule]] mine: new.",)
    assert city.content_of(db_, kept.number) == city.dump(db_)
    page = admin.get(f"/staff/city/versions/{first}")
    assert "mine" in page.words
    fields = page.form("/back") | {"reason": "The crews are gone."}
    admin.follow(admin.post(f"/staff/city/versions/{first}/back", fields))
    assert routing.rule_book(db_).rules == rules
    assert routing.versions(db_)[0].reason == "The crews are gone."


def test_a_rule_that_fails_is_seen_and_its_reports_reach_the_catch_all(admin, db_, make_report):
    rules = routing.rule_book(db_).rules
    routing.load(db_, (routing.Rule("old", "tramways", frozenset({"pothole"})), *rules))
    report = make_report()
    assert "No department is called 'tramways'." in admin.get(RULES).words
    words = admin.get(f"/staff/reports/{report.reference}").words
    assert "Rule old could not decide. No department is called 'tramways'." in words
    assert "tramways" not in admin.get(f"/reports/{report.reference}").words
    assert report.why["failed"]["rule"] == "old"
    draft(admin)
    add(admin, code="mine", department="water")
    assert "Rule old: No department is called 'tramways'." in save(admin).words  # saved again it is refused


def test_how_often_the_first_department_was_wrong_is_told(admin, db_, make_report, moderator):
    one, _two = make_report(), make_report()
    reports.change_service(db_, moderator, one.reference, "tree")
    words = admin.get(RULES).words
    assert "Of 2 reports of the last year, 1 went on to another department or out of the city ( 50%" in words
    assert "Pothole 2 1 50%" in words


# Another service, from the report's page

@pytest.fixture
def about(signed_in, make_report):
    """A clerk who says that a report is about something else."""
    report = make_report()
    clerk, path = signed_in("streets"), f"/staff/reports/{report.reference}"

    def say(service, **fields):
        return clerk.post(f"{path}/service", clerk.get(path).form("/service") | {"service": service} | fields)

    say.clerk, say.path, say.reference = clerk, path, report.reference
    return say


def test_a_report_that_leaves_the_clerk_s_sight_leads_back_to_the_queue(about, visitor):
    page = about.clerk.follow(about("tree", why="It is a root."))
    said = f"Report {about.reference} is about “Tree or branch” now. Parks and Trees looks after it."
    assert said in page.words
    assert page.words.startswith("Skip to main content")
    assert about.clerk.get(about.path).status == 404
    words = visitor.get(f"/reports/{about.reference}").words
    for said in ("It is about something else", "Tree or branch, and not Pothole", "It is a root.",
                 "Sent on to Parks and Trees, because of what it is about.", "New promise: by"):
        assert said in words


def test_a_report_that_stays_is_shown_with_its_new_promise(about):
    page = about.clerk.follow(about("pavement"))
    assert "It stays with Streets and Paving." in page.words
    assert "It is about something else" in page.words


@pytest.mark.parametrize(("service", "fields", "words", "status"), [
    ("", {}, "Choose what the report is about.", 422), ("moon", {}, "Choose what the report is about.", 422),
    ("tree", {"why": "x" * 2001}, "Use at most 2000 characters.", 422),
    ("tree", {"seen": "1"}, "Someone else changed this report", 409)])
def test_what_is_wrong_with_another_service_stands_beside_it(about, service, fields, words, status):
    page = about(service, **fields)
    assert page.status == status
    assert words in page.words
    assert page.form("/service")["service"] == (service if service == "tree" else "")


def test_of_a_closed_report_nothing_is_changed(about):
    fields = about.clerk.get(about.path).form("/service")
    close = about.clerk.get(about.path).form("/steps", verb="close") | {"verb": "close", "outcome": "fixed"}
    about.clerk.post(f"{about.path}/steps", close)
    assert "It is about something else" not in about.clerk.get(about.path).words
    assert about.clerk.post(f"{about.path}/service", fields | {"service": "tree", "seen": ""}).status == 409
