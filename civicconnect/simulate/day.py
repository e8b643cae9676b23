"""One day of the invented record, in columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from civicconnect.simulate.noise import Floats
from civicconnect.simulate.wallclock import NEVER
from civicconnect.simulate.world import Flags, Integers

# What came of a report; `Day.outcome` counts in it, and -1 is a report not closed yet.
OUTCOMES = ("fixed", "partly_fixed", "no_action", "not_found", "duplicate", "withdrawn")
FIXED, PARTLY, NO_ACTION, NOT_FOUND, DUPLICATE, WITHDRAWN = range(len(OUTCOMES))


@dataclass(frozen=True)
class Day:
    """A day's reports in the order in which they came; every array has shape (reports,).

    An instant is int64 microseconds since 1970 in UTC, NEVER where it has not come by the as-of instant.
    What the city knows:

    number           1, 2, 3, ... through the whole record
    service          index into the plan's services
    opened_at        rising
    place            index into the plan's places; spots.FALLBACK or spots.NOWHERE
    lat, long        degrees, NaN where there is no place
    area             index into the plan's areas; -1 without an address
    channel          index into parameters.CHANNELS
    language         index into the plan's languages
    text             which of the service's texts; -1 where nothing was written
    promised_hours   on the wall from opening to the promise; NaN without one
    accepted_at, started_at, closed_at, reopened_at, closed_again_at    in this order in time
    outcome          index into OUTCOMES; -1 while open

    What is true beside it:

    true_fixed_at    when the problem was gone, whoever saw to it
    false_closing    closed as fixed when it was not
    vanished         it went away by itself before anybody came; closed as not found
    duplicate_of     number of the first report of the same problem; 0 for a first one
    problem          1, 2, 3, ...; a duplicate has its first report's
    slow, bottleneck whether these plants lengthened it
    pilot            1 where the pilot shortened it, 2 in its control, 0 elsewhere
    """

    date: date
    number: Integers
    service: Integers
    opened_at: Integers
    place: Integers
    lat: Floats
    long: Floats
    area: Integers
    channel: Integers
    language: Integers
    text: Integers
    promised_hours: Floats
    accepted_at: Integers
    started_at: Integers
    closed_at: Integers
    outcome: Integers
    reopened_at: Integers
    closed_again_at: Integers
    true_fixed_at: Integers
    false_closing: Flags
    vanished: Flags
    duplicate_of: Integers
    problem: Integers
    slow: Flags
    bottleneck: Flags
    pilot: Integers

    def __len__(self) -> int:
        return len(self.number)

    @property
    def finally_closed_at(self) -> Integers:
        """Return the closing on which a duration is measured; NEVER for a report that is open again."""
        again = self.reopened_at != NEVER
        return np.where(again, self.closed_again_at, self.closed_at)
