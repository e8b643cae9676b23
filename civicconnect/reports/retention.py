"""What is erased because its time is over, whatever became of the report."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from civicconnect import accounts
from civicconnect.db import Db
from civicconnect.reports.models import Follower, Incoming, Report

AT_ONCE = 500  # ids in one statement


def forget_contacts(db: Db, before: datetime) -> int:
    """Erase the contact details that were given before an instant. Returns of how many people.

    Also those of reports that are still open: the city promised so. The reports themselves stay.
    """
    found = accounts.contacts_before(db, before)
    for start in range(0, len(found), AT_ONCE):
        ids = found[start:start + AT_ONCE]
        for table in (Report, Incoming, Follower):
            db.execute(update(table).where(table.contact_id.in_(ids)).values(contact_id=None))
        accounts.erase_contacts(db, ids)
    return len(found)
