"""The fields of the city's settings: what of a row of its folder they show, and the row that is typed.

A field is named by its key in the row: "contact.phone", "name.es", "option.2.words.es". A page shows a row
and reads a row, so that what was typed is what is shown again, also where it cannot be meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from civicconnect.city import Row, copy_of

MOST_ROWS = 60  # options of a question, promises of a service
SPARE = 2  # empty rows at the end, to be filled in
NUMBER = re.compile(r"\d{1,9}([.,]\d{1,6})?")
BETWEEN = re.compile(r"[,;،、\n]+")
DAY = re.compile(r"(\d{4}-\d{2}-\d{2})[ ,:]*(.*)")


@dataclass(frozen=True)
class Field:
    """One thing that can be set. `options`: what is chosen from, or the name of a list of the city's own."""

    path: str
    kind: str
    label: str
    hint: str = ""
    options: tuple[tuple[str, str], ...] | str = ()
    usual: Any = ""  # what a row says that leaves it out
    inner: tuple[Field, ...] = ()  # of the kind "rows": the fields of each
    against: str = ""  # of a colour: what it is read against

    @property
    def is_by_language(self) -> bool:
        """Say whether there is one field for each language."""
        return self.kind in BY_LANGUAGE

    def inside(self, number: int) -> tuple[Field, ...]:
        """Return the fields of one of its rows."""
        return tuple(replace(one, path=f"{self.path}.{number}.{one.path}") for one in self.inner)


Form = tuple[Field, ...]
Languages = tuple[str, ...]


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """Return what stands under "contact.phone"; None where nothing does."""
    value: Any = row
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _put(row: Row, path: str, value: Any) -> None:
    """Write a value under "contact.phone"; None takes it out, and with the last one the table around it."""
    key, _dot, rest = path.partition(".")
    if rest:
        inner = row.get(key)
        inner = inner if isinstance(inner, dict) else {}
        _put(inner, rest, value)
        value = inner or None
    if value is None:
        row.pop(key, None)
    else:
        row[key] = value


def _line(text: str) -> str | None:
    return text.strip() or None


def _text(text: str) -> str | None:
    return text.replace("\r\n", "\n").strip() or None


def _number(text: str) -> int | float | str | None:
    text = text.strip()
    if not NUMBER.fullmatch(text):
        return text or None
    return float(text.replace(",", ".")) if not text.isdecimal() else int(text)


def _whole(text: str) -> int | str | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else text or None


def _yes(text: str) -> bool | None:
    return True if text else None


def _list(text: str) -> list[str] | None:
    return [word.strip() for word in BETWEEN.split(text) if word.strip()] or None


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _days(text: str) -> list[Any] | None:
    """Read a day a line, each perhaps with its name: "2026-08-17 Harbour Day"."""
    found: list[Any] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        parts = DAY.fullmatch(line)
        day, name = (_day(parts[1]), parts[2].strip()) if parts else (line, "")
        found.append({"day": day, "name": name} if name else day)
    return found or None


def _days_told(value: Any) -> str:
    rows = value if isinstance(value, list) else []
    return "\n".join(f"{row['day']} {row.get('name', '')}".strip() if isinstance(row, Mapping) else str(row)
                     for row in rows)


def _when(text: str) -> dict[str, str] | None:
    question, _sign, option = text.partition("=")
    return {"question": question, "option": option} if text else None


def _when_told(value: Any) -> str:
    return f"{value.get('question')}={value.get('option')}" if isinstance(value, Mapping) else ""


def _told(value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None or value is False else str(value)


def _list_told(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else _told(value)


# kind: how it is read, how it is shown. None is left out of the row.
KINDS: dict[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    "line": (_line, _told), "code": (_line, _told), "text": (_text, _told), "choice": (_line, _told),
    "moment": (_line, _told), "colour": (_line, _told), "number": (_number, _told),
    "whole": (_whole, _told), "yes": (_yes, _told),
    "list": (_list, _list_told), "days": (_days, _days_told), "when": (_when, _when_told),
    "words": (_line, _told), "long_words": (_text, _told), "keywords": (_list, _list_told),
}
BY_LANGUAGE = {"words", "long_words", "keywords"}


def show(form: Form, row: Mapping[str, Any], languages: Languages) -> dict[str, str]:
    """Return what stands in each input for a row: {"name.es": "Bache"}."""
    return dict(pair for field in form for pair in _shown(field, row, languages))


def _shown(field: Field, row: Mapping[str, Any], languages: Languages) -> Iterator[tuple[str, str]]:
    value = value_at(row, field.path)
    if field.kind == "rows":
        rows = value if isinstance(value, list) else []
        for number in range(len(rows) + SPARE):
            inner = rows[number] if number < len(rows) else {}
            yield f"{field.path}.{number}.place", str(number + 1)
            for name, told in show(field.inner, inner, languages).items():
                yield f"{field.path}.{number}.{name}", told
    elif field.is_by_language:
        words = value if isinstance(value, Mapping) else {}
        for language in languages:
            yield f"{field.path}.{language}", KINDS[field.kind][1](words.get(language))
    else:
        yield field.path, KINDS[field.kind][1](field.usual if value is None else value)


def read(form: Form, typed: Mapping[str, str], row: Mapping[str, Any], languages: Languages) -> Row:
    """Return a row with what was typed in place of what stood there; what no field is for stays."""
    found = copy_of(row)
    for field in form:
        if field.kind == "rows":
            _put(found, field.path, _rows(field, typed, value_at(row, field.path) or [], languages) or None)
        elif field.is_by_language:
            for language in languages:
                name = f"{field.path}.{language}"
                if name in typed:
                    _put(found, name, KINDS[field.kind][0](typed[name]))
        elif field.path in typed or field.kind == "yes":
            value = KINDS[field.kind][0](typed.get(field.path, ""))
            _put(found, field.path, None if value == field.usual else value)
    if "code" not in found and any(field.kind == "code" for field in form):
        _put(found, "code", _code_from(value_at(found, "name") or value_at(found, "words"), languages))
    return found


def _code_from(words: Any, languages: Languages) -> str | None:
    """Return a code made of the first language's words: "Street lamp" gives "street-lamp"."""
    said = words.get(languages[0], "") if isinstance(words, Mapping) else ""
    plain = unicodedata.normalize("NFKD", said.casefold()).encode("ascii", "ignore").decode()
    return "-".join(re.findall("[a-z0-9]+", plain))[:40].strip("-") or None


def _rows(field: Field, typed: Mapping[str, str], before: list[Row], languages: Languages) -> list[Row]:
    """Return the rows typed, in the order of their places; one that is empty or crossed out is gone."""
    found: list[tuple[float, int, Row]] = []
    for number in range(MOST_ROWS):
        head = f"{field.path}.{number}."
        given = {name.removeprefix(head): text for name, text in typed.items() if name.startswith(head)}
        place = _number(given.pop("place", ""))
        if given.pop("gone", "") or not any(text.strip() for text in given.values()):
            continue
        known = next((row for row in before if row.get("code", 0) == given.get("code")), {})
        row = read(field.inner, given, known, languages)
        found.append((place if isinstance(place, int | float) else MOST_ROWS, number, row))
    return [row for _place, _number_, row in sorted(found, key=lambda one: one[:2])]


def beside(form: Form, shown: Mapping[str, str], path: str) -> str:
    """Return the input that a fault of a row's key belongs to, or its rows; "" where there is none."""
    if any(field.kind == "rows" and field.path == path for field in form):
        return path
    inside = next((name for name in shown if name.startswith(f"{path}.")), "")
    while path and path not in shown:
        path = path.rpartition(".")[0]
    return path or inside
