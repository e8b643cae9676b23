"""Staff come and go: invited, given rights, and gone. The audit keeps each change, in its transaction."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from civicconnect.accounts.actor import Actor
from civicconnect.accounts.audit import note_audit
from civicconnect.accounts.codes import drop_totp
from civicconnect.accounts.links import end_links
from civicconnect.accounts.models import (
    Glass,
    Identity,
    Passkey,
    Role,
    Staff,
    StaffSession,
    staff_area,
    staff_department,
    staff_role,
)
from civicconnect.accounts.people import colleagues, email_faults, rights_faults, set_rights
from civicconnect.accounts.sessions import end_session, end_sessions
from civicconnect.accounts.sign_on import sign_on_now
from civicconnect.catalog import catalog
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence

LONGEST_NAME = 120
GUARDIAN = "admin"  # the role that there must always be somebody of


@dataclass(frozen=True)
class Rights:
    """What somebody may do, for whom and where. departments: codes; areas: layer and code."""

    role: str
    departments: tuple[str, ...] = ()
    areas: tuple[tuple[str, str], ...] = ()
    by_link: bool = False

    @property
    def told(self) -> dict[str, Any]:
        """Return it as the audit keeps it."""
        return {"role": self.role, "departments": list(self.departments),
                "areas": [":".join(area) for area in self.areas], "by_link": self.by_link}

    @property
    def written(self) -> str:
        """Return it as a form carries what its reader saw."""
        return json.dumps(self.told, sort_keys=True)


@dataclass(frozen=True)
class Member:
    """A member of staff as the list of people shows them."""

    id: int
    name: str
    email: str
    is_active: bool
    has_signed_in: bool  # has a password, a passkey or a session: no invitation is open any more
    has_totp: bool
    rights: Rights
    seen_at: datetime | None
    is_linked: bool = False  # they sign in at the provider, and in no other way
    decides: tuple[str, ...] = ()  # what of their rights comes from there: role, department


def members(db: Db, staff_id: int | None = None) -> list[Member]:
    """Return everybody, in order of name, or one: five statements however many there are.

    Where there is a provider it is one more, for what comes from there.
    """
    asked = select(Staff).order_by(Staff.active.desc(), func.lower(Staff.name), Staff.id)
    people = list(db.scalars(asked if staff_id is None else asked.where(Staff.id == staff_id)))
    codes = catalog(db).department_codes
    departments: dict[int, list[str]] = {}
    for person, department in db.execute(_one(select(staff_department), staff_department, staff_id)):
        departments.setdefault(person, []).append(codes[department])
    areas: dict[int, list[tuple[str, str]]] = {}
    for person, layer, code in db.execute(_one(select(staff_area), staff_area, staff_id)):
        areas.setdefault(person, []).append((layer, code))
    last = select(StaffSession.staff_id, func.max(StaffSession.seen_at)).group_by(StaffSession.staff_id)
    seen = dict(db.execute(last if staff_id is None else last.where(StaffSession.staff_id == staff_id))
                .tuples().all())
    linked = _linked(db, staff_id)
    return [
        Member(p.id, p.name, p.email, p.active, p.password is not None or p.id in seen, p.totp is not None,
               Rights(p.roles[0].name if p.roles else "", tuple(sorted(departments.get(p.id, ()))),
                      tuple(sorted(areas.get(p.id, ()))), p.by_link), seen.get(p.id),
               p.id in linked, linked.get(p.id, ()))
        for p in people
    ]


def _linked(db: Db, staff_id: int | None) -> dict[int, tuple[str, ...]]:
    """Return what the provider decides of the rights of those whom it knows."""
    on = sign_on_now()
    if on is None:
        return {}
    asked = select(Identity.staff_id, Identity.decides).where(Identity.issuer == on.issuer)
    rows = db.execute(asked if staff_id is None else asked.where(Identity.staff_id == staff_id))
    return {person: tuple(decides) for person, decides in rows}


def member(db: Db, staff_id: int) -> Member:
    """Return one member of staff, or raise NotFound."""
    found = members(db, staff_id)
    if not found:
        raise NotFound(f"there is no account {staff_id}")
    return found[0]


def invite(db: Db, actor: Actor, email: str, name: str, rights: Rights) -> Staff:
    """Add somebody who may not sign in yet: the letter that invites them is asked for by the caller.

    Raises NotAllowed, and Invalid: no such role, nobody's address, somebody's already.
    """
    must_lead(actor)
    email, name = email.strip().lower(), " ".join(name.split())
    faults = {"email": email_faults(email), "name": name_faults(name)}
    if not faults["email"] and db.scalar(select(Staff.id).where(Staff.email == email)) is not None:
        faults["email"] = [Sentence("Somebody has this address already. Look for them in the list.")]
    faults |= rights_faults(db, rights.role, rights.departments, rights.areas)
    if found := {field: sentences for field, sentences in faults.items() if sentences}:
        raise Invalid(found)
    person = Staff(email=email, name=name, fs_uniquifier=secrets.token_hex(32), by_link=rights.by_link)
    db.add(person)
    set_rights(db, person, rights.role, rights.departments, rights.areas)
    note_audit(db, actor, "invite", f"staff:{person.id}", rights.told)
    return person


def name_faults(name: str) -> list[str]:
    """Return what is wrong with somebody's name."""
    if name and len(name) <= LONGEST_NAME:
        return []
    return [Sentence("Write a name of at most %(most)s characters.", most=LONGEST_NAME)]


