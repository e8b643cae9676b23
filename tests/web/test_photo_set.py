"""Photos as people, phones and attackers send them: of none does a byte come out at a public address."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from hashlib import shake_128

import pillow_heif
import pytest
from PIL import Image, PngImagePlugin
from sqlalchemy import select

from civicconnect import jobs, reports
from civicconnect.app import handlers
from civicconnect.reports import Report, ReportPhoto
from tests.journeys.test_from_form_to_export import publish, send
from tests.media.test_accept import GPS, chunk, png, zeros
from tests.offers import make_plain
from tests.web.test_following import submit

WINDOW = 64  # bytes in a row of an original that must be nowhere
# Long enough that no picture holds them by chance.
MARKERS = (b"Exif\0\0", b"ns.adobe.com", b"xmpmeta", b"ICC_PROFILE", b"<script", b"ftypheic", b"secret.txt")


def secret(what: str) -> str:
    """Return some hundred letters that stand nowhere else."""
    return shake_128(what.encode()).hexdigest(120)


def exif(orientation: int = 1) -> Image.Exif:
    """Return what a phone writes into a photo: how it was held, where, and some words."""
    block = Image.Exif()
    block[0x0112], block[0x010E], block[0x010F] = orientation, secret("description"), secret("maker")
    block.get_ifd(0x8825).update(GPS)
    return block


XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><place>{secret("xmp")}</place></x:xmpmeta>'.encode()
PAGE = f"<script>alert('{secret('page')}')</script>".encode()


def scene(width: int, height: int) -> Image.Image:
    """Return a picture of a dark half on the left and a bright one on the right."""
    image = Image.effect_noise((width // 10, height // 10), 60).resize((width, height)).convert("RGB")
    image.paste((10, 10, 10), (0, 0, width // 2, height))
    return image


def file_of(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("secret.txt", secret("zip"))
    return out.getvalue()


def jpeg(orientation: int = 1, size: tuple[int, int] = (800, 600)) -> bytes:
    return file_of(scene(*size), exif=exif(orientation), xmp=XMP, comment=secret("comment").encode(),
                   quality=70)


def heic() -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(scene(800, 600)).save(out, exif=exif(6).tobytes(), xmp=XMP)
    return out.getvalue()


def noted_png() -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", secret("comment"))
    notes.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return file_of(scene(800, 600), "PNG", exif=exif(), pnginfo=notes)


def several(kind: str, **options: object) -> bytes:
    """Return a file of two pictures: a film, or what phones call one photo."""
    return file_of(scene(800, 600), kind, save_all=True, append_images=[scene(800, 600)], **options)


def avif_called_heic() -> bytes:
    content = file_of(scene(800, 600), "AVIF", exif=exif().tobytes())
    return content[:8] + b"heic" + content[12:]


def bomb() -> bytes:
    """Return a picture that is small to send and would need gigabytes to open."""
    return png(30_000, 30_000, chunk(b"tEXt", secret("comment").encode()), chunk(b"IDAT", zeros(2**26)))


@dataclass(frozen=True)
class Case:
    """One photo of the set, what is hidden in it, and the size in which it is kept; None: refused."""

    content: bytes
    hidden: tuple[bytes, ...]
    size: tuple[int, int] | None


SAID = (secret("description").encode(), secret("maker").encode(), XMP, secret("comment").encode())


def photo_set() -> dict[str, Case]:
    return {
        "twelve million pixels": Case(jpeg(1, (4000, 3000)), SAID, (2048, 1536)),
        "rotated": Case(jpeg(6), SAID, (600, 800)),
        "upside down": Case(jpeg(3), SAID, (800, 600)),
        "HEIC": Case(heic(), SAID[:3], (600, 800)),
        "truncated": Case(jpeg()[:-9000], SAID, None),
        "JPEG and ZIP": Case(jpeg() + archive(), (*SAID, archive()), (800, 600)),
        "JPEG and page": Case(jpeg() + PAGE, (*SAID, PAGE), (800, 600)),
        "page in a comment": Case(file_of(scene(800, 600), comment=PAGE, quality=70), (PAGE,), (800, 600)),
        "bomb": Case(bomb(), SAID[3:], None),
        "GPS in a WebP": Case(file_of(scene(800, 600), "WEBP", exif=exif(), xmp=XMP), SAID[:3], (800, 600)),
        "GPS in a PNG": Case(noted_png(), SAID, (800, 600)),
        "two in one JPEG": Case(several("MPO", exif=exif(6)), SAID[:2], (600, 800)),
        "a moving WebP": Case(several("WEBP", exif=exif(), xmp=XMP), SAID[:3], (800, 600)),
        "in four inks": Case(file_of(scene(800, 600).convert("CMYK"), exif=exif(8), xmp=XMP), SAID[:3],
                             (600, 800)),
        "a stripe": Case(file_of(scene(60_000, 10).crop((0, 0, 60_000, 1)), exif=exif()), SAID[:2],
                         (2048, 1)),
        "a GIF": Case(several("GIF", comment=secret("comment").encode()), SAID[3:], None),
        "an AVIF called HEIC": Case(avif_called_heic(), SAID[:2], None),
    }


CASES = photo_set()


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


def windows(content: bytes) -> set[bytes]:
    found = {content[at:at + WINDOW] for at in range(len(content) - WINDOW + 1)}
    return {window for window in found if len(set(window)) > 4}


def samples(content: bytes) -> set[bytes]:
    """Return pieces of the picture itself, from behind all headers and tables."""
    start = len(content) // 3
    step = max(WINDOW, (len(content) - start) // 300)
    return {window for at in range(start, len(content) - WINDOW, step)
            if len(set(window := content[at:at + WINDOW])) > 16}


def public(visitor, digests, reference) -> dict[str, bytes]:
    """Return what a stranger gets at every public address of a report and of its photos."""
    named = [f"/media/{digest}.{kind}" for digest in digests for kind in ("jpg", "webp")]
    told = ["/", "/reports", "/reports.csv", "/reports.geojson", "/reports.atom", "/map", "/data",
            "/data/reports.csv", "/data/reports.geojson", "/data/reports.parquet", "/data/corrections.csv"]
    told += [f"/reports/{reference}"] if reference else []
    return {address: visitor.get(address).bytes for address in (*named, *told)}


def check(found: dict[str, bytes], case: Case) -> None:
    for address, content in found.items():
        for hidden in case.hidden:
            assert not [w for w in windows(hidden) if w in content], address
        assert not [w for w in samples(case.content) if w in content], address
        if address.startswith("/media/"):
            assert not [marker for marker in MARKERS if marker in content], address
            with Image.open(io.BytesIO(content)) as image:
                assert not image.getexif()
                assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(image.info)


@pytest.mark.parametrize("name", CASES)
def test_nothing_of_the_original_comes_out(visitor, someone, db_, name):
    case = CASES[name]
    page = send(visitor, description="Look.", photo=(io.BytesIO(case.content), "holiday.jpg"))
    if case.size is None:
        assert page.status == 422
        assert db_.scalar(select(Report.number)) is None
        check(public(someone(), [], ""), case)
        return
    assert page.status == 303
    publish()
    [photo] = db_.scalars(select(ReportPhoto))
    reference = db_.scalar(select(Report.reference))
    found = public(someone(), [photo.digest], reference)
    assert (photo.width, photo.height) == case.size
    with Image.open(io.BytesIO(found[f"/media/{photo.digest}.jpg"])) as image:
        assert image.size == case.size
    check(found, case)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.size])
def test_nor_where_a_form_carries_a_photo_along(visitor, db_, name):
    case = CASES[name]
    page = send(visitor, description="x" * 4001, photo=(io.BytesIO(case.content), "holiday.jpg"))
    assert page.status == 422
    [address] = {e.get("src") for e in page.tree.iter("img") if "/report/photo/" in (e.get("src") or "")}
    check({"/media/" + address: visitor.get(address).bytes}, case)


def test_nor_of_a_photo_that_was_blurred(visitor, someone, signed_in, db_):
    case = CASES["rotated"]
    send(visitor, description="Look.", photo=(io.BytesIO(case.content), "holiday.jpg"))
    reference, before = db_.scalar(select(Report.reference)), db_.scalar(select(ReportPhoto.digest))
    first = someone().get(f"/media/{before}.jpg").bytes
    boss = signed_in("supervisor")
    page = boss.get(f"/staff/reports/{reference}/photos/{before}")
    whole = {"x-0": "0", "y-0": "0", "width-0": "100", "height-0": "100"}
    submit(boss, page, "/blur", because="personal", **whole)
    jobs.drain(handlers())
    db_.expire_all()
    after = reports.around(db_, db_.scalars(select(Report)).one()).photos
    found = public(someone(), after, reference)
    check(found, case)
    # Of what we had made of it ourselves, where everything was still to be seen, no byte either.
    check(found, Case(first, (), None))
    assert not re.search(before, "".join(content.decode("latin1") for content in found.values()))
