"""What must follow from a change: rows written by the same commit, worked off by any worker.

A job is claimed for a while (the lease), done in a transaction that also ticks it off, and
tried again later when it fails. A worker killed in the middle leaves a job whose lease runs out.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Index, String, Text, func, or_, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import clock, db
from civicconnect.db import Base, Db, Instant, Json, Key

LEASE = timedelta(seconds=60)
TRIES = 12
AT_ONCE: AbstractContextManager[Any] = nullcontext()  # the turn of a worker that waits for nobody
log = structlog.get_logger("jobs")


class Job(Base):
    """One thing to do after a commit."""

    __tablename__ = "job"
    __table_args__ = (
        # While one waits, a second with the same key adds nothing; once claimed, it does.
        Index("uq_job_waiting_key", "dedupe_key", unique=True,
              postgresql_where=text("state = 'waiting'"), sqlite_where=text("state = 'waiting'")),
        Index("ix_job_next", "state", "due_at"),
    )
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[Json]
    dedupe_key: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(8), default="waiting")  # running, done, dead
    due_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(80))
    leased_until: Mapped[Instant | None]
    done_at: Mapped[Instant | None]
    error: Mapped[str | None] = mapped_column(Text)


class Beat(Base):
    """The last sign of life of a worker, for /readyz."""

    __tablename__ = "worker_beat"
    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[Instant]


@dataclass(frozen=True)
class Handler:
    """What to do for one kind of job.

    reads    True: `run` only reads the database (and may take long); it gets a reading view, so
             that residents can go on writing. False: it gets the transaction that ticks it off.
    """

    run: Callable[[Db, dict[str, Any]], None]
    reads: bool = False


def enqueue(
    db_: Db,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    wait: timedelta = timedelta(),
) -> None:
    """Ask for a job in the transaction of the change it follows from.

    key     while a job with this key is still waiting, asking again adds nothing
    wait    not before this long from now
    """
    values = {"kind": kind, "payload": dict(payload or {}), "dedupe_key": key, "state": "waiting",
              "due_at": clock.now() + wait, "attempts": 0}
    if key is None:
        db_.execute(Job.__table__.insert(), values)  # type: ignore[attr-defined]  # a Table
        return
    # Two writers may ask at once: the index lets one in, and neither fails.
    db.insert_ignoring(db_, Job, values)


def enqueue_all(db_: Db, kind: str, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Ask for many jobs of a kind in the transaction of the changes they follow from."""
    rows = [{"kind": kind, "payload": dict(payload), "state": "waiting", "due_at": clock.now(), "attempts": 0}
            for payload in payloads]
    if rows:
        db_.execute(Job.__table__.insert(), rows)  # type: ignore[attr-defined]  # a Table


def claim(worker: str, limit: int = 1) -> list[Job]:
    """Lease the next due jobs to this worker, each to one worker only."""
    now = clock.now()
    ready = or_(Job.state == "waiting", (Job.state == "running") & (Job.leased_until < now))
    chosen = (
        select(Job.id).where(ready, Job.due_at <= now).order_by(Job.due_at, Job.id).limit(limit)
        .with_for_update(skip_locked=True)  # SQLite says it by holding the only write lock
    )
    with db.transaction() as db_:
        _bury(db_, now)
        leased = (
            update(Job).where(Job.id.in_(chosen))
            .values(state="running", worker=worker, leased_until=now + LEASE,
                    attempts=Job.attempts + 1)
            .returning(Job)
        )
        found = list(db_.scalars(leased, execution_options={"synchronize_session": False}))
        db_.expunge_all()
    return sorted(found, key=lambda job: (job.due_at, job.id))


def _bury(db_: Db, now: datetime) -> None:
    """Give up jobs whose every worker was killed while at it: perhaps by the job itself."""
    lost = update(Job).where(Job.state == "running", Job.leased_until < now, Job.attempts >= TRIES)
    db_.execute(lost.values(state="dead", leased_until=None, dedupe_key=None,
                            error=f"its worker was lost {TRIES} times"))


def run(
    job: Job, handlers: Mapping[str, Handler], worker: str, turn: AbstractContextManager[Any] = AT_ONCE
) -> bool:
    """Do one claimed job and tick it off in the same commit. A failure is kept and tried again.

    turn    held while it is done; the job stays ours while we wait for it
    """
    try:
        handler = handlers[job.kind]
        with _lease_kept(job, worker), turn:
            if handler.reads:
                with db.reading() as view:
                    handler.run(view, job.payload)
            with db.transaction() as db_:
                if not handler.reads:
                    handler.run(db_, job.payload)
                _tick_off(db_, job, worker)
    except Exception as failure:  # noqa: BLE001  whatever went wrong, the job is kept and shown
        log.error("job failed", kind=job.kind, job=job.id, error=repr(failure))
        with db.transaction() as db_:
            _put_back(db_, job, worker, repr(failure))
        return False
    return True


