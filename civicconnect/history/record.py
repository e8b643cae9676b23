"""What a city's record says, counted in one pass: rows are looked at and let go, however many there are."""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from civicconnect import clock
from civicconnect.geo import Point
from civicconnect.history.boundaries import Layer
from civicconnect.history.extract import must_be_whole, open_rows
from civicconnect.history.names import printable, slug
from civicconnect.history.profile import Profile, Unreadable
from civicconnect.sla import Hours, Timetable

BATCH = 8192  # places looked up at once
DISTINCT = 100_000  # points counted apart at most
CROWD_SHARE, CROWD_ROWS = 0.02, 20  # more rows than both on one point are no coincidence
WORKING_WEEK = tuple(((480, 1020),) if day < 5 else () for day in range(7))  # 8-17, Monday to Friday
DAY = timedelta(days=1)
# What a reason has in common with others of its kind: all before the value it quotes.
KIND = re.compile(r"('\w+' is |[^']*)'")


@dataclass
class Asked:
    """What the record says of one service: of all rows whose names make one code."""

    names: Counter[str] = field(default_factory=Counter)
    departments: Counter[str] = field(default_factory=Counter)  # by code; "" where none is named
    groups: Counter[str] = field(default_factory=Counter)  # by code; "" where none is named
    promised: array[float] = field(default_factory=lambda: array("d"))  # business hours, opened to due
    waited: array[float] = field(default_factory=lambda: array("d"))  # business hours, to the end or so far
    ended: array[int] = field(default_factory=lambda: array("b"))  # beside `waited`: 1 closed, 0 still open
    open_since: array[float] = field(default_factory=lambda: array("d"))  # POSIX seconds, of this file only
    by_area: Counter[tuple[int, int, str]] = field(default_factory=Counter)  # (layer, area, department): rows

    @property
    def rows(self) -> int:
        return self.names.total()


@dataclass
class Record:
    """Everything that was counted."""

    services: dict[str, Asked] = field(default_factory=lambda: defaultdict(Asked))
    department_names: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    group_names: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    rows: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # rows an import will reject, by kind of reason
    reasons: dict[str, str] = field(default_factory=dict)  # the first reason of each kind
    placeless: int = 0
    stand_ins: int = 0  # places the profile knows to stand in for an address nobody found
    placed: int = 0
    beyond: int = 0  # places outside the limit
    outside: list[int] = field(default_factory=list)  # places in no area, a figure for each layer
    first: datetime | None = None  # opening
    last: datetime | None = None  # opening
    crowds: list[tuple[Point, int]] = field(default_factory=list)  # points with many rows, the fullest first


def read_record(
    files: Sequence[Path], profile: Profile, layers: Sequence[Layer], limit: Any,
    progress: Callable[[int], None] = lambda _: None,
) -> Record:
    """Count what the files say; Invalid where one cannot be read.

    limit       the city's, to count what lies beyond it
    progress    told now and then how many rows were read
    """
    record, crowds = Record(outside=[0] * len(layers)), _Crowds()
    for file in files:
        reader = _Reader(profile, record, crowds, layers, limit)
        for _, row in open_rows(file, profile):
            reader.read(row)
            if record.rows % BATCH == 0:
                progress(record.rows)
        reader.finish()
    record.crowds = crowds.fullest()
    progress(record.rows)
    return record


