"""How a language is written, as far as pages and letters must know it."""

from __future__ import annotations

RIGHT_TO_LEFT = {"ar", "ur", "he", "fa"}
COMMA = {"ar": "، ", "ur": "، ", "fa": "، "}  # between the members of a list


def direction(code: str) -> str:
    """Return "rtl" or "ltr"."""
    return "rtl" if code.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def comma(code: str) -> str:
    """Return what stands between the members of a list."""
    return COMMA.get(code.partition("-")[0], ", ")