def invite_again(db: Db, actor: Actor, staff_id: int) -> None:
    """See that somebody may be sent their invitation once more; Conflict where they are in, or gone."""
    must_lead(actor)
    one = member(db, staff_id)
    if one.has_signed_in or not one.is_active:
        raise Conflict(Sentence("This person has signed in already, or has left."))
    note_audit(db, actor, "invite_again", f"staff:{staff_id}")


def change_rights(db: Db, actor: Actor, staff_id: int, rights: Rights, was: str | None = None) -> None:
    """Give somebody other rights; their sessions go on with them.

    was    as the actor saw them, written; others by now are a Conflict
    Raises NotAllowed (also of one's own), NotFound, Conflict (nobody would be left to do this) and Invalid.
    """
    person = _of_another(db, actor, staff_id)
    one = member(db, staff_id)
    before = one.rights
    if was is not None and was != before.written:
        raise Conflict(Sentence("Someone else changed these rights meanwhile. Look at them again."))
    given = {"role": rights.role != before.role, "department": rights.departments != before.departments}
    if faults := {field: [Sentence("This comes from the sign-on. Change it there.")]
                  for field in one.decides if given[field]}:
        raise Invalid(faults)
    set_rights(db, person, rights.role, rights.departments, rights.areas)
    person.by_link = rights.by_link
    db.flush()
    _must_stay_guarded(db)
    if rights != before:
        note_audit(db, actor, "rights", f"staff:{staff_id}", {"was": before.told, "is": rights.told})


def dismiss(db: Db, actor: Actor, staff_id: int, facts: Mapping[str, Any]) -> None:
    """Let somebody sign in no more: their sessions and links end, and no key or code of theirs is kept.

    facts    what became of their reports, for the audit
    Raises as `change_rights` does, and Conflict for who has left already.
    """
    person = _of_another(db, actor, staff_id)
    if not person.active:
        raise Conflict(Sentence("This person has left already."))
    person.active, person.password, person.by_link = False, None, False
    person.fs_uniquifier = secrets.token_hex(32)
    end_links(db, staff_id)
    drop_totp(db, person)
    for table in (StaffSession, Passkey, Glass):
        db.execute(delete(table).where(table.staff_id == staff_id))
    db.flush()
    _must_stay_guarded(db)
    note_audit(db, actor, "leave", f"staff:{staff_id}", facts)


def welcome_back(db: Db, actor: Actor, staff_id: int) -> Staff:
    """Let somebody who left come back by a new invitation, with the rights they had."""
    person = _of_another(db, actor, staff_id)
    if person.active:
        raise Conflict(Sentence("This person has not left."))
    person.active = True
    note_audit(db, actor, "come_back", f"staff:{staff_id}")
    return person


def sign_out_of(db: Db, actor: Actor, staff_id: int, session_id: int | None = None) -> None:
    """End one session of somebody, or all of them."""
    must_lead(actor)
    member(db, staff_id)
    if session_id is None:
        end_sessions(db, staff_id)
    else:
        end_session(db, staff_id, session_id)
    facts = {} if session_id is None else {"session": session_id}
    note_audit(db, actor, "sign_out", f"staff:{staff_id}", facts)


def forget_factor(db: Db, actor: Actor, staff_id: int) -> None:
    """Take away somebody's second factor: the phone is lost. They set up another."""
    drop_totp(db, _of_another(db, actor, staff_id))
    note_audit(db, actor, "factor_dropped", f"staff:{staff_id}")


def successors(db: Db, staff_id: int) -> dict[int, str]:
    """Return who may take over somebody's reports: their departments' colleagues, by id, in order of name."""
    theirs = select(staff_department.c.department_id).where(staff_department.c.staff_id == staff_id)
    found = colleagues(db, *db.scalars(theirs))
    return {one: name for one, name in found.items() if one != staff_id}


def _one(asked: Any, table: Any, staff_id: int | None) -> Any:
    return asked if staff_id is None else asked.where(table.c.staff_id == staff_id)


def must_lead(actor: Actor) -> None:
    """Raise NotAllowed for whoever may not change people."""
    if not actor.may("people"):
        raise NotAllowed(Sentence("Your role may not change people."))


def _of_another(db: Db, actor: Actor, staff_id: int) -> Staff:
    """Return somebody, locked. Nobody raises themselves, nor locks themselves out."""
    must_lead(actor)
    if actor.name == f"staff:{staff_id}":
        raise NotAllowed(Sentence("Ask another administrator to change your own account."))
    # All who change people queue up here: two administrators cannot each remove the other.
    db.execute(select(Role.id).where(Role.name == GUARDIAN).with_for_update())
    person = db.get(Staff, staff_id, populate_existing=True)
    if person is None:
        raise NotFound(f"there is no account {staff_id}")
    if actor.kind == "staff" and not _is_guardian(db, actor):
        raise NotAllowed(Sentence("Your role may not change people."))
    return person


def _is_guardian(db: Db, actor: Actor) -> bool:
    """Say whether an actor is still who they were when the page was asked for."""
    return int(actor.name.removeprefix("staff:")) in _guardians(db)


def _guardians(db: Db) -> Sequence[int]:
    asked = select(Staff.id).join(staff_role).join(Role).where(Staff.active, Role.name == GUARDIAN)
    return db.scalars(asked).all()


def _must_stay_guarded(db: Db) -> None:
    if not _guardians(db):
        raise Conflict(Sentence("Nobody would be left who may change people. "
                                "Name another administrator first."))
