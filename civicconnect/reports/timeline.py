"""The chain: each event's hash covers its facts, a commitment to its text, and the one before.

    commitment = SHA-256(salt, body)            "" where nobody wrote anything
    hash       = SHA-256(hash before, facts)    facts as canonical JSON: sorted keys, no blanks, UTF-8

The text and its salt lie beside the event. Erasing both leaves a commitment that nobody can open,
and a chain that still holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

SALT_BYTES = 16


class EventRow(NamedTuple):
    """One event as it is stored, column by column, without the report's number."""

    seq: int
    verb: str
    occurred_at: datetime
    recorded_at: datetime
    source: str
    actor: str
    public: bool
    status: str
    facts: dict[str, Any]
    commitment: str
    hash: str


class TextRow(NamedTuple):
    """The text of an event as it is stored."""

    seq: int
    salt: bytes
    body: str


def chain(
    report_id: UUID,
    head: str,
    seq: int,
    *,
    verb: str,
    occurred_at: datetime,
    recorded_at: datetime,
    source: str,
    actor: str,
    public: bool,
    status: str,
    facts: dict[str, Any],
    text: Mapping[str, Any] | None = None,
    salt: bytes = b"",
) -> tuple[EventRow, TextRow | None]:
    """Make the next event of a report.

    head    hash of the event before, "" for the first
    text    what people wrote; None or empty: the event has no text
    salt    16 random bytes, needed with a text
    """
    return link(report_id, head, (
        seq, verb, occurred_at.astimezone(UTC), recorded_at.astimezone(UTC), source, actor, public, status,
        facts), text, salt)


def link(
    report_id: UUID, head: str, told: tuple[Any, ...], text: Mapping[str, Any] | None, salt: bytes
) -> tuple[EventRow, TextRow | None]:
    """Make the next event of a report, as `chain` does, from its columns up to the facts, instants in UTC."""
    written = TextRow(told[0], salt, canonical(text)) if text else None
    commitment = commit(salt, written.body) if written else ""
    whole = (*told, commitment)
    return EventRow._make((*whole, _hash(report_id, head, whole))), written


def commit(salt: bytes, body: str) -> str:
    """Return the commitment to a text."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a text is committed to with 16 bytes of salt")
    return hashlib.sha256(salt + body.encode()).hexdigest()


def seal(report_id: UUID, head: str, row: EventRow) -> str:
    """Return the hash that an event must carry."""
    return _hash(report_id, head, row[:-1])


def _hash(report_id: UUID, head: str, told: tuple[Any, ...]) -> str:
    # Instants are spelled as RFC 3339, the id with its hyphens.
    content = orjson.dumps([report_id, *told], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(b"%s\n%s" % (head.encode(), content)).hexdigest()


def told(instant: datetime) -> str:
    """Return how an instant in UTC stands in the facts: RFC 3339."""
    return orjson.dumps(instant)[1:-1].decode()  # a tenth of the time that isoformat takes


def canonical(value: Any) -> str:
    """Return the one spelling of a JSON value that is hashed."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
