"""Who has to do with a report: its sender, whom it affects too, and who wants to hear of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest

from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.orm import aliased

from civicconnect import accounts, clock
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.db import Db, insert_ignoring
from civicconnect.errors import Conflict, Invalid, NotFound, Sentence
from civicconnect.reports import blocking
from civicconnect.reports.kin import MERGED, Merge, lead_of
from civicconnect.reports.models import Follower, Report
from civicconnect.reports.queries import find
from civicconnect.reports.recording import record

SENT, AFFECTED, FOLLOWS = "sent", "affected", "follows"
NEARNESS = {SENT: 0, AFFECTED: 1, FOLLOWS: 2}  # as which of these they are told, who are several
LEFT = "left"  # turned out to be somebody who was here already
KEY_LENGTH = 24
TOKEN_LASTS = timedelta(hours=1)


@dataclass(frozen=True)
class Person:
    """Somebody as far as we can tell them from others: by an e-mail address, or by what a browser keeps.

    browser    a random text that one browser holds; "" where it holds none
    language   in which to write to them
    """

    browser: str = ""
    contact: ContactDetails = ContactDetails()
    language: str = "en"

    @property
    def hash(self) -> str:
        """Return what tells this person from others, and nothing else of them."""
        if self.contact.email.strip():
            return blocking.person_hash(self.contact.email)
        return accounts.keyed_hash("person", f"browser:{self.browser}")


def person_of(email: str) -> str:
    """Return the hash by which whoever holds an e-mail address is known everywhere."""
    return blocking.person_hash(email)


def token_of(person: str) -> str:
    """Return the secret part of an address that shows everything of a person for a while."""
    until = int((clock.now() + TOKEN_LASTS).timestamp())
    return f"{until}-{person}-{_signed(until, person)}"


def person_of_token(token: str) -> str:
    """Return whose token this is, or raise NotFound: it is none, or its time is over."""
    until, _, rest = token.partition("-")
    person, _, signature = rest.partition("-")
    is_figure = until.isdecimal() and len(until) <= 12
    if not is_figure or not compare_digest(_signed(int(until), person).encode(), signature.encode()) or (
            int(until) < clock.now().timestamp()):
        raise NotFound("this link is none of ours, or too old")
    return person


def _signed(until: int, person: str) -> str:
    return accounts.keyed_hash("me", f"{until}:{person}")[:32]


def contact_of(db: Db, person: str) -> int | None:
    """Return where the newest address of a person is kept; None where there is none."""
    asked = select(Follower.contact_id).where(Follower.person == person, Follower.contact_id.is_not(None))
    return db.scalar(asked.order_by(Follower.id.desc()).limit(1))


def key_of(follower: Follower) -> str:
    """Return the secret part of the addresses that only this follower has: "12-0a1b2c…"."""
    return f"{follower.id}-{accounts.keyed_hash('follower', str(follower.id))[:KEY_LENGTH]}"


def find_follower(db: Db, key: str) -> Follower:
    """Return whose key this is, or raise NotFound."""
    number, _, _secret = key.partition("-")
    found = db.get(Follower, int(number)) if number.isdecimal() and len(number) <= 15 else None
    if found is None or not compare_digest(key_of(found).encode(), key.encode()):
        raise NotFound("nobody follows a report under this key")
    return found


def joined(db: Db, actor: Actor, reference: str, person: Person, *, affected: bool) -> Follower:
    """Let somebody say that a report affects them too, or only follow it; once, however often they say so.

    Raises NotFound, Invalid (nobody to tell: to follow needs an address) and Conflict (closed for good).
    """
    report = find(db, reference, actor, lock=True)
    if not affected and not person.contact.email:
        raise Invalid({"email": [Sentence("Give the e-mail address at which you want to be told.")]})
    if affected and report.outcome in ("withdrawn", "invalid"):
        raise Conflict(Sentence("This report was taken back. Send one of your own."))
    follower = _of(db, report.number, person.hash)
    is_another = affected and (follower is None or follower.role == FOLLOWS)
    if follower is None:
        follower = _add(db, report.number, person, AFFECTED if affected else FOLLOWS)
    elif is_another:
        follower.role = AFFECTED
    if is_another:
        recount(db, report)
        record(db, report, "support", actor, {"people": report.people})
    db.flush()
    return follower


def sender(db: Db, report: Report, contact: ContactDetails | None = None, language: str = "") -> Follower:
    """Return who sent a report, as one of those who hear of it; written down when first asked for.

    contact    whatever they left; None: as the report keeps it
    """
    found = known_sender(db, report)
    if found is not None:
        return found
    email = contact.email if contact else ""
    if contact is None and report.contact_id is not None:
        email = accounts.read_contact(db, report.contact_id).details.email
    own = accounts.keyed_hash("sender", report.id.hex)  # a kind of its own, which no cookie makes
    kept = SENT, report.contact_id if email else None, language or report.language
    made = _insert(db, report.number, person_of(email) if email else own, *kept)
    # Whoever typed this address before may be anybody, and holds the key to that row.
    return made if made.role == SENT else _insert(db, report.number, own, *kept)


def known_sender(db: Db, report: Report) -> Follower | None:
    """Return who sent a report; None where that was not written down yet."""
    return db.scalar(select(Follower).where(Follower.report_number == report.number, Follower.role == SENT))


def give_address(db: Db, follower: Follower, contact: ContactDetails) -> Follower:
    """Tell a follower by e-mail from now on. Whoever followed with this address already stays one person."""
    if not contact.email:
        raise Invalid({"email": [Sentence("Give the e-mail address at which you want to be told.")]})
    report_of(db, follower, lock=True)  # two at once would both find nobody
    known = _of(db, follower.report_number, person_of(contact.email))
    if known is not None and known.id != follower.id:
        # Whoever types an address may be anybody: nothing is taken from who holds it, nor given to them.
        if follower.role != SENT:
            if follower.role == AFFECTED and known.role == FOLLOWS:
                known.role = AFFECTED
            follower.role, follower.is_told = LEFT, False
        else:
            known.role, known.is_told = LEFT, False
            follower.contact_id, follower.is_told = accounts.remember(db, contact), True
        recount(db, report_of(db, known))
        db.flush()
        return follower
    before, follower.person = follower.person, person_of(contact.email)
    follower.contact_id, follower.is_told = accounts.remember(db, contact), True
    db.flush()
    if follower.role != SENT and before != follower.person:  # the browser they came with does not count again
        _insert(db, follower.report_number, before, LEFT, None, follower.language)
    return follower


def same_person(db: Db, follower: Follower, browser: Person) -> None:
    """Take who holds a follower's key, and what their browser counted for on its own, as one person."""
    own, asked = report_of(db, follower, lock=True), asked_about(db, follower, lock=True)
    for report in dict.fromkeys((own, asked)):
        other = _of(db, report.number, browser.hash)
        if other is None or other.id == follower.id or other.role != AFFECTED:
            continue
        if follower.role == FOLLOWS:
            follower.role = AFFECTED
        other.role, other.is_told = LEFT, False
        db.flush()
        recount(db, report)


