"""Letters that wait for a person: nobody has said yet what they are about, or whether they are reports."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update

from civicconnect import accounts, clock
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.catalog import catalog
from civicconnect.db import Db, insert_ignoring, insert_new
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.media import Photo
from civicconnect.reports import guess
from civicconnect.reports.entering import may_enter
from civicconnect.reports.models import Incoming, IncomingPhoto, Report

WAITING, TAKEN, DROPPED = "waiting", "taken", "dropped"
LETTER, POST = "email", "partner"
LONGEST_LETTER = 20_000  # characters
LONGEST_SUBJECT = 300
LONGEST_REASON = 300
NOTHING = {"fingerprint": "", "contact_id": None, "subject": "", "words": "", "service": "", "address": "",
           "reason": "", "decided_at": None, "decided_by": "", "report_number": None}


@dataclass(frozen=True)
class NewLetter:
    """A letter as it came, read into plain values."""

    message_id: str  # its sender's own; the same twice is one letter
    sender: ContactDetails
    subject: str
    words: str
    photos: tuple[Photo, ...] = ()


def is_known(db: Db, message_id: str) -> bool:
    """Say whether a letter came in before."""
    return db.scalar(select(Incoming.id).where(Incoming.message == _mark(LETTER, message_id))) is not None


def receive(db: Db, new: NewLetter) -> int | None:
    """Put a letter into the inbox, with a guess at its service and address; None where it is there already.

    However clear it seems: it is a person who makes a report of it.
    """
    told = f"{new.subject}\n{new.words}"
    row = {
        **NOTHING, "source": LETTER, "state": WAITING, "received_at": clock.now(),
        "message": _mark(LETTER, new.message_id),
        "subject": new.subject[:LONGEST_SUBJECT], "words": new.words[:LONGEST_LETTER],
        "service": guess.service(catalog(db), told, clock.now()), "address": guess.address(db, told),
    }
    number: int | None = insert_new(db, Incoming, ["message"], row, Incoming.id)
    if number is None:
        return None
    db.execute(update(Incoming).where(Incoming.id == number).values(
        contact_id=accounts.remember(db, new.sender)))
    digests = dict.fromkeys(photo.digest for photo in new.photos)
    db.add_all(IncomingPhoto(incoming_id=number, digest=digest, position=n)
               for n, digest in enumerate(digests))
    db.flush()
    return number


def waiting_letters() -> Select[Incoming]:
    """Select the letters that wait, the oldest first."""
    return select(Incoming).where(Incoming.state == WAITING).order_by(Incoming.received_at, Incoming.id)


def count_waiting(db: Db) -> int:
    """Return how many letters wait."""
    return db.scalar(select(letters_waiting())) or 0


def letters_waiting() -> ColumnElement[int]:
    """Return the same, to stand in another statement."""
    return select(func.count()).where(Incoming.state == WAITING).scalar_subquery()


def find_letter(db: Db, actor: Actor, letter_id: int) -> Incoming:
    """Return a letter, or raise NotFound; NotAllowed for whoever may not enter reports."""
    may_enter(actor)
    found = db.scalar(select(Incoming).where(Incoming.id == letter_id, Incoming.source == LETTER))
    if found is None:
        raise NotFound("there is no such letter")
    return found


def photos_of_letters(db: Db, letter_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the digests of letters' photos, by letter."""
    asked = select(IncomingPhoto.incoming_id, IncomingPhoto.digest).where(
        IncomingPhoto.incoming_id.in_(letter_ids)).order_by(IncomingPhoto.incoming_id, IncomingPhoto.position)
    found: dict[int, list[str]] = {}
    for letter_id, digest in db.execute(asked):
        found.setdefault(letter_id, []).append(digest)
    return found


def take(db: Db, actor: Actor, letter_id: int, reference: str) -> None:
    """Say which report a letter became, or which one it is about. Once more for the same one changes nothing.

    Raises NotFound, NotAllowed and Conflict where a colleague has decided otherwise.
    """
    may_enter(actor)
    number = db.scalar(select(Report.number).where(Report.reference == reference))
    _decide(db, actor, letter_id, state=TAKEN, report_number=number)


def drop(db: Db, actor: Actor, letter_id: int, reason: str) -> None:
    """Say why a letter is no report. Raises NotFound, NotAllowed, Conflict, and Invalid without a reason."""
    may_enter(actor)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid({"reason": [Sentence("Say why this is no report, in at most %(most)s characters.",
                                           most=LONGEST_REASON)]})
    _decide(db, actor, letter_id, state=DROPPED, reason=reason)


def _decide(db: Db, actor: Actor, letter_id: int, **decision: object) -> None:
    letter = db.scalar(select(Incoming).where(Incoming.id == letter_id, Incoming.source == LETTER)
                       .with_for_update())
    if letter is None:
        raise NotFound("there is no such letter")
    if letter.state != WAITING:
        if all(getattr(letter, name) == value for name, value in decision.items()):
            return
        raise Conflict(Sentence("A colleague has dealt with this letter meanwhile. Look at the inbox."))
    for name, value in decision.items():
        setattr(letter, name, value)
    letter.decided_at, letter.decided_by = clock.now(), actor.name
    db.flush()


def forget_incoming(db: Db, before: datetime) -> int:
    """Erase what letters said that were decided before an instant: words, sender, photos. Returns how many.

    What became a report lives on there. The row stays, so that the same letter comes no second time.
    """
    told = or_(Incoming.subject != "", Incoming.words != "", Incoming.contact_id.is_not(None))
    asked = select(Incoming.id, Incoming.contact_id).where(
        Incoming.state != WAITING, Incoming.decided_at < before, told)
    found = db.execute(asked).all()
    letters = [row.id for row in found]
    db.execute(update(Incoming).where(Incoming.id.in_(letters)).values(
        subject="", words="", address="", contact_id=None))
    db.execute(delete(IncomingPhoto).where(IncomingPhoto.incoming_id.in_(letters)))
    accounts.erase_contacts(db, [row.contact_id for row in found if row.contact_id is not None])
    return len(letters)


def posted(db: Db, partner: str, message_id: str, fingerprint: str) -> Report | None:
    """Return the report that a partner's post became before; None where it is the first time.

    fingerprint    a hash of all that was sent; another one under the same id is a Conflict
    """
    asked = select(Incoming.fingerprint, Report).join(Report, Report.number == Incoming.report_number).where(
        Incoming.message == _mark(POST, f"{partner} {message_id}"))
    known = db.execute(asked).first()
    if known is None:
        return None
    if known.fingerprint != fingerprint:
        raise Conflict("Another report was already sent under this webhook-id. Give each report its own.")
    return known[1]


def remember_post(db: Db, partner: str, message_id: str, fingerprint: str, number: int) -> None:
    """Remember what a partner's post became, for when it comes again."""
    now = clock.now()
    insert_ignoring(db, Incoming, {
        **NOTHING, "source": POST, "state": TAKEN, "received_at": now, "decided_at": now,
        "message": _mark(POST, f"{partner} {message_id}"), "fingerprint": fingerprint,
        "decided_by": f"partner:{partner}", "report_number": number})


def _mark(source: str, message_id: str) -> str:
    return accounts.keyed_hash("message", f"{source} {message_id}")
