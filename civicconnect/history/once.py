"""Which rows of a file stood in it before: asked in the order of the file, by whoever sees all its rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from civicconnect.history.kinds import COPY, REPEATED
from civicconnect.history.reader import Verdict

Keys = NDArray[np.uint64]
REASONS = {COPY: "the same row stands in the file before", REPEATED: "the id stands in the file before"}


class Once:
    """Lets each id in once: the first row that can be read counts.

    Ids and rows are kept as hashes of 8 bytes, in 24 bytes a row. That two of ten million are taken
    for one has a chance of 1 in 300,000.
    """

    def __init__(self) -> None:
        self._ids, self._cells, self._taken = _Hashes(), _Hashes(), _Hashes()
        self.distinct_ids = self.repeated_ids = self.copies = 0

    def judge(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """Return the verdicts with the rows rejected whose id was taken before."""
        named = [n for n, verdict in enumerate(verdicts) if verdict.key]
        good = [n for n in named if verdicts[n].past]
        again = self._ids.again([verdicts[n].key for n in named])
        copied = self._cells.again([verdicts[n].cells for n in named])
        taken = self._taken.again([verdicts[n].key for n in good])
        self.distinct_ids += again.count(False)
        self.repeated_ids += again.count(True)
        self.copies += copied.count(True)
        if not any(taken):
            return list(verdicts)
        copies = set(compress(named, copied))
        late = set(compress(good, taken))
        return [self._rejected(verdict, COPY if n in copies else REPEATED) if n in late else verdict
                for n, verdict in enumerate(verdicts)]

    @staticmethod
    def _rejected(verdict: Verdict, kind: str) -> Verdict:
        return verdict._replace(past=None, kinds=(kind,), reason=REASONS[kind])


class _Hashes:
    """A set of numbers in little room: sorted runs, of which small ones are joined to larger ones."""

    def __init__(self) -> None:
        self.runs: list[Keys] = []

    def again(self, keys: Sequence[int]) -> list[bool]:
        """Take in some numbers, and say of each whether it was there, or earlier among these."""
        found, first = np.unique(np.array(keys, dtype=np.uint64), return_index=True)
        known = np.zeros(len(found), dtype=np.bool_)
        for run in self.runs:
            place = np.minimum(np.searchsorted(run, found), len(run) - 1)
            known |= run[place] == found
        was = np.ones(len(keys), dtype=np.bool_)
        was[first[~known]] = False
        self._keep(found[~known])
        return was.tolist()

    def _keep(self, run: Keys) -> None:
        while self.runs and len(self.runs[-1]) < 2 * len(run):
            run = np.sort(np.concatenate([self.runs.pop(), run]), kind="stable")
        if len(run):
            self.runs.append(run)
