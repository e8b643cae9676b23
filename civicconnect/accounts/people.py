"""Staff: what each role may do, and how someone is added."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import Table, delete, insert, select

from civicconnect import clock
from civicconnect.accounts.actor import Actor
from civicconnect.accounts.models import Glass, Role, Staff, staff_area, staff_department, staff_role
from civicconnect.accounts.passwords import hashed, password_faults
from civicconnect.catalog import catalog
from civicconnect.db import Db
from civicconnect.errors import Invalid, NotFound, Sentence
from civicconnect.geo import Area

# Permissions by role; docs/people.md says what each allows. "see_all" reaches every department's reports; the
# others stay in their own, and everybody in their areas where they have any.
ROLES = {
    "readonly": ("queue",),
    "inspector": ("queue", "step", "note", "break_glass"),
    "staff": ("queue", "step", "note", "enter", "contact", "break_glass"),
    "auditor": ("queue", "see_all", "audit"),
    "supervisor": ("queue", "step", "note", "enter", "contact", "break_glass", "see_all", "moderate",
                   "supervise", "audit"),
    "admin": ("queue", "step", "note", "enter", "contact", "break_glass", "see_all", "moderate",
              "supervise", "audit", "people", "city"),
}
NO_AREA = 0  # no area has this id
LONGEST_EMAIL = 255
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


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

    departments    codes; needed for a role that does not see them all
    """
    faults = {"email": email_faults(email), "password": password_faults(password)}
    _refuse(faults | rights_faults(db, role, departments))
    person = db.scalar(select(Staff).where(Staff.email == email.strip().lower()))
    person = person or Staff(email=email.strip().lower())
    person.password, person.active = hashed(password), True
    person.name, person.fs_uniquifier = name or email.split("@")[0], secrets.token_hex(32)
    db.add(person)
    set_rights(db, person, role, departments)
    return person


def set_rights(
    db: Db, person: Staff, role: str, departments: Collection[str],
    areas: Collection[tuple[str, str]] | None = (),
) -> None:
    """Say what somebody may do, for which departments, and where.

    departments    codes
    areas          layers and codes; empty: everywhere; None: as they are, also where they are drawn no more
    Raises Invalid.
    """
    _refuse(rights_faults(db, role, departments, areas or ()))
    make_roles(db)
    person.roles = [db.scalars(select(Role).where(Role.name == role)).one()]
    db.flush()
    known = catalog(db).departments
    rows: dict[Table, list[dict[str, Any]]] = {
        staff_department: [{"department_id": known[code].id} for code in sorted(set(departments))],
    }
    if areas is not None:
        rows[staff_area] = [{"layer": layer, "code": code} for layer, code in sorted(set(areas))]
    for table, wanted in rows.items():
        db.execute(delete(table).where(table.c.staff_id == person.id))
        if wanted:
            db.execute(insert(table), [{"staff_id": person.id} | row for row in wanted])


def rights_faults(
    db: Db, role: str, departments: Collection[str], areas: Collection[tuple[str, str]] = ()
) -> dict[str, list[str]]:
    """Return what is wrong with a role, its departments and areas."""
    faults: dict[str, list[str]] = {}
    if role not in ROLES:
        faults["role"] = [f"Choose one of {', '.join(ROLES)}."]
    unknown = sorted(set(departments) - set(catalog(db).departments))
    if unknown:
        faults["department"] = [f"No department is called '{code}'." for code in unknown]
    elif not departments and "see_all" not in ROLES.get(role, ("see_all",)):
        faults["department"] = [Sentence("Name the department this person works for.")]
    drawn = db.execute(select(Area.layer, Area.code).distinct()).tuples().all() if areas else ()
    if set(areas) - set(drawn):
        faults["area"] = [Sentence("Choose areas of the list.")]
    return faults


def email_faults(email: str) -> list[str]:
    """Return what is wrong with an e-mail address."""
    if not EMAIL.fullmatch(email.strip()) or len(email) > LONGEST_EMAIL:
        return [Sentence("Write an e-mail address, as name@city.example.")]
    return []


def _refuse(faults: dict[str, list[str]]) -> None:
    """Raise Invalid where anything is wrong."""
    if found := {field: sentences for field, sentences in faults.items() if sentences}:
        raise Invalid(found)


def is_known(db: Db, email: str) -> bool:
    """Say whether someone may sign in under this e-mail address."""
    return db.scalar(select(Staff.id).where(Staff.email == email.strip().lower())) is not None


def actor_of(db: Db, staff_id: int) -> Actor:
    """Return who a signed-in person is, with what they may do and where; NotFound also for who has left."""
    drawn = (Area.layer == staff_area.c.layer) & (Area.code == staff_area.c.code)
    held = (Glass.staff_id == Staff.id) & (Glass.until > clock.now())
    rows = db.execute(
        select(Role, staff_department.c.department_id, staff_area.c.layer, Area.id, Glass.report_number)
        .select_from(Staff)
        .outerjoin(staff_role, staff_role.c.staff_id == Staff.id).outerjoin(Role)
        .outerjoin(staff_department, staff_department.c.staff_id == Staff.id)
        .outerjoin(staff_area, staff_area.c.staff_id == Staff.id).outerjoin(Area, drawn)
        .outerjoin(Glass, held).where(Staff.id == staff_id, Staff.active)
    ).all()
    if not rows:
        raise NotFound(f"there is no account {staff_id}")
    permissions = {p for role, *_ in rows if role for p in role.permissions or ()}
    # Whoever is limited to areas that the city no longer knows sees none, and not everything.
    areas = {area or NO_AREA for *_, layer, area, _ in rows if layer}
    return Actor("staff", f"staff:{staff_id}", frozenset(permissions),
                 frozenset({row.department_id for row in rows} - {None}), frozenset(areas),
                 frozenset({row.report_number for row in rows} - {None}))


def colleagues(db: Db, *department_ids: int) -> dict[int, str]:
    """Return the names of those who take steps for any of some departments, by id, in order of name.

    Who may only look, or sign in no more, is none of them.
    """
    asked = (select(Staff.id, Staff.name, Role)
             .join(staff_department, staff_department.c.staff_id == Staff.id)
             .join(staff_role, staff_role.c.staff_id == Staff.id).join(Role, Role.id == staff_role.c.role_id)
             .where(staff_department.c.department_id.in_(department_ids), Staff.active)
             .order_by(Staff.name, Staff.id))
    return {one: name for one, name, role in db.execute(asked) if "step" in (role.permissions or ())}


def names_by_id(db: Db, ids: Collection[int]) -> dict[int, str]:
    """Return the names of some members of staff by id, also of those who left."""
    if not ids:
        return {}
    asked = select(Staff.id, Staff.name).where(Staff.id.in_(ids))
    return {row.id: row.name for row in db.execute(asked)}
