"""What somebody does at a stop of their round: told at once or hours later, and each thing exactly once.

A phone makes a key for each step. The key, the step's event and the answer are one commit; the same key
again gets the same answer and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import accounts, clock
from civicconnect.accounts import Actor
from civicconnect.db import Base, Db, Instant, Json, Key, Reference, insert_new
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.media import Photo
from civicconnect.reports.actions import LONGEST_TEXT, take_step
from civicconnect.reports.attaching import add_photos
from civicconnect.reports.models import Report
from civicconnect.reports.queries import Entry, find, timeline
from civicconnect.reports.recording import record
from civicconnect.reports.rounds import (
    DOING,
    DONE,
    FINISHED,
    NO_ACCESS,
    Round,
    RoundStop,
    find_round,
    may_walk,
    settle,
    staff_id_of,
)

# What is claimed of a report must be claimed of what it is now. That somebody was there, and what they saw,
# is true whatever a colleague did meanwhile.
CLAIMS = ("close", "no_access")
KINDS = ("start", "finish", "photo", *CLAIMS, "drop")
OLDEST = timedelta(days=31)  # how long ago a tap may have been


class FieldStep(Base):
    """One step from the street, kept under the key that the phone made for it."""

    __tablename__ = "field_step"
    __table_args__ = (Index("ix_field_step_report_number", "report_number", "staff_id"),)
    id: Mapped[Key]
    key: Mapped[UUID] = mapped_column(unique=True)
    stop_id: Mapped[Reference] = mapped_column(ForeignKey("round_stop.id"))
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    staff_id: Mapped[Reference] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[str] = mapped_column(String(12))
    fingerprint: Mapped[str] = mapped_column(String(64))
    tapped: Mapped[int | None] = mapped_column(BigInteger)  # milliseconds on the phone's own clock
    occurred_at: Mapped[Instant]
    recorded_at: Mapped[Instant]
    before: Mapped[int]  # how many events the report had before it, and after
    after: Mapped[int]
    answer: Mapped[Json]


@dataclass(frozen=True)
class FieldWork:
    """One step as it is told.

    at       when it was
    tapped   the same on the phone's own clock, in milliseconds; None: it is told at once
    seen     how many events of the report whoever did it knew of
    after    key of the step at this stop that came before it; None: it was the first
    given    outcome, reason, note, stage …
    """

    key: UUID
    stop_id: int
    kind: str
    at: datetime
    seen: int
    tapped: int | None = None
    after: UUID | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    photos: Sequence[Photo] = ()

    @property
    def fingerprint(self) -> str:
        """Return a hash over what was done. When it is sent, and on what state, may differ the next time."""
        told = [self.stop_id, self.kind, sorted(self.given.items()), [photo.digest for photo in self.photos]]
        # Keyed: words that are erased one day must not be guessed from it.
        return accounts.keyed_hash("field step", json.dumps(told))


class Overtaken(Conflict):
    """Somebody changed the report since: here is what, so that both sides can be shown."""

    def __init__(self, sentence: str, status: str, events: int, since: Sequence[Entry]) -> None:
        super().__init__(sentence)
        self.status, self.events, self.since = status, events, since


class TooEarly(Conflict):
    """The step before this one has not come yet: it is sent again after that."""


def take_field_step(db: Db, actor: Actor, work: FieldWork) -> dict[str, Any]:
    """Write down a step from the street, once, and return what is answered to it.

    Raises NotFound, NotAllowed (another's round), TooEarly, Overtaken (with both sides), Conflict, Invalid.
    """
    if work.kind not in KINDS:
        raise Invalid({"kind": [Sentence("There is no such step.")]})
    if (known := _known(db, actor, work)) is not None:
        return known
    stop = db.get(RoundStop, work.stop_id)
    if stop is None:
        raise NotFound("there is no such stop")
    round_ = find_round(db, actor, stop.round_id, lock=True)
    if not may_walk(actor, round_):
        raise NotAllowed(Sentence("This is somebody else's round."))
    report = _report(db, actor, work, stop)
    if (known := _known(db, actor, work)) is not None:  # it came twice in one instant
        return known
    _check_order(db, work)
    status, before = report.status, report.events
    since = unseen_by(db, actor, report, work.seen)
    if since and work.kind in CLAIMS:
        raise Overtaken(Sentence("Somebody changed this report meanwhile. Look at both sides, then decide."),
                        status, before, since)
    try:
        _STEPS[work.kind](db, actor, report, stop, work)
    except Conflict as fault:
        raise Overtaken(fault.sentence, status, before, since) from fault
    _go_on(db, round_, stop, work)
    return _keep(db, actor, work, report, stop, before)


def unseen_by(db: Db, actor: Actor, report: Report, seen: int) -> list[Entry]:
    """Return what happened to a report since it had so many events, but for one's own steps in the street.

    Nobody has seen more than there is: who claims to is taken to know nothing.
    """
    if report.events == seen:
        return []
    if seen > report.events:
        seen = 0
    mine = select(FieldStep.before, FieldStep.after).where(
        FieldStep.report_number == report.number, FieldStep.staff_id == staff_id_of(actor))
    own = {seq for before, after in db.execute(mine) for seq in range(before + 1, after + 1)}
    return [entry for entry in timeline(db, report, internal=True)
            if entry.seq > seen and entry.seq not in own]


def _known(db: Db, actor: Actor, work: FieldWork) -> dict[str, Any] | None:
    row = db.scalar(select(FieldStep).where(FieldStep.key == work.key))
    if row is None:
        return None
    if row.staff_id != staff_id_of(actor):
        raise NotAllowed(Sentence("This step is somebody else's."))
    if row.fingerprint != work.fingerprint and work.kind != "drop":  # it had arrived: nothing is to drop
        raise Conflict(Sentence("This step was sent before, with other words. Do it again on the page."))
    return dict(row.answer)


def _report(db: Db, actor: Actor, work: FieldWork, stop: RoundStop) -> Report:
    asked = select(Report.reference).where(Report.number == stop.report_number)
    if work.kind != "drop":
        return find(db, db.scalars(asked).one(), actor, lock=True)
    # What was done there is kept even where another department has the report by now.
    return db.scalars(select(Report).where(Report.number == stop.report_number).with_for_update()).one()


def _check_order(db: Db, work: FieldWork) -> None:
    if work.after is not None and db.scalar(select(FieldStep.id).where(FieldStep.key == work.after)) is None:
        raise TooEarly(Sentence("The step before this one has not arrived yet."))


def _keep(
    db: Db, actor: Actor, work: FieldWork, report: Report, stop: RoundStop, before: int
) -> dict[str, Any]:
    answer = {"done": work.kind, "stop": stop.id, "state": stop.state, "seconds": stop.seconds,
              "status": report.status, "events": report.events}
    row = {"key": work.key, "stop_id": stop.id, "report_number": report.number,
           "staff_id": staff_id_of(actor), "kind": work.kind, "fingerprint": work.fingerprint,
           "tapped": work.tapped, "occurred_at": work.at, "recorded_at": clock.now(),
           "before": before, "after": report.events, "answer": answer}
    if insert_new(db, FieldStep, ["key"], row, FieldStep.id) is None:
        # The same key for another report, in the same instant: this one is undone, and told so.
        raise Conflict(Sentence("This step was sent before, with other words. Do it again on the page."))
    return answer


def _go_on(db: Db, round_: Round, stop: RoundStop, work: FieldWork) -> None:
    if work.kind != "drop" and round_.started_at is None:
        round_.started_at = work.at
    db.flush()
    settle(db, round_)
    db.flush()


def _start(db: Db, actor: Actor, report: Report, stop: RoundStop, work: FieldWork) -> None:
    if stop.state == DOING:  # two taps are one beginning
        return
    stop.state, stop.started_at = DOING, work.at
    record(db, report, "touch_start", actor, {"stop": stop.id}, public=False, occurred_at=work.at)


def _finish(db: Db, actor: Actor, report: Report, stop: RoundStop, work: FieldWork) -> None:
    if stop.state != DOING:
        raise Invalid({"kind": [Sentence("Tap Start before you tap Finish.")]})
    _end(db, actor, report, stop, work)
    stop.state = FINISHED


def _end(db: Db, actor: Actor, report: Report, stop: RoundStop, work: FieldWork) -> None:
    """Write down that work ended, if it was begun."""
    if stop.state != DOING or stop.started_at is None:
        return
    spent = _spent(db, stop, work)
    stop.seconds, stop.finished_at = stop.seconds + spent, stop.started_at + timedelta(seconds=spent)
    record(db, report, "touch_finish", actor, {"stop": stop.id, "seconds": spent}, public=False,
           occurred_at=stop.finished_at)


def _spent(db: Db, stop: RoundStop, work: FieldWork) -> int:
    """Return the seconds since the tap on Start, by the phone's clock: each tap travels for another while."""
    assert stop.started_at is not None  # noqa: S101  it was begun
    asked = (select(FieldStep.tapped).where(FieldStep.stop_id == stop.id, FieldStep.kind == "start",
                                             FieldStep.after > FieldStep.before)  # the one that counted
             .order_by(FieldStep.id.desc()).limit(1))
    began = db.scalar(asked)
    until_now = (clock.now() - stop.started_at).total_seconds()
    if began is not None and work.tapped is not None and 0 <= work.tapped - began <= until_now * 1000:
        return round((work.tapped - began) / 1000)
    return max(0, round((work.at - stop.started_at).total_seconds()))


def _photo(db: Db, actor: Actor, report: Report, stop: RoundStop, work: FieldWork) -> None:
    stage = work.given.get("stage", "")
    if stage not in ("before", "after"):
        raise Invalid({"stage": [Sentence("Say whether it shows the place before or after the work.")]})
    if not work.photos:
        raise Invalid({"photo": [Sentence("Choose a photo.")]})
    fresh = add_photos(db, report.number, work.photos, "done" if stage == "after" else "more")
    if fresh:
        record(db, report, "photos", actor, {"stage": stage, "stop": stop.id}, text={"photos": fresh},
               public=False, occurred_at=work.at)


def _close(db: Db, actor: Actor, report: Report, stop: RoundStop, work: FieldWork) -> None:
    _end(db, actor, report, stop, work)
    take_step(db, actor, report, "close", work.given, work.photos)
    stop.state = DONE


def _no_access(db: Db, actor: Actor, report: Report, stop: RoundStop, work: FieldWork) -> None:
    told = _told(work, "note")
    _end(db, actor, report, stop, work)
    record(db, report, "no_access", actor, {"stop": stop.id}, text={"note": told} if told else None,
           public=False, occurred_at=work.at)
    stop.state = NO_ACCESS


def _drop(db: Db, actor: Actor, report: Report, stop: RoundStop, work: FieldWork) -> None:
    """Keep for colleagues what was done and is not to count, and why."""
    why = _told(work, "why")
    if not why:
        raise Invalid({"why": [Sentence("Say why you drop it, in a sentence.")]})
    facts = {"stop": stop.id, "of": work.given.get("of", "")[:12],
             "outcome": work.given.get("outcome", "")[:16]}
    told = {"note": why, "words": (work.given.get("reason") or work.given.get("note") or "")[:LONGEST_TEXT]}
    record(db, report, "field_drop", actor, {name: value for name, value in facts.items() if value},
           text={name: value for name, value in told.items() if value}, public=False, occurred_at=work.at)


def _told(work: FieldWork, name: str) -> str:
    told = work.given.get(name, "").strip()
    if len(told) > LONGEST_TEXT:
        raise Invalid({name: [Sentence("Use at most %(most)s characters.", most=LONGEST_TEXT)]})
    return told


_STEPS = {"start": _start, "finish": _finish, "photo": _photo, "close": _close, "no_access": _no_access,
          "drop": _drop}


def tapped_at(tapped: int | None, sent: int | None) -> datetime:
    """Return when something was, by how long ago it was when it was sent: a phone's clock may be wrong.

    tapped, sent    milliseconds on the phone's clock; None: it is told at once
    """
    ago = sent - tapped if tapped is not None and sent is not None else 0
    return clock.now() - min(timedelta(milliseconds=max(ago, 0)), OLDEST)
