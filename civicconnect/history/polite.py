"""Asking another city's server: one question at a time, with a pause, and no more than it bears.

The address was typed by somebody. So a name may not lead into the house's own network, nor an answer lead
on to another host: what was not asked for is not fetched.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from ipaddress import ip_address
from socket import gaierror
from time import monotonic
from typing import NamedTuple
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from civicconnect import __version__, clock
from civicconnect.errors import Invalid
from civicconnect.history.georeport import cell, errors_in

AGENT = f"CivicConnect/{__version__} (import of GeoReport v2 requests)"
TRIES = 5
BUSY = (429, 500, 502, 503, 504)
MOVED = (301, 302, 303, 307, 308)
REDIRECTS = 3
LARGEST = 16 * 2**20  # bytes of an answer: a thousand requests are about one million
SLOWEST = 300  # seconds for a whole answer
LONGEST_WAIT = 900  # seconds; who asks for a longer rest is left alone


class Refused(Invalid):
    """The server said no, and will again."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__({"endpoint": [sentence]})
        self.status = status


class _Answer(NamedTuple):
    status: int
    reason: str
    retry_after: str
    location: str
    body: bytes


class Line:
    """The way to one endpoint.

    asked    questions so far, those that were repeated too
    """

    def __init__(self, base: str, between: float, timeout: float, pause: Callable[[float], None]) -> None:
        """base as "https://…/open311/v2"; `between` and `timeout` in seconds. Raises Invalid."""
        self.base, self.between, self.timeout, self.pause = _readable(base), between, timeout, pause
        self.host = self.base.hostname or ""
        self.asked = 0

    def get(self, resource: str, query: Mapping[str, str]) -> bytes:
        """Return what an address answers; Refused where it will not, Invalid where it cannot."""
        target, why, rest = f"{self.base.geturl()}/{resource}?{urlencode(query)}", "", 0.0
        for attempt in range(1, TRIES + 1):
            if self.asked:
                self.pause(max(self.between, rest))
            rest = 2.0 ** attempt
            try:
                answer = self._follow(target)
            except ssl.SSLCertVerificationError as fault:
                raise Invalid({"endpoint": [f"{self.host} does not prove who it is: {fault.verify_message}. "
                                            "Nothing was asked."]}) from None
            except (gaierror, UnicodeError) as fault:
                raise self._lost(str(fault)) from None
            except (OSError, HTTPException) as fault:
                why = str(fault) or type(fault).__name__
                continue
            if answer.status == 200:
                return answer.body
            why = f"{answer.status} {answer.reason}"
            if answer.status not in BUSY:
                said = f"{self.host} refuses with {why}. {errors_in(answer.body)}"
                raise Refused(answer.status, said.strip())
            rest = max(rest, _seconds(answer.retry_after))
            if rest > LONGEST_WAIT:
                raise self._lost(f"it asks for a rest of {rest / 60:.0f} minutes")
        raise self._lost(f"{TRIES} tries, at last: {why}")

    def _lost(self, why: str) -> Invalid:
        return Invalid({"endpoint": [f"{self.host} gives no answer: {cell(why)[:200]}. Start again later: it "
                                     "goes on where it stopped."]})

    def _follow(self, address: str) -> _Answer:
        for _ in range(REDIRECTS + 1):
            self.asked += 1
            answer = self._ask(urlsplit(address))
            if answer.status not in MOVED:
                return answer
            address = self._same_host(address, answer.location)
        raise Refused(answer.status, f"{self.host} sends from one address to the next; ask its staff.")

    def _same_host(self, here: str, location: str) -> str:
        """Return where an answer leads, if that is the same host; from http to https may be."""
        try:
            address = urljoin(here, location)
            to = _place(_readable(address, whole=True))
        except (Invalid, ValueError):
            to = ("", "", 0)
        safer = ("https", self.host, 443) if self.base.port is None else _place(self.base)
        if to not in (_place(self.base), safer):
            raise Refused(302, f"{self.host} sends on to {cell(location)[:200]}, which is another host. If "
                               "that is right, give that address.")
        return address

    def _ask(self, to: SplitResult) -> _Answer:
        host, path = to.hostname or "", f"{to.path or '/'}?{to.query}"
        line: _Checked = (
            _CheckedTls(host, to.port, timeout=self.timeout, context=ssl.create_default_context())
            if to.scheme == "https" else _Checked(host, to.port, timeout=self.timeout))
        line.may_be_near = _is_near(self.host)
        with closing(line):
            line.request("GET", path, headers={
                "User-Agent": AGENT, "Accept": "application/json, text/xml;q=0.9",
                "Accept-Encoding": "identity", "Connection": "close"})
            with closing(line.getresponse()) as answer:
                return _Answer(answer.status, cell(answer.reason)[:80], answer.getheader("Retry-After", ""),
                               answer.getheader("Location", ""), _body(answer))


class _Checked(HTTPConnection):
    """A connection that is closed before a word is said where it ends at an address of the house itself."""

    may_be_near = False

    def connect(self) -> None:
        super().connect()
        there = str(self.sock.getpeername()[0])
        if _is_near(there) and not self.may_be_near:
            self.close()
            raise Invalid({"endpoint": [f"{self.host} lies at {there}, in a network that is not public. If "
                                        "that is right, give this address instead of the name."]})


class _CheckedTls(HTTPSConnection, _Checked):
    """The same; looked at before the keys are exchanged."""


def _readable(address: str, *, whole: bool = False) -> SplitResult:
    """Return the parts of an address, or raise Invalid.

    whole    with path and query as they stand; else the base is made of it
    """
    try:
        parts = urlsplit(address.strip())
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.username and (
            parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or not address.isascii() or len(address.split()) != 1:
        raise Invalid({"endpoint": [f"'{cell(address)[:200]}' is no address; write the endpoint as "
                                    "https://city.example/open311/v2."]})
    if whole:
        return parts
    path = parts.path.rstrip("/").removesuffix(".json").removesuffix(".xml")
    for resource in ("/requests", "/services", "/discovery"):
        path = path.removesuffix(resource)
    return parts._replace(path=path, query="", fragment="")


def _place(to: SplitResult) -> tuple[str, str, int]:
    return to.scheme, to.hostname or "", to.port or (443 if to.scheme == "https" else 80)


def _is_near(host: str) -> bool:
    """Say whether a host is given by a private, loopback or otherwise not public address."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host.lower() == "localhost"
    return not (getattr(address, "ipv4_mapped", None) or address).is_global


def _body(answer: HTTPResponse) -> bytes:
    """Read an answer to its end; IncompleteRead where it stops before."""
    found, until = bytearray(), monotonic() + SLOWEST
    while part := answer.read1(2**16):
        found += part
        if len(found) > LARGEST:
            raise Invalid({"endpoint": [f"An answer is larger than {LARGEST // 2**20} MB; ask for smaller "
                                        "pages."]})
        if monotonic() > until:
            raise TimeoutError(f"an answer took more than {SLOWEST} seconds")
    if answer.length:
        raise IncompleteRead(bytes(found), answer.length)
    return bytes(found)


def _seconds(retry_after: str) -> float:
    """Read a Retry-After, seconds or a date; 0 where it says nothing."""
    if retry_after.strip().isdecimal():
        return float(retry_after[:9])
    try:
        return (parsedate_to_datetime(retry_after) - clock.now()).total_seconds()
    except (TypeError, ValueError):
        return 0.0
