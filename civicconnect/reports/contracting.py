"""Work given to a contractor: a link of its own for one report, until it is done, refused or taken back."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import accounts, clock
from civicconnect.accounts import Actor
from civicconnect.catalog import catalog
from civicconnect.db import Base, Db, Instant, Key, Reference
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.media import Photo
from civicconnect.reports.actions import carry_out, checked_note
from civicconnect.reports.afterwards import MOST_ADDED, MOST_PHOTOS
from civicconnect.reports.assigning import found_for_work
from civicconnect.reports.attaching import WAITING as NOT_LOOKED_AT
from civicconnect.reports.attaching import add_photos
from civicconnect.reports.contractors import Contractor, contractors_of
from civicconnect.reports.lifecycle import BY_VERB, CLOSED, OPEN
from civicconnect.reports.models import Event, Report, ReportPhoto
from civicconnect.reports.queries import SHOWN, Entry
from civicconnect.reports.recording import record
from civicconnect.reports.story import story
from civicconnect.reports.tasks import CHECK_WORK, OF_DEPARTMENT, REFUSED, raise_task

SENT, ACCEPTED, REFUSED_IT, DONE, REVOKED = "sent", "accepted", "refused", "done", "revoked"
LASTS_AFTER_DUE = timedelta(days=30)  # a link still works when the work is late
LONGEST_DUE = timedelta(days=366)
MOST_COMMENTS = 50  # with one link
NO_DAY = Sentence("Give the day by which it is done: today or later, within a year.")
CLOSE = replace(BY_VERB["close"], who=frozenset({"contractor"}))


class Commission(Base):
    """One report given to one contractor. The link is made of `nonce` and a key outside the database."""

    __tablename__ = "commission"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("uq_commission_open", "report_number", unique=True, postgresql_where=text("ended_at IS NULL"),
              sqlite_where=text("ended_at IS NULL")),
    )
    id: Mapped[Key]
    contractor_id: Mapped[Reference] = mapped_column(ForeignKey("contractor.id"))
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    seq: Mapped[int]  # of the event with which it was given
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64))
    words: Mapped[str] = mapped_column(Text)  # what the contractor is told, in the words of staff
    due_on: Mapped[date] = mapped_column(Date)
    with_words: Mapped[bool]  # also sees what the resident wrote
    with_photos: Mapped[bool]  # also sees the photos of the report
    state: Mapped[str] = mapped_column(String(8))  # sent, accepted, refused, done, revoked
    made_at: Mapped[Instant]
    made_by: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]


class Ended(NotFound):
    """The link was one of ours, and works no more."""


@dataclass(frozen=True)
class Given:
    """Work as its page shows it: to whom it was given, and about what."""

    commission: Commission
    contractor: Contractor
    report: Report


def commission(
    db: Db, actor: Actor, reference: str, contractor_id: int, words: str, due_on: date, *,
    with_words: bool = False, with_photos: bool = True, seen: int | None = None,
) -> Commission:
    """Give a report to a contractor of its department, who gets a letter with a link.

    words                     what is to be done; the contractor and staff read them
    with_words, with_photos   what of the report the contractor sees besides its place and service
    Raises NotFound, NotAllowed, Conflict (closed, given already, changed since it was seen) and Invalid.
    """
    report = found_for_work(db, actor, reference, seen)
    if report.status not in OPEN:
        raise Conflict(Sentence("This report is closed. Reopen it before you give it to somebody."))
    if commission_of(db, report.number) is not None:
        raise Conflict(Sentence("A contractor has this report already. Take it back first."))
    now, today = clock.now(), catalog(db).city.day(clock.now())
    faults: dict[str, list[str]] = {}
    contractor = db.scalar(contractors_of(report.department_id).where(Contractor.id == contractor_id))
    if contractor is None:
        faults["contractor"] = [Sentence("Choose a contractor of this department.")]
    if not words.strip() or len(words.strip()) > 2000:
        faults["task"] = [Sentence("Write what is to be done, in at most %(most)s characters.", most=2000)]
    if not today <= due_on <= today + LONGEST_DUE:
        faults["due_on"] = [NO_DAY]
    if faults or contractor is None:
        raise Invalid(faults)
    record(db, report, "commission", actor, {"contractor": contractor.id, "due_on": due_on.isoformat()},
           text={"note": words.strip()})
    report.answered_at, report.first_response_at = None, report.first_response_at or now
    nonce = secrets.token_hex(16)
    made = Commission(
        contractor_id=contractor.id, report_number=report.number, seq=report.events, nonce=nonce,
        token_hash=_hash(_token(nonce)), words=words.strip(), due_on=due_on, with_words=with_words,
        with_photos=with_photos, state=SENT, made_at=now, made_by=actor.name, ended_at=None,
        expires_at=now + (due_on - today) + LASTS_AFTER_DUE)
    db.add(made)
    db.flush()
    return made


def token_of_work(made: Commission) -> str:
    """Return the secret part of the address at which a contractor works on a report."""
    return _token(made.nonce)


def _token(nonce: str) -> str:
    return accounts.keyed_hash("work", nonce)[:48]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def commission_of(db: Db, number: int) -> Commission | None:
    """Return the work of a report that a contractor has; None where nobody outside has it."""
    return db.scalar(select(Commission).where(Commission.report_number == number,
                                              Commission.ended_at.is_(None)))


def commission_told(db: Db, number: int, seq: int) -> tuple[Commission, Contractor] | None:
    """Return the work that an event gives to a contractor, or takes back, and whom a letter tells of it."""
    event = db.get(Event, (number, seq))
    if event is None:
        return None
    this = Commission.seq == seq if event.verb == "commission" else (
        Commission.id == event.facts.get("commission", 0))
    found = db.execute(select(Commission, Contractor)
                       .join(Contractor, Contractor.id == Commission.contractor_id)
                       .where(Commission.report_number == number, this)).first()
    return (found[0], found[1]) if found else None


def given_before(db: Db, number: int) -> list[tuple[Commission, Contractor]]:
    """Return to whom a report was ever given, the newest first."""
    asked = select(Commission, Contractor).join(Contractor, Contractor.id == Commission.contractor_id)
    return [(made, firm) for made, firm in db.execute(
        asked.where(Commission.report_number == number).order_by(Commission.id.desc()))]


def work_at(db: Db, token: str, *, lock: bool = False) -> Given:
    """Return what a link is about.

    Raises NotFound where it is none of ours, and Ended where it works no more: taken back, refused, too old,
    or the report is closed or with another department.
    """
    made = db.scalar(select(Commission).where(Commission.token_hash == _hash(token)))
    if made is None:
        raise NotFound("this link is none of ours")
    asked = select(Report).where(Report.number == made.report_number)
    report = db.scalars(asked.with_for_update() if lock else asked).one()
    if lock:  # the report's lock was waited for: somebody may have ended it meanwhile
        db.refresh(made)
    contractor = db.get_one(Contractor, made.contractor_id)
    if made.state == REVOKED or report.department_id != contractor.department_id:
        raise Ended(Sentence("The city has taken this work back. There is nothing more to do for you."))
    if made.state == REFUSED_IT:
        raise Ended(Sentence("You have refused this work. The city knows, and you need not do anything."))
    if made.state != DONE and clock.now() >= made.expires_at:
        raise Ended(Sentence("This link is too old. Ask the department for a new one."))
    if made.state != DONE and report.status == CLOSED:
        raise Ended(Sentence("This report is closed. There is nothing more to do for you."))
    if made.state == DONE and clock.now() >= made.expires_at:
        raise Ended(Sentence("You have done this work. Thank you."))
    return Given(made, contractor, report)


def _actor(given: Given) -> Actor:
    return Actor("contractor", f"contractor:{given.contractor.id}")


def accept_work(db: Db, token: str) -> Given:
    """Say that a contractor does it; twice is once. Raises as `work_of` does, and Conflict."""
    given = _at_work(db, token)
    if given.commission.state == SENT:
        given.commission.state = ACCEPTED
        record(db, given.report, "work_accept", _actor(given), {}, public=False)
    return given


def refuse_work(db: Db, token: str, reason: str) -> Given:
    """Say why a contractor does not do it: the department looks for another. Raises Invalid too."""
    given = _at_work(db, token)
    if not reason.strip() or len(reason) > 2000:
        raise Invalid({"reason": [Sentence("Say why, in at most %(most)s characters.", most=2000)]})
    _end(given.commission, REFUSED_IT)
    record(db, given.report, "work_refuse", _actor(given), {}, text={"note": reason.strip()}, public=False)
    raise_task(db, given.report, REFUSED, OF_DEPARTMENT, {"contractor": given.contractor.id})
    return given


def comment_on_work(
    db: Db, token: str, words: str, photos: Sequence[Photo] = (), *, proposed: bool = False
) -> Given:
    """Tell the city something, perhaps with photos; what is proposed to everybody, staff publish or not.

    Sent twice with the same words it is kept once.
    """
    given = _at_work(db, token)
    if not words.strip() and not photos:
        raise Invalid({"words": [Sentence("Write something, or choose a photo.")]})
    told = checked_note(words) if words.strip() else ""
    before = _told_before(db, given)
    fresh = _photos(db, given, photos)
    if not fresh and (told in before or not told):
        return given
    if len(before) >= MOST_COMMENTS:
        raise Invalid({"words": [Sentence("That is enough for one report. Call the department.")]})
    record(db, given.report, "work_note", _actor(given), {"proposes": True} if proposed and told else {},
           text=_text(told, fresh), public=False)
    return given


def finish_work(db: Db, token: str, words: str = "", photos: Sequence[Photo] = ()) -> Given:
    """Say that the work is done: a trusted firm's report is closed, another's is looked at. Twice is once."""
    given = work_at(db, token, lock=True)
    if given.commission.state == DONE:
        return given
    told = checked_note(words) if words.strip() else ""
    fresh = _photos(db, given, photos)
    _end(given.commission, DONE)
    record(db, given.report, "work_done", _actor(given), {}, text=_text(told, fresh), public=False)
    if given.contractor.trusted:
        carry_out(db, _actor(given), given.report, CLOSE, {"outcome": "fixed"})
    else:
        raise_task(db, given.report, CHECK_WORK, OF_DEPARTMENT, {"contractor": given.contractor.id})
    return given


def revoke(db: Db, actor: Actor, reference: str, *, seen: int | None = None) -> Report:
    """Take a report back from a contractor: the link works no more. Raises as `assign` does, and Conflict."""
    report = found_for_work(db, actor, reference, seen)
    if commission_of(db, report.number) is None:
        raise Conflict(Sentence("No contractor has this report."))
    take_back(db, actor, report)
    return report


def take_back(db: Db, actor: Actor, report: Report) -> None:
    """End what a contractor has of a report, where one has it."""
    made = commission_of(db, report.number)
    if made is not None:
        _end(made, REVOKED)
        record(db, report, "work_revoke", actor, {"contractor": made.contractor_id, "commission": made.id},
               public=False)


def publish_comment(db: Db, actor: Actor, reference: str, seq: int, *, seen: int | None = None) -> Report:
    """Let everybody read what a contractor proposed, in the contractor's words; once."""
    report = found_for_work(db, actor, reference, seen)
    known = story(db, report, photos=False)
    event = next((e for e, _ in known.rows if e.seq == seq and e.verb == "work_note"
                  and e.facts.get("proposes")), None)
    words = next((t for e, t in known.rows if e.seq == seq), None)
    if event is None or words is None:
        raise NotFound("nobody proposed that")
    if any(e.verb == "work_publish" and e.facts.get("of") == seq for e, _ in known.rows):
        return report
    record(db, report, "work_publish", actor, {"of": seq, "contractor": event.actor},
           text={"reason": known.entries()[seq - 1].text.get("note", "")})
    return report


