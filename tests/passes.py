"""A browser in which somebody is signed in, without the form: hashing a password is slow, as it should be."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, session
from flask_security import login_user
from passlib.hash import argon2
from sqlalchemy import select, update

from civicconnect import accounts, clock, db
from civicconnect.accounts import Staff, StaffSession

USUAL_COST = (argon2.memory_cost, argon2.default_rounds, argon2.parallelism)  # KB, rounds, threads
LEAST_COST = (8, 1, 1)


def hash_quickly() -> None:
    """Hash passwords as cheaply as may be, from here on: nobody attacks the people of a test."""
    argon2.memory_cost, argon2.default_rounds, argon2.parallelism = LEAST_COST


def cookie_of(app: Flask, email: str, way: str = "password") -> str:
    """Return the cookie of somebody who signed in a moment ago."""
    with app.test_request_context(environ_base={"REMOTE_ADDR": "127.0.0.1"}), db.transaction() as change:
        person = change.scalars(select(Staff).where(Staff.email == email)).one()
        session["sid"] = accounts.begin_session(change, person.id, way, "a test")
        # However a test moves the clock: sessions that run out have tests of their own.
        change.execute(update(StaffSession).values(seen_at=clock.now() + timedelta(days=36500)))
        login_user(person)
        signer = app.session_interface.get_signing_serializer(app)
        return str(signer.dumps(dict(session)))
