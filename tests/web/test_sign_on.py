"""Signing in at the city's provider: whom it lets in, as whom, and every way in which it does not."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import func, insert, select

from civicconnect import accounts, clock, db, settings
from civicconnect.accounts import AuditRow, Staff
from civicconnect.accounts.models import Farewell, Identity, staff_area
from civicconnect.app import create_app
from civicconnect.settings import Missing
from tests.factories import Staff as Somebody
from tests.factories import staff_actor
from tests.pages import Visitor
from tests.passes import cookie_of
from tests.provider import CLIENT, SECRET, begin, come_back, fresh, running, sign_on

STREETS = "streets@larkmouth.example"
ROLES = "crew=staff:streets; lamps=staff:lighting; heads=supervisor; cn=gate,ou=city=readonly; any=staff"
SARA = {"sub": "sara-1", "email": STREETS, "email_verified": True, "name": "Sara Stone", "groups": ["crew"]}


@pytest.fixture(scope="module")
def running_provider():
    with running() as fake:
        yield fake


@pytest.fixture
def fake(running_provider):
    """The provider, with Sara of the streets department, as it is when all is well."""
    return fresh(running_provider, SARA)


def at_provider(given, fake, **more):
    """Return settings with a provider in them."""
    return replace(given, oidc_issuer=fake.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET,
                   oidc_roles=ROLES, oidc_name="City Login", **more)


@pytest.fixture
def given(given, fake):
    with settings.bound(at_provider(given, fake)) as made:
        yield made


@pytest.fixture
def only(app, database, given):
    """The same city with local accounts switched off."""
    off = replace(given, local_sign_in="no")
    app.extensions["civic"] = off, database
    with settings.bound(off):
        yield app


def audit(db_, what):
    return list(db_.scalars(select(AuditRow).where(AuditRow.what == what).order_by(AuditRow.id)))


def person(db_, email=STREETS):
    asked = select(Staff).where(Staff.email == email)
    return db_.scalars(asked.execution_options(populate_existing=True)).one()


def refused(visitor, page, why):
    """See that somebody stands before the ways to sign in again, with a sentence, and is not in."""
    assert page.status == 303
    assert f"why={why}" in page.answer.headers["Location"]
    page = visitor.follow(page)
    assert "You are not signed in" in page.words
    assert visitor.get("/staff/queue").status == 302
    return page.words


def turned_away(visitor, fake, why):
    """See that somebody who was at the provider is not in, and why."""
    return refused(visitor, sign_on(visitor, fake), why)


# Who is let in

def test_somebody_of_the_staff_list_signs_in_at_the_provider_and_goes_where_they_wished(visitor, fake, db_):
    page = visitor.get("/sign-in?next=/staff/me")
    link = next(link for link in page.links() if "/sign-in/with" in link)
    assert "Sign in with City Login" in page.words
    page = sign_on(visitor, fake, link)
    assert (page.status, page.answer.headers["Location"]) == (302, "/staff/me")
    page = visitor.follow(page)
    assert "The city's sign-on" in page.words
    assert not [link for link in page.links() if "codes" in link]  # nothing to set up here
    linked, = db_.scalars(select(Identity))
    assert (linked.staff_id, linked.issuer, linked.subject) == (person(db_).id, fake.issuer, "sara-1")
    assert [row.facts["by"] for row in audit(db_, "identity")] == ["email"]
    assert [row.facts for row in audit(db_, "sign_in")] == [{"way": "sign_on"}]


def test_a_person_is_known_by_what_the_provider_calls_them_and_not_by_their_address(
        visitor, someone, fake):
    sign_on(visitor, fake)
    fake.person |= {"email": "sara.married@larkmouth.example", "email_verified": False}
    again = someone()
    assert sign_on(again, fake).status == 302
    assert again.get("/staff/queue").status == 200
    fake.person |= {"sub": "somebody-hired-later", "email": STREETS, "email_verified": True}
    assert "another account of City Login" in turned_away(someone(), fake, "other")


@pytest.mark.parametrize("said", [{"email_verified": False}, {"email_verified": None},
                                  {"email_verified": "no"}, {"email": None}, {"email": 7},
                                  {"email": "a\0@b.c"},
                                  {"email": "nobody"}])
def test_an_address_that_the_provider_does_not_vouch_for_is_nobodys(visitor, fake, db_, said):
    fake.said = said
    assert "your e-mail address is yours" in turned_away(visitor, fake, "unverified")
    assert not db_.scalars(select(Identity)).all()


def test_nobody_is_added_unless_the_city_says_so(visitor, someone, fake, db_, app, given, database):
    fake.person |= {"sub": "new", "email": "New@larkmouth.example"}
    assert "Nobody with your e-mail address" in turned_away(visitor, fake, "unknown")
    app.extensions["civic"] = replace(given, oidc_new_people="yes"), database
    newcomer = someone()
    assert sign_on(newcomer, fake).status == 302
    assert newcomer.get("/staff/queue").status == 200
    one = accounts.member(db_, person(db_, "new@larkmouth.example").id)
    assert (one.name, one.rights.role, one.rights.departments) == ("Sara Stone", "staff", ("streets",))
    fake.person |= {"sub": "newer", "email": "newer@larkmouth.example", "groups": ["any"]}
    assert "No department" in turned_away(someone(), fake, "no_department")
    assert not db_.scalars(select(Staff).where(Staff.email == "newer@larkmouth.example")).all()


def test_an_invitation_is_taken_with_the_sign_on_whatever_address_stands_there(
        visitor, someone, fake, db_, signed_in):
    token = accounts.make_link(db_, person(db_).id, accounts.INVITE)
    page = visitor.get(f"/sign-in/invitation/{token}")
    link = next(link for link in page.links() if "/sign-in/with" in link)
    fake.person |= {"email": "sara@home.example", "email_verified": None}
    assert sign_on(visitor, fake, link).status == 302
    assert visitor.get("/staff/queue").status == 200
    assert someone().get(f"/sign-in/invitation/{token}").status == 404
    fake.person |= {"sub": "another"}
    late = someone()
    assert "invitation holds no more" in refused(late, sign_on(late, fake, link), "invitation")


def test_two_browsers_of_a_newcomer_at_once_make_one_person(own_database, own_settings, fake):
    app = create_app(at_provider(own_settings, fake, oidc_new_people="yes"), own_database)
    fake.person |= {"sub": "new", "email": "new@larkmouth.example"}
    browsers = [Visitor(app), Visitor(app)]
    for browser in browsers:  # one whose last session is over: it is looked up before the person is written
        browser.client.set_cookie("civic", cookie_of(app, STREETS))
    with db.transaction() as change:
        accounts.end_sessions(change, person(change).id)
    answers = [fake.code_for(begin(browser)) for browser in browsers]
    with ThreadPoolExecutor(2) as both:
        pages = list(both.map(lambda one: come_back(one[0], code=one[1][0], state=one[1][1]),
                              zip(browsers, answers, strict=True)))
    assert [page.status for page in pages] == [302, 302]
    assert [browser.get("/staff/queue").status for browser in browsers] == [200, 200]
    with db.reading() as view:
        assert view.scalar(select(func.count()).select_from(Identity)) == 1


# What their groups give them

@pytest.mark.parametrize(("groups", "role", "departments"), [
    (["crew"], "staff", ("streets",)), (["lamps", "crew", "tea"], "staff", ("lighting", "streets")),
    (["heads", "cn=gate,ou=city"], "supervisor", ("streets",)), ("any", "staff", ("streets",)),
    (["cn=gate,ou=city"], "readonly", ("streets",)),
])
def test_groups_give_a_role_and_departments_at_each_sign_in(visitor, fake, db_, groups, role, departments):
    fake.person["groups"] = groups
    assert sign_on(visitor, fake).status == 302
    rights = accounts.member(db_, person(db_).id).rights
    assert (rights.role, rights.departments) == (role, departments)
    assert len(audit(db_, "rights_given")) == (0 if (role, departments) == ("staff", ("streets",)) else 1)


def test_areas_stay_as_they_are_also_where_the_city_draws_them_no_more(visitor, fake, db_):
    db_.execute(insert(staff_area).values(staff_id=person(db_).id, layer="ward", code="gone"))
    fake.person["groups"] = ["lamps"]
    assert sign_on(visitor, fake).status == 302
    rights = accounts.member(db_, person(db_).id).rights
    assert (rights.departments, rights.areas) == (("lighting",), (("ward", "gone"),))


def test_groups_may_stand_deeper_or_only_where_the_provider_is_asked_for_them(
        visitor, someone, fake, app, given, database, db_):
    app.extensions["civic"] = replace(given, oidc_claim="realm_access.roles"), database
    fake.person |= {"realm_access": {"roles": ["heads"]}, "groups": None}
    assert sign_on(visitor, fake).status == 302
    assert accounts.member(db_, person(db_).id).rights.role == "supervisor"
    fake.person = {"sub": "sara-1"}
    fake.userinfo = SARA | {"realm_access": {"roles": ["crew"]}}
    accounts.provider.provider_of.cache_clear()
    assert sign_on(someone(), fake).status == 302
    assert accounts.member(db_, person(db_).id).rights.role == "staff"
    fake.userinfo["sub"] = "somebody else"
    assert "could not be trusted" in turned_away(someone(), fake, "untrue")


def test_whoever_lost_their_groups_is_refused_and_signed_out_everywhere(visitor, someone, fake, db_):
    sign_on(visitor, fake)
    assert visitor.get("/staff/queue").status == 200
    fake.person["groups"] = ["tea"]
    assert "None of your groups" in turned_away(someone(), fake, "no_role")
    assert visitor.get("/staff/queue").status == 302
    row, = audit(db_, "sign_in_failed")
    assert (row.about, row.facts["why"], row.facts["sessions"]) == (f"staff:{person(db_).id}", "no_role", 1)


def test_whoever_has_left_stays_out(visitor, someone, fake, db_):
    sign_on(visitor, fake)
    accounts.dismiss(db_, staff_actor(db_, "admin"), person(db_).id, {})
    assert "Your account here is closed" in turned_away(someone(), fake, "left")
    fake.person["sub"] = "a new account"
    assert "Your account here is closed" in turned_away(someone(), fake, "left")


def test_what_comes_from_the_sign_on_is_shown_and_not_changed_on_the_page(visitor, fake, db_, signed_in):
    sign_on(visitor, fake)
    admin, address = signed_in("admin"), f"/staff/people/{person(db_).id}"
    assert "comes from the sign-on" in admin.get("/staff/people").words
    page = admin.get(address)
    assert page.words.count("This comes from the sign-on") == 2
    fields = page.form("/rights")
    assert (fields["role"], fields["department"]) == ("staff", "streets")
    for other in ({"role": "admin"}, {"department": "lighting"}):
        page = admin.post(f"{address}/rights", fields | other)
        assert page.status == 422
        assert "Change it there" in page.words
    assert admin.post(f"{address}/rights", fields | {"area": "ward:north"}).status in (303, 422)
    assert accounts.member(db_, person(db_).id).rights.role == "staff"


def test_a_link_to_the_sign_on_is_taken_away_and_found_anew(visitor, someone, fake, db_, signed_in):
    sign_on(visitor, fake)
    admin, address = signed_in("admin"), f"/staff/people/{person(db_).id}"
    assert admin.post(f"{address}/sign-on", admin.get(address).form("/sign-on")).status == 303
    assert visitor.get("/staff/queue").status == 302
    assert [row.about for row in audit(db_, "identity_dropped")] == [f"staff:{person(db_).id}"]
    fake.person["sub"] = "sara-2"
    assert sign_on(someone(), fake).status == 302


# What is no sign-in of now, for us, by them: each fault by itself in tests/accounts/test_provider.py

def test_a_token_that_is_not_of_this_sign_in_lets_nobody_in_and_the_audit_says_why(visitor, fake, db_):
    fake.said = {"nonce": "of another"}
    assert "could not be trusted" in turned_away(visitor, fake, "untrue")
    row, = audit(db_, "sign_in_failed")
    assert (row.actor, row.facts["why"], "nonce" in row.facts["detail"]) == ("stranger", "untrue", True)
    assert not db_.scalars(select(Identity)).all()


# The way there and back

def test_an_answer_lets_somebody_in_once_and_in_the_browser_that_asked(visitor, someone, fake):
    code, state = fake.code_for(begin(visitor))
    thief = someone()
    assert "took too long" in refused(thief, come_back(thief, code=code, state=state), "stale")
    before = visitor.client.get_cookie("civic").value
    assert come_back(visitor, code=code, state=state).status == 302
    twice = come_back(visitor, code=code, state=state)
    assert (twice.status, twice.answer.headers["Location"]) == (302, "/staff")
    assert visitor.get("/staff/queue").status == 200
    replayed = someone()
    replayed.client.set_cookie("civic", before)
    refused(replayed, come_back(replayed, code=code, state=state), "stale")


def test_two_answers_at_once_do_not_sign_out_who_was_signed_in(visitor, someone, fake):
    visitor.get("/sign-in")
    code, state = fake.code_for(begin(visitor))
    twin = someone()
    twin.client.set_cookie("civic", visitor.client.get_cookie("civic").value)
    assert come_back(visitor, code=code, state=state).status == 302
    late = come_back(twin, code=code, state=state)
    assert late.status == 303
    assert not late.answer.headers.getlist("Set-Cookie")  # the one of the first answer stays


def test_two_windows_may_sign_in_side_by_side(visitor, fake):
    first, second = (fake.code_for(begin(visitor, f"/sign-in/with?next={path}"))
                     for path in ("/staff/me", "/staff/queue"))
    page = come_back(visitor, code=first[0], state=first[1])
    assert page.answer.headers["Location"] == "/staff/me"
    assert come_back(visitor, code=second[0], state=second[1]).status == 302


def test_an_answer_after_a_quarter_of_an_hour_is_too_late(visitor, fake, monkeypatch):
    code, state = fake.code_for(begin(visitor))
    late = time.time() + 900
    monkeypatch.setattr("civicconnect.web.sign_on.time.time", lambda: late)
    refused(visitor, come_back(visitor, code=code, state=state), "stale")


@pytest.mark.parametrize(("came", "why"), [
    ({"error": "access_denied"}, "cancelled"), ({"error": "server_error"}, "away"),
    ({"error": "<script>alert(1)</script>"}, "unset"), ({}, "untrue"), ({"code": "made up"}, "stale"),
    ({"code": "any", "iss": "https://another.example"}, "untrue"),
])
def test_what_comes_back_instead_of_a_code_is_a_sentence(visitor, fake, came, why):
    _, state = fake.code_for(begin(visitor, "/sign-in/with?next=/staff/me"))
    page = come_back(visitor, state=state, **came)
    assert "next=%2Fstaff%2Fme" in page.answer.headers["Location"]
    assert "script" not in refused(visitor, page, why)


@pytest.mark.parametrize("wished", ["https://evil.example/", "//evil.example", "/\\evil.example",
                                    "///evil.example", "javascript:alert(1)", "/\t/evil.example",
                                    "/" + "x" * 3000, "http://[", "http://[::1", "/staff/\r\nX: y"])
def test_nobody_is_led_to_another_host(visitor, fake, wished):
    page = sign_on(visitor, fake, "/sign-in/with?" + urlencode({"next": wished}))
    assert page.status == 302
    assert page.answer.headers["Location"] in ("/staff", "/%5Cevil.example")


def test_the_language_of_the_page_comes_back_with_a_refusal(visitor, fake):
    address = begin(visitor, "/ar/sign-in/with")
    assert parse_qs(urlsplit(address).query)["ui_locales"] == ["ar"]
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == ["http://localhost:8311/sign-in/back"]
    _, state = fake.code_for(address)
    assert come_back(visitor, state=state).answer.headers["Location"].startswith("/ar/sign-in?")


# A provider that is down, or not what it should be

DISCOVERY, TOKEN = "/realm/.well-known/openid-configuration", "/realm/token"


def test_a_provider_that_is_down_is_a_sentence_and_left_alone_for_a_moment(
        visitor, fake, app, given, database, db_):
    nowhere = replace(given, oidc_issuer="http://127.0.0.1:9/realm")
    app.extensions["civic"] = nowhere, database
    assert "City Login does not answer" in refused(visitor, visitor.get("/sign-in/with"), "away")
    app.extensions["civic"] = given, database
    fake.statuses[DISCOVERY] = 503
    for _ in range(3):
        assert visitor.get("/sign-in/with").status == 303
    assert fake.asked.count(DISCOVERY) == 1
    assert [row.facts["why"] for row in audit(db_, "sign_in_failed")] == ["away", "away"]  # once each
    fake.statuses.clear()
    with clock.stopped_at(clock.now() + timedelta(seconds=11)):
        assert visitor.get("/sign-in/with").status == 302


def test_a_wrong_secret_is_not_the_fault_of_who_signs_in(visitor, fake, app, given, database):
    app.extensions["civic"] = replace(given, oidc_client_secret="another"), database
    assert "Tell an administrator" in turned_away(visitor, fake, "unset")


def test_two_cities_have_providers_of_their_own(visitor, someone, fake, database, given, db_):
    with running() as theirs:
        theirs.person, theirs.keys, theirs.signs_with = dict(SARA), ["theirs"], "theirs"
        other = Visitor(create_app(at_provider(given, theirs), database))
        assert sign_on(visitor, fake).status == 302
        code, state = theirs.code_for(begin(other))
        stranger = someone()
        refused(stranger, come_back(stranger, code=code, state=state), "stale")
        _, own_state = fake.code_for(begin(stranger))
        refused(stranger, come_back(stranger, code=code, state=own_state), "stale")
        assert come_back(other, code=code, state=state).status == 302
        assert {one.issuer for one in db_.scalars(select(Identity))} == {fake.issuer, theirs.issuer}
        # What the other city's provider calls somebody is nothing here, even where the words are the same.
        fake.person = {"sub": "sara-2"}
        theirs.person = {"sub": "sara-2", "email": "lighting@larkmouth.example", "email_verified": True,
                         "groups": ["lamps"]}
        assert sign_on(Visitor(other.client.application), theirs).status == 302
        assert turned_away(someone(), fake, "unverified")


# Signing out

def test_signing_out_ends_the_session_here_and_at_the_provider(visitor, fake, db_):
    sign_on(visitor, fake)
    page = visitor.post("/sign-out", visitor.get("/staff/queue").form("/sign-out"))
    assert page.status == 200
    assert "You are signed out here" in page.words
    assert page.answer.headers["Cache-Control"] == "no-store"
    there = next(link for link in page.links() if link.startswith(fake.issuer))
    asked = parse_qs(urlsplit(there).query)
    assert asked["post_logout_redirect_uri"] == ["http://localhost:8311/sign-in"]
    assert asked["client_id"] == [CLIENT]
    assert asked["id_token_hint"][0].count(".") == 2
    assert visitor.get("/staff/queue").status == 302
    assert not db_.scalar(select(func.count()).select_from(Farewell))


def test_signing_out_works_where_the_provider_knows_no_signing_out_or_is_down(visitor, someone, fake):
    fake.more = {"end_session_endpoint": None}
    sign_on(visitor, fake)
    form = visitor.get("/staff/queue").form("/sign-out")
    fake.statuses[DISCOVERY] = 500
    with clock.stopped_at(clock.now() + timedelta(hours=2)):  # what it published is forgotten
        page = visitor.post("/sign-out", form)
    assert (page.status, page.answer.headers["Location"]) == (302, "/")


def test_too_many_tries_are_refused_however_they_are_made(fake, given, database, db_):
    client = create_app(replace(given, tries_an_hour="3"), database).test_client()

    def tries(address, ask, peer):
        return [ask(address, environ_base={"REMOTE_ADDR": peer}).status_code for _ in range(5)]

    assert tries("/sign-in/back?state=x", client.head, "10.1.1.1") == [303, 303, 303, 429, 429]
    there = client.get("/sign-in/with", environ_base={"REMOTE_ADDR": "10.1.1.2"}).headers["Location"]
    state = parse_qs(urlsplit(there).query)["state"][0]
    typed = f"/sign-in/back?state={state}&error=made_up"
    assert tries(typed, client.get, "10.1.1.2") == [303, 303, 303, 429, 429]
    fake.statuses[TOKEN] = 503  # what ails the provider is nobody's try
    assert tries(f"/sign-in/back?state={state}&code=any", client.get, "10.1.1.3") == [303] * 5
    assert fake.asked.count(TOKEN) <= 5


def test_long_addresses_in_any_script_fit_into_the_cookie(visitor, fake):
    wished = "/staff/queue?q=" + "洗" * 480
    for _ in range(3):
        assert visitor.get("/sign-in/with?" + urlencode({"next": wished})).status == 302
    assert len(visitor.client.get_cookie("civic").value) < 4000


# Beside, and instead of, local accounts

def test_whoever_signs_in_at_the_provider_signs_in_in_no_other_way(visitor, someone, fake, db_):
    sign_on(visitor, fake)
    clerk = someone()
    fields = clerk.get("/sign-in").form("/sign-in")
    page = clerk.post("/sign-in", fields | {"email": STREETS, "password": "a long password"})
    assert "You sign in with City Login" in refused(clerk, page, "elsewhere")
    assert [row.facts["way"] for row in audit(db_, "sign_in_failed")] == ["password"]
    for path in ("password", "passkeys", "codes"):
        form = visitor.get("/staff/queue").form("/sign-out")
        assert visitor.post(f"/staff/me/{path}", form).status == 409
    assert someone().sign_in(Somebody.named("lighting")).status in (200, 302)  # others as before


def test_with_local_accounts_off_every_other_door_is_shut(only, fake, db_):
    visitor = Visitor(only)
    page = visitor.get("/sign-in")
    assert "Sign in with City Login" in page.words
    assert "Password" not in page.words
    assert [link for link in page.links() if "/sign-in/" in link] == ["/sign-in/with"]
    link = accounts.make_link(db_, person(db_).id, accounts.SIGN_IN)
    invitation = accounts.make_link(db_, person(db_).id, accounts.INVITE)
    only.config["WTF_CSRF_ENABLED"] = False
    try:
        for address in ("/sign-in", "/sign-in/link", f"/sign-in/link/{link}", "/sign-in/passkey",
                        "/sign-in/code", f"/sign-in/invitation/{invitation}"):
            page = visitor.post(address, {"email": STREETS, "password": "a long password"})
            assert page.status == 403, address
            assert "Passwords, links and passkeys are not used here" in page.words
            assert visitor.get("/staff/queue").status == 302
    finally:
        only.config["WTF_CSRF_ENABLED"] = True
    for address in ("/sign-in/link", f"/sign-in/link/{link}", "/sign-in/code"):
        assert "why=off" in visitor.get(address).answer.headers["Location"]
    page = visitor.get(f"/sign-in/invitation/{invitation}")
    assert "Password" not in page.words
    assert [link for link in page.links() if link.startswith("/sign-in/with?invitation=")]
    assert {row.facts["why"] for row in audit(db_, "sign_in_failed")} == {"off"}
    assert {row.facts["way"] for row in audit(db_, "sign_in_failed")} > {"security.login", "entrance.passkey"}


def test_with_local_accounts_off_a_session_that_began_with_a_password_is_over(only, fake):
    for way, status in (("password", 302), ("passkey", 302), ("sign_on", 200)):
        clerk = Visitor(only)
        clerk.client.set_cookie("civic", cookie_of(only, STREETS, way))
        assert clerk.get("/staff/queue").status == status


def test_a_link_made_at_the_machine_lets_somebody_in_once_while_the_provider_is_down(only, fake, db_):
    fake.statuses[DISCOVERY] = 503
    token = accounts.make_link_by_hand(db_, STREETS)
    clerk = Visitor(only)
    page = clerk.get(f"/sign-in/by-hand/{token}")
    assert page.answer.headers["Cache-Control"] == "no-store"
    assert clerk.post(f"/sign-in/by-hand/{token}", page.form(f"/by-hand/{token}")).status == 302
    assert clerk.get("/staff/queue").status == 200
    assert Visitor(only).get(f"/sign-in/by-hand/{token}").status == 404
    assert [row.actor for row in audit(db_, "by_hand")] == ["system"]
    assert [row.facts["way"] for row in audit(db_, "sign_in")] == ["by_hand"]
    late = accounts.make_link_by_hand(db_, STREETS)
    with clock.stopped_at(clock.now() + timedelta(minutes=16)):
        assert Visitor(only).get(f"/sign-in/by-hand/{late}").status == 404


def test_the_second_factor_is_the_providers(fake, app, given, database):
    app.extensions["civic"] = replace(given, second_factor="staff"), database
    clerk = Visitor(app)
    sign_on(clerk, fake)
    assert clerk.get("/staff/queue").status == 200


# Settings

def test_settings_that_let_nobody_in_stop_the_start(given, database):
    with pytest.raises(Missing, match="nobody could sign in"):
        create_app(replace(given, local_sign_in="no", oidc_issuer=""), database)


def test_without_a_provider_there_is_no_such_door(app, given, database, visitor):
    app.extensions["civic"] = replace(given, oidc_issuer=""), database
    assert "Sign in with" not in visitor.get("/sign-in").words.replace("Sign in with a passkey", "")
    assert visitor.get("/sign-in/with").status == 404
    assert visitor.get("/sign-in/back?code=a&state=b").status == 404


def test_a_session_of_before_ends_with_the_first_sign_on_and_a_code_owed_is_no_way_in(
        visitor, someone, fake, db_):
    local, half = someone(), someone()
    local.sign_in(Somebody.named("streets"))
    assert local.get("/staff/queue").status == 200
    me = person(db_)
    paper = accounts.new_recovery_codes(db_, me.id)
    me.totp = accounts.seal(b"JBSWY3DPEHPK3PXP")
    db_.flush()
    page = half.post("/sign-in", half.get("/sign-in").form("/sign-in") | {
        "email": STREETS, "password": Somebody.named("streets").password})
    assert page.answer.headers["Location"].endswith("/sign-in/code")
    assert sign_on(visitor, fake).status == 302
    assert local.get("/staff/queue").status == 302
    form = half.get("/sign-in/code").form("/sign-in/code")
    refused(half, half.post("/sign-in/code", form | {"code": paper[0]}), "elsewhere")
    assert visitor.get("/staff/queue").status == 200


def test_a_sign_on_holds_for_twelve_hours_however_often_it_is_used(visitor, fake, db_):
    sign_on(visitor, fake)
    began = clock.now()
    for hours in (5, 10):
        with clock.stopped_at(began + timedelta(hours=hours)):
            assert visitor.get("/staff/queue").status == 200
    with clock.stopped_at(began + timedelta(hours=13)):
        assert visitor.get("/staff/queue").status == 302


def test_who_came_by_a_provider_that_the_city_has_left_is_out(visitor, fake, app, given, database):
    sign_on(visitor, fake)
    without = replace(given, oidc_issuer="")
    app.extensions["civic"] = without, database
    with settings.bound(without):
        assert visitor.get("/staff/queue").status == 302
