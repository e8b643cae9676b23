"""The child process that decodes one photo: stdin to stdout, inside hard limits.

Run by file path: `child.py ORDERS < photo > answer`, ORDERS being JSON with the `kind` of file to
try, and the `pixels`, `memory` (bytes) and `seconds` to spend. The answer is one line of JSON: a
reason under "refused", or else the size and the lengths of two pictures, which follow it.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
from typing import Any, BinaryIO

LARGEST_ANSWER = 32 * 1024 * 1024


def bound(memory: int, seconds: int) -> None:
    """Give up, for good, what decoding one photo does not need."""
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, LARGEST_ANSWER),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),  # a core file would be a copy of somebody's photo
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


ORDERS: dict[str, Any] = {}
if __name__ == "__main__":
    ORDERS = json.loads(sys.argv[1])
    bound(ORDERS["memory"], ORDERS["seconds"])

# The limits stand before the libraries they hold are loaded, so these imports are not at the top.
# WebP is named because Pillow would otherwise load all its forty plugins to find that one.
from PIL import Image, ImageCms, WebPImagePlugin  # noqa: E402, F401

if ORDERS.get("kind") == "HEIF":
    import pillow_heif

    # One thread: the same bytes the same way each time, and no stacks counted as memory.
    pillow_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
    )

FULL_SIDE, SMALL_SIDE = 2048, 480
FULL = {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True}
SMALL = {"format": "WEBP", "quality": 75, "method": 4}

ORIENTATION, GPS = 0x0112, 0x8825
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def opened(source: BinaryIO, kind: str, pixels: int) -> Image.Image:
    """Read the header only, and refuse what would be too big to decode."""
    # Pillow raises beyond twice this figure, for WebP even before it reserves the canvas.
    Image.MAX_IMAGE_PIXELS = pixels // 2
    image = Image.open(source, formats=(kind,))
    if image.width * image.height > pixels:
        raise Image.DecompressionBombError
    return image


def shrunk(image: Image.Image) -> Image.Image:
    """Decode the first frame to a mode that can be resized, no longer than we keep."""
    # libjpeg can halve while it decodes: a fraction of the time and memory for a large photo.
    ratio = min(1.0, FULL_SIDE / max(image.size))
    # A stripe one pixel wide stays one pixel wide.
    image.draft(None, (max(1, round(image.width * ratio)), max(1, round(image.height * ratio))))
    image.load()
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda level: level * (1 / 257) + 0.5).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    image.thumbnail((FULL_SIDE, FULL_SIDE), Image.Resampling.LANCZOS)
    return image


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """Read which way is up; an EXIF block that cannot be read costs the turn, not the photo."""
    with contextlib.suppress(Exception):
        return TURNS.get(image.getexif().get(ORIENTATION, 1))
    return None


def place_of(image: Image.Image) -> list[float] | None:
    """Read where it was taken, in degrees; None where the camera did not write that, or nonsense."""
    with contextlib.suppress(Exception):
        told = image.getexif().get_ifd(GPS)
        degrees = [sum(float(part) / 60**n for n, part in enumerate(told[tag])) for tag in (2, 4)]
        lat, long = (-value if told[tag] in ("S", "W") else value
                     for value, tag in zip(degrees, (1, 3), strict=True))
        # 0, 0 is what cameras write that do not know.
        if abs(lat) <= 90 and abs(long) <= 180 and (lat, long) != (0, 0):
            return [round(lat, 6), round(long, 6)]
    return None


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Show transparent parts white, and bring the colours of `profile` (ICC) to sRGB."""
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    if profile:
        # A profile that does not fit its picture is common, and no reason to refuse the photo.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, own, srgb, outputMode="RGB") or image
    return image.convert("RGB")


def saved(image: Image.Image, options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def remade(
    source: BinaryIO, kind: str, pixels: int
) -> tuple[tuple[int, int], list[float] | None, list[bytes]]:
    """Return the size of the full picture, where it was taken, and both pictures as files."""
    image = opened(source, kind, pixels)
    place = place_of(image)
    image = shrunk(image)
    turn, profile = turn_of(image), image.info.get("icc_profile")
    full = in_srgb(image, profile)
    if turn is not None:
        full = full.transpose(turn)
    # `save` copies a JPEG comment and a profile from here into the new file.
    full.info.clear()
    small = full.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    return full.size, place, [saved(full, FULL), saved(small, SMALL)]


def answer(source: BinaryIO, kind: str, pixels: int) -> tuple[dict[str, Any], list[bytes]]:
    try:
        (width, height), place, files = remade(source, kind, pixels)
    except Image.DecompressionBombError:
        return {"refused": "pixels"}, []
    except MemoryError:
        return {"refused": "memory"}, []
    except Exception:  # noqa: BLE001 - on hostile bytes a decoder may raise anything
        return {"refused": "damaged"}, []
    lengths = [len(file) for file in files]
    return {"refused": "", "width": width, "height": height, "place": place, "lengths": lengths}, files


if __name__ == "__main__":
    header, files = answer(sys.stdin.buffer, ORDERS["kind"], ORDERS["pixels"])
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + b"".join(files))
