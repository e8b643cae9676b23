"""Photos that come with a report or after it: where they stand, and who sees them at first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from civicconnect.accounts import Actor
from civicconnect.catalog import first_look
from civicconnect.db import Db
from civicconnect.media import Photo
from civicconnect.reports.models import ReportPhoto
from civicconnect.reports.queries import SHOWN

WAITING = "waiting"  # nobody of the city has looked at it


def state_of_new(db: Db, actor: Actor) -> str:
    """Return who sees a photo that comes in now: staff have looked at what they send themselves."""
    return WAITING if actor.kind != "staff" and first_look(db) else SHOWN


def add_photos(
    db: Db, number: int, photos: Sequence[Photo], stage: str, state: str = SHOWN
) -> list[str]:
    """Put photos behind those that a report has. Returns the digests of those that it had not yet.

    A photo that was blurred since counts as one that the report has.
    """
    rows = db.execute(select(ReportPhoto.digest, ReportPhoto.original, ReportPhoto.position)
                      .where(ReportPhoto.report_number == number)).all()
    known = {digest for row in rows for digest in (row.digest, row.original)}
    first = max((row.position for row in rows), default=-1) + 1
    fresh = [photo for photo in photos if photo.digest not in known]
    db.add_all(
        ReportPhoto(report_number=number, digest=p.digest, position=n, width=p.width, height=p.height,
                    stage=stage, state=state, likeness=p.likeness)
        for n, p in enumerate(fresh, first)
    )
    db.flush()
    return [photo.digest for photo in fresh]
