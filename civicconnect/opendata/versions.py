"""The shelf of versions: which stand there, which may be cited, which are cleared away.

A version is a folder that never changes, but for what must be taken out of it (`erasure.py`). It is named
for the instant it was made, in UTC, and taken away in one move, so that a reader sees all of it or none.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from civicconnect import clock, settings

NAME = re.compile(r"[0-9]{8}T[0-9]{12}Z")
DAY, HOUR = len("20261123"), len("20261123T09")  # how much of a name tells its day, and its hour
KEPT = 5  # the newest; besides them the first of each hour for a while, and of each day for ever
AHEAD = timedelta(minutes=5)  # two machines' clocks may differ so much
HOURS_KEPT = timedelta(hours=48)  # a figure counted from the newest one can be checked at leisure


@dataclass(frozen=True)
class Publication:
    """One version on the disk."""

    version: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def as_of(self) -> datetime:
        """Return the instant it tells of, to the second."""
        return datetime.fromisoformat(self.manifest["as_of"])

    def file(self, dataset: str, format_: str) -> Path:
        """Return a file of this version."""
        return self.folder / f"{dataset}.{format_}"


def shelf() -> Path:
    """Return the folder that holds all versions."""
    return settings.current().data_folder / "publication"


def name_of(instant: datetime) -> str:
    """Return the name of the version made at an instant, which is in UTC."""
    return instant.strftime("%Y%m%dT%H%M%S%fZ")


def instant_of(version: str) -> datetime:
    """Return the instant a version was begun at, from its name."""
    return datetime.strptime(version, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)


def standing() -> list[str]:
    """Return the names of all versions that stand, oldest first."""
    return _names(shelf())


def newest(version: str = "") -> Publication | None:
    """Return the newest version, or the one named; None where there is none that can be read."""
    if version:
        return _read(version)
    pointed = _pointed_to(shelf())
    older = (name for name in reversed(_names(shelf())) if name < pointed)
    return next(filter(None, map(_read, chain([pointed], older))), None)


def _read(name: str) -> Publication | None:
    folder = shelf() / name
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        whole = NAME.fullmatch(name) and {"as_of", "rows", "files"} <= set(manifest)
        return Publication(name, folder, manifest) if whole else None
    except (OSError, ValueError, TypeError):  # cleared away, or damaged: `verify` names it
        return None


def citable() -> Publication | None:
    """Return the newest version that is kept for ever; None before the first."""
    return newest(max(_firsts(_names(shelf()), DAY), default="")) if newest() else None


def is_gone(version: str) -> bool:
    """Say whether a version of this name may have stood here and is not kept any more."""
    return bool(NAME.fullmatch(version)) and newest(version) is None and version < _pointed_to(shelf())


def point_to(home: Path, version: str) -> None:
    """Make a version the newest, unless a later one already is."""
    # Two workers may publish at once; the later state stays, whoever finishes last.
    if _pointed_to(home) > version:
        return
    pointer = home / f".newest.{os.getpid()}"
    pointer.write_text(version, encoding="utf-8")
    os.replace(pointer, home / "newest")


def thin_out(home: Path) -> None:
    """Keep the newest few versions, the first of each late hour and the first of each day.

    Sweeps away too what a killed worker left half written or half removed.
    """
    names = _names(home)
    since = name_of(clock.now() - HOURS_KEPT)
    kept = {*names[-KEPT:], *_firsts(names, DAY), *(n for n in _firsts(names, HOUR) if n > since)}
    for name in set(names) - kept:
        with suppress(FileNotFoundError):  # another worker was quicker
            (home / name).rename(home / f".gone-{name}")
    for leftover in home.glob(".gone-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    yesterday = (clock.now() - timedelta(days=1)).timestamp()
    for draft in home.glob(".draft-*"):
        if draft.stat().st_mtime < yesterday:
            shutil.rmtree(draft, ignore_errors=True)


def check_hashes() -> list[str]:
    """Return a sentence for every published file that is not the one its manifest names."""
    return [f"open data {name}: {file} is not the file that was published"
            for name in _names(shelf()) for file in _faults(name)]


def sha256(file: Path) -> str:
    """Return a file's hash."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _faults(name: str) -> list[str]:
    publication = _read(name)
    if publication is None:
        return ["manifest.json"] if (shelf() / name).is_dir() else []
    faults = [file for file, told in publication.manifest["files"].items()
              if not _is(publication.folder / file, told["sha256"])]
    # Versions are cleared away while this reads; a whole one that is gone is no fault.
    return faults if publication.folder.is_dir() else []


def _is(file: Path, told: str) -> bool:
    try:
        return sha256(file) == told
    except FileNotFoundError:
        return False


def _pointed_to(home: Path) -> str:
    """Return the name of the version to show; "" where none is, or it is of a time to come."""
    pointer = home / "newest"
    name = pointer.read_text(encoding="utf-8", errors="replace").strip() if pointer.is_file() else ""
    # A clock that once ran ahead must not hide what is published after it was set right.
    return name if NAME.fullmatch(name) and name <= name_of(clock.now() + AHEAD) else ""


def _names(home: Path) -> list[str]:
    return sorted(p.name for p in home.iterdir() if NAME.fullmatch(p.name)) if home.is_dir() else []


def _firsts(names: list[str], length: int) -> Iterable[str]:
    """Return the first of the names that begin alike; names come in order."""
    return {name[:length]: name for name in reversed(names)}.values()
