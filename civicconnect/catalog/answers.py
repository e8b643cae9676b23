"""A resident's answers, checked against the questions and frozen with their words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from civicconnect.catalog.book import Question, Service, chosen, words
from civicconnect.errors import Invalid, Sentence

LONGEST = 500
SEPARATOR = "; "  # between the options of one answer, in words
CHOOSE = Sentence("Choose one of these.")
# One decimal mark, and no other: half the world writes "3,5", and what sets thousands apart could be either.
NUMBER = re.compile(r"(\d*)[.,\u066b]?(\d*)")


@dataclass(frozen=True)
class Answer:
    """What was asked and answered, in the words the resident saw."""

    code: str
    value: str  # the option's code, the number as "3.5", or the text
    question: str
    answer: str

    @property
    def kept(self) -> dict[str, str]:
        """Return it as it is stored."""
        return {"code": self.code, "value": self.value, "question": self.question, "answer": self.answer}


def answers(service: Service, given: Mapping[str, str], language: str) -> tuple[Answer, ...]:
    """Check the answers to a service's questions, or raise Invalid for `answer-<code>`.

    An answer to a question that the others leave out is left out too. Where the city takes no report
    with such answers, Invalid says in its words what to do instead.
    """
    found, faults = [], {}
    stopper = service.stopped(given)
    if stopper:
        where = f"answer-{stopper.when.question}" if stopper.when else "service"
        told = (words(stopper.words, language), stopper.phone, stopper.link)
        faults[where] = [" ".join(filter(None, told))]
    for question in service.asked(given):
        if question.kind == "notice":
            continue
        value = given.get(question.code, "").strip()
        if not value and not question.required:
            continue
        fault = _fault(question, value)
        if fault:
            faults.setdefault(f"answer-{question.code}", [fault])
            continue
        if question.kind == "number":
            value = _number(value)
        asked = words(question.words, language)
        found.append(Answer(question.code, value, asked, said(question, value, language)))
    if faults:
        raise Invalid(faults)
    return tuple(found)


def said(question: Question, value: str, language: str) -> str:
    """Return an answer in words: the options' own where it was chosen from some."""
    options = {code: words(w, language) for code, w in question.options}
    if question.kind == "several_of":
        return SEPARATOR.join(options.get(code, code) for code in chosen(value))
    return options.get(value, value)


def _fault(question: Question, value: str) -> str:
    if not value:
        return CHOOSE if question.options else Sentence("Answer this question.")
    if len(value) > LONGEST:
        return Sentence("Use at most %(most)s characters.", most=LONGEST)
    if question.kind == "one_of" and value not in dict(question.options):
        return CHOOSE
    if question.kind == "several_of" and not set(chosen(value)) <= set(dict(question.options)):
        return CHOOSE
    if question.kind == "date" and not _is_day(value):
        return Sentence("Give the day, like 2026-11-30.")
    if question.kind == "number" and not _number(value):
        return Sentence("Write a number, for example 3.")
    return ""


def _number(text: str) -> str:
    """Return a number in its one spelling, "3.5", from "3,5" or "٣٫٥"; "" where it is none."""
    match = NUMBER.fullmatch(text)
    if not match or not any(match.groups()):
        return ""
    whole, part = ("".join(str(unicodedata.decimal(figure)) for figure in figures)
                   for figures in match.groups())
    return f"{whole or 0}.{part}" if part else whole


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
