"""Who has to do with a report, counted and not named: who is told in which language, what else was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, literal, select
from sqlalchemy.orm import aliased

from civicconnect.accounts import Actor
from civicconnect.db import Db
from civicconnect.reports.following import SENT
from civicconnect.reports.models import Follower, Report
from civicconnect.reports.queries import visible_to

MOST = 8  # reports of one person that are listed; all are counted


@dataclass(frozen=True)
class Other:
    """Another report that the same person sent, which the actor may open."""

    reference: str
    service_id: int
    status: str
    outcome: str | None
    received_at: datetime


@dataclass(frozen=True)
class Circle:
    """Who has to do with a report.

    told          {language: people who get letters}
    is_known      whoever sent it left an address, so that their other reports can be told from others'
    sent          how many other reports the same person sent
    others        the newest of them that the actor may open
    """

    told: Mapping[str, int]
    is_known: bool
    sent: int
    others: tuple[Other, ...]

    @property
    def people(self) -> int:
        return sum(self.told.values())


def circle(db: Db, actor: Actor, report: Report) -> Circle:
    """Return who has to do with a report, by the keyed hash that tells people apart: one statement."""
    same, theirs = aliased(Follower), aliased(Report)
    may_open = visible_to(actor, theirs.department_id, theirs.number)
    each = Follower.id
    ranked = (
        select(Follower.id, Follower.role, Follower.language, Follower.contact_id, Follower.is_told,
               theirs.reference, theirs.service_id, theirs.status, theirs.outcome, theirs.received_at,
               case((may_open, literal(1)), else_=literal(0)).label("may_open"),
               func.count(theirs.number).over(partition_by=each).label("how_many"),
               func.row_number().over(partition_by=each, order_by=(
                   case((and_(theirs.number.is_not(None), may_open), 0), else_=1),
                   theirs.received_at.desc(), theirs.number.desc())).label("place_in_list"))
        .outerjoin(same, and_(Follower.role == SENT, same.role == SENT, same.person == Follower.person,
                              same.report_number != Follower.report_number))
        .outerjoin(theirs, theirs.number == same.report_number)
        .where(Follower.report_number == report.number).subquery())
    rows = db.execute(select(ranked).where(ranked.c.place_in_list <= MOST)
                      .order_by(ranked.c.id, ranked.c.place_in_list)).all()
    first = [row for row in rows if row.place_in_list == 1]
    told = Counter(row.language for row in first if row.is_told and row.contact_id is not None
                   and (row.role == SENT or report.visibility == "public"))
    sender = next((row for row in first if row.role == SENT), None)
    others = tuple(Other(row.reference, row.service_id, row.status, row.outcome, row.received_at)
                   for row in rows if row.role == SENT and row.reference and row.may_open)
    return Circle(dict(told), sender is not None and sender.contact_id is not None,
                  sender.how_many if sender else 0, others)
