"""Each letter to each person: asked for in the transaction of its event, sent once, tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from civicconnect import accounts, clock, db, jobs, reports, settings
from civicconnect.catalog import Catalog, catalog
from civicconnect.db import Base, Db, Instant, Key, Reference
from civicconnect.errors import NotFound
from civicconnect.jobs import Job
from civicconnect.notify import letters
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
ONLY_TO_SENDER = {"receive", *letters.TO_SENDER}


class Delivery(Base):
    """One letter about one event to one person: there can be no second."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("report_number", "seq", "person", "channel"),)
    id: Mapped[Key]
    report_number: Mapped[Reference] = mapped_column(ForeignKey("report.number"))
    seq: Mapped[int]  # of the event
    person: Mapped[str] = mapped_column(String(64), index=True)
    channel: Mapped[str] = mapped_column(String(12))
    follower_id: Mapped[Reference | None] = mapped_column(ForeignKey("report_follower.id"))
    state: Mapped[str] = mapped_column(String(8))  # waiting, sent, dropped, failed
    tries: Mapped[int]
    made_at: Mapped[Instant]
    sent_at: Mapped[Instant | None]
    error: Mapped[str] = mapped_column(Text)


def plan(view: Db, number: int, seq: int, verb: str, *, wait: timedelta = timedelta()) -> int:
    """Ask for the letters that follow from an event, each once. Returns how many were new.

    wait    none goes out before this long from now
    """
    return sum(_ask(view, one, seq, wait) for one in told_of(view, number, verb))


def told_of(view: Db, number: int, verb: str) -> list[Follower]:
    """Return who gets a letter about an event of a report."""
    if verb not in letters.STEPS and verb not in ONLY_TO_SENDER:
        return []
    told = reports.who_is_told(view, number)
    return [one for one in told if one.role == "sent"] if verb in ONLY_TO_SENDER else told


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


def _ask(db_: Db, follower: Follower, seq: int, wait: timedelta = timedelta()) -> int:
    row = {"report_number": follower.report_number, "seq": seq, "person": follower.person, "channel": EMAIL,
           "follower_id": follower.id, "state": WAITING, "tries": 0, "made_at": clock.now(), "error": ""}
    number = db.insert_new(db_, Delivery, ["report_number", "seq", "person", "channel"], row, Delivery.id)
    if number is None:
        return 0
    jobs.enqueue(db_, "deliver", {"delivery": number}, wait=max(wait, timedelta()))
    return 1


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
    follower = view.get(Follower, row.follower_id) if row.follower_id else None
    if follower is None or not follower.is_told or follower.contact_id is None:
        return None
    to = accounts.read_contact(view, follower.contact_id).details.email
    offer = catalog(view)
    report = view.scalars(select(Report).where(Report.number == row.report_number)).one()
    if report.visibility != "public" and follower.role != "sent":  # hidden since, or never public
        return None
    if row.seq == WELCOME:
        tongue = Tongue(follower.language, ZoneInfo(offer.city.time_zone))
        return letters.letter_of_welcome(tongue, offer, report, follower), to
    letter = letter_about(view, offer, report, follower, row.seq)
    return (letter, to) if letter else None


def letter_about(view: Db, offer: Catalog, report: Report, follower: Follower, seq: int) -> Letter | None:
    """Return what somebody is written about an event; None where they are not told of it."""
    tongue, is_sender = Tongue(follower.language, ZoneInfo(offer.city.time_zone)), follower.role == "sent"
    entries = reports.timeline(view, report, internal=False, sender=is_sender)
    entry = next((e for e in entries if e.seq == seq), None)
    first = entries[0] if entries else None
    if entry is not None and entry.verb == "route":  # a report is received and sent on in one
        entry = first
    if entry is None or any(_undoes(e, seq) for e in entries):
        return None
    asks = entry.verb == "close" and reports.can_answer(report, clock.now())
    return letters.letter_of_step(tongue, offer, report, entry, follower, asks=asks)


def _undoes(entry: Entry, seq: int) -> bool:
    """Say whether an event takes back the one at a place on the timeline."""
    last = entry.facts.get("undoes", 0) if entry.verb == "undo" else 0
    return bool(entry.facts.get("since", last - 1) < seq <= last)


def sender_of(offer: Catalog) -> str:
    """Return the address that letters come from."""
    return settings.current().mail_from or offer.city.contact.get("email", "") or "no-reply@localhost"


def _settle(number: int, state: str, error: str) -> None:
    with db.transaction() as change:
        change.execute(update(Delivery).where(Delivery.id == number).values(
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

