"""Where photos lie: a folder of files named by what is in them."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from PIL import Image

from civicconnect import clock
from civicconnect.errors import NotFound

DIGEST = re.compile(r"[0-9a-f]{64}")
ENDINGS = {"full": ".jpg", "small": ".small.webp"}
SEALED = ".sealed"  # the original of a blurred photo, encrypted by whoever blurred it; at no address
UNFINISHED = ".part"
SIDE = 8  # bits in a row of a likeness


@dataclass(frozen=True)
class Photo:
    """One stored photo.

    digest           sha256, in hex, of the stored full-size JPEG
    width, height    of that JPEG, in pixels, upright
    place            latitude and longitude as its camera wrote them; known only where it has just come in
    likeness         64 bits, of which pictures of the same thing share most; None: not looked at
    """

    digest: str
    width: int
    height: int
    likeness: int | None = field(default=None, compare=False)
    place: tuple[float, float] | None = field(default=None, compare=False)


class Store:
    """Photos in a folder, two sizes each: `ab/cd/<digest>.jpg` and `<digest>.small.webp`.

    The same photo sent twice is one pair of files. The folder must exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str, size: str = "full") -> Path:
        """Return the file of one photo, "full" or "small"; NotFound for anything else."""
        if size not in ENDINGS or not DIGEST.fullmatch(digest):
            raise NotFound("no such photo")
        path = self._path(digest, size)
        if not path.is_file():
            raise NotFound("no such photo")
        return path

    def photo(self, digest: str) -> Photo:
        """Return a stored photo with its dimensions, or raise NotFound."""
        with Image.open(self.path(digest), formats=("JPEG",)) as image:
            return Photo(digest, *image.size, self.likeness(digest))

    def likeness(self, digest: str) -> int:
        """Return 64 bits of how a stored photo brightens from left to right, as a signed whole number.

        Two pictures of one thing differ in few of them ("difference hash", Krawetz 2013).
        """
        with Image.open(self.path(digest, "small"), formats=("WEBP",)) as image:
            pixels = image.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX).tobytes()
        bits = 0
        for row in range(SIDE):
            start = row * (SIDE + 1)
            for left, right in pairwise(pixels[start:start + SIDE + 1]):
                bits = bits << 1 | (right > left)
        return bits - (1 << SIDE * SIDE) if bits >> SIDE * SIDE - 1 else bits

    def keep(self, full: bytes, small: bytes) -> str:
        """Store both sizes so that a power cut cannot undo it, and return the digest.

        The full size is written last: where it is, the small one is. A photo we already had is
        written again, because its new age is what saves it from `sweep` until a report names it.
        """
        digest = sha256(full).hexdigest()
        write(self._path(digest, "small"), small)
        write(self._path(digest, "full"), full)
        return digest

    def seal(self, digest: str, sealed: bytes) -> None:
        """Keep an encrypted original, so that a power cut cannot undo it. `path` never leads to it."""
        write(self._sealed(digest), sealed)

    def sealed(self, digest: str) -> bytes:
        """Return an encrypted original, or raise NotFound."""
        try:
            return self._sealed(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound("no such photo is sealed") from None

    def drop(self, digest: str) -> None:
        """Remove both sizes of a photo; a sealed original stays."""
        for size in ENDINGS:
            self._path(digest, size).unlink(missing_ok=True)

    def sweep(
        self, keep: Callable[[str], bool], older_than: timedelta,
        keep_sealed: Callable[[str], bool] = lambda _digest: True,
    ) -> int:
        """Remove photos that `keep(digest)` does not want, and files left half-written.

        keep_sealed  the same for sealed originals
        older_than   leaves alone what is younger: its report may not be committed yet
        returns      how many photos and half-written files went
        """
        before = clock.now() - older_than
        gone: set[str] = set()
        for path in sorted(self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
            name = self._photo_or_leftover(path)
            # Age is asked last, right before the removal, so that a photo sent again is safe.
            wanted = keep_sealed if path.name.endswith(SEALED) else keep
            if name and not (DIGEST.fullmatch(name) and wanted(name)) and modified(path) < before:
                path.unlink(missing_ok=True)
                gone.add(name)
        return len(gone)

    def _path(self, digest: str, size: str) -> Path:
        return self.folder / digest[:2] / digest[2:4] / (digest + ENDINGS[size])

    def _sealed(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise NotFound("no such photo")
        return self.folder / digest[:2] / digest[2:4] / (digest + SEALED)

    def _photo_or_leftover(self, path: Path) -> str:
        """Return the digest of a photo's file, the name of a leftover, or "" for a stranger."""
        digest, dot, ending = path.name.partition(".")
        if path.name.endswith(UNFINISHED):
            return path.name
        return digest if DIGEST.fullmatch(digest) and dot + ending in (*ENDINGS.values(), SEALED) else ""


def modified(path: Path) -> datetime:
    """Return when a file was last written; a file just gone counts as new."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)


def write(path: Path, content: bytes) -> None:
    """Write a whole file or none: readers never see half of it, nor does a power cut leave half."""
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            # mkstemp keeps the file to its owner; the web server in front of us reads it too.
            os.fchmod(handle, 0o644)
            file.write(content)
            file.flush()
            os.fsync(handle)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        settle(folder)


def settle(folder: Path) -> None:
    """Bring a folder's list of names to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
