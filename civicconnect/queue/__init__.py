"""What staff should look at next, and who is told when nobody does."""

from civicconnect.queue.actions import ACTIONS, OUTCOMES, VERBS, people_for
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
    is_own,
    may_undo,
    preview,
    progress,
    settle,
    start,
    undo,
    work_on,
)
from civicconnect.queue.desk import FORMS, ME, NOBODY, WHY, Desk
from civicconnect.queue.escalation import EscalationRule, Stage, falls_at, starting
from civicconnect.queue.escalation_load import check, dump, escalation_rules, load, spell
from civicconnect.queue.models import Bulk, BulkItem, SavedView
from civicconnect.queue.ranking import MANY, NAMED, RULE, Weight, rank, reasons
from civicconnect.queue.views import View, keep_view, remove_view, staff_id, views
from civicconnect.queue.watching import Escalation, escalate, is_due, watch
from civicconnect.queue.wording import LATER, fill, known_of, named
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
    "ACTIONS", "Bulk", "BulkItem", "CAPPED", "COUNTED", "Counts", "DENSE", "Desk", "Escalation",
    "EscalationRule", "FORMS", "LATER", "Line", "MANY", "ME", "NAMED", "NOBODY", "ON_MAP", "OUTCOMES",
    "PAGE", "Preview", "Progress", "RULE", "Refused", "SavedView", "Stage", "UNDO_FOR", "VERBS", "View",
    "WHY", "Weight", "Worklist", "begin_selected", "begin_view", "board", "bulks", "check", "count",
    "dump", "escalate", "escalation_rules", "falls_at", "fill", "find_bulk", "forget_bulks", "is_due",
    "is_own", "keep_view", "known_of", "load", "may_undo", "named", "next_after", "people_for", "placed",
    "preview", "progress", "rank", "reasons", "remove_view", "settle", "spell", "staff_id", "start",
    "starting", "undo", "views", "watch", "work_on", "worklist",
]
