"""Requests of a GeoReport v2 endpoint, page after page into a CSV; killed and run again it goes on.

Endpoints differ in what they heed. One that pages is asked for each page of a window of days. One that
gives the same page again is asked for halves of a window whenever an answer looks cut off. One that does
not look at the dates either is asked once.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep

from civicconnect import clock
from civicconnect.errors import Invalid
from civicconnect.history.georeport import COLUMNS, HEADER, Row, csv_of, flat, instant, requests_in
from civicconnect.history.polite import Line, Refused
from civicconnect.history.windows import DAYS, HOURS, Window, halves, lies_in, span, windows, written

ROUND = 10  # limits of servers are round figures: 50, 200, 1000
OTHER_FORM = (400, 404, 405, 406, 415, 501)  # what servers say that know only the other format
PAST_THE_END = (400, 404)  # what some say of a page behind the last


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, for what, and how gently.

    base         "https://…/open311/v2": what "/requests.json" is put behind
    since        aware instant; until too, None for now
    pause        seconds between two requests
    page_size    asked for; a server may give another
    """

    base: str
    since: datetime
    until: datetime | None = None
    jurisdiction: str = ""
    pause: float = 1.0
    page_size: int = 200
    timeout: float = 30.0


@dataclass(frozen=True)
class Fetched:
    """How far it is.

    rows        of the CSV
    new         of these, since this run began
    asked       requests to the server in this run
    kept_out    requests without an id
    reached     everything before this instant is there; None when all is
    told        sentences about what may be missing
    """

    rows: int
    new: int
    asked: int
    kept_out: int
    reached: datetime | None
    told: tuple[str, ...] = ()


@dataclass
class _State:
    """What is certain after a page, as it stands in the file beside the CSV.

    size          bytes of the CSV that belong to whole pages
    todo          windows not done, the current one first
    first         digest of the first page of the window before
    before        digest of the page before
    known_rows    rows that stood in the pages since the last one with a new request
    count         rows of the page before; largest: of any answer of a server that ignores pages
    without_id    what tells requests without an id from each other
    """

    asked: dict[str, str]
    todo: list[Window]
    size: int = len(HEADER)
    page: int = 1
    format: str = ""
    paging: str = ""  # "works", "ignored"; "" while nobody knows
    first: str = ""
    before: str = ""
    known_rows: int = 0
    count: int = 0
    without_id: list[str] = field(default_factory=list)
    largest: int = 0
    crowded: int = 0
    dates_ignored: bool = False


def fetch(endpoint: Endpoint, out: Path, progress: Callable[[Fetched], None] = lambda _: None, *,
          pause: Callable[[float], None] = sleep) -> Fetched:
    """Write all requests of an endpoint into a CSV; one that was begun is gone on with.

    pause    waits some seconds
    Raises Invalid where the endpoint refuses, cannot be reached or answers something else. What came
    before stays, and the same call goes on behind it.
    """
    walk = _Walk(endpoint, out, Line(endpoint.base, endpoint.pause, endpoint.timeout, pause))
    while walk.state.todo:
        walk.step()
        progress(walk.fetched())
    return walk.fetched()


def state_file(out: Path) -> Path:
    """Return where it stands how far the fetch of a CSV is."""
    return out.with_name(f"{out.name}.state.json")


