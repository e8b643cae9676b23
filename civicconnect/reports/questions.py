"""A question to whoever sent a report: its clock stands still until they answer, or for long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, and_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import accounts, clock
from civicconnect.accounts import SYSTEM, Actor
from civicconnect.catalog import Catalog, catalog
from civicconnect.db import Base, Db, Instant, Key, Reference
from civicconnect.errors import Conflict, Invalid, NotAllowed, Sentence
from civicconnect.media import Photo
from civicconnect.reports import blocking
from civicconnect.reports.actions import carry_out, moved
from civicconnect.reports.afterwards import RESIDENT, checked, photos_added, text_of
from civicconnect.reports.assigning import found_for_work
from civicconnect.reports.following import SENT, report_of, sender
from civicconnect.reports.lifecycle import BY_VERB, LONGEST, WAITING, Step
from civicconnect.reports.models import Event, Follower, Report
from civicconnect.reports.pauses import LONGEST as LONGEST_PAUSE
from civicconnect.reports.queries import TO_SENDER
from civicconnect.reports.recording import record
from civicconnect.reports.story import story

OPEN, ANSWERED, EXPIRED, PAST = "open", "answered", "expired", "past"
ASK = replace(BY_VERB["wait"], verb="ask")
CLOSE = replace(BY_VERB["close"], who=frozenset({"system"}))
AT_ONCE = 50  # questions, in one transaction


class Question(Base):
    """One question to whoever sent a report. Its words stand on the timeline.

    It is live only while the report still waits since then: a step of staff settles it without a word here.
    """

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("report_number", "seq"),
        Index("ix_question_open", "next_at", postgresql_where=text("state = 'open'"),
              sqlite_where=text("state = 'open'")),
    )
    id: Mapped[Key]
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    seq: Mapped[int]  # of the event
    asked_at: Mapped[Instant]
    answer_by: Mapped[Instant]
    next_at: Mapped[Instant]  # when the calendar looks at it: to remind, then to end it
    was: Mapped[str] = mapped_column(String(16))  # the report's status before, and again after
    to_all: Mapped[bool]  # everybody reads question and answer, or only whoever sent it
    state: Mapped[str] = mapped_column(String(8))  # open, answered, expired, past


IS_LIVE = and_(Question.state == OPEN, Report.status == WAITING, Report.updated_at == Question.asked_at)


def ask(
    db: Db, actor: Actor, reference: str, words: str, *, to_all: bool, seen: int | None = None
) -> Report:
    """Ask whoever sent a report something; it waits for the answer, and so does its promise.

    to_all    everybody reads the question and the answer
    Raises NotFound, NotAllowed, Conflict (closed, waits already, changed since it was seen) and Invalid.
    """
    report = found_for_work(db, actor, reference, seen)
    told = words.strip()
    if not told or len(told) > LONGEST["reason"]:
        raise Invalid({"question": [Sentence("Write the question, in at most %(most)s characters.",
                                             most=LONGEST["reason"])]})
    if report.status not in ASK.starts:
        raise Conflict(Sentence("You can ask while a report is open and does not wait already."))
    offer, was = catalog(db), report.status
    by, next_at = _until(offer, report, clock.now())
    sender(db, report)  # somebody must be there to answer
    facts = moved(db, actor, report, ASK, {}) | {"answer_by": by.isoformat()}
    record(db, report, "ask", actor, facts | ({} if to_all else TO_SENDER), text={"question": told})
    db.add(Question(report_number=report.number, seq=report.events, asked_at=report.updated_at, answer_by=by,
                    next_at=next_at, was=was, to_all=to_all, state=OPEN))
    db.flush()
    return report


def _until(offer: Catalog, report: Report, now: datetime) -> tuple[datetime, datetime]:
    """Return until when an answer counts, and when to look at the question first."""
    service, asking = offer.services[offer.service_codes[report.service_id]], offer.city.asking
    by = now + min(timedelta(days=service.answer_days or asking.days), LONGEST_PAUSE)
    remind = by - timedelta(days=asking.remind)
    return by, remind if asking.remind and remind > now else by


def live_question(db: Db, report: Report, *, lock: bool = False) -> Question | None:
    """Return the question that a report waits with; None where it waits for something else, or not at all."""
    if report.status != WAITING:
        return None
    asked = select(Question).where(Question.report_number == report.number, Question.state == OPEN,
                                   Question.asked_at == report.updated_at)
    return db.scalar(asked.with_for_update() if lock else asked)


def reply(
    db: Db, follower: Follower, seq: int, words: str, photos: Sequence[Photo] = ()
) -> Report:
    """Keep what somebody answers; the clock runs on. The same answer twice is one.

    seq    the event of the question that was read
    Raises NotAllowed (another's report), Conflict (too late, or answered already) and Invalid.
    """
    report = report_of(db, follower, lock=True)
    if follower.role != SENT:
        raise NotAllowed("only whoever sent a report is asked")
    told = checked(words)
    question = live_question(db, report, lock=True)
    if question is None or question.seq != seq:
        if _is_answer(db, report, seq, told):
            return report
        raise Conflict(Sentence("Nobody waits for this answer any more. You can still add it to the report."))
    blocking.refuse_known(db, follower.person, "words")
    if not told and not photos:
        raise Invalid({"words": [Sentence("Write something, or choose a photo.")]})
    fresh = photos_added(db, report, photos, "" if question.to_all else "hidden")
    question.state = ANSWERED
    facts = moved(db, RESIDENT, report, _back("reply", question.was), {})
    report.answered_at = clock.now()
    record(db, report, "reply", RESIDENT,
           facts | {"by": SENT, "asked": seq} | ({} if question.to_all else TO_SENDER),
           text=text_of(told, fresh))
    return report


def _back(verb: str, status: str) -> Step:
    """Return the step that leads out of waiting to where a report stood."""
    return Step(verb, frozenset({WAITING}), status, frozenset())


def _is_answer(db: Db, report: Report, seq: int, told: str) -> bool:
    """Say whether a question was answered with these very words: somebody pressed twice."""
    if not told:
        return False
    replies = db.scalars(select(Event).where(Event.report_number == report.number, Event.verb == "reply"))
    answers = [event.seq for event in replies if event.facts.get("asked") == seq]
    return bool(answers) and story(db, report, photos=False).now(answers[0]).get("words") == told


def questions_are_due(db: Db) -> bool:
    """Say whether the calendar has to look at any question."""
    due = select(Question.id).where(Question.state == OPEN, Question.next_at <= clock.now())
    return db.scalar(due.limit(1)) is not None


def look_at_questions(db: Db) -> int:
    """Remind whoever has not answered yet, and end what nobody answered in time. Returns how many were due.

    The oldest first, `AT_ONCE` at most. Run twice, or by two at once, it says everything once.
    """
    now = clock.now()
    due = select(Question.id, Question.report_number).where(Question.state == OPEN, Question.next_at <= now)
    found = db.execute(due.order_by(Question.next_at).limit(AT_ONCE)).all()
    offer = catalog(db) if found else None
    for number, report_number in found:
        report = db.scalars(select(Report).where(Report.number == report_number).with_for_update()
                            .execution_options(populate_existing=True)).one()
        question = db.scalars(select(Question).where(Question.id == number).with_for_update()
                              .execution_options(populate_existing=True)).one()
        if question.state == OPEN and question.next_at <= now and offer is not None:
            _look_at(db, offer, report, question, now)
    db.flush()
    return len(found)


def _look_at(db: Db, offer: Catalog, report: Report, question: Question, now: datetime) -> None:
    if report.status != WAITING or report.updated_at != question.asked_at:
        question.state = PAST
    elif now < question.answer_by:
        question.next_at = question.answer_by
        record(db, report, "remind", SYSTEM, {"asked": question.seq}, public=False)
    else:
        question.state = EXPIRED
        facts = moved(db, SYSTEM, report, _back("no_answer", question.was), {})
        closes = offer.city.asking.closes
        record(db, report, "no_answer", SYSTEM, facts | {"asked": question.seq} | (
            {"closes": True} if closes else {}))
        if closes:
            reason = offer.city.asking.reason
            carry_out(db, SYSTEM, report, CLOSE, {
                "outcome": "no_action", "reason": reason.get(report.language) or next(iter(reason.values()))})


def has_address(db: Db, report: Report) -> bool:
    """Say whether a question can be sent to whoever sent a report, or only waits on their page."""
    asked = select(Follower.id).where(Follower.report_number == report.number, Follower.role == SENT,
                                      Follower.is_told, Follower.contact_id.is_not(None))
    if db.scalar(asked.limit(1)) is not None:
        return True
    known = db.scalar(select(Follower.id).where(Follower.report_number == report.number,
                                                Follower.role == SENT))
    return (known is None and report.contact_id is not None
            and bool(accounts.read_contact(db, report.contact_id).details.email))
