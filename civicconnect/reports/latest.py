"""The last words that residents could read on a report, for many reports at once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import or_, select

from civicconnect.db import Db
from civicconnect.reports.models import Event, EventText
from civicconnect.reports.queries import Entry, as_it_stands

SAID = ("reason", "words", "description")  # what of a text is words, the newest kind first
ALTERING = ("redact", "move")  # internal too, these change what may be read of an earlier event


def last_words(db: Db, numbers: Collection[int]) -> dict[int, tuple[Entry, str]]:
    """Return, by report, the last public event with words that still stand, and the words: one statement."""
    beside = (EventText.report_number == Event.report_number) & (EventText.seq == Event.seq)
    asked = (select(Event, EventText.body).outerjoin(EventText, beside)
             .where(Event.report_number.in_(numbers),
                    or_(Event.public & EventText.body.is_not(None), Event.verb.in_(ALTERING)))
             .order_by(Event.report_number, Event.seq))
    told: dict[int, list[Entry]] = defaultdict(list)
    for e, body in db.execute(asked):
        told[e.report_number].append(Entry(
            e.seq, e.verb, e.occurred_at, e.recorded_at, e.source, e.actor, e.public, e.status, e.facts,
            json.loads(body) if body else {}))
    found = {}
    for number, entries in told.items():
        for entry in entries:
            words = _words(as_it_stands(entry, entries)) if entry.public else ""
            if words:
                found[number] = entry, words
    return found


def _words(entry: Entry) -> str:
    return next((str(entry.text[key]) for key in SAID if entry.text.get(key)), "")