def stop(db: Db, follower: Follower) -> None:
    """Send this follower no more letters about the report. That it affects them still counts.

    Nor about those that go on where it does: whoever follows two of them hears of both in one letter.
    """
    follower.is_told = False
    lead = select(Merge.lead_number).where(MERGED, Merge.child_number == follower.report_number)
    head = db.scalar(lead) or follower.report_number
    db.execute(update(Follower).where(
        Follower.person == follower.person,
        or_(Follower.report_number == head, Follower.report_number.in_(
            select(Merge.child_number).where(MERGED, Merge.lead_number == head)))).values(is_told=False))
    db.flush()


def asked_about(db: Db, follower: Follower, *, lock: bool = False) -> Report:
    """Return the report whose closing somebody is asked about: where theirs goes on, the lead."""
    own = report_of(db, follower, lock=lock)
    lead = lead_of(db, own, lock=lock)
    return lead if lead is not None and lead.visibility == "public" else own


def report_of(db: Db, follower: Follower, *, lock: bool = False) -> Report:
    """Return the report that somebody has to do with."""
    asked = select(Report).where(Report.number == follower.report_number)
    return db.scalars(asked.with_for_update() if lock else asked).one()


def reports_of(db: Db, person: str) -> list[tuple[Follower, Report]]:
    """Return the reports somebody has to do with, the newest first; what is hidden only to its sender."""
    asked = (select(Follower, Report).join(Report, Report.number == Follower.report_number)
             .where(Follower.person == person, or_(Follower.role == SENT, Report.visibility == "public"))
             .order_by(Report.received_at.desc(), Report.number.desc()))
    return [(follower, report) for follower, report in db.execute(asked)]


