"""What a department writes when it closes a report, as long as such notes are, and what slips into them."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

from civicconnect.simulate.day import OUTCOMES

# How long the notes of the fitted record are: a tenth up to 25 characters, half up to 55, nine tenths
# up to 101, all but a hundredth up to 276. So of four lengths, this share of each.
LENGTHS = (0.15, 0.5, 0.32, 0.03)
EDGES = tuple(accumulate(LENGTHS))
# Invented people, the numbers set aside for fiction, and a host that belongs to nobody.
FIRST = ("Alma", "Bruno", "Cleo", "Dario", "Edda", "Felix", "Greta", "Hugo")
LAST = ("Ashgrove", "Birchall", "Cobbleton", "Dunmere", "Elmsworth", "Fernhill", "Garrowby")
LEAKS = (" Done by {first} {last}.", " Call {first} {last} at 555-01{two:02d}.",
         " Write to {mail}@example.org.", " Spoke with {first} {last}, {mail}@example.org, 555-01{two:02d}.")


def note(outcome: int, dice: float) -> str:
    """Return a closing note for an outcome, an index into OUTCOMES.

    dice    0..1, which decides how long it is
    """
    length = bisect_right(EDGES, dice)
    texts = _notes()[OUTCOMES[outcome]]
    return texts[length] if length < len(texts) else f"{texts[-1]} {_notes()['more'][0]}"


def leak(dice: Sequence[int]) -> str:
    """Return what should not stand in a note: a name, a telephone number, an e-mail address.

    dice    four whole numbers, 0 or more
    """
    first, last = FIRST[dice[0] % len(FIRST)], LAST[dice[1] % len(LAST)]
    mail = f"{first[0]}.{last}".lower()
    return LEAKS[dice[2] % len(LEAKS)].format(first=first, last=last, mail=mail, two=dice[3] % 100)


@cache
def _notes() -> Mapping[str, Sequence[str]]:
    return tomllib.loads(Path(__file__).with_name("notes.toml").read_text(encoding="utf-8"))
