"""Who of the staff somebody is whom the provider vouches for, and what their groups give them here.

A person is known by issuer and subject. By their e-mail address they are found once, and only where the
provider says that it is theirs: whoever could write any address into their own account would be anybody.
"""

from __future__ import annotations

import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, select

from civicconnect import clock
from civicconnect.accounts.actor import SYSTEM, Actor
from civicconnect.accounts.audit import STRANGER, note_audit
from civicconnect.accounts.links import INVITE, end_links, use_link
from civicconnect.accounts.models import Farewell, Identity, Role, Staff, StaffSession
from civicconnect.accounts.people import email_faults, rights_faults, set_rights
from civicconnect.accounts.provider import Vouched
from civicconnect.accounts.sealing import keyed_hash, seal, unseal
from civicconnect.accounts.sessions import LASTS, end_sessions
from civicconnect.accounts.sign_on import Granted, SignOn, TurnedAway
from civicconnect.accounts.staffing import GUARDIAN, LONGEST_NAME, Rights, member, must_lead
from civicconnect.db import Db
from civicconnect.errors import NotFound

# What the provider takes away: whoever is linked to it, and turned away so, is signed out everywhere too.
TAKEN = ("no_role", "no_department", "left")


def person_of_sign_on(db: Db, on: SignOn, vouched: Vouched, invitation: str = "") -> Staff:
    """Return who has come back from the provider, with the rights that their groups give them now.

    invitation    secret of the one that they opened before they went there, if any
    Raises TurnedAway.
    """
    known = _identity(db, on, vouched)
    if known is None:
        # Whoever comes for the first time queues up here: two windows of one person make no two persons.
        db.execute(select(Role.id).where(Role.name == GUARDIAN).with_for_update())
        known = _identity(db, on, vouched)
    granted = on.granted(vouched.claims)
    person = db.get_one(Staff, known.staff_id) if known else _found(db, on, vouched, granted, invitation)
    if not person.active:
        raise TurnedAway("left", "", person.id)
    if granted is None:
        raise TurnedAway("no_role", "none of their groups has one", person.id)
    _give(db, on, person, granted)
    if known is None:
        known = _link(db, on, vouched, person, "invitation" if invitation else "email")
        end_sessions(db, person.id)  # from now on they sign in there alone
    known.decides, known.used_at = list(granted.fields), clock.now()
    end_links(db, person.id)
    db.flush()
    return person


def _identity(db: Db, on: SignOn, vouched: Vouched) -> Identity | None:
    asked = select(Identity).where(Identity.issuer == on.issuer, Identity.subject == vouched.subject)
    return db.scalar(asked)


def _found(db: Db, on: SignOn, vouched: Vouched, granted: Granted | None, invitation: str) -> Staff:
    """Return who somebody is that comes for the first time: invited, known by address, or new."""
    person = _invited(db, invitation) if invitation else _addressed(db, on, vouched)
    if person is None:
        if granted is None:
            raise TurnedAway("no_role", "none of their groups has one")
        if not on.adds_people:
            raise TurnedAway("unknown")
        return _new(db, on, vouched)
    if person.active and is_linked(db, on, person.id):
        raise TurnedAway("other", "their address is linked to another account there", person.id)
    return person


def _invited(db: Db, invitation: str) -> Staff:
    try:
        return use_link(db, invitation, INVITE)
    except NotFound:
        raise TurnedAway("invitation") from None


def _addressed(db: Db, on: SignOn, vouched: Vouched) -> Staff | None:
    email = on.vouches(vouched.claims)
    if not email or email_faults(email):
        raise TurnedAway("unverified")
    return db.scalar(select(Staff).where(Staff.email == email))


def _new(db: Db, on: SignOn, vouched: Vouched) -> Staff:
    email, name = on.vouches(vouched.claims), vouched.claims.get("name")
    said = " ".join(name.split())[:LONGEST_NAME] if isinstance(name, str) and name.isprintable() else ""
    person = Staff(email=email, name=said or email.split("@")[0], fs_uniquifier=secrets.token_hex(32))
    db.add(person)
    db.flush()
    return person


