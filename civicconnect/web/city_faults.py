"""What a check of the city says, in the language of the page and beside the field it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from civicconnect import city
from civicconnect.city import Spot
from civicconnect.errors import Invalid, Sentence
from civicconnect.web import language
from civicconnect.web.city_fields import Form, beside
from civicconnect.web.photos import Faults

MOST_ELSEWHERE = 12


def _at_most(found: re.Match[str]) -> Sentence:
    return Sentence("Use at most %(most)s characters.", most=found[1])


TOLD: tuple[tuple[str, Callable[[re.Match[str]], Sentence]], ...] = (
    ("no words in '(.+)'", lambda m: Sentence("Write it in %(language)s too.", language=language.name(m[1]))),
    ("Missing data|Shorter than minimum|Field may not be null", lambda _: Sentence("Fill this in.")),
    (r"Longer than maximum length (\d+)", _at_most),
    (r"Length must be between 1 and (\d+)", _at_most),
    ("the code stands twice", lambda _: Sentence("This code is taken. Choose another.")),
    ("A code is lower case", lambda _: Sentence("Use small letters, digits, hyphens and _.")),
    ("it ends before it begins", lambda _: Sentence("It ends before it begins.")),
    ("Write a colour as", lambda _: Sentence("Write a colour as #0b5a6f.")),
    (r"(#\w+) has a contrast of ([\d.]+) to 1", lambda m: Sentence(
        "%(colour)s has a contrast of %(found)s to 1; words need 4.5 to 1. Choose a darker one.",
        colour=m[1], found=m[2])),
    (r"Write an address that begins with https://\.", lambda _: Sentence(
        "Write an address that begins with https://.")),
    ("Write an e-mail address", lambda _: Sentence("Write an e-mail address like name@example.com.")),
    ("Write an address that begins", lambda _: Sentence(
        "Write an address that begins with https:// or with /.")),
    (".* is no time on the city's clock", lambda _: Sentence("Write day and time like 2026-12-01 08:00.")),
    ("'(.*)' is no day", lambda m: Sentence("“%(typed)s” is no day. Write one as 2026-12-24.", typed=m[1])),
    ("Write a day as", lambda _: Sentence("Write a day as 2026-12-24, one a line.")),
    (r".*a day stands twice, (\S+);", lambda m: Sentence("%(day)s stands there twice.", day=m[1])),
    (r"(\S+) stands under 'closed' as well", lambda m: Sentence(
        "%(day)s is among the closed days as well. Keep one of them.", day=m[1])),
    ("'(.*)' is no opening time", lambda m: Sentence(
        "“%(typed)s” is no opening time. Write one as 08:00-17:00.", typed=m[1])),
    ("week: Give seven", lambda _: Sentence("Open on at least one day.")),
    ("week: ", lambda _: Sentence("Put the hours in order, without overlap, from 00:00 to 24:00.")),
    ("holidays: ", lambda _: Sentence(
        "No public holidays are known for it. Write a country as CH, or its part as CH-ZH.")),
    ("zone: |.* is no time zone", lambda _: Sentence("This is no time zone. Write one as Europe/Zurich.")),
    (".* needs options", lambda _: Sentence("Add the options to choose from.")),
    ("a notice asks nothing", lambda _: Sentence("Nothing is asked here, so nothing can be required.")),
    ("Not a valid|Special numeric", lambda _: Sentence("Write a number.")),
    ("A promise is more than 0", lambda _: Sentence("A promise is more than 0 and at most 50000 hours.")),
    ("promised twice", lambda _: Sentence("Promised twice for the same priority and area. Keep one.")),
    ("no question", lambda _: Sentence(
        "No question before this one has this option. Choose another, or none.")),
    ("From 0 to 5 photos", lambda _: Sentence("From 0 to 5 photos.")),
    ("Keep contact details", lambda _: Sentence("Keep contact details for 1 day to 100 years.")),
    ("Write a language by its code", lambda _: Sentence("Write a language by its code, as en.")),
    ("'(.*)' stands twice", lambda m: Sentence("“%(typed)s” stands there twice.", typed=m[1])),
    ("a logo has at most 100 KB", lambda _: Sentence("A logo has at most 100 KB. Make it smaller.")),
    ("it holds a script", lambda _: Sentence("It holds a script or entities. Save it as plain SVG.")),
    ("this is no PNG", lambda _: Sentence("This is no PNG picture.")),
    ("this is no SVG|not UTF-8", lambda _: Sentence("This is no SVG drawing. Save it as plain SVG.")),
    ("holds the character NUL", lambda _: Sentence(
        "It holds a character that nobody can type. Take it out.")),
)


def worded(sentence: str) -> str:
    """Return what a check said so that it can be translated, where we know it; else as it stands."""
    for pattern, make in TOLD:
        found = re.match(pattern, sentence)
        if found:
            return make(found)
    return sentence


def placed(
    fault: Invalid, spot: Spot, whole: Mapping[str, Any], form: Form, shown: Mapping[str, str]
) -> Faults:
    """Return the faults by input; "form" for what stands elsewhere in the city because of the change."""
    others = {name: sentences for name, sentences in fault.fields.items() if name != "folder"}
    found = city.sorted_out(fault.fields.get("folder", ()), spot, whole)
    faults: Faults = {}
    for path, sentences in found.beside.items():
        name = beside(form, shown, path) or "form"
        said = faults.setdefault(name, [])
        said += [words for words in map(worded, sentences) if words not in said]
    if found.elsewhere:
        faults.setdefault("form", []).extend(found.elsewhere[:MOST_ELSEWHERE])
        if len(found.elsewhere) > MOST_ELSEWHERE:
            faults["form"].append(Sentence("And %(count)s more of this kind.",
                                           count=len(found.elsewhere) - MOST_ELSEWHERE))
    return {name: faults[name] for name in ("form", *shown) if name in faults} | faults | others
