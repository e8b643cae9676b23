"""What differs between two folders of a city, row by row, in sentences."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One thing that one folder says and the other does not, or says otherwise."""

    path: str  # of the file
    where: str  # the row: "[[service]] pothole"; "" for the whole file
    words: str

    def __str__(self) -> str:
        return f"{self.path}{f', {self.where}' if self.where else ''}: {self.words}"


def differences(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[Change]:
    """List what would change from one folder's files to another's, in the order of their files.

    old, new    {path: content}, both as `city.spell` or `city.dump` writes them
    """
    found: list[Change] = []
    for path in sorted(old.keys() | new.keys()):
        before, after = old.get(path), new.get(path)
        if before != after:
            found.extend(_compared(path, before, after))
    return found


def _compared(path: str, before: bytes | None, after: bytes | None) -> Iterator[Change]:
    if path.endswith(".toml"):
        yield from _tables(path, before or b"", after or b"")
    elif path.startswith(("areas/", "assets/")):
        yield from _rows(path, "", _features(before), _features(after))
    elif before is None or after is None:
        yield Change(path, "", "new." if before is None else "gone.")
    else:
        yield Change(path, "", _counted(before, after))


def _counted(before: bytes, after: bytes) -> str:
    old, new = before.split(b"\n"), after.split(b"\n")
    gone, come = len(set(old) - set(new)), len(set(new) - set(old))
    if not come and not gone:
        return "the same lines in another order."
    return f"{come:,} lines more, {gone:,} lines less."


def _tables(path: str, before: bytes, after: bytes) -> Iterator[Change]:
    old, new = tomllib.loads(before.decode()), tomllib.loads(after.decode())
    for key in [*old, *(key for key in new if key not in old)]:
        one, other = old.get(key), new.get(key)
        if _is_rows(one) or _is_rows(other):
            yield from _rows(path, f"[[{key}]] ", _named(one or []), _named(other or []))
        elif one != other:
            yield from _values(path, "", {key: old[key]} if key in old else {},
                               {key: new[key]} if key in new else {})


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _named(rows: list[Row]) -> dict[str, Row]:
    named: dict[str, Row] = {}
    for number, row in enumerate(rows, 1):
        # What has no code is known by what it applies to, and else by its place.
        name = row.get("code") or " ".join(str(row[k]) for k in ("service", "priority", "area") if k in row)
        named[str(name or number)] = row
    return named


def _features(content: bytes | None) -> dict[str, Row]:
    features = json.loads(content)["features"] if content else []
    return {
        " ".join(filter(None, (f["properties"]["code"], f["properties"].get("valid_from")))):
        f["properties"] | {"shape": f["geometry"]}
        for f in features
    }


def _rows(path: str, kind: str, old: Mapping[str, Row], new: Mapping[str, Row]) -> Iterator[Change]:
    for name in [*old, *(name for name in new if name not in old)]:
        where = f"{kind}{name}"
        if name not in new:
            yield Change(path, where, "gone.")
        elif name not in old:
            yield Change(path, where, "new.")
        elif old[name] != new[name]:
            yield from _values(path, where, old[name], new[name])
    kept = [name for name in old if name in new]
    if kept != [name for name in new if name in old]:
        yield Change(path, kind.strip(), "the same rows in another order.")


def _values(path: str, where: str, old: Row, new: Row) -> Iterator[Change]:
    before, after = dict(_leaves(old)), dict(_leaves(new))
    for key in [*before, *(key for key in after if key not in before)]:
        one, other = before.get(key), after.get(key)
        if one == other:
            continue
        if key == "shape":
            yield Change(path, where, "redrawn.")
        elif one is None or other is None:
            yield Change(path, where, f"{key} {'new' if one is None else 'gone'}: {_short(one or other)}.")
        else:
            yield Change(path, where, f"{key}: {_short(one)} becomes {_short(other)}.")


def _leaves(row: Row, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if isinstance(value, dict) and key != "shape":
            yield from _leaves(value, f"{prefix}{key}.")
        elif _is_rows(value):
            for name, inner in _named(value).items():
                yield from _leaves(inner, f"{prefix}{key} {name}, ")
        else:
            yield f"{prefix}{key}", value


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"“{text}”" if len(text) <= 60 else f"“{text[:57]}…”"
