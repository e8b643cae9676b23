"""A TOML file of a city's folder, read row by row, every fault as a sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError


def parse(file: str, content: bytes | None, faults: list[str]) -> dict[str, Any]:
    """Return a TOML file's tables; {} and a fault where it is absent or broken."""
    if content is None:
        faults.append(f"{file}: this file is missing from the folder.")
        return {}
    try:
        return tomllib.loads(content.decode("utf-8-sig"))  # some editors begin a file with a mark
    except UnicodeDecodeError as fault:
        faults.append(f"{file}: byte {fault.start} is not UTF-8; save the file as UTF-8.")
    except tomllib.TOMLDecodeError as fault:
        faults.append(f"{file}: {fault}.")
    except RecursionError:
        faults.append(f"{file}: brackets stand within brackets too many times.")
    return {}


def rows(
    file: str, tables: Mapping[str, Any], key: str, schema: Schema, faults: list[str]
) -> list[dict[str, Any]]:
    """Return the rows of `[[key]]` that fit the schema; a sentence for every key that does not."""
    found = tables.get(key, [])
    if not isinstance(found, list):
        faults.append(f"{file}: write [[{key}]], with two brackets, for each {key}.")
        return []
    good = []
    for number, row in enumerate(found, 1):
        name = row.get("code") or row.get("service") or number if isinstance(row, dict) else number
        try:
            good.append(dict(schema.load(row)))
        except ValidationError as fault:
            where = f"{file}, [[{key}]] {name}"
            faults.extend(f"{where}, key '{k}': {words}" for k, words in spell(fault.messages))
    return good


def unknown_keys(file: str, tables: Mapping[str, Any], known: set[str], faults: list[str]) -> None:
    """Add a fault for every top-level key nobody reads: a typing slip must not pass in silence."""
    for key in sorted(set(tables) - known):
        faults.append(f"{file}: unknown key '{key}'; expected {', '.join(sorted(known))}.")


def spell(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Turn marshmallow's nested messages into (key path, sentence) pairs."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            deeper = path if key == "_schema" else f"{path}.{key}".lstrip(".")
            yield from spell(inner, deeper)
    else:
        for sentence in messages if isinstance(messages, list) else [messages]:
            yield path, str(sentence)
