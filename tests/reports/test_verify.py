"""Nothing on any timeline is changed, removed or moved behind our back without being found."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import cycle, groupby
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, literal, select
from sqlalchemy import text as sql

from civicconnect import app, cli, clock, db, reports
from civicconnect.app import seal_file
from civicconnect.commands import verify
from civicconnect.db import Db
from civicconnect.reports import Closing, Event, EventText, PastReport, Report, ReportArea, lifecycle
from civicconnect.reports.actions import record
from civicconnect.reports.timeline import EventRow, commit, seal
from tests.factories import RESIDENT, new_report, staff_actor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GIVEN = {"reason": "The part is ordered.", "planned_for": "2100-01-31", "outcome": "partly_fixed"}
EVENT, TEXT = Event.__table__, EventText.__table__
UNTRUE = '{"description":"Nothing was ever wrong."}'


def fill(db_: Db, dice: random.Random, many: int = 100) -> None:
    """Write reports with lives of several events and texts, most of them as an import writes them."""
    clerk = staff_actor(db_, "supervisor")
    past = [
        PastReport(new_report(description=f"Hole {n}, très profond."), f"x-{n}", MONDAY - timedelta(n),
                   Closing(MONDAY - timedelta(n - 1), "fixed", f"Filled by crew {n}.") if n % 3 else None)
        for n in range(many * 6 // 10)
    ]
    reports.submit_past(db_, RESIDENT, past)
    for n in range(many * 4 // 10):
        reports.submit(db_, RESIDENT, new_report(description=f"Hole {n}." if n % 4 else ""))
    for report in db_.scalars(select(Report).order_by(Report.number)).all()[::2]:
        for _ in range(dice.randint(1, 4)):
            step = dice.choice(lifecycle.buttons(report.status, clerk))
            reports.transition(db_, clerk, report.reference, step.verb, GIVEN)
            if dice.random() < 0.4:
                reports.note(db_, clerk, report.reference, "Looks worse than it is.")


def unchecked(db_: Db) -> Db:
    """Return the session in which foreign keys are not kept: whoever edits behind our back does not."""
    embedded = db_.get_bind().dialect.name == "sqlite"
    db_.execute(sql("PRAGMA defer_foreign_keys = ON" if embedded
                    else "SET LOCAL session_replication_role = replica"))
    return db_


@pytest.fixture
def hundred(db_):
    """A hundred reports, and a session that lets anything be done to them."""
    with clock.stopped_at(MONDAY):
        fill(db_, random.Random(1))  # noqa: S311  the same lives at each run
    return unchecked(db_)


@pytest.fixture
def twenty(db_):
    """Twenty reports, for what is not a question of numbers."""
    with clock.stopped_at(MONDAY):
        fill(db_, random.Random(1), many=20)  # noqa: S311  the same lives at each run
    return unchecked(db_)


class Vandal:
    """Somebody with plain SQL and a plan, who repeats themselves at each run of the tests.

    touched    the numbers of the reports they have been at; they go to none twice
    """

    def __init__(self, db_: Db, seed: int) -> None:
        self.db, self.dice = db_, random.Random(seed)  # noqa: S311  the same edits at each run
        self.events = db_.execute(select(*EVENT.c).order_by(EVENT.c.report_number, EVENT.c.seq)).all()
        self.texts = db_.execute(select(*TEXT.c).order_by(TEXT.c.report_number, TEXT.c.seq)).all()
        self.ids = dict(db_.execute(select(Report.number, Report.id)).tuples().all())
        self.names = dict(db_.execute(select(Report.number, Report.reference)).tuples().all())
        self.lives = {n: list(rows) for n, rows in groupby(self.events, key=lambda e: e.report_number)}
        self.touched: set[int] = set()

    def event(self) -> Any:
        return self._one_of(self.events)

    def text(self, other_than: Any = None) -> Any:
        return self._one_of([t for t in self.texts if other_than is None or t.body != other_than.body])

    def _one_of(self, rows: list[Any]) -> Any:
        row = self.dice.choice([r for r in rows if r.report_number not in self.touched])
        self.touched.add(row.report_number)
        return row

    def of(self, row: Any) -> list[Any]:
        return self.lives[row.report_number]

    def run(self, statement: Any, **values: Any) -> None:
        """Run a statement that must hit exactly one row (-1: the driver does not count what it adds)."""
        statement = sql(statement) if isinstance(statement, str) else statement
        done = self.db.connection().execute(statement, values or None)
        assert done.rowcount in (1, -1), (statement, values)

    def change(self, row: Any, **values: Any) -> str:
        """Change columns of an event or a text."""
        assert any(value != getattr(row, name) for name, value in values.items()), values
        table = TEXT if hasattr(row, "salt") else EVENT
        self.run(table.update().values(values).where(
            table.c.report_number == row.report_number, table.c.seq == row.seq))
        was = {name: getattr(row, name) for name in values}
        return f"{table.name} {row.report_number}/{row.seq}: {was} became {values}"

    def delete(self, row: Any) -> str:
        table = TEXT if hasattr(row, "salt") else EVENT
        self.run(table.delete().where(table.c.report_number == row.report_number, table.c.seq == row.seq))
        return f"{table.name} {row.report_number}/{row.seq} is gone"

    def insert(self, table: Any, row: dict[str, Any]) -> str:
        self.run(table.insert().values(row))
        return f"{table.name} {row['report_number']}/{row['seq']} is forged"

    def swap(self, one: Any, other: Any) -> str:
        self.change(one, report_number=-1, seq=-1)
        self.change(other, report_number=one.report_number, seq=one.seq)
        table = TEXT if hasattr(one, "salt") else EVENT
        self.run(table.update().where(table.c.report_number == -1).values(
            report_number=other.report_number, seq=other.seq))
        return f"{table.name} {one[:2]} and {other[:2]} changed places"


# Each does one thing to a report, or to two, and says what.

def edit_event(vandal: Vandal) -> str:
    dice, event = vandal.dice, vandal.event()
    column = dice.choice([c.name for c in EVENT.c])
    old = getattr(event, column)
    told = {
        "report_number": [-event.report_number], "seq": [99], "public": [not event.public],
        "verb": ["erase", "accept ", "Close", "look", ""], "status": ["hidden", "", event.status.upper()],
        "source": [f"{event.source} ", "crew", ""], "actor": ["staff:77", "", "system "],
        "facts": [{}, [], None, {**event.facts, "outcome": "no"}, {"seqs": 5}, {"seqs": [[1], 2]}],
        "commitment": ["", "0" * 64, commit(b"s" * 16, "{}")], "hash": [event.hash.upper(), "f" * 64, ""],
    }.get(column) or [old + step for step in (timedelta.resolution, -timedelta.resolution, timedelta(400))]
    return vandal.change(event, **{column: dice.choice([value for value in told if value != old])})


def edit_text(vandal: Vandal) -> str:
    text = vandal.text()
    salt = bytes(text.salt)
    return vandal.change(text, **vandal.dice.choice([
        {"body": text.body + " "}, {"body": "{}"}, {"body": text.body.replace('":', '": ', 1)}, {"body": ""},
        {"body": UNTRUE}, {"salt": b""}, {"salt": b"0" * 16}, {"salt": salt[:-1]}, {"salt": salt + b"0"},
        {"seq": 99}, {"report_number": -text.report_number},
    ]))


def delete_event(vandal: Vandal) -> str:
    return vandal.delete(vandal.event())


def delete_last_event(vandal: Vandal) -> str:
    return vandal.delete(vandal.of(vandal.event())[-1])


def delete_event_and_text(vandal: Vandal) -> str:
    text = vandal.text()
    vandal.delete(text)
    return vandal.delete(next(e for e in vandal.of(text) if e.seq == text.seq))


def delete_text(vandal: Vandal) -> str:
    return vandal.delete(vandal.text())


def swap_events(vandal: Vandal) -> str:
    return vandal.swap(*vandal.dice.sample(vandal.of(vandal.event()), 2))


def swap_events_of_two_reports(vandal: Vandal) -> str:
    return vandal.swap(vandal.event(), vandal.event())


def swap_texts(vandal: Vandal) -> str:
    one = vandal.text()
    return vandal.swap(one, vandal.text(other_than=one))


def swap_bodies(vandal: Vandal) -> str:
    one = vandal.text()
    other = vandal.text(other_than=one)
    return vandal.change(one, body=other.body) + vandal.change(other, body=one.body)


def insert_event(vandal: Vandal) -> str:
    last = vandal.of(vandal.event())[-1]
    hash_ = vandal.dice.choice([last.hash, "a" * 64])
    return vandal.insert(EVENT, {**last._mapping, "seq": last.seq + 1, "verb": "close", "hash": hash_})


def insert_event_and_count_it(vandal: Vandal) -> str:
    last = vandal.of(vandal.event())[-1]
    vandal.run("UPDATE report SET events = events + 1, head = :head WHERE number = :n", head="a" * 64,
               n=last.report_number)
    return vandal.insert(EVENT, {**last._mapping, "seq": last.seq + 1, "verb": "look", "hash": "a" * 64})


def insert_text(vandal: Vandal) -> str:
    event = vandal.event()
    seq = next((e.seq for e in vandal.of(event) if not e.commitment), 77)
    return vandal.insert(TEXT, {"report_number": event.report_number, "seq": seq, "salt": b"0" * 16,
                                "body": UNTRUE})


def delete_last_event_and_lower_the_count(vandal: Vandal) -> str:
    text = vandal.dice.choice([t for t in vandal.texts if t[:2] == vandal.of(t)[-1][:2]
                               and t.report_number not in vandal.touched])
    vandal.touched.add(text.report_number)
    vandal.delete(text)
    vandal.run("UPDATE report SET events = events - 1 WHERE number = :n", n=text.report_number)
    return vandal.delete(vandal.of(text)[-1])


def edit_what_the_report_says_of_its_timeline(vandal: Vandal) -> str:
    number = vandal.event().report_number
    change = vandal.dice.choice([
        "events = events + 1", "events = events - 1", "head = ''", "head = upper(head)",
        "status = 'forgotten', closed_at = NULL"])
    vandal.run(f"UPDATE report SET {change} WHERE number = :n", n=number)  # noqa: S608
    return f"report {number}: {change}"


# These leave every chain whole; only what was sealed outside the database tells.

def rewrite(vandal: Vandal, kept: list[dict[str, Any]]) -> None:
    """Make `kept` the timeline of a report, every hash computed anew, and its row in keeping with it."""
    number, head = kept[0]["report_number"], ""
    vandal.db.execute(EVENT.delete().where(EVENT.c.report_number == number))
    for seq, row in enumerate(kept, 1):
        told = {**row, "seq": seq}
        plain = EventRow(**{name: told[name] for name in EventRow._fields})
        head = told["hash"] = seal(vandal.ids[number], head, plain)
        vandal.insert(EVENT, told)
    closed = told["status"] == "closed"
    vandal.run("UPDATE report SET events = :many, head = :head, status = :status, "
               "closed_at = CASE WHEN :closed THEN received_at END WHERE number = :n",
               n=number, many=len(kept), head=head, status=told["status"], closed=closed)


def life(vandal: Vandal, event: Any, **changed: Any) -> list[dict[str, Any]]:
    """Return a report's events, one of them perhaps changed."""
    return [{**e._mapping, **(changed if e.seq == event.seq else {})} for e in vandal.of(event)]