def _tick_off(db_: Db, job: Job, worker: str) -> None:
    done = update(Job).where(Job.id == job.id, Job.worker == worker, Job.state == "running")
    ticked = db_.execute(done.values(state="done", done_at=clock.now(), leased_until=None))
    if ticked.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        raise RuntimeError("the lease ran out and another worker took the job")


def _put_back(db_: Db, job: Job, worker: str, error: str) -> None:
    pause = min(15 * 2 ** job.attempts, 4 * 3600) * random.uniform(0.8, 1.2)  # noqa: S311
    state = "dead" if job.attempts >= TRIES else "waiting"
    free = update(Job).where(Job.id == job.id, Job.worker == worker, Job.state == "running")
    # The key is dropped on failure: a newer job with the same key may already be waiting.
    db_.execute(free.values(state=state, due_at=clock.now() + timedelta(seconds=pause),
                            error=error, leased_until=None, dedupe_key=None))


@contextmanager
def _lease_kept(job: Job, worker: str) -> Iterator[None]:
    """Renew the lease from a second thread for as long as the work goes on."""
    finished = threading.Event()
    here = db.current()

    def renew() -> None:
        with db.bound(here):
            while not finished.wait(LEASE.total_seconds() / 3):
                try:
                    with db.transaction() as db_:
                        mine = update(Job).where(Job.id == job.id, Job.worker == worker)
                        db_.execute(mine.values(leased_until=clock.now() + LEASE))
                except OperationalError as failure:  # somebody holds it for long: the next time, perhaps
                    log.error("a lease was not renewed", job=job.id, error=repr(failure))

    if here.held is None:
        threading.Thread(target=renew, daemon=True).start()
    try:
        yield
    finally:
        finished.set()


def beat(worker: str) -> None:
    """Leave a sign of life, and forget what was done more than a week ago."""
    with db.transaction() as db_:
        db.upsert(db_, Beat, ["worker"], [{"worker": worker, "seen_at": clock.now()}])
        old = clock.now() - timedelta(days=7)
        db_.execute(Job.__table__.delete().where(Job.state == "done", Job.done_at < old))  # type: ignore[attr-defined]
        db_.execute(Beat.__table__.delete().where(Beat.seen_at < old))  # type: ignore[attr-defined]


def last_beat(db_: Db) -> datetime | None:
    """Return when any worker was last seen."""
    return db_.scalar(select(func.max(Beat.seen_at)))


def given_up(db_: Db) -> list[tuple[str, int, str]]:
    """Return what was given up: kind, how many, and what the last of them said."""
    asked = select(Job.kind, func.count(), func.max(Job.error)).where(Job.state == "dead").group_by(Job.kind)
    return [(kind, count, (error or "").strip().rpartition("\n")[2][:200])
            for kind, count, error in db_.execute(asked.order_by(Job.kind))]


def work(
    handlers: Mapping[str, Handler],
    stop: threading.Event,
    schedule: Callable[[], None] = lambda: None,
    *,
    pause: float = 1.0,
    turn: AbstractContextManager[Any] = AT_ONCE,
) -> None:
    """Work off jobs until told to stop. Run as many of these, in as many processes, as you like.

    schedule    called every 20 seconds, to ask for what is due by the calendar
    turn        held while a job is done: those who share one with others wait for each other
    """
    worker = f"{os.uname().nodename}-{os.getpid()}-{threading.get_ident() % 10000}"
    beaten = None
    while not stop.is_set():
        try:
            if beaten is None or clock.now() - beaten > timedelta(seconds=20):
                beat(worker)
                schedule()
                beaten = clock.now()
            claimed = claim(worker)
            for job in claimed:
                run(job, handlers, worker, turn)
        except OperationalError as failure:
            # It is being restarted, or somebody holds it for long: the jobs wait, and so do we.
            log.error("the database cannot be reached", error=repr(failure))
            stop.wait(5 * pause)
            continue
        if not claimed:
            stop.wait(pause)


def drain(handlers: Mapping[str, Handler], limit: int = 1000) -> int:
    """Work off everything that is due now, then return how many were done."""
    count = 0
    while count < limit and (claimed := claim("drain")):
        count += sum(run(job, handlers, "drain") for job in claimed)
    return count
