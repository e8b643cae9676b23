"""What may be personal in somebody's words, pointed out before everybody reads it. Never a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

EMAIL = re.compile(r"[^\s@<>()\[\],;:]{1,64}@[^\s@<>()\[\],;:]{1,200}\.[^\W\d_]{2,}")
# Seven digits and more, with what people put between them; not a date, not a figure with decimals.
PHONE = re.compile(r"(?<![\w.,])\+?\d[\d\s()/.\-]{5,40}\d(?![\w])")
DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
FIGURE = re.compile(r"\d{1,3}(\.\d{3})+")
# Two groups of capitals and figures, or three: AB-123-CD, 12-ABC-3, ABC 1234.
PLATE = re.compile(r"(?<!\w)([A-Z]{1,3}[ \-]?\d{2,4}[ \-]?[A-Z]{0,3}"
                   r"|\d{2,4}[ \-]?[A-Z]{2,3}[ \-]?\d{0,2})(?!\w)")
FEWEST_DIGITS = 7
LONGEST = 4000  # characters that are looked at: no report holds more
# How people say who they are, and what stands before a name, in the languages of the pages.
I_AM = ("my name is", "i am called", "me llamo", "mi nombre es", "chamo-me", "me chamo", "o meu nome é",
        "je m'appelle", "mon nom est", "меня зовут", "nazywam się", "mwen rele", "non mwen se", "اسمي",
        "আমার নাম", "میرا نام", "我叫", "我的名字是", "제 이름은")
TITLES = ("Mr", "Mrs", "Ms", "Dr", "Sr", "Sra", "Señor", "Señora", "Senhor", "Senhora", "Monsieur", "Madame",
          "Mme", "Господин", "Госпожа", "Pan", "Pani", "السيد", "السيدة")
NAME = r"[.:\s]*(\w[\w'’\-]*(?:\s[A-ZÀ-ÞА-Я][\w'’\-]*)?)"
SAYS_I_AM = re.compile(rf"(?<!\w)(?i:{'|'.join(map(re.escape, I_AM))}){NAME}")
CALLED = re.compile(rf"(?<!\w)(?:{'|'.join(TITLES)})(?!\w)(?=[.\s]+[^\Wa-zß-ÿа-я]){NAME}")


@dataclass(frozen=True)
class Likely:
    """Something that may be personal: email, phone, plate or name, and the very words."""

    kind: str
    words: str


def personal(text: str, name: str = "") -> list[Likely]:
    """Return what may be personal in a text, in its order, each once.

    name    what the person gave as theirs, which should not stand in the text either
    """
    found = sorted(_found(text[:LONGEST], name.strip()), key=lambda one: one[0])
    return list(dict.fromkeys(likely for _, likely in found))


def _found(text: str, name: str) -> Iterator[tuple[int, Likely]]:
    for match in EMAIL.finditer(text):
        yield match.start(), Likely("email", match.group())
    for match in PHONE.finditer(text):
        said = match.group().strip()
        is_other = DATE.fullmatch(said) or FIGURE.fullmatch(said)
        if sum(c.isdigit() for c in said) >= FEWEST_DIGITS and not is_other:
            yield match.start(), Likely("phone", said)
    for match in PLATE.finditer(text):
        yield match.start(), Likely("plate", match.group())
    for pattern in (SAYS_I_AM, CALLED):
        for match in pattern.finditer(text):
            yield match.start(1), Likely("name", match.group(1))
    if len(name) > 2 and (at := re.search(re.escape(name), text, re.IGNORECASE)):
        yield at.start(), Likely("name", at.group())
