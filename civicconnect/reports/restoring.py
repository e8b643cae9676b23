"""Taking back: a report put where it stood before a step. Its timeline keeps the step and the undoing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.reports import closing, works
from civicconnect.reports.actions import count_anew
from civicconnect.reports.lifecycle import CLOSED, WAITING
from civicconnect.reports.models import Follower, Report, ReportArea, ReportPhoto
from civicconnect.reports.queries import place_of
from civicconnect.reports.recording import record
from civicconnect.reports.rerouting import COUNTED
from civicconnect.reports.works import Covered

# What steps and decisions make of a report. When it last changed is told by its timeline, and is no part of
# where it stands; but while it waits, its clock has stood still since then.
DERIVED = ("status", "outcome", "due_at", "first_response_at", "closed_at", "verification", "visibility",
           "priority", "service_id", "department_id", "assigned_to", "team", "people", "why", "place_told",
           "text_told", "reopened", "answered", "answered_at", "hops", "owner_settled")
INSTANTS = ("due_at", "first_response_at", "closed_at", "updated_at", "answered_at")


def kept(report: Report) -> dict[str, Any]:
    """Return where a report stands, as JSON can keep it until it is put back."""
    names = (*DERIVED, *(("updated_at",) if report.status == WAITING else ()))
    found = {name: getattr(report, name) for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in found.items()}


def put_back(db: Db, actor: Actor, report: Report, before: Mapping[str, Any], undoes: int, *,
             public: bool, since: int | None = None, alone: bool = False) -> Report:
    """Put a report, locked, back to where it stood, and say so on its timeline.

    before    what `kept` returned
    undoes    the place on the timeline of the event that is taken back
    since     the place of the last event that stays, where several are taken back
    public    whether residents read of it: whether they could read the event itself
    alone     it is known to go on in no other report, and nobody asks again
    """
    was = {name: getattr(report, name) for name in COUNTED}
    if (before["department_id"], before["service_id"]) != (report.department_id, report.service_id):
        works.come_back(db, report, undoes - 1 if since is None else since, undoes)
    for name, value in before.items():
        setattr(report, name, datetime.fromisoformat(value) if name in INSTANTS and value else value)
    count_anew(db, report, place_of(db, report), **was)
    if report.status != CLOSED and not alone:
        closing.end(db, actor, report)
    facts = {"undoes": undoes, "before": dict(before)} | ({} if since is None else {"since": since})
    record(db, report, "undo", actor, facts, public=public)
    return report


def state_hash(db: Db, numbers: Collection[int]) -> str:
    """Return one hash over where some reports stand, with their areas, photos and those who are told."""
    digest = hashlib.sha256()
    for report in db.scalars(select(Report).where(Report.number.in_(numbers)).order_by(Report.number)):
        digest.update(json.dumps([report.number, kept(report)], sort_keys=True).encode())
    for table, columns in (
        (ReportArea, (ReportArea.report_number, ReportArea.area_id)),
        (ReportPhoto, (ReportPhoto.report_number, ReportPhoto.digest, ReportPhoto.position, ReportPhoto.stage,
                       ReportPhoto.state)),
        (Covered, (Covered.report_number, Covered.work_id, Covered.left_at.is_(None))),
        (Follower, (Follower.report_number, Follower.person, Follower.role, Follower.contact_id,
                    Follower.is_told)),
    ):
        asked = select(*columns).where(table.report_number.in_(numbers)).order_by(*columns)
        digest.update(json.dumps([list(row) for row in db.execute(asked)]).encode())
    return digest.hexdigest()
