"""Links that let somebody in once: invitations for a week, sign-ins for a quarter of an hour.

A sign-in link comes by e-mail, or by hand from whoever holds the machine.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update

from civicconnect import clock
from civicconnect.accounts.actor import SYSTEM
from civicconnect.accounts.audit import note_audit
from civicconnect.accounts.models import SignLink, Staff
from civicconnect.accounts.sealing import keyed_hash
from civicconnect.db import Db
from civicconnect.errors import Invalid, NotFound

INVITE, SIGN_IN, BY_HAND = "invite", "sign_in", "by_hand"
HOLDS = {INVITE: timedelta(days=7), SIGN_IN: timedelta(minutes=15), BY_HAND: timedelta(minutes=15)}
MOST_AN_HOUR = 5  # links by e-mail for one person: nobody's letterbox is filled by others


def make_link(db: Db, staff_id: int, purpose: str) -> str:
    """Make a link for somebody and return its secret part; earlier ones for the same purpose end."""
    token, now = secrets.token_urlsafe(32), clock.now()
    end_links(db, staff_id, purpose)
    db.add(SignLink(staff_id=staff_id, purpose=purpose, token=keyed_hash("link", token), made_at=now,
                    until=now + HOLDS[purpose]))
    db.flush()
    return token


def make_link_by_hand(db: Db, email: str) -> str:
    """Make a link for whoever holds the machine, and return its secret part. Raises Invalid."""
    person = db.scalar(select(Staff).where(Staff.email == email.strip().lower(), Staff.active))
    if person is None:
        raise Invalid({"email": ["Nobody with this address works here. Add them with 'civic user add'."]})
    note_audit(db, SYSTEM, BY_HAND, f"staff:{person.id}")
    return make_link(db, person.id, BY_HAND)


def person_of_link(db: Db, token: str, purpose: str) -> Staff:
    """Return whom a link lets in; NotFound where it has been used, has run out or never was."""
    asked = select(Staff).join(SignLink, SignLink.staff_id == Staff.id).where(_open(token, purpose))
    person = db.scalar(asked)
    if person is None:
        raise NotFound("this link does not hold any more")
    return person


def use_link(db: Db, token: str, purpose: str) -> Staff:
    """Return whom a link lets in, and let it hold no more. Two at once: one of them gets NotFound."""
    used = update(SignLink).where(_open(token, purpose)).values(used_at=clock.now())
    found = db.execute(used.returning(SignLink.staff_id)).scalar()
    person = db.get(Staff, found) if found else None
    if person is None:
        raise NotFound("this link does not hold any more")
    return person


def end_links(db: Db, staff_id: int, purpose: str = "") -> None:
    """Let no earlier link of somebody hold any more."""
    ended = update(SignLink).where(SignLink.staff_id == staff_id, SignLink.used_at.is_(None))
    db.execute((ended.where(SignLink.purpose == purpose) if purpose else ended).values(used_at=clock.now()))


def may_send_link(db: Db, staff_id: int) -> bool:
    """Say whether somebody may be sent one more link now."""
    recent = select(func.count()).select_from(SignLink).where(
        SignLink.staff_id == staff_id, SignLink.purpose == SIGN_IN,
        SignLink.made_at > clock.now() - timedelta(hours=1))
    return (db.scalar(recent) or 0) < MOST_AN_HOUR


def _open(token: str, purpose: str) -> ColumnElement[bool]:
    return (
        (SignLink.token == keyed_hash("link", token)) & (SignLink.purpose == purpose)
        & SignLink.used_at.is_(None) & (SignLink.until > clock.now())
    )
