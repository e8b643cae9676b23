"""Passkeys: a key that a phone or a computer keeps and unlocks with a finger; we hold its public half."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import func, select
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from civicconnect import clock, settings
from civicconnect.accounts.models import Passkey, Staff
from civicconnect.db import Db
from civicconnect.errors import Invalid, NotFound, Sentence

MOST_PASSKEYS = 10
LONGEST_NAME = 80
LONGEST_ANSWER = 20_000  # characters; a browser's is about one thousand
# What a browser may send that is no passkey at all raises these, and nothing else.
NO_GOOD = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def passkeys_of(db: Db, staff_id: int) -> list[Passkey]:
    """Return somebody's passkeys, the oldest first."""
    return list(db.scalars(select(Passkey).where(Passkey.staff_id == staff_id).order_by(Passkey.id)))


def ask_for_passkey(db: Db, person: Staff, city: str) -> tuple[str, str]:
    """Return what a browser needs to make a passkey, as JSON, and the challenge to keep meanwhile."""
    asked = webauthn.generate_registration_options(
        rp_id=_host(), rp_name=city, user_name=person.email, user_display_name=person.name or person.email,
        user_id=f"staff:{person.id}".encode(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential))
                             for one in passkeys_of(db, person.id)])
    return webauthn.options_to_json(asked), bytes_to_base64url(asked.challenge)


def add_passkey(db: Db, person: Staff, answer: str, challenge: str, name: str) -> None:
    """Keep a passkey that a browser made for somebody, or raise Invalid."""
    if (db.scalar(select(func.count()).where(Passkey.staff_id == person.id)) or 0) >= MOST_PASSKEYS:
        raise Invalid({"passkey": [Sentence("Remove one first: %(most)s are the most.", most=MOST_PASSKEYS)]})
    try:
        made = webauthn.verify_registration_response(
            credential=_read(answer), expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(), expected_origin=_origin(), require_user_verification=True)
    except NO_GOOD:
        raise Invalid({"passkey": [Sentence("The passkey was not made. Try again.")]}) from None
    credential = bytes_to_base64url(made.credential_id)
    if db.scalar(select(Passkey.id).where(Passkey.credential == credential)) is not None:
        raise Invalid({"passkey": [Sentence("This passkey is there already.")]})
    db.add(Passkey(staff_id=person.id, credential=credential, public_key=made.credential_public_key,
                   uses=made.sign_count, name=" ".join(name.split())[:LONGEST_NAME], made_at=clock.now()))
    db.flush()


def ask_passkey() -> tuple[str, str]:
    """Return what a browser needs to sign in with a passkey, as JSON, and the challenge to keep meanwhile."""
    asked = webauthn.generate_authentication_options(
        rp_id=_host(), user_verification=UserVerificationRequirement.REQUIRED)
    return webauthn.options_to_json(asked), bytes_to_base64url(asked.challenge)


def person_of_passkey(db: Db, answer: str, challenge: str) -> Staff | None:
    """Return whose passkey signed a challenge; None where it is nobody's, or does not fit."""
    try:
        told = _read(answer)
        key = db.scalar(select(Passkey).where(Passkey.credential == str(told["id"])).with_for_update())
        if key is None:
            return None
        found = webauthn.verify_authentication_response(
            credential=told, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=_host(),
            expected_origin=_origin(), credential_public_key=key.public_key,
            credential_current_sign_count=key.uses, require_user_verification=True)
    except NO_GOOD:
        return None
    key.uses, key.used_at = found.new_sign_count, clock.now()
    db.flush()
    return db.scalar(select(Staff).where(Staff.id == key.staff_id, Staff.active))


def drop_passkey(db: Db, staff_id: int, passkey_id: int) -> None:
    """Let a passkey of somebody sign in no more, or raise NotFound."""
    key = db.scalar(select(Passkey).where(Passkey.id == passkey_id, Passkey.staff_id == staff_id))
    if key is None:
        raise NotFound("there is no such passkey")
    db.delete(key)
    db.flush()


def _read(answer: str) -> dict[str, object]:
    told = json.loads(answer[:LONGEST_ANSWER])
    if not isinstance(told, dict) or "\0" in str(told.get("id", "")):
        raise ValueError("this is no answer of a browser")
    return told


def _host() -> str:
    return urlsplit(settings.current().address).hostname or "localhost"


def _origin() -> str:
    parts = urlsplit(settings.current().address)
    return f"{parts.scheme}://{parts.netloc}"
