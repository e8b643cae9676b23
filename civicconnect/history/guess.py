"""Which column says what, told from a file's header and its first rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from civicconnect.errors import Invalid
from civicconnect.history.columns import CHANNELS, NAMES, PARTS, STATUSES
from civicconnect.history.grid import is_lv95
from civicconnect.history.names import slug
from civicconnect.history.places import both_in_one, number
from civicconnect.history.profile import NEEDED, Profile
from civicconnect.history.sample import Sample, read_sample
from civicconnect.history.times import Formats, are_times, find_formats

MOST_SERVICES, MOST_DEPARTMENTS, MOST_CHANNELS, MOST_STATUSES = 2000, 300, 60, 40
AGREEING = 0.95  # of the rows
FULL = 0.995
WHAT = {"opened": "the time it was opened", "service": "what was asked for"}


@dataclass(frozen=True)
class Guess:
    """A profile nobody wrote, and what it rests on."""

    profile: Profile
    order: str  # how day and month were told apart: see `Formats`
    examples: Mapping[str, tuple[str, ...]]  # our word: a few of its values


Columns = dict[str, tuple[str, ...]]


def guess_profile(files: Sequence[Path], city: str, zone: str) -> Guess:
    """Guess how the files spell their columns.

    zone       what the times are read in; no file says it
    Raises Invalid where a file has no rows, or no column for a time or a service.
    """
    samples = [read_sample(file) for file in files]
    found = [_Columns(sample).found for sample in samples]
    times = [value for sample, columns in zip(samples, found, strict=True)
             for word in ("opened", "closed", "due") for column in columns.get(word, ())
             for value in sample.filled(column)]
    written: Formats = find_formats(times)
    words = [word for word in NAMES if any(word in columns for columns in found)]
    columns = {word: _merged([c.get(word, ()) for c in found]) for word in words}
    profile = Profile(
        name=slug(city), zone=zone, grid=_grid(samples, found), columns=_plain(columns),
        time_format=written.formats[0] if len(written.formats) == 1 else written.formats,
        channels=_channels(samples, found), departments={}, areas={}, statuses=_statuses(samples, found),
    )
    examples = {word: _examples(word, samples, found) for word in words}
    return Guess(profile, written.order, examples)


def _merged(found: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names a thing has in all the files; "" last where one of them has none."""
    names = tuple(dict.fromkeys(name for columns in found for name in columns))
    return names if all(found) else (*names, "")


def _plain(columns: Columns) -> dict[str, str | tuple[str, ...]]:
    """Return columns as a profile has them: one name where there is one."""
    return {word: columns[word][0] if len(columns.get(word, ())) == 1 else columns.get(word, "")
            for word in NAMES}


def _grid(samples: Sequence[Sample], found: Sequence[Columns]) -> str:
    return "lv95" if any(_is_metric(sample, columns) for sample, columns in zip(samples, found, strict=True)
                         if "lat" in columns) else ""


def _is_metric(sample: Sample, columns: Columns) -> bool:
    pairs = zip(sample.cells[columns["long"][0]], sample.cells[columns["lat"][0]], strict=True)
    places = [(_figure(a), _figure(b)) for a, b in pairs if a and b]
    return bool(places) and all(is_lv95(a, b) for a, b in places)


def _statuses(samples: Sequence[Sample], found: Sequence[Columns]) -> dict[str, str]:
    """Return what the words mean of which there is no doubt."""
    seen = sorted({cell for sample, columns in zip(samples, found, strict=True)
                   for column in columns.get("status", ()) for cell in sample.filled(column)})
    return {word: STATUSES[word.lower()] for word in seen if word.lower() in STATUSES}


def _channels(samples: Sequence[Sample], found: Sequence[Columns]) -> dict[str, str]:
    seen = sorted({cell for sample, columns in zip(samples, found, strict=True)
                   for column in columns.get("channel", ()) for cell in sample.filled(column)})
    ours = {name: next((code for code, words in CHANNELS if any(w in name.lower() for w in words)), "")
            for name in seen}
    return {name: code for name, code in ours.items() if code}


def _examples(word: str, samples: Sequence[Sample], found: Sequence[Columns]) -> tuple[str, ...]:
    if word == "note":
        return ()  # it may name people
    cells = (cell for sample, columns in zip(samples, found, strict=True)
             for column in columns.get(word, ()) for cell in sample.filled(column))
    return tuple(islice(dict.fromkeys(cells), 2))


def _figure(cell: str) -> float:
    try:
        return number(cell)
    except ValueError:
        return float("nan")


