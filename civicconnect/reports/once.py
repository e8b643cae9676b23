"""What a form makes is made once: sent again, by a second click, it shows what the first one made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import clock
from civicconnect.accounts import Actor
from civicconnect.db import Base, Db, Instant, Reference, insert_new
from civicconnect.errors import Conflict, Sentence


class MadeOnce(Base):
    """A form that was shown to somebody, and what it made."""

    __tablename__ = "made_once"
    made_by: Mapped[str] = mapped_column(String(80), primary_key=True)
    form: Mapped[str] = mapped_column(String(36), primary_key=True)  # the id it was shown with
    fingerprint: Mapped[str] = mapped_column(String(64))  # of what was sent with it
    made: Mapped[Reference]  # its id, in the table of what the form is about
    at: Mapped[Instant]


def once(db: Db, actor: Actor, form: str, given: Any, make: Callable[[], int]) -> int:
    """Make what a form asks for, and return its id; of a form that was sent already, what it made then.

    form     the id that the form was shown with; what is no id cannot be told again, and makes anew each time
    given    what was sent with it

    Two at once: the second waits for the first to commit. What is refused leaves the form as it was.
    Raises Conflict (the form was sent with other words), and whatever `make` raises.
    """
    try:
        asked = str(UUID(form))
    except ValueError:
        return make()
    digest = hashlib.sha256(json.dumps(given, default=str, sort_keys=True).encode()).hexdigest()
    row = {"made_by": actor.name, "form": asked, "fingerprint": digest, "made": 0, "at": clock.now()}
    fresh = insert_new(db, MadeOnce, ["made_by", "form"], row, MadeOnce.form)
    if fresh is None:
        known = db.get_one(MadeOnce, (actor.name, asked), populate_existing=True)
        if known.fingerprint != digest:
            raise Conflict(Sentence("This form was already sent with other words. Open a new one."))
        return known.made
    number = make()
    this = (MadeOnce.made_by == actor.name, MadeOnce.form == asked)
    db.execute(update(MadeOnce).where(*this).values(made=number))
    return number


def forget_forms(db: Db, before: datetime) -> None:
    """Forget forms that nobody sends again."""
    db.execute(delete(MadeOnce).where(MadeOnce.at < before), execution_options={"synchronize_session": False})