class _Walk:
    """One way through the windows of an endpoint, a page at a time."""

    def __init__(self, endpoint: Endpoint, out: Path, line: Line) -> None:
        self.endpoint, self.out, self.line = endpoint, out, line
        self.state = _begun(endpoint, out) or _begin(endpoint, out)
        with out.open(encoding="utf-8", newline="") as text:
            self.known = {row["service_request_id"] for row in csv.DictReader(text)}
        self.rows = self.there = len(self.known)
        self.known |= set(self.state.without_id)

    def fetched(self) -> Fetched:
        state, told = self.state, []
        if state.dates_ignored:
            told.append("The endpoint does not look at dates: what it does not show today may be missing.")
        if state.crowded:
            told.append(f"{state.crowded} times more requests fell into one moment than the endpoint gives "
                        "at once: some may be missing.")
        return Fetched(self.rows, self.rows - self.there, self.line.asked, len(state.without_id),
                       instant(state.todo[0][0]) if state.todo else None, tuple(told))

    def step(self) -> None:
        """Ask for a page, keep it, and decide what to ask for next."""
        rows = self._ask(self.state.todo[0])
        unknown = self._keep(rows or [])
        self._turn(self.state.todo[0], rows, unknown)
        _save(self.state, self.out)

    def _ask(self, window: Window) -> list[Row] | None:
        """Return the rows of a page; None where the server knows none behind the page before."""
        state, faults = self.state, list[Invalid]()
        for suffix in (state.format,) if state.format else ("json", "xml"):
            try:
                body = self.line.get(f"requests.{suffix}", self._query(window))
            except Refused as no:
                if state.page > 1 and no.status in PAST_THE_END:
                    return None
                if no.status not in OTHER_FORM:
                    raise
                faults.append(no)
                continue
            try:
                found = requests_in(body, f"The answer of {self.line.host}")
            except Invalid as fault:
                faults.append(fault)
                continue
            state.format = suffix
            return [flat(request) for request in found]
        raise faults[0]

    def _query(self, window: Window) -> dict[str, str]:
        named = {"jurisdiction_id": self.endpoint.jurisdiction} if self.endpoint.jurisdiction else {}
        return named | {"start_date": window[0], "end_date": window[1], "page": str(self.state.page),
                        "page_size": str(self.endpoint.page_size)}

    def _keep(self, rows: Sequence[Row]) -> int:
        """Append what is new, which counts once the state says so; return how many were unknown before."""
        state, new, known = self.state, dict[str, Row](), len(self.known)
        for row in rows:
            key = _key(row)
            asked_for = lies_in(instant(row["requested_datetime"]),
                                (state.asked["since"], state.asked["until"]), timedelta(days=1))
            if asked_for and key not in self.known:
                if row["service_request_id"]:
                    new[key] = row
                else:
                    state.without_id.append(key)
            self.known.add(key)
        lines = csv_of(new.values()).encode()
        with self.out.open("ab") as out:
            out.write(lines)
            out.flush()
            os.fsync(out.fileno())
        state.size += len(lines)
        self.rows += len(new)
        return len(self.known) - known

    def _turn(self, window: Window, rows: list[Row] | None, unknown: int) -> None:
        """Decide what to ask for next."""
        state, count = self.state, len(rows or ())
        digest = hashlib.sha256("\n".join(sorted(map(_key, rows or ()))).encode()).hexdigest()
        if state.page == 1:
            again, state.first = digest == state.first, digest
            if rows and again and self._useless(window, rows):
                return
            if not rows:
                self._next([])
            elif state.paging == "ignored":
                self._next(self._smaller(window, count))
            else:
                state.page, state.count = 2, count
        elif not rows or not unknown and (state.paging != "works" or self._in_a_circle(digest, count)):
            # An empty page means that pages are counted. One that was there before means that they are not.
            state.paging = state.paging or ("works" if rows == [] else "ignored")
            self._next(self._smaller(window, state.count) if state.paging == "ignored" else [])
        else:
            state.page, state.count, state.paging = state.page + 1, count, "works"
            state.known_rows = 0 if unknown else state.known_rows + count
        state.before = digest

    def _in_a_circle(self, digest: str, count: int) -> bool:
        """Say whether a page of known requests is an earlier one again, as some answer behind the last.

        Else it lies on a day that the window before has read too, and more may follow. Pages that
        hold more than all that is known have begun again, in whatever order.
        """
        state = self.state
        return digest in (state.first, state.before) or state.known_rows + count > len(self.known)

    def _useless(self, window: Window, rows: Sequence[Row]) -> bool:
        """Go on without a window that gave the same as another, if its rows do not even lie in it."""
        if all(lies_in(instant(row["requested_datetime"]), window) for row in rows):
            return False
        if span(window) > DAYS:
            self.state.dates_ignored = True
            self.state.todo = []
        elif span(window) < HOURS:  # it looks at the day and not at the hour
            self.state.crowded += 1
            self._next([])
        else:
            return False
        return True

    def _next(self, instead: list[Window]) -> None:
        """Go on, with smaller windows instead of the current one where it needs them."""
        self.state.todo[:1] = instead
        self.state.page, self.state.count, self.state.known_rows = 1, 0, 0

    def _smaller(self, window: Window, count: int) -> list[Window]:
        """Return the halves of a window whose answer has as many rows as a limit would leave.

        No limit is smaller than the largest answer so far.
        """
        self.state.largest = max(self.state.largest, count)
        if count < self.state.largest or count % ROUND and count != self.endpoint.page_size:
            return []
        found = halves(window)
        self.state.crowded += not found
        return found


def _begin(endpoint: Endpoint, out: Path) -> _State:
    if out.exists() and not HEADER.encode().startswith(out.read_bytes()):
        raise Invalid({"out": [f"{out.name} is there already, and no fetch wrote it; take another name."]})
    since, until = endpoint.since, endpoint.until or clock.now()
    if since >= until:
        raise Invalid({"since": ["The first day lies behind the last; ask for an earlier one."]})
    state = _State(_named(endpoint) | {"until": written(until)}, windows(since, until))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(HEADER.encode())
    _save(state, out)
    return state


def _begun(endpoint: Endpoint, out: Path) -> _State | None:
    """Return how far an earlier run came, and take off the CSV what lies behind it."""
    file = state_file(out)
    if not file.exists():
        return None
    try:
        state = _State(**json.loads(file.read_text(encoding="utf-8")))
        state.todo = [(start, end) for start, end in state.todo]
        there = out.stat().st_size
    except (OSError, ValueError, TypeError) as fault:
        raise Invalid({"out": [f"{file.name} does not fit {out.name} ({fault}); remove both to begin "
                               "anew."]}) from None
    if there < state.size:
        raise Invalid({"out": [f"{out.name} is shorter than {file.name} says; remove both to begin anew."]})
    asked = _named(endpoint) | ({"until": written(endpoint.until)} if endpoint.until else {})
    if odd := [name for name, said in asked.items() if state.asked.get(name) != said]:
        raise Invalid({"out": [f"{out.name} was begun with another {' and '.join(odd)}; take another name "
                               f"for the file, or remove it and {file.name}."]})
    if state.todo:
        os.truncate(out, state.size)
    return state


def _named(endpoint: Endpoint) -> dict[str, str]:
    """Return what must be the same for a fetch to be the same."""
    return {"address": endpoint.base.partition("?")[0].rstrip("/"), "jurisdiction": endpoint.jurisdiction,
            "since": written(endpoint.since), "page size": str(endpoint.page_size)}


def _save(state: _State, out: Path) -> None:
    half = state_file(out).with_suffix(".part")
    with half.open("w", encoding="utf-8") as text:
        json.dump(asdict(state), text, indent=1)
        text.flush()
        os.fsync(text.fileno())
    os.replace(half, state_file(out))


def _key(row: Row) -> str:
    """Return what tells a request from others: its id, or a hash of all it says."""
    said = "\x1f".join(row[name] for name in COLUMNS)
    return row["service_request_id"] or f"?{hashlib.sha256(said.encode()).hexdigest()[:24]}"
