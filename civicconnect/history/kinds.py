"""The kinds of dirt in a record, and what an import does to each. docs/import.md tells them to a reader."""

from __future__ import annotations

from civicconnect.history.instants import DOUBLED, SENTINEL, SKIPPED
from civicconnect.history.places import NO_PLACE, NULL_ISLAND, STAND_IN

DAMAGED, NO_ID = "damaged row", "no id"
COPY, REPEATED = "exact copy", "repeated id"
NO_OPENING, NO_TIME, NO_DUE = "no opening time", "unreadable time", "unreadable due date"
NO_SERVICE, OFF_EARTH = "unknown service", "unreadable place"
BACKWARDS, DUE_BACKWARDS = "closed before opened", "due before opened"
NO_CLOSING, STILL_OPEN = "closed without a time", "open with a closing time"
NO_STATUS = "unknown status"

# What is done to each kind; a refusal of the profile's own has its own words.
DONE = {
    DAMAGED: "rejected: it has other cells than the header, or bytes that are no text",
    NO_ID: "rejected",
    COPY: "rejected: the same row stands in the file before",
    REPEATED: "rejected: the first row with this id counts",
    NO_OPENING: "rejected",
    NO_TIME: "rejected",
    NO_SERVICE: "rejected: no service of this city has this name, and no rule of the profile names one",
    OFF_EARTH: "rejected",
    BACKWARDS: "rejected",
    NO_DUE: "came in, promised nothing",
    DUE_BACKWARDS: "came in with the due date as it stands",
    NO_CLOSING: "came in open",
    STILL_OPEN: "came in closed: the time counts more than the word",
    NO_STATUS: "came in; whether it is open was read from the closing time alone",
    NO_PLACE: "came in without a place",
    NULL_ISLAND: "came in without a place",
    STAND_IN: "came in with this place, in no area, and the place is not published",
    SENTINEL: "read as no date",
    SKIPPED: "moved on by as much as the clock was",
    DOUBLED: "the first of the two counts",
}
REJECTING = frozenset(kind for kind, done in DONE.items() if done.startswith("rejected"))