def forget_last_event(vandal: Vandal) -> str:
    last = vandal.of(vandal.event())[-1]
    if last.commitment:
        vandal.delete(next(t for t in vandal.texts if t[:2] == last[:2]))
    rewrite(vandal, life(vandal, last)[:-1])
    return f"the last event {last[:2]} is forgotten everywhere"


def rewrite_event(vandal: Vandal) -> str:
    event = vandal.event()
    rewrite(vandal, life(vandal, event, actor="staff:77", occurred_at=event.occurred_at - timedelta(3)))
    return f"the chain is rewritten from {event[:2]} on"


def forge_last_event(vandal: Vandal) -> str:
    kept = life(vandal, vandal.event())
    rewrite(vandal, [*kept, kept[-1] | {"verb": "look", "commitment": "", "facts": {}, "public": False}])
    return f"an event is forged after {kept[-1]['report_number']}/{kept[-1]['seq']}, well chained"


def reword(vandal: Vandal) -> str:
    text = vandal.text()
    rewrite(vandal, life(vandal, text, commitment=commit(bytes(text.salt), UNTRUE)))
    return vandal.change(text, body=UNTRUE)


def forget_report(vandal: Vandal) -> str:
    number = vandal.event().report_number
    for table in (TEXT, EVENT, ReportArea.__table__):
        vandal.db.execute(table.delete().where(table.c.report_number == number))
    vandal.run("DELETE FROM report WHERE number = :n", n=number)
    return f"report {number} is forgotten altogether"


