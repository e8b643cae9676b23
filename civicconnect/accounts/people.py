"""Staff: what each role may do, and how someone is added."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from flask_security import hash_password
from sqlalchemy import delete, insert, select

from civicconnect.accounts.actor import Actor
from civicconnect.accounts.models import Role, Staff, staff_department, staff_role
from civicconnect.catalog import catalog
from civicconnect.db import Db
from civicconnect.errors import Invalid, NotFound

# Permissions by role. "see_all" reaches every department's queue; the others stay in their own. "enter":
# write down reports for others, whichever department will answer them. "moderate": decide what strangers
# see of a report, and read what they no longer do.
ROLES = {
    "staff": ("queue", "step", "note", "enter"),
    "supervisor": ("queue", "step", "note", "enter", "see_all", "moderate"),
    "admin": ("queue", "step", "note", "enter", "see_all", "people", "city", "moderate"),
}
SHORTEST_PASSWORD = 10


def make_roles(db: Db) -> None:
    """Write the roles, or bring their permissions up to date."""
    known = {role.name: role for role in db.scalars(select(Role))}
    for name, permissions in ROLES.items():
        role = known.get(name) or Role(name=name, description=name)
        role.permissions = list(permissions)
        db.add(role)
    db.flush()


def add_staff(
    db: Db, email: str, password: str, role: str, departments: Collection[str], name: str = ""
) -> Staff:
    """Add someone who may sign in, or change what stands under that e-mail address.

    departments    codes; needed for the role "staff"
    """
    _check(db, email, password, role, departments)
    make_roles(db)
    person = db.scalar(select(Staff).where(Staff.email == email.strip().lower()))
    person = person or Staff(email=email.strip().lower())
    person.password, person.active = hash_password(password), True
    person.name, person.fs_uniquifier = name or email.split("@")[0], secrets.token_hex(32)
    person.roles = [db.scalars(select(Role).where(Role.name == role)).one()]
    db.add(person)
    db.flush()
    known = catalog(db).departments
    db.execute(delete(staff_department).where(staff_department.c.staff_id == person.id))
    if departments:
        db.execute(insert(staff_department), [
            {"staff_id": person.id, "department_id": known[code].id} for code in sorted(set(departments))
        ])
    return person


def _check(db: Db, email: str, password: str, role: str, departments: Collection[str]) -> None:
    faults: dict[str, list[str]] = {}
    if "@" not in email.strip("@"):
        faults["email"] = ["Write an e-mail address, as name@city.example."]
    if len(password) < SHORTEST_PASSWORD:
        faults["password"] = [f"Use at least {SHORTEST_PASSWORD} characters."]
    if role not in ROLES:
        faults["role"] = [f"Choose one of {', '.join(ROLES)}."]
    unknown = sorted(set(departments) - set(catalog(db).departments))
    if unknown:
        faults["department"] = [f"No department is called '{code}'." for code in unknown]
    elif role == "staff" and not departments:
        faults["department"] = ["Name the department this person works for."]
    if faults:
        raise Invalid(faults)


def is_known(db: Db, email: str) -> bool:
    """Say whether someone may sign in under this e-mail address."""
    return db.scalar(select(Staff.id).where(Staff.email == email.strip().lower())) is not None


def actor_of(db: Db, staff_id: int) -> Actor:
    """Return who a signed-in person is, with what they may do and where."""
    rows = db.execute(
        select(Role, staff_department.c.department_id).select_from(Staff)
        .outerjoin(staff_role, staff_role.c.staff_id == Staff.id).outerjoin(Role)
        .outerjoin(staff_department, staff_department.c.staff_id == Staff.id).where(Staff.id == staff_id)
    ).all()
    if not rows:
        raise NotFound(f"there is no account {staff_id}")
    permissions = {p for role, _ in rows if role for p in role.permissions or ()}
    departments = {department for _, department in rows} - {None}
    return Actor("staff", f"staff:{staff_id}", frozenset(permissions), frozenset(departments))


def colleagues(db: Db, department_id: int) -> dict[int, str]:
    """Return the names of those who work for a department and may sign in, by id, in order of name."""
    asked = (select(Staff.id, Staff.name).join(staff_department, staff_department.c.staff_id == Staff.id)
             .where(staff_department.c.department_id == department_id, Staff.active)
             .order_by(Staff.name, Staff.id))
    return {row.id: row.name for row in db.execute(asked)}


def names_by_id(db: Db, ids: Collection[int]) -> dict[int, str]:
    """Return the names of some members of staff by id, also of those who left."""
    if not ids:
        return {}
    asked = select(Staff.id, Staff.name).where(Staff.id.in_(ids))
    return {row.id: row.name for row in db.execute(asked)}
