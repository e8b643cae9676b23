"""What staff should look at next."""

from civicconnect.queue.actions import ACTIONS, OUTCOMES, VERBS
from civicconnect.queue.bulk import (
    UNDO_FOR,
    Preview,
    Progress,
    Refused,
    begin_selected,
    begin_view,
    bulks,
    find_bulk,
    forget_bulks,
    may_undo,
    preview,
    progress,
    settle,
    start,
    undo,
    work_on,
)
from civicconnect.queue.desk import FORMS, ME, NOBODY, WHY, Desk
from civicconnect.queue.models import Bulk, BulkItem, SavedView
from civicconnect.queue.ranking import MANY, NAMED, RULE, Weight, rank, reasons
from civicconnect.queue.views import View, keep_view, remove_view, staff_id, views
from civicconnect.queue.worklist import (
    CAPPED,
    COUNTED,
    DENSE,
    ON_MAP,
    PAGE,
    Counts,
    Line,
    Worklist,
    board,
    count,
    next_after,
    placed,
    worklist,
)

__all__ = [
    "ACTIONS", "Bulk", "BulkItem", "CAPPED", "COUNTED", "Counts", "DENSE", "Desk", "FORMS", "Line",
    "MANY", "ME", "NAMED", "NOBODY", "ON_MAP", "OUTCOMES", "PAGE", "Preview", "Progress", "RULE",
    "Refused", "SavedView", "UNDO_FOR", "VERBS", "View", "WHY", "Weight", "Worklist", "begin_selected",
    "begin_view", "board", "bulks", "count", "find_bulk", "forget_bulks", "keep_view", "may_undo",
    "next_after", "placed", "preview", "progress", "rank", "reasons", "remove_view", "settle", "staff_id",
    "start", "undo", "views", "work_on", "worklist",
]
