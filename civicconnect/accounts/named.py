"""What colleagues are called, for pages that tell who did something."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from civicconnect.accounts.models import Staff
from civicconnect.db import Db


def names_of(db: Db, actors: Collection[str]) -> dict[str, str]:
    """Return the names behind "staff:12", as timelines and versions keep it; who is no staff is left out."""
    ids = {int(actor.removeprefix("staff:")): actor for actor in actors
           if actor.startswith("staff:") and actor.removeprefix("staff:").isdecimal()}
    if not ids:
        return {}
    found = db.execute(select(Staff.id, Staff.name, Staff.email).where(Staff.id.in_(ids)))
    return {ids[id_]: name or email for id_, name, email in found}
