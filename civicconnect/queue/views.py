"""Views of the queue under names: those that everybody has, one's own, and those of one's departments."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Invalid, NotAllowed, NotFound, Sentence
from civicconnect.queue.desk import Desk
from civicconnect.queue.models import SavedView

MOST, LONGEST = 30, 60  # views of one person; characters of a name


@dataclass(frozen=True)
class View:
    """A view that was kept."""

    id: int
    name: str
    desk: Desk
    department_id: int | None  # whose, where it is not one's own
    is_mine: bool


def staff_id(actor: Actor) -> int:
    """Return the account of who is at the desk."""
    return int(actor.name.removeprefix("staff:"))


def views(db: Db, actor: Actor) -> list[View]:
    """Return the kept views that somebody has: their own first, then those of their departments."""
    me = staff_id(actor)
    own = SavedView.staff_id == me
    shared: ColumnElement[bool] = SavedView.department_id.is_not(None)
    if not actor.may("see_all"):
        shared = SavedView.department_id.in_(actor.departments)
    asked = (select(SavedView).where(or_(own & SavedView.department_id.is_(None), shared))
             .order_by(SavedView.department_id.is_not(None), func.lower(SavedView.name), SavedView.id)
             .limit(100))
    return [View(row.id, row.name, Desk.read(row.query), row.department_id, row.staff_id == me)
            for row in db.scalars(asked)]


def keep_view(db: Db, actor: Actor, name: str, desk: Desk, department_id: int | None) -> int:
    """Keep a view under a name, for oneself or for a department of one's own. Returns its id.

    Raises Invalid (no name, too many) and NotAllowed (somebody else's department).
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise Invalid({"name": [Sentence("Give the view a name of at most %(most)s characters.",
                                         most=LONGEST)]})
    if department_id is not None and department_id not in actor.departments and not actor.may("see_all"):
        raise NotAllowed("a view is shared with one's own department")
    mine = select(func.count()).select_from(SavedView).where(SavedView.staff_id == staff_id(actor))
    if (db.scalar(mine) or 0) >= MOST:
        raise Invalid({"name": [Sentence("You keep %(most)s views already. Remove one first.", most=MOST)]})
    row = SavedView(staff_id=staff_id(actor), department_id=department_id, name=name, query=desk.query,
                    made_at=clock.now())
    db.add(row)
    db.flush()
    return row.id


def remove_view(db: Db, actor: Actor, view_id: int) -> None:
    """Forget a view of one's own; those shared by others only with the right to see everything."""
    asked = delete(SavedView).where(SavedView.id == view_id)
    if not actor.may("see_all"):
        asked = asked.where(SavedView.staff_id == staff_id(actor))
    else:
        asked = asked.where(or_(SavedView.staff_id == staff_id(actor), SavedView.department_id.is_not(None)))
    if db.execute(asked).rowcount != 1:  # type: ignore[attr-defined]  # a DELETE has a row count
        raise NotFound("there is no such view of yours")
