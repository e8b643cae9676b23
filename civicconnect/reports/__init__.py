"""A report's life and its public record: the one place where a report changes."""

from civicconnect.reports import lifecycle
from civicconnect.reports.actions import (
    Receipt,
    contact,
    desk,
    note,
    submit,
    transition,
)
from civicconnect.reports.intake import Closing, Desk, NewReport, PastReport
from civicconnect.reports.models import Event, EventText, Report, ReportArea, ReportPhoto
from civicconnect.reports.past import changed_in_bulk, submit_past
from civicconnect.reports.public import (
    Column,
    as_text,
    columns,
    hours_between,
    layers,
    on_time,
    public_rows,
)
from civicconnect.reports.queries import (
    Around,
    Entry,
    Filter,
    around,
    count_reports,
    find,
    photo_is_kept,
    photo_is_public,
    public_reports,
    timeline,
    visible_to,
)
from civicconnect.reports.verify import (
    Fault,
    Root,
    check_chains,
    root,
    root_from,
    root_text,
)

__all__ = [
    "Around", "Closing", "Column", "Desk", "Entry", "Event", "EventText", "Fault", "Filter",
    "NewReport", "PastReport", "Receipt", "Report", "ReportArea", "ReportPhoto", "Root", "around",
    "as_text", "changed_in_bulk", "check_chains", "columns", "contact", "count_reports", "desk",
    "find", "hours_between", "layers", "lifecycle", "note", "on_time", "photo_is_kept", "photo_is_public",
    "public_reports", "public_rows", "root", "root_from", "root_text", "submit", "submit_past",
    "timeline", "transition", "visible_to",
]
