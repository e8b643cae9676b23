"""What moderators do to photos: let them be seen, hide them, blur them, and look at what was sealed away."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from civicconnect import accounts
from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.media import Patch, Store, blurred
from civicconnect.reports import flagging
from civicconnect.reports.models import Event, Report, ReportPhoto
from civicconnect.reports.moderation import LONGEST_REASON, found_for, why
from civicconnect.reports.queries import HIDDEN, SHOWN, photo_is_kept
from civicconnect.reports.recording import record


def show_photo(db: Db, actor: Actor, reference: str, digest: str) -> Report:
    """Let everybody see a photo who sees its report. Raises NotFound, NotAllowed and Conflict."""
    report = found_for(db, actor, reference)
    photo = _photo(db, report, digest)
    if photo.state == SHOWN:
        raise Conflict(Sentence("This photo is shown already."))
    photo.state = SHOWN
    record(db, report, "photo_show", actor, {"photo": digest}, public=False)
    return report


def hide_photo(db: Db, actor: Actor, reference: str, digest: str, because: str, words: str = "") -> Report:
    """Let nobody see a photo but its sender and staff. Raises NotFound, NotAllowed, Invalid and Conflict."""
    report = found_for(db, actor, reference)
    facts, text = why(because, words)
    photo = _photo(db, report, digest)
    if photo.state == HIDDEN:
        raise Conflict(Sentence("This photo is hidden already."))
    photo.state = HIDDEN
    record(db, report, "photo_hide", actor, facts | {"photo": digest}, text=text, public=False)
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
    report = found_for(db, actor, reference)
    facts, text = why(because, words)
    photo = _photo(db, report, digest)
    if not patches:
        raise Invalid({"patches": [Sentence("Draw a box around what is to be blurred, or write its place.")]})
    made = blurred(store, digest, patches)
    here = select(ReportPhoto.digest).where(ReportPhoto.report_number == report.number)
    if made.digest in set(db.scalars(here)):
        raise Invalid({"patches": [Sentence("These parts are blurred already.")]})
    if photo.original is None:  # what was blurred before has its original sealed already
        store.seal(digest, accounts.seal(store.path(digest).read_bytes()))
        photo.original = digest
    photo.digest, photo.width, photo.height, photo.likeness = (made.digest, made.width, made.height,
                                                               made.likeness)
    photo.state = SHOWN  # whoever blurred it has looked at it
    record(db, report, "blur", actor, facts | {"photo": made.digest, "of": digest}, text=text, public=False)
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


def _photo(db: Db, report: Report, digest: str) -> ReportPhoto:
    found = db.get(ReportPhoto, (report.number, digest))
    if found is None:
        raise NotFound("this report has no such photo")
    return found