class _Reader:
    """Counts the rows of one file into a record."""

    def __init__(self, profile: Profile, record: Record, crowds: _Crowds, layers: Sequence[Layer],
                 limit: Any) -> None:
        self.profile, self.record, self.crowds = profile, record, crowds
        self.office = Timetable(Hours(profile.zone, WORKING_WEEK))
        self.zone = ZoneInfo(profile.zone)
        self.now = clock.now()
        self.latest: datetime | None = None  # what the file knows of last
        self.places: list[tuple[Point, Asked, str]] = []
        self.layers, self.limit = layers, limit
        shapely.prepare(self.limit)

    def read(self, row: dict[str, Any]) -> None:
        self.record.rows += 1
        try:
            must_be_whole(row)
            if refused := self.profile.refusal(row):
                raise Unreadable(refused.why)
            name = printable(self.profile.service(row))
            if not name:
                raise Unreadable("no service is named")
            asked = self.record.services[slug(name)]
            asked.names[name] += 1
            department = self._department(row)
            asked.departments[department] += 1
            asked.groups[self._group(row)] += 1
            self._place(row, asked, department)
            self._times(row, asked)
        except Unreadable as fault:
            kind = found[1] if (found := KIND.match(str(fault))) else str(fault)
            self.record.refused[kind] += 1
            self.record.reasons.setdefault(kind, str(fault))

    def finish(self) -> None:
        """Look up the last places; who is still open has waited until the last moment the file knows."""
        self._look_up()
        for asked in self.record.services.values():
            for since in asked.open_since:
                opened = datetime.fromtimestamp(since, self.zone)
                self._waited(asked, opened, max(self.latest or opened, opened), ended=False)
            del asked.open_since[:]

    def _department(self, row: dict[str, Any]) -> str:
        theirs = printable(self.profile.department(row))
        if not theirs:
            return ""
        code = slug(theirs)
        words = self.profile.departments.get(theirs) or self.profile.value(row, "department_name") or theirs
        self.record.department_names[code][printable(words)] += 1
        return code

    def _group(self, row: dict[str, Any]) -> str:
        words = printable(self.profile.value(row, "group"))
        if not words:
            return ""
        self.record.group_names[slug(words)][words] += 1
        return slug(words)

    def _times(self, row: dict[str, Any], asked: Asked) -> None:
        opened, _ = self.profile.instant(row, "opened")
        if opened is None:
            raise Unreadable("the row has no opening time")
        self.record.first = min(self.record.first or opened, opened)
        self.record.last = max(self.record.last or opened, opened)
        self._known(opened)
        closed, _ = self.profile.instant(row, "closed")
        self._promised(row, asked, opened)
        if closed is None or closed > self.now:  # some feeds write 2100 for "not yet"
            asked.open_since.append(opened.timestamp())
            return
        self._known(closed)
        if self._end_of_day(closed) >= opened:
            self._waited(asked, opened, self._end_of_day(closed), ended=True)
        if closed < opened:
            raise Unreadable("it was closed before it was opened")

    def _known(self, instant: datetime) -> None:
        if instant <= self.now:
            self.latest = max(self.latest or instant, instant)

    def _promised(self, row: dict[str, Any], asked: Asked, opened: datetime) -> None:
        try:
            due, _ = self.profile.instant(row, "due")
        except Unreadable:
            return  # an import takes it for none
        if due is not None and due > opened:
            asked.promised.append(self._hours(opened, self._end_of_day(due)))

    def _waited(self, asked: Asked, opened: datetime, until: datetime, *, ended: bool) -> None:
        asked.waited.append(max(self._hours(opened, until), 0.0))
        asked.ended.append(ended)

    def _hours(self, opened: datetime, until: datetime) -> float:
        return self.office.between(opened, until).total_seconds() / 3600

    def _end_of_day(self, instant: datetime) -> datetime:
        """Return the end of the day for an instant at midnight: such a record knows only days."""
        here = instant.astimezone(self.zone)
        return instant if here.hour or here.minute or here.second else instant + DAY

    def _place(self, row: dict[str, Any], asked: Asked, department: str) -> None:
        point = self.profile.point(row)
        if point is None:
            self.record.placeless += 1
            return
        if self.profile.stands_in(point):
            self.record.stand_ins += 1  # it lies in no area, and tells nothing of who answers there
            return
        self.record.placed += 1
        self.crowds.add(point)
        self.places.append((point, asked, department))
        if len(self.places) >= BATCH:
            self._look_up()

    def _look_up(self) -> None:
        if not self.places:
            return
        x = np.array([point.long for point, _, _ in self.places])
        y = np.array([point.lat for point, _, _ in self.places])
        self.record.beyond += int(np.count_nonzero(~shapely.intersects_xy(self.limit, x, y)))
        for number, layer in enumerate(self.layers):
            for area, (_, asked, department) in zip(layer.which(x, y).tolist(), self.places, strict=True):
                if area < 0:
                    self.record.outside[number] += 1
                else:
                    asked.by_area[number, area, department] += 1
        self.places = []


class _Crowds:
    """Points on which many rows lie, counted in bounded memory.

    Where the points are more than DISTINCT, the rarest half is forgotten and every count made
    smaller by what the largest of those had: a point with one row in a thousand is never lost.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.counts: Counter[tuple[float, float]] = Counter()

    def add(self, point: Point) -> None:
        self.rows += 1
        self.counts[round(point.lat, 6), round(point.long, 6)] += 1
        if len(self.counts) > DISTINCT:
            less = sorted(self.counts.values(), reverse=True)[DISTINCT // 2]
            self.counts = Counter({p: n - less for p, n in self.counts.items() if n > less})

    def fullest(self) -> list[tuple[Point, int]]:
        """Return the points that hold more than their share of the rows, the fullest first."""
        least = max(CROWD_SHARE * self.rows, CROWD_ROWS)
        full = [(Point(*place), n) for place, n in self.counts.items() if n > least]
        return sorted(full, key=lambda pair: (-pair[1], pair[0].lat, pair[0].long))
