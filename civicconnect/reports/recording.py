"""Writing an event on a timeline: the one way in which anything of a report's life is kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from civicconnect import clock, jobs
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.reports import lifecycle, squares
from civicconnect.reports.models import Event, EventText, Report
from civicconnect.reports.squares import Spot
from civicconnect.reports.timeline import SALT_BYTES, chain

REOPENING = ("reopen", "dispute")
GATHERED = "gathered"  # under this name a session keeps what is written at the end


@dataclass
class Gathered:
    """What follows from changes to many reports, written at once when all of them are made.

    letters_wait    so long no letter goes out about these changes
    """

    letters_wait: timedelta = timedelta()
    events: list[dict[str, Any]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    come: list[Spot] = field(default_factory=list)
    gone: list[Spot] = field(default_factory=list)


@contextmanager
def gathering(db: Db, letters_wait: timedelta = timedelta()) -> Iterator[None]:
    """Change many reports, each at most once, in the block: the same rows as one by one, written at its end.

    Whatever is asked of the database in the block does not find the changes yet.
    """
    kept = db.info[GATHERED] = Gathered(letters_wait)
    try:
        with db.no_autoflush:
            yield
    finally:
        del db.info[GATHERED]
    db.flush()
    for model, rows in ((Event, kept.events), (EventText, kept.texts)):
        if rows:
            db.execute(insert(model.__table__), rows)  # type: ignore[arg-type]  # every model has a Table
    jobs.enqueue_all(db, "event", kept.asked)
    squares.count(db, come=kept.come, gone=kept.gone)


def count_moved(db: Db, come: Sequence[Spot], gone: Sequence[Spot]) -> None:
    """Count reports where they are now and no more where they were; at the end, where many change."""
    kept: Gathered | None = db.info.get(GATHERED)
    if kept is None:
        squares.count(db, come=come, gone=gone)
    else:
        kept.come.extend(come)
        kept.gone.extend(gone)


def record(
    db: Db,
    report: Report,
    verb: str,
    actor: Actor,
    facts: Mapping[str, Any],
    *,
    text: Mapping[str, Any] | None = None,
    public: bool = True,
    source: str = "",
    occurred_at: datetime | None = None,
) -> None:
    """Write one event on a report's timeline, and ask for what follows from it.

    source         how it came to be known; "" says it by the actor
    occurred_at    when it was, where that is earlier than now: it was told later. None: now
    """
    now = clock.now()
    event, written = chain(
        report.id, report.head, report.events + 1, verb=verb, occurred_at=occurred_at or now, recorded_at=now,
        source=source or ("staff" if actor.kind == "staff" else "web"), actor=actor.name, public=public,
        status=report.status, facts=dict(facts), text=text,
        salt=secrets.token_bytes(SALT_BYTES),
    )
    report.events, report.head = event.seq, event.hash
    _keep_news(report, verb, actor, bool(text), public=public)
    kept: Gathered | None = db.info.get(GATHERED)
    asked = {"report": report.number, "seq": event.seq, "verb": verb}
    if kept is not None:
        kept.events.append({"report_number": report.number, **event._asdict()})
        kept.texts += [{"report_number": report.number, **written._asdict()}] if written else []
        wait = {"letters_at": (now + kept.letters_wait).isoformat()} if kept.letters_wait else {}
        kept.asked.append(asked | wait)
        return
    db.add(Event(report_number=report.number, **event._asdict()))
    db.flush()
    if written:
        db.add(EventText(report_number=report.number, **written._asdict()))
    jobs.enqueue(db, "event", asked)
    db.flush()


def _keep_news(report: Report, verb: str, actor: Actor, has_words: bool, *, public: bool) -> None:
    """Keep what the queue names: that a report is open again, and that its people wait for an answer."""
    if report.status == lifecycle.CLOSED:
        report.reopened = report.answered = False
    elif verb in REOPENING:
        report.reopened = True
    if report.status != lifecycle.CLOSED and actor.kind == "resident" and has_words and public:
        report.answered = True
    elif actor.kind == "staff" and (verb in lifecycle.BY_VERB or verb == "commission"):
        report.answered = False
