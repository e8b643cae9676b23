"""Whoever runs it: a proxy in front, a database away, and what the worker does by the calendar."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from civicconnect import clock, commands, db, jobs, media
from civicconnect.app import create_app, handlers, schedule, seal_file
from civicconnect.errors import NotFound
from tests.factories import Staff
from tests.pages import Visitor


def ask(app, peer, **headers):
    """Ask for the home page as a proxy would pass it on; returns its headers."""
    client = app.test_client()
    return client.get("/", headers={k.replace("_", "-"): v for k, v in headers.items()},
                      environ_base={"REMOTE_ADDR": peer}).headers


def test_a_proxy_that_is_trusted_says_how_people_came(database, given):
    app = create_app(replace(given, trusted_proxy="10.0.0.1"), database)
    assert "Strict-Transport-Security" in ask(app, "10.0.0.1", X_Forwarded_Proto="https")
    assert "Strict-Transport-Security" not in ask(app, "10.0.0.2", X_Forwarded_Proto="https")


def test_colleagues_who_sign_in_well_keep_nobody_out(database, given):
    app = create_app(replace(given, tries_an_hour="1"), database)
    for _ in range(3):
        assert Visitor(app).sign_in(Staff.named("streets")).status in (200, 302)


def test_a_full_disk_is_told_as_such(app, monkeypatch, visitor):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(app.view_functions, "resident.home", full)
    assert visitor.get("/").status == 503


def test_where_no_proxy_is_trusted_nobody_is_believed(app):
    assert "Strict-Transport-Security" not in ask(app, "127.0.0.1", X_Forwarded_Proto="https")


def test_limits_count_people_and_not_the_proxy(database, given):
    app = create_app(replace(given, trusted_proxy="10.0.0.1", tries_an_hour="2"), database)
    answers = []
    for person in ("203.0.113.1", "203.0.113.2", "203.0.113.1", "203.0.113.1"):
        visitor, came = Visitor(app), {"headers": {"X-Forwarded-For": person},
                                       "environ_base": {"REMOTE_ADDR": "10.0.0.1"}}
        fields = visitor.get("/sign-in", **came).form("/sign-in") | {"email": "a@b.example", "password": "no"}
        answers.append(visitor.post("/sign-in", fields, **came).status)
    assert [code == 429 for code in answers] == [False, False, False, True]


def take_away(database):
    """Answer no more, as a server that has stopped."""
    def refuse(*_args):
        raise OperationalError("", {}, Exception("connection refused"))

    database.engine.dispose()
    event.listen(database.engine, "do_connect", refuse)


@pytest.mark.parametrize("who", [None, "streets"])
def test_without_its_database_the_site_says_so_to_everybody(own_database, given, who):
    visitor = Visitor(create_app(given, own_database))
    if who:
        visitor.sign_in(Staff.named(who))
    take_away(own_database)
    for address in ("/", "/report", "/reports", "/staff/queue"):
        page = visitor.get(address)
        assert page.status == (503 if who or address != "/staff/queue" else 302), address
        assert page.status == 302 or "Try again in a minute" in page.words
    ready = visitor.get("/readyz")
    assert (ready.status, ready.answer.get_json()["database"]) == (503, False)
    assert visitor.get("/healthz").status == 200


def test_a_slash_at_the_end_of_an_address_does_no_harm(visitor):
    assert [visitor.get(path).status for path in ("/report/", "/reports/", "/data/")] == [200, 200, 200]


# What the worker does by the calendar

def do_all():
    schedule()
    with clock.stopped_at(clock.now() + timedelta(minutes=5)):
        jobs.drain(handlers())


def test_photos_of_forms_that_were_never_sent_go_and_others_stay(database, given, make_report):
    store = media.Store(given.data_folder / "photos")
    sent, abandoned = store.keep(b"sent", b"small"), store.keep(b"abandoned", b"small")
    make_report(photos=(media.Photo(sent, 4, 3),))
    for path in (given.data_folder / "photos").rglob("*.*"):
        os.utime(path, (0, 0))
    fresh = store.keep(b"fresh", b"small")
    do_all()
    assert store.path(sent, "full").exists()
    assert store.path(fresh, "full").exists()
    with pytest.raises(NotFound):
        store.path(abandoned, "full")


def test_a_seal_that_cannot_be_read_is_a_fault_with_its_name(database, given, capsys):
    do_all()
    assert commands.verify() == 0
    seal_file("2026-01-01").write_text("")
    assert commands.verify() == 1
    assert "seal 2026-01-01: this is no seal" in capsys.readouterr().err


def test_jobs_that_were_given_up_are_named(database):
    def fail(*_):
        raise ValueError("the disk is full")

    with db.transaction() as change:
        jobs.enqueue(change, "publish")
    for day in range(jobs.TRIES + 1):
        with clock.stopped_at(clock.now() + timedelta(days=day)):
            jobs.drain({"publish": jobs.Handler(fail)})
    with db.reading() as view:
        (kind, count, said), = jobs.given_up(view)
    assert (kind, count) == ("publish", 1)
    assert "the disk is full" in said
