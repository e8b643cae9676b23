"""Talking to the provider: what it publishes, and what it says of somebody who comes back from it.

Its answers are bounded in size and time, no redirection is followed, and nothing it says is believed before
its signature is checked with the keys that it publishes under its own address.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

import orjson
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from civicconnect import clock
from civicconnect.accounts.sign_on import SignOn, TurnedAway, groups_in, is_here, is_safe

WAIT_SECONDS = 8  # for one answer, whole
LARGEST = 512 * 1024
KEPT = timedelta(hours=1)  # what the provider publishes of itself
SPARED = timedelta(seconds=10)  # a provider that publishes nothing of use is left alone so long
CLOCKS_DIFFER_SECONDS = 60
LONGEST_SUBJECT = 255  # as OpenID Connect has it
LONGEST_HINT = 3000  # it travels in an address
# Signed with the provider's private key. Not "none", and nothing that a client secret could sign.
SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")


@dataclass(frozen=True)
class Begun:
    """A sign-in that somebody began here; their browser keeps it, signed, until they come back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Vouched:
    """What the provider says of somebody, checked. hint: their ID token, to sign them out by."""

    subject: str
    claims: Mapping[str, Any]
    hint: str


class Provider:
    """One provider: its addresses and keys, fetched when they are needed and kept for a while."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._lock = threading.Lock()
        self._published: tuple[datetime, dict[str, Any]] | None = None
        self._keys: tuple[datetime, KeySet] | None = None
        self._fault: tuple[datetime, TurnedAway] | None = None

    def address(self, what: str) -> str:
        """Return one of its addresses; "" where it publishes none. Raises TurnedAway: it does not answer."""
        found = self._known().get(what, "")
        if not found:
            return ""
        here = is_here(urlsplit(self.issuer).hostname or "")
        if not isinstance(found, str) or not is_safe(found, here=here):
            raise TurnedAway("unset", f"its {what} is no address that is safe")
        return found

    def says(self, what: str) -> Any:
        """Return anything else that it publishes of itself."""
        return self._known().get(what)

    def _known(self) -> dict[str, Any]:
        with self._lock:
            if self._published is None or clock.now() - self._published[0] > KEPT:
                at = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                self._published = clock.now(), self._fetched(at, {"issuer": self.issuer})
            return self._published[1]

    def keys(self, *, fresh: bool = False) -> KeySet:
        """Return the keys that it signs with. fresh: as they are this moment."""
        address = self.address("jwks_uri")
        if not address:
            raise TurnedAway("unset", "it publishes no jwks_uri")
        with self._lock:
            if fresh or self._keys is None or clock.now() - self._keys[0] > KEPT:
                self._keys = clock.now(), _key_set(self._fetched(address))
            return self._keys[1]

    def ask(self, address: str, body: str = "", headers: Mapping[str, str] | None = None
            ) -> tuple[int, dict[str, Any]]:
        """Return what it answers at one of its addresses, as `ask`; it is spared where it just did not."""
        self._spare()
        try:
            return ask(address, body, headers)
        except TurnedAway as fault:
            self._fault = clock.now(), fault
            raise

    def _spare(self) -> None:
        if self._fault is not None and clock.now() < self._fault[0] + SPARED:
            raise TurnedAway(self._fault[1].why, "as a moment ago", is_news=False)

    def _fetched(self, address: str, having: Mapping[str, str] | None = None) -> dict[str, Any]:
        self._spare()
        try:
            status, found = ask(address)
            if status != 200:
                raise TurnedAway("away" if status >= 500 else "unset", f"{address} answers {status}")
            if wrong := {name for name, value in (having or {}).items() if found.get(name) != value}:
                raise TurnedAway("unset", f"{address} names another {', '.join(wrong)}")
        except TurnedAway as fault:
            self._fault = clock.now(), fault
            raise
        return found


@lru_cache(maxsize=256)
def provider_of(issuer: str) -> Provider:
    """Return a provider, the same for everybody in this process."""
    return Provider(issuer)


def _key_set(published: Mapping[str, Any]) -> KeySet:
    """Return the public keys among those published; one that we cannot read is passed over."""
    found: list[Key] = []
    keys = published.get("keys")
    for written in keys if isinstance(keys, list) else ():
        if isinstance(written, dict) and written.get("kty") != "oct" and written.get("use") != "enc":
            try:
                found.append(JWKRegistry.import_key(written))
            except (JoseError, ValueError, TypeError, KeyError):
                continue
    return KeySet(found)


def ask(address: str, body: str = "", headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    """Send a request and return its status and the object that it answers. body: sent by POST.

    Raises TurnedAway: nobody answers there, or not with an object.
    """
    opener = OpenerDirector()  # without what follows redirections, and what raises for a status
    proxies: dict[str, str] | None = {} if is_here(urlsplit(address).hostname or "") else None
    for handler in (ProxyHandler(proxies), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    sent = Request(address, body.encode() or None, {"Accept": "application/json"} | dict(headers or {}))  # noqa: S310  is_safe has looked at it
    until = time.monotonic() + WAIT_SECONDS
    try:
        answer = opener.open(sent, timeout=WAIT_SECONDS)
        if answer is None:
            raise TurnedAway("unset", f"{address} cannot be asked")
        with answer:
            text = b""
            while part := answer.read1(65536):
                text += part
                if len(text) > LARGEST or time.monotonic() > until:
                    raise TurnedAway("away", f"{address} answers without an end")
            status = int(answer.status)
    except (OSError, HTTPException) as fault:
        raise TurnedAway("away", f"{address}: {fault!r}"[:300]) from None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        if status == 200:
            raise TurnedAway("unset", f"{address} answers something else than an object")
        found = {}
    return status, found


# The way there and back

def begin_sign_on(on: SignOn, back: str, language: str) -> tuple[Begun, str]:
    """Begin a sign-in: return what to keep until somebody is back, and where to send them.

    back    our address that the provider sends them to
    Raises TurnedAway.
    """
    begun = Begun(*(secrets.token_urlsafe(32) for _ in range(3)))
    address = provider_of(on.issuer).address("authorization_endpoint")
    if not address:
        raise TurnedAway("unset", "it publishes no authorization_endpoint")
    return begun, str(prepare_grant_uri(
        address, on.client_id, "code", back, on.scopes, begun.state, nonce=begun.nonce, ui_locales=language,
        code_challenge=create_s256_code_challenge(begun.verifier), code_challenge_method="S256"))


def end_sign_on(on: SignOn, back: str, begun: Begun, came: Mapping[str, str]) -> Vouched:
    """Return who the provider says has come back. Raises TurnedAway.

    came    what stood in the address that they came back to
    """
    provider = provider_of(on.issuer)
    # Another provider could send somebody back with an answer meant for it (RFC 9207).
    named, names = came.get("iss"), provider.says("authorization_response_iss_parameter_supported")
    if named != on.issuer and (named or names is True):
        raise TurnedAway("untrue", "the answer names another issuer")
    if not came.get("code"):
        raise TurnedAway("untrue", "neither a code nor an error came back")
    tokens = _redeemed(on, provider, back, begun, came["code"])
    claims = _checked(on, provider, tokens, begun.nonce)
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise TurnedAway("untrue", "the ID token names nobody")
    hint = tokens["id_token"] if len(tokens["id_token"]) <= LONGEST_HINT else ""
    return Vouched(subject, _completed(on, provider, tokens, claims), hint)


def _redeemed(on: SignOn, provider: Provider, back: str, begun: Begun, code: str) -> dict[str, Any]:
    """Return what the provider gives for a code."""
    address = provider.address("token_endpoint")
    if not address:
        raise TurnedAway("unset", "it publishes no token_endpoint")
    ways = provider.says("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    way = "none" if not on.client_secret else (
        "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post")
    asked = prepare_token_request("authorization_code", redirect_uri=back, code=code,
                                  code_verifier=begun.verifier)
    _, headers, body = ClientAuth(on.client_id, on.client_secret, way).prepare(
        "POST", address, {"Content-Type": "application/x-www-form-urlencoded"}, asked)
    status, found = provider.ask(address, body, headers)
    if status >= 500 or status == 429:
        raise TurnedAway("away", f"the token_endpoint answers {status}")
    if status != 200:
        said = str(found.get("error"))[:80]
        why = "stale" if said == "invalid_grant" else "unset"
        raise TurnedAway(why, f"the token_endpoint answers {status} {said}")
    if not isinstance(found.get("id_token"), str):
        raise TurnedAway("unset", "the token_endpoint gives no id_token")
    return found


def _checked(on: SignOn, provider: Provider, tokens: Mapping[str, Any], nonce: str) -> CodeIDToken:
    """Return what an ID token says, once it is the provider's, for us, of this sign-in and of now."""
    try:
        try:
            token = jwt.decode(tokens["id_token"], provider.keys(), SIGNED)
        except (InvalidKeyIdError, BadSignatureError):  # perhaps with a key that is newer than ours
            token = jwt.decode(tokens["id_token"], provider.keys(fresh=True), SIGNED)
        claims = CodeIDToken(
            token.claims, token.header,
            {"iss": {"essential": True, "value": on.issuer},
             "aud": {"essential": True, "value": on.client_id}},
            {"nonce": nonce, "client_id": on.client_id, "access_token": tokens.get("access_token")})
        claims.validate(int(clock.now().timestamp()), CLOCKS_DIFFER_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as fault:
        raise TurnedAway("untrue", f"the ID token: {fault!r}"[:300]) from None
    return claims


def _completed(
    on: SignOn, provider: Provider, tokens: Mapping[str, Any], claims: CodeIDToken
) -> dict[str, Any]:
    """Return the claims, with what the provider only tells where it is asked for somebody (UserInfo)."""
    address, key = provider.address("userinfo_endpoint"), tokens.get("access_token")
    known = dict(claims)
    if not address or not isinstance(key, str) or (groups_in(known, on.claim) and "email" in known):
        return known
    status, found = provider.ask(address, headers={"Authorization": f"Bearer {key}"})
    if status != 200:
        raise TurnedAway("away" if status >= 500 else "unset", f"the userinfo_endpoint answers {status}")
    if not hmac.compare_digest(str(found.get("sub")).encode(), str(known["sub"]).encode()):
        raise TurnedAway("untrue", "the userinfo_endpoint tells of somebody else")
    return found | known


def farewell(on: SignOn, back: str, hint: str) -> str:
    """Return where somebody is signed out at the provider too; "" where it does not do that, or is away."""
    try:
        address = provider_of(on.issuer).address("end_session_endpoint")
    except TurnedAway:
        return ""
    if not address:
        return ""
    asked = {"client_id": on.client_id, "post_logout_redirect_uri": back}
    return str(add_params_to_uri(address, [*asked.items(), *([("id_token_hint", hint)] if hint else [])]))
