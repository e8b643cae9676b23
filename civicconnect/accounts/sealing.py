"""Sealing what must be read again but never lie open in the database: the key stays outside of it."""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from civicconnect import settings

NONCE_BYTES = 12


def seal(plain: bytes) -> bytes:
    """Encrypt, so that only this installation can read it; twice the same makes two different seals."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key("seal")).encrypt(nonce, plain, None)


def unseal(sealed: bytes) -> bytes:
    """Return what was sealed; cryptography's InvalidTag where it was sealed elsewhere or changed since."""
    return AESGCM(_key("seal")).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)


def keyed_hash(purpose: str, text: str) -> str:
    """Return a hash that nobody can try out without this installation's key."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()


def _key(purpose: str) -> bytes:
    secret = settings.current().contact_key.encode()
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()
