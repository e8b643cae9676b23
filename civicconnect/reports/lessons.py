"""What people wrote, and the service it was about in the end: all that a suggestion can learn from."""

from __future__ import annotations

from sqlalchemy import and_, func, or_, select

from civicconnect.catalog import Catalog
from civicconnect.db import Db
from civicconnect.reports.models import Event, Report
from civicconnect.routing import Lesson

MOST = 50_000  # the newest: streets and words change, and a minute of learning is enough
IMPORTED = "import:"  # begins the name of whoever brought a record in


def lessons(db: Db, offer: Catalog, *, imported: bool = False) -> list[Lesson]:
    """Read the lessons of a city's reports, the oldest first.

    imported    whether those of imported records count too: most of their texts name the type in the city's
                own words, and teach nothing about people's

    A report counts for the service it stands under now, so what staff corrected counts as corrected. What was
    no report (`invalid`) teaches nothing.
    """
    asked = (
        select(Report.description, Report.service_id)
        .join(Event, and_(Event.report_number == Report.number, Event.seq == 1))
        .where(Report.description != "", or_(Report.outcome.is_(None), Report.outcome != "invalid"))
        .order_by(Report.received_at.desc(), Report.number.desc()).limit(MOST)
    )
    if not imported:
        asked = asked.where(func.substr(Event.actor, 1, len(IMPORTED)) != IMPORTED)
    newest = [Lesson(words, offer.service_codes[service]) for words, service in db.execute(asked).tuples()]
    return newest[::-1]
