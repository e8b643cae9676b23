"""Each letter to each person: asked for in the transaction of its event, sent once, tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import accounts, clock, db, jobs, reports, settings
from civicconnect.catalog import Catalog, catalog
from civicconnect.db import Base, Db, Instant, Key, Reference
from civicconnect.errors import NotFound
from civicconnect.jobs import Job
from civicconnect.notify import desk, letters
from civicconnect.notify.channels import Channel, Refused, channel
from civicconnect.notify.layout import message
from civicconnect.notify.letters import Letter
from civicconnect.notify.tongue import Tongue
from civicconnect.reports import Entry, Follower, Report

EMAIL = "email"
WAITING, SENT, DROPPED, FAILED = "waiting", "sent", "dropped", "failed"
WELCOME = 0  # stands where a letter follows from no event: somebody asked to be told
MOST_WELCOMES = 5  # to one address in a day: nobody's letterbox is filled by others
ONE_LINK_IN = timedelta(minutes=10)
ONLY_TO_SENDER = {"receive", *letters.TO_SENDER, *letters.QUESTIONS}
TO_CONTRACTOR = ("commission", "work_revoke")
TO_STAFF = ("escalate", "hand_over")  # where a task follows from them
GATHERED_FOR = timedelta(minutes=2)  # what comes to somebody of the staff at once is one letter


class Delivery(Base):
    """One letter about one event to one person: there can be no second."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("report_number", "seq", "person", "channel"),
        Index("ix_delivery_staff", "staff_id",
              postgresql_where=text("state = 'waiting' AND staff_id IS NOT NULL"),
              sqlite_where=text("state = 'waiting' AND staff_id IS NOT NULL")),
    )
    id: Mapped[Key]
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    seq: Mapped[int]  # of the event
    person: Mapped[str] = mapped_column(String(64), index=True)
    channel: Mapped[str] = mapped_column(String(12))
    follower_id: Mapped[Reference | None] = mapped_column(ForeignKey("report_follower.id"))
    # Or whom else it goes to. No foreign keys: the embedded engine could not take such columns back.
    staff_id: Mapped[Reference | None]
    commission_id: Mapped[Reference | None]
    state: Mapped[str] = mapped_column(String(8))  # waiting, sent, dropped, failed
    tries: Mapped[int]
    made_at: Mapped[Instant]
    sent_at: Mapped[Instant | None]
    error: Mapped[str] = mapped_column(Text)


def plan(view: Db, number: int, seq: int, verb: str, *, wait: timedelta = timedelta()) -> int:
    """Ask for the letters that follow from an event, each once. Returns how many were new.

    wait    none goes out before this long from now
    """
    beside = _plan_for_those_who_work(view, number, seq, verb)
    return beside + sum(_ask(view, one, seq, number, wait) for one in told_of(view, number, verb, seq))


def told_of(view: Db, number: int, verb: str, seq: int = 0) -> list[Follower]:
    """Return who gets a letter about an event of a report.

    seq    the event's place on the timeline; 0: it is not written yet
    """
    if verb not in letters.STEPS and verb not in ONLY_TO_SENDER:
        return []
    if verb == "receive" and reports.is_part(view, number):
        return []
    together = reports.told_together(view, number, seq) if seq else ()
    told = reports.who_is_told(view, number, together)
    if verb in ONLY_TO_SENDER:
        told = [one for one in told if one.role == "sent" and one.report_number == number]
    return told


def _plan_for_those_who_work(view: Db, number: int, seq: int, verb: str) -> int:
    asked = 0
    if verb in TO_CONTRACTOR and (found := reports.commission_told(view, number, seq)):
        asked += _ask_for(view, number, seq, f"contractor:{found[1].id}", commission_id=found[0].id)
    for task in reports.tasks_from(view, number, seq) if verb in TO_STAFF else ():
        for one in accounts.in_role(view, task.role, task.department_id):
            asked += _ask_for(view, number, seq, f"staff:{one.id}", staff_id=one.id)
    return asked


def _ask_for(
    db_: Db, number: int, seq: int, who: str, *, staff_id: int | None = None, commission_id: int | None = None
) -> int:
    """Ask for a letter to somebody who works. What goes to one of the staff is gathered for a while."""
    row = _row(number, seq, accounts.keyed_hash("person", who)) | {
        "staff_id": staff_id, "commission_id": commission_id}
    made = db.insert_new(db_, Delivery, ["report_number", "seq", "person", "channel"], row, Delivery.id)
    if made is None:
        return 0
    if staff_id is None:
        jobs.enqueue(db_, "deliver", {"delivery": made})
    else:
        jobs.enqueue(db_, "digest", {"staff": staff_id}, key=f"digest-{staff_id}", wait=GATHERED_FOR)
    return 1


