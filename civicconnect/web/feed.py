"""A list of reports as an Atom feed (RFC 4287), for whoever wants to be told."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, datetime

from flask import url_for
from flask_babel import gettext as _

from civicconnect import reports
from civicconnect.catalog import Catalog
from civicconnect.reports import Filter, Report
from civicconnect.web.files import in_any_language
from civicconnect.web.language import chosen, comma
from civicconnect.web.words import OUTCOME, STATUS, say

ATOM = "http://www.w3.org/2005/Atom"
# XML 1.0 has no way to write these, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed(found: Sequence[Report], offer: Catalog, view: Filter, host: str, now: datetime) -> bytes:
    """Return a feed of reports as strangers are told them.

    host    where every address of ours begins
    """
    root = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": chosen()})
    address = host + url_for("listing.as_atom", **view.query)
    _put(root, "id", address)
    _put(root, "title", _("Reports in %(city)s", city=say(offer.city.name)))
    _put(root, "updated", _rfc3339(max((report.updated_at for report in found), default=now)))
    _put(_put(root, "author"), "name", say(offer.city.name))
    _put(root, "link", rel="self", type="application/atom+xml", href=address)
    _put(root, "link", rel="alternate", type="text/html", href=host + url_for("listing.index", **view.query))
    for report in found:
        _entry(_put(root, "entry"), report, offer, host)
    ET.register_namespace("", ATOM)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(entry: ET.Element, report: Report, offer: Catalog, host: str) -> None:
    service = offer.services[offer.service_codes[report.service_id]]
    where, name = reports.address_told(report), say(service.name)
    stands = str(STATUS[report.status])
    if report.outcome:
        stands += f": {OUTCOME.get(report.outcome, report.outcome)}"
    address = url_for("resident.show", reference=report.reference)
    _put(entry, "id", host + in_any_language(address))  # its name for ever is the same in all of them
    _put(entry, "title", f"{name}{comma()}{where}" if where else name)
    _put(entry, "updated", _rfc3339(report.updated_at))
    _put(entry, "published", _rfc3339(report.received_at))
    _put(entry, "link", rel="alternate", type="text/html", href=host + address)
    _put(entry, "category", term=service.code, label=name)
    told = report.description if report.text_told else ""
    _put(entry, "summary", f"{stands}\n{told}".strip())


def _put(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    kept = {name: UNWRITABLE.sub("", value) for name, value in attributes.items()}
    child = ET.SubElement(parent, f"{{{ATOM}}}{tag}", kept)
    child.text = UNWRITABLE.sub("", text) or None
    return child


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
