"""TOML as a person writes it: one table a block, one key a line, and why it is there above it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from civicconnect import tables


def block(key: str, row: Mapping[str, Any], why: str = "") -> str:
    """Return one `[[key]]` with its rows, and a comment above it."""
    return f"{comment(why)}[[{key}]]\n{lines(row)}"


def section(key: str, row: Mapping[str, Any]) -> str:
    """Return one `[key]` with its rows; "" where it has none."""
    return f"[{key}]\n{lines(row)}" if row else ""


def document(why: str, blocks: Iterable[str]) -> str:
    """Return a whole file: what it holds, then its blocks with a blank line between."""
    return "\n".join([comment(why), *(b for b in blocks if b)])


def comment(why: str) -> str:
    return "".join(f"# {line}\n" for line in why.splitlines())


def lines(row: Mapping[str, Any]) -> str:
    """Return one line a key; a table within becomes `name.en = "…"`."""
    return "".join(f"{line}\n" for line in tables.lines(row))
