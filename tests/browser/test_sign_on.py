"""There and back in a real browser: the policy of our pages lets nobody be stuck."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
from waitress.server import create_server

from civicconnect import accounts, db, settings
from civicconnect.app import create_app
from tests.browser.conftest import Site, free_port
from tests.conftest import make_settings
from tests.provider import CLIENT, SECRET, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fake():
    with running() as one:
        one.person = {"sub": "sara-1", "email": "streets@larkmouth.example", "email_verified": True,
                      "groups": ["crew"]}
        yield one


@pytest.fixture(scope="module")
def site(fake, engine, templates, tmp_path_factory):
    """The product, with a provider and no other way to sign in."""
    folder, port = tmp_path_factory.mktemp(f"sign-on-{engine}"), free_port()
    (folder / "publication").mkdir()
    with templates(engine).copy(folder) as url:
        given = replace(
            make_settings(folder, url), base_url=f"http://localhost:{port}", local_sign_in="no",
            oidc_issuer=fake.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET, oidc_name="City Login",
            oidc_roles="crew=staff:streets")
        database = db.open_database(url)
        with serving(create_app(given, database), port):
            yield Site(given.address, folder, url)
        database.engine.dispose()


@contextmanager
def serving(app, port):
    server = create_server(app, host="127.0.0.1", port=port, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.trigger.pull_trigger(server.close)
        thread.join()


def test_there_to_the_desk_out_again_and_refused(phone, site, fake):
    clerk = phone()
    page = clerk.page
    clerk.go("/staff/me")
    assert page.get_by_label("Password").count() == 0
    assert clerk.axe() == []
    clerk.tap(page.get_by_role("link", name="Sign in with City Login"))
    page.wait_for_url("**/staff/me")
    assert clerk.axe() == []
    assert clerk.overflow() <= 0
    clerk.go("/staff/queue")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")  # by way of the provider
    fake.person["groups"] = []
    clerk.tap(page.get_by_role("link", name="Sign in with City Login"))
    page.get_by_text("None of your groups at City Login may work here.").wait_for()
    assert clerk.axe() == []
    assert clerk.overflow() <= 0
    fake.person["groups"] = ["crew"]
    with settings.bound(make_settings(site.data, site.database)), site.changing() as change:
        token = accounts.make_link_by_hand(change, "streets@larkmouth.example")
    for language in ("en", "ar"):
        clerk.go(f"/{language}/sign-in/by-hand/{token}")
        assert clerk.axe() == []
        assert clerk.overflow() <= 0
    there = f"asked another host: {fake.issuer}/"
    asked = [one for one in clerk.complaints if one.startswith(there)]
    assert [one.removeprefix(there).split("?")[0] for one in asked] == ["authorize", "logout", "authorize"]
    for one in asked:
        clerk.complaints.remove(one)
