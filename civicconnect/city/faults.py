"""The sentences of a check, each put beside what it is about: a row that somebody has just changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from civicconnect.city.book import FILES, Spot
from civicconnect.tables import row_name

KEY = re.compile(r"(?:, key '(?P<key>[^']*)')?: (?P<words>.*)", re.DOTALL)
LANGUAGE = re.compile(r"no words in '([^']+)'")
# Of a sentence about a whole row: what it is about, told by its words.
ABOUT = (
    ("the code stands twice", "code"), ("no department is called", "department"),
    ("no group is called", "group"), ("no calendar is called", "calendar"), ("needs options", "option"),
    ("a notice asks nothing", "required"), ("promised twice", "hours"), ("it ends before it begins", "ends"),
    ("no area is called", "area"), ("holidays:", "holidays"), ("zone:", "zone"),
    ("week: Give seven", "hours.mon"), ("week: Mon", "hours.mon"), ("week: Tue", "hours.tue"),
    ("week: Wed", "hours.wed"),
    ("week: Thu", "hours.thu"), ("week: Fri", "hours.fri"), ("week: Sat", "hours.sat"),
    ("week: Sun", "hours.sun"),
)
INSIDE = ("question", "stopper", "option", "banner", "layer")


@dataclass
class Faults:
    """What is wrong: beside a row's own keys, and elsewhere because of it."""

    beside: dict[str, list[str]] = field(default_factory=dict)  # by "name.es", "option.0.code"
    elsewhere: list[str] = field(default_factory=list)


def sorted_out(sentences: Iterable[str], spot: Spot, row: Mapping[str, Any]) -> Faults:
    """Put each sentence of `check` beside the key it is about.

    spot    the row that was changed, by its code as it is now, or else by its place from 1; for one within
            another, (…, ("question", "size")); a banner is within the city
    row     the whole row of the file as it was checked: the service, with its questions; all of city.toml
    """
    found = Faults()
    for sentence in sentences:
        path, words = _placed(sentence, spot[0], row)
        inner = _inner(spot, row)
        if path is not None and path.startswith(inner):
            found.beside.setdefault(path.removeprefix(inner), []).append(words)
        else:
            found.elsewhere.append(sentence)
    if found.beside and spot[0][0] != "city":
        # A row that cannot be read is not there for the others, which then miss it: that is no second fault.
        found.elsewhere = []
    return found


def _inner(spot: Spot, row: Mapping[str, Any]) -> str:
    """Return the path from a file's row to the row within it: "question.2."."""
    path = ""
    for kind, name in spot[1:]:
        rows = row.get(kind, [])
        place = next((n for n, one in reversed(list(enumerate(rows))) if _called(kind, n, one) == name),
                     len(rows) - 1)
        path, row = f"{path}{kind}.{place}.", rows[place]
    return path


def _placed(sentence: str, whole: tuple[str, str], row: Mapping[str, Any]) -> tuple[str | None, str]:
    kind, name = whole
    file = FILES[kind]
    if kind == "promise":
        for number, one in reversed(list(enumerate(row.get("promise", ())))):
            head = f"{file}, [[promise]] {row_name(one, number + 1)}"
            if _begins(sentence, head):
                return _read(sentence[len(head):], {}, f"promise.{number}.")
        return None, sentence
    head = file if kind == "city" else f"{file}, [[{kind}]] {name}"
    return _read(sentence[len(head):], row, "") if _begins(sentence, head) else (None, sentence)


def _begins(sentence: str, head: str) -> bool:
    return sentence.startswith(head) and sentence[len(head):len(head) + 1] in (",", ":")


def _read(rest: str, row: Mapping[str, Any], path: str) -> tuple[str | None, str]:
    """Return (path, words) of what is left of a sentence: ", question size, key 'words': no words …"."""
    for head, deeper, inner in _heads(row):
        if _begins(rest, head):
            return _read(rest[len(head):], inner, f"{path}{deeper}.")
    found = KEY.fullmatch(rest)
    if not found:
        return None, rest
    key, words = found["key"] or "", found["words"]
    if not key:
        key = next((about for said, about in ABOUT if said in words), "")
    language = LANGUAGE.match(words)
    if language:
        key = ".".join(filter(None, (key or "words", language[1])))
    return path + key.removesuffix(".value").removesuffix(".key"), words


def _heads(row: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield how a sentence names each row within a row, its path, and the row itself; the last ones first."""
    for kind in INSIDE:
        for number, inner in reversed(list(enumerate(row.get(kind, ())))):
            name = _called(kind, number, inner)
            head = f", [[{kind}]] {name}" if kind in ("banner", "layer") else f", {kind} {name}"
            yield head, f"{kind}.{number}", inner
    if "storm" in row:
        yield ", [storm]", "storm", row["storm"] if isinstance(row["storm"], dict) else {}


def _called(kind: str, number: int, row: Mapping[str, Any]) -> str:
    return str(number + 1) if kind in ("stopper", "banner") else str(row.get("code"))
