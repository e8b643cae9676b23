"""What staff should look at next, and who is told when nobody does."""

from civicconnect.queue.escalation import EscalationRule, Stage, falls_at, starting
from civicconnect.queue.escalation_load import check, dump, escalation_rules, load, spell
from civicconnect.queue.watching import Escalation, escalate, is_due, watch
from civicconnect.queue.worklist import Line, Worklist, worklist

__all__ = [
    "Escalation", "EscalationRule", "Line", "Stage", "Worklist", "check", "dump", "escalate",
    "escalation_rules", "falls_at", "is_due", "load", "spell", "starting", "watch", "worklist",
]
