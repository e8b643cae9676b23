"""One view of the queue: which reports, as an address says it, a row of `saved_view`, and a WHERE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, or_

from civicconnect.accounts import Actor
from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.queue.ranking import MANY, SOON
from civicconnect.reports import (
    IS_OPEN,
    OF_EACH,
    PRIORITIES,
    Filter,
    Report,
    is_overdue,
    lifecycle,
    visible_to,
)

FORMS = ("list", "board", "map", "table")
ME, NOBODY = "me", "nobody"
OPEN_ALONE = ("reopened", "answered")  # `recording` takes them off whatever is closed
WHY = ("late", "soon", "reopened", "answered", "many")
# Keys of an address, in the order of Filter's own and then the desk's.
FILTER = {"service": "service", "department": "department", "status": "status", "q": "words", "area": "area",
          "since": "since", "until": "until", "outcome": "outcome"}


@dataclass(frozen=True)
class Desk:
    """What is looked at. What there is not matches nothing."""

    filter: Filter = Filter()
    holder: str = ""  # me, nobody, or the id of a colleague
    team: str = ""
    priority: str = ""
    why: str = ""  # one of WHY

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Desk:
        """Read a view from an address, or from what was kept of one."""
        found: dict[str, Any] = {key: str(asked.get(key, ""))[:200].strip() for key in (*FILTER, *DESK)}
        return cls(Filter(**{name: found[key] for key, name in FILTER.items()}),
                   **{key: found[key] for key in DESK})

    @property
    def query(self) -> dict[str, Any]:
        """Return the view as it stands in an address."""
        own = {key: getattr(self, key) for key in DESK}
        return self.filter.query | {key: value for key, value in own.items() if value}

    @property
    def shown(self) -> Filter:
        """Return the filter of reports: open ones where nothing else is said, all where "all" is."""
        status = self.filter.status or "open"
        return replace(self.filter, status="" if status == "all" else status)

    @property
    def is_next(self) -> bool:
        """Say whether all of it is still to be done, and so stands in the order of the rule."""
        return self.shown.status not in ("", lifecycle.CLOSED)

    def seek(self, db: Db, offer: Catalog) -> Desk:
        """Return the same view with its words looked up, so that it can be read quickly."""
        return replace(self, filter=self.filter.seek(db, offer, strangers=False))

    @property
    def is_plain(self) -> bool:
        """Say whether the counts by service and department know how many there are."""
        return not any(getattr(self, key) for key in DESK) and self.shown.is_counted

    def where(
        self, actor: Actor, offer: Catalog, now: datetime, *, counting: bool = False
    ) -> list[ColumnElement[bool]]:
        """Return the conditions, with those for what this actor may see.

        counting    they are only counted: no order needs to be kept
        """
        shown = self.shown
        if self.why in OPEN_ALONE and shown.status == "open":
            shown = replace(shown, status="")  # to say it again would lead to all that are open
        # What has an index of its own is not looked up by department.
        leads = counting and not self.holder and self.why in ("", "late", "soon")
        mine = visible_to(actor) if leads else seen_by(actor, self.shown)
        found = [mine, *shown.where(offer, strangers=False)]
        if self.holder:
            found.append(held_by(self.holder, actor))
        if self.team:
            found.append(Report.team == self.team)
        if self.priority:
            found.append(Report.priority == self.priority if self.priority in PRIORITIES else false())
        return found + (because(self.why, now) if self.why else [])


DESK = tuple(field.name for field in fields(Desk) if field.name != "filter")


def seen_by(actor: Actor, shown: Filter) -> ColumnElement[bool]:
    """Return the condition for what comes to an actor's desk.

    The open ones lie in their index in the order of the queue, and the first page is read off it. An
    engine that looked them up by department would sort them all first: so it is not offered one to look up.
    """
    if shown.status in ("", lifecycle.CLOSED):
        return visible_to(actor)
    return visible_to(actor, OF_EACH)


def held_by(holder: str, actor: Actor) -> ColumnElement[bool]:
    """Return the condition for whose work it is."""
    if holder == NOBODY:
        return and_(Report.assigned_to.is_(None), Report.team == "")
    person = actor.name.removeprefix("staff:") if holder == ME else holder
    return Report.assigned_to == int(person) if person.isdecimal() and len(person) < 10 else false()


def because(why: str, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions for one reason that the queue names."""
    if why == "late":
        return list(is_overdue(now))
    if why == "soon":
        late = is_overdue(now)
        return [Report.due_at < now + SOON, or_(Report.due_at >= now, not_(and_(*late)))]
    # Plain columns, as their indexes say them.
    known: dict[str, ColumnElement[bool]] = {
        "reopened": Report.reopened.expression, "answered": Report.answered.expression,
        "many": and_(IS_OPEN, Report.people >= MANY)}
    return [known.get(why, false())]