def plan_welcome(db_: Db, follower: Follower) -> int:
    """Ask for the letter that tells somebody, at the address just given, of what they will hear."""
    if not (follower.is_told and follower.contact_id):
        return 0
    since = clock.now() - timedelta(days=1)
    today = select(func.count()).select_from(Delivery).where(
        Delivery.person == follower.person, Delivery.seq == WELCOME, Delivery.made_at > since)
    if (db_.scalar(today) or 0) >= MOST_WELCOMES:
        follower.is_told = False  # somebody types another's address again and again
        return 0
    return _ask(db_, follower, WELCOME)


def _ask(
    db_: Db, follower: Follower, seq: int, number: int | None = None, wait: timedelta = timedelta()
) -> int:
    """Ask for one letter. number: of the report it tells of, where that is not the follower's own."""
    row = _row(number or follower.report_number, seq, follower.person) | {"follower_id": follower.id}
    number = db.insert_new(db_, Delivery, ["report_number", "seq", "person", "channel"], row, Delivery.id)
    if number is None:
        return 0
    jobs.enqueue(db_, "deliver", {"delivery": number}, wait=max(wait, timedelta()))
    return 1


def _row(number: int, seq: int, person: str) -> dict[str, object]:
    return {"report_number": number, "seq": seq, "person": person, "channel": EMAIL, "state": WAITING,
            "tries": 0, "made_at": clock.now(), "error": ""}


def deliver(view: Db, number: int, by: Channel | None = None) -> None:
    """Send one letter and write down that it went.

    Raises what the channel raised, so that it is tried again; a refusal for good is only written down.
    """
    row = view.get(Delivery, number)
    if row is None or row.state != WAITING:
        return
    found = _addressed(view, row)
    if found is None:
        _settle(number, DROPPED, "nobody is to be told any more")
        return
    letter, to = found
    sent, error = SENT, ""
    try:
        (by or channel()).send(message(letter, sender_of(catalog(view)), to))
    except Refused as fault:
        sent, error = FAILED, str(fault)
    except Exception as fault:  # whatever it was: it is written down, and the job is tried again
        _settle(number, WAITING, repr(fault))
        raise
    _settle(number, sent, error)


def _addressed(view: Db, row: Delivery) -> tuple[Letter, str] | None:
    """Return a letter and its address; None where whoever asked for it wants it no more."""
    if row.commission_id is not None:
        return _addressed_to_contractor(view, row)
    follower = view.get(Follower, row.follower_id) if row.follower_id else None
    if follower is None or not follower.is_told or follower.contact_id is None:
        return None
    to = accounts.read_contact(view, follower.contact_id).details.email
    offer = catalog(view)
    report = view.scalars(select(Report).where(Report.number == row.report_number)).one()
    is_own = follower.report_number == report.number
    if is_own and report.visibility != "public" and follower.role != "sent":  # hidden since, or never public
        return None
    if row.seq == WELCOME:
        tongue = Tongue(follower.language, ZoneInfo(offer.city.time_zone))
        return letters.letter_of_welcome(tongue, offer, report, follower), to
    letter = letter_about(view, offer, report, follower, row.seq)
    return (letter, to) if letter else None


def letter_about(view: Db, offer: Catalog, report: Report, follower: Follower, seq: int) -> Letter | None:
    """Return what somebody is written about an event; None where they are not told of it."""
    tongue, is_sender = Tongue(follower.language, ZoneInfo(offer.city.time_zone)), follower.role == "sent"
    if follower.report_number != report.number:
        return _of_lead(view, tongue, offer, report, seq, follower)
    entries = reports.timeline(view, report, internal=False, sender=is_sender)
    entry = next((e for e in entries if e.seq == seq), None)
    first = entries[0] if entries else None
    if entry is not None and entry.verb == "route":  # a report is received and sent on in one
        entry = first
    # The letter about the closing says it all; and of what was taken back nobody is told.
    if entry is None or entry.facts.get("closes") or _was_undone(entries, seq):
        return None
    if entry.verb in letters.QUESTIONS:
        put = entry.facts.get("asked", entry.seq)
        question = reports.live_question(view, report)
        if question is None or question.seq != put:  # answered meanwhile
            return None
        asked = next(e for e in entries if e.seq == put)
        return letters.letter_of_question(tongue, offer, report, asked, follower,
                                          reminds=seq if seq != put else 0)
    asks = entry.verb == "close" and reports.can_answer(report, clock.now())
    return letters.letter_of_step(tongue, offer, report, entry, follower, asks=asks)


def _of_lead(
    view: Db, tongue: Tongue, offer: Catalog, lead: Report, seq: int, follower: Follower
) -> Letter | None:
    """Return the letter about a step of the lead in which somebody's report goes on; None where it does not.

    Of a lead that strangers may not read, only senders hear, and only that the step was taken.
    """
    own = reports.report_of(view, follower)
    goes_on = reports.lead_of(view, own)
    is_read = lead.visibility == "public"
    if goes_on is None or goes_on.number != lead.number or (
            follower.role != "sent" and not (is_read and own.visibility == "public")):
        return None
    entries = reports.timeline(view, lead, internal=False)
    entry = next((e for e in entries if e.seq == seq), None)
    if entry is None or _was_undone(entries, seq):
        return None
    asks = is_read and entry.verb == "close" and reports.can_answer(lead, clock.now())
    if not is_read:
        entry = replace(entry, text={}, facts={name: entry.facts[name] for name in ("outcome", "planned_for")
                                               if name in entry.facts})
    return letters.letter_of_step(tongue, offer, own, entry, follower, asks=asks, lead=lead)


