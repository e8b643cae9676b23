"""The words a city prepared for a step, filled in for one report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _

from civicconnect import catalog, reports
from civicconnect.catalog import Catalog, Template
from civicconnect.db import Db
from civicconnect.reports import Report
from civicconnect.web import language

PLACES = re.compile(r"\{(reference|service|address|department)\}")


@dataclass(frozen=True)
class Reply:
    """Words to start from, in the language of the report."""

    code: str
    verb: str
    name: Mapping[str, str]  # for staff, in their own languages
    outcome: str
    words: str


def replies(db: Db, offer: Catalog, report: Report) -> list[Reply]:
    """Return what a city prepared for the steps on this report."""
    return [Reply(one.code, one.verb, one.name, one.outcome, _filled(one, offer, report))
            for one in catalog.templates(db, offer.service_codes[report.service_id])]


def with_reply(db: Db, offer: Catalog, report: Report, given: Mapping[str, str]) -> dict[str, str]:
    """Return a posted step with what its chosen reply says, where nothing else was typed or chosen."""
    typed = dict(given)
    for reply in replies(db, offer, report):
        if (reply.verb, reply.code) == (typed.get("verb"), typed.get("template")):
            typed["reason"] = typed.get("reason", "").strip() or reply.words
            typed["outcome"] = typed.get("outcome", "") or reply.outcome
    return typed


def _filled(template: Template, offer: Catalog, report: Report) -> str:
    """Put the report's own words into the places that name them; whatever else stands in braces stays."""
    spoken = report.language
    with force_locale((spoken if spoken in language.SPOKEN else language.SPOKEN[0]).replace("-", "_")):
        # Everybody reads the reply, so it says no more of the place than strangers are told.
        address = reports.address_told(report) or str(_("the place you named"))
    service = offer.services[offer.service_codes[report.service_id]]
    department = offer.departments[offer.department_codes[report.department_id]]
    values = {"reference": report.reference, "address": address,
              "service": catalog.words(service.name, spoken),
              "department": catalog.words(department.name, spoken)}
    return PLACES.sub(lambda place: values[place[1]], catalog.words(template.words, spoken))