class _Columns:
    """The columns of one file, each given to the word it fits best; none says two things."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.found: Columns = {}
        self._places()
        for word in ("opened", "closed", "due"):
            self._take(word, self._is_time)
        self._take("id", self._is_id)
        self._take("status", self._is_status)
        self._take("parent", self._is_parent)
        self._services()
        self._take("department", self._is_department)
        # Its units may have names of their own, but none is another department's.
        self._take("department_name", lambda c: "department" in self.found and sample.follows(
            self.found["department"][0], c))
        self._take("channel", lambda c: 0 < sample.kinds(c) <= MOST_CHANNELS)
        self._take("address", self._is_address)
        self._take("note", lambda c: sample.share(c) > 0)
        self._needed()

    def candidates(self, word: str) -> Iterator[str]:
        """Yield the free columns that a word may mean by their names, the likeliest first."""
        taken = {name for names in self.found.values() for name in names}
        squeezed = {name: _squeezed(name) for name in self.sample.header if name and name not in taken}
        likely = [name for known in NAMES[word] for name, plain in squeezed.items() if plain == known]
        likely += [name for part in PARTS.get(word, ()) for name, plain in squeezed.items() if part in plain]
        yield from dict.fromkeys(likely)

    def _take(self, word: str, fits: Callable[[str], bool]) -> None:
        column = next((c for c in self.candidates(word) if self.sample.filled(c) and fits(c)), None)
        if column is not None:
            self.found[word] = (column,)

    def _places(self) -> None:
        """Take latitude and longitude together, or one column that holds both."""
        for lat in self.candidates("lat"):
            for long in self.candidates("long"):
                if self._is_place(lat, long):
                    self.found |= {"lat": (lat,), "long": (long,)}
                    return
        self._take("place", self._is_both)

    def _is_place(self, lat: str, long: str) -> bool:
        cells = self.sample.cells
        pairs = [(_figure(a), _figure(b)) for a, b in zip(cells[lat], cells[long], strict=True) if a and b]
        good = sum(abs(a) <= 90 and abs(b) <= 180 or is_lv95(b, a) for a, b in pairs)
        return good > 0 and good >= AGREEING * len(pairs)

    def _is_both(self, column: str) -> bool:
        cells = self.sample.filled(column)
        return sum(1 for cell in cells if both_in_one(cell)[0]) >= AGREEING * len(cells)

    def _is_time(self, column: str) -> bool:
        return are_times(self.sample.filled(column))

    def _is_id(self, column: str) -> bool:
        sample = self.sample
        return sample.share(column) >= FULL and sample.kinds(column) >= AGREEING * len(sample.filled(column))

    def _is_status(self, column: str) -> bool:
        cells = {cell.lower() for cell in self.sample.filled(column)}
        return len(cells) <= MOST_STATUSES and bool(cells & STATUSES.keys())

    def _is_parent(self, column: str) -> bool:
        """Say whether a column names other rows: one in twenty of its values is another row's id."""
        ids = {cell for name in self.found.get("id", ()) for cell in self.sample.filled(name)}
        named = self.sample.filled(column)
        return sum(1 for cell in named if cell in ids) * 20 >= len(named)

    def _is_kind(self, column: str) -> bool:
        """Say whether a column sorts the rows into kinds: few different short words."""
        cells = self.sample.filled(column)
        return (len(set(cells)) <= min(max(30, len(cells) // 3), MOST_SERVICES)
                and len(cells) >= len(self.sample.cells[column]) // 2
                and sum(map(len, cells)) <= 80 * len(cells) and not are_times(cells))

    def _services(self) -> None:
        """Take the service and its group. A column with one value is the group of a finer one."""
        kinds = [c for c in self.candidates("service") if self.sample.filled(c) and self._is_kind(c)]
        many = [c for c in kinds if self.sample.kinds(c) > 1 and not _are_figures(self.sample.filled(c))]
        if not kinds:
            return
        service = (many or kinds)[0]
        broad = [c for c in kinds if c != service and self.sample.kinds(c) == 1 and many]
        self.found["service"] = (service,)
        self._take("group", lambda c: self.sample.kinds(c) < self.sample.kinds(service)
                   and self.sample.follows(c, service))
        if broad and "group" not in self.found:
            self.found["group"] = (broad[0],)
        if broad and self.sample.share(service) < FULL <= self.sample.share(broad[0]):
            self.found["service"] = (service, broad[0])

    def _is_department(self, column: str) -> bool:
        cells = self.sample.filled(column)
        return self.sample.kinds(column) <= MOST_DEPARTMENTS and sum(map(len, cells)) <= 60 * len(cells)

    def _is_address(self, column: str) -> bool:
        cells = self.sample.filled(column)
        worded = sum(any(c.isalpha() for c in cell) for cell in cells)
        return not self._is_both(column) and worded * 2 > len(cells)

    def _needed(self) -> None:
        lacking = [word for word in NEEDED if word not in self.found]
        if lacking:
            header = [name for name in self.sample.header if name]
            raise Invalid({"file": [
                f"{self.sample.file.name} has no column we know for {WHAT[word]}. Looked for "
                f"{', '.join(NAMES[word][:8])} and the like; the file has {', '.join(header[:60])}. "
                "Write a profile that names it, as docs/import.md shows." for word in lacking]})


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _are_figures(cells: Sequence[str]) -> bool:
    return all(cell.replace(".", "").isdigit() for cell in cells)
