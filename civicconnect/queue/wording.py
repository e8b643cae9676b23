"""A city's prepared words for a step, filled in for one of many reports."""

from __future__ import annotations

import re
from collections.abc import Callable

from civicconnect import reports
from civicconnect.catalog import Catalog, Template, words
from civicconnect.errors import Sentence
from civicconnect.reports import Report

PLACES = re.compile(r"\{(reference|service|address|department)\}")
Say = Callable[[str, Sentence], str]  # a sentence of ours in a language


def filled(template: Template, offer: Catalog, report: Report, say: Say) -> str:
    """Return a template in the language of a report, with the report's own words in its places.

    Everybody reads it, so it says no more of the place than strangers are told.
    """
    spoken = report.language
    values = {
        "reference": report.reference,
        "address": reports.address_told(report) or say(spoken, Sentence("the place you named")),
        "service": words(offer.services[offer.service_codes[report.service_id]].name, spoken),
        "department": words(offer.departments[offer.department_codes[report.department_id]].name, spoken),
    }
    return PLACES.sub(lambda place: values[place[1]], words(template.words, spoken))
