"""A reader of vector tiles that shares nothing with our writer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

POINT, LINE, POLYGON = 1, 2, 3


@dataclass(frozen=True)
class Drawn:
    """A feature as it was read: each part is a list of (x, y); a ring is not closed again."""

    kind: int
    told: dict[str, Any]
    parts: list[list[tuple[int, int]]]

    @property
    def spots(self) -> list[tuple[int, int]]:
        return [spot for part in self.parts for spot in part]


def read(tile: bytes) -> dict[str, list[Drawn]]:
    """Return the features of each layer, or fail at whatever version 2.1 of the specification forbids."""
    found: dict[str, list[Drawn]] = {}
    for field, content in _fields(tile):
        assert field == 3
        name, features = _layer(content)
        assert name not in found
        found[name] = features
    return found


def area(ring: list[tuple[int, int]]) -> float:
    """Return a ring's area by the surveyor's formula: positive for an outer one, with y down."""
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return sum(x * b - a * y for (x, y), (a, b) in pairs) / 2


def _layer(content: bytes) -> tuple[str, list[Drawn]]:
    fields = list(_fields(content))
    assert [value for field, value in fields if field == 15] == [2]
    assert [value for field, value in fields if field == 5] == [4096]
    (name,) = [value.decode() for field, value in fields if field == 1]
    keys = [value.decode() for field, value in fields if field == 3]
    values = [_value(value) for field, value in fields if field == 4]
    assert len(keys) == len(set(keys))
    features = [_feature(value, keys, values) for field, value in fields if field == 2]
    assert features
    return name, features


def _feature(content: bytes, keys: list[str], values: list[Any]) -> Drawn:
    fields = dict(_fields(content))
    tags = list(_varints(fields.get(2, b"")))
    told = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
    return Drawn(fields[3], told, _parts(fields[3], list(_varints(fields[4]))))


def _parts(kind: int, numbers: list[int]) -> list[list[tuple[int, int]]]:
    at, x, y, parts = 0, 0, 0, []
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        assert count > 0
        if command == 7:
            assert kind == POLYGON
            assert len(parts[-1]) >= 3
            continue
        assert command in (1, 2)
        assert kind == POINT or command == 2 or count == 1
        for _ in range(count):
            by = [(n >> 1) ^ -(n & 1) for n in numbers[at:at + 2]]
            assert command == 1 or by != [0, 0]
            x, y, at = x + by[0], y + by[1], at + 2
            if command == 1:
                parts.append([])
            parts[-1].append((x, y))
    return parts


def _value(content: bytes) -> Any:
    ((field, value),) = _fields(content)
    assert field in (1, 5)
    return value.decode() if field == 1 else value


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    while content:
        key, content = _varint(content)
        value, content = _varint(content)
        if key & 7 == 2:
            assert value <= len(content)
            yield key >> 3, content[:value]
            content = content[value:]
        else:
            assert key & 7 == 0
            yield key >> 3, value


def _varints(content: bytes) -> Iterator[int]:
    while content:
        value, content = _varint(content)
        yield value


def _varint(content: bytes) -> tuple[int, bytes]:
    value = 0
    for at, byte in enumerate(content):
        value |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return value, content[at + 1:]
    raise AssertionError("a number has no end")
