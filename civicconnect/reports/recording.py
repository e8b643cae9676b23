"""Writing an event on a timeline: the one way in which anything of a report's life is kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from civicconnect import clock, jobs
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.reports.models import Event, EventText, Report
from civicconnect.reports.timeline import SALT_BYTES, chain


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
    db.add(Event(report_number=report.number, **event._asdict()))
    report.events, report.head = event.seq, event.hash
    db.flush()
    if written:
        db.add(EventText(report_number=report.number, **written._asdict()))
    jobs.enqueue(db, "event", {"report": report.number, "seq": event.seq, "verb": verb})
    db.flush()
