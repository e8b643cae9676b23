"""A TOML file of a city's folder: read row by row, every fault as a sentence; and written again."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import tomli_w
from marshmallow import Schema, ValidationError, fields, missing

BARE = re.compile(r"[A-Za-z0-9_-]+")
SPECIAL = re.compile(r'[\x00-\x1f"\\\x7f]')  # what TOML writes otherwise between quotes


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
        name = row_name(row, number)
        try:
            good.append(dict(schema.load(row)))
        except ValidationError as fault:
            where = f"{file}, [[{key}]] {name}"
            faults.extend(f"{where}, key '{k}': {words}" for k, words in spell(fault.messages))
    return good


def row_name(row: Any, number: int) -> str:
    """Return what a row is called in sentences: its code, else what it applies to, else its place."""
    if not isinstance(row, dict):
        return str(number)
    applies = [str(row[key]) for key in ("service", "priority", "area") if row.get(key)]
    return str(row.get("code") or " ".join(applies) or number)


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


def told(schema: Schema, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked row as it is written: the schema's order, nothing that is the default."""
    found = {}
    for name, field_ in schema.fields.items():
        default = field_.load_default
        default = default() if callable(default) else default
        if name in row and (default is missing or row[name] != default):
            found[name] = _told(field_, row[name])
    return {name: value for name, value in found.items() if value is not None and value != {}}


def _told(field_: fields.Field[Any], value: Any) -> Any:
    if isinstance(field_, fields.Nested) and isinstance(value, Mapping):
        return told(field_.schema, value)
    if isinstance(field_, fields.List) and isinstance(field_.inner, fields.Nested):
        return [told(field_.inner.schema, row) for row in value]
    return value


def toml(table: Mapping[str, Any], head: str = "") -> str:
    """Write a table the way people write one: short rows, each language on a line of its own.

    head    a sentence that stands above everything, as a comment
    """
    plain, tables, lists = _sorted_out(table)
    blocks = ["\n".join([*([f"# {head}"] if head else []), *plain])]
    blocks += [f"[{_key(name)}]\n" + "\n".join(lines(inner)) for name, inner in tables.items()]
    blocks += [block for name, rows_ in lists.items() for row in rows_ for block in _blocks(_key(name), row)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _sorted_out(table: Mapping[str, Any]) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    tables = {k: v for k, v in table.items() if isinstance(v, Mapping)}
    lists = {k: v for k, v in table.items() if _is_rows(v)}
    rest = {k: v for k, v in table.items() if k not in tables and k not in lists}
    return lines(rest), tables, lists


def _is_rows(value: Any) -> bool:
    return isinstance(value, Sequence) and bool(value) and isinstance(value[0], Mapping)


def _are_short(rows_: Sequence[Mapping[str, Any]]) -> bool:
    return not any(isinstance(value, Mapping | list) for row in rows_ for value in row.values())


def _blocks(path: str, row: Mapping[str, Any]) -> Iterator[str]:
    lists = {k: v for k, v in row.items() if _is_rows(v) and not _are_short(v)} if "." not in path else {}
    yield f"[[{path}]]\n" + "\n".join(lines({k: v for k, v in row.items() if k not in lists}))
    for name, inner in lists.items():
        for entry in inner:
            yield from _blocks(f"{path}.{_key(name)}", entry)


def lines(table: Mapping[str, Any], path: str = "") -> list[str]:
    """Return a table as TOML writes it, a key a line; a table within becomes `name.en = "…"`."""
    written: list[str] = []
    for name, value in table.items():
        key = f"{path}{_key(name)}"
        if isinstance(value, Mapping):
            written += lines(value, f"{key}.") if value else [f"{key} = {{}}"]
        elif _is_rows(value):
            written += [f"{key} = [", *(f"  {_value(row)}," for row in value), "]"]
        else:
            written.append(f"{key} = {_value(value)}")
    return written


def _value(value: Any) -> str:
    if isinstance(value, str) and not SPECIAL.search(value):
        return f'"{value}"'  # nearly all there is; asking for each of them was half of writing a city
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, date | bool | int | float):
        return tomli_w.dumps({"v": value})[4:].strip()
    return tomli_w.dumps({"v": str(value)})[4:].strip()


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else tomli_w.dumps({name: 0})[:-len(" = 0\n")]
