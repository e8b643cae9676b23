"""What moderators do to photos: let them be seen, hide them, blur them, and look at what was sealed away.

A photo of a divided report may stand at some of its parts too. It is one picture, whose bytes are kept once:
what is decided over it at one of them holds, and is noted, at each.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from civicconnect import accounts
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.media import Patch, Store, blurred
from civicconnect.reports import flagging, kin
from civicconnect.reports.models import Event, Report, ReportPhoto
from civicconnect.reports.moderation import LONGEST_REASON, found_for, why
from civicconnect.reports.queries import HIDDEN, SHOWN, photo_is_kept
from civicconnect.reports.recording import record


def show_photo(db: Db, actor: Actor, reference: str, digest: str) -> Report:
    """Let everybody see a photo who sees its report. Raises NotFound, NotAllowed and Conflict."""
    report, photo = _found(db, actor, reference, digest)
    if photo.state == SHOWN:
        raise Conflict(Sentence("This photo is shown already."))
    for one, row in kin.shared_photo(db, report.number, digest):
        if row.state != SHOWN:
            row.state = SHOWN
            record(db, one, "photo_show", actor, {"photo": digest}, public=False)
    return report


def hide_photo(db: Db, actor: Actor, reference: str, digest: str, because: str, words: str = "") -> Report:
    """Let nobody see a photo but its sender and staff. Raises NotFound, NotAllowed, Invalid and Conflict."""
    report, photo = _found(db, actor, reference, digest)
    facts, text = why(because, words)
    if photo.state == HIDDEN:
        raise Conflict(Sentence("This photo is hidden already."))
    for one, row in kin.shared_photo(db, report.number, digest):
        if row.state != HIDDEN:
            row.state = HIDDEN
            record(db, one, "photo_hide", actor, facts | {"photo": digest}, text=text, public=False)
    flagging.decide(db, actor, report)
    return report


def blur(
    db: Db, actor: Actor, store: Store, reference: str, digest: str, patches: Sequence[Patch], because: str,
    words: str = "",
) -> Report:
    """Put a photo with blurred parts in the place of the one that was sent, which is sealed away.

    The seal is written before the report changes, and the public files go after it has
    (`forget_blurred`): whatever is cut off in between, neither the original nor the blurring is lost.

    Raises NotFound, NotAllowed and Invalid.
    """
    report, photo = _found(db, actor, reference, digest)
    facts, text = why(because, words)
    if not patches:
        raise Invalid({"patches": [Sentence("Draw a box around what is to be blurred, or write its place.")]})
    made = blurred(store, digest, patches)
    if kin.shared_photo(db, report.number, made.digest):
        raise Invalid({"patches": [Sentence("These parts are blurred already.")]})
    if photo.original is None:  # what was blurred before has its original sealed already
        store.seal(digest, accounts.seal(store.path(digest).read_bytes()))
    for one, row in kin.shared_photo(db, report.number, digest):
        row.original = row.original or digest
        row.digest, row.width, row.height, row.likeness = made.digest, made.width, made.height, made.likeness
        row.state = SHOWN  # whoever blurred it has looked at it
        record(db, one, "blur", actor, facts | {"photo": made.digest, "of": digest}, text=text, public=False)
    flagging.decide(db, actor, report)
    return report


def reveal(db: Db, actor: Actor, store: Store, reference: str, digest: str, reason: str) -> bytes:
    """Return the JPEG that a blurred photo was made of, and write on the timeline who looked.

    Raises NotFound (also where it was not blurred), NotAllowed and Invalid (no reason).
    """
    report = found_for(db, actor, reference)
    photo = _photo(db, report, digest)
    if photo.original is None:
        raise NotFound("this photo was not blurred")
    told = reason.strip()
    if not told or len(told) > LONGEST_REASON:
        raise Invalid({"reason": [Sentence("Say why you need to see it, in at most %(most)s characters.",
                                           most=LONGEST_REASON)]})
    found = accounts.unseal(store.sealed(photo.original))
    record(db, report, "reveal", actor, {"photo": digest}, text={"note": told}, public=False)
    return found


def forget_blurred(db: Db, store: Store, number: int, seq: int) -> None:
    """Remove the files of the photo that an event blurred, unless another report or letter holds it."""
    facts = db.scalar(select(Event.facts).where(Event.report_number == number, Event.seq == seq)) or {}
    digest = facts.get("of", "")
    if digest and not photo_is_kept(db, digest):
        store.drop(digest)


def photos_to_part(db: Db, report: Report) -> list[str]:
    """Return the digests of the photos that parts may show: of the trouble, not of finished work."""
    asked = select(ReportPhoto.digest).where(ReportPhoto.report_number == report.number,
                                             ReportPhoto.stage != "done")
    return list(db.scalars(asked.order_by(ReportPhoto.position)))


def stand_too(db: Db, parent: Report, part: Report, digests: Sequence[str]) -> list[str]:
    """Let some photos of a report stand at a part of it too, as they are there. Returns them in order."""
    asked = select(ReportPhoto).where(ReportPhoto.report_number == parent.number,
                                      ReportPhoto.digest.in_(digests)).order_by(ReportPhoto.position)
    rows = list(db.scalars(asked)) if digests else []
    db.add_all(ReportPhoto(
        report_number=part.number, digest=row.digest, position=place, width=row.width, height=row.height,
        stage=row.stage, state=row.state, likeness=row.likeness, original=row.original)
        for place, row in enumerate(rows))
    db.flush()
    return [row.digest for row in rows]


def _found(db: Db, actor: Actor, reference: str, digest: str) -> tuple[Report, ReportPhoto]:
    """Return a photo of a report for a moderator: the report locked, and all that may show the photo too."""
    kin.hold_all(db, reference)
    report = found_for(db, actor, reference)
    return report, _photo(db, report, digest)


def _photo(db: Db, report: Report, digest: str) -> ReportPhoto:
    found = db.get(ReportPhoto, (report.number, digest))
    if found is None:
        raise NotFound("this report has no such photo")
    return found
