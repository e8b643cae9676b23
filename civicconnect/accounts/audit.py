"""What no report's timeline tells: who signed in, and who changed people, rules or settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from civicconnect import clock
from civicconnect.accounts.actor import Actor
from civicconnect.accounts.models import AuditRow, Staff
from civicconnect.db import Db

STRANGER = Actor("stranger", "stranger")


def note_audit(
    db: Db, actor: Actor, what: str, about: str = "", facts: Mapping[str, Any] | None = None
) -> None:
    """Keep for good who did what. Nothing takes it away again.

    what     a word of `web.words.AUDIT`: "invite", "sign_in", "rules_save" …
    about    whom or what it was done to: "staff:12", a reference, the name of a rule; never contact details
    facts    what changed, from and to: plain values
    """
    db.add(AuditRow(at=clock.now(), actor=actor.name, what=what, about=about, facts=dict(facts or {})))
    db.flush()


def names_of(db: Db, actors: Collection[str]) -> dict[str, str]:
    """Return the names of members of staff, also of those who left, by what timelines call them."""
    ids = {int(name.removeprefix("staff:")) for name in actors
           if name.startswith("staff:") and name[6:].isdecimal()}
    if not ids:
        return {}
    rows = db.execute(select(Staff.id, Staff.name, Staff.email).where(Staff.id.in_(ids)))
    return {f"staff:{row.id}": row.name or row.email for row in rows}
