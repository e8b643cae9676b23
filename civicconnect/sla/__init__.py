"""Business time: opening hours, promises, when a report is due, and when such reports usually are done."""

from civicconnect.sla.expectations import Expectation, expectation, expectations, keep_expectations
from civicconnect.sla.load import LONGEST_HOURS, CalendarRow, Promises, check, dump, load, spell
from civicconnect.sla.promises import Due, PromiseBook, Promised, calendars, promise_book
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
    "CalendarRow", "Due", "Expectation", "Hours", "LONGEST_HOURS", "PromiseBook", "Promised", "Promises",
    "Timetable", "calendars", "check", "due_after_pause", "due_after_pauses", "due_at", "dump",
    "expectation", "expectations", "keep_expectations", "load", "local", "promise_book", "spell",
    "timetable",
]
