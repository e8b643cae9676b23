"""Which property of a boundary file is an area's code, and which its name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from civicconnect.history.profile import several

Given = Mapping[str, str | tuple[str, ...]]  # {"code": properties, "name": properties} to look for
# Properties that number the rows of a table, measure a shape or lead somewhere: none is a code.
NO_CODE = re.compile(r"(objectid|objid|fid|gid|ogcfid|globalid|acres|perimeter|area|length)\d*"
                     r"|(shape|geom|bbox).*|.*(url|uri|website|slug)")
NAMED = ("name", "label", "title", "nom", "nombre", "bezeichnung")


def find_properties(rows: Sequence[Mapping[str, Any]], given: Given) -> tuple[str, str]:
    """Return which property is the code and which the name: the ones given, else the likeliest."""
    have = list(dict.fromkeys(key for row in rows for key in row))
    code, name = (next((p for p in several(given.get(word, "")) if p in have), "")
                  for word in ("code", "name"))
    texts = {key: [text_of(row.get(key)) for row in rows] for key in have}
    unique = _telling({key: values for key, values in texts.items() if _is_plain(key, values)})
    code = code or min(unique, key=lambda key: _length(texts[key]), default="")
    name = name or max(unique, key=lambda key: (_is_named(key), _wordiness(texts[key])), default="") or code
    return code, name


def _telling(texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the properties that tell the areas apart; row numbers only where nothing else does.

    An area may be drawn in several pieces, each a feature with the same code.
    """
    kinds = {key: len(set(values)) for key, values in texts.items() if all(values)}
    many = {key: n for key, n in kinds.items() if n * 2 > len(texts[key])}
    chosen = {key: n for key, n in many.items() if not _counts_rows(texts[key])} or many
    return [key for key, n in chosen.items() if n == max(chosen.values())]


def text_of(value: Any) -> str:
    """Return a property as words; "" for what is no single value."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else " ".join(str(value).split())


def _is_plain(key: str, values: Sequence[str]) -> bool:
    """Say whether a property can name an area: short words or a figure, no measure and no address."""
    squeezed = "".join(c for c in key.lower() if c.isalnum())
    return (
        any(values)
        and not NO_CODE.fullmatch(squeezed)
        and not any("/" in v and ":" in v or v.startswith("/") or len(v) > 120 for v in values)
        and not all("." in v and v.replace(".", "", 1).lstrip("-").isdigit() for v in values if v)
    )


def _counts_rows(values: Sequence[str]) -> bool:
    return len(values) > 1 and list(values) in ([str(n) for n in range(begin, begin + len(values))]
                                                 for begin in (0, 1))


def _length(values: Sequence[str]) -> float:
    return sum(map(len, values)) / len(values)


def _wordiness(values: Sequence[str]) -> float:
    return sum(c.isalpha() for value in values for c in value) / len(values)


def _is_named(key: str) -> bool:
    return any(word in key.lower() for word in NAMED)
