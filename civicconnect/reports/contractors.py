"""Firms that work for a department and have no account: who they are, and where a letter reaches them."""

from __future__ import annotations

import re

from sqlalchemy import ForeignKey, Select, String, select, true
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.db import Base, Db, Instant, Key, Reference
from civicconnect.errors import Invalid, NotAllowed, NotFound, Sentence

EMAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")


class Contractor(Base):
    """A firm that works for one department."""

    __tablename__ = "contractor"
    id: Mapped[Key]
    department_id: Mapped[Reference] = mapped_column(ForeignKey("department.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(12))
    trusted: Mapped[bool]  # what it calls done is closed; else somebody looks first
    active: Mapped[bool]  # gets new work
    made_at: Mapped[Instant]
    made_by: Mapped[str] = mapped_column(String(80))


def contractors(actor: Actor) -> Select[Contractor]:
    """Select the contractors of the departments that an actor works for, in order of department and name."""
    own = true() if actor.may("see_all") else Contractor.department_id.in_(actor.departments)
    return select(Contractor).where(own).order_by(Contractor.department_id, Contractor.name, Contractor.id)


def contractors_of(department_id: int) -> Select[Contractor]:
    """Select those who may be given work of a department."""
    return select(Contractor).where(Contractor.department_id == department_id, Contractor.active).order_by(
        Contractor.name, Contractor.id)


def keep_contractor(
    db: Db, actor: Actor, department_id: int, name: str, email: str, language: str, *,
    trusted: bool = False, active: bool = True, contractor_id: int | None = None,
) -> Contractor:
    """Write a contractor down, or change what stands there. Raises NotAllowed, NotFound and Invalid."""
    may_keep(actor, department_id)
    faults: dict[str, list[str]] = {}
    if not name.strip() or len(name.strip()) > 120:
        faults["name"] = [Sentence("Write the firm's name, in at most %(most)s characters.", most=120)]
    if not EMAIL.fullmatch(email.strip()) or len(email.strip()) > 200:
        faults["email"] = [Sentence("Write an e-mail address, as name@firm.example.")]
    if faults:
        raise Invalid(faults)
    found = find_contractor(db, actor, contractor_id) if contractor_id is not None else Contractor(
        made_at=clock.now(), made_by=actor.name)
    found.department_id, found.name, found.email = department_id, name.strip(), email.strip()
    found.language, found.trusted, found.active = language, trusted, active
    db.add(found)
    db.flush()
    return found


def find_contractor(db: Db, actor: Actor, contractor_id: int) -> Contractor:
    """Return one of an actor's contractors, or raise NotFound."""
    found = db.scalar(contractors(actor).where(Contractor.id == contractor_id))
    if found is None:
        raise NotFound("there is no such contractor here")
    return found


def may_keep(actor: Actor, department_id: int | None = None) -> None:
    """Raise NotAllowed for whoever may not keep the list of contractors, perhaps of one department."""
    if not actor.may("supervise") or not (
            department_id is None or actor.may("see_all") or department_id in actor.departments):
        raise NotAllowed("a supervisor keeps the list of contractors")
