"""A city's prepared words for a step, filled in for one report: for its page, or for one of many."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from civicconnect import reports
from civicconnect.catalog import FIELDS, Catalog, Template, words
from civicconnect.errors import Invalid, Sentence
from civicconnect.reports import Report

PLACES = re.compile(r"\{(" + "|".join(FIELDS) + r")\}")
LATER = "planned_for"  # known only once the step is taken


class Tongue(Protocol):
    """One language, on the clock of the city."""

    def say(self, sentence: str, **values: object) -> str: ...

    def moment(self, instant: datetime) -> str: ...

    def day(self, text: str) -> str: ...


Speak = Callable[[str], Tongue]  # by the code of a language


def filled(
    template: Template, offer: Catalog, report: Report, tongue: Tongue, given: Mapping[str, str]
) -> str:
    """Return a template in the language of a report, with the report's own words in its places.

    Everybody reads it, so it says no more of the place than strangers are told. Raises Invalid where it names
    what is not known of this report.
    """
    planned = given.get(LATER, "")
    known = known_of(offer, report, tongue) | {LATER: tongue.day(planned) if planned else ""}
    said = fill(words(template.words, report.language), known)
    if said is None:
        raise Invalid({"template": [Sentence("These prepared words name what is not known of this report.")]})
    return said


def named(said: str) -> list[str]:
    """Return what stands in the braces of a template's words, of what may."""
    return PLACES.findall(said)


def fill(said: str, known: Mapping[str, str]) -> str | None:
    """Put what is known into the places that name it; None where one stays empty. Other braces stay."""
    if not all(known[name] for name in named(said)):
        return None
    return PLACES.sub(lambda place: known[place[1]], said)


def known_of(offer: Catalog, report: Report, tongue: Tongue) -> dict[str, str]:
    """Return what stands for each name in braces but `LATER`: as strangers may read it of a report."""
    spoken = report.language
    department = offer.departments[offer.department_codes[report.department_id]]
    return {
        "reference": report.reference,
        "address": reports.address_told(report) or tongue.say(Sentence("the place you named")),
        "service": words(offer.services[offer.service_codes[report.service_id]].name, spoken),
        "department": words(department.name, spoken),
        "phone": department.phone or offer.city.contact.get("phone", ""),
        "due": tongue.moment(report.due_at) if report.due_at else "",
        "city": words(offer.city.name, spoken),
    }
