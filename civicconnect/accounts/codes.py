"""The second factor: six figures that an app shows, and codes on paper for when the phone is lost."""

from __future__ import annotations

import secrets

from passlib.exc import TokenError
from passlib.totp import TOTP
from sqlalchemy import delete, func, select, update

from civicconnect import clock
from civicconnect.accounts.models import RecoveryCode, Staff
from civicconnect.accounts.sealing import keyed_hash, seal, unseal
from civicconnect.db import Db
from civicconnect.errors import Invalid, Sentence

CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
WINDOW_SECONDS = 30  # by which a phone's clock may be off


def new_totp_secret() -> str:
    """Return a fresh secret for an app, as it is typed: base 32."""
    return str(TOTP.new().base32_key)


def valid_secret(secret: str) -> str:
    """Return a secret as it came back from a form, or a fresh one where it is none."""
    try:
        return str(TOTP(key=secret).base32_key)
    except (ValueError, TypeError):
        return new_totp_secret()


def totp_address(secret: str, email: str, city: str) -> str:
    """Return what the square picture says to an app (otpauth://…)."""
    return str(TOTP(key=secret).to_uri(label=email.replace(":", ""), issuer=city.replace(":", "")))


def set_totp(db: Db, person: Staff, secret: str, code: str) -> list[str]:
    """Ask somebody for codes from now on; return their recovery codes, which are shown this once.

    Raises Invalid: the app does not show this code.
    """
    try:
        step = TOTP(key=secret).match(_figures(code), clock.now(), window=WINDOW_SECONDS).counter
    except (TokenError, ValueError, TypeError):
        raise Invalid({"code": [Sentence("The app does not show this code. Try the next one.")]}) from None
    person.totp, person.totp_step = seal(secret.encode()), step
    return new_recovery_codes(db, person.id)


def new_recovery_codes(db: Db, staff_id: int) -> list[str]:
    """Replace somebody's recovery codes; return the new ones."""
    db.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    made = [f"{_letters()}-{_letters()}" for _ in range(CODES)]
    db.add_all(RecoveryCode(staff_id=staff_id, code=_kept(staff_id, code)) for code in made)
    db.flush()
    return made


def recovery_codes_left(db: Db, staff_id: int) -> int:
    """Return how many recovery codes somebody has not used."""
    asked = select(func.count()).select_from(RecoveryCode).where(
        RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))
    return db.scalar(asked) or 0


def drop_totp(db: Db, person: Staff) -> None:
    """Ask somebody for no more codes."""
    person.totp, person.totp_step = None, 0
    db.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == person.id))


def code_fits(db: Db, person: Staff, code: str) -> str:
    """Say which code this is, and let it fit no second time: "app", "paper", or "" for none."""
    if person.totp is None:
        return ""
    try:
        found = TOTP(key=unseal(person.totp).decode()).match(
            _figures(code), clock.now(), window=WINDOW_SECONDS, last_counter=person.totp_step)
    except (TokenError, ValueError, TypeError):
        return "paper" if _on_paper(db, person.id, code) else ""
    # Two at once: the second finds the step taken.
    taken = update(Staff).where(Staff.id == person.id, Staff.totp_step < found.counter).values(
        totp_step=found.counter)
    return "app" if db.execute(taken.returning(Staff.id)).all() else ""


def _on_paper(db: Db, staff_id: int, code: str) -> bool:
    used = update(RecoveryCode).where(
        RecoveryCode.staff_id == staff_id, RecoveryCode.code == _kept(staff_id, code),
        RecoveryCode.used_at.is_(None)).values(used_at=clock.now())
    return bool(db.execute(used.returning(RecoveryCode.code)).all())


def _kept(staff_id: int, code: str) -> str:
    plain = "".join(c for c in code.lower() if c.isalnum())
    return keyed_hash("recovery", f"{staff_id}:{plain}")


def _letters() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(5))


def _figures(code: str) -> str:
    return "".join(c for c in code if c in "0123456789")
