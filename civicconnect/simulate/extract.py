"""The extract a city would publish of an invented record, and beside it everything that is true."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np

from civicconnect.errors import Invalid
from civicconnect.simulate import spelling
from civicconnect.simulate.day import Day
from civicconnect.simulate.dirt import SYSTEMATIC, Dirt, Planter, habits
from civicconnect.simulate.happen import happen
from civicconnect.simulate.parameters import CHANNELS
from civicconnect.simulate.truth import COLUMNS, Truth, truth_rows, write_truth
from civicconnect.simulate.wallclock import Wall
from civicconnect.simulate.world import Plan
from civicconnect.tables import toml

SOILING = 4  # a stream of dice of its own
PIECES = ("line", "id", "kind", "file")


@dataclass(frozen=True)
class Manner:
    """How an extract is written.

    name       of the file of requests; where it ends in .gz, all tables are gzipped
    times      one of spelling.TIMES
    layouts    1, or 2 where the header changes half-way: then there is one file for each
    dirt       what is wrong with it
    """

    name: str = "requests.csv"
    times: str = "local"
    layouts: int = 1
    dirt: Dirt = field(default_factory=Dirt)


def write_extract(plan: Plan, seed: int, folder: Path, manner: Manner | None = None) -> list[Path]:
    """Let a plan happen and write it down day by day. Returns the files.

    Raises Invalid for a manner there is not, or a plan that cannot happen.
    """
    manner = manner or Manner()
    if manner.times not in spelling.TIMES or manner.layouts not in (1, 2):
        raise Invalid({"manner": [f"Times are one of {', '.join(spelling.TIMES)}; layouts are 1 or 2."]})
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as open_files:
        writer = _Writer(plan, seed, folder, manner, open_files)
        for index, day in enumerate(happen(plan, seed)):
            writer.write(day, later=manner.layouts == 2 and index >= plan.days / 2)
    truth = write_truth(folder, writer.truth, writer.dirt)
    (folder / "profile.toml").write_text(_profile(plan, manner), encoding="utf-8")
    return [*writer.files, truth, folder / "profile.toml"]


def _names(name: str, layouts: int) -> list[str]:
    """Return the names of the files of requests: one, or "requests-1.csv" and "requests-2.csv"."""
    stem, dot, rest = name.partition(".")
    return [name] if layouts == 1 else [f"{stem}-{n}{dot}{rest}" for n in (1, 2)]


class _Writer:
    """Holds the open tables and what is counted on the way."""

    def __init__(self, plan: Plan, seed: int, folder: Path, manner: Manner, files: ExitStack) -> None:
        self.truth, self.dirt = Truth(plan, seed), Counter[str]()
        self._seed = seed
        ending = ".gz" if manner.name.endswith(".gz") else ""
        names = _names(manner.name, manner.layouts)
        tables = [*names, f"truth.csv{ending}", f"dirt.csv{ending}"]
        self.files = [folder / name for name in tables]
        opened = [files.enter_context(_table(file)) for file in self.files]
        if manner.dirt.mark:
            for text in opened[: len(names)]:
                text.write("\ufeff")
                self.dirt["byte_order_mark"] += 1
        writers = [csv.writer(text, lineterminator="\n") for text in opened]
        *self._requests, self._truths, self._pieces = writers
        headers = [spelling.COLUMNS, spelling.LATER][: len(names)]
        for table, header in zip(writers, (*headers, COLUMNS, PIECES), strict=True):
            table.writerow(header)
        self._names, self._lines = names, [1] * len(names)
        wall = Wall(plan.zone, plan.first_day, plan.as_of.date())
        chosen = habits(plan, self.truth.settled.likeness, manner.dirt)
        self._speller = spelling.Speller(plan, seed, wall, chosen, manner.times)
        self._planter = Planter(plan, manner.dirt, chosen, wall, manner.times != "utc")

    def write(self, day: Day, later: bool) -> None:
        """Write a day's rows, its truth and its dirt; later ones go to the second layout's file."""
        if not len(day):
            return
        self.truth.add(day)
        rng = np.random.default_rng((self._seed, SOILING, int(day.number[0])))
        rows = list(self._speller.rows(day))
        long = np.asarray([len(row[13]) > spelling.CUT for row in rows])
        marks = self._planter.marks(day, long, rng)
        for number, row, kinds in zip(day.number.tolist(), rows, marks, strict=True):
            soiled = spelling.soiled(row, kinds, number)
            own = [kind for kind in kinds if kind not in spelling.EXTRA]
            self._row(soiled, own, int(later))
            for kind in kinds[len(own) :]:
                # The note of a row that is written again is another one.
                again = [k for k in own if (kind, k) != ("repeated_id", "personal_data")]
                self._row(spelling.once_more(soiled, kind), [*again, kind], int(later))
        self._truths.writerows(truth_rows(day, lambda number: str(spelling.FIRST_ID + number)))

    def _row(self, row: Sequence[str], kinds: Sequence[str], file: int) -> None:
        self._requests[file].writerow(row)
        self._lines[file] += 1
        for kind in kinds:
            self._pieces.writerow((self._lines[file], row[0], kind, self._names[file]))
            self.dirt[kind] += 1


def _table(file: Path) -> TextIO:
    if file.suffix != ".gz":
        return file.open("w", encoding="utf-8", newline="")
    # Without the hour of writing in it, the same plan gives the same file.
    raw = gzip.GzipFile(file, "wb", compresslevel=5, mtime=0)
    return io.TextIOWrapper(raw, encoding="utf-8", newline="")


def _profile(plan: Plan, manner: Manner) -> str:
    """Return a profile by which `civic import` reads the extract."""
    places = {name: index for index, name in enumerate(spelling.COLUMNS)}
    ours = {"id": "id", "opened": "opened", "closed": "closed", "due": "due", "service": "type",
            "group": "group", "department": "department", "channel": "channel", "address": "address",
            "lat": "lat", "long": "long", "description": "text", "note": "closing_note"}
    layouts = (spelling.COLUMNS, spelling.LATER)[: manner.layouts]
    columns = {word: [layout[places[name]] for layout in layouts] for word, name in ours.items()}
    # Read without its mark, the shifted fault is undone: what it says is the wall's clock.
    written = "%Y-%m-%d %H:%M:%S+00:00" if manner.times == "shifted" else "iso"
    return "# How the invented extract spells its columns.\n" + toml({
        "name": "invented", "zone": plan.zone, "time_format": written,
        "columns": {word: names[0] if len(names) == 1 else names for word, names in columns.items()},
        "channels": {spelling.CHANNEL_NAMES[code]: code for code in CHANNELS},
    })


KINDS = (*Dirt().rates, *SYSTEMATIC)
