"""Signing in at a provider of the city's (OpenID Connect): how it is set up, and what groups mean here."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from civicconnect import settings
from civicconnect.accounts.people import ROLES
from civicconnect.errors import Refusal
from civicconnect.settings import Missing, Settings

LONGEST_ISSUER = 255
YES_OR_NO = ("local_sign_in", "oidc_new_people")
PRINTABLE = set(string.ascii_letters + string.digits + string.punctuation + " ")


class TurnedAway(Refusal):
    """Somebody is not let in. Pages have a sentence for each `why`.

    why         a key of web.sign_on.WHY
    detail      for the log and the audit; nothing personal, and no secret
    staff_id    who it is, where that is known
    is_news     False where the same was found out, and kept, a moment ago
    """

    def __init__(self, why: str, detail: str = "", staff_id: int = 0, *, is_news: bool = True) -> None:
        super().__init__(f"{why}: {detail}")
        self.why, self.detail, self.staff_id, self.is_news = why, detail, staff_id, is_news


@dataclass(frozen=True)
class Granted:
    """What a group may do here. departments: codes; none: the provider leaves them to the people page."""

    role: str
    departments: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Return what of somebody's rights the provider decides, as forms call it."""
        return ("role", "department") if self.departments else ("role",)


@dataclass(frozen=True)
class SignOn:
    """How this city's staff sign in at their provider."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    scopes: str
    claim: str
    verified: str
    adds_people: bool
    groups: tuple[tuple[str, Granted], ...]

    def granted(self, claims: Mapping[str, Any]) -> Granted | None:
        """Return what somebody's groups give them; None where nothing.

        The role of the group that is written first counts; departments come from all groups with that role.
        """
        theirs = groups_in(claims, self.claim)
        found = [granted for group, granted in self.groups if group in theirs]
        if not found:
            return None
        same = [granted for granted in found if granted.role == found[0].role]
        return Granted(found[0].role, tuple(sorted({code for one in same for code in one.departments})))

    def vouches(self, claims: Mapping[str, Any]) -> str:
        """Return the e-mail address that the provider says is somebody's; "" where it does not say so."""
        email, said = claims.get("email"), claims.get(self.verified)
        # Some write the word instead of the value.
        is_verified = said is True or said == 1 or str(said).lower() == "true"
        is_text = isinstance(email, str) and email.isprintable()  # no database takes a NUL
        return str(email).strip().lower() if is_verified and is_text else ""


def groups_in(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """Return the groups that stand under a claim: a word or several. Dots lead inside: realm_access.roles."""
    found: Any = claims.get(claim)
    if found is None:
        found = claims
        for part in claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()


@lru_cache(maxsize=256)
def sign_on_of(given: Settings) -> SignOn | None:
    """Return how staff sign in at a provider; None where there is none.

    Raises Missing, with a sentence for everything that is wrong.
    """
    faults = [f"CIVIC_{name.upper()} is '{getattr(given, name)}'; it must be yes or no."
              for name in YES_OR_NO if getattr(given, name) not in ("yes", "no")]
    if given.oidc_issuer:
        faults += _faults(given)
    elif given.local_sign_in == "no":
        faults.append("CIVIC_LOCAL_SIGN_IN is 'no' and CIVIC_OIDC_ISSUER is not set: nobody could sign in.")
    if faults:
        raise Missing("\n".join(faults))
    if not given.oidc_issuer:
        return None
    return SignOn(given.oidc_issuer, given.oidc_client_id, given.oidc_client_secret, given.oidc_name.strip(),
                  given.oidc_scopes, given.oidc_claim, given.oidc_verified, given.oidc_new_people == "yes",
                  tuple((group, granted) for _, group, granted in _written(given.oidc_roles)))


def sign_on_now() -> SignOn | None:
    """Return how staff of the city being served sign in at a provider."""
    return sign_on_of(settings.current())


def local_is_open() -> bool:
    """Say whether passwords, links and passkeys kept here let anybody in."""
    return settings.current().local_sign_in != "no"


def _faults(given: Settings) -> Iterator[str]:
    issuer = given.oidc_issuer
    if not is_safe(issuer) or len(issuer) > LONGEST_ISSUER or set("?#") & set(issuer):
        yield (f"CIVIC_OIDC_ISSUER is '{issuer}'; it must begin with https:// (http:// only on this "
               f"machine), without ? or #, and have at most {LONGEST_ISSUER} characters.")
    if not given.oidc_client_id:
        yield "CIVIC_OIDC_CLIENT_ID is not set, and CIVIC_OIDC_ISSUER is."
    for name in ("client_id", "client_secret"):
        if set(getattr(given, f"oidc_{name}")) - PRINTABLE:
            yield f"CIVIC_OIDC_{name.upper()} holds a character that no provider gives out."
    if "openid" not in given.oidc_scopes.split():
        yield f"CIVIC_OIDC_SCOPES is '{given.oidc_scopes}'; openid must be among them."
    if not any(_written(given.oidc_roles)):
        yield "CIVIC_OIDC_ROLES is not set, and CIVIC_OIDC_ISSUER is: nobody would have a role."
    for entry, group, granted in _written(given.oidc_roles):
        if not group or granted.role not in ROLES:
            yield (f"CIVIC_OIDC_ROLES says '{entry}'; write group=role or group=role:department. "
                   f"The roles are {', '.join(ROLES)}.")


def _written(roles: str) -> Iterator[tuple[str, str, Granted]]:
    """Yield each entry, its group and what it gives. A group may hold = and blanks: cn=crew,ou=city=staff."""
    for entry in filter(None, map(str.strip, roles.replace("\n", ";").split(";"))):
        group, _, gives = entry.rpartition("=")
        role, _, departments = gives.partition(":")
        codes = tuple(filter(None, map(str.strip, departments.split(","))))
        yield entry, group.strip(), Granted(role.strip(), codes)


def is_safe(address: str, *, here: bool = True) -> bool:
    """Say whether what is sent to an address is read by nobody else: https, or this very machine.

    here    whether this machine counts
    """
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and here and is_here(host))


def is_here(host: str) -> bool:
    """Say whether a host name is this machine's own."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
