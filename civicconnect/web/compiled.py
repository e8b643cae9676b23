"""Templates, compiled once a process: the cities that it serves have the same ones."""

from __future__ import annotations

from types import CodeType

from jinja2.bccache import Bucket, BytecodeCache

_kept: dict[tuple[str, str], CodeType] = {}


class Compiled(BytecodeCache):
    """What was compiled, by the template's place and the stamp of what it says."""

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = _kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            _kept[bucket.key, bucket.checksum] = bucket.code
