"""Reading an extract: every row is accepted or rejected, with its reason in a file."""

from __future__ import annotations

import csv
import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from civicconnect import db, reports
from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog, words
from civicconnect.history.extract import must_be_whole, open_rows
from civicconnect.history.names import slug
from civicconnect.history.profile import Profile, Unreadable
from civicconnect.reports import Closing, NewReport, PastReport

BATCH = 5000
# Our own, so that the same record always becomes the same report.
NAMESPACE = UUID("c6a0d2f4-3b71-4c58-9a1e-7d5f20be8c63")
VERDICT = ("line", "id", "verdict", "reason")


@dataclass
class Tally:
    """What became of the rows: accepted (new or already there) + rejected = rows."""

    rows: int = 0
    new: int = 0
    already_there: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        return self.new + self.already_there


def import_csv(
    file: Path,
    profile: Profile,
    verdicts: Path,
    progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Import a file in batches of one transaction each; a second time adds nothing.

    verdicts    CSV written beside: line, id, accepted or rejected, why
    """
    with _few_collections():
        return _import(file, profile, verdicts, progress)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for circular garbage seldom: millions of small things are made here, and none of them is any.

    Measured on the half year of 58,251 rows: 31.1 s without this, 21.4 s with it.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _import(file: Path, profile: Profile, verdicts: Path, progress: Callable[[Tally], None]) -> Tally:
    tally, seen = Tally(), set[str]()
    actor = Actor("history", f"import:{profile.name}"[:80])
    rows = open_rows(file, profile)
    verdicts.parent.mkdir(parents=True, exist_ok=True)
    with verdicts.open("w", encoding="utf-8", errors="backslashreplace", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(VERDICT)
        while batch := list(islice(rows, BATCH)):
            with db.transaction() as db_:
                press = reports.press(db_)
                reader = _Reader(profile, press.desk.catalog, seen)
                past = [p for line, row in batch if (p := reader.read(line, row))]
                new = reports.submit_past(db_, actor, past, press)
                reports.changed_in_bulk(db_)
            writer.writerows(reader.verdicts)
            _count(tally, reader, len(batch), len(past), new)
            progress(tally)
    return tally


def _count(tally: Tally, reader: _Reader, rows: int, accepted: int, new: int) -> None:
    tally.rows += rows
    tally.new += new
    tally.already_there += accepted - new
    tally.rejected += rows - accepted
    for _, _, verdict, reason in reader.verdicts:
        if verdict == "rejected":
            kind = reason.split("'")[0].strip() or reason
            tally.reasons[kind] = tally.reasons.get(kind, 0) + 1


class _Reader:
    """Turns rows into reports, noting the verdict on each."""

    def __init__(self, profile: Profile, catalog: Catalog, seen: set[str]) -> None:
        self.profile, self.seen = profile, seen
        language = catalog.city.languages[0]
        self.services = {words(s.name, language): s.code for s in catalog.services.values()}
        self.services |= {s.code: s.code for s in catalog.services.values()}
        self.language = language
        self.verdicts: list[tuple[int, str, str, str]] = []

    def read(self, line: int, row: Mapping[str, Any]) -> PastReport | None:
        external = self.profile.key(row)
        try:
            must_be_whole(row)
            past, remark = self._past(external, row)
        except Unreadable as fault:
            self.verdicts.append((line, external, "rejected", str(fault)))
            return None
        self.seen.add(external)
        self.verdicts.append((line, external, "accepted", remark))
        return past

    def _past(self, external: str, row: Mapping[str, Any]) -> tuple[PastReport, str]:
        profile = self.profile
        if not external:
            raise Unreadable("the row has no id")
        if external in self.seen:
            raise Unreadable("the id stands in the file before")
        opened, remark = profile.instant(row, "opened")
        if opened is None:
            raise Unreadable("the row has no opening time")
        name = profile.value(row, "service")
        service = self.services.get(name) or self.services.get(slug(name))
        if service is None:
            raise Unreadable(f"no service of this city is called '{name}'")
        closed, other = profile.instant(row, "closed")
        if closed is not None and closed < opened:
            raise Unreadable("it was closed before it was opened")
        channel = profile.value(row, "channel")
        new = NewReport(
            id=uuid5(NAMESPACE, f"{profile.name}:{external}"), service=service,
            point=profile.point(row), address=profile.value(row, "address")[:300],
            language=self.language, source=profile.channels.get(channel) or slug(channel)[:40],
        )
        note = profile.value(row, "note")[:2000]
        closing = Closing(closed, None, note) if closed else None
        return PastReport(new, external[:120], opened, closing), remark or other