def _link(db: Db, on: SignOn, vouched: Vouched, person: Staff, by: str) -> Identity:
    made = Identity(staff_id=person.id, issuer=on.issuer, subject=vouched.subject, decides=[],
                    made_at=clock.now(), used_at=clock.now())
    db.add(made)
    note_audit(db, SYSTEM, "identity", f"staff:{person.id}", {"issuer": on.issuer, "by": by})
    return made


def _give(db: Db, on: SignOn, person: Staff, granted: Granted) -> None:
    """Give somebody the rights of their groups; what those do not say stays as it is."""
    was = member(db, person.id).rights
    rights = Rights(granted.role, granted.departments or was.departments, was.areas, was.by_link)
    if rights == was:
        return
    if faults := rights_faults(db, rights.role, rights.departments):
        raise TurnedAway("no_department", " ".join(map(str, sum(faults.values(), []))), person.id)
    set_rights(db, person, rights.role, rights.departments, None)
    note_audit(db, SYSTEM, "rights_given", f"staff:{person.id}", {"was": was.told, "is": rights.told})


def turn_away(db: Db, on: SignOn | None, fault: TurnedAway, way: str) -> None:
    """Keep that somebody was not let in, and end their sessions where the provider took their rights away."""
    about = f"staff:{fault.staff_id}" if fault.staff_id else ""
    facts: dict[str, Any] = {"way": way, "why": fault.why, "detail": fault.detail}
    # A person who was made a moment ago is undone with the refusal.
    if fault.staff_id and db.get(Staff, fault.staff_id) is None:
        about = ""
    elif fault.why in TAKEN and is_linked(db, on, fault.staff_id):
        facts["sessions"] = end_sessions(db, fault.staff_id)
    note_audit(db, STRANGER, "sign_in_failed", about, {key: value for key, value in facts.items() if value})


def is_linked(db: Db, on: SignOn | None, staff_id: int) -> bool:
    """Say whether somebody signs in at the provider, and so in no other way."""
    if on is None:
        return False
    asked = select(Identity.id).where(Identity.staff_id == staff_id, Identity.issuer == on.issuer)
    return db.scalar(asked) is not None


def forget_identity(db: Db, actor: Actor, on: SignOn, staff_id: int) -> None:
    """Let somebody be found anew at the provider: their account there is another one now. Raises NotFound."""
    must_lead(actor)
    gone = delete(Identity).where(Identity.staff_id == staff_id, Identity.issuer == on.issuer)
    if not db.execute(gone.returning(Identity.id)).all():
        raise NotFound("they are not linked to the provider")
    end_sessions(db, staff_id)
    note_audit(db, actor, "identity_dropped", f"staff:{staff_id}", {"issuer": on.issuer})


def keep_farewell(db: Db, token: str, hint: str) -> None:
    """Keep with a session what signs its owner out at the provider. That of sessions gone by is dropped."""
    gone = select(StaffSession.id).where(
        StaffSession.ended_at.is_not(None) | (StaffSession.seen_at < clock.now() - LASTS))
    db.execute(delete(Farewell).where(Farewell.session_id.in_(gone)))
    session_id = db.scalars(select(StaffSession.id).where(
        StaffSession.token == keyed_hash("session", token))).one()
    db.add(Farewell(session_id=session_id, sealed=seal(hint.encode())))
    db.flush()


def take_farewell(db: Db, session_id: int) -> str:
    """Return what signs the owner of a session out at the provider, and keep it no longer; "" for none."""
    taken = db.scalar(delete(Farewell).where(Farewell.session_id == session_id).returning(Farewell.sealed))
    try:
        return unseal(taken).decode() if taken else ""
    except InvalidTag:  # sealed under another key: they are signed out here all the same
        return ""
