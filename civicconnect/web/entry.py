"""What staff typed for somebody else, read: every field kept, every fault beside its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from civicconnect import clock, geo
from civicconnect.accounts import ContactDetails
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.errors import Invalid, NotFound
from civicconnect.geo import Place, Point, point_from
from civicconnect.media import Photo
from civicconnect.reports import Incoming, NewReport
from civicconnect.sla import local
from civicconnect.web import language, photos, report_form
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.report_form import Sent

SOURCES = ("call", "counter", "email", "letter", "staff")
MOST_PHOTOS = 5  # carried along while nobody has said yet what the report is about
OLDEST = timedelta(days=30)
CONTACT = ("name", "email", "phone")
# The fields as they follow each other on the page.
ORDER = ("form", "same", "source", "received", "q", "place", "service")


@dataclass
class Entry:
    """A report on its way: the form that residents send, and what only staff are asked."""

    sent: Sent
    spot: Place | None = None  # the place chosen
    received_at: datetime | None = None  # None: now
    letter: int = 0  # the one it is made from; 0: none

    @property
    def source(self) -> str:
        """Return how it came in."""
        return self.sent.value("source")


def first(offer: Catalog) -> Entry:
    """Return an empty form."""
    return Entry(Sent({"source": "call", "language": _language("", offer)}))


def at_spot(db: Db, point: Point, offer: Catalog) -> Entry:
    """Return a form for what somebody of the city sees where they stand."""
    spot = Place(geo.describe(db, point), point)
    values = {"source": "staff", "language": _language("", offer), **_told(spot)}
    return Entry(Sent(values, uuid4(), point), spot)


def from_letter(
    db: Db, letter: Incoming, sender: ContactDetails, digests: list[str], offer: Catalog
) -> Entry:
    """Return a form that holds what a letter says, and where it may be."""
    found = geo.find_addresses(db, letter.address) if letter.address else []
    spot = next((place for place in found if place.label == letter.address), None)
    values = {"source": "email", "language": _language("", offer), "q": letter.address,
              "service": letter.service, "description": letter.words or letter.subject,
              "name": sender.name, "email": sender.email, "consent": "yes" if sender else ""}
    sent = Sent(values | _told(spot), uuid4(), spot.point if spot else None, tuple(_kept(digests)))
    return Entry(sent, spot, letter=letter.id)


def _kept(digests: list[str]) -> Iterator[Photo]:
    for digest in digests:
        try:
            yield photos.store().photo(digest)
        except NotFound:  # what is no longer there goes nowhere
            continue


def read(request: Request, offer: Catalog) -> Entry:
    """Read a posted form. The photos are kept even where something else is wrong."""
    values, faults = request.form, Faults()
    spot = _spot(values.get("place", ""), faults)
    typed = MultiDict(values)
    for name, value in {"language": _language(values.get("language", ""), offer), **_told(spot)}.items():
        typed[name] = value
    sent = Sent(typed, point=spot.point if spot else None,
                photos=photos.read_photos(request, MOST_PHOTOS, faults), faults=faults)
    try:
        sent.id = UUID(values.get("id", ""))
    except ValueError:
        faults["form"] = [_("This form is damaged. Open it again.")]
    return Entry(sent, spot, _received(values, offer, faults), whole(values.get("letter", ""), 0, most=10**9))


def report_from(entry: Entry, offer: Catalog) -> NewReport:
    """Turn a form into a report, or raise Invalid with every fault at once.

    What keeps residents from reporting is here only read out: whoever hears it decides.
    """
    sent, service = entry.sent, offer.services.get(entry.sent.value("service"))
    if entry.source not in SOURCES:
        sent.faults["source"] = [_("Choose how it came in.")]
    is_named = any(sent.value(name).strip() for name in CONTACT)
    if service and service.contact != "none" and is_named and sent.value("consent") != "yes":
        sent.faults["consent"] = [_("Ask whether we may keep these contact details, or leave them out.")]
    if service and 0 < service.photos < len(sent.photos):
        sent.faults["photo"] = [_("With this service go %(most)s photos. Untick the others.",
                                  most=service.photos)]
    unstopped = {code: replace(one, stoppers=()) for code, one in offer.services.items()}
    new = report_form.report_from(sent, replace(offer, services=unstopped), sent.value("language"))
    return replace(new, source=entry.source, photos=new.photos[:service.photos if service else 0])


def in_order(faults: Faults) -> Faults:
    """Return faults in the order in which their fields stand on the page."""
    ours = {name: faults[name] for name in ORDER if name in faults}
    return ours | report_form.in_order({k: v for k, v in faults.items() if k not in ours})


def _spot(text: str, faults: Faults) -> Place | None:
    """Return the place that a choice stands for: "41.2,-33.4,12 Oak Street"."""
    lat, _comma, rest = text.partition(",")
    long, _comma, label = rest.partition(",")
    try:
        return Place(label[:300], point_from(lat, long)) if text else None
    except Invalid as fault:
        faults |= fault.fields
        return None


def _told(spot: Place | None) -> dict[str, str]:
    if spot is None:
        return {}
    return {"lat": str(spot.point.lat), "long": str(spot.point.long), "address": spot.label}


def _language(wished: str, offer: Catalog) -> str:
    spoken = offer.city.spoken
    return next((code for code in (wished, language.chosen()) if code in spoken), spoken[0])


def _received(values: Mapping[str, str], offer: Catalog, faults: Faults) -> datetime | None:
    """Return when a letter came in, from the city's clock; None where the field is empty."""
    text, now = values.get("received", "").strip(), clock.now()
    if not text:
        return None
    try:
        at = local(datetime.fromisoformat(text), offer.city.time_zone)[0]
    except (ValueError, OverflowError, Invalid):
        at = None
    if at is None or not now - OLDEST <= at <= now:
        zone = ZoneInfo(offer.city.time_zone)
        faults["received"] = [_("Give a time from %(first)s to now, or leave it empty.",
                                first=(now - OLDEST).astimezone(zone).strftime("%Y-%m-%d"))]
        return None
    return at
