"""A provider on this machine: real HTTP, real keys, and every fault that one can have."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from civicconnect.accounts.provider import provider_of
from tests.pages import Page, Visitor

CLIENT, SECRET = "311-site", "the site's secret"
Claims = dict[str, Any]


@cache
def key(name: str) -> RSAKey:
    """Return a key pair by its name: making one takes long."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


def fresh(provider: FakeProvider, person: Claims) -> FakeProvider:
    """Return the provider as it is when all is well, with somebody to sign in, and nothing remembered."""
    provider_of.cache_clear()
    provider.__init__(provider.port)  # one server, many tests
    provider.person = dict(person)
    return provider


class FakeProvider:
    """One provider with one person at a time. What a test sets here is what it answers."""

    def __init__(self, port: int) -> None:
        self.port, self.issuer = port, f"http://127.0.0.1:{port}/realm"
        self.keys, self.signs_with, self.algorithm = ["first"], "first", "RS256"
        self.kids = {"foreign": "first"}  # under which name a key goes, where not under its own
        self.person: Claims = {}
        self.said: Claims = {}  # claims of the ID token that are other than they should be; None: left out
        self.more: dict[str, Any] = {}  # what it publishes of itself besides
        self.userinfo: Claims | None = None
        self.statuses: dict[str, int] = {}  # by path: what it answers instead
        self.asked: list[str] = []
        self.raw: dict[str, bytes] = {}  # by path: these very bytes
        self.codes: dict[str, dict[str, str]] = {}

    def published(self) -> dict[str, Any]:
        at = {name: f"{self.issuer}/{path}" for name, path in (
            ("authorization_endpoint", "authorize"), ("token_endpoint", "token"), ("jwks_uri", "keys"),
            ("end_session_endpoint", "logout"))}
        told = {"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.userinfo is not None else {}
        return {"issuer": self.issuer} | at | told | self.more

    def code_for(self, address: str) -> tuple[str, str]:
        """Do what the provider's page does once somebody has signed in there: return code and state."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return code, asked["state"]

    def leads(self, address: str) -> str:
        """Return where a browser is sent that opens one of the provider's pages; "" for what is no page."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if address.startswith("/realm/logout?"):
            return asked["post_logout_redirect_uri"]
        if not address.startswith("/realm/authorize?"):
            return ""
        code, state = self.code_for(f"http://127.0.0.1:{self.port}{address}")
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': state})}"

    def token(self, form: Mapping[str, str], authorization: str) -> tuple[int, Any]:
        asked = self.codes.pop(form.get("code", ""), None)  # a code holds once
        given = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization != f"Basic {given}":
            return 401, {"error": "invalid_client"}
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if (asked is None or proof.rstrip("=") != asked["code_challenge"]
                or form["redirect_uri"] != asked["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        return 200, {"token_type": "Bearer", "access_token": "open sesame", "id_token": self.id_token(asked)}

    def id_token(self, asked: Mapping[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": asked["client_id"], "exp": now + 300, "iat": now,
                  "nonce": asked["nonce"], **self.person, **self.said}
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            head, body = ({"alg": "none"}, claims)
            return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                            for part in (head, body)) + "."
        if self.algorithm.startswith("HS"):  # "signed" with what everybody knows: the public key
            return _hmac({"alg": "HS256", "kid": "first"}, claims, key("first").as_pem(private=False))
        kid = self.kids.get(self.signs_with, self.signs_with)
        return jwt.encode({"alg": self.algorithm, "kid": kid}, claims, key(self.signs_with))

    def answer(self, path: str, form: Mapping[str, str], authorization: str) -> tuple[int, Any]:
        if path == "/realm/.well-known/openid-configuration":
            return 200, self.published()
        if path == "/realm/keys":
            return 200, {"keys": [
                key(name).as_dict(private=False, kid=self.kids.get(name, name)) for name in self.keys] + [
                {"kty": "new and unknown", "kid": "x"}, {"kty": "oct", "k": "AAAA", "kid": "o"}]}
        if path == "/realm/token":
            return self.token(form, authorization)
        if path == "/realm/userinfo" and authorization == "Bearer open sesame":
            return 200, self.userinfo
        return 404, {}


def _hmac(head: Claims, body: Claims, secret: bytes) -> str:
    parts = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
                      for part in (head, body))
    signed = hmac.new(secret, parts, hashlib.sha256).digest()
    return (parts + b"." + base64.urlsafe_b64encode(signed).rstrip(b"=")).decode()


@contextmanager
def running() -> Iterator[FakeProvider]:
    """Answer on this machine for a while."""
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: Mapping[str, str]) -> None:
            path = urlsplit(self.path).path
            fake.asked.append(path)
            leads = fake.leads(self.path)
            status, found = (302, {}) if leads else fake.answer(
                path, form, self.headers.get("Authorization", ""))
            status = fake.statuses.get(path, status)
            text = fake.raw.get(path, json.dumps(found).encode())
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if status in (301, 302):
                self.send_header("Location", leads or f"{fake.issuer}/elsewhere")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    fake = FakeProvider(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def begin(visitor: Visitor, address: str = "/sign-in/with") -> str:
    """Go to the provider; return its address."""
    page = visitor.get(address)
    assert page.status == 302, page.words
    return page.answer.headers["Location"]


def come_back(visitor: Visitor, **words: str) -> Page:
    """Come back from the provider with what it wrote into our address."""
    return visitor.get(f"/sign-in/back?{urlencode(words)}")


def sign_on(visitor: Visitor, fake: FakeProvider, address: str = "/sign-in/with",
            meanwhile: Callable[[], None] = lambda: None) -> Page:
    """Go to the provider, sign in there, and come back."""
    code, state = fake.code_for(begin(visitor, address))
    meanwhile()
    return come_back(visitor, code=code, state=state)
