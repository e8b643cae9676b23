"""The words a city prepared for a step, filled in for one report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from civicconnect import catalog, queue
from civicconnect.catalog import Catalog, Template
from civicconnect.db import Db
from civicconnect.notify import Tongue
from civicconnect.queue import LATER
from civicconnect.reports import Report

OPEN = f"{{{LATER}}}"  # as it stands until the step is taken


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
    known = queue.known_of(offer, report, _tongue(offer, report)) | {LATER: OPEN}
    found = catalog.templates(db, offer.service_codes[report.service_id])
    return [reply for one in found if (reply := _filled(one, known, report.language)) is not None]


def closing_words(
    db: Db, offer: Catalog, found: Sequence[Report], outcomes: Collection[str]
) -> dict[int, list[Reply]]:
    """Return the same for closing many reports with one of some outcomes, by number: one statement."""
    every = [one for one in catalog.every_template(db)
             if one.verb == "close" and (not one.outcome or one.outcome in outcomes)]
    said: dict[int, list[Reply]] = {}
    for report in found:
        known = queue.known_of(offer, report, _tongue(offer, report))
        service = offer.service_codes[report.service_id]
        some = (_filled(one, known, report.language) for one in every
                if not one.services or service in one.services)
        said[report.number] = [reply for reply in some if reply is not None]
    return said


def _filled(template: Template, known: Mapping[str, str], spoken: str) -> Reply | None:
    """Put what is known into the places that name it; None where one stays empty. Other braces stay."""
    written = catalog.words(template.words, spoken)
    said = queue.fill(written, known)
    if said is None or (LATER in queue.named(written) and template.verb != "plan"):
        return None
    return Reply(template.code, template.verb, template.name, template.outcome, said)


def with_reply(db: Db, offer: Catalog, report: Report, given: Mapping[str, str]) -> dict[str, str]:
    """Return a posted step with what its chosen reply says, where nothing else was typed or chosen."""
    typed = dict(given)
    for reply in replies(db, offer, report):
        if (reply.verb, reply.code) == (typed.get("verb"), typed.get("template")):
            typed["reason"] = typed.get("reason", "").strip() or reply.words
            typed["outcome"] = typed.get("outcome", "") or reply.outcome
    with suppress(ValueError):  # no day: the step itself says so
        day = _tongue(offer, report).day(typed.get(LATER, "").strip())
        typed["reason"] = typed.get("reason", "").replace(OPEN, day)
    return typed


def _tongue(offer: Catalog, report: Report) -> Tongue:
    return Tongue(report.language, ZoneInfo(offer.city.time_zone))
