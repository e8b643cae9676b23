"""Whatever is sent, what we keep is a small upright picture with nothing else inside."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from civicconnect import media
from civicconnect.errors import Invalid
from civicconnect.media import Limits, Photo, Store, intake

MARK = b"CANARY-7f3a"
USUAL = Limits()
GPS = {1: "N", 2: (52.0, 22.0, 12.0), 3: "E", 4: (4.0, 53.0, 42.0), 29: "2026:01:02"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def picture(mode: str = "RGB", size: tuple[int, int] = (120, 80)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    return image.convert(mode)


def file_of(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010E] = MARK.decode()
    block.get_ifd(0x8825).update(GPS)
    return block


def taken(store: Store, content: bytes, limits: Limits = USUAL) -> Photo:
    return media.accept(store, io.BytesIO(content), limits)


def refusal(store: Store, content: bytes, limits: Limits = USUAL) -> str:
    """Return the sentence of a refusal, having seen that it left no file behind."""
    with pytest.raises(Invalid) as refused:
        taken(store, content, limits)
    assert not [path for path in store.folder.rglob("*") if path.is_file()]
    (only,) = refused.value.fields["photo"]
    return only


def stored(store: Store, photo: Photo) -> bytes:
    return b"".join(store.path(photo.digest, size).read_bytes() for size in ("full", "small"))


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + crc(kind + content)


def crc(content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(content))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def zeros(length: int) -> bytes:
    """Return `length` zero bytes, compressed without ever holding them."""
    squeeze = zlib.compressobj(9)
    block = bytes(2**20)
    parts = [squeeze.compress(block) for _ in range(length // len(block))]
    return b"".join(parts) + squeeze.flush()


def test_a_photo_becomes_a_jpeg_and_a_small_webp(store: Store) -> None:
    photo = taken(store, file_of(picture(size=(3000, 1500))))
    assert (photo.width, photo.height) == (2048, 1024)
    with Image.open(store.path(photo.digest)) as full:
        assert (full.format, full.mode, full.size) == ("JPEG", "RGB", (2048, 1024))
    with Image.open(store.path(photo.digest, "small")) as small:
        assert (small.format, small.mode, small.size) == ("WEBP", "RGB", (480, 240))


def test_a_small_photo_is_not_blown_up(store: Store) -> None:
    photo = taken(store, file_of(picture()))
    assert (photo.width, photo.height) == (120, 80)


# Where the red left half must end up once the picture is turned as its camera was held.
@pytest.mark.parametrize(
    ("orientation", "red", "size"),
    [
        (1, "left", (120, 80)),
        (2, "right", (120, 80)),
        (3, "right", (120, 80)),
        (4, "left", (120, 80)),
        (5, "top", (80, 120)),
        (6, "top", (80, 120)),
        (7, "bottom", (80, 120)),
        (8, "bottom", (80, 120)),
    ],
)
def test_a_photo_taken_sideways_is_turned(
    store: Store, orientation: int, red: str, size: tuple[int, int]
) -> None:
    photo = taken(store, file_of(picture(), exif=exif(orientation)))
    assert (photo.width, photo.height) == size
    width, height = size
    spots = {
        "left": (5, height // 2),
        "right": (width - 5, height // 2),
        "top": (width // 2, 5),
        "bottom": (width // 2, height - 5),
    }
    for each in ("full", "small"):
        with Image.open(store.path(photo.digest, each)) as image:
            assert image.size == size
            r, _, b = image.convert("RGB").getpixel(spots[red])
            assert r > 200 > 60 > b


def test_a_broken_exif_block_costs_the_turn_and_not_the_photo(store: Store) -> None:
    broken = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40
    photo = taken(store, file_of(picture(), exif=broken))
    assert (photo.width, photo.height) == (120, 80)


def jpeg_with_everything() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>"
    clean = file_of(picture(), exif=exif(), comment=MARK, icc_profile=profile, xmp=xmp)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x78\0\x0b" + MARK
    segment = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    return clean[:2] + segment + clean[2:] + MARK


def png_with_everything() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", MARK.decode())
    text.add_text("Author", MARK.decode(), zip=True)
    text.add_itxt("XML:com.adobe.xmp", MARK.decode())
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return file_of(picture(), "PNG", pnginfo=text, exif=exif(), icc_profile=profile) + MARK


def webp_with_everything() -> bytes:
    return file_of(picture(), "WEBP", exif=exif(), xmp=MARK, icc_profile=MARK)


def heic_with_everything() -> bytes:
    pillow_heif.register_heif_opener()
    return file_of(picture(size=(128, 64)), "HEIF", exif=exif().tobytes(), xmp=MARK)


@pytest.mark.parametrize(
    "content",
    [jpeg_with_everything, png_with_everything, webp_with_everything, heic_with_everything],
)
def test_nothing_but_the_picture_survives(store: Store, content) -> None:
    assert MARK in content() or content is png_with_everything
    photo = taken(store, content())
    kept = stored(store, photo)
    for trace in (MARK, b"Exif", b"EXIF", b"ICC", b"acsp", b"XMP", b"xmp", b"8BIM", b"2026:01"):
        assert trace not in kept
    for size in ("full", "small"):
        with Image.open(store.path(photo.digest, size)) as image:
            assert not image.getexif()
            assert not set(image.info) & {"comment", "icc_profile", "exif", "xmp", "photoshop"}


def test_segments_of_a_stored_jpeg_are_only_those_a_picture_needs(store: Store) -> None:
    kept = store.path(taken(store, jpeg_with_everything()).digest).read_bytes()
    seen, at = set(), 2
    while kept[at + 1] != 0xDA:
        seen.add(kept[at + 1])
        at += 2 + struct.unpack(">H", kept[at + 2 : at + 4])[0]
    assert seen <= {0xE0, 0xDB, 0xC2, 0xC4}  # JFIF, quantisation, frame, Huffman
    assert kept.endswith(b"\xff\xd9")
    assert kept.count(b"\xff\xd9") == 1


def test_colours_of_a_foreign_profile_are_brought_to_srgb(store: Store) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB", 5000)).tobytes()
    odd = taken(store, file_of(picture(), icc_profile=lab))
    assert odd.width == 120  # a profile of another colour space is ignored

    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = swapped.index(b"rXYZ", 128), swapped.index(b"bXYZ", 128)
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    photo = taken(store, file_of(picture(), icc_profile=bytes(swapped)))
    with Image.open(store.path(photo.digest)) as image:
        r, _, b = image.getpixel((5, 40))
        assert b > r  # red ink by a profile that calls blue red is blue to the eye


NOT_PHOTOS = {
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj",
    "exe": b"MZ\x90\0\x03" + bytes(200),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(200),
    "zip": b"PK\x03\x04" + bytes(200),
    "mvg": b"push graphic-context\nimage over 0,0 0,0 'https://example.org'",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "php": b"<?php system($_GET['c']); ?>",
    "text": b"a hole in the road",
    "empty": b"",
    "avif": b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf" + bytes(200),
    "riff": b"RIFF\x24\0\0\0WAVEfmt " + bytes(200),
}


@pytest.mark.parametrize("content", NOT_PHOTOS.values(), ids=NOT_PHOTOS.keys())
def test_what_is_not_a_photo_is_refused_by_its_content(store: Store, content: bytes) -> None:
    assert refusal(store, content) == (
        "This file is not a photo we can read. Choose a JPEG, PNG, WebP or HEIC picture."
    )


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_other_kinds_of_picture_are_refused(store: Store, kind: str) -> None:
    assert "not a photo we can read" in refusal(store, file_of(picture(), kind))


MAGIC = {
    "jpeg": b"\xff\xd8\xff\xe0",
    "png": b"\x89PNG\r\n\x1a\n",
    "webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1",
}


@pytest.mark.parametrize("magic", MAGIC.values(), ids=MAGIC.keys())
def test_a_photo_by_its_first_bytes_only_is_refused(store: Store, magic: bytes) -> None:
    assert "damaged" in refusal(store, magic)
    assert "damaged" in refusal(store, magic + b"<script>alert(1)</script>" * 40)


def test_the_tail_of_a_polyglot_does_not_survive(store: Store) -> None:
    tail = b"PK\x03\x04<?php " + MARK + b" ?><script>"
    for kind in ("JPEG", "PNG", "WEBP"):
        kept = stored(store, taken(store, file_of(picture(), kind) + tail))
        assert MARK not in kept
        assert b"<?php" not in kept
        assert b"PK\x03\x04" not in kept


def jpeg_of_65500() -> bytes:
    content = bytearray(file_of(picture()))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", 65500, 65500)
    return bytes(content)


def webp_of_16383() -> bytes:
    content = bytearray(file_of(picture(), "WEBP"))
    content[26:30] = struct.pack("<HH", 16383, 16383)
    return bytes(content)


def heic_of_30000() -> bytes:
    pillow_heif.register_heif_opener()
    size, huge = struct.pack(">II", 128, 64), struct.pack(">II", 30000, 30000)
    return file_of(picture(size=(128, 64)), "HEIF").replace(size, huge)


BOMBS = {
    "png of 50,000 x 50,000": lambda: png(50_000, 50_000, chunk(b"IDAT", zeros(2**26))),
    "png of 2^31 x 2^31": lambda: png(2**31 - 1, 2**31 - 1, chunk(b"IDAT", zeros(2**20))),
    "jpeg of 65,500 x 65,500": jpeg_of_65500,
    "webp of 16,383 x 16,383": webp_of_16383,
    "heic of 30,000 x 30,000": heic_of_30000,
    "zTXt": lambda: png(9, 9, chunk(b"zTXt", b"a\0\0" + zeros(2**26)), chunk(b"IDAT", zeros(0))),
    "iTXt": lambda: png(9, 9, chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(2**26))),
    "iCCP": lambda: png(9, 9, chunk(b"iCCP", b"a\0\0" + zeros(2**26)), chunk(b"IDAT", zeros(0))),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_before_it_costs_anything(store: Store, bomb) -> None:
    content = bomb()
    began = time.monotonic()
    said = refusal(store, content)
    assert time.monotonic() - began < 2
    assert "more than 50 million pixels" in said or "damaged" in said


def test_the_pixel_limit_is_exact(store: Store) -> None:
    limits = Limits(pixels=5000)
    assert "pixels" in refusal(store, file_of(picture(size=(100, 51))), limits)
    assert taken(store, file_of(picture(size=(100, 50))), limits).width == 100


def test_memory_has_a_ceiling_even_if_a_header_lies(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MEMORY", 200 * 2**20)
    said = refusal(store, png(8000, 6000, chunk(b"IDAT", zeros(2**20))))
    assert "memory" in said


def test_one_byte_too_many_is_refused_and_the_limit_is_named(store: Store) -> None:
    content = file_of(picture())
    at_limit = content + bytes(2**20 - len(content))
    limits = Limits(bytes=2**20)
    assert refusal(store, at_limit + b"\0", limits) == (
        "This photo is larger than 1 MB. Choose a smaller one."
    )
    assert taken(store, at_limit, limits).width == 120
    assert "12 MB" in intake.sentence("bytes", Limits())


def test_no_more_is_read_than_the_limit_and_one_byte(store: Store) -> None:
    endless = io.BytesIO(b"\xff\xd8\xff" + bytes(3 * 2**20))
    with pytest.raises(Invalid, match="larger"):
        media.accept(store, endless, Limits(bytes=2**20))
    assert endless.tell() == 2**20 + 1


def test_an_upload_that_comes_in_drops_is_read_to_its_end(store: Store) -> None:
    class Drops(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 100, 100))

    assert media.accept(store, Drops(file_of(picture()))).width == 120


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_cut_short_is_refused(store: Store, kind: str) -> None:
    pillow_heif.register_heif_opener()
    noise = Image.effect_noise((320, 240), 80).convert("RGB")
    whole = file_of(noise, kind)
    assert refusal(store, whole[: len(whole) // 2]) == (
        "This photo is damaged or incomplete. Choose another, or take it again."
    )


def test_a_photo_that_takes_too_long_is_refused(store: Store) -> None:
    assert "took too long" in refusal(store, file_of(picture()), Limits(seconds=0.001))


def test_processor_time_has_a_ceiling_too(tmp_path: Path) -> None:
    spin = (
        "import importlib.util as u, sys; s = u.spec_from_file_location('c', sys.argv[1]);"
        "m = u.module_from_spec(s); s.loader.exec_module(m); m.bound(2**30, 1)\nwhile True: pass"
    )
    ended = subprocess.run([sys.executable, "-c", spin, intake.CHILD], timeout=9, check=False)
    assert ended.returncode < 0


ACCEPTED = {
    "CMYK JPEG": lambda: file_of(picture("CMYK")),
    "grayscale JPEG": lambda: file_of(picture("L")),
    "progressive JPEG": lambda: file_of(picture(), progressive=True),
    "RGBA PNG": lambda: file_of(picture("RGBA"), "PNG"),
    "gray and alpha PNG": lambda: file_of(picture("LA"), "PNG"),
    "palette PNG": lambda: file_of(picture("P"), "PNG"),
    "palette PNG with transparency": lambda: file_of(picture("P"), "PNG", transparency=0),
    "RGB PNG with transparency": lambda: file_of(picture(), "PNG", transparency=(1, 2, 3)),
    "16-bit PNG": lambda: file_of(Image.new("I;16", (120, 80), 40000), "PNG"),
    "1-bit PNG": lambda: file_of(picture("1"), "PNG"),
    "WebP with alpha": lambda: file_of(picture("RGBA"), "WEBP"),
    "lossless WebP": lambda: file_of(picture(), "WEBP", lossless=True),
}


@pytest.mark.parametrize("content", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_every_honest_photo_is_taken(store: Store, content) -> None:
    photo = taken(store, content())
    assert (photo.width, photo.height) == (120, 80)
    with Image.open(store.path(photo.digest)) as image:
        assert image.mode == "RGB"


def test_sixteen_bits_become_eight_of_the_same_brightness(store: Store) -> None:
    photo = taken(store, file_of(Image.new("I;16", (120, 80), 40000), "PNG"))
    with Image.open(store.path(photo.digest)) as image:
        assert image.getpixel((60, 40))[0] == pytest.approx(40000 / 257, abs=2)


def test_a_cmyk_photo_keeps_its_colours(store: Store) -> None:
    photo = taken(store, file_of(picture("CMYK")))
    with Image.open(store.path(photo.digest)) as image:
        r, _, b = image.getpixel((5, 40))
        assert r > 180 > 60 > b


def test_what_is_transparent_becomes_white(store: Store) -> None:
    photo = taken(store, file_of(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG"))
    with Image.open(store.path(photo.digest)) as image:
        assert image.getpixel((25, 25)) == (255, 255, 255)


def test_a_heic_photo_is_taken(store: Store) -> None:
    pillow_heif.register_heif_opener()
    photo = taken(store, file_of(picture(size=(128, 64)), "HEIF"))
    assert (photo.width, photo.height) == (128, 64)


def test_a_sideways_heic_photo_is_turned_once(store: Store) -> None:
    pillow_heif.register_heif_opener()
    content = file_of(picture(size=(128, 64)), "HEIF", exif=exif(6).tobytes())
    photo = taken(store, content)
    assert (photo.width, photo.height) == (64, 128)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_only_the_first_frame_of_a_moving_picture_is_kept(store: Store, kind: str) -> None:
    red, blue = Image.new("RGB", (40, 40), "red"), Image.new("RGB", (40, 40), "blue")
    photo = taken(store, file_of(red, kind, save_all=True, append_images=[blue]))
    with Image.open(store.path(photo.digest)) as image:
        assert getattr(image, "n_frames", 1) == 1
        assert image.getpixel((20, 20))[0] > 200


def test_the_same_bytes_give_the_same_digest(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    content = jpeg_with_everything()
    assert taken(store, content) == taken(store, content) == taken(Store(other), content)


def test_the_refusal_stands_under_the_name_of_the_field(store: Store) -> None:
    with pytest.raises(Invalid) as refused:
        media.accept(store, io.BytesIO(b"no"), field="after")
    assert list(refused.value.fields) == ["after"]


def test_ten_photos_at_once_are_all_taken(store: Store) -> None:
    contents = [file_of(picture(size=(400 + n, 300))) for n in range(10)]
    with ThreadPoolExecutor(10) as threads:
        photos = list(threads.map(lambda content: taken(store, content), contents))
    assert [photo.width for photo in photos] == [400 + n for n in range(10)]
    assert len({photo.digest for photo in photos}) == 10


def test_a_crowd_waits_for_a_place_and_is_told_when_there_is_none(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PLACES", intake.BoundedSemaphore(1))
    monkeypatch.setattr(intake, "WAIT_SECONDS", 0.01)
    with intake.PLACES:
        assert "again in a minute" in refusal(store, file_of(picture()))
    assert taken(store, file_of(picture())).width == 120


def test_the_child_is_given_no_secret_and_no_open_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = tmp_path / "spy.py"
    spy.write_text(
        "import json, os\n"
        "print(json.dumps({'refused': 'kind'}))\n"
        "open(os.path.join(os.path.dirname(__file__), 'seen'), 'w').write("
        "repr((sorted(os.environ), sorted(os.listdir('/proc/self/fd')))))\n"
    )
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setattr(intake, "CHILD", spy)
    with (tmp_path / "open").open("wb") as ours:
        os.set_inheritable(ours.fileno(), True)
        with pytest.raises(Invalid):
            taken(store, file_of(picture()))
        seen = (tmp_path / "seen").read_text()
        names, handles = eval(seen)  # noqa: S307 - written by the spy above
    assert "SECRET_KEY" not in names
    assert len(handles) <= 5  # the three we give, the file it writes, the folder it lists


def test_a_decoder_that_cannot_start_is_our_failure_and_not_the_photos(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import a_library_nobody_installed\n")
    monkeypatch.setattr(intake, "CHILD", broken)
    with pytest.raises(RuntimeError, match="a_library_nobody_installed"):
        taken(store, file_of(picture()))


def test_a_decoder_that_crashes_is_a_damaged_photo(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = tmp_path / "somewhere" / "crash.py"
    crash.parent.mkdir()
    crash.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(intake, "CHILD", crash)
    with pytest.raises(Invalid, match="damaged"):
        taken(store, file_of(picture()))


def test_a_twelve_megapixel_photo_stays_small_in_memory(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(file_of(picture(size=(4000, 3000)), quality=95))
    # In a process of its own: a child counts the memory of the parent it was forked from.
    code = f"""
import resource
from pathlib import Path
from civicconnect.media import Store, accept
accept(Store(Path({str(tmp_path)!r})), Path({str(photo)!r}).open("rb"))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
    kilobytes = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(kilobytes.stdout) < 300 * 1024
