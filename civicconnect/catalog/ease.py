"""How hard words are to read: a hint for whoever writes them, by counting. It never refuses anything."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_WORDS = 25  # in a sentence; what a reader holds in mind at once, as plain-language guides have it
MOST_SIGNS = 60  # in a sentence of a script that writes no blanks between words
LONG = 7  # letters from which LIX counts a word as long
HARD_LIX = 50  # Björnsson 1968: 40 is a newspaper, 50 a report, 60 a law
FEWEST_WORDS = 12  # below that a share of long words says nothing
NO_BLANKS = ("zh", "ja", "th")
ENDS = re.compile(r"[.!?؟。！？।۔…]+|\n{2,}")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
IN_BRACES = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Ease:
    """What was counted.

    longest    words in the longest sentence, or signs where words are not told apart
    lix        words a sentence + 100 x long words / words, in English alone; 0 where nothing is said by it
    """

    longest: int
    lix: float
    is_signs: bool

    @property
    def is_long(self) -> bool:
        return self.longest > (MOST_SIGNS if self.is_signs else MOST_WORDS)

    @property
    def is_hard(self) -> bool:
        return self.is_long or self.lix > HARD_LIX


def ease(said: str, language: str) -> Ease:
    """Count how hard words are to read in a language.

    source    LIX: C. H. Björnsson, Läsbarhet, 1968. Fitted to languages of Latin script with short words;
              of the city's languages only English is measured by it, the others by their sentences.
    """
    # An address may end in a dot and a number: what is put in counts as one word.
    sentences = [part for part in ENDS.split(IN_BRACES.sub("name", said)) if part.strip()]
    if language.partition("-")[0] in NO_BLANKS:
        signs = [sum(c.isalpha() for c in part) for part in sentences]
        return Ease(max(signs, default=0), 0.0, is_signs=True)
    counts = [WORD.findall(part) for part in sentences]
    every = [word for words in counts for word in words]
    lix = 0.0
    if language == "en" and len(every) >= FEWEST_WORDS:
        long = sum(len(word) >= LONG for word in every)
        lix = len(every) / len(sentences) + 100 * long / len(every)
    return Ease(max(map(len, counts), default=0), lix, is_signs=False)
