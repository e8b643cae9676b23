"""What people from outside wrote on a report, and how each of it stands now after all that was changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from civicconnect.db import Db
from civicconnect.reports.models import Event, EventText, Report, ReportPhoto
from civicconnect.reports.queries import PLACE, TO_SENDER, Entry, is_for_sender

# What of an event is somebody's words, by its verb.
WROTE = {"receive": "description", "add": "words", "answer": "words", "withdraw": "reason", "reply": "words"}
CHANGES = ("erase", "redact")  # each carries on what came with the event it is about


@dataclass(frozen=True)
class Story:
    """All events of a report with their texts, and which photo took the place of which.

    blurred    digest of the photo that is shown, by that of the one that was sent
    """

    rows: Sequence[tuple[Event, EventText | None]]
    blurred: Mapping[str, str]

    def verb(self, seq: int) -> str:
        """Return what somebody did at a place on the timeline; "" where nobody from outside wrote there."""
        return next((e.verb for e, _ in self.rows if e.seq == seq and e.verb in WROTE), "")

    def told_to(self, seq: int) -> dict[str, str]:
        """Return the fact by which what came with an event is kept from strangers; {} where it is not."""
        return next((TO_SENDER for e, _ in self.rows if e.seq == seq and is_for_sender(e.facts)), {})

    def is_rewritten(self, seq: int) -> bool:
        """Say whether the city put other words in the place of what came with an event."""
        return any(e.verb == "redact" and e.facts.get("of") == seq for e, _ in self.rows)

    def holding(self, seq: int) -> list[EventText]:
        """Return the texts that hold what came with an event, as it stands now in the last of them."""
        return [text for event, text in self.rows if text is not None and (
            event.seq == seq or (event.verb in CHANGES and event.facts.get("of") == seq))]

    def now(self, seq: int) -> dict[str, Any]:
        """Return what came with an event as it stands now; {} where nothing does.

        A place is left out that was corrected since, and so is why the city changed the words.
        """
        texts = self.holding(seq)
        newest: dict[str, Any] = json.loads(texts[-1].body) if texts else {}
        gone = {"why"} | (set(PLACE) if any(e.verb == "move" for e, _ in self.rows) else set())
        stands = {key: value for key, value in newest.items() if key not in gone}
        if "photos" in stands:
            stands["photos"] = [self.blurred.get(digest, digest) for digest in stands["photos"]]
        return stands

    def written(self) -> list[tuple[Event, dict[str, Any]]]:
        """Return what people wrote that still stands, each with the event it came with."""
        found = [(event, self.now(event.seq)) for event, _ in self.rows if event.verb in WROTE]
        return [(event, now) for event, now in found if now]


    def entries(self) -> list[Entry]:
        """Return every event with every version of its words, as those with the right read them."""
        return [Entry(e.seq, e.verb, e.occurred_at, e.recorded_at, e.source, e.actor, e.public, e.status,
                      e.facts, json.loads(text.body) if text else {}) for e, text in self.rows]


def story(db: Db, report: Report, *, photos: bool = True) -> Story:
    """Read all that was written on a report: two statements.

    photos    whether it is asked which photos were blurred
    """
    beside = (EventText.report_number == Event.report_number) & (EventText.seq == Event.seq)
    asked = select(Event, EventText).outerjoin(EventText, beside).where(Event.report_number == report.number)
    kept = select(ReportPhoto.original, ReportPhoto.digest).where(
        ReportPhoto.report_number == report.number, ReportPhoto.original.is_not(None))
    return Story(list(db.execute(asked.order_by(Event.seq)).tuples()),
                 {original: digest for original, digest in db.execute(kept) if original} if photos else {})
