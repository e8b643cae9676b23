"""To whom of the staff a letter goes that is for a role."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, or_, select

from civicconnect.accounts.models import Role, Staff, staff_department, staff_role
from civicconnect.db import Db


@dataclass(frozen=True)
class Colleague:
    """Somebody who signs in, as far as a letter needs to know them."""

    id: int
    name: str
    email: str


def in_role(db: Db, role: str, department_id: int) -> list[Colleague]:
    """Return who has a role for a department: those who work for it, and those whose role is for all."""
    of = staff_department.c.staff_id == Staff.id
    here = exists().where(of, staff_department.c.department_id == department_id)
    asked = (select(Staff.id, Staff.name, Staff.email).join(staff_role, staff_role.c.staff_id == Staff.id)
             .join(Role, Role.id == staff_role.c.role_id)
             .where(Role.name == role, Staff.active, or_(here, ~exists().where(of))).order_by(Staff.id))
    return [Colleague(*row) for row in db.execute(asked)]


def colleague(db: Db, staff_id: int) -> Colleague | None:
    """Return somebody who may sign in; None where they may not, or no more."""
    row = db.execute(select(Staff.id, Staff.name, Staff.email)
                     .where(Staff.id == staff_id, Staff.active)).first()
    return Colleague(*row) if row else None
