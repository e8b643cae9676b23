"""Reports and people that are nobody's in particular."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, select

from civicconnect import accounts, catalog, reports
from civicconnect.accounts import Actor
from civicconnect.accounts.models import staff_area
from civicconnect.db import Db
from civicconnect.geo import Area, Point
from civicconnect.reports import NewReport, Report, ReportArea

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


def make_colleague(db: Db, role: str, *areas: Area, department: str = "streets") -> int:
    """Add somebody to a department, perhaps for some areas alone; return their id."""
    rights = accounts.Rights(role, (department,), tuple((area.layer, area.code) for area in areas))
    email = f"{uuid4()}@larkmouth.example"
    return accounts.invite(db, staff_actor(db, "admin"), email, "Colleague", rights).id


def limit(db: Db, who: str, *areas: Area) -> Actor:
    """Limit one of PEOPLE to some areas, and return them as an actor."""
    person = db.scalars(select(accounts.Staff.id).where(accounts.Staff.email == Staff.named(who).email)).one()
    db.execute(delete(staff_area).where(staff_area.c.staff_id == person))
    db.execute(insert(staff_area), [{"staff_id": person, "layer": area.layer, "code": area.code}
                                    for area in areas])
    return accounts.actor_of(db, person)


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


def ward_of(db: Db, report: Report) -> Area:
    """Return the ward a report lies in."""
    lies_in = ReportArea.report_number == report.number
    return db.scalars(select(Area).join(ReportArea).where(lies_in, Area.layer == "ward")).one()


def put_elsewhere(db: Db, report: Report) -> Area:
    """Let a report lie in another ward than it does, and in no other area; return that ward."""
    asked = select(Area).where(Area.layer == "ward", Area.code != ward_of(db, report).code).order_by(Area.id)
    there = db.scalars(asked.limit(1)).one()
    db.execute(delete(ReportArea).where(ReportArea.report_number == report.number))
    db.execute(insert(ReportArea), [{"report_number": report.number, "area_id": there.id}])
    return there


def any_service(db: Db) -> str:
    """Return the code of some service of the city."""
    return next(iter(catalog.catalog(db).services))