def _was_undone(entries: Sequence[Entry], seq: int) -> bool:
    return any(_undoes(entry, seq) for entry in entries)


def _undoes(entry: Entry, seq: int) -> bool:
    """Say whether an event takes back the one at a place on the timeline."""
    last = entry.facts.get("undoes", 0) if entry.verb == "undo" else 0
    return bool(entry.facts.get("since", last - 1) < seq <= last)


def _addressed_to_contractor(view: Db, row: Delivery) -> tuple[Letter, str] | None:
    found = reports.commission_told(view, row.report_number, row.seq)
    if found is None:
        return None
    made, contractor = found
    is_over = made.seq != row.seq
    if made.ended_at is not None and not is_over:  # taken back before anybody was told
        return None
    told = select(Delivery.id).where(Delivery.commission_id == made.id, Delivery.state == SENT)
    if is_over and view.scalar(told.limit(1)) is None:
        return None
    offer = catalog(view)
    report = view.scalars(select(Report).where(Report.number == row.report_number)).one()
    tongue = Tongue(contractor.language, ZoneInfo(offer.city.time_zone))
    return desk.letter_of_work(tongue, offer, report, made, contractor, is_over=is_over), contractor.email


def send_digest(view: Db, staff_id: int, by: Channel | None = None) -> None:
    """Send somebody of the staff one letter about all that came to them and still waits."""
    waiting = view.scalars(select(Delivery).where(Delivery.staff_id == staff_id, Delivery.state == WAITING)
                           .order_by(Delivery.id)).all()
    to = accounts.colleague(view, staff_id)
    events = [(row.report_number, row.seq) for row in waiting]
    found = reports.tasks_at(view, events) if to is not None else []
    if to is None or not found:
        _settle_all([row.id for row in waiting], DROPPED, "nothing waits for them any more")
        return
    offer = catalog(view)
    tongue = Tongue(offer.city.languages[0], ZoneInfo(offer.city.time_zone))
    letter = desk.letter_of_tasks(tongue, offer, found, waiting[-1].id)
    state, error = SENT, ""
    try:
        (by or channel()).send(message(letter, sender_of(offer), to.email))
    except Refused as fault:
        state, error = FAILED, str(fault)
    _settle_all([row.id for row in waiting], state, error)


def sender_of(offer: Catalog) -> str:
    """Return the address that letters come from."""
    return settings.current().mail_from or offer.city.contact.get("email", "") or "no-reply@localhost"


def _settle(number: int, state: str, error: str) -> None:
    _settle_all([number], state, error)


def _settle_all(numbers: Sequence[int], state: str, error: str) -> None:
    with db.transaction() as change:
        change.execute(update(Delivery).where(Delivery.id.in_(numbers)).values(
            state=state, error=error[:2000], tries=Delivery.tries + 1,
            sent_at=clock.now() if state == SENT else None))


def count_sent(view: Db, number: int) -> Mapping[int, tuple[int, int]]:
    """Return, for each event of a report, how many letters went out, and how many did not (yet)."""
    asked = (select(Delivery.seq, Delivery.state, func.count())
             .where(Delivery.report_number == number, Delivery.state != DROPPED)
             .group_by(Delivery.seq, Delivery.state))
    found: dict[int, tuple[int, int]] = {}
    for seq, state, count in view.execute(asked):
        sent, other = found.get(seq, (0, 0))
        found[seq] = (sent + count, other) if state == SENT else (sent, other + count)
    return found


def ask_for_my_reports(db_: Db, email: str, language: str) -> None:
    """Ask for the letter with the link to all that somebody reported or follows, where there is anything.

    It goes to the address as they gave it then: whoever types it now may be anybody.
    """
    contact = reports.contact_of(db_, reports.person_of(email))
    recent = select(Job.payload).where(Job.kind == "my_reports", Job.due_at > clock.now() - ONE_LINK_IN)
    if contact is not None and contact not in {asked["contact"] for asked in db_.scalars(recent)}:
        jobs.enqueue(db_, "my_reports", {"contact": contact, "language": language}, key=f"me-{contact}")


def send_my_reports(view: Db, contact_id: int, language: str, by: Channel | None = None) -> None:
    """Send the link to all that somebody reported or follows to the address they gave then."""
    try:
        to = accounts.read_contact(view, contact_id).details.email
    except NotFound:  # erased since it was asked for
        return
    offer = catalog(view)
    tongue = Tongue(language, ZoneInfo(offer.city.time_zone))
    letter = letters.letter_of_my_reports(tongue, offer, reports.token_of(reports.person_of(to)))
    (by or channel()).send(message(letter, sender_of(offer), to))

