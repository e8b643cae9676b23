"""Keeping an eye on open reports: one row for each rule whose clock runs, looked at when it falls due."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, delete, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import clock, reports
from civicconnect.accounts import SYSTEM, Actor
from civicconnect.catalog import Catalog, catalog
from civicconnect.db import Base, Db, Instant, Key, Reference, upsert
from civicconnect.queue.escalation import PUBLISH, EscalationRule, falls_at, starting
from civicconnect.queue.escalation_load import escalation_rules
from civicconnect.reports import Event, Report
from civicconnect.sla import Hours, due_after_pause, promise_book

AT_ONCE = 50  # rows, in one transaction
ESCALATED = "escalated"
NO_STEPS = ("redact", "move")  # what moderators change of a report is no work on it


class Escalation(Base):
    """How far one rule has come for one report since an event; without `at` it has come to its end."""

    __tablename__ = "escalation"
    __table_args__ = (
        UniqueConstraint("report_number", "rule"),
        Index("ix_escalation_due", "at", postgresql_where=text("at IS NOT NULL"),
              sqlite_where=text("at IS NOT NULL")),
    )
    id: Mapped[Key]
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    rule: Mapped[str] = mapped_column(String(80))  # its code
    seq: Mapped[int]  # of the event
    stage: Mapped[int]  # the next
    at: Mapped[Instant | None]  # when it falls due


def watch(db: Db, number: int, seq: int, verb: str) -> None:
    """Start the clocks of an event, and end those that a step of staff answers; twice is once."""
    rules = escalation_rules(db)
    if not rules:
        return
    event = db.get(Event, (number, seq))
    if event is None:
        return
    if is_step(event):
        db.execute(delete(Escalation).where(Escalation.report_number == number, Escalation.seq < seq))
        done = [task for task in reports.tasks_of(db, number) if task.kind == ESCALATED and task.seq < seq]
        reports.tick_off(db, Actor("staff", event.actor), done, event.occurred_at)
    report = db.scalars(select(Report).where(Report.number == number)).one()
    offer = catalog(db)
    service, department = (offer.service_codes[report.service_id],
                           offer.department_codes[report.department_id])
    found = starting(rules.values(), verb, service, department, report.priority)
    hours = _hours(db, offer, report)
    if not is_step(event) and event.status != reports.lifecycle.WAITING:
        _let_run_on(db, number, event, hours)
    known = {row.rule: row.seq for row in db.scalars(
        select(Escalation).where(Escalation.report_number == number))} if found else {}
    upsert(db, Escalation, ["report_number", "rule"], [
        {"report_number": number, "rule": rule.code, "seq": seq, "stage": 0,
         "at": falls_at(rule, 0, event.occurred_at, hours)}
        for rule in found if known.get(rule.code, 0) < seq])


def is_step(event: Event) -> bool:
    """Say whether an event is a step of staff that people outside read: what the clocks wait for."""
    return event.public and event.actor.startswith("staff:") and event.verb not in NO_STEPS


def _hours(db: Db, offer: Catalog, report: Report) -> Hours:
    department = offer.departments[offer.department_codes[report.department_id]]
    return promise_book(db).calendars[department.calendar]


def _let_run_on(db: Db, number: int, event: Event, hours: Hours) -> None:
    """Let the clocks of a report run on that stood still while it waited, until this event."""
    before = db.execute(select(Event.status, Event.occurred_at).where(
        Event.report_number == number, Event.seq < event.seq).order_by(Event.seq.desc())).all()
    began: datetime | None = None
    for status, at in before:
        if status != reports.lifecycle.WAITING:
            break
        began = at
    if began is None:
        return
    for row in db.scalars(select(Escalation).where(Escalation.report_number == number,
                                                   Escalation.seq < event.seq, Escalation.at.is_not(None))):
        if row.at is not None:
            started = db.scalars(select(Event.occurred_at).where(
                Event.report_number == number, Event.seq == row.seq)).one()
            row.at = due_after_pause(row.at, max(began, started), event.occurred_at, hours)
    db.flush()


def is_due(db: Db) -> bool:
    """Say whether any clock has run out."""
    return db.scalar(_due(clock.now()).limit(1)) is not None


def _due(now: datetime) -> Select[int, int]:
    return (select(Escalation.id, Escalation.report_number)
            .join(Report, Report.number == Escalation.report_number)
            .where(Escalation.at <= now, Report.status != reports.lifecycle.WAITING))


def escalate(db: Db) -> int:
    """Do what falls due by now, the oldest first, `AT_ONCE` at most. Returns how many rows it looked at.

    Run twice, or by two at once, it tells everybody once: each row is looked at under its report's lock.
    """
    now = clock.now()
    due = db.execute(_due(now).order_by(Escalation.at).limit(AT_ONCE)).all()
    if not due:
        return 0
    rules, offer, calendars = escalation_rules(db), catalog(db), promise_book(db).calendars
    for row_id, number in due:
        report = db.scalars(select(Report).where(Report.number == number).with_for_update()
                            .execution_options(populate_existing=True)).one()
        row = db.scalar(select(Escalation).where(Escalation.id == row_id)
                        .execution_options(populate_existing=True))
        if row is not None and row.at is not None and row.at <= now:
            department = offer.departments[offer.department_codes[report.department_id]]
            _look_at(db, report, row, rules.get(row.rule), calendars[department.calendar], now)
    db.flush()
    return len(due)


def _look_at(
    db: Db, report: Report, row: Escalation, rule: EscalationRule | None, hours: Hours, now: datetime
) -> None:
    if report.status == reports.lifecycle.WAITING:
        return
    last = _last_step(db, report.number)
    if rule is None or row.stage >= len(rule.stages) or report.status == "closed" or last > row.seq:
        db.delete(row)
        return
    stage = rule.stages[row.stage]
    facts = {"rule": rule.code, "since": row.seq, "stage": row.stage + 1}
    if stage.does != PUBLISH:
        reports.record(db, report, "escalate", SYSTEM, facts | {"role": stage.role}, public=False)
        reports.raise_task(db, report, ESCALATED, stage.role, {"rule": rule.code, "after": rule.after})
    elif not _is_published(db, report.number, last):
        reports.record(db, report, "overdue", SYSTEM, facts)
    row.stage += 1
    row.at = falls_at(rule, row.stage, now, hours)  # from when somebody was told, however late that was


def _last_step(db: Db, number: int) -> int:
    asked = select(func.max(Event.seq)).where(
        Event.report_number == number, Event.public, Event.actor.like("staff:%"),
        Event.verb.not_in(NO_STEPS))
    return db.scalar(asked) or 0


def _is_published(db: Db, number: int, since: int) -> bool:
    """Say whether everybody reads already that a report is overdue since staff last did something."""
    asked = select(Event.seq).where(Event.report_number == number, Event.verb == "overdue", Event.seq > since)
    return db.scalar(asked.limit(1)) is not None
