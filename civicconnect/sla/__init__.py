"""Business time: opening hours, promises, and when a report is due."""

from civicconnect.sla.load import Promises, check, load
from civicconnect.sla.promises import Due, PromiseBook, promise_book
from civicconnect.sla.timetable import (
    Hours,
    Timetable,
    due_after_pause,
    due_after_pauses,
    due_at,
    local,
    timetable,
)

__all__ = [
    "Due", "Hours", "PromiseBook", "Promises", "Timetable", "check", "due_after_pause",
    "due_after_pauses", "due_at", "load", "local", "promise_book", "timetable",
]
