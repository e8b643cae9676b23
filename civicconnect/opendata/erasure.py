"""Taking out of versions that stand what strangers may not read any more: the one way they ever change.

A moderator hides a report or replaces its words; whoever sent it takes words back. The next version is
without them by itself. Those that stand are written anew, the newest first, under a new hash in their
manifest; what was taken out of them is listed by report: /data/corrections.csv.
"""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from civicconnect import clock, jobs
from civicconnect.db import Db
from civicconnect.opendata.publication import TYPES, engine, sql_name, sql_text, write_files, write_manifest
from civicconnect.opendata.versions import Publication, instant_of, newest, shelf, standing
from civicconnect.reports import Column, Event, Report

WITHDRAWING = ("hide", "redact", "erase", "reclassify")  # after these something may not be read any more
ROW = "row"
LESS = "place_or_words"  # strangers are told less: a row that tells more than that goes
PRECISION = ("exact", "stand_in", "rounded", "area")  # from most to least
WORDS = ("description", "address")  # the public columns that people outside wrote
BOOK = ".corrections.json"
# An event may be committed a little after it was stamped, and a version may still be written from what
# was read before that: such a one is looked at again.
SETTLING, WRITING, LOOKED_AT_AGAIN = timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2)
KINDS = {"TIMESTAMP WITH TIME ZONE": "instant"} | {
    spelled: kind for kind, spelled in TYPES.items() if kind != "instant"}
COLUMNS = ("service_request_id", "field", "corrected_datetime", "versions")


@dataclass(frozen=True)
class Correction:
    """Something that strangers may not read any more since an event.

    field      row, place_or_words, or the name of a column
    done_at    when all versions that stood then were seen to; None: not yet
    versions   how many held it and were written anew
    """

    reference: str
    seq: int
    field: str
    at: datetime
    done_at: datetime | None = None
    versions: int = 0

    @property
    def key(self) -> tuple[str, int, str]:
        return self.reference, self.seq, self.field

    def concerns(self, version: str) -> bool:
        """Say whether a version may hold what this takes out."""
        made = instant_of(version)
        return made <= self.at + SETTLING and (self.done_at is None or made > self.done_at - WRITING)


@dataclass(frozen=True)
class Stands:
    """What strangers may read of a report now."""

    is_hidden: bool
    words: Mapping[str, str]
    is_public: bool = True
    place_told: str = "exact"
    text_told: bool = True

    def tells_less(self, row: Mapping[str, str | None]) -> bool:
        """Say whether a row of a version tells more of the place or the words than strangers are told now."""
        precision = row["location_precision"]
        is_nearer = precision in PRECISION and PRECISION.index(precision) < PRECISION.index(self.place_told)
        return not self.is_public or is_nearer or (row["description"] is not None and not self.text_told)


def request_reissue(db: Db) -> None:
    """Ask for the versions that stand to be seen to, in the transaction of the change that calls for it."""
    jobs.enqueue(db, "reissue", key="reissue")


def reissue(db: Db) -> int:
    """Take out of all versions what may not be read any more. Returns how many were written anew.

    One at a time, whoever asks. Cut off in the middle, it does the rest at the next call.
    """
    home = shelf()
    if not home.is_dir():
        return 0
    with _alone(home):
        began = clock.now()
        seen, book = _read_book(home)
        book |= {c.key: c for c in _new(db, seen) if c.key not in book}
        due = [c for c in book.values() if c.done_at is None or began - c.done_at < LOOKED_AT_AGAIN]
        _write_book(home, seen if due else began, book)
        if not due:
            return 0
        now = _as_they_stand(db, {c.reference for c in due})
        written = 0
        for version in reversed(standing()):
            taken = _clean(version, [book[c.key] for c in due if c.concerns(version)], now)
            book |= {c.key: replace(c, versions=c.versions + 1) for c in taken}
            if taken:
                written += 1
                _write_book(home, seen, book)
        book |= {c.key: replace(book[c.key], done_at=began) for c in due if c.done_at is None}
        _write_book(home, began, book)
    return written


def corrections() -> list[Correction]:
    """Return what was taken out of versions that stood, the newest first."""
    found = [c for c in _read_book(shelf())[1].values() if c.versions]
    return sorted(found, key=lambda c: (c.at, c.key), reverse=True)