def who_is_told(db: Db, number: int, together: Sequence[int] = ()) -> list[Follower]:
    """Return who gets letters about a report, each person once, as the one they are of their own report.

    Those of the reports that go on in it hear too. Once one is hidden, or its lead, only its sender does.
    together    reports that are told of in one letter, the first one first: nobody hears of two
    """
    about = tuple(together) or (number,)
    lead = aliased(Report)
    told = Follower.is_told, Follower.contact_id.is_not(None)
    own = (select(Follower, Follower.report_number).join(Report, Report.number == Follower.report_number)
           .where(Follower.report_number.in_(about), *told,
                  or_(Follower.role == SENT, Report.visibility == "public")))
    theirs = (select(Follower, Merge.lead_number).join(Merge, Merge.child_number == Follower.report_number)
              .join(Report, Report.number == Merge.child_number)
              .join(lead, lead.number == Merge.lead_number)
              .where(Merge.lead_number.in_(about), MERGED, *told, or_(Follower.role == SENT, and_(
                  Report.visibility == "public", lead.visibility == "public"))))
    rows = sorted([*db.execute(own).tuples(), *db.execute(theirs).tuples()], key=lambda row: (
        NEARNESS.get(row[0].role, len(NEARNESS)), about.index(row[1]), row[0].report_number != row[1],
        row[0].id))
    return [one for one, via in _each_once(db, rows) if via == number]


def count_told(db: Db, numbers: Collection[int]) -> int:
    """Return how many different people get a letter when something is told of some reports."""
    merged = select(Merge.child_number).where(MERGED, Merge.lead_number.in_(numbers))
    asked = select(func.count(Follower.person.distinct())).join(
        Report, Report.number == Follower.report_number).where(
        or_(Follower.report_number.in_(numbers), Follower.report_number.in_(merged)), Follower.is_told,
        Follower.contact_id.is_not(None), or_(Follower.role == SENT, Report.visibility == "public"))
    return db.scalar(asked) or 0


def _each_once(db: Db, rows: Sequence[tuple[Follower, int]]) -> list[tuple[Follower, int]]:
    """Return the first row of each person; also of whoever is known here as two under one address."""
    addresses = accounts.addresses_told_apart(db, [one.contact_id for one, _ in rows if one.contact_id])
    found: list[tuple[Follower, int]] = []
    known: set[str] = set()
    for one, via in rows:
        names = {one.person, addresses.get(one.contact_id or 0, one.person)}
        if not names & known:
            found.append((one, via))
        known |= names
    return found


def recount(db: Db, report: Report) -> None:
    """Count anew whom a report affects, and whom the one does that it goes on in.

    Everybody counts once, at a lead also those of the reports that go on in it and that strangers may read;
    and so does each sender, whether or not that was written down.
    """
    merged = select(Merge.child_number).join(Report, Report.number == Merge.child_number).where(
        MERGED, Merge.lead_number == report.number)
    if report.visibility == "public":
        merged = merged.where(Report.visibility == "public")
    numbers = [report.number, *db.scalars(merged)]
    people, senders = db.execute(select(
        func.count(Follower.person.distinct()),
        func.count(case((Follower.role == SENT, Follower.report_number)).distinct()),
    ).where(Follower.report_number.in_(numbers), Follower.role.in_((SENT, AFFECTED)))).one()
    report.people = people + len(numbers) - senders
    db.flush()
    lead = lead_of(db, report)
    if lead is not None:
        recount(db, lead)


def _of(db: Db, number: int, person: str) -> Follower | None:
    return db.scalar(select(Follower).where(Follower.report_number == number, Follower.person == person))


def _add(db: Db, number: int, person: Person, role: str) -> Follower:
    contact = accounts.remember(db, person.contact) if person.contact.email else None
    return _insert(db, number, person.hash, role, contact, person.language)


def _insert(db: Db, number: int, person: str, role: str, contact_id: int | None, language: str) -> Follower:
    # Two taps in one instant: the second finds what the first wrote.
    insert_ignoring(db, Follower, {
        "report_number": number, "person": person, "role": role, "contact_id": contact_id,
        "language": language, "since": clock.now(), "is_told": contact_id is not None})
    found = _of(db, number, person)
    assert found is not None  # noqa: S101  it was just written, or stood there
    return found
