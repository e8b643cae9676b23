"""Business time: opening hours, promises, and when a report is due."""

from civicconnect.sla.load import CalendarRow, Promises, check, dump, load, spell
from civicconnect.sla.promises import Due, PromiseBook, Promised, promise_book
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
    "CalendarRow", "Due", "Hours", "PromiseBook", "Promised", "Promises", "Timetable", "check",
    "due_after_pause", "due_after_pauses", "due_at", "dump", "load", "local", "promise_book", "spell",
    "timetable",
]
