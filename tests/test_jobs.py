"""A job follows its change, is done by one worker, and survives the worker that was doing it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import event, func, select, text

from civicconnect import clock, db, jobs, settings
from civicconnect.jobs import LEASE, TRIES, Beat, Handler, Job

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

# A worker of its own process: it writes into `proof`, in the transaction that ticks the job off.
WORKER = """
import sys
from sqlalchemy import text
from civicconnect import db, jobs, settings

def work(db_, payload):
    db_.execute(text("INSERT INTO proof (job, worker) VALUES (:job, :worker)"),
                {"job": payload["n"], "worker": sys.argv[1]})
    if payload.get("hang"):
        print("in the middle", flush=True)
        sys.stdin.read()

given = settings.load()
with settings.bound(given), db.bound(db.open_database(given.url_of_database)):
    print("ready", flush=True)
    sys.stdin.readline()
    while claimed := jobs.claim(sys.argv[1], limit=int(sys.argv[2])):
        for job in claimed:
            jobs.run(job, {"write": jobs.Handler(work)}, sys.argv[1])
"""


@pytest.fixture
def proof(own_database):
    """A table in which the work of a job can be seen; calling it counts by job."""
    with db.transaction() as change:
        change.execute(text("CREATE TABLE proof (job INTEGER NOT NULL, worker VARCHAR(80) NOT NULL)"))

    def read():
        with db.reading() as view:
            return Counter(view.execute(text("SELECT job FROM proof")).scalars())

    return read


def write(db_, payload):
    db_.execute(text("INSERT INTO proof (job, worker) VALUES (:n, 'here')"), {"n": payload["n"]})


def fail(db_, payload):
    write(db_, payload)
    raise RuntimeError(f"job {payload['n']} is beyond us")


WRITE, FAIL = {"write": Handler(write)}, {"write": Handler(fail)}


def ask(many=1, **wanted):
    with db.transaction() as change:
        for n in range(many):
            jobs.enqueue(change, "write", {"n": n} | wanted)


def every():
    with db.reading() as view:
        return list(view.scalars(select(Job).order_by(Job.id)))


def states():
    return Counter(job.state for job in every())


@contextmanager
def process(own_settings, name, limit=1):
    """Start a worker of its own process; it stands ready, and begins when it is told to."""
    environ = os.environ | {f"CIVIC_{key.upper()}": str(value) for key, value in vars(own_settings).items()}
    started = subprocess.Popen([sys.executable, "-c", WORKER, name, str(limit)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env=environ, cwd=settings.home())
    try:
        assert started.stdout.readline() == "ready\n"
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate()


# One worker each

def test_several_threads_do_each_job_exactly_once(proof):
    ask(60)
    here, given = db.current(), settings.current()
    together = threading.Barrier(4)
    done = []

    def work(name, limit):
        with db.bound(here), settings.bound(given):
            together.wait()
            while claimed := jobs.claim(name, limit):
                done.extend((name, jobs.run(job, WRITE, name)) for job in claimed)

    threads = [threading.Thread(target=work, args=(f"worker {n}", 1 + n % 2)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert proof() == Counter(range(60))
    assert Counter(ok for _, ok in done) == {True: 60}
    assert states() == {"done": 60}
    assert {job.attempts for job in every()} == {1}


def test_several_processes_do_each_job_exactly_once(proof, own_settings):
    ask(60)
    with process(own_settings, "one") as one, process(own_settings, "two", limit=3) as two:
        for worker in (one, two):
            worker.stdin.write("begin\n")
            worker.stdin.flush()
        assert (one.wait(timeout=60), two.wait(timeout=60)) == (0, 0)
    assert proof() == Counter(range(60))
    assert states() == {"done": 60}


def test_what_is_claimed_by_one_is_not_there_for_another(own_database):
    ask(3)
    first = jobs.claim("first", limit=2)
    second = jobs.claim("second", limit=2)
    assert [job.payload["n"] for job in first] == [0, 1]
    assert [job.payload["n"] for job in second] == [2]
    assert jobs.claim("third") == []


def test_jobs_are_claimed_in_the_order_they_are_due_and_not_before(own_database):
    with clock.stopped_at(NOON):
        with db.transaction() as change:
            for minutes in (3, 1, 2):
                jobs.enqueue(change, "write", {"n": minutes}, wait=timedelta(minutes=minutes))
        assert jobs.claim("early", 9) == []
    with clock.stopped_at(NOON + timedelta(minutes=2)):
        assert [job.payload["n"] for job in jobs.claim("in time", 9)] == [1, 2]


# Dead workers

def test_the_job_of_a_killed_worker_is_done_by_another_when_its_lease_is_over(proof, own_settings):
    ask(hang=True)
    with process(own_settings, "killed") as worker:
        worker.stdin.write("begin\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == "in the middle\n"
        os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait(timeout=30) == -signal.SIGKILL
    [left] = every()
    assert (left.state, left.worker) == ("running", "killed")
    assert proof() == {}  # its half-done work is gone with it
    with clock.stopped_at(left.leased_until - SECOND):
        assert jobs.claim("another") == []
    with clock.stopped_at(left.leased_until + SECOND):
        [taken] = jobs.claim("another")
        assert jobs.run(taken, WRITE, "another")
    assert proof() == {0: 1}
    [done] = every()
    assert (done.state, done.worker, done.attempts) == ("done", "another", 2)


def test_a_worker_that_lost_its_job_to_another_does_not_do_it_a_second_time(proof):
    ask()
    with clock.stopped_at(NOON + timedelta(days=3650)):
        [slow] = jobs.claim("slow")
    with clock.stopped_at(NOON + timedelta(days=3650) + LEASE + SECOND):
        [taken] = jobs.claim("quick")
        assert jobs.run(taken, WRITE, "quick")
        assert not jobs.run(slow, WRITE, "slow")
    assert proof() == {0: 1}
    [job] = every()
    assert (job.state, job.worker, job.error) == ("done", "quick", None)


def test_a_worker_that_lost_its_job_does_not_put_it_back_under_the_other_ones_hands(proof):
    ask()
    with clock.stopped_at(NOON + timedelta(days=3650)):
        [slow] = jobs.claim("slow")
    with clock.stopped_at(NOON + timedelta(days=3650) + LEASE + SECOND):
        jobs.claim("quick")
        assert not jobs.run(slow, FAIL, "slow")
    [job] = every()
    assert (job.state, job.worker, job.error) == ("running", "quick", None)


def test_a_lease_is_renewed_while_the_work_goes_on(proof, monkeypatch):
    monkeypatch.setattr(jobs, "LEASE", timedelta(milliseconds=90))
    ask()
    [job] = jobs.claim("steady")
    leases = []

    def slow(*_):
        pause = threading.Event()
        while len(set(leases)) < 3 and len(leases) < 500:
            with db.reading() as view:
                leases.append(view.scalar(select(Job.leased_until)))
            pause.wait(0.01)

    assert jobs.run(job, {"write": Handler(slow, reads=True)}, "steady")
    for renewing in set(threading.enumerate()) - {threading.main_thread()}:
        renewing.join(timeout=10)
    assert len(set(leases)) == 3
    assert leases == sorted(leases)


# Failures

def test_a_job_that_fails_is_kept_with_its_error_and_tried_again_later(proof):
    with clock.stopped_at(NOON):
        ask()
        [job] = jobs.claim("a")
        assert not jobs.run(job, FAIL, "a")
        [kept] = every()
        assert (kept.state, kept.attempts, kept.leased_until) == ("waiting", 1, None)
        assert "job 0 is beyond us" in kept.error
        assert kept.due_at > NOON
        assert jobs.claim("a") == []
    assert proof() == {}  # what it wrote before it failed is undone
    with clock.stopped_at(kept.due_at):
        [again] = jobs.claim("b")
        assert jobs.run(again, WRITE, "b")
    assert proof() == {0: 1}
    assert states() == {"done": 1}


def test_a_job_that_always_fails_is_dead_after_its_last_try_and_stays_to_be_seen(proof):
    ask()
    waits = []
    for _ in range(TRIES):
        [kept] = every()
        with clock.stopped_at(kept.due_at):
            [job] = jobs.claim("a")
            jobs.run(job, FAIL, "a")
            waits.append((every()[0].due_at - kept.due_at).total_seconds())
    [dead] = every()
    assert (dead.state, dead.attempts) == ("dead", TRIES)
    assert "job 0 is beyond us" in dead.error
    assert proof() == {}
    with clock.stopped_at(dead.due_at + timedelta(days=365)):
        assert jobs.claim("a") == []
    assert all(later > sooner for sooner, later in zip(waits[:8], waits[1:9], strict=True))
    assert max(waits) < 5 * 3600


def test_a_job_that_kills_every_worker_is_dead_after_its_last_try(own_database):
    ask()
    for n in count():
        [job] = every()
        with clock.stopped_at((job.leased_until or job.due_at) + SECOND):
            if not jobs.claim(f"killed {n}"):
                break
    [dead] = every()
    assert n == TRIES
    assert (dead.state, dead.attempts) == ("dead", TRIES)
    assert "worker" in dead.error


def test_a_job_that_nobody_can_do_fails_and_does_not_stop_the_others(proof):
    with db.transaction() as change:
        jobs.enqueue(change, "unheard-of", {"n": 0})
    ask()
    assert jobs.drain(WRITE) == 1
    assert sorted((job.kind, job.state) for job in every()) == [("unheard-of", "waiting"), ("write", "done")]
    assert "unheard-of" in next(job.error for job in every() if job.kind == "unheard-of")


# Asking

def test_a_job_asked_for_in_a_change_that_is_undone_was_never_asked_for(own_database):
    def fail():
        with db.transaction() as change:
            jobs.enqueue(change, "write", {"n": 1})
            jobs.enqueue(change, "write", {"n": 2}, key="only")
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        fail()
    assert every() == []


def test_while_a_job_waits_a_second_with_its_key_adds_nothing(db_):
    for n in range(3):
        jobs.enqueue(db_, "publish", {"n": n}, key="publish")
        jobs.enqueue(db_, "event", {"n": n})
    found = [(job.kind, job.payload["n"]) for job in db_.scalars(select(Job).order_by(Job.id))]
    assert sorted(found) == [("event", 0), ("event", 1), ("event", 2), ("publish", 0)]


def test_once_its_job_is_claimed_a_key_may_be_asked_for_again(own_database):
    for _ in range(2):  # what changed after the claim needs a job of its own
        with db.transaction() as change:
            jobs.enqueue(change, "write", {"n": 0}, key="publish")
        jobs.claim("a")
    with db.transaction() as change:
        jobs.enqueue(change, "write", {"n": 0}, key="publish")
    assert states() == {"running": 2, "waiting": 1}


def test_a_failed_job_finds_its_place_though_a_newer_one_waits_under_its_key(proof):
    with db.transaction() as change:
        jobs.enqueue(change, "write", {"n": 0}, key="publish")
    [failing] = jobs.claim("a")
    with db.transaction() as change:
        jobs.enqueue(change, "write", {"n": 1}, key="publish")
    assert not jobs.run(failing, FAIL, "a")
    assert states() == {"waiting": 2}


def test_many_threads_may_ask_for_the_same_key_and_none_of_them_fails(own_database):
    here = db.current()
    together, failed = threading.Barrier(6), []

    def one():
        try:
            with db.bound(here):
                together.wait()
                with db.transaction() as change:
                    jobs.enqueue(change, "publish", key="publish")
        except Exception as fault:  # noqa: BLE001  shown by the assertion below
            failed.append(fault)

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(every()) == 1


# Work and tick-off

def test_the_work_of_a_job_and_its_tick_off_are_one_commit(proof):
    ask()
    seen = []

    def watched(db_, payload):
        write(db_, payload)
        seen.append((proof(), states()))  # from outside, while the work is done but not committed

    [job] = jobs.claim("a")
    assert jobs.run(job, {"write": Handler(watched)}, "a")
    assert seen == [(Counter(), Counter({"running": 1}))]
    assert (proof(), states()) == (Counter({0: 1}), Counter({"done": 1}))


def test_a_job_that_only_reads_leaves_the_residents_free_to_write(proof):
    ask()

    def long(view, _):
        assert view.scalar(select(func.count()).select_from(Job)) == 1
        with db.transaction() as change:  # somebody reports something meanwhile
            change.add(Beat(worker="resident", seen_at=NOON))

    assert jobs.drain({"write": Handler(long, reads=True)}) == 1
    assert states() == {"done": 1}


# The worker's round

def test_a_worker_works_until_it_is_told_to_stop_and_leaves_a_sign_of_life(proof):
    ask(3)
    stop, scheduled = threading.Event(), []

    def last(db_, payload):
        write(db_, payload)
        if payload["n"] == 2:
            stop.set()

    jobs.work({"write": Handler(last)}, stop, lambda: scheduled.append(clock.now()), pause=0.01)
    assert proof() == Counter(range(3))
    assert len(scheduled) == 1
    with db.reading() as view:
        assert clock.now() - jobs.last_beat(view) < timedelta(minutes=1)


def test_a_worker_waits_for_a_database_that_cannot_be_reached(tmp_path):
    nowhere = db.open_database(f"postgresql://civic@/civic?host={tmp_path}")
    stop, tries = threading.Event(), count(1)

    @event.listens_for(nowhere.engine, "do_connect")
    def third_time(*_):
        if next(tries) == 3:
            stop.set()

    with db.bound(nowhere):
        jobs.work(WRITE, stop, pause=0.01)
    assert next(tries) == 4


def test_what_was_done_more_than_a_week_ago_is_forgotten_and_what_failed_is_not(proof):
    ask(2)
    [first] = jobs.claim("a")
    jobs.run(first, WRITE, "a")
    with clock.stopped_at(clock.now() + timedelta(days=6)):
        jobs.beat("a")
        assert states() == {"done": 1, "waiting": 1}
    with clock.stopped_at(clock.now() + timedelta(days=8)):
        jobs.beat("b")
        assert states() == {"waiting": 1}
        with db.reading() as view:
            assert set(view.scalars(select(Beat.worker))) == {"a", "b"}