CHAINED = (edit_event, edit_event, edit_event, edit_text, delete_event, delete_last_event,
           delete_event_and_text, delete_text, swap_events, swap_events_of_two_reports, swap_texts,
           swap_bodies, insert_event, insert_event_and_count_it, insert_text,
           delete_last_event_and_lower_the_count, edit_what_the_report_says_of_its_timeline)
SEALED = (forget_last_event, rewrite_event, forge_last_event, reword, forget_report)
AT_ONCE = 10


def test_each_of_a_thousand_edits_behind_our_back_is_found(hundred):
    assert list(reports.check_chains(hundred)) == []
    kept = reports.root(hundred, MONDAY + timedelta(hours=1))
    assert kept.reports == 100
    vandal = Vandal(hundred, 20261123)
    missed = []
    # Ten at once, at reports apart from each other: each of these must be named, and no other.
    kinds, edits = cycle(CHAINED), 0
    while edits < 750:
        vandal.touched.clear()
        savepoint = hundred.connection().begin_nested()
        done = [next(kinds)(vandal) for _ in range(AT_ONCE)]
        named = {fault.reference for fault in reports.check_chains(hundred)}
        wanted = {vandal.names[number] for number in vandal.touched}
        if {name for name in named if not name.startswith("number ")} != wanted:
            missed.append(done)
        edits += AT_ONCE
        savepoint.rollback()
    # One by one, for the seal knows only that something is not as it was.
    kinds = cycle(SEALED)
    while edits < 1000:
        vandal.touched.clear()
        savepoint = hundred.connection().begin_nested()
        done = next(kinds)(vandal)
        if reports.root(hundred, kept.at) == kept:
            missed.append(done)
        edits += 1
        savepoint.rollback()
    assert missed == []
    assert list(reports.check_chains(hundred)) == []
    assert reports.root(hundred, kept.at) == kept


