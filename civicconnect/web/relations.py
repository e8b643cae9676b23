"""What a report's page shows of the reports it belongs together with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from civicconnect import reports
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.reports import Entry, Kin, Report, Work


@dataclass(frozen=True)
class Beside:
    """What stands beside one report.

    photos      of the reports that go on in it: (reference, digest)
    work        the planned work that settles it
    proposed    what came of it, where all its parts are closed; None while one is open, or it has none
    keys        for whoever sent it, of the parts and the parent they sent too, by reference
    """

    kin: Kin
    photos: Sequence[tuple[str, str]]
    work: Work | None
    proposed: str | None
    keys: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.kin or self.work)

    @property
    def open_parts(self) -> int:
        return sum(part.status != "closed" for part in self.kin.parts)


def beside(
    db: Db, report: Report, entries: Sequence[Entry], *, internal: bool, sender: bool = False,
    reader: Actor | None = None,
) -> Beside:
    """Return what stands beside a report: statements only where its timeline tells of something.

    entries     of its timeline
    internal    for staff: also what strangers may not read
    sender      for whoever sent it: also the parts and the parent that strangers may not read
    reader      of staff: what they may open is told apart
    """
    kin = (reports.kinship(db, report, internal=internal, sender=sender, reader=reader)
           if _may_have_kin(report, entries) else reports.Kin(None, (), None, ()))
    photos = reports.photos_beside(db, report.number, internal=internal) if kin.merged and (
        internal or report.visibility == "public") else []
    theirs = [*kin.parts, *([kin.parent] if kin.parent else [])] if sender else []
    is_planned = any(entry.verb == "plan" for entry in entries)
    work = reports.work_of(db, report.number) if is_planned else None
    return Beside(kin, photos, work, reports.closing.proposed(kin.parts),
                  {one.reference: reports.own_key(one.id) for one in theirs})


def _may_have_kin(report: Report, entries: Sequence[Entry]) -> bool:
    """Say whether a report may belong to others: a repeat, a lead, a parent, or a part, which staff wrote."""
    return report.outcome == "duplicate" or any(
        entry.verb in ("merge", "split") or (entry.verb == "receive" and entry.actor.startswith("staff:"))
        for entry in entries)
