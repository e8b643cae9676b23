"""Keeping each version of a city, so that what held on a day can be shown again."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from civicconnect import clock
from civicconnect.city.models import CityFile, CityVersion
from civicconnect.db import Db, insert_ignoring
from civicconnect.errors import NotFound

STORM = "storm mode"  # who makes a version when storm mode is switched
MOST_CHANGES = 500  # sentences kept with a version; the files themselves hold all of them


@dataclass(frozen=True)
class Version:
    """One version of the city."""

    number: int
    made_at: datetime
    made_by: str
    changes: tuple[str, ...]
    reason: str = ""


def keep(
    db: Db, files: Mapping[str, bytes], made_by: str, changes: Sequence[str], reason: str = "",
    standing: Mapping[str, str] | None = None,
) -> int:
    """Keep the city's files as a new version, unless the newest is the same. Returns its number.

    files      {path inside the folder: content}, as the export writes them
    changes    one sentence for each thing that differs from the version before
    standing   {path: digest} of further files that stand as an older version keeps them
    """
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    digests = dict(sorted((digests | dict(standing or {})).items()))
    newest = db.scalar(_newest_first().limit(1))
    if newest is not None and newest.files == digests:
        return newest.id
    kept = set(newest.files.values()) if newest is not None else set()
    for path, content in files.items():
        if digests[path] not in kept:
            # mtime 0: the same content is the same row on every machine.
            packed = gzip.compress(content, 6, mtime=0)
            insert_ignoring(db, CityFile, {"digest": digests[path], "content": packed})
    stamp = hashlib.sha256("\n".join(f"{p} {d}" for p, d in digests.items()).encode()).hexdigest()
    number = newest.id + 1 if newest is not None else 1  # not the engine's own: it leaves gaps
    row = CityVersion(id=number, made_at=clock.now(), made_by=made_by[:120], stamp=stamp, files=digests,
                      changes=list(changes[:MOST_CHANGES]), reason=reason)
    db.add(row)
    db.flush()
    return row.id


def _newest_first() -> Select[CityVersion]:
    return select(CityVersion).order_by(CityVersion.id.desc())


def versions(db: Db, *, most: int | None = None, before: int | None = None) -> list[Version]:
    """Return the versions, newest first: all of them, or at most so many, older than one."""
    asked = _newest_first() if before is None else _newest_first().where(CityVersion.id < before)
    return [_told(row) for row in db.scalars(asked.limit(most))]


def newest_version(db: Db) -> int:
    """Return the number of the version in force; 0 before the first."""
    return db.scalar(select(CityVersion.id).order_by(CityVersion.id.desc()).limit(1)) or 0


def last_from_a_folder(db: Db) -> int:
    """Return the number of the newest version that a folder made; 0 before the first.

    The others were made while the city ran: by staff on their screens, or as a storm came.
    """
    by_hand = CityVersion.made_by.like("staff:%") | (CityVersion.made_by == STORM)
    return db.scalar(select(CityVersion.id).where(~by_hand).order_by(CityVersion.id.desc()).limit(1)) or 0


def digests_of(db: Db, number: int) -> dict[str, str]:
    """Return {path inside the folder: digest} of a version's files. Raises NotFound."""
    find_version(db, number)
    return dict(db.scalars(select(CityVersion.files).where(CityVersion.id == number)).one())


def _told(row: CityVersion) -> Version:
    return Version(row.id, row.made_at, row.made_by, tuple(row.changes), row.reason)


def find_version(db: Db, number: int) -> Version:
    """Return one version, or raise NotFound."""
    row = db.get(CityVersion, number)
    if row is None:
        raise NotFound(f"There is no version {number} of this city; 'civic city versions' lists them.")
    return _told(row)


def content_of(db: Db, number: int) -> dict[str, bytes]:
    """Return the files of a version: {path inside the folder: content}. Raises NotFound."""
    files = digests_of(db, number)
    asked = select(CityFile.digest, CityFile.content).where(CityFile.digest.in_(files.values()))
    packed = dict(db.execute(asked).tuples().all())
    return {path: gzip.decompress(packed[digest]) for path, digest in files.items()}
