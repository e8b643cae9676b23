"""What a rule may ask for, and what it is asked about: plain values, and whether one holds of the other."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from civicconnect.catalog import Catalog, chosen
from civicconnect.errors import Sentence
from civicconnect.geo import Nearby

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# How a report may come in, as it is kept with it.
SOURCES = ("web", "app", "call", "counter", "email", "letter", "partner", "crew", "social", "staff",
           "unknown")
LONGEST_REACH = 1000  # metres
SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]|24):([0-5]\d)")
WHOLE_DAY = 24 * 60
Options = Mapping[str, Collection[str]]  # option codes by question


@dataclass(frozen=True)
class Near:
    """The nearest thing of a layer lies within reach, and belongs to an owner; "": to whomever."""

    layer: str
    metres: float
    owner: str = ""


@dataclass(frozen=True)
class Case:
    """What is known of a report when it is decided who answers it.

    areas    "layer:code" of the place
    wall     when it came in, on the city's clock: "2026-12-01 08:00"
    near     the nearest thing of each layer that some rule asks for
    """

    service: str
    areas: Collection[str] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    priority: str = "normal"
    source: str = "web"
    wall: str = ""
    near: Mapping[str, Nearby] = field(default_factory=dict)

    @cached_property
    def day(self) -> str:
        return DAYS[date.fromisoformat(self.wall[:10]).weekday()] if self.wall else ""

    @cached_property
    def minute(self) -> int:
        """Return the minute of the day; -1 where no time is known."""
        return int(self.wall[11:13]) * 60 + int(self.wall[14:16]) if self.wall else -1


@dataclass(frozen=True)
class World:
    """What there is in a city that a rule may name.

    questions    by service: its questions that offer a choice, with the codes of their options
    layers       by layer of things: who owns any
    """

    departments: Collection[str]
    questions: Mapping[str, Options]
    areas: frozenset[str]  # "layer:code"
    layers: Mapping[str, Collection[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, offer: Catalog, areas: frozenset[str], layers: Mapping[str, Collection[str]]) -> World:
        """Return the world of a city as its catalogue and its ground stand."""
        questions = {
            code: {q.code: frozenset(o for o, _ in q.options) for q in service.questions if q.options}
            for code, service in offer.services.items()}
        return cls(frozenset(offer.departments), questions, areas, layers)

    def asks(self, services: Collection[str], question: str, option: str) -> bool:
        """Say whether one of some services, of all where none is named, offers this answer."""
        return any(option in self.questions.get(code, {}).get(question, ())
                   for code in services or self.questions)


@dataclass(frozen=True)
class Fault:
    """What a rule names that is not there.

    what     one of FAULTS
    value    what it names
    """

    what: str
    value: str = ""

    @property
    def sentence(self) -> Sentence:
        words = FAULTS.get(self.what, FAULTS["unreadable"])
        question, _, option = self.value.partition("=")
        return Sentence(words, value=self.value, question=question, option=option, most=LONGEST_REACH)


FAULTS = {
    "department": "No department is called '%(value)s'.",
    "service": "No service is called '%(value)s'.",
    "area": "No area is called '%(value)s'; write layer:code.",
    "answer": "No service of its asks '%(question)s' with the option '%(option)s'.",
    "layer": "There is no layer of things called '%(value)s'.",
    "owner": "Nothing in that layer belongs to '%(value)s'.",
    "reach": "A distance is 1 to %(most)s metres, not '%(value)s'.",
    "hours": "Write a time as 22:00-06:00, not '%(value)s'.",
    "day": "A day is one of mon, tue, wed, thu, fri, sat, sun, not '%(value)s'.",
    "source": "No report comes in by '%(value)s'.",
    "priority": "A priority is one of low, normal, high, urgent, not '%(value)s'.",
    "unreadable": "Its conditions cannot be read.",
}


def is_span(text: str) -> bool:
    """Say whether a text is a span of the day, as 22:00-06:00; 24:00 is its end."""
    found = SPAN.fullmatch(text)
    return found is not None and not (found[3] == "24" and found[4] != "00") and text[:5] != text[6:]


def span(text: str) -> tuple[int, int]:
    """Return the minutes of the day at which a span begins and ends."""
    begins, ends = text.split("-")
    return _minute(begins), _minute(ends)


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def minutes(spans: Collection[str]) -> frozenset[int]:
    """Return every minute of the day that some span holds; one that ends earlier goes over midnight."""
    found: set[int] = set()
    for begins, ends in map(span, spans):
        found |= set(range(begins, ends)) if begins < ends else {*range(begins, WHOLE_DAY), *range(ends)}
    return frozenset(found)


def answered(asked: Options, given: Mapping[str, str]) -> bool:
    """Say whether every question asked for was answered with one of its options."""
    return all(not options.isdisjoint(chosen(given.get(question, "")))
               for question, options in ((q, frozenset(o)) for q, o in asked.items()))
