"""What of the city's offer reports stand on: whether something may go without leaving them alone."""

from __future__ import annotations

from sqlalchemy import func, select

from civicconnect.db import Db
from civicconnect.reports.models import Report


def count_about(db: Db, service_id: int) -> int:
    """Return how many reports there are about a service, however old."""
    return db.scalar(select(func.count()).select_from(Report).where(Report.service_id == service_id)) or 0


def count_open_with(db: Db, department_id: int) -> int:
    """Return how many open reports a department has."""
    asked = select(func.count()).select_from(Report)
    return db.scalar(asked.where(Report.department_id == department_id, Report.status != "closed")) or 0
