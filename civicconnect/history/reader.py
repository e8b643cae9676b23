"""Rows become reports, without a database: what reads them may stand in another process."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from civicconnect.accounts import ContactDetails
from civicconnect.catalog import Catalog, words
from civicconnect.history import kinds
from civicconnect.history.cells import NOTHING, Cells, Said
from civicconnect.history.figures import Figures
from civicconnect.history.instants import Clock, Moment
from civicconnect.history.meaning import Meanings
from civicconnect.history.names import slug
from civicconnect.history.places import NO_PLACE, STAND_IN, Placed, Places, Written
from civicconnect.history.profile import Profile, key_of_cells
from civicconnect.reports import Closing, NewReport, PastReport, RecordedDue, Sheet

# Our own, so that the same record always becomes the same report.
NAMESPACE = UUID("c6a0d2f4-3b71-4c58-9a1e-7d5f20be8c63")
VERSION_5 = 5 << 76 | 1 << 63
NOT_VERSION = ~(0xF << 76 | 0b11 << 62)
Row = tuple[int, list[str]]  # line number in the file, cells
LONGEST_TEXT = 4000  # characters, as what residents write
NOBODY = ContactDetails()  # one for all: a record tells nothing of who asked
Fault = tuple[str, str]  # kind, sentence


@dataclass(frozen=True)
class Offer:
    """What a city has to offer a record: its services by name and by code, and its first language."""

    services: Mapping[str, str]
    language: str

    def find(self, name: str) -> str:
        """Return the code of the service that is called so; "" where none is."""
        return self.services.get(name) or self.services.get(slug(name)) or ""


def offer_of(catalog: Catalog) -> Offer:
    """Return what a city offers."""
    language = catalog.city.languages[0]
    services = {words(s.name, language): s.code for s in catalog.services.values()}
    return Offer(services | {s.code: s.code for s in catalog.services.values()}, language)


class Verdict(NamedTuple):
    """What becomes of one row.

    key, cells    hashes of 8 bytes, of the id and of all cells; 0 where there is no id
    past          the report it becomes, later as it is stored; None: the row is rejected
    kinds         what was odd about it; of a rejected row the one reason
    reason        why it was rejected, a sentence; "" where it was not
    """

    line: int
    id: str
    key: int
    cells: int
    past: PastReport | Sheet | None
    kinds: tuple[str, ...]
    reason: str = ""


class _Read(NamedTuple):
    """One row, its times and its place already read."""

    id: str
    cells: list[str]
    said: Said
    opened: Moment
    closed: Moment
    place: Placed


@dataclass(frozen=True)
class Leaf:
    """What a batch of rows says, in its order."""

    verdicts: list[Verdict]
    figures: Figures


class Reader:
    """Turns the rows of one file into reports. Pickled, it forgets only what it remembers to be fast.

    Whether a row stood in the file before is not its affair: see `Once`.
    """

    def __init__(self, profile: Profile, header: Sequence[str], offer: Offer) -> None:
        self.profile, self.header, self.offer = profile, tuple(header), offer
        self.cells = Cells(profile, header)
        self.has = self.cells.has
        self.clock = Clock(profile.zone, profile.formats, profile.sentinels)
        self.places = Places(profile.grid, profile.stand_ins)
        self.meanings = Meanings(profile, offer, self.cells)
        self.prefix = NAMESPACE.bytes + f"{profile.name}:".encode()
        self.record_promises = "due" in self.has and profile.promises != "city"

    def __reduce__(self) -> tuple[type[Reader], tuple[Profile, tuple[str, ...], Offer]]:
        return Reader, (self.profile, self.header, self.offer)

    def read(self, rows: Sequence[Row]) -> Leaf:
        """Read some rows, each by itself; no cell makes it raise."""
        leaf = Leaf([], Figures())
        whole = [self.cells.whole(cells) for _, cells in rows]
        said = [self.cells.said(cells) if isinstance(written, bytes) else NOTHING
                for (_, cells), written in zip(rows, whole, strict=True)]
        places = self.places.read([Written(s.lat, s.long, s.place) for s in said])
        for (line, cells), written, says, place in zip(rows, whole, said, places, strict=True):
            if isinstance(written, bytes):
                verdict = self._verdict(line, cells, written, says, place, leaf.figures)
            else:
                id_ = self.cells.id_of_damaged(cells)
                verdict = Verdict(line, id_, 0, 0, None, (kinds.DAMAGED,), written)
            leaf.verdicts.append(verdict)
        return leaf

    def _verdict(self, line: int, cells: list[str], written: bytes, said: Said, place: Placed,
                 figures: Figures) -> Verdict:
        id_ = said.id if "id" in self.has else key_of_cells(written)
        row = _Read(id_, cells, said, self.clock.read(said.opened), self.clock.read(said.closed), place)
        figures.count(row.opened, row.closed, place)
        digest = self._digest(id_)
        key = int.from_bytes(digest[:8]) if id_ else 0
        all_cells = int.from_bytes(hashlib.blake2b(written, digest_size=8).digest())
        name, service = self.meanings.service(cells, said.service)
        fault = self._fault(row) or (
            None if service else (kinds.NO_SERVICE, f"no service of this city is called '{name}'"))
        if fault:
            return Verdict(line, id_, key, all_cells, None, (fault[0],), fault[1])
        new = NewReport(
            _uuid(digest), service, place.point, said.address[:300], said.description[:LONGEST_TEXT],
            language=self.offer.language,
            source=self.meanings.source(said.channel), contact=NOBODY,
        )
        odd: list[str] = []
        return Verdict(line, id_, key, all_cells, self._past(row, new, odd), tuple(odd))

    def _fault(self, row: _Read) -> Fault | None:
        """Return why a row cannot be a report, as far as it does not hang on the service."""
        if not row.id:
            return kinds.NO_ID, "the row has no id"
        if refused := self.meanings.refusal(row.cells):
            return refused.kind, refused.why
        if row.opened.fault:
            return kinds.NO_TIME, f"'opened' is '{row.said.opened}', {row.opened.fault}"
        if row.opened.at is None:
            return kinds.NO_OPENING, "the row has no opening time"
        if row.closed.fault:
            return kinds.NO_TIME, f"'closed' is '{row.said.closed}', {row.closed.fault}"
        if row.closed.at is not None and row.closed.at < row.opened.at:
            return kinds.BACKWARDS, "it was closed before it was opened"
        return (kinds.OFF_EARTH, row.place.fault) if row.place.fault else None

    def _past(self, row: _Read, new: NewReport, odd: list[str]) -> PastReport:
        """Compose the report of a row without a fault, and note what is odd about it."""
        opened, closed, kind = row.opened, row.closed, row.place.kind
        assert opened.at is not None  # noqa: S101  else the row had a fault
        if opened.kind or closed.kind:
            odd += dict.fromkeys(moment.kind for moment in (opened, closed) if moment.kind)
        if kind and (kind != NO_PLACE or self.profile.knows_places):
            odd.append(kind)
        return PastReport(
            new, row.id[:120], opened.at, self._closing(row, odd), stand_in=kind == STAND_IN,
            due=self._due(row, odd) if self.record_promises else None,
            record=self.meanings.record(row.said.status, row.cells, row.said.department),
        )

    def _closing(self, row: _Read, odd: list[str]) -> Closing | None:
        said, at = row.said, row.closed.at
        means, outcome = self.meanings.status(said.status, odd)
        if at is None:
            if means == "closed":
                odd.append(kinds.NO_CLOSING)
            return None
        if means == "open":
            odd.append(kinds.STILL_OPEN)
        lead = None
        if said.parent and said.parent != row.id:
            outcome, lead = "duplicate", _uuid(self._digest(said.parent))
        return Closing(at, outcome, said.note[:2000], lead)

    def _due(self, row: _Read, odd: list[str]) -> RecordedDue:
        due = self.clock.read(row.said.due)
        if due.fault:
            odd.append(kinds.NO_DUE)
        elif due.kind and due.kind not in odd:
            odd.append(due.kind)
        if due.at is not None and row.opened.at is not None and due.at < row.opened.at:
            odd.append(kinds.DUE_BACKWARDS)
        return RecordedDue(due.at)

    def _digest(self, id_: str) -> bytes:
        return hashlib.sha1(self.prefix + id_.encode(), usedforsecurity=False).digest()


def _uuid(digest: bytes) -> UUID:
    """Return what uuid.uuid5 makes of a name, out of its digest: the same in a third of the time."""
    return UUID(int=int.from_bytes(digest[:16]) & NOT_VERSION | VERSION_5)