def corrections_csv() -> str:
    """Return the same as a file: which report, which column (row: all), when, in how many versions."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for c in corrections():
        writer.writerow([c.reference, c.field, f"{c.at:%Y-%m-%dT%H:%M:%SZ}", c.versions])
    return out.getvalue()


def _new(db: Db, seen: datetime | None) -> Iterator[Correction]:
    """Yield what events tell that were recorded since a little before the book was last written."""
    asked = (
        select(Report.reference, Event.seq, Event.verb, Event.facts, Event.recorded_at)
        .join(Report, Report.number == Event.report_number)
        .where(Event.verb.in_(WITHDRAWING)).order_by(Event.recorded_at, Event.report_number, Event.seq)
    )
    if seen is not None:
        asked = asked.where(Event.recorded_at > seen - SETTLING)
    for reference, seq, verb, facts, at in db.execute(asked):
        for field in _fields(verb, facts):
            yield Correction(reference, seq, field, at)


def _fields(verb: str, facts: Mapping[str, Any]) -> Sequence[str]:
    """Return what of a row in the publication an event takes out."""
    if verb == "hide":
        return (ROW,)
    if verb == "reclassify":
        return (LESS,)
    if facts.get("of") != 1:  # words that were added later are in no publication
        return ()
    return [field for field in facts.get("fields", ("description",)) if field in WORDS]


def _as_they_stand(db: Db, references: Collection[str]) -> dict[str, Stands]:
    asked = select(Report.reference, Report.visibility, Report.place_told, Report.text_told,
                   Report.description, Report.address)
    found = db.execute(asked.where(Report.reference.in_(references)))
    return {reference: Stands(visibility == "hidden", {"description": description, "address": address},
                              visibility == "public", place, text)
            for reference, visibility, place, text, description, address in found}


def _clean(version: str, due: Sequence[Correction], now: Mapping[str, Stands]) -> list[Correction]:
    """Write a version anew without what is due. Returns what it held of that."""
    publication = newest(version) if due else None
    if publication is None:
        return []
    try:
        held = _held(publication, due, now)
        if held:
            _rewrite(publication, held)
    except FileNotFoundError:  # cleared away meanwhile
        return []
    return held


def _held(
    publication: Publication, due: Sequence[Correction], now: Mapping[str, Stands]
) -> list[Correction]:
    references = sorted({c.reference for c in due})
    with _opened(publication) as duck:
        found = duck.execute("SELECT service_request_id, description, address, location_precision FROM told "
                             "WHERE list_contains(?, service_request_id)", [references]).fetchall()
    names = (*WORDS, "location_precision")
    rows = {reference: dict(zip(names, told, strict=True)) for reference, *told in found}
    return [c for c in due if c.reference in rows and _is_out(c, rows[c.reference], now.get(c.reference))]


def _is_out(correction: Correction, row: Mapping[str, str | None], stands: Stands | None) -> bool:
    if stands is None or correction.field == ROW:
        return stands is None or stands.is_hidden
    if correction.field == LESS:
        return stands.tells_less(row)
    said = row[correction.field]
    return said is not None and said != stands.words[correction.field]


def _rewrite(publication: Publication, out: Sequence[Correction]) -> None:
    """Write a version anew; each file takes the place of the old one in one move, the manifest last."""
    home, now = publication.folder.parent, clock.now()
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=home))
    try:
        with _opened(publication) as duck:
            told = duck.execute("DESCRIBE told").fetchall()
            shown = [Column(name, KINDS[kind], "", typed=name in WORDS) for name, kind, *_ in told
                     if name != "geometry"]
            rows = write_files(draft, _rows(duck, shown, out), shown)
        facts = {key: value for key, value in publication.manifest.items() if key != "files"}
        write_manifest(draft, facts | {"rows": rows, "reissued_at": now.isoformat(timespec="seconds")})
        for file in sorted(draft.iterdir(), key=lambda file: file.name == "manifest.json"):
            os.replace(file, publication.folder / file.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _rows(duck: Any, shown: Sequence[Column], out: Sequence[Correction]) -> Iterator[dict[str, Any]]:
    gone: dict[str, set[str]] = {}
    for correction in out:
        gone.setdefault(correction.reference, set()).add(correction.field)
    names = [column.name for column in shown]
    found = duck.execute(f"SELECT {', '.join(map(sql_name, names))} FROM told")  # noqa: S608  our own columns
    while batch := found.fetchmany(5000):
        for values in batch:
            row = dict(zip(names, values, strict=True))
            fields = gone.get(row["service_request_id"], set())
            if fields.isdisjoint((ROW, LESS)):
                yield row | dict.fromkeys(fields)


@contextmanager
def _opened(publication: Publication) -> Iterator[Any]:
    """Yield an engine that knows a version as the table `told`, in its order."""
    file = publication.file("reports", "parquet")
    if not file.is_file():
        raise FileNotFoundError(file)
    with engine() as duck:
        duck.execute(f"CREATE VIEW told AS SELECT * FROM read_parquet({sql_text(file)})")  # noqa: S608  ours
        yield duck


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Wait until nobody else sees to the versions of this city."""
    with (home / ".reissue.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


Book = dict[tuple[str, int, str], Correction]


def _read_book(home: Path) -> tuple[datetime | None, Book]:
    """Return until when events were read, and all corrections by their key."""
    file = home / BOOK
    if not file.is_file():
        return None, {}
    told = json.loads(file.read_text("utf-8"))
    found = [Correction(**row | {"at": datetime.fromisoformat(row["at"]),
                                 "done_at": _instant(row["done_at"])}) for row in told["corrections"]]
    return _instant(told["seen"]), {c.key: c for c in found}


def _write_book(home: Path, seen: datetime | None, book: Book) -> None:
    draft = home / f"{BOOK}.{os.getpid()}"
    rows = [asdict(c) | {"at": c.at.isoformat(), "done_at": c.done_at and c.done_at.isoformat()}
            for c in book.values()]
    draft.write_text(json.dumps({"seen": seen and seen.isoformat(), "corrections": rows}), encoding="utf-8")
    os.replace(draft, home / BOOK)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