def test_a_timeline_that_is_gone_is_missed_though_its_report_says_there_was_none(twenty):
    number, reference = twenty.execute(select(Report.number, Report.reference).limit(1)).one()
    for table in (TEXT, EVENT):
        twenty.execute(table.delete().where(table.c.report_number == number))
    twenty.execute(sql("UPDATE report SET events = 0, head = '' WHERE number = :n"), {"n": number})
    assert [fault.reference for fault in reports.check_chains(twenty)] == [reference]


def test_what_belongs_to_no_report_is_named_by_its_number(twenty):
    vandal = Vandal(twenty, 4)
    event = vandal.event()
    vandal.insert(TEXT, {"report_number": event.report_number, "seq": 77, "salt": b"0" * 16, "body": UNTRUE})
    vandal.insert(EVENT, {**event._mapping, "report_number": -5})
    told = "an event or text that belongs to no report's event"
    assert list(reports.check_chains(twenty)) == [
        reports.Fault("number -5", event.seq, told), reports.Fault(f"number {event.report_number}", 77, told)]


# What an engine lets anybody write into a column that is read by everybody.
GARBAGE = {
    "sqlite": [("facts", "{"), ("facts", "5"), ("facts", b"\xff"), ("facts", '{"n": 1e999}'),
               ("facts", str(10**40)), ("occurred_at", "yesterday"), ("recorded_at", "5"), ("public", 2),
               ("public", "yes"), ("verb", b"close"), ("hash", b"\x00"), ("commitment", b"x"), ("seq", 1.5)],
    "postgresql": [("facts", "5"), ("facts", '"\\ud83d"'), ("facts", str(10**40)), ("facts", "[null]"),
                   ("recorded_at", "infinity"), ("occurred_at", "4713-01-01 BC"), ("seq", -1)],
}


