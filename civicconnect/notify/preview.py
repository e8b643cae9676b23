"""Who would be told of a step and what they would read, before it is taken."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from civicconnect.catalog import catalog, direction
from civicconnect.db import Db
from civicconnect.notify.deliveries import letter_about, told_of
from civicconnect.notify.layout import plain
from civicconnect.notify.letters import Letter
from civicconnect.reports import Follower, Report

ROLES = ("sent", "affected", "follows")
OWN_LINK = "…"  # in place of an address that only whoever gets the letter may know


@dataclass(frozen=True)
class Told:
    """People who get the same letter.

    role       why they get it: sent, affected, follows
    subject    in their language, as are the words
    """

    language: str
    direction: str
    role: str
    people: int
    subject: str
    words: str


def preview(db: Db, report: Report, verb: str) -> list[Told]:
    """Return the letters that follow from a report's newest event, as they will be sent, and to how many.

    To be asked in a `rehearsal` in which the step was taken: what is shown is made by what sends it. It tells
    neither an address nor a link that only its owner has.
    """
    offer = catalog(db)
    alike: dict[tuple[str, str], list[Follower]] = defaultdict(list)
    for one in told_of(db, report.number, verb):
        alike[one.language, one.role].append(one)
    found = []
    for language, role in sorted(alike, key=lambda pair: (pair[0], ROLES.index(pair[1]))):
        people = alike[language, role]
        letter = letter_about(db, offer, report, people[0], report.events)
        if letter is not None:
            subject = " ".join(letter.subject.split())
            found.append(Told(language, direction(language), role, len(people), subject,
                              plain(_blank(letter))))
    return found


def _blank(letter: Letter) -> Letter:
    """Return a letter without the links that are its reader's own."""
    return replace(letter, stop=OWN_LINK if letter.stop else "",
                   buttons=tuple(replace(button, address=OWN_LINK) for button in letter.buttons))
