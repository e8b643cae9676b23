"""Where somebody is signed in: each browser a row, which its owner or an administrator can end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import joinedload

from civicconnect import clock
from civicconnect.accounts.models import Staff, StaffSession
from civicconnect.accounts.sealing import keyed_hash
from civicconnect.db import Db
from civicconnect.errors import NotFound

LASTS = timedelta(hours=12)  # without being used
SEEN_EVERY = timedelta(minutes=10)  # written down no oftener: looking at a page should not write


@dataclass(frozen=True)
class SignedIn:
    """A person and the browser they are signed in with."""

    person: Staff
    session_id: int
    way: str
    seen_at: datetime

    @property
    def is_stale(self) -> bool:
        """Say whether it is time to write down that the session is in use."""
        return clock.now() - self.seen_at > SEEN_EVERY


def begin_session(db: Db, staff_id: int, way: str, device: str = "") -> str:
    """Begin a session and return what the browser holds of it: kept here only as a hash."""
    token, now = secrets.token_urlsafe(32), clock.now()
    db.add(StaffSession(staff_id=staff_id, token=keyed_hash("session", token), way=way, device=device[:200],
                        made_at=now, seen_at=now))
    db.flush()
    return token


def signed_in(db: Db, uniquifier: str, token: str) -> SignedIn | None:
    """Return who a browser belongs to; None where its session has ended or they have left: one statement."""
    asked = (
        select(Staff, StaffSession.id, StaffSession.way, StaffSession.seen_at)
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(Staff.fs_uniquifier == uniquifier, Staff.active, StaffSession.ended_at.is_(None),
               StaffSession.token == keyed_hash("session", token),
               StaffSession.seen_at > clock.now() - LASTS,
               # What groups at the provider give is asked anew after that time, used or not.
               or_(StaffSession.way != "sign_on", StaffSession.made_at > clock.now() - LASTS))
        .options(joinedload(Staff.roles))
    )
    found = db.execute(asked).unique().first()
    return SignedIn(*found) if found else None


def session_is_used(db: Db, session_id: int) -> None:
    """Write down that a session is in use now."""
    db.execute(update(StaffSession).where(StaffSession.id == session_id).values(seen_at=clock.now()))


def sessions_of(db: Db, staff_id: int) -> list[StaffSession]:
    """Return where somebody is signed in, the last used first."""
    asked = select(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None),
                                       StaffSession.seen_at > clock.now() - LASTS)
    return list(db.scalars(asked.order_by(StaffSession.seen_at.desc(), StaffSession.id.desc())))


def end_session(db: Db, staff_id: int, session_id: int) -> None:
    """End one session of somebody. Raises NotFound: it is another's, or over."""
    ended = update(StaffSession).where(StaffSession.id == session_id, StaffSession.staff_id == staff_id,
                                       StaffSession.ended_at.is_(None)).values(ended_at=clock.now())
    if not db.execute(ended.returning(StaffSession.id)).all():
        raise NotFound("there is no such session")


def end_sessions(db: Db, staff_id: int, but: int | None = None) -> int:
    """End all sessions of somebody, but perhaps one; return how many."""
    ended = update(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None),
                                       StaffSession.id != (but or 0)).values(ended_at=clock.now())
    return len(db.execute(ended.returning(StaffSession.id)).all())


def last_seen(db: Db) -> dict[int, datetime]:
    """Return when each member of staff was last here, by id."""
    rows = db.execute(select(StaffSession.staff_id, func.max(StaffSession.seen_at))
                      .group_by(StaffSession.staff_id))
    return dict(rows.tuples().all())
