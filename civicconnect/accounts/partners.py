"""Partners: other systems that may send reports, each with a key that signs what it sends."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, select
from standardwebhooks import Webhook, WebhookVerificationError

from civicconnect import clock
from civicconnect.accounts.models import Partner
from civicconnect.accounts.sealing import seal, unseal
from civicconnect.db import Db, insert_new
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
KEY_BYTES = 32
PREFIX = "whsec_"  # as Standard Webhooks writes a key


def add_partner(db: Db, name: str) -> str:
    """Add a partner and return its key: the only time that anybody sees it.

    name    lower case letters, digits and hyphens; it stands on the timeline of each of its reports
    Raises Invalid for another name and Conflict for one that is taken.
    """
    if not NAME.fullmatch(name):
        raise Invalid({"name": ["Use lower case letters, digits and hyphens, 40 at most, as harbour-app."]})
    key = secrets.token_bytes(KEY_BYTES)
    row = {"name": name, "sealed": seal(key), "made_at": clock.now()}
    if insert_new(db, Partner, ["name"], row, Partner.id) is None:
        raise Conflict(f"There is a partner {name} already. For a new key remove it first, or add another.")
    return PREFIX + base64.b64encode(key).decode()


def list_partners(db: Db) -> list[Partner]:
    """Return the partners by name."""
    return list(db.scalars(select(Partner).order_by(Partner.name)))


def remove_partner(db: Db, name: str) -> None:
    """Take a partner's key away; NotFound where there is none. Its reports stay."""
    if db.scalar(delete(Partner).where(Partner.name == name).returning(Partner.id)) is None:
        raise NotFound(f"There is no partner {name}.")


def signed_by(db: Db, headers: Mapping[str, str], body: bytes) -> str:
    """Return the name of the partner that signed a body within the last five minutes.

    headers    webhook-id, webhook-timestamp and webhook-signature, as Standard Webhooks says
    Raises NotAllowed, and does not say what is wrong: not even whether there is any partner.
    """
    for partner in list_partners(db):
        try:
            Webhook(unseal(partner.sealed)).verify(body, dict(headers), json_parse=False)
        # A header that is no such header is a ValueError; a key from another installation cannot be opened.
        except (WebhookVerificationError, ValueError, InvalidTag):
            continue
        return partner.name
    raise NotAllowed("The signature does not fit.")
