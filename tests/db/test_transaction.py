"""A change is all or nothing, reading never waits, and rows written in bulk read like any other."""

from __future__ import annotations

import math
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from civicconnect import clock, db, geo, jobs
from civicconnect.accounts import Role
from civicconnect.db import engine
from civicconnect.geo import Address, Point
from civicconnect.jobs import Beat, Job
from civicconnect.reports import Event, Report, ReportArea
from tests.factories import HERE

NOON = datetime(2026, 11, 23, 12, 0, 0, 123457, tzinfo=UTC)


def beats(view):
    return dict(view.execute(select(Beat.worker, Beat.seen_at)).tuples().all())


def job(**wanted):
    return {"kind": "sweep", "payload": {}, "state": "waiting", "due_at": NOON, "attempts": 0} | wanted


# All or nothing

def test_what_a_block_wrote_stands_when_it_ends(own_database):
    with db.transaction() as change:
        change.add(Beat(worker="a", seen_at=NOON))
    with db.reading() as view:
        assert beats(view) == {"a": NOON}


def test_nothing_of_a_block_stands_when_it_fails_at_its_last_line(own_database):
    def fail():
        with db.transaction() as change:
            change.add(Beat(worker="a", seen_at=NOON))
            change.flush()
            jobs.enqueue(change, "sweep")
            raise RuntimeError("the last line")

    with pytest.raises(RuntimeError, match="the last line"):
        fail()
    with db.reading() as view:
        assert beats(view) == {}
        assert view.scalar(select(func.count()).select_from(Job)) == 0


def test_nothing_of_a_block_stands_when_the_database_refuses_its_last_row(own_database):
    def fail():
        with db.transaction() as change:
            change.add(Beat(worker="a", seen_at=NOON))
            change.flush()
            change.add_all([Role(name="twice"), Role(name="twice")])

    with pytest.raises(IntegrityError):
        fail()
    with db.reading() as view:
        assert beats(view) == {}


def test_a_block_in_another_thread_needs_its_own_database_to_be_said(own_database):
    seen = []

    def ask():
        try:
            db.current()
        except LookupError:
            seen.append("none is bound")

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == ["none is bound"]


# Reading

def test_reading_does_not_wait_for_a_writer_and_sees_nothing_half_done(own_database):
    with db.transaction() as change:
        change.add(Beat(worker="a", seen_at=NOON))
        change.flush()
        with db.reading() as view:  # would wait for ever, and then fail: we hold the writer ourselves
            assert beats(view) == {}
    with db.reading() as view:
        assert beats(view) == {"a": NOON}


def test_writing_does_not_wait_for_a_reader_and_the_reader_keeps_its_one_state(own_database):
    with db.reading() as view:
        assert beats(view) == {}
        with db.transaction() as change:
            change.add(Beat(worker="a", seen_at=NOON))
        assert beats(view) == {}
    with db.reading() as view:
        assert beats(view) == {"a": NOON}


def test_two_writers_follow_each_other_and_neither_is_lost(own_database):
    with db.transaction() as change:
        change.add(Job(**job(kind="counter")))
    here = db.current()
    together = threading.Barrier(4)
    failed = []

    def count():
        try:
            with db.bound(here):
                together.wait()
                for _ in range(10):
                    with db.transaction() as change:
                        change.execute(update(Job).values(attempts=Job.attempts + 1))
        except Exception as fault:  # noqa: BLE001  shown by the assertion below
            failed.append(fault)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with db.reading() as view:
        assert view.scalar(select(Job.attempts)) == 40


# The embedded engine

