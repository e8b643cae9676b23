"""Who saw and changed what: what staff did by the timelines, and what the audit keeps, in one list."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_security import auth_required

from civicconnect import accounts, clock, db, reports
from civicconnect.accounts import Actor
from civicconnect.db import Db, transaction
from civicconnect.errors import NotAllowed, Sentence
from civicconnect.web.staff import actor
from civicconnect.web.words import AUDIT, EVENT, read_catalog

pages = Blueprint("audit", __name__, url_prefix="/staff/audit")
MOST = 100  # lines on a page
MOST_IN_CSV = 50_000
WEEK = timedelta(days=7)
LOOKED = ("audit_csv", "city_zip", "versions")  # looks that no timeline tells
TOLD_BY_REPORTS = ("break_glass",)  # kept in both places, and shown once


@dataclass(frozen=True)
class Asked:
    """What the reader wants to see. since, until: days on the city's clock, both of them in it."""

    since: date
    until: date
    by: str = ""
    kind: str = ""
    reference: str = ""

    @property
    def query(self) -> dict[str, str]:
        """Return it as it stands in an address."""
        found = {"since": str(self.since), "until": str(self.until), "by": self.by, "kind": self.kind,
                 "reference": self.reference}
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True)
class Line:
    """One thing that somebody did."""

    at: datetime
    actor: str
    what: str
    about: str
    is_report: bool
    facts: dict[str, Any]


def reader(db_: Db) -> Actor:
    """Return who is signed in; NotAllowed for whoever may not read the audit."""
    found = actor(db_)
    if not found.may("audit"):
        raise NotAllowed(Sentence("Your role may not read the audit."))
    return found


@pages.get("")
@auth_required("session")
def index() -> ResponseReturnValue:
    """Show the newest of a week, or of the days asked for."""
    asked = _asked()
    with db.reading() as db_:
        me = reader(db_)
        lines = _lines(db_, me, asked, MOST + 1)
        people = accounts.everybody(db_)
    return render_template("staff/audit.html", lines=lines[:MOST], more=len(lines) > MOST, asked=asked,
                           people=people, kinds=_kinds())


@pages.get("/audit.csv")
@auth_required("session")
def as_csv() -> ResponseReturnValue:
    """Give the same as a table; that it was taken away is kept too."""
    asked = _asked()
    with transaction() as db_:
        me = reader(db_)
        lines = _lines(db_, me, asked, MOST_IN_CSV)
        people = accounts.names_of(db_, {one for line in lines for one in (line.actor, line.about)})
        accounts.note_audit(db_, me, "audit_csv", "", asked.query | {"lines": len(lines)})
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(["at", "actor", "person", "what", "about", "facts"])
    table.writerows([line.at.isoformat(), line.actor, _safe(people.get(line.actor, "")), line.what,
                     _safe(people.get(line.about, line.about)), _safe(json.dumps(line.facts, sort_keys=True))]
                    for line in lines)
    return Response(written.getvalue(), mimetype="text/csv", headers={
        "Content-Disposition": f"attachment; filename=audit-{asked.since}-{asked.until}.csv"})


def _safe(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _asked() -> Asked:
    """Read what the address asks for; what is no day is the last week's."""
    today = read_catalog().city.day(clock.now())
    until = _day("until", today)
    by = request.args.get("by", "")[:40]
    return Asked(min(_day("since", until - WEEK), until), until, by,
                 request.args.get("kind", "")[:40], request.args.get("reference", "").strip()[:20])


def _day(name: str, otherwise: date) -> date:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise
    return found if 2000 <= found.year <= 2200 else otherwise


def _lines(db_: Db, me: Actor, asked: Asked, most: int) -> list[Line]:
    zone = ZoneInfo(read_catalog().city.time_zone)
    since, until = (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
                    for day in (asked.since, asked.until + timedelta(days=1)))
    days = (since, until)
    found = [*_of_reports(db_, me, asked, days, most), *_of_people(db_, me, asked, days, most)]
    return sorted(found, key=lambda line: line.at, reverse=True)[:most]


def _of_reports(
    db_: Db, me: Actor, asked: Asked, days: tuple[datetime, datetime], most: int
) -> Iterator[Line]:
    if asked.kind == "people" or asked.kind in AUDIT and asked.kind not in EVENT:
        return
    verbs = reports.LOOKS if asked.kind == "looks" else [
        verb for verb in EVENT if verb not in reports.LOOKS] if asked.kind == "changes" else [
        asked.kind] if asked.kind else ()
    rows = reports.staff_events(me, *days, by=asked.by, verbs=verbs, reference=asked.reference)
    for event, reference in db_.execute(rows.limit(most)):
        yield Line(event.recorded_at, event.actor, event.verb, reference, True, event.facts)


def _of_people(
    db_: Db, me: Actor, asked: Asked, days: tuple[datetime, datetime], most: int
) -> Iterator[Line]:
    if asked.kind == "changes" or asked.kind in EVENT and asked.kind not in AUDIT:
        return
    kinds = LOOKED if asked.kind == "looks" else [asked.kind] if asked.kind not in ("", "people") else ()
    rows = accounts.audited(me, *days, by=asked.by, kinds=kinds, about=asked.reference)
    for row in db_.scalars(rows.limit(most)):
        if row.what not in TOLD_BY_REPORTS:
            yield Line(row.at, row.actor, row.what, row.about, False, row.facts)


def _kinds() -> list[tuple[str, Any]]:
    """Return what can be chosen from, in order of its words."""
    return sorted({**AUDIT, **EVENT}.items(), key=lambda one: str(one[1]))