def test_what_nobody_can_read_is_a_fault_of_that_report_and_hides_no_other(twenty):
    names = dict(twenty.execute(select(Report.number, Report.reference)).tuples().all())
    first, second = sorted(names)[10:12]
    twenty.execute(EVENT.update().where(EVENT.c.report_number == second, EVENT.c.seq == 2).values(actor="x"))
    for column, value in GARBAGE[twenty.get_bind().dialect.name]:
        savepoint = twenty.connection().begin_nested()
        where = EVENT.c.report_number == first, EVENT.c.seq == 2
        spelled = literal(value) if isinstance(value, bytes | int | float) else sql(f"'{value}'")
        twenty.execute(EVENT.update().where(*where).values({column: spelled}))
        named = {fault.reference for fault in reports.check_chains(twenty)}
        assert named == {names[first], names[second]}, (column, value)
        savepoint.rollback()


def test_an_erasure_that_the_timeline_tells_of_is_no_fault(twenty, staff):
    number = twenty.scalar(select(func.min(TEXT.c.report_number)))
    report = twenty.scalars(select(Report).where(Report.number == number)).one()
    twenty.execute(TEXT.delete().where(TEXT.c.report_number == number, TEXT.c.seq == 1))
    assert list(reports.check_chains(twenty)) == [
        reports.Fault(report.reference, 1, "its text is gone, and no erasure says so")]
    with clock.stopped_at(MONDAY + timedelta(hours=1)):
        record(twenty, report, "erase", staff, {"seqs": [1]}, public=False)
    assert list(reports.check_chains(twenty)) == []


def test_the_seal_does_not_move_with_what_comes_after_it(twenty, make_report, staff):
    kept = reports.root(twenty, MONDAY + timedelta(hours=1))
    with clock.stopped_at(MONDAY + timedelta(hours=2)):
        new = make_report()
        reports.note(twenty, staff, new.reference, "Later.")
    assert reports.root(twenty, kept.at) == kept
    later = reports.root(twenty, MONDAY + timedelta(hours=3))
    assert (later.reports, later.events) == (kept.reports + 1, kept.events + 3)
    assert later.root != kept.root


def test_a_seal_is_read_back_as_it_was_written(twenty):
    kept = reports.root(twenty, MONDAY + timedelta(hours=1))
    assert reports.root_from(reports.root_text(kept)) == kept
    assert "\n" not in reports.root_text(kept)


# The command

@pytest.fixture
def sealed(own_database, given):
    """A record of its own with a seal of a day, as the worker keeps it."""
    with clock.stopped_at(MONDAY), db.transaction() as change:
        fill(change, random.Random(1), many=20)  # noqa: S311  the same lives at each run
    with clock.stopped_at(MONDAY + timedelta(hours=1)), db.reading() as view:
        app.handlers()["seal"].run(view, {})
    assert seal_file("2026-11-23").is_file()
    return own_database


def test_the_command_finds_everything_in_order_and_says_so(sealed, capsys):
    assert verify() == 0
    assert capsys.readouterr().out == "20 reports checked: all in order.\n"


@pytest.mark.parametrize("kind", SEALED, ids=lambda kind: kind.__name__)
def test_the_command_finds_by_the_seal_what_the_chains_cannot_tell(sealed, capsys, kind):
    with db.transaction() as change:
        kind(Vandal(unchecked(change), 3))
    assert verify() == 1
    told = capsys.readouterr()
    assert "seal 2026-11-23: 20 reports and" in told.err
    assert "faults." in told.out


def test_the_command_names_the_report_and_the_event_and_ends_with_one(sealed, own_settings, monkeypatch):
    with db.transaction() as change:
        number, reference = change.execute(select(Report.number, Report.reference).limit(1)).one()
        change.execute(sql("UPDATE report_event SET actor = 'x' WHERE report_number = :n AND seq = 2"),
                       {"n": number})
    for key, value in vars(own_settings).items():
        monkeypatch.setenv(f"CIVIC_{key.upper()}", str(value))
    done = CliRunner().invoke(cli.civic, ["verify"])
    assert done.exit_code == 1
    assert f"report {reference}, event 2: the event is not the one that was written here" in done.stderr