def test_the_newest_sqlite_that_can_load_spatialite_is_taken(monkeypatch):
    class Can:
        def enable_load_extension(self):
            """Only be there."""

    old = SimpleNamespace(Connection=Can, sqlite_version_info=(3, 40, 1))
    new = SimpleNamespace(Connection=Can, sqlite_version_info=(3, 51, 1))
    cannot = SimpleNamespace(Connection=object, sqlite_version_info=(3, 60, 0))
    for own, wheel, taken in ((old, new, new), (new, old, new), (cannot, old, old), (old, None, old)):
        monkeypatch.setattr(engine, "sqlite3", own)
        monkeypatch.setattr(engine, "pysqlite3", wheel)
        assert engine.sqlite_module() is taken
    monkeypatch.setattr(engine, "sqlite3", cannot)
    with pytest.raises(engine.Unusable, match="pip install"):
        engine.sqlite_module()


def test_what_is_taken_out_is_overwritten_in_the_file(own_database):
    if not own_database.embedded:
        return
    said = "By the blue door of Ana Silva. " * 40
    with db.transaction() as change:
        change.execute(insert(Job).values(job(payload={"said": said})))
    file = Path(own_database.engine.url.database)

    def written():
        with closing(own_database.engine.raw_connection()) as raw:
            raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return b"blue door of Ana" in file.read_bytes()

    assert written()
    with db.transaction() as change:
        change.execute(delete(Job))
    assert not written()


# Instants

@pytest.mark.parametrize("instant", [datetime(2026, 3, 1, 12, 0), datetime.min], ids=str)
def test_an_instant_without_a_zone_is_refused(db_, instant):
    db_.add(Beat(worker="a", seen_at=instant))
    with pytest.raises(StatementError, match="an instant carries its zone"):
        db_.flush()


def test_an_instant_without_a_zone_is_no_question_either(db_):
    with pytest.raises(StatementError, match="an instant carries its zone"):
        db_.scalar(select(Beat.worker).where(Beat.seen_at < datetime(2026, 3, 1)))


def test_the_clock_is_not_stopped_at_an_instant_without_a_zone():
    with pytest.raises(ValueError, match="carries its zone"), clock.stopped_at(datetime(2026, 3, 1)):
        pass


@pytest.mark.parametrize("hours", [-9.5, 0, 5.75, 14])
def test_an_instant_of_any_zone_comes_back_as_the_same_instant_in_utc_to_the_microsecond(db_, hours):
    told = NOON.astimezone(timezone(timedelta(hours=hours)))
    db_.add(Beat(worker="a", seen_at=told))
    db_.flush()
    back = db_.scalar(select(Beat.seen_at))
    assert back == NOON
    assert (back.tzinfo, back.microsecond) == (UTC, 123457)


def test_instants_are_in_order_whatever_zone_they_were_told_in(db_):
    for hours in (3, -3, 0):
        at = (NOON + timedelta(minutes=hours)).astimezone(timezone(timedelta(hours=-4 * hours)))
        db_.add(Beat(worker=str(hours), seen_at=at))
    db_.flush()
    assert list(db_.scalars(select(Beat.worker).order_by(Beat.seen_at))) == ["-3", "0", "3"]


# Upsert and its sisters

def test_upsert_adds_what_is_new_and_changes_what_stands(db_):
    db.upsert(db_, Beat, ["worker"], [{"worker": "a", "seen_at": NOON}])
    later = NOON + timedelta(hours=1)
    db.upsert(db_, Beat, ["worker"], [{"worker": w, "seen_at": later} for w in ("a", "b")])
    assert beats(db_) == {"a": later, "b": later}


def test_upsert_leaves_the_key_of_a_row_where_it_was(db_):
    before = dict(db_.execute(select(Role.name, Role.id)).tuples().all())
    db.upsert(db_, Role, ["name"], [{"name": "staff", "description": "in the van"}])
    assert dict(db_.execute(select(Role.name, Role.id)).tuples().all()) == before
    assert db_.scalar(select(Role.description).where(Role.name == "staff")) == "in the van"


def test_upsert_of_a_row_that_is_only_a_key_leaves_it_be(db_, make_report):
    asked = select(ReportArea.report_number, ReportArea.area_id)
    make_report()
    before = db_.execute(asked).mappings().all()
    db.upsert(db_, ReportArea, ["report_number", "area_id"], before)
    assert before
    assert db_.execute(asked).mappings().all() == before


