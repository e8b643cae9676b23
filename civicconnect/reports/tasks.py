"""What somebody in charge has to look at, beside the queue: each task once, until somebody ticks it off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, func, select, text, true
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.db import Base, Db, Instant, Json, Key, Reference, insert_ignoring
from civicconnect.errors import Conflict, NotAllowed, NotFound, Sentence
from civicconnect.reports.models import IS_OPEN, Report
from civicconnect.reports.queries import OF_EACH, visible_to

# Why something is to be looked at, and whether a letter says so.
THIRD_HOP, ESCALATED, CHECK_WORK, REFUSED = "third_hop", "escalated", "check_work", "refused"
WITH_LETTER = (THIRD_HOP, ESCALATED)
OF_DEPARTMENT = "staff"  # the role whose tasks everybody of a department does; the others are supervisors'
PAGE = 50
DONE = Sentence("A colleague has done this meanwhile. Look at the list.")


class Task(Base):
    """Something to look at: of one kind, about one report, for one role, there is one at a time."""

    __tablename__ = "task"
    __table_args__ = (
        Index("uq_task_open", "report_number", "kind", "role", unique=True,
              postgresql_where=text("done_at IS NULL"), sqlite_where=text("done_at IS NULL")),
        Index("ix_task_open", "made_at", "department_id", "role", postgresql_where=text("done_at IS NULL"),
              sqlite_where=text("done_at IS NULL")),
    )
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(16))
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    seq: Mapped[int]  # of the event that it follows from
    department_id: Mapped[Reference] = mapped_column(ForeignKey("department.id"))
    role: Mapped[str] = mapped_column(String(40))
    facts: Mapped[Json]
    made_at: Mapped[Instant]
    done_at: Mapped[Instant | None]
    done_by: Mapped[str] = mapped_column(String(80))


def raise_task(
    db: Db, report: Report, kind: str, role: str, facts: Mapping[str, Any] | None = None
) -> None:
    """Ask a role of a report's department to look at it, because of its last event; once until they have."""
    insert_ignoring(db, Task, {
        "kind": kind, "report_number": report.number, "seq": report.events, "role": role, "done_by": "",
        "department_id": report.department_id, "facts": dict(facts or {}), "made_at": clock.now()})


def tasks(actor: Actor, page: int = 1) -> Select[Task, Report]:
    """Select the tasks that wait for an actor with their reports, the oldest first: a page of `PAGE`."""
    asked = select(Task, Report).join(Report, Report.number == Task.report_number)
    return (asked.where(*_waits_for(actor)).order_by(Task.made_at, Task.id)
            .limit(PAGE).offset((page - 1) * PAGE))


def count_tasks(db: Db, actor: Actor) -> int:
    """Return how many tasks wait for an actor."""
    return db.scalar(select(tasks_waiting(actor))) or 0


def tasks_waiting(actor: Actor) -> ColumnElement[int]:
    """Return the same, to stand in another statement."""
    asked = select(func.count()).select_from(Task).join(Report, Report.number == Task.report_number)
    return asked.where(*_waits_for(actor)).scalar_subquery()


def _waits_for(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    role = true() if actor.may("supervise") else Task.role == OF_DEPARTMENT
    # Once a report is closed, nothing is left to do.
    return IS_OPEN, Task.done_at.is_(None), visible_to(actor, OF_EACH), role


def tasks_of(db: Db, number: int) -> list[Task]:
    """Return the tasks about a report that nobody has ticked off."""
    return list(db.scalars(select(Task).where(Task.report_number == number, Task.done_at.is_(None))
                           .order_by(Task.id)))


def tasks_from(db: Db, number: int, seq: int) -> list[Task]:
    """Return the tasks that followed from an event and that somebody is told of by letter."""
    return list(db.scalars(select(Task).where(Task.report_number == number, Task.seq == seq,
                                              Task.kind.in_(WITH_LETTER))))


def tasks_at(db: Db, events: Collection[tuple[int, int]]) -> list[tuple[Task, Report]]:
    """Return the tasks, with their reports, that followed from some events (number, seq) and still wait."""
    asked = select(Task, Report).join(Report, Report.number == Task.report_number)
    found = db.execute(asked.where(
        Task.report_number.in_({number for number, _ in events}), Task.done_at.is_(None), IS_OPEN,
        Task.kind.in_(WITH_LETTER)).order_by(Task.id))
    return [(task, report) for task, report in found if (task.report_number, task.seq) in events]


def finish_task(db: Db, actor: Actor, task_id: int) -> Task:
    """Tick a task off. Raises NotFound, NotAllowed and Conflict (a colleague did)."""
    found = db.execute(
        select(Task, Report).join(Report, Report.number == Task.report_number)
        .where(Task.id == task_id, visible_to(actor)).with_for_update(of=Task)).first()
    if found is None:
        raise NotFound("there is no such task here")
    task: Task = found[0]
    if not actor.may("step") or (task.role != OF_DEPARTMENT and not actor.may("supervise")):
        raise NotAllowed("this task is for somebody else to do")
    if task.done_at is not None and task.done_by != actor.name:
        raise Conflict(DONE)
    if task.done_at is None:
        tick_off(db, actor, [task], clock.now())
    return task


def tick_off(db: Db, actor: Actor, done: list[Task], now: datetime) -> None:
    """Keep that tasks are done, and by whom."""
    for task in done:
        task.done_at, task.done_by = now, actor.name
    db.flush()
