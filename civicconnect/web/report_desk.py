"""The page of one report as a clerk sees it: what is known, what may be done, who is told, what happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import render_template
from flask_login import current_user

from civicconnect import accounts, clock, db, notify, reports
from civicconnect.accounts import Actor, ContactDetails
from civicconnect.db import Db
from civicconnect.errors import NotAllowed
from civicconnect.notify import Told
from civicconnect.reports import Entry, Report, lifecycle
from civicconnect.web import language, relations, replies
from civicconnect.web.given import whole
from civicconnect.web.photos import Faults
from civicconnect.web.words import read_catalog

WEIGHED = ("verb", "reason", "outcome", "planned_for", "lead", "next_owner", "template")


def actor(db_: Db) -> Actor:
    """Return who is signed in, with what they may do; NotAllowed without a desk."""
    found = accounts.actor_of(db_, current_user.id)
    if not found.may("queue"):
        raise NotAllowed("this account has no queue")
    return found


@dataclass(frozen=True)
class Preview:
    """What a step would come to, were it taken now.

    told      the letters, and how many people get each
    public    what everybody would read on the report's page; None where the report is not public
    mark      of what was typed: other words need another look
    """

    told: Sequence[Told]
    public: Entry | None
    mark: str

    @property
    def people(self) -> int:
        return sum(one.people for one in self.told)


@dataclass(frozen=True)
class Shown:
    """What stands on the page besides the report itself: what was typed, refused, looked up or previewed.

    seen    how many events whoever typed had seen, where more came meanwhile
    """

    faults: Faults = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)
    contact: ContactDetails | None = None
    preview: Preview | None = None
    seen: int | None = None


def page(reference: str, shown: Shown = Shown(), template: str = "staff/report.html", **more: Any) -> str:
    """Show one report with everything on its timeline and the steps that are possible now."""
    offer, now = read_catalog(), clock.now()
    with db.reading() as view:
        me = actor(view)
        report = reports.find(view, reference, me)
        beside = reports.around(view, report)
        entries = reports.timeline(view, report, internal=True)
        prepared = replies.replies(view, offer, report)
        letters = notify.count_sent(view, report.number)
        circle = reports.circle(view, me, report)
        service = offer.services[offer.service_codes[report.service_id]]
        group = [one.id for one in offer.services.values() if one.group == service.group]
        spot = reports.spot(view, me, report, beside.point, group)
        family = relations.beside(view, report, entries, internal=True, reader=me)
        passing = reports.passing(view, report, entries, now)
    steps = lifecycle.buttons(report.status, me)
    return render_template(
        template, report=report, beside=beside, entries=entries, catalog=offer, letters=letters,
        service=service, department=offer.departments[offer.department_codes[report.department_id]],
        steps=steps, replies={step.verb: [r for r in prepared if r.verb == step.verb] for step in steps},
        outcomes=lifecycle.OUTCOMES, is_late=reports.is_late(report, now), circle=circle, spot=spot,
        family=family, passing=passing, may_step=me.may("step"),
        may_note=me.may("note"), may_see_contact=me.may("contact"), may_moderate=me.may("moderate"),
        new_form=uuid4(), street_view=street_view(offer, beside),
        faults=shown.faults, typed=shown.typed, contact=shown.contact, preview=shown.preview,
        newer=[entry for entry in entries if shown.seen is not None and entry.seq > shown.seen],
        # What whoever reported reads, where it is not what the clerk reads.
        spoken="" if report.language == language.chosen() else language.name(report.language), **more,
    )


def street_view(offer: Any, beside: reports.Around) -> str:
    """Return where to look at the street, as the city wrote the address; "" where it wrote none."""
    if not offer.city.street_view or beside.point is None:
        return ""
    lat, long = f"{beside.point.lat:.6f}", f"{beside.point.long:.6f}"
    return str(offer.city.street_view).replace("{lat}", lat).replace("{long}", long)


def seen_of(given: Mapping[str, Any]) -> int | None:
    """Return how many events whoever sent a form had seen; None where it does not say."""
    said = str(given.get("seen", "")).strip()
    return whole(said, 0) if said else None


def mark_of(given: Mapping[str, Any], photos: Sequence[Any]) -> str:
    """Return a mark of what a step says: other words make another."""
    said = [" ".join(str(given.get(name, "")).split()) for name in WEIGHED] + [len(photos)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def last_public(view: Db, report: Report) -> Entry | None:
    """Return what everybody reads of the newest event; None where they read nothing of it."""
    if report.visibility != "public":
        return None
    newest = reports.timeline(view, report, internal=False)[-1:]
    return newest[0] if newest and newest[0].seq == report.events else None

