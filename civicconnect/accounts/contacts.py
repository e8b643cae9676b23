"""Contact details: in their own table, encrypted, the key outside the database."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select

from civicconnect import clock
from civicconnect.accounts.models import ContactRow
from civicconnect.accounts.sealing import keyed_hash, seal, unseal
from civicconnect.db import Db
from civicconnect.errors import NotFound


@dataclass(frozen=True)
class ContactDetails:
    """How to reach a resident who wished to be reached."""

    name: str = ""
    email: str = ""
    phone: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.email or self.phone)


@dataclass(frozen=True)
class Contact:
    """Contact details with the id that a report keeps of them."""

    id: int
    details: ContactDetails


def remember(db: Db, details: ContactDetails) -> int | None:
    """Seal contact details and return their id; None where there are none."""
    if not details:
        return None
    row = ContactRow(
        sealed=seal(json.dumps(asdict(details), ensure_ascii=False).encode()),
        email_hash=keyed_hash("find", details.email.strip().casefold()) if details.email else None,
        made_at=clock.now(),
    )
    db.add(row)
    db.flush()
    return row.id


def read_contact(db: Db, contact_id: int) -> Contact:
    """Open contact details, or raise NotFound once they are erased."""
    row = db.get(ContactRow, contact_id)
    if row is None:
        raise NotFound("these contact details are no longer kept")
    return Contact(row.id, ContactDetails(**json.loads(unseal(row.sealed))))


def read_contacts(db: Db, contact_ids: Collection[int]) -> dict[int, ContactDetails]:
    """Open contact details of several people in one statement; those erased meanwhile are left out."""
    rows = db.execute(select(ContactRow.id, ContactRow.sealed).where(ContactRow.id.in_(contact_ids)))
    return {row.id: ContactDetails(**json.loads(unseal(row.sealed))) for row in rows}


def addresses_told_apart(db: Db, contact_ids: Collection[int]) -> dict[int, str]:
    """Return, by contact, what tells one e-mail address from another, without opening any."""
    asked = select(ContactRow.id, ContactRow.email_hash).where(
        ContactRow.id.in_(contact_ids), ContactRow.email_hash.is_not(None))
    return {number: str(address) for number, address in db.execute(asked)}


def contacts_before(db: Db, before: datetime) -> list[int]:
    """Return the ids of contact details that were given before an instant, oldest first."""
    return list(db.scalars(select(ContactRow.id).where(ContactRow.made_at < before).order_by(ContactRow.id)))


def erase_contacts(db: Db, contact_ids: Collection[int]) -> None:
    """Remove contact details for good; nothing may point at them any more."""
    db.execute(delete(ContactRow).where(ContactRow.id.in_(contact_ids)))
