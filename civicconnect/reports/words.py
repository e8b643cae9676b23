"""The words by which reports are found: what is kept of them, and how they are looked for.

`report_words` holds the words of a report as they are compared, apart from each other those that strangers
are told and those that only staff may read. The database itself takes them out as soon as anything changes
that they come from (migration 0019), and notes in `report_unread` that they are to be read anew: whoever
forgets that leaves a report that is not found, and never one that is found by what may not be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKey,
    Select,
    and_,
    delete,
    event,
    exists,
    false,
    func,
    insert,
    inspect,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect.catalog import Catalog
from civicconnect.db import (
    Base,
    Db,
    Reference,
    among,
    code_word,
    copy_as_one,
    looked_up,
    needles,
    written,
)
from civicconnect.reports.models import Report
from civicconnect.reports.queries import TOLD_IN_WORDS, tidy

FEW = 5000  # found in as many reports at most, words are looked up; else reports are looked through for them
BATCH = 5000
REFERENCE = 8  # letters and figures of one
SAID = ("description", "address", "text_told", "place_told", "service_id")  # what the words come from
READ = tuple(getattr(Report, name) for name in SAID)


class ReportWords(Base):
    """The words of a report as they are compared: with blanks around, or empty."""

    __tablename__ = "report_words"
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)
    told: Mapped[str]  # to everybody; the service is among them, as `code_word`
    rest: Mapped[str]  # for staff alone


class ReportUnread(Base):
    """A report whose words are still to be read: nobody finds it by them meanwhile."""

    __tablename__ = "report_unread"
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"), primary_key=True)


@dataclass(frozen=True)
class Sought:
    """The reports in which words were found.

    numbers    of the newest, at most FEW
    is_all     whether there are no more
    leads      whether reading in order and comparing is quick enough
    """

    words: str
    numbers: tuple[int, ...]
    is_all: bool
    strangers: bool
    leads: bool = False


def look_for(db: Db, words: str, offer: Catalog, *, strangers: bool) -> Sought:
    """Look up in which reports all words stand: one statement, two where they may be a reference.

    strangers    whether only words that strangers may read are searched
    """
    wanted = wanted_in(words, offer)
    found: list[int] = []
    if wanted:
        found += db.scalars(look_up(db, wanted, strangers=strangers))
    if reference := _reference(words):
        found += db.scalars(select(Report.number).where(Report.reference == reference))
    return Sought(words, tuple(found[:FEW]), len(found) <= FEW, strangers)


def look_up(db: Db, wanted: Sequence[Sequence[str]], *, strangers: bool) -> Select[int]:
    """Select the newest reports that hold words, as the index tells them: FEW, and one more.

    wanted    `wanted_in` what was typed
    """
    asked = select(ReportWords.report_number).where(_holds(wanted, strangers=strangers)).limit(FEW + 1)
    return looked_up(db, asked, ReportWords.report_number, wanted)


def says(words: str, offer: Catalog, sought: Sought | None, *, strangers: bool) -> ColumnElement[bool]:
    """Return the condition that all words stand in a report, or that they are its reference."""
    if sought and sought.is_all and (sought.words, sought.strangers) == (words, strangers):
        return among(Report.number, sought.numbers)
    wanted, reference = wanted_in(words, offer), _reference(words)
    known = Report.reference == reference if reference else false()
    if not wanted:
        return known
    beside = exists().where(ReportWords.report_number == Report.number, _holds(wanted, strangers=strangers))
    return or_(beside, known) if reference else beside


def wanted_in(words: str, offer: Catalog) -> list[list[str]]:
    """Return for each word typed the needles of which one must stand among a report's words."""
    names = [(service.id, written(*service.name.values())) for service in offer.services.values()]
    return [[needle, *(code_word(number) for number, name in names if needle in name)]
            for needle in needles(words)]


def _holds(wanted: Sequence[Sequence[str]], *, strangers: bool) -> ColumnElement[bool]:
    # Both together is what PostgreSQL has an index of; what strangers may not read is then left out.
    whole = ReportWords.told + ReportWords.rest
    texts = (whole, ReportWords.told) if strangers else (whole,)
    return and_(*(or_(*(text.like(f"%{needle}%") for needle in needles_))
                  for text in texts for needles_ in wanted))


def _reference(words: str) -> str:
    told = tidy(words)
    return told if len(told) == REFERENCE and told.isascii() and told.isalnum() else ""


# Keeping

def spelled(description: str, address: str, text_told: bool, place_told: str, service_id: int
            ) -> tuple[str, str]:
    """Return the words that strangers are told of a report, and those that only staff may read."""
    is_placed = place_told in TOLD_IN_WORDS
    told = written(description if text_told else "", address if is_placed else "")
    rest = written("" if text_told else description, "" if is_placed else address)
    return f"{told or ' '}{code_word(service_id)} ", rest


def keep_words(db: Db, report: Any, number: int) -> None:
    """Keep the words of a report that has just come in."""
    _keep(db.connection(), report, number)


def _keep(connection: Connection, report: Any, number: int) -> None:
    told, rest = spelled(*(report[name] for name in SAID))
    connection.execute(insert(ReportWords).values(report_number=number, told=told, rest=rest))


@event.listens_for(Report, "after_update")
def _changed(_mapper: Any, connection: Connection, report: Report) -> None:
    """Read the words anew, in the flush that changes them: the database has just taken the old ones out."""
    known = inspect(report).attrs
    if any(known[name].history.has_changes() for name in SAID):
        connection.execute(delete(ReportWords).where(ReportWords.report_number == report.number))
        _keep(connection, {name: getattr(report, name) for name in SAID}, report.number)
        connection.execute(delete(ReportUnread).where(ReportUnread.report_number == report.number))


def keep_many(db: Db, words: Sequence[tuple[int, str, str]]) -> None:
    """Keep the words of reports that have just come in: number, and what `spelled` makes of each."""
    copy_as_one(db, "report_words", ("report_number", "told", "rest"), words)


def count_unread(db: Db) -> int:
    """Return of how many reports the words are still to be read."""
    return db.scalar(select(func.count()).select_from(ReportUnread)) or 0


def has_unread(db: Db) -> bool:
    """Say whether the words of any report are still to be read."""
    return db.scalar(select(ReportUnread.report_number).limit(1)) is not None


def read_words(db: Db, most: int = BATCH) -> int:
    """Read the words of some reports that wait for it. Returns of how many; 0 when none waits.

    A report that somebody changes at this moment is left for the next time.
    """
    asked = select(Report.number, *READ).join(ReportUnread, ReportUnread.report_number == Report.number)
    found = db.execute(asked.order_by(Report.number).limit(most).with_for_update(skip_locked=True)).all()
    numbers = [row[0] for row in found]
    for table in (ReportWords, ReportUnread):
        db.execute(delete(table).where(among(table.report_number, numbers)))
    keep_many(db, [(number, *spelled(*said)) for number, *said in found])
    return len(found)
