"""Passwords: what is accepted as one, and whether one fits."""

from __future__ import annotations

import unicodedata

from flask_security import hash_password, verify_password
from sqlalchemy import select

from civicconnect.accounts.models import Staff
from civicconnect.db import Db
from civicconnect.errors import Invalid, Sentence

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 500


def password_faults(password: str) -> list[str]:
    """Return what is wrong with a new password."""
    if len(password) < SHORTEST_PASSWORD:
        return [Sentence("Use at least %(least)s characters.", least=SHORTEST_PASSWORD)]
    if len(password) > LONGEST_PASSWORD:
        return [Sentence("Use at most %(most)s characters.", most=LONGEST_PASSWORD)]
    return []


def hashed(password: str) -> str:
    """Return a password as it is kept (argon2)."""
    return str(hash_password(_spelt(password)))


def set_password(person: Staff, password: str) -> None:
    """Give somebody a new password, or raise Invalid."""
    if faults := password_faults(password):
        raise Invalid({"password": faults})
    person.password = hashed(password)


def fits(person: Staff | None, password: str) -> bool:
    """Say whether a password is somebody's. It takes as long where there is nobody."""
    if len(password) > LONGEST_PASSWORD:
        return False
    if person is None or not person.password:
        hash_password(_spelt(password))
        return False
    return bool(verify_password(_spelt(password), person.password))


def staff_by_email(db: Db, email: str) -> Staff | None:
    """Return who may sign in under an e-mail address."""
    return db.scalar(select(Staff).where(Staff.email == email.strip().lower(), Staff.active))


def _spelt(password: str) -> str:
    # Two keyboards may write one letter in two ways.
    return unicodedata.normalize("NFKD", password)
