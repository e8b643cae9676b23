"""Reading an extract: every row is accepted or rejected, with its reason in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from civicconnect import clock, db, reports
from civicconnect.accounts import Actor
from civicconnect.history.extract import open_cells
from civicconnect.history.figures import Figures
from civicconnect.history.kinds import DONE
from civicconnect.history.once import Once
from civicconnect.history.papers import Papers, beside, must_spare
from civicconnect.history.profile import Profile
from civicconnect.history.reader import Leaf, Reader, Row, Verdict, offer_of
from civicconnect.lanes import few_collections, in_lanes
from civicconnect.reports import PastReport, Press, Sheet

BATCH = 2000  # rows stored at once
LEAF = 400  # rows read and composed at once: more of them fall out of a processor's cache


@dataclass
class Tally:
    """What became of the rows: accepted (new or already there) + rejected = rows.

    new        of a dry run: what is not there yet
    reasons    rejected rows by kind
    dirt       all kinds, of accepted rows too
    figures    of the record itself, over all rows as they were read
    once       how many ids and rows stand in the file more than once
    """

    rows: int = 0
    new: int = 0
    already_there: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    dirt: Counter[str] = field(default_factory=Counter)
    figures: Figures = field(default_factory=Figures)
    once: Once = field(default_factory=Once)

    @property
    def accepted(self) -> int:
        return self.new + self.already_there

    def count(self, verdicts: Sequence[Verdict], figures: Iterable[Figures], new: int) -> None:
        """Count a batch; `new` of its accepted rows were not there before."""
        for more in figures:
            self.figures.add(more)
        rejected = 0
        for verdict in verdicts:
            if verdict.kinds:
                self.dirt.update(verdict.kinds)
            if verdict.past is None:
                rejected += 1
                self.reasons[verdict.kinds[0]] += 1
        self.rows += len(verdicts)
        self.rejected += rejected
        self.new += new
        self.already_there += len(verdicts) - rejected - new


@dataclass(frozen=True)
class _Tool:
    """What turns rows into reports as they are stored, in whatever process."""

    reader: Reader
    press: Press
    actor: Actor


Batch = tuple[list[Row], datetime]  # and when it was taken up


def import_csv(
    file: Path,
    profile: Profile,
    verdicts: Path,
    progress: Callable[[Tally], None] = lambda _: None,
    *,
    dry: bool = False,
    lanes: int = 0,
) -> Tally:
    """Import a file in batches of one transaction each; a second time adds nothing.

    verdicts    CSV written beside: line, id, accepted or rejected, kind, why; beside it come the
                rejected rows themselves and what is true of the record (see `papers.beside`)
    dry         do everything but write into the database
    lanes       other processes that read and compose, while this one stores; 0: none

    Killed and run again it reads the file from its start, and adds what is not there yet. Raises Invalid
    where the file cannot be read, or would be written over.
    """
    files = beside(verdicts)
    must_spare(files, [file])
    rows = open_cells(file, profile)
    _, header = next(rows)
    with db.reading() as view:
        press = reports.press(view)
    reader = Reader(profile, header, offer_of(press.desk.catalog))
    tool = _Tool(reader, press, Actor("history", f"import:{profile.name}"[:80]))
    tally = Tally()
    with few_collections(), Papers(files, header) as papers:
        for group in _grouped(in_lanes(_composed, tool, _leaves(rows), lanes)):
            judged = [verdict for _, leaf in group for verdict in tally.once.judge(leaf.verdicts)]
            sheets = [v.past for v in judged if isinstance(v.past, Sheet)]
            new = _look(sheets) if dry else _store(sheets)
            papers.write([row for batch, _ in group for row in batch], judged)
            tally.count(judged, [leaf.figures for _, leaf in group], new)
            progress(tally)
        papers.finish(truth(file, reader, tally))
    return tally


def _leaves(rows: Iterator[Row]) -> Iterator[Batch]:
    while batch := list(islice(rows, min(LEAF, BATCH))):
        yield batch, clock.now()


def _grouped(leaves: Iterator[tuple[list[Row], Leaf]]) -> Iterator[list[tuple[list[Row], Leaf]]]:
    while group := list(islice(leaves, max(BATCH // LEAF, 1))):
        yield group


def _composed(tool: _Tool, batch: Batch) -> tuple[list[Row], Leaf]:
    """Read some rows and compose what becomes of them."""
    rows, at = batch
    leaf = tool.reader.read(rows)
    past = [v.past for v in leaf.verdicts if isinstance(v.past, PastReport)]
    sheets = iter(reports.compose(tool.press, tool.actor, past, at))
    return rows, Leaf([v._replace(past=next(sheets)) if v.past else v for v in leaf.verdicts], leaf.figures)


def _store(sheets: Sequence[Sheet]) -> int:
    with db.transaction(many=True) as db_:
        new = reports.store(db_, sheets)
        if new:
            reports.changed_in_bulk(db_)
    return new


def _look(sheets: Sequence[Sheet]) -> int:
    """Count what is not there yet, and leave it so."""
    with db.reading() as view:
        return len(sheets) - len(reports.known(view, sheets))


def truth(file: Path, reader: Reader, tally: Tally) -> dict[str, Any]:
    """Return what is true of a record, and what was done to each kind of dirt in it.

    The same file gives the same, however often it is brought.
    """
    profile, once = reader.profile, tally.once
    done = DONE | {rule.kind: f"rejected: {rule.why}" for rule in profile.refusals}
    named = "id" in reader.has
    return {
        "file": file.name, "profile": profile.name, "rows": tally.rows, "accepted": tally.accepted,
        "rejected": tally.rejected, "distinct_ids": once.distinct_ids if named else None,
        "repeated_ids": once.repeated_ids if named else None, "exact_copies": once.copies,
        **tally.figures.told(closings="closed" in reader.has,
                             places=bool(reader.has & {"lat", "long", "place"})),
        "dirt": {kind: {"rows": count, "done": done[kind]} for kind, count in sorted(tally.dirt.items())},
    }
