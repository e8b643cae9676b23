"""Finding by words: what is found, by whom, and that words are gone as soon as they may not be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update

from civicconnect import accounts, db, reports
from civicconnect.accounts import SYSTEM
from civicconnect.catalog import catalog
from civicconnect.db import Db, fold, needles, written
from civicconnect.geo import Point
from civicconnect.reports import Closing, Event, Filter, NewReport, PastReport, Report, places, words
from civicconnect.reports.words import ReportUnread, ReportWords, spelled
from tests.counting import counted
from tests.factories import HERE, RESIDENT, new_report
from tests.offers import change_service, make_plain

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
# Some letters of five scripts, with what makes comparing hard, and what an index may take for its own.
LETTERS = ("aáAæßłoøzTI'’-\"*():%_\\.12 ", "路灯坏了大街１２ ", "شارعأإةىيك\u064f\u0640٣ ", "রাস্তায়গর্ত ",
           "가로등길이고장 ", "🕳️🚧\x1b\u200d NEAROR")
TEXTS = st.text(st.sampled_from("".join(LETTERS)), max_size=14) | st.one_of(
    *(st.text(st.sampled_from(letters), max_size=14) for letters in LETTERS))


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


def found(db_: Db, typed: str, *, strangers: bool = True) -> set[str]:
    """Return the references of the reports found; the index and looking through must agree."""
    offer, view = catalog(db_), Filter(words=typed)
    sought = view.seek(db_, offer, strangers=strangers)
    through = set(db_.scalars(select(Report.reference).where(*sought.where(offer, strangers=strangers))))
    one_by_one = set(db_.scalars(select(Report.reference).where(*view.where(offer, strangers=strangers))))
    assert through == one_by_one
    return through


def finds(db_: Db, typed: str, report: Report, *, strangers: bool = True) -> bool:
    return report.reference in found(db_, typed, strangers=strangers)


def in_order(db_: Db) -> bool:
    """Say whether the words kept are those of the reports as they stand, and no others."""
    kept = {row[0]: tuple(row[1:]) for row in db_.execute(select(
        ReportWords.report_number, ReportWords.told, ReportWords.rest))}
    asked = select(Report.number, *words.READ).where(Report.number.not_in(select(ReportUnread.report_number)))
    return kept == {number: spelled(*said) for number, *said in db_.execute(asked)}


# What is found

@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=3, max_size=3), TEXTS, st.data())
@example(["路灯坏了", "大街路灯", "灯"], "路灯", None)
def test_the_index_finds_what_slow_reading_finds(db_, make_report, said, typed, data):
    if not (made := list(db_.scalars(select(Report).order_by(Report.number)))):
        made = [make_report(service="tree") for _ in said]
    for report, description in zip(made, said, strict=True):
        report.description, report.address = description, ""
    if data is not None:
        whole = " ".join(said)
        begin = data.draw(st.integers(0, len(whole)))
        some = whole[begin:begin + 6]
        typed = data.draw(st.sampled_from([typed, some, f"{some[:3]} {typed}"])) or "路"
    wanted, names = needles(typed), written(*catalog(db_).services["tree"].name.values())
    slow = {report.reference for report, description in zip(made, said, strict=True)
            if wanted and all(needle in written(description) or needle in names for needle in wanted)}
    assert found(db_, typed) == slow


@pytest.mark.parametrize(("said", "typed"), [
    ("The CAFÉ is closed", "cafe"), ("cafe", "CAFÉ"), ("Straße", "STRASSE"), ("ulica Łódzka", "lodzka"),
    ("O'Neill's wall", "oneill"), ("ONeills", "O’Neill"), ("Ｐｏｔｈｏｌｅ １２", "pothole 12"),
    ("صندوق القُمامة ممتلئ", "القمامه"), ("إنارة أمام المدرسة", "اناره امام"), ("شارع ٣٥", "35"),
    ("路灯坏了", "路灯"), ("路灯坏了", "灯"), ("路灯坏了", "坏了 路灯"), ("门口的路灯坏了", "路灯坏了"),
    ("가로등이 고장", "가로등"), ("쓰레기가 많다", "쓰레"), ("রাস্তায় গর্ত", "রাস্তা"), ("Ёлка упала", "елка"),
    ("Big hole at the school", "school big"), ("by 12 Elm Street", "12 elm"), ("potholes", "hole"),
    ("a 🕳️ here", "🕳"), ("Rua São João", "sao joao"),
])
def test_words_are_found_however_they_are_written(db_, make_report, said, typed):
    assert finds(db_, typed, make_report(service="tree", description=said, address=""))


@pytest.mark.parametrize(("said", "typed"), [
    ("by 112 Elm Street", "12"), ("a hole and a wall", "hole fence"), ("路灯坏了", "路了"), ("hole", "holes"),
    ("a hole", "%"), ("a hole", "h_le"), ("a hole", '"hole" AND *'), ("a hole", "told:hole"),
    ("a hole", "NOT fence"), ("a hole", "***"), ("a hole", "hole" * 200),
])
def test_what_does_not_stand_there_is_not_found(db_, make_report, said, typed):
    assert not finds(db_, typed, make_report(service="tree", description=said, address=""))


@pytest.mark.parametrize("typed", [
    '"', "'", '""', "hole*", "(hole", "hole)", "hole NEAR/2 wall", "-hole", "^hole", "{told}: hole",
    "hole\x00", "a" * 5000, "\\", "%%", "hole;--", "🕳" * 90, "\ud800", "\u0301", "x y z " * 30,
    "\U00012000\U00012001\U00012002",
])
def test_nothing_that_is_typed_is_a_sign_of_the_index(db_, make_report, typed):
    report = make_report(service="tree", description="A hole in the wall.")
    assert found(db_, typed) <= {report.reference}


def test_a_report_is_found_by_its_address_its_reference_and_its_service_in_every_language(db_, make_report):
    pothole = make_report(address="7 Weir Lane", description="Deep.")
    tree = make_report(service="tree", description="Deep.")
    for typed in ("weir", pothole.reference, f"{pothole.reference[:4]}-{pothole.reference[4:]}".lower(),
                  *catalog(db_).services["pothole"].name.values()):
        assert found(db_, typed) == {pothole.reference}, typed
    name = catalog(db_).services["tree"].name["es"]
    assert found(db_, f"{name} deep") == {tree.reference}
    assert found(db_, f"{name} deep weir") == set()


@given(TEXTS)
def test_comparing_twice_changes_nothing(text_):
    assert fold(fold(text_)) == fold(text_)
    assert not set(fold(text_)) & set("\"'*():%_\\\x00\x1b")


# Who finds it

def test_words_that_are_not_told_are_found_by_staff_alone(db_, make_report):
    change_service(db_, "tree", text="internal")
    change_service(db_, "pothole", place="rounded")
    silent = make_report(service="tree", description="Ana's lantern.", address="7 Weir Lane")
    somewhere = make_report(description="A lantern.", address="7 Weir Lane")
    assert found(db_, "lantern") == {somewhere.reference}
    assert found(db_, "weir") == {silent.reference}
    for typed in ("lantern", "weir", "lantern weir"):
        assert found(db_, typed, strangers=False) == {silent.reference, somewhere.reference}
    assert found(db_, "lantern weir") == set()


def test_what_staff_looked_up_does_not_tell_strangers_more(db_, make_report):
    change_service(db_, "tree", text="internal")
    make_report(service="tree", description="A lantern.")
    view, offer = Filter(words="lantern"), catalog(db_)
    staff = view.seek(db_, offer, strangers=False)
    assert len(staff.sought.numbers) == 1
    assert db_.scalars(select(Report.number).where(*staff.where(offer, strangers=True))).all() == []
    other = replace(staff, words="fence")
    assert db_.scalars(select(Report.number).where(*other.where(offer, strangers=False))).all() == []


def test_strangers_find_nothing_of_a_hidden_report_and_staff_find_it(
        db_, visitor, signed_in, moderator, make_report):
    report = make_report(description="By Zebulon's door.", address="9 Quokka Row")
    reports.hide(db_, moderator, report.reference, "personal")
    for typed in ("zebulon", "quokka", report.reference, "zebulon quokka"):
        for page in ("/reports", "/map", "/reports.csv", "/reports.geojson", "/reports.atom"):
            answer = visitor.get(f"{page}?q={typed}").text
            assert f"/reports/{report.reference}" not in answer, (page, typed)
            assert f"\n{report.reference}," not in answer
            assert f'"service_request_id": "{report.reference}"' not in answer
    assert report.reference in signed_in("supervisor").get("/staff/queue?q=zebulon").text


# How words leave

def rewritten(db_, moderator, report):
    reports.rewrite(db_, moderator, report.reference, 1, "By a door.", "personal", address="Some Row")


def redacted(db_, _moderator, report):
    report.address = ""
    reports.redact(db_, report, 1, "By a door.")


def moved(db_, moderator, report):
    report.description = ""
    reports.move(db_, moderator, report.reference, Point(41.21, -33.41), "Some Row")


def made_internal(db_, moderator, report):
    change_service(db_, "tree", text="internal", place="area")
    reports.change_service(db_, moderator, report.reference, "tree")


def changed_by_hand(db_, _moderator, report):
    db_.flush()
    db_.execute(text("UPDATE report SET description = '', address = ''"))


def told_no_more(db_, _moderator, report):
    db_.flush()
    less = update(Report).where(Report.number == report.number).values(text_told=False, place_told="area")
    db_.execute(less, execution_options={"synchronize_session": False})


@pytest.mark.parametrize("leave", [rewritten, redacted, moved, made_internal, changed_by_hand, told_no_more])
def test_words_that_may_not_be_read_any_more_are_gone_at_once(db_, moderator, make_report, leave):
    report = make_report(description="By Zebulon's door.", address="9 Quokka Row")
    assert found(db_, "zebulon quokka") == {report.reference}
    leave(db_, moderator, report)
    assert found(db_, "zebulon") == found(db_, "quokka") == set()
    assert in_order(db_)
    reports.read_words(db_)
    assert found(db_, "zebulon") == found(db_, "quokka") == set()
    assert in_order(db_)


def test_new_words_are_found_in_the_transaction_that_wrote_them(db_, moderator, staff, make_report):
    report = make_report(description="By a door.")
    reports.rewrite(db_, moderator, report.reference, 1, "By a window.", "personal")
    assert found(db_, "window") == {report.reference}
    reports.change_service(db_, staff, report.reference, "tree")
    assert found(db_, catalog(db_).services["pothole"].name["en"]) == set()
    assert found(db_, catalog(db_).services["tree"].name["en"]) == {report.reference}
    assert not reports.has_unread(db_)


def test_words_that_the_database_took_out_are_read_again(db_, make_report):
    report = make_report(description="By a door.")
    db_.flush()
    db_.execute(text("UPDATE report SET description = 'By a window.'"))
    assert found(db_, "window") == set()
    assert reports.read_words(db_) == 1
    assert reports.read_words(db_) == 0
    assert found(db_, "window") == {report.reference}
    assert in_order(db_)


def test_a_step_that_changes_no_words_leaves_them_alone(db_, database, staff, make_report):
    report = make_report(description="By a door.")
    db_.flush()
    with counted(database) as asked:
        reports.transition(db_, staff, report.reference, "accept", {})
    assert not [sql for sql in asked if "report_words" in sql]
    assert found(db_, "door") == {report.reference}


def test_nothing_of_erased_words_stays_in_the_index(own_database):
    with db.transaction() as change:
        receipt = reports.submit(change, RESIDENT, new_report(description="By zqxjkv."))
    with db.transaction() as change:
        report = reports.find(change, receipt.reference, SYSTEM)
        reports.redact(change, report, 1, "By a door.")
    with db.reading() as view:
        assert found(view, "zqxjkv") == set()
        assert in_order(view)
        if own_database.embedded and own_database.engine.dialect.dbapi.sqlite_version_info >= (3, 42):
            blocks = view.connection().exec_driver_sql("SELECT block FROM report_words_index_data").scalars()
            assert not any(b"zqx" in block for block in blocks)


# In bulk

def past(description: str) -> PastReport:
    new = NewReport(uuid4(), "pothole", HERE, "1 Test Street", description=description)
    return PastReport(new, "R-1", MONDAY, closing=Closing(MONDAY, "fixed"))


def test_what_came_in_bulk_is_found_at_once(db_, make_report):
    make_report(description="A hole.")
    came = [past("A lantern."), past("A lamp.")]
    assert reports.submit_past(db_, accounts.Actor("history", "history"), came) == 2
    assert not reports.has_unread(db_)
    assert len(found(db_, "lantern")) == 1
    assert in_order(db_)


def test_what_another_release_left_unread_is_found_once_it_is_read(db_, make_report):
    for description in ("A lantern.", "A lamp."):
        db_.execute(text("DELETE FROM report_words WHERE report_number = :n"),
                    {"n": (report := make_report(description=description)).number})
        db_.execute(text("INSERT INTO report_unread (report_number) VALUES (:n)"), {"n": report.number})
    assert reports.count_unread(db_) == 2
    assert found(db_, "lantern") == set()
    assert reports.read_words(db_, most=1) == 1
    assert reports.read_words(db_) == 1
    assert len(found(db_, "lantern")) == 1
    assert in_order(db_)
    assert not reports.has_unread(db_)


def test_a_report_that_goes_takes_its_words_along(db_, make_report):
    report = make_report(description="A lantern.")
    db_.flush()
    number = report.number
    db_.execute(text("DELETE FROM report_event_text"))
    db_.execute(delete(Event))
    for table in ("report_area", "report_follower"):
        db_.execute(text(f"DELETE FROM {table}"))  # noqa: S608  two names
    db_.execute(text("DELETE FROM report WHERE number = :n"), {"n": number})
    assert db_.scalar(select(func.count()).select_from(ReportWords)) == 0
    assert found(db_, "lantern") == set()


# Common words

def test_common_words_are_looked_for_report_by_report_and_counted_as_far_as_is_told(
        db_, visitor, make_report, monkeypatch):
    monkeypatch.setattr(words, "FEW", 5)
    monkeypatch.setattr(places, "DENSE", 4)
    made = [make_report(description=f"A lantern, {'odd' if n % 2 else 'even'}.", service="tree").reference
            for n in range(24)]
    assert found(db_, "lantern") == set(made)
    page = visitor.get("/reports?q=lantern")
    assert "More than 5 reports" in page.words
    monkeypatch.setattr(places, "DENSE", 6)
    assert "24 reports" in visitor.get("/reports?q=lantern&area=district:old-town").words
    monkeypatch.setattr(places, "COUNTED_TO", 20)
    assert "More than 20 reports" in visitor.get("/reports?q=lantern").words
    assert "12 reports" in visitor.get("/reports?q=lantern+odd").words
    assert "drawn from" in visitor.get("/map?q=lantern").words
    assert "drawn from" not in visitor.get(f"/map?q={made[0]}").words
    assert visitor.get("/reports.csv?q=lantern").text.count("lantern") == 24


@pytest.mark.parametrize("few", [1, 5000])
@pytest.mark.parametrize("page", ["/reports?q=street", "/reports?q=street+lantern&area=district:old-town",
                                  "/map?q=street", "/map?q=street&lat=41.2&long=-33.4&zoom=16",
                                  "/staff/queue?q=street", "/staff/queue?q=street&as=board"])
def test_a_page_that_searches_asks_at_most_twelve_times(
        signed_in, database, make_report, monkeypatch, page, few):
    monkeypatch.setattr(words, "FEW", few)
    for _ in range(3):
        make_report(description="A lantern.")
    clerk = signed_in("streets")
    with counted(database) as asked:
        assert clerk.get(page).status == 200
    assert len(asked) <= 12, "\n".join(asked)


# How it is found

def plan(db_: Db, typed: str) -> str:
    """Return how the engine goes about a search for words."""
    sought = words.look_up(db_, words.wanted_in(typed, catalog(db_)), strangers=True)
    compiled = sought.compile(db_.get_bind(), compile_kwargs={"literal_binds": True})
    how = "EXPLAIN" if db_.get_bind().dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    # What the engine is asked has its signs in it: they are no places for values.
    told = db_.connection().exec_driver_sql(f"{how} {compiled}".replace("%%", "%").replace("%", "%%"))
    return "\n".join(row[-1] for row in told)


def test_words_are_looked_up_in_the_index(db_, make_report):
    make_report(description="A lantern.")
    db_.flush()
    if db_.get_bind().dialect.name == "postgresql":
        db_.execute(text("SET LOCAL enable_seqscan = off"))  # it would read one row sooner than any index
        db_.execute(text("SET LOCAL enable_indexscan = off"))
        assert "idx_report_words_grams" in plan(db_, "lantern hole")
    else:
        assert "VIRTUAL TABLE INDEX" in plan(db_, "lantern hole")
        assert "SCAN report_words\n" not in plan(db_, "lantern hole")