def test_upsert_of_no_rows_does_nothing(db_):
    db.upsert(db_, Beat, ["worker"], [])
    assert beats(db_) == {}


def test_insert_ignoring_lets_the_first_one_stand(db_):
    for attempts in (1, 2):
        db.insert_ignoring(db_, Job, job(dedupe_key="once", attempts=attempts))
    db.insert_ignoring(db_, Job, job(dedupe_key="other"))
    assert sorted(db_.execute(select(Job.dedupe_key, Job.attempts)).tuples()) == [("once", 1), ("other", 0)]


def test_insert_new_tells_whether_the_row_is_new(db_):
    first = db.insert_new(db_, Beat, ["worker"], {"worker": "a", "seen_at": NOON}, Beat.worker)
    again = db.insert_new(db_, Beat, ["worker"], {"worker": "a", "seen_at": NOON + timedelta(1)}, Beat.worker)
    assert (first, again) == ("a", None)
    assert beats(db_) == {"a": NOON}


def test_insert_new_hides_no_other_fault(db_):
    with pytest.raises(DBAPIError), db_.begin_nested():
        db.insert_new(db_, Job, ["id"], job(kind=None), Job.id)


# Many rows at once

def test_a_bulk_row_reads_exactly_like_one_the_models_wrote(db_, make_report):
    model = make_report(description="Ένα «βαθύ» 🕳 hole", address="Straße 1", answers=())
    row = {c.key: getattr(model, c.key) for c in Report.__table__.columns
           if c.key not in ("place", "rank")}  # the database counts the rank itself
    instants = {name: NOON.astimezone(timezone(timedelta(hours=2))) for name in ("received_at", "updated_at")}
    copy = row | instants | {
        "number": db.reserve(db_, "report", "number", 1)[0], "id": uuid4(), "reference": "BULKROW2",
        "answers": [{"code": "größe", "value": "\"quoted\", \\ and \u2028", "question": "¿Cuál? حفرة"}],
        "why": {"z": None, "a": 1.5, "deep": {"list": [True, 1e-7, 60.0]}}, "due_at": None,
    }
    spell = db.spelling(db_)
    how = {datetime: spell.instant, UUID: spell.uuid, dict: spell.json, list: spell.json, str: spell.text,
           int: spell.figure, bool: spell.flag, type(None): lambda _: spell.nothing}
    spelled = [how[type(value)](value) for value in copy.values()]
    db.copy_rows(db_, "report", ["number", *list(copy)[1:], "place"],
                 [((copy["number"],), (spell.row((*spelled[1:], geo.encoder(spell)(HERE))),))])
    db_.expunge_all()
    same = copy | dict.fromkeys(instants, NOON)
    back = db_.scalars(select(Report).where(Report.reference == "BULKROW2")).one()
    assert {name: getattr(back, name) for name in same} == same
    assert {name: type(getattr(back, name)) for name in same} == {name: type(v) for name, v in same.items()}
    spot = select(geo.latitude(Report.place), geo.longitude(Report.place))
    assert db_.execute(spot.where(Report.reference == "BULKROW2")).one() == (HERE.lat, HERE.long)
    near = geo.within(Report.place, Point(HERE.lat, HERE.long + 0.0001), 20.0)
    assert set(db_.scalars(select(Report.reference).where(near))) == {model.reference, "BULKROW2"}


