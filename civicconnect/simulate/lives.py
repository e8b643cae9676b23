"""What becomes of a report: accepted, started, closed, perhaps reopened; and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicconnect.simulate.day import (
    DUPLICATE,
    FIXED,
    NO_ACTION,
    NOT_FOUND,
    PARTLY,
    WITHDRAWN,
)
from civicconnect.simulate.noise import Floats
from civicconnect.simulate.wallclock import DAY, HOUR, MINUTE, NEVER, SECOND, Wall, to_office
from civicconnect.simulate.world import Flags, Integers, Plants

FAR = int(np.iinfo(np.int64).max // 2)  # the instant of a fix that never comes
QUICK = 10 * MINUTE  # closed sooner than this: entered when the work was done, with no steps between
REOPENED_AFTER = DAY  # a closing is only reopened where there is time for somebody to notice
# What else comes of a report that a resident made, as of past.py's shares; the rest is fixed.
ENDS = {NO_ACTION: 0.07, NOT_FOUND: 0.03, PARTLY: 0.05, WITHDRAWN: 0.02}
NEVER_ACCEPTED, NEVER_STARTED = 0.3, 0.6  # of the reports that are never closed
LATER_FIXED = 0.5  # of the false closings nobody noticed, those whose problem is fixed some day
LATER_DAYS, LATER_SPREAD = 20.0, 1.0  # median days until then, sigma of their logarithm


@dataclass(frozen=True)
class Course:
    """How far a report has come at which part of its time to close; shape (reports,), 0..1, rising."""

    accepted: Floats
    started: Floats

    def stretched(self, hours: Floats, rows: Flags, factor: float) -> tuple[Course, Floats]:
        """Return the course and the hours with the wait from accepting to starting so many times as long."""
        wait = self.started - self.accepted
        grown = 1 + np.where(rows, (factor - 1) * wait, 0.0)
        times = np.where(rows, factor, 1.0)
        return Course(self.accepted / grown, (self.accepted + wait * times) / grown), hours * grown


def draw_course(count: int, rng: np.random.Generator) -> Course:
    accepted = 0.01 + 0.24 * rng.random(count)
    return Course(accepted, accepted + (1 - accepted) * (0.2 + 0.5 * rng.random(count)))


@dataclass(frozen=True)
class Life:
    """The columns of `Day` that tell what became of a report, as if everything to come were known.

    fixed_at is FAR where the problem stays.
    """

    accepted_at: Integers
    started_at: Integers
    closed_at: Integers
    outcome: Integers
    reopened_at: Integers
    closed_again_at: Integers
    fixed_at: Integers
    false_closing: Flags
    vanished: Flags


def live(
    opened_at: Integers, hours: Floats, closes: Flags, by_crew: Flags, duplicate: Flags, asked: Flags,
    course: Course, plants: Plants, wall: Wall, rng: np.random.Generator,
) -> Life:
    """Give each report its steps and its truth.

    hours        to the final closing, or what it would have been
    closes       which are closed at all
    by_crew      reported by a crew: what it closes is fixed
    asked        somebody will report the same problem later that day: it does not vanish
    duplicate    closed as one; when its problem is fixed is its first report's affair
    """
    whole = (hours * 3600).round().astype(np.int64) * SECOND
    end, visited, dice = opened_at + whole, whole >= QUICK, rng.random((6, len(whole)))
    outcome = _outcome(closes, by_crew | ~visited, duplicate, rng)
    vanished = closes & visited & ~by_crew & ~duplicate & ~asked & (dice[0] < plants.vanished)
    outcome[vanished] = NOT_FOUND
    false = closes & visited & ~by_crew & (outcome == FIXED) & (dice[1] < plants.false_closings)
    noticed = false & (whole >= REOPENED_AFTER) & (dice[2] < plants.noticed)
    first = course.started + (1 - course.started) * (0.1 + 0.5 * dice[3])
    again = first + (1 - first) * (0.1 + 0.4 * dice[4])
    closed_at = np.where(noticed, opened_at + _part(whole, first), end)
    reopened_at = opened_at + _part(whole, again)
    accepted_at, started_at = _steps(opened_at, whole, closed_at, course, wall, rng)
    fixed_at = _fixed_at(started_at, reopened_at, end, false, noticed, dice[5], rng)
    fixed_at = np.where((outcome == FIXED) | (outcome == PARTLY), np.where(visited, fixed_at, end), FAR)
    gone_at = opened_at + _part(started_at - opened_at, dice[5])
    luck = rng.random(len(whole))
    return Life(
        np.where(visited & (closes | (luck > NEVER_ACCEPTED)), accepted_at, NEVER),
        np.where(visited & (closes | (luck > NEVER_STARTED)), started_at, NEVER),
        np.where(closes, closed_at, NEVER), outcome, np.where(noticed, reopened_at, NEVER),
        np.where(noticed, end, NEVER), np.where(vanished, gone_at, fixed_at), false, vanished,
    )


def _part(whole: Integers, share: Floats) -> Integers:
    """Return a share of each span, in whole seconds."""
    return (whole * share).astype(np.int64) // SECOND * SECOND


def _steps(
    opened_at: Integers, whole: Integers, closed_at: Integers, course: Course, wall: Wall,
    rng: np.random.Generator,
) -> tuple[Integers, Integers]:
    """Return when each was accepted and started: in office hours where the course leaves room for it."""
    ease = rng.random(len(whole))
    accepted, started = (opened_at + _part(whole, part) for part in (course.accepted, course.started))
    moved = started + to_office(wall.shown(started), ease)
    middle = opened_at + _part(whole, (course.accepted + course.started) / 2)
    started = np.where((moved > middle) & (moved < closed_at), moved, started)
    moved = accepted + to_office(wall.shown(accepted), ease)
    return np.where((moved > opened_at) & (moved < middle), moved, accepted), started


def _outcome(closes: Flags, surely: Flags, duplicate: Flags, rng: np.random.Generator) -> Integers:
    edges = np.cumsum(list(ENDS.values()))
    which = np.searchsorted(edges, rng.random(len(closes)), side="right")
    outcome = np.asarray([*ENDS, FIXED])[which]
    outcome[surely] = FIXED
    outcome[duplicate] = DUPLICATE
    return np.where(closes, outcome, -1)


def _fixed_at(
    started_at: Integers, reopened_at: Integers, end: Integers, false: Flags, noticed: Flags, dice: Floats,
    rng: np.random.Generator,
) -> Integers:
    """Return when the problems of reports closed as fixed were fixed indeed; FAR where they never are.

    end    of the report: its final closing
    """
    # Mostly shortly before the closing: a crew tells when it is done.
    honest = started_at + _part(end - started_at, dice**0.2)
    at_last = reopened_at + _part(end - reopened_at, dice)
    days = LATER_DAYS * rng.lognormal(0, LATER_SPREAD, len(end))
    later = end + (days * 24).astype(np.int64) * HOUR + HOUR
    later = np.where(rng.random(len(end)) < LATER_FIXED, later, FAR)
    return np.where(false, np.where(noticed, at_last, later), honest)
