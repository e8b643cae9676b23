"""People come, get rights, sign in by several ways, and leave; whatever is done to them is kept."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from passlib.totp import TOTP
from sqlalchemy import select

from civicconnect import accounts, clock, jobs, notify, reports
from civicconnect.accounts import SYSTEM, AuditRow, Staff, StaffSession
from civicconnect.app import create_app, handlers
from civicconnect.errors import Conflict, NotAllowed, NotFound
from civicconnect.settings import Missing
from tests.factories import Staff as Somebody
from tests.factories import make_colleague, staff_actor
from tests.pages import Visitor
from tests.passes import cookie_of

LINK = re.compile(r"/sign-in/(?:invitation|link)/[\w-]+")
ANA = {"email": "ana@larkmouth.example", "name": "Ana", "role": "staff", "department": "streets"}
PASSWORD = "several quiet words"  # noqa: S105  of somebody who is not there


@pytest.fixture
def admin(signed_in):
    return signed_in("admin")


def id_of(db_, email):
    return db_.scalars(select(Staff.id).where(Staff.email == email)).one()


def audit(db_, what):
    db_.expire_all()
    return list(db_.scalars(select(AuditRow).where(AuditRow.what == what).order_by(AuditRow.id)))


def letters():
    """Send what waits, and return the letters of today, the newest first."""
    jobs.drain(handlers())
    return [message_from_bytes(file.read_bytes(), policy=default) for file in notify.letterbox().letters()]


def link_in(letter):
    return LINK.search(letter.get_body(("plain",)).get_content()).group()


@pytest.fixture
def invited(admin, db_):
    """Somebody invited to the streets department: their link."""
    page = admin.post("/staff/people", admin.get("/staff/people").form("/staff/people") | ANA)
    assert page.status == 303
    letter = letters()[0]
    assert letter["To"] == ANA["email"]
    return link_in(letter)


def test_an_invitation_becomes_somebody_at_their_desk(invited, someone, db_):
    ana = someone()
    page = ana.get(invited)
    assert "ana@larkmouth.example" in page.words
    short = ana.post(invited, page.form(invited) | {"password": "short"})
    assert short.status == 422
    assert "Use at least 10 characters" in short.words
    assert ana.follow(ana.post(invited, page.form(invited) | {"password": PASSWORD})).status == 302
    assert ana.get("/staff/queue").status == 200
    assert someone().get(invited).status == 404  # it holds once
    assert someone().sign_in(Somebody(ANA["email"], PASSWORD, "staff")).status in (200, 302)
    assert [row.actor for row in audit(db_, "invite")] == [staff_actor(db_, "admin").name]


def test_an_invitation_runs_out_after_a_week(invited, someone):
    with clock.stopped_at(clock.now() + timedelta(days=7, minutes=1)):
        assert someone().get(invited).status == 404


@pytest.mark.parametrize(("typed", "words"), [
    ({"email": "nobody"}, "Write an e-mail address"), ({"email": "streets@larkmouth.example"}, "already"),
    ({"name": " "}, "Write a name"), ({"role": "mayor"}, "Choose one of"), ({"department": ""}, "department"),
    ({"department": "moon"}, "No department"), ({"area": "ward:moon"}, "Choose areas of the list"),
    ({"area": "moon"}, "Choose areas of the list"),
])
def test_an_invitation_that_is_no_good_is_refused_beside_its_field(admin, db_, typed, words):
    fields = {k: v for k, v in (ANA | typed).items() if v}
    page = admin.post("/staff/people", admin.get("/staff/people").form("/staff/people") | fields)
    assert page.status == 422
    assert words in page.words
    assert not audit(db_, "invite")


def test_other_rights_hold_at_once(admin, signed_in, make_report, db_):
    report, clerk = make_report(), signed_in("streets")
    address = f"/staff/people/{id_of(db_, 'streets@larkmouth.example')}"
    fields = admin.get(address).form("/rights")
    assert admin.post(f"{address}/rights", fields | {"role": "readonly"}).status == 303
    token = clerk.get("/staff/queue").form("/sign-out")["csrf_token"]
    assert clerk.get(f"/staff/reports/{report.reference}").status == 200
    assert clerk.post(f"/staff/reports/{report.reference}/notes",
                      {"csrf_token": token, "note": "A word."}).status == 403
    row, = audit(db_, "rights")
    assert (row.facts["was"]["role"], row.facts["is"]["role"]) == ("staff", "readonly")
    stale = admin.post(f"{address}/rights", fields | {"role": "supervisor"})
    assert stale.status == 409
    assert "Someone else changed these rights" in stale.words


def test_nobody_raises_themselves_or_takes_the_last_administrator_away(admin, db_, add_admin):
    own = f"/staff/people/{id_of(db_, 'admin@larkmouth.example')}"
    token = admin.get("/staff/people").form("/staff/people")["csrf_token"]
    for path in ("rights", "leave", "return", "factor"):
        page = admin.post(f"{own}/{path}", {"csrf_token": token, "role": "admin"})
        assert page.status == 403, path
    me, second = staff_actor(db_, "admin"), add_admin()
    also = accounts.actor_of(db_, second)
    accounts.dismiss(db_, me, second, {})
    # Asked at the same moment, by one who was an administrator when their page was opened.
    with pytest.raises(NotAllowed):
        accounts.change_rights(db_, also, int(me.name[6:]), accounts.Rights("auditor"))
    by_command = accounts.Actor("system", "system", frozenset({"people"}))
    with pytest.raises(Conflict, match="Nobody would be left"):
        accounts.change_rights(db_, by_command, int(me.name[6:]), accounts.Rights("auditor"))


@pytest.fixture
def add_admin(db_, app):
    def one():
        with app.app_context():
            return accounts.add_staff(db_, "second@larkmouth.example", "a long password", "admin", []).id
    return one


@pytest.mark.parametrize("named", [False, True], ids=["to the queue", "to a colleague"])
def test_who_leaves_is_out_at_once_and_leaves_no_work_behind(admin, signed_in, make_report, db_, named):
    clerk, report = signed_in("streets"), make_report()
    leaver = id_of(db_, "streets@larkmouth.example")
    heir = accounts.invite(db_, staff_actor(db_, "admin"), "heir@larkmouth.example", "Heir",
                           accounts.Rights("staff", ("streets",))).id
    reports.assign(db_, staff_actor(db_, "streets"), report.reference, leaver)
    address = f"/staff/people/{leaver}"
    page = admin.get(address)
    assert "Heir" in page.words
    done = admin.post(f"{address}/leave", page.form("/leave") | {"to": str(heir) if named else ""})
    assert done.status == 303
    assert clerk.get("/staff/queue").status == 302
    db_.expire_all()
    found = reports.find(db_, report.reference, SYSTEM)
    assert found.assigned_to == (heir if named else None)
    last = reports.timeline(db_, found, internal=True)[-1]
    assert (last.verb, last.public, last.facts["was"]) == ("assign", False, leaver)
    assert audit(db_, "leave")[0].facts == {"given": int(named), "back": int(not named)}
    assert not accounts.sessions_of(db_, leaver)
    assert admin.post(f"{address}/leave", page.form("/leave")).status == 409
    assert admin.post(f"{address}/return", admin.get(address).form("/return")).status == 303
    assert "/sign-in/invitation/" in link_in(letters()[0])


def test_a_reader_is_no_successor_of_who_leaves(admin, db_):
    reader, leaver = make_colleague(db_, "readonly"), id_of(db_, "streets@larkmouth.example")
    address = f"/staff/people/{leaver}"
    page = admin.get(address)
    assert f'value="{reader}"' not in page.text
    page = admin.post(f"{address}/leave", page.form("/leave") | {"to": str(reader)})
    assert (page.status, page.faults) == (422, [])
    assert "Choose somebody who works in this department." in page.words
    assert admin.get(address).form("/leave")  # they have not left


def test_sessions_are_listed_and_ended_one_by_one_or_all(signed_in, admin, db_):
    one, two, three = (signed_in("streets") for _ in range(3))
    page = one.get("/staff/me")
    assert page.words.count("last used") == 3
    ends = [a for a in (form.get("action") or "" for form in page.tree.iter("form")) if "/sessions/" in a]
    assert len(ends) == 2
    token = {"csrf_token": page.form("/sessions")["csrf_token"]}
    assert one.post(ends[0], token).status == 303
    assert sorted(v.get("/staff/queue").status for v in (two, three)) == [200, 302]
    assert one.post("/staff/me/sessions", token).status == 303
    assert [v.get("/staff/queue").status for v in (one, two, three)] == [200, 302, 302]
    theirs = signed_in("lighting")
    lighting = db_.scalars(select(StaffSession.id).order_by(StaffSession.id.desc())).first()
    assert one.post(f"/staff/me/sessions/{lighting}", token).status == 404
    assert theirs.get("/staff/queue").status == 200
    address = f"/staff/people/{id_of(db_, 'streets@larkmouth.example')}"
    admin.post(f"{address}/sessions", admin.get(address).form("/sessions"))
    assert one.get("/staff/queue").status == 302


def test_a_session_runs_out_when_it_is_not_used(someone, db_):
    clerk = someone()
    clerk.sign_in(Somebody.named("streets"))
    now = clock.now()
    for hours, status in ((11, 200), (22, 200), (35, 302)):
        with clock.stopped_at(now + timedelta(hours=hours)):
            assert clerk.get("/staff/queue").status == status


def test_a_link_by_email_lets_in_once_and_only_who_may_have_one(someone, db_):
    person = db_.scalars(select(Staff).where(Staff.email == "streets@larkmouth.example")).one()
    person.by_link = True
    db_.flush()
    clerk = someone()
    for email in ("streets@larkmouth.example", "lighting@larkmouth.example", "nobody@larkmouth.example"):
        fields = clerk.get("/sign-in/link").form("/sign-in/link")
        page = clerk.post("/sign-in/link", fields | {"email": email})
        assert "a letter is on its way" in page.words
    letter, = letters()
    assert letter["To"] == person.email
    link = link_in(letter)
    assert clerk.get(link).status == 200  # a mail program looks; the link still holds
    fields = clerk.get(link).form(link)
    assert clerk.follow(clerk.post(link, fields)).status in (200, 302)
    assert clerk.get("/staff/queue").status == 200
    assert someone().post(link, fields).status in (400, 404)
    assert someone().get(link).status == 404
    assert audit(db_, "sign_in")[-1].facts == {"way": "link"}


def test_links_by_email_are_few_and_short_lived(db_):
    person = id_of(db_, "streets@larkmouth.example")
    made = [accounts.make_link(db_, person, accounts.SIGN_IN) for _ in range(5)]
    assert not accounts.may_send_link(db_, person)
    for old in made[:-1]:
        with pytest.raises(NotFound):
            accounts.use_link(db_, old, accounts.SIGN_IN)
    with clock.stopped_at(clock.now() + timedelta(minutes=16)), pytest.raises(NotFound):
        accounts.use_link(db_, made[-1], accounts.SIGN_IN)
    with clock.stopped_at(clock.now() + timedelta(minutes=61)):
        assert accounts.may_send_link(db_, person)


@pytest.fixture
def with_codes(signed_in, db_):
    """The streets clerk after setting up codes: their secret, the codes on paper, the code it took."""
    clerk = signed_in("streets")
    page = clerk.get("/staff/me/codes")
    fields = page.form("/staff/me/codes")
    wrong = clerk.post("/staff/me/codes", fields | {"code": "000000"})
    assert wrong.status == 422
    assert wrong.form("/staff/me/codes")["secret"] == fields["secret"]
    code = now_of(fields["secret"])
    done = clerk.post("/staff/me/codes", fields | {"code": code})
    assert done.status == 200
    return fields["secret"], re.findall(r"\b[a-z2-9]{5}-[a-z2-9]{5}\b", done.words), code


def now_of(secret):
    return TOTP(key=secret).generate(clock.now()).token


def test_with_codes_a_password_alone_is_half_a_sign_in(with_codes, someone):
    _, paper, used = with_codes
    assert len(set(paper)) == 10
    for code, lets_in in (("123", False), (used, False), (paper[0], True),
                          (paper[0].upper().replace("-", " "), False), (paper[1], True)):
        clerk = someone()
        fields = clerk.get("/sign-in").form("/sign-in")
        page = clerk.post("/sign-in?next=/staff/me", fields | {
            "email": "streets@larkmouth.example", "password": "a long password"})
        assert page.answer.headers["Location"].endswith("/sign-in/code")
        assert clerk.get("/staff/queue").status == 302
        page = clerk.post("/sign-in/code", clerk.follow(page).form("/sign-in/code") | {"code": code})
        assert page.status == (302 if lets_in else 422)
        assert clerk.get("/staff/queue").status == (200 if lets_in else 302)
        if lets_in:
            assert page.answer.headers["Location"] == "/staff/me"


def test_a_code_of_the_app_fits_once(with_codes, db_):
    person = db_.scalars(select(Staff).where(Staff.email == "streets@larkmouth.example")).one()
    with clock.stopped_at(clock.now() + timedelta(minutes=2)):
        code = now_of(with_codes[0])
        assert [accounts.code_fits(db_, person, code) for _ in range(2)] == ["app", ""]


def test_a_half_sign_in_is_no_good_after_ten_minutes_or_for_another(with_codes, someone, monkeypatch):
    clerk = someone()
    assert clerk.get("/sign-in/code").status == 302
    fields = clerk.get("/sign-in").form("/sign-in")
    page = clerk.post("/sign-in", fields | {
        "email": "streets@larkmouth.example", "password": "a long password"})
    fields = clerk.follow(page).form("/sign-in/code")
    monkeypatch.setattr("civicconnect.web.entrance.time.time", lambda: clock.now().timestamp() + 601)
    assert clerk.post("/sign-in/code", fields | {"code": with_codes[1][0]}).status == 302
    monkeypatch.undo()
    assert clerk.get("/staff/queue").status == 302


def test_failures_are_kept_but_not_what_was_typed(visitor, db_):
    for email in ("streets@larkmouth.example", "my secret password"):
        fields = visitor.get("/sign-in").form("/sign-in")
        visitor.post("/sign-in", fields | {"email": email, "password": "no"})
    known, unknown = audit(db_, "sign_in_failed")
    assert known.about == staff_actor(db_, "streets").name
    assert (unknown.about, unknown.facts) == ("", {"way": "password"})


def test_a_new_password_ends_the_other_sessions(signed_in, someone, db_):
    clerk, other = signed_in("streets"), signed_in("streets")
    fields = clerk.get("/staff/me").form("/staff/me/password")
    wrong = clerk.post("/staff/me/password", fields | {"now": "no", "password": PASSWORD})
    assert wrong.status == 422
    assert "This is not your password" in wrong.words
    right = fields | {"now": "a long password", "password": PASSWORD}
    assert clerk.post("/staff/me/password", right).status == 303
    assert (clerk.get("/staff/queue").status, other.get("/staff/queue").status) == (200, 302)
    assert someone().sign_in(Somebody("streets@larkmouth.example", PASSWORD, "staff")).status in (200, 302)


def test_a_role_that_demands_a_second_factor_leads_to_where_it_is_set_up(database, given):
    demanding = replace(given, second_factor="supervisor admin")
    app = create_app(demanding, database)
    for who in ("supervisor", "streets"):
        visitor = Visitor(app)
        visitor.client.set_cookie("civic", cookie_of(app, Somebody.named(who).email))
        page = visitor.get("/staff/queue")
        assert page.status == (302 if who == "supervisor" else 200)
        if who == "supervisor":
            fields = visitor.follow(page).form("/staff/me/codes")
            visitor.post("/staff/me/codes", fields | {"code": now_of(fields["secret"])})
            assert visitor.get("/staff/queue").status == 200
    with pytest.raises(Missing, match="mayor"):
        create_app(replace(given, second_factor="mayor"), database)
