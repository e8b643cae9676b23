"""From whom, or from where without a name, the city takes no reports for a while; each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select

from civicconnect import accounts, clock
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.catalog import City, catalog
from civicconnect.db import Db
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound, Sentence
from civicconnect.reports.models import Block, Report

LONGEST_REASON = 300


def person_hash(email: str) -> str:
    """Return the hash by which whoever holds an e-mail address is known everywhere."""
    return accounts.keyed_hash("person", f"email:{email.strip().casefold()}")


def must_moderate(actor: Actor) -> None:
    """Raise NotAllowed for whoever may not decide what strangers see."""
    if not actor.may("moderate"):
        raise NotAllowed(Sentence("Your role may not moderate. Ask a supervisor."))


def block(
    db: Db, actor: Actor, reason: str, until: datetime, *, email: str = "", area: str = "",
    since: datetime | None = None,
) -> Block:
    """Take no reports for a while from an e-mail address, or none without a name from an area.

    area     "layer:code"
    since    None: from now on

    Raises NotAllowed and Invalid.
    """
    must_moderate(actor)
    now = clock.now()
    begins, why = since or now, " ".join(reason.split())
    faults: dict[str, list[str]] = {}
    if not why or len(why) > LONGEST_REASON:
        faults["reason"] = [Sentence("Say why, in at most %(most)s characters.", most=LONGEST_REASON)]
    if bool(email) == bool(area):
        faults["email"] = [Sentence("Give an e-mail address or choose an area, and not both.")]
    if until <= max(begins, now):
        faults["until"] = [Sentence("It must end after it begins, and later than now.")]
    if faults:
        raise Invalid(faults)
    made = Block(person=person_hash(email) if email else "", area=area, since=begins, until=until, reason=why,
                 made_at=now, made_by=actor.name, removed_by="")
    db.add(made)
    db.flush()
    return made


def unblock(db: Db, actor: Actor, block_id: int) -> None:
    """Take a block off before its end. Raises NotAllowed, NotFound and Conflict (it is off already)."""
    must_moderate(actor)
    found = db.get(Block, block_id, with_for_update=True)
    if found is None:
        raise NotFound("there is no such block")
    if found.removed_at is not None:
        raise Conflict(Sentence("A colleague has taken this block off already."))
    found.removed_at, found.removed_by = clock.now(), actor.name
    db.flush()


def blocks() -> Select[Block]:
    """Select every block there is or was, the newest first."""
    return select(Block).order_by(Block.id.desc())


def holds(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the blocks that hold at an instant."""
    return Block.removed_at.is_(None), Block.since <= now, Block.until > now


def email_of(db: Db, report: Report) -> str:
    """Return the e-mail address of whoever sent a report; "" where they gave none, or it is erased."""
    if report.contact_id is None:
        return ""
    return accounts.read_contact(db, report.contact_id).details.email


def refuse_person(db: Db, city: City, contact: ContactDetails) -> None:
    """Raise Invalid, with the reason and whom to call, where the city takes nothing from an address."""
    if contact.email:
        _refuse(db, city, person_hash(contact.email), "email")


def refuse_known(db: Db, person: str, field: str) -> None:
    """Raise Invalid, under the name `field`, where the city takes nothing from this keyed hash."""
    _refuse(db, None, person, field)


def _refuse(db: Db, city: City | None, person: str, field: str) -> None:
    found = _first(db, Block.person == person)
    if found is None:
        return
    city = city or catalog(db).city
    said = [Sentence("The city takes nothing from this address for now: %(reason)s", reason=found.reason)]
    raise Invalid({field: said + _call(city)})


def refuse_area(db: Db, city: City, areas: Sequence[str]) -> None:
    """Raise Invalid where the city takes no reports without a name from here.

    areas    as "layer:code"
    """
    found = _first(db, Block.area.in_(areas))
    if found is None:
        return
    said = [Sentence("From this part of the city we take no reports without a name for now: %(reason)s",
                     reason=found.reason),
            Sentence("Give your e-mail address or telephone number, and send it again.")]
    raise Invalid({"email": said + _call(city)})


def _first(db: Db, chosen: ColumnElement[bool]) -> Block | None:
    return db.scalar(select(Block).where(chosen, *holds(clock.now())).order_by(Block.id).limit(1))


def _call(city: City) -> list[Sentence]:
    phone = city.contact.get("phone", "")
    return [Sentence("If it cannot wait, call %(phone)s.", phone=phone)] if phone else []