def _at_work(db: Db, token: str) -> Given:
    given = work_at(db, token, lock=True)
    if given.commission.state == DONE:
        raise Conflict(Sentence("You have said that it is done. Thank you."))
    return given


def _end(made: Commission, state: str) -> None:
    made.state, made.ended_at = state, clock.now()


def _photos(db: Db, given: Given, photos: Sequence[Photo]) -> list[str]:
    if not photos:
        return []
    count = len(db.scalars(select(ReportPhoto.digest)
                           .where(ReportPhoto.report_number == given.report.number)).all())
    if len(photos) > MOST_ADDED or count + len(photos) > MOST_PHOTOS:
        raise Invalid({"photo": [Sentence("This report has enough photos. Send your words without.")]})
    state = SHOWN if given.contractor.trusted else NOT_LOOKED_AT
    return add_photos(db, given.report.number, photos, "done", state)


def _text(told: str, photos: Sequence[str]) -> dict[str, object]:
    return ({"note": told} if told else {}) | ({"photos": list(photos)} if photos else {})


def _told_before(db: Db, given: Given) -> list[str]:
    """Return what a contractor has told of a report, word for word."""
    mine = _actor(given).name
    return [str(entry.text.get("note", "")) for entry in story(db, given.report, photos=False).entries()
            if entry.verb == "work_note" and entry.actor == mine]


def forget_work(db: Db, before: datetime) -> int:
    """Erase what contractors were told of work that ended before an instant; the timeline keeps its own."""
    old = update(Commission).where(Commission.ended_at < before, Commission.words != "")
    return db.execute(old.values(words="")).rowcount  # type: ignore[attr-defined,no-any-return]


def proposals(entries: Sequence[Entry]) -> list[Entry]:
    """Return what contractors proposed to everybody and nobody has published. Pure."""
    published = {entry.facts.get("of") for entry in entries if entry.verb == "work_publish"}
    return [entry for entry in entries if entry.verb == "work_note" and entry.facts.get("proposes")
            and entry.seq not in published]
