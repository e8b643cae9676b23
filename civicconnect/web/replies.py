"""The words a city prepared for a step, filled in for one report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import force_locale, format_date, format_time
from flask_babel import gettext as _

from civicconnect import catalog, reports
from civicconnect.catalog import Catalog, Template
from civicconnect.db import Db
from civicconnect.reports import Report
from civicconnect.web import language

PLACES = re.compile(r"\{(" + "|".join(catalog.FIELDS) + r")\}")
LATER = "planned_for"  # known only once the step is taken


@dataclass(frozen=True)
class Reply:
    """Words to start from, in the language of the report."""

    code: str
    verb: str
    name: Mapping[str, str]  # for staff, in their own languages
    outcome: str
    words: str


def replies(db: Db, offer: Catalog, report: Report) -> list[Reply]:
    """Return what a city prepared for the steps on this report, where all that it names is known."""
    known = _known(offer, report)
    found = catalog.templates(db, offer.service_codes[report.service_id])
    return [reply for one in found if (reply := _filled(one, known, report.language)) is not None]


def _filled(template: Template, known: Mapping[str, str], spoken: str) -> Reply | None:
    """Put what is known into the places that name it; None where one stays empty. Other braces stay."""
    said = catalog.words(template.words, spoken)
    named = PLACES.findall(said)
    if not all(known[name] for name in named) or (LATER in named and template.verb != "plan"):
        return None
    return Reply(template.code, template.verb, template.name, template.outcome,
                 PLACES.sub(lambda place: known[place[1]], said))


def with_reply(db: Db, offer: Catalog, report: Report, given: Mapping[str, str]) -> dict[str, str]:
    """Return a posted step with what its chosen reply says, where nothing else was typed or chosen."""
    typed = dict(given)
    for reply in replies(db, offer, report):
        if (reply.verb, reply.code) == (typed.get("verb"), typed.get("template")):
            typed["reason"] = typed.get("reason", "").strip() or reply.words
            typed["outcome"] = typed.get("outcome", "") or reply.outcome
    day = _day(typed.get(LATER, ""), report)
    if day:
        typed["reason"] = typed.get("reason", "").replace(f"{{{LATER}}}", day)
    return typed


def _known(offer: Catalog, report: Report) -> dict[str, str]:
    """Return what stands for each name in braces: the report's own words, as strangers may read them."""
    spoken = report.language
    service = offer.services[offer.service_codes[report.service_id]]
    department = offer.departments[offer.department_codes[report.department_id]]
    with force_locale(_locale(spoken)):
        # Everybody reads the reply, so it says no more of the place than strangers are told.
        address = reports.address_told(report) or str(_("the place you named"))
        due = ""
        if report.due_at:
            parts = format_date(report.due_at, "medium"), format_time(report.due_at, "short")
            due = catalog.comma(spoken).join(parts)
    return {"reference": report.reference, "address": address, "due": due, LATER: f"{{{LATER}}}",
            "service": catalog.words(service.name, spoken),
            "department": catalog.words(department.name, spoken),
            "phone": department.phone or offer.city.contact.get("phone", ""),
            "city": catalog.words(offer.city.name, spoken)}


def _day(written: str, report: Report) -> str:
    """Return a day as the reader of a report writes it; "" where it is none."""
    try:
        day = date.fromisoformat(written.strip())
    except ValueError:
        return ""
    with force_locale(_locale(report.language)):
        return str(format_date(day, "medium"))


def _locale(spoken: str) -> str:
    return (spoken if spoken in language.SPOKEN else language.SPOKEN[0]).replace("-", "_")
