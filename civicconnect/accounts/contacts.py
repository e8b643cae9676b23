"""Contact details: in their own table, encrypted, the key outside the database."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from civicconnect import clock, settings
from civicconnect.accounts.models import ContactRow
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
    nonce = os.urandom(12)
    plain = json.dumps(asdict(details), ensure_ascii=False).encode()
    row = ContactRow(
        sealed=nonce + AESGCM(_key("seal")).encrypt(nonce, plain, None),
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
    plain = AESGCM(_key("seal")).decrypt(row.sealed[:12], row.sealed[12:], None)
    return Contact(row.id, ContactDetails(**json.loads(plain)))


def keyed_hash(purpose: str, text: str) -> str:
    """Return a hash that nobody can try out without this installation's key."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()


def _key(purpose: str) -> bytes:
    secret = settings.current().contact_key.encode()
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()
