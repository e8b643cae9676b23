"""Reports and people that are nobody's in particular."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from civicconnect import accounts, catalog, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.geo import Point
from civicconnect.reports import NewReport, Report

RESIDENT = Actor("resident", "resident")
HERE = Point(41.2, -33.4)  # the middle of the demo city, on dry land


@dataclass(frozen=True)
class Staff:
    """Somebody who signs in."""

    email: str
    password: str
    role: str
    department: str = ""

    @classmethod
    def named(cls, who: str) -> Staff:
        return next(person for person in PEOPLE if person.email.startswith(f"{who}@"))


PEOPLE = (
    Staff("streets@larkmouth.example", "a long password", "staff", "streets"),
    Staff("lighting@larkmouth.example", "a long password", "staff", "lighting"),
    Staff("supervisor@larkmouth.example", "a long password", "supervisor"),
    Staff("admin@larkmouth.example", "a long password", "admin"),
)


def make_staff(db: Db) -> None:
    """Add everybody of PEOPLE."""
    for person in PEOPLE:
        accounts.add_staff(db, person.email, person.password, person.role,
                           [person.department] if person.department else [])


def staff_actor(db: Db, who: str) -> Actor:
    """Return one of PEOPLE as an actor."""
    found = db.scalars(select(accounts.Staff).where(accounts.Staff.email == Staff.named(who).email)).one()
    return accounts.actor_of(db, found.id)


def new_report(**wanted: Any) -> NewReport:
    """Return something to ask for: a pothole in the middle of the city unless said otherwise."""
    return NewReport(**({"id": uuid4(), "service": "pothole", "point": HERE, "address": "1 Test Street"}
                        | wanted))


def reporter(db: Db) -> Callable[..., Report]:
    """Return the function that makes reports in a session."""
    def make(**wanted: Any) -> Report:
        receipt = reports.submit(db, RESIDENT, new_report(**wanted))
        return reports.find(db, receipt.reference, accounts.SYSTEM)
    return make


def any_service(db: Db) -> str:
    """Return the code of some service of the city."""
    return next(iter(catalog.catalog(db).services))