def test_a_bulk_instant_is_compared_like_any_other(db_):
    db.upsert(db_, Beat, ["worker"], [{"worker": "model", "seen_at": NOON}])
    spelled = db.spelling(db_).instant
    db.copy_in(db_, "worker_beat", ("worker", "seen_at"), [
        ("same", spelled(NOON)), ("before", spelled(NOON - timedelta(microseconds=1))),
        ("whole", spelled(NOON.replace(microsecond=0))),
        ("after", spelled(NOON + timedelta(microseconds=1)))])
    by_instant = select(Beat.worker).order_by(Beat.seen_at, Beat.worker)
    assert list(db_.scalars(by_instant)) == ["whole", "before", "model", "same", "after"]
    for at, workers in ((NOON, {"model", "same"}), (NOON.replace(microsecond=0), {"whole"})):
        assert set(db_.scalars(select(Beat.worker).where(Beat.seen_at == at))) == workers


def test_floats_nothing_and_shapes_survive_in_bulk(db_):
    encode = geo.encoder(db.spelling(db_))
    db.copy_in(db_, "promise", ("service", "area", "hours"),
               [("bulk", None, 0.1 + 0.2), ("bulk", "a:b", 1e15), ("bulk", "\\N", math.pi), ("bulk", "", 1)])
    table = db.Base.metadata.tables["promise"]
    found = db_.execute(select(table.c.area, table.c.hours).where(table.c.service == "bulk")).tuples()
    assert dict(found.all()) == {None: 0.1 + 0.2, "a:b": 1e15, "\\N": math.pi, "": 1.0}
    db.copy_in(db_, "address", ("street", "number", "words", "place"),
               [("tab\there\nline \\ back", "1", "w", encode(Point(-89.999999, 179.999999)))])
    street = select(Address.street, geo.latitude(Address.place), geo.longitude(Address.place))
    assert db_.execute(street.where(Address.words == "w")).one() == (
        "tab\there\nline \\ back", -89.999999, 179.999999)
    assert encode(None) is None


def how_set(view):
    """Return what the embedded engine is set to on this connection; nothing of it on a server."""
    if view.get_bind().dialect.name != "sqlite":
        return {}
    return {name: view.scalar(text(f"PRAGMA {name}"))
            for name in ("foreign_keys", "cache_size", "wal_autocheckpoint", "secure_delete")}


def test_many_rows_leave_the_connection_as_it_was_whatever_comes_of_them(own_database):
    def fail():
        with db.transaction(many=True) as change:
            assert how_set(change) == {name: changed[name] for name in usual}
            change.add(Beat(worker="a", seen_at=NOON))
            raise RuntimeError("after all")

    changed = {"foreign_keys": 0, "cache_size": -engine.BULK_CACHE, "wal_autocheckpoint": engine.LOG_PAGES,
               "secure_delete": 0}
    with db.reading() as view:
        usual = how_set(view)
    assert usual.get("foreign_keys", 1) == 1
    with pytest.raises(RuntimeError, match="after all"):
        fail()
    with db.transaction(many=True):
        pass
    with db.reading() as view:
        assert how_set(view) == usual
        assert beats(view) == {}


def test_rows_written_as_one_read_like_any_others(db_, make_report):
    rows = [(make_report().number, f" größe {n} 🕳 \\ \" ", "") for n in range(3)]
    db_.execute(text("DELETE FROM report_words"))
    db.copy_as_one(db_, "report_words", ("report_number", "told", "rest"), rows)
    asked = text("SELECT report_number, told, rest FROM report_words ORDER BY report_number")
    assert db_.execute(asked).all() == rows


def test_bulk_rows_belong_to_the_transaction_they_were_written_in(own_database):
    def fail():
        with db.transaction() as change:
            noon = db.spelling(change).instant(NOON)
            db.copy_in(change, "worker_beat", ("worker", "seen_at"), [("a", noon)])
            assert beats(change) == {"a": NOON}
            raise RuntimeError("after the rows")

    with pytest.raises(RuntimeError, match="after the rows"):
        fail()
    with db.reading() as view:
        assert beats(view) == {}


def test_reserved_numbers_rise_and_are_free(db_, make_report):
    before = make_report().number
    numbers = list(db.reserve(db_, "report", "number", 50))
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 50
    assert numbers[0] > before
    assert not set(db_.scalars(select(Event.report_number))) & set(numbers)
