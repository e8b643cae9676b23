"""From an upload nobody trusts to a stored photo, or to a sentence that says what to do."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import IO

from civicconnect.errors import Invalid, Sentence
from civicconnect.media.store import Photo, Store

CHILD = Path(__file__).with_name("child.py")
MEMORY = 1024**3
CHUNK = 256 * 1024
HEAD = 12

# One decoding needs a processor and up to half a gigabyte: a crowd of photos queues here instead
# of taking the machine down. The wait ends, so that a flood cannot hold every thread for good.
PLACES = BoundedSemaphore(max(2, os.cpu_count() or 2))
WAIT_SECONDS = 30

# What a Python that is not installed in the usual place needs to find its libraries. The rest of
# our environment holds passwords, and a decoder that was broken into shall not read them.
ENVIRONMENT = ("HOME", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH")

HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True)
class Limits:
    """What we are ready to spend on one photo.

    bytes      the file as it arrives
    pixels     width x height, read from the header before anything is decoded
    seconds    of wall-clock time for the child that decodes, and of its processor time
    """

    bytes: int = 12 * 1024 * 1024
    pixels: int = 50_000_000
    seconds: float = 10


def accept(
    store: Store, upload: IO[bytes], limits: Limits = Limits(), field: str = "photo"
) -> Photo:
    """Store an upload as a clean upright picture in two sizes, and return it.

    Raises Invalid, under the name `field`, whatever the upload's bytes are. Anything else that
    is raised is our own trouble (a full disk, a missing library), not the sender's.
    """
    # The folder of the store has the room; the files here have no name, so none can be left over.
    with (
        TemporaryFile(dir=store.folder) as source,
        TemporaryFile(dir=store.folder) as answer,
        TemporaryFile(dir=store.folder) as faults,
    ):
        reason = received(upload, source, limits.bytes)
        if not reason:
            reason = decoded(source, answer, faults, limits)
        if reason:
            raise Invalid({field: [sentence(reason, limits)]})
        header = json.loads(answer.readline())
        full, small = (answer.read(length) for length in header["lengths"])
    digest = store.keep(full, small)
    place = tuple(header["place"]) if header["place"] else None
    return Photo(digest, header["width"], header["height"], store.likeness(digest), place)


def received(upload: IO[bytes], source: IO[bytes], most: int) -> str:
    """Copy the upload, reading one byte beyond the limit to notice it; return why not, or ""."""
    left = most + 1
    while left and (chunk := upload.read(min(CHUNK, left))):
        source.write(chunk)
        left -= len(chunk)
    return "" if left else "bytes"


def decoded(source: IO[bytes], answer: IO[bytes], faults: IO[bytes], limits: Limits) -> str:
    """Leave the child's pictures in `answer`, at their header line; return why not, or ""."""
    # The child shares our place in this file, so we look without moving it or reading ahead.
    source.seek(0)
    kind = kind_of(os.pread(source.fileno(), HEAD, 0))
    if not kind:
        return "kind"
    if not PLACES.acquire(timeout=WAIT_SECONDS):
        return "busy"
    try:
        status = run_child(source, answer, faults, kind, limits)
    except subprocess.TimeoutExpired:
        return "seconds"
    finally:
        PLACES.release()
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return "seconds"
    if status < 0:
        return "damaged"
    if status > 0:
        # The child answers for every photo, so this is an installation that cannot decode.
        faults.seek(0)
        raise RuntimeError(f"the photo decoder failed: {faults.read()[-2000:]!r}")
    answer.seek(0)
    reason = str(json.loads(answer.readline())["refused"])
    answer.seek(0)
    return reason


def run_child(
    source: IO[bytes], answer: IO[bytes], faults: IO[bytes], kind: str, limits: Limits
) -> int:
    """Run `child.py` to its end and return how it ended.

    By path, so that it loads nothing of ours. It answers into files and not pipes: there its own
    limit on file size holds, and no answer can fill our memory. It limits itself, because code
    between fork and exec may deadlock in a server with threads.
    """
    orders = {
        "kind": kind,
        "pixels": limits.pixels,
        "memory": MEMORY,
        "seconds": math.ceil(limits.seconds),
    }
    return subprocess.run(  # noqa: S603 - our own interpreter, our own file, no word of the sender's
        [sys.executable, "-P", "-B", os.fspath(CHILD), json.dumps(orders)],
        stdin=source,
        stdout=answer,
        stderr=faults,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        timeout=limits.seconds,
        check=False,
    ).returncode


def kind_of(head: bytes) -> str:
    """Return what the first bytes say the file is, in Pillow's words, or "" for no photo."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return "HEIF"
    return ""


def sentence(reason: str, limits: Limits) -> Sentence:
    """Say what the person with the photo can do now."""
    return {
        "kind": Sentence(
            "This file is not a photo we can read. Choose a JPEG, PNG, WebP or HEIC picture."),
        "bytes": Sentence("This photo is larger than %(most)s MB. Choose a smaller one.",
                          most=f"{limits.bytes / 1024**2:.3g}"),
        "pixels": Sentence("This photo has more than %(most)s million pixels. Choose a smaller one.",
                           most=f"{limits.pixels / 1e6:.3g}"),
        "memory": Sentence("This photo needs too much memory to open. Choose a smaller one."),
        "damaged": Sentence(
            "This photo is damaged or incomplete. Choose another, or take it again."),
        "seconds": Sentence("This photo took too long to read. Choose a smaller one."),
        "busy": Sentence("Many photos are arriving at this moment. Send yours again in a minute."),
    }[reason]
